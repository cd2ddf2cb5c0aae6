"""imresize: MATLAB's resizing of images, bit by bit where MATLAB's own results are known."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from .arguments import as_text, begins, expected, numbers, numeric_array, shown, text_choice, truth
from .devices import DeviceArray, device_of
from .images import ImageLike
from .name_values import NameValues
from .option_types import ImresizeOptions

METHODS = ("bicubic", "bilinear", "nearest", "box", "triangle", "cubic", "lanczos2", "lanczos3")
OPTION_NAMES = ("Method", "Antialiasing", "Scale", "OutputSize", "Colormap", "Dither")

# Methods by two names. Box is nearest, but for its antialiasing.
_KERNELS = {"box": "nearest", "triangle": "bilinear", "cubic": "bicubic"}
_FACTOR_OR_SIZE = "a positive factor or the size [rows columns] in whole pixels, one of which may be NaN"
_FACTORS = "a positive factor or one for each axis, [rows columns]"
_SIZE = "the size [rows columns] in whole pixels, one of which may be NaN"
# The classes whose every value a double holds, as the sums are made in double.
_CLASSES = ("uint8", "uint16", "uint32", "int8", "int16", "int32", "float32", "float64")
# Below this, one output pixel would sum more than four million input positions.
_SMALLEST_SCALE = 1e-6
_LARGEST_LENGTH = 2**31 - 1
_MOST_PIXELS = 2**40

_SizeAndScales = tuple[tuple[int, int], tuple[float, float]]


def imresize(A: ImageLike, *arguments: object, **options: Unpack[ImresizeOptions]) -> NDArray[Any]:
    """Resize an image as MATLAB's imresize does: ``imresize(A, scale, method, Name=value)``.

    Parameters
    ----------
    A : array_like, shape (rows, columns) or (rows, columns, ...)
        The image; every further axis is resized like a channel, on its own. int8 … int32, uint8 … uint32, single,
        double or logical (bool). An array of CuPy's stays on its GPU.
    scale : float or (int, int)
        A factor for both axes, giving ``ceil(scale * size)`` pixels; or the size of the result, [rows columns]. Where
        one of these is NaN, both axes are resized by the factor of the other, and its length is rounded up.
    method : {"bicubic", "bilinear", "nearest", "box", "triangle", "cubic", "lanczos2", "lanczos3"}, default "bicubic"
        Also as ``Method="nearest"`` or ``"Method", "nearest"``. Bicubic, or cubic, is Keys' kernel with a = -0.5;
        triangle is bilinear; box is nearest with antialiasing.
    Antialiasing : bool, default True, for "nearest" False
        Whether shrinking widens the kernel, so that every pixel of A takes part.
    Scale : float or (float, float)
        Instead of scale: a factor for both axes, or one for the rows and one for the columns.
    OutputSize : (int, int)
        Instead of scale: the size of the result, [rows columns]; one of them may be NaN, as above.

    Returns
    -------
    B : numpy.ndarray of A's class, or cupy.ndarray where A is one
        Integers are rounded half away from zero and saturated after each axis. Single and double are not clipped:
        bicubic and Lanczos' kernels overshoot at edges. Logical images are resized as 0 and 255 and are true above 128.

    Raises
    ------
    TypeError
        If A is not an array of one of those classes, or there is no scale.
    ValueError
        If A is empty or has fewer than two axes, or an argument is outside the values listed above.

    Notes
    -----
    MATLAB: ``B = imresize(A,scale,method)``

    Python: ``B = imresize(A, scale, method)``

    Differs: no 64-bit integers, indexed images (``imresize(X,map,scale)``) or kernels of one's own (``{f,w}``); a size
    that is given twice is an error. The rules, and what is known of MATLAB's numbers, are in section "imresize" of
    docs/compatibility.md.

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
    >>> imresize(np.zeros((480, 640)), [120, np.nan]).shape
    (120, 160)
    """
    image = _image(A)
    scale, given = _scale_and_options(arguments, options)
    method = given.read("Method", "bicubic", _method)
    antialiasing = given.read("Antialiasing", method != "nearest", truth, "true or false")
    kernel = _KERNELS.get(method, method)
    size, scales = _size_and_scales(scale, given, image.shape[:2])

    if image.dtype == np.bool_:
        return _resized(image.astype(np.uint8) * np.uint8(255), size, scales, kernel, antialiasing=antialiasing) > 128
    return _resized(image, size, scales, kernel, antialiasing=antialiasing)


def _scale_and_options(
    arguments: tuple[object, ...], options: Mapping[str, object]
) -> tuple[tuple[object, ...], NameValues]:
    """What follows A, [scale, ][method, ]"Name", value, …: scale or nothing, and the options, Method among them."""
    has_scale = bool(arguments) and not (begins(arguments[0], METHODS) or begins(arguments[0], OPTION_NAMES))
    scale, rest = (arguments[:1], arguments[1:]) if has_scale else ((), arguments)
    colours = numeric_array(scale[0]) if scale else None
    if colours is not None and colours.ndim == 2 and colours.shape[1] == 3:
        msg = (
            f"imresize(X, map, …) of indexed images is not supported, and scale must be {_FACTOR_OR_SIZE}, but is "
            f"{shown(scale[0])}. ind2rgb(X, map) makes an image that can be resized."
        )
        raise ValueError(msg)
    # "c" may begin cubic or Colormap: what may be a method is one.
    named = not rest or (begins(rest[0], OPTION_NAMES) and not begins(rest[0], METHODS))
    given = NameValues.parse(rest if named else ("Method", *rest), options, OPTION_NAMES)
    for name in ("Colormap", "Dither"):
        if name in given:
            msg = f"{given.typed(name)} is not supported: it is for imresize(X, map, …) of indexed images."
            raise ValueError(msg)
    return scale, given


def _method(name: str, value: object) -> str:
    parts = value if isinstance(value, list | tuple | set | frozenset) else (value,)
    if any(callable(part) for part in parts):
        allowed = f"one of {', '.join(METHODS)} (a kernel of one's own, {{f,w}} in MATLAB, is not supported)"
        raise TypeError(expected(name, allowed, value))
    return text_choice(name, value, METHODS)


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


def _image(A: ImageLike) -> DeviceArray:
    try:
        image = device_of(A).upload(A)
    except MemoryError:
        raise
    except Exception:  # a ragged sequence, an object whose own conversion fails
        image = np.asarray(None)
    if image.dtype != np.bool_ and image.dtype.name not in _CLASSES:
        kind = image.dtype.name if isinstance(A, np.ndarray) or image.dtype.kind != "O" else type(A).__name__
        msg = f"A must be an array of {', '.join(_CLASSES)} or bool, but is {kind}. A.astype(float) may be meant."
        raise TypeError(msg)
    if image.ndim < 2 or image.size == 0:
        msg = f"A must be an image of rows × columns (× channels), none of them 0, but has shape {image.shape}."
        raise ValueError(msg)
    return image


def _size_and_scales(scale: tuple[object, ...], given: NameValues, lengths: tuple[int, ...]) -> _SizeAndScales:
    """The size of the result and the factor of each axis, of the one of scale, Scale and OutputSize that was given."""
    ways = [("scale", value) for value in scale]
    ways += [(given.typed(name), given.value(name)) for name in ("Scale", "OutputSize") if name in given]
    if not ways:
        msg = f"imresize needs scale, {_FACTOR_OR_SIZE}, or the option Scale or OutputSize."
        raise TypeError(msg)
    (name, value), *others = ways
    if scale and as_text(value) is not None:  # a method that is misspelt, perhaps
        raise TypeError(expected(name, _FACTOR_OR_SIZE, value))
    if others:
        msg = f"The size must be given once, but is given as {' and as '.join(name for name, _ in ways)}."
        raise ValueError(msg)
    allowed = _FACTOR_OR_SIZE if scale else _FACTORS if "Scale" in given else _SIZE
    vector = [float(number) for number in numbers(name, value, allowed).tolist()]
    by_factor = len(vector) == 1 if scale else "Scale" in given
    found = (_by_factor if by_factor else _by_size)(vector, lengths)
    if found is None:
        smallest = f" (a factor of at least {_SMALLEST_SCALE:g})" if by_factor else ""
        raise ValueError(expected(name, f"{allowed}{smallest}", value))
    size, scales = found
    if max(size) > _LARGEST_LENGTH or math.prod(size) > _MOST_PIXELS:
        allowed = f"one that gives at most {_LARGEST_LENGTH} pixels an axis and {_MOST_PIXELS} in all"
        raise ValueError(expected(name, allowed, value))
    return size, scales


def _by_factor(factors: list[float], lengths: tuple[int, ...]) -> _SizeAndScales | None:
    """None: these are no factors."""
    if len(factors) > 2 or not all(math.isfinite(factor) and factor >= _SMALLEST_SCALE for factor in factors):
        return None
    scales = (factors[0], factors[-1])
    rows, cols = (
        math.ceil(min(factor * length, _LARGEST_LENGTH + 1)) for factor, length in zip(scales, lengths, strict=True)
    )
    return (rows, cols), scales


def _by_size(size: list[float], lengths: tuple[int, ...]) -> _SizeAndScales | None:
    """None: this is no size."""
    known = [axis for axis, length in enumerate(size) if not math.isnan(length)]
    if len(size) != 2 or not known or not all(size[axis] >= 1 and size[axis].is_integer() for axis in known):
        return None
    if len(known) == 2:
        rows, cols = (int(length) for length in size)
        return (rows, cols), (rows / lengths[0], cols / lengths[1])
    # One length is NaN. Both axes have the factor of the other, though the length is rounded up: the ratio is kept.
    length, before = int(size[known[0]]), lengths[known[0]]
    rows, cols = (-(-length * n // before) for n in lengths)
    return (rows, cols), (length / before, length / before)
