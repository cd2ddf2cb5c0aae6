"""imresize: MATLAB's resizing of images, bit by bit where MATLAB's own results are known."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import as_text, expected, numbers, positive_integers, text_choice, truth
from .devices import DeviceArray, device_of
from .name_values import NameValues

METHODS = ("bicubic", "bilinear", "nearest", "box", "triangle", "cubic", "lanczos2", "lanczos3")
OPTION_NAMES = ("Method", "Antialiasing", "Scale", "OutputSize")
# MATLAB's second names.
_SAME_AS = {"triangle": "bilinear", "cubic": "bicubic"}

# The classes whose every value a double holds, as the sums are made in double.
_CLASSES = ("uint8", "uint16", "uint32", "int8", "int16", "int32", "float32", "float64")
# Below this, one output pixel would sum more than four million input positions.
_SMALLEST_SCALE = 1e-6
_LARGEST_LENGTH = 2**31 - 1
_MOST_PIXELS = 2**40


def imresize(A: ArrayLike, *arguments: object, **options: object) -> NDArray[Any]:
    """Resize an image as MATLAB's imresize does.

    Parameters
    ----------
    A : array_like, shape (rows, columns) or (rows, columns, ...)
        The image; every further axis is resized like a channel, on its own. int8 … int32, uint8 … uint32, single,
        double or logical (bool). An array of CuPy's stays on its GPU.
    scale : float or (int, int)
        Second argument. A factor for both axes, giving ``ceil(scale * size)`` pixels; or the size of the result,
        [rows columns], of which one may be NaN: it follows from the other, with one factor for both axes.
    method : str, default "bicubic"
        Third argument; also as ``Method="nearest"`` or ``"Method", "nearest"``. "bicubic" or "cubic" is Keys' kernel
        with a = -0.5; "bilinear" or "triangle"; "nearest"; "box", "lanczos2" and "lanczos3".
    Antialiasing : bool, default True, for "nearest" False
        Whether shrinking widens the kernel, so that every pixel of A takes part.
    Scale : float or (float, float)
        In place of the second argument: a factor for both axes, or one for each.
    OutputSize : (int, int)
        In place of the second argument: the size of the result, of which one may be NaN.

    Returns
    -------
    B : numpy.ndarray of A's class, or cupy.ndarray where A is one
        Integers are rounded half away from zero and saturated after each axis. Single and double are not clipped:
        bicubic overshoots at edges. Logical images are resized as 0 and 255 and are true above 128.

    Raises
    ------
    TypeError
        If A is not an array of one of those classes, or there is no size.
    ValueError
        If A is empty or has fewer than two axes, or an argument is outside the values listed above.

    Notes
    -----
    Source: section "imresize" of docs/compatibility.md; checked against results that MATLAB wrote.

    MATLAB: ``imresize(X,[224 224])``, ``imresize(X,0.5,"nearest")``, ``imresize(X,[224 NaN])``

    Python: ``imresize(X, [224, 224])``, ``imresize(X, 0.5, "nearest")``, ``imresize(X, [224, nan])``

    Differs: kernels of one's own and indexed pictures are not taken: ``imresize(ind2rgb(X, map), size)``.

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
    # imresize(A, scale, method, …), imresize(A, scale, "Antialiasing", false), imresize(A, "Scale", 2): what names no
    # option is the scale, then the method.
    count = 0 if not arguments or _names_option(arguments[0]) else 1
    pairs = arguments[count:]
    given = NameValues.parse(
        pairs if not pairs or _names_option(pairs[0]) else ("Method", *pairs), options, OPTION_NAMES
    )
    size, scales = _size_and_scales(arguments[:count], given, image.shape[:2])
    kind = given.read("Method", "bicubic", text_choice, METHODS)
    kind = _SAME_AS.get(kind, kind)
    antialiasing = given.read("Antialiasing", kind != "nearest", truth, "true or false")

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


def _names_option(value: object) -> bool:
    text = as_text(value)
    return bool(text) and any(name.lower().startswith(str(text).lower()) for name in OPTION_NAMES)


def _size_and_scales(
    second: Sequence[object], given: NameValues, size: tuple[int, ...]
) -> tuple[tuple[int, int], tuple[float, float]]:
    """The size of the result and the factors of both axes, from the one of three arguments that says them."""
    by_name = [name for name in ("Scale", "OutputSize") if name in given]
    if len(by_name) + len(second) != 1:
        came = ["a second argument"] * len(second) + [given.typed(name) for name in by_name]
        msg = (
            f"imresize takes a scale or size, Scale or OutputSize, one of them, but got {' and '.join(came) or 'none'}."
        )
        raise TypeError(msg)
    kind = by_name[0] if by_name else "scale"
    typed = given.value(kind) if by_name else second[0]
    name = given.typed(kind) if by_name else kind
    allowed = {
        "scale": "a positive factor or the size [rows columns]",
        "Scale": "a positive factor, or one for each axis",
        "OutputSize": "the size [rows columns]",
    }[kind]
    values = _values(name, typed, allowed)
    if kind == "OutputSize" and len(values) != 2:
        raise ValueError(expected(name, allowed, typed))
    if kind == "Scale" or len(values) == 1:
        new, scales = _from_factors(name, (values * 2)[:2], size, allowed, typed)
    else:
        new, scales = _from_size(name, values, size, allowed, typed)
    if max(new) > _LARGEST_LENGTH or new[0] * new[1] > _MOST_PIXELS:
        allowed = f"one that gives at most {_LARGEST_LENGTH} pixels an axis and {_MOST_PIXELS} in all"
        raise ValueError(expected(name, allowed, typed))
    return new, scales


def _values(name: str, value: object, allowed: str) -> list[float]:
    if as_text(value) is not None:
        raise TypeError(expected(name, allowed, value))
    values: list[float] = numbers(name, value, allowed).tolist()
    if len(values) > 2:
        raise ValueError(expected(name, allowed, value))
    return values


def _from_factors(
    name: str, factors: list[float], size: tuple[int, ...], allowed: str, typed: object
) -> tuple[tuple[int, int], tuple[float, float]]:
    rows, cols = (float(factor) for factor in factors)
    if not (math.isfinite(rows) and math.isfinite(cols) and min(rows, cols) >= _SMALLEST_SCALE):
        raise ValueError(expected(name, f"{allowed} (a factor of at least {_SMALLEST_SCALE:g})", typed))
    lengths = [
        math.ceil(min(factor * length, _LARGEST_LENGTH + 1)) for factor, length in zip((rows, cols), size, strict=True)
    ]
    return (lengths[0], lengths[1]), (rows, cols)


def _from_size(
    name: str, values: list[float], size: tuple[int, ...], allowed: str, typed: object
) -> tuple[tuple[int, int], tuple[float, float]]:
    known = [axis for axis in (0, 1) if not math.isnan(values[axis])]
    if len(known) == 2:
        rows, cols = positive_integers(name, typed, f"{allowed} in whole pixels")
        return (rows, cols), (rows / size[0], cols / size[1])
    if not known:
        raise ValueError(expected(name, f"{allowed}, of which one may be NaN", typed))
    (axis,) = known
    (length,) = positive_integers(name, values[axis], f"{allowed} in whole pixels")
    factor = length / size[axis]
    # Not factor * …: that would round twice, and find one more where it is a whole number.
    other = math.ceil(min(length * size[1 - axis] / size[axis], _LARGEST_LENGTH + 1))
    return ((length, other) if axis == 0 else (other, length)), (factor, factor)
