"""Casts of arrays and of pictures, and the memory where they lie."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import expected, is_on_gpu, on_host, text_choice
from ..devices import DeviceArray, cuda
from ..execution import gpu_problem
from .arrays import real, real_array

__all__ = [
    "canUseGPU",
    "double",
    "gather",
    "gpuArray",
    "im2double",
    "im2gray",
    "im2single",
    "im2uint8",
    "rgb2gray",
    "single",
    "uint8",
]

# The classes of MATLAB's pictures, and the value that is white in each; int16 begins at -32768.
_WHITE = {"bool": 1, "uint8": 255, "uint16": 65535, "int16": 65535, "float32": 1, "float64": 1}
# The luminance of red, green and blue (NTSC), as the inverse of the matrix from RGB to YIQ has it.
_LUMINANCE = np.linalg.inv([[1.0, 0.956, 0.621], [1.0, -0.272, -0.647], [1.0, -1.106, 1.703]])[0]


def single(X: ArrayLike) -> NDArray[np.float32]:
    """`X` in single; a gpuArray stays on its GPU, here and in double and uint8.

    Notes
    -----
    MATLAB: ``single(X)``

    Python: ``single(X)``

    Differs: nothing.

    Examples
    --------
    >>> single([1, 2]).dtype
    dtype('float32')
    """
    return _where_it_lies(X).astype(np.float32)


def double(X: ArrayLike) -> NDArray[np.float64]:
    """`X` in double.

    Notes
    -----
    MATLAB: ``double(X)``

    Python: ``double(X)``

    Differs: nothing.

    Examples
    --------
    >>> double(3)
    array(3.)
    """
    return _where_it_lies(X).astype(np.float64)


def uint8(X: ArrayLike) -> NDArray[np.uint8]:
    """`X` in uint8: rounded half away from zero, saturated; NaN becomes 0.

    Notes
    -----
    MATLAB: ``uint8(X)``

    Python: ``uint8(X)``

    Differs: nothing; NumPy's own ``numpy.uint8(X)`` cuts fractions off and wraps around.

    Examples
    --------
    >>> uint8([-3, 0.5, 2.5, 300])
    array([  0,   1,   3, 255], dtype=uint8)
    """
    cast: NDArray[np.uint8] = rounded(double(X), np.uint8)
    return cast


def im2double(X: ArrayLike, kind: object = None) -> NDArray[np.float64]:
    """A picture in double, with white at 1.

    Parameters
    ----------
    X : array_like of uint8, uint16, int16, single, double or logical
        Of any shape; floats stay as they are.
    kind : "indexed", optional
        `X` holds places in a colour map, which double counts from 1 and integers from 0.

    Returns
    -------
    I2 : numpy.ndarray of double

    Raises
    ------
    TypeError, ValueError
        If X is of another class, or kind another text.

    Notes
    -----
    MATLAB: ``im2double(I)``

    Python: ``im2double(I)``

    Differs: nothing.

    Examples
    --------
    >>> im2double(np.uint8([0, 51, 255]))
    array([0. , 0.2, 1. ])
    """
    return _as_float(X, kind, np.float64)


def im2single(X: ArrayLike, kind: object = None) -> NDArray[np.float32]:
    """A picture in single, with white at 1; see :func:`im2double`.

    Notes
    -----
    MATLAB: ``im2single(I)``

    Python: ``im2single(I)``

    Differs: nothing.

    Examples
    --------
    >>> im2single(np.uint8([0, 51, 255]))
    array([0. , 0.2, 1. ], dtype=float32)
    """
    return _as_float(X, kind, np.float32)


def im2uint8(X: ArrayLike, kind: object = None) -> NDArray[np.uint8]:
    """A picture in uint8, with white at 255: rounded half away from zero, and cut where it is brighter or darker.

    Parameters
    ----------
    X : array_like of uint8, uint16, int16, single, double or logical
        Of any shape; floats are 0…1, and NaN becomes 0.
    kind : "indexed", optional
        `X` holds places in a colour map, which double counts from 1 and integers from 0.

    Returns
    -------
    J : numpy.ndarray of uint8

    Raises
    ------
    TypeError, ValueError
        If X is of another class, or kind another text.

    Notes
    -----
    MATLAB: ``im2uint8(I)``

    Python: ``im2uint8(I)``

    Differs: nothing.

    Examples
    --------
    >>> im2uint8([0, 0.5, 2])
    array([  0, 128, 255], dtype=uint8)
    """
    picture = picture_array("X", X)
    if _is_indexed(kind):
        cast: NDArray[np.uint8] = rounded(picture.astype(np.float64) - (picture.dtype.kind == "f"), np.uint8)
    elif picture.dtype == np.uint8:
        cast = picture
    else:
        cast = rounded(_shares(picture, np.float64) * 255, np.uint8)
    return cast


def rgb2gray(RGB: ArrayLike) -> NDArray[Any]:
    """The luminance of a colour picture.

    Parameters
    ----------
    RGB : array_like, H×W×3 of uint8, uint16, int16, single or double; or m×3, a colour map of 0…1

    Returns
    -------
    I : numpy.ndarray of RGB's class, H×W
        Of a colour map: a colour map of greys, m×3.

    Raises
    ------
    TypeError, ValueError
        If RGB is of another class or shape.

    Notes
    -----
    MATLAB: ``rgb2gray(RGB)``

    Python: ``rgb2gray(RGB)``

    Differs: nothing; a grey picture is an error, as in MATLAB, which ``im2gray`` takes.

    Examples
    --------
    >>> rgb2gray(np.uint8([[[255, 0, 0], [0, 255, 0]]]))
    array([[ 76, 150]], dtype=uint8)
    """
    picture = picture_array("RGB", RGB)
    if picture.ndim == 2 and picture.shape[1] == 3 and picture.dtype.kind == "f":
        return np.repeat((picture @ _LUMINANCE).clip(0, 1)[:, np.newaxis], 3, axis=1).astype(picture.dtype)
    if picture.ndim != 3 or picture.shape[2] != 3:
        msg = f"RGB must be a colour picture, H×W×3, but has shape {picture.shape}; im2gray takes grey ones, too."
        raise ValueError(msg)
    return _grey(picture)


def im2gray(X: ArrayLike) -> NDArray[Any]:
    """The luminance of a colour picture; a grey one as it is.

    Parameters
    ----------
    X : array_like, H×W or H×W×3 of uint8, uint16, int16, single or double

    Returns
    -------
    J : numpy.ndarray of X's class, H×W

    Raises
    ------
    TypeError, ValueError
        If X is of another class or shape.

    Notes
    -----
    MATLAB: ``im2gray(I)``

    Python: ``im2gray(I)``

    Differs: nothing.

    Examples
    --------
    >>> im2gray(np.uint8([[1, 2]]))
    array([[1, 2]], dtype=uint8)
    """
    picture = picture_array("X", X)
    if picture.ndim == 2:
        return picture
    if picture.ndim != 3 or picture.shape[2] not in (1, 3):
        msg = f"X must be a picture, H×W or H×W×3, but has shape {picture.shape}."
        raise ValueError(msg)
    return picture[:, :, 0] if picture.shape[2] == 1 else _grey(picture)


def canUseGPU() -> bool:
    """Whether maps can be computed on a GPU: driver, device, CuPy and ONNX Runtime's CUDA provider all really work.

    Notes
    -----
    MATLAB: ``canUseGPU``

    Python: ``canUseGPU()``

    Differs: nothing; see docs/gpu.md. No run on a GPU has been recorded yet.

    Examples
    --------
    >>> canUseGPU() in (True, False)
    True
    """
    return gpu_problem() is None


def gpuArray(X: ArrayLike) -> DeviceArray:
    """`X` in the memory of the GPU, as an array of CuPy's.

    Raises
    ------
    TypeError
        If X is not an array of real numbers or logicals.
    RuntimeError
        If no GPU works; it says what is missing.

    Notes
    -----
    MATLAB: ``X = gpuArray(X)``

    Python: ``X = gpuArray(X)``

    Differs: it is an array of CuPy's; predict gives its scores on the host.

    Examples
    --------
    >>> X = gpuArray([1, 2]) if canUseGPU() else [1, 2]
    >>> gather(X)
    array([1, 2])
    """
    array = _where_it_lies(X)
    reason = gpu_problem()
    if reason is not None:
        msg = f"gpuArray needs a GPU, and none can be used here: {reason}"
        raise RuntimeError(msg)
    return cuda.device().upload(array)


def gather(X: ArrayLike) -> NDArray[Any]:
    """`X` in the memory of the host: a copy of a gpuArray, and the array itself where it is there.

    Notes
    -----
    MATLAB: ``gather(X)``

    Python: ``gather(X)``

    Differs: nothing.

    Examples
    --------
    >>> gather([1, 2])
    array([1, 2])
    """
    return np.asarray(on_host(X))


def rounded(values: DeviceArray, dtype: Any) -> DeviceArray:
    """Doubles in an integer class: rounded half away from zero and saturated; NaN becomes 0."""
    limits = np.iinfo(dtype)
    highest = float(limits.max)
    if highest > limits.max:  # of 64 bits, which no double holds
        highest = float(np.nextafter(highest, 0))
    cut = np.nan_to_num(values, nan=0.0).clip(limits.min, highest)
    size = np.floor(np.abs(cut))
    found = np.empty_like(cut, dtype=dtype)
    found[...] = np.copysign(size + (np.abs(cut) - size >= 0.5), cut)
    return found


def picture_array(name: str, value: Any) -> NDArray[Any]:
    """`value` as an array of a class that pictures have; numbers of Python's own are doubles."""
    array = real_array(name, value)
    found = array if isinstance(value, np.ndarray | np.generic) or array.dtype == np.bool_ else array.astype(np.float64)
    if found.dtype.name not in _WHITE:
        raise TypeError(expected(name, "an array of uint8, uint16, int16, single, double or logical", value))
    return found


def _is_indexed(kind: object) -> bool:
    return kind is not None and text_choice("kind", kind, ("indexed",)) == "indexed"


def _as_float(X: ArrayLike, kind: object, dtype: Any) -> NDArray[Any]:
    picture = picture_array("X", X)
    if _is_indexed(kind):
        return picture.astype(dtype) + (picture.dtype.kind != "f")
    return _shares(picture, dtype)


def _shares(picture: NDArray[Any], dtype: Any) -> NDArray[Any]:
    """The picture with white at 1."""
    white = _WHITE[picture.dtype.name]
    black = -32768 if picture.dtype == np.int16 else 0
    return picture.astype(dtype) if white == 1 else (picture.astype(dtype) - dtype(black)) / dtype(white)


def _grey(picture: NDArray[Any]) -> NDArray[Any]:
    grey = picture.astype(np.float64) @ _LUMINANCE
    cast: NDArray[Any] = rounded(grey, picture.dtype) if picture.dtype.kind in "ui" else grey.astype(picture.dtype)
    return cast


def _where_it_lies(X: ArrayLike) -> NDArray[Any]:
    """`X` as an array of real numbers or logicals, on the GPU where it is there."""
    return real("X", cuda.device().upload(X), X) if is_on_gpu(X) else real_array("X", X)
