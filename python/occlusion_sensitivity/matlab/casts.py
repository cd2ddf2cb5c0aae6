"""Casts of arrays and of pictures, and the memory where they lie."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arguments import as_array, expected, is_on_gpu, text_choice
from ..devices import DeviceArray, cuda
from ..execution import gpu_problem
from ..images import ImageLike
from .arrays import is_of_python, real, real_array

__all__ = [
    "canUseGPU",
    "double",
    "gather",
    "gpuArray",
    "im2double",
    "im2single",
    "im2uint8",
    "single",
    "uint8",
]

# The classes of MATLAB's pictures, and the value that is white in each; int16 begins at -32768.
_WHITE = {"bool": 1, "uint8": 255, "uint16": 65535, "int16": 65535, "float32": 1, "float64": 1}


def single(X: ImageLike) -> NDArray[np.float32]:
    """`X` in single; a gpuArray stays on its GPU, here and in double and uint8.

    Parameters
    ----------
    X : array_like of real numbers or logicals

    Returns
    -------
    Y : numpy.ndarray of single, or cupy.ndarray where X is on a GPU

    Raises
    ------
    TypeError
        If X is anything else.

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


def double(X: ImageLike) -> NDArray[np.float64]:
    """`X` in double.

    Parameters
    ----------
    X : array_like of real numbers or logicals

    Returns
    -------
    Y : numpy.ndarray of double, or cupy.ndarray where X is on a GPU

    Raises
    ------
    TypeError
        If X is anything else.

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


def uint8(X: ImageLike) -> NDArray[np.uint8]:
    """`X` in uint8: rounded half away from zero, saturated; NaN becomes 0.

    Parameters
    ----------
    X : array_like of real numbers or logicals

    Returns
    -------
    Y : numpy.ndarray of uint8, or cupy.ndarray where X is on a GPU

    Raises
    ------
    TypeError
        If X is anything else.

    Notes
    -----
    MATLAB: ``uint8(X)``

    Python: ``uint8(X)``

    Differs: arithmetic with the result is NumPy's, which wraps around: ``uint8(200) * 2`` is 144.

    Examples
    --------
    >>> uint8([-3, 0.5, 2.5, 300])
    array([  0,   1,   3, 255], dtype=uint8)
    """
    cast: NDArray[np.uint8] = rounded(double(X), np.uint8)
    return cast


def im2double(X: ImageLike, kind: object = None) -> NDArray[np.float64]:
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


def im2single(X: ImageLike, kind: object = None) -> NDArray[np.float32]:
    """A picture in single, with white at 1; see :func:`im2double`.

    Parameters
    ----------
    X, kind
        As im2double takes them.

    Returns
    -------
    I2 : numpy.ndarray of single

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


def im2uint8(X: ImageLike, kind: object = None) -> NDArray[np.uint8]:
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


def gpuArray(X: ImageLike) -> DeviceArray:
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


def gather(X: ImageLike) -> NDArray[Any]:
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
    array = as_array(X)
    if array is None:
        raise TypeError(expected("X", "an array", X))
    return array


def rounded(values: DeviceArray, dtype: Any) -> DeviceArray:
    """Doubles in an integer class: rounded half away from zero and saturated; NaN becomes 0."""
    limits = np.iinfo(dtype)
    highest = float(limits.max)
    if highest > limits.max:  # of 64 bits, which no double holds
        highest = float(np.nextafter(highest, 0))
    cut = np.nan_to_num(values, nan=0.0).clip(limits.min, highest)
    magnitude = cut if limits.min == 0 else np.abs(cut)
    whole = np.floor(magnitude)
    # Not floor(x + 0.5), which takes 0.49999999999999994 to 1.
    size = whole + (magnitude - whole >= 0.5)
    found = np.empty_like(cut, dtype=dtype)
    found[...] = size if limits.min == 0 else np.copysign(size, cut)
    return found


def picture_array(name: str, value: Any) -> NDArray[Any]:
    """`value` as an array of a class that pictures have; numbers of Python's own are doubles."""
    array = real_array(name, value)
    found = array.astype(np.float64) if is_of_python(value) and array.dtype != np.bool_ else array
    if found.dtype.name not in _WHITE:
        raise TypeError(expected(name, "an array of uint8, uint16, int16, single, double or logical", value))
    return found


def one_picture(name: str, value: Any, allowed: str = "a picture, H×W or H×W×3") -> NDArray[Any]:
    """`value` as one picture that is not empty, H×W or H×W×3; a single channel has no axis."""
    picture = picture_array(name, value)
    if picture.ndim == 3 and picture.shape[2] == 1:
        picture = picture[:, :, 0]
    if picture.ndim not in (2, 3) or (picture.ndim == 3 and picture.shape[2] != 3) or not picture.size:
        msg = f"{name} must be {allowed}, but has shape {picture.shape}."
        raise ValueError(msg)
    return picture


def _is_indexed(kind: object) -> bool:
    return kind is not None and text_choice("kind", kind, ("indexed",)) == "indexed"


def _as_float(X: ImageLike, kind: object, dtype: Any) -> NDArray[Any]:
    picture = picture_array("X", X)
    if _is_indexed(kind):
        return picture.astype(dtype) + (picture.dtype.kind != "f")
    return _shares(picture, dtype)


def _shares(picture: NDArray[Any], dtype: Any) -> NDArray[Any]:
    """The picture with white at 1."""
    white = _WHITE[picture.dtype.name]
    black = -32768 if picture.dtype == np.int16 else 0
    return picture.astype(dtype) if white == 1 else (picture.astype(dtype) - dtype(black)) / dtype(white)


def _where_it_lies(X: ImageLike) -> NDArray[Any]:
    """`X` as an array of real numbers or logicals, on the GPU where it is there."""
    return real("X", cuda.device().upload(X), X) if is_on_gpu(X) else real_array("X", X)
