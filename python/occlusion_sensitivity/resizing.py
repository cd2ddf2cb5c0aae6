"""imresize: MATLAB's resizing of images, bit by bit where MATLAB's own results are known."""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import as_text, expected, numbers, positive_integers, text_choice, truth
from .devices import DeviceArray, device_of
from .name_values import NameValues

METHODS = ("bicubic", "bilinear", "nearest")
OPTION_NAMES = ("Method", "Antialiasing")

# The classes whose every value a double holds, as the sums are made in double.
_CLASSES = ("uint8", "uint16", "uint32", "int8", "int16", "int32", "float32", "float64")
# Below this, one output pixel would sum more than four million input positions.
_SMALLEST_SCALE = 1e-6
_LARGEST_LENGTH = 2**31 - 1
_MOST_PIXELS = 2**40


def imresize(A: ArrayLike, scale: object, *method: object, **options: object) -> NDArray[Any]:
    """Resize an image as MATLAB's imresize does.

    Parameters
    ----------
    A : array_like, shape (rows, columns) or (rows, columns, ...)
        The image; every further axis is resized like a channel, on its own. int8 … int32, uint8 … uint32, single,
        double or logical (bool). An array of CuPy's stays on its GPU.
    scale : float or (int, int)
        A factor for both axes, giving ``ceil(scale * size)`` pixels; or the size of the result, [rows columns].
    method : {"bicubic", "bilinear", "nearest"}, default "bicubic"
        Also as ``Method="nearest"`` or ``"Method", "nearest"``. Bicubic is Keys' kernel with a = -0.5.
    Antialiasing : bool, default True, for "nearest" False
        Whether shrinking widens the kernel, so that every pixel of A takes part.

    Returns
    -------
    B : numpy.ndarray of A's class, or cupy.ndarray where A is one
        Integers are rounded half away from zero and saturated after each axis. Single and double are not clipped:
        bicubic overshoots at edges. Logical images are resized as 0 and 255 and are true above 128.

    Raises
    ------
    TypeError
        If A is not an array of one of those classes.
    ValueError
        If A is empty or has fewer than two axes, or an argument is outside the values listed above.

    Notes
    -----
    Source: section "imresize" of docs/compatibility.md; checked against results that MATLAB wrote.

    Examples
    --------
    >>> imresize([[0.0, 1.0]], [1, 4], "bilinear")
    array([[0.  , 0.25, 0.75, 1.  ]])
    >>> import numpy as np
    >>> imresize(np.uint8([[10, 20], [30, 40]]), 2, "nearest")
    array([[10, 10, 20, 20],
           [10, 10, 20, 20],
           [30, 30, 40, 40],
           [30, 30, 40, 40]], dtype=uint8)
    """
    image = _image(A)
    # imresize(A, scale, method, …) or imresize(A, scale, "Antialiasing", false): what names no option is the method.
    first = as_text(method[0]) if method else None
    named = not method or (first and any(name.lower().startswith(first.lower()) for name in OPTION_NAMES))
    pairs = method if named else ("Method", *method)
    given = NameValues.parse(pairs, options, OPTION_NAMES)
    kind = given.read("Method", "bicubic", text_choice, METHODS)
    antialiasing = given.read("Antialiasing", kind != "nearest", truth, "true or false")
    size, scales = _size_and_scales(scale, image.shape[:2])

    if image.dtype == np.bool_:
        return _resized(image.astype(np.uint8) * np.uint8(255), size, scales, kind, antialiasing=antialiasing) > 128
    return _resized(image, size, scales, kind, antialiasing=antialiasing)


def _resized(
    image: DeviceArray, size: tuple[int, int], scales: tuple[float, float], method: str, *, antialiasing: bool
) -> NDArray[Any]:
    rows, cols, *others = image.shape
    # The kernels want native byte order, one axis of channels, and arrays that are aligned to their class.
    native = image.astype(image.dtype.newbyteorder("="), order="C", copy=False).reshape(rows, cols, -1)
    if not getattr(native.flags, "aligned", True):  # CuPy's always are, and do not say so
        native = native.copy()
    resized = device_of(image).imresize(native, *size, scales, method, antialiasing=antialiasing)
    shaped: NDArray[Any] = resized.reshape(*size, *others)
    return shaped


def _image(A: ArrayLike) -> DeviceArray:
    try:
        image = device_of(A).upload(A)
    except ValueError:
        image = np.asarray(None)
    if image.dtype != np.bool_ and image.dtype.name not in _CLASSES:
        kind = image.dtype.name if isinstance(A, np.ndarray) or image.dtype.kind != "O" else type(A).__name__
        msg = f"A must be an array of {', '.join(_CLASSES)} or bool, but is {kind}. A.astype(float) may be meant."
        raise TypeError(msg)
    if image.ndim < 2 or image.size == 0:
        msg = f"A must be an image of rows × columns (× channels), none of them 0, but has shape {image.shape}."
        raise ValueError(msg)
    return image


def _size_and_scales(scale: object, size: tuple[int, ...]) -> tuple[tuple[int, int], tuple[float, float]]:
    allowed = "a positive factor or the size [rows columns]"
    if as_text(scale) is not None:
        raise TypeError(expected("scale", allowed, scale))
    given = numbers("scale", scale, allowed).tolist()
    if len(given) == 1:
        factor = float(given[0])
        if not (math.isfinite(factor) and factor >= _SMALLEST_SCALE):
            raise ValueError(expected("scale", f"{allowed} (a factor of at least {_SMALLEST_SCALE:g})", scale))
        scales = (factor, factor)
        new_rows, new_cols = (math.ceil(min(factor * length, _LARGEST_LENGTH + 1)) for length in size)
    elif len(given) == 2:
        new_rows, new_cols = positive_integers("scale", scale, f"{allowed} in whole pixels")
        scales = (new_rows / size[0], new_cols / size[1])
    else:
        raise ValueError(expected("scale", allowed, scale))
    if max(new_rows, new_cols) > _LARGEST_LENGTH or new_rows * new_cols > _MOST_PIXELS:
        allowed = f"one that gives at most {_LARGEST_LENGTH} pixels an axis and {_MOST_PIXELS} in all"
        raise ValueError(expected("scale", allowed, scale))
    return (new_rows, new_cols), scales
