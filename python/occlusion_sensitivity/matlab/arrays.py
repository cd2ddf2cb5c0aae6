"""Casts and small functions of arrays, as in MATLAB."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import as_text, expected, is_on_gpu, numbers, on_host, positive_integer, text_choice
from ..devices import DeviceArray, cuda
from ..execution import gpu_problem
from ..name_values import NameValues


def single(X: ArrayLike) -> NDArray[np.float32]:
    """`X` in single; a gpuArray stays on its GPU, here and in double and uint8.

    Examples
    --------
    >>> single([1, 2]).dtype
    dtype('float32')
    """
    return _where_it_lies(X).astype(np.float32)


def double(X: ArrayLike) -> NDArray[np.float64]:
    """`X` in double.

    Examples
    --------
    >>> double(3)
    array(3.)
    """
    return _where_it_lies(X).astype(np.float64)


def uint8(X: ArrayLike) -> NDArray[np.uint8]:
    """`X` in uint8: rounded half away from zero, saturated; NaN becomes 0.

    Examples
    --------
    >>> uint8([-3, 0.5, 2.5, 300])
    array([  0,   1,   3, 255], dtype=uint8)
    """
    given = double(X)
    rounded = np.empty_like(given, dtype=np.uint8)
    cut = np.nan_to_num(given, nan=0.0).clip(0, 255)
    whole = np.floor(cut)
    rounded[...] = whole + (cut - whole >= 0.5)
    return rounded


def string(X: object) -> Any:
    """`X` as text: a str for a single value, an array of str for an array; ``string(label) == classNames`` compares.

    Examples
    --------
    >>> string("cup") == np.array(["mug", "cup"])
    array([False,  True])
    """
    array = np.asarray(X)
    return np.str_(array.reshape(()).item()) if array.ndim == 0 else array.astype(np.str_)


def find(X: ArrayLike, n: object = None, direction: str = "first") -> NDArray[np.intp]:
    """The positions of nonzero elements, counted from 1, down the columns of a matrix.

    Parameters
    ----------
    X : array_like
    n : int, optional
        At most `n` of them.
    direction : {"first", "last"}, default "first"
        Which of them.

    Examples
    --------
    >>> find([False, True, True])
    array([2, 3])
    >>> find([[0, 1], [1, 0]], 1)
    array([2])
    """
    found = np.flatnonzero(real_array("X", X).ravel(order="F")) + 1
    if n is None:
        return found
    count = positive_integer("n", n)
    return found[:count] if text_choice("direction", direction, ("first", "last")) == "first" else found[-count:]


def rescale(A: ArrayLike, *arguments: object, **options: object) -> NDArray[Any]:
    """Bring the range of `A` to 0…1, or to l…u: ``rescale(A)``, ``rescale(A, l, u)``.

    Parameters
    ----------
    A : array_like
    l, u : float, default 0 and 1
        The new range.
    InputMin, InputMax : float, optional
        The old range, to which `A` is cut; its own by default.

    Returns
    -------
    B : numpy.ndarray of single for single `A`, else of double
        All `l` where the old range is a single value.

    Raises
    ------
    ValueError
        If an argument is outside the values listed above.

    Examples
    --------
    >>> rescale([1, 2, 3])
    array([0. , 0.5, 1. ])
    >>> rescale([1, 2, 3], -1, 1, InputMax=5)
    array([-1. , -0.5,  0. ])
    """
    array = real_array("A", A)
    array = array.astype(np.float32 if array.dtype == np.float32 else np.float64)
    limits = arguments[:2] if arguments and as_text(arguments[0]) is None else ()
    if len(limits) == 1:
        msg = "rescale takes both limits, l and u, or none."
        raise ValueError(msg)
    low, high = (_number("l and u", limit) for limit in limits) if limits else (0.0, 1.0)
    given = NameValues.parse(arguments[len(limits) :], options, ("InputMin", "InputMax"))
    old_low = given.read("InputMin", _extreme(np.min, array), _number)
    old_high = given.read("InputMax", _extreme(np.max, array), _number)
    if low > high or old_low > old_high:
        msg = f"The limits must be in order, but are {low}, {high} and {old_low}, {old_high}."
        raise ValueError(msg)
    if old_low == old_high:
        return np.full_like(array, low)
    share = (array.clip(old_low, old_high) - old_low) / (old_high - old_low)
    return np.asarray(low + share * (high - low), dtype=array.dtype)


def mat2gray(A: ArrayLike, limits: ArrayLike | None = None) -> NDArray[np.float64]:
    """A matrix as a grey picture of 0…1, in double.

    Parameters
    ----------
    A : array_like
    limits : (float, float), optional
        What becomes 0 and 1; the smallest and largest value of `A` by default. Beyond them, values are cut.

    Examples
    --------
    >>> mat2gray([0, 5, 20], [0, 10])
    array([0. , 0.5, 1. ])
    """
    array = real_array("A", A).astype(np.float64)
    ends = [_extreme(np.min, array), _extreme(np.max, array)]
    if limits is not None:
        ends = numbers("limits", limits, "[low high]").tolist()
        if len(ends) != 2:
            raise ValueError(expected("limits", "[low high]", limits))
    low, high = ends
    share = array if low == high else (array - low) / (high - low)
    return share.clip(0.0, 1.0)


def canUseGPU() -> bool:
    """Whether maps can be computed on a GPU: driver, device, CuPy and ONNX Runtime's CUDA provider all really work.

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

    Examples
    --------
    >>> gather([1, 2])
    array([1, 2])
    """
    return np.asarray(on_host(X))


def real_array(name: str, value: object) -> NDArray[Any]:
    """`value` as an array of real numbers or logicals on the host."""
    try:
        array = np.asarray(on_host(value))
    except Exception:  # a ragged sequence, an object whose own conversion fails
        array = np.asarray(None)
    return _real(name, array, value)


def _where_it_lies(X: ArrayLike) -> NDArray[Any]:
    """`X` as an array of real numbers or logicals, on the GPU where it is there."""
    return _real("X", cuda.device().upload(X), X) if is_on_gpu(X) else real_array("X", X)


def _real(name: str, array: NDArray[Any], value: object) -> NDArray[Any]:
    if array.dtype.kind not in "buif":
        raise TypeError(expected(name, "an array of real numbers", value))
    return array


def _extreme(least_or_most: Callable[[NDArray[Any]], Any], array: NDArray[Any]) -> Any:
    """The smallest or largest value; NaN counts for neither."""
    known = array[~np.isnan(array)]
    if known.size == 0:
        raise ValueError(expected("A", "an array with numbers in it", array))
    return least_or_most(known)


def _number(name: str, value: object) -> float:
    values = numbers(name, value, "a number").tolist()
    if len(values) != 1 or values[0] != values[0]:
        raise ValueError(expected(name, "a number", value))
    return float(values[0])
