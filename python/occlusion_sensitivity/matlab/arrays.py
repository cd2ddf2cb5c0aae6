"""Small functions of arrays, as in MATLAB."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import as_array, as_text, expected, numbers, positive_integer, text_choice
from ..name_values import NameValues
from ..strings import UNDEFINED, String, StringArray, as_strings, own_elements
from .option_types import RescaleOptions
from .outputs import outputs

__all__ = ["find", "ismember", "mat2gray", "rescale"]


def find(X: ArrayLike, n: object = None, direction: object = "first", *, nargout: object = None) -> Any:
    """The places of nonzero elements, counted from 1, down the columns of a matrix.

    Parameters
    ----------
    X : array_like of real numbers or logicals
    n : int, optional
        At most `n` of them.
    direction : {"first", "last"}, default "first"
        Which of them.
    nargout : {1, 2, 3}, default 1

    Returns
    -------
    places : numpy.ndarray of int
        With ``nargout=2``: rows and columns; with 3 also the elements.

    Raises
    ------
    TypeError, ValueError
        If an argument is outside the values listed above.

    Notes
    -----
    MATLAB: ``find(mask)``, ``find(mask,n,"last")``, ``[row,col] = find(X)``

    Python: ``find(mask)``, ``find(mask, n, "last")``, ``row, col = find(X, nargout=2)``

    Differs: one output comes unless ``nargout`` is given.

    Examples
    --------
    >>> find([False, True, True])
    array([2, 3])
    >>> find([[0, 1], [1, 0]], 1)
    array([2])
    """
    array = real_array("X", X)
    found = np.flatnonzero(array.ravel(order="F"))
    first = text_choice("direction", direction, ("first", "last")) == "first"
    if n is not None:
        count = positive_integer("n", n)
        found = found[:count] if first else found[-count:]
    if nargout is None:
        return found + 1
    rows = len(array) if array.ndim > 1 else 1
    several = {"row": found % rows + 1, "col": found // rows + 1, "v": array.ravel(order="F")[found]}
    return found + 1 if positive_integer("nargout", nargout) == 1 else outputs("find", nargout, 1, **several)


def ismember(A: object, S: object, *, nargout: object = None) -> Any:
    """Whether elements are among others.

    Parameters
    ----------
    A : number, text, or array of them
    S : array of numbers or of texts
    nargout : {1, 2}, default 1

    Returns
    -------
    Lia : bool, or numpy.ndarray of bool of A's shape
    Locb : int, or numpy.ndarray of int
        With ``nargout=2``: where each element is in `S` for the first time, counted from 1; 0 where it is not.

    Raises
    ------
    TypeError, ValueError
        If A and S are not both numbers or both texts.

    Notes
    -----
    MATLAB: ``ismember(label,names)``, ``[tf,loc] = ismember(A,S)``

    Python: ``ismember(label, names)``, ``tf, loc = ismember(A, S, nargout=2)``

    Differs: one output comes unless ``nargout=2``; rows of matrices are not compared.

    Examples
    --------
    >>> ismember("cup", ["mug", "cup"])
    True
    >>> ismember([5, 1], [1, 2], nargout=2)[1]
    array([0, 1])
    """
    elements, others = _comparable(A, S)
    first: dict[Any, int] = {}
    for place, other in enumerate(others.ravel(order="F").tolist(), start=1):
        if other != UNDEFINED:
            first.setdefault(other, place)
    places = np.array([first.get(element, 0) for element in elements.ravel().tolist()], dtype=np.intp)
    places = places.reshape(elements.shape)
    if elements.ndim == 0:
        return outputs("ismember", nargout, 1, Lia=bool(places), Locb=int(places))
    return outputs("ismember", nargout, 1, Lia=places > 0, Locb=places)


def _comparable(A: object, S: object) -> tuple[NDArray[Any], NDArray[Any]]:
    """Both as arrays of numbers, or both as arrays of texts."""
    ours, theirs = texts_or_none(A), texts_or_none(S)
    one = real_array("A", A) if ours is None else np.asarray(ours)
    other = real_array("S", S) if theirs is None else np.asarray(theirs)
    if (ours is None) != (theirs is None) and one.size and other.size:
        which, value = ("A", A) if ours is None else ("S", S)
        raise TypeError(expected(which, "texts, as the other argument is", value))
    return one, other


def rescale(A: ArrayLike, *arguments: object, **options: Unpack[RescaleOptions]) -> NDArray[Any]:
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
    TypeError, ValueError
        If an argument is outside the values listed above.

    Notes
    -----
    MATLAB: ``rescale(A)``, ``rescale(A,l,u)``

    Python: ``rescale(A)``, ``rescale(A, l, u)``

    Differs: l and u are numbers, not arrays.

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
    low, high = (_number(name, limit) for name, limit in zip("lu", limits, strict=True)) if limits else (0.0, 1.0)
    given = NameValues.parse(arguments[len(limits) :], options, ("InputMin", "InputMax"))
    if not array.size:
        return array
    old_low = given.read("InputMin", _extreme(np.min, array), _number)
    old_high = given.read("InputMax", _extreme(np.max, array), _number)
    if low > high:
        msg = f"l and u must be in order, but are {low} and {high}."
        raise ValueError(msg)
    if old_low > old_high:
        names = f"{given.typed('InputMin')} and {given.typed('InputMax')}"
        msg = f"{names} must be in order, but are {old_low} and {old_high}."
        raise ValueError(msg)
    if old_low == old_high:
        return np.full_like(array, low)
    with np.errstate(invalid="ignore", over="ignore"):  # of infinities
        share = (array.clip(old_low, old_high) - old_low) / (old_high - old_low)
        return np.asarray(low + share * (high - low), dtype=array.dtype)


def mat2gray(A: ArrayLike, limits: ArrayLike | None = None) -> NDArray[np.float64]:
    """A matrix as a grey picture of 0…1, in double.

    Parameters
    ----------
    A : array_like
    limits : (float, float), optional
        What becomes 0 and 1; the smallest and largest value of `A` by default. Beyond them, values are cut.

    Notes
    -----
    MATLAB: ``mat2gray(A)``, ``mat2gray(A,[low high])``

    Python: ``mat2gray(A)``, ``mat2gray(A, [low, high])``

    Differs: nothing.

    Examples
    --------
    >>> mat2gray([0, 5, 20], [0, 10])
    array([0. , 0.5, 1. ])
    """
    array = real_array("A", A).astype(np.float64)
    if not array.size:
        return array
    ends = [_extreme(np.min, array), _extreme(np.max, array)]
    if limits is not None:
        ends = numbers("limits", limits, "[low high]").tolist()
        if len(ends) != 2:
            raise ValueError(expected("limits", "[low high]", limits))
    low, high = ends
    with np.errstate(invalid="ignore", over="ignore"):  # of infinities
        share = array if low == high else (array - low) / (high - low)
    return share.clip(0.0, 1.0)


def texts_or_none(value: object) -> String | StringArray | None:
    """`value` as texts if it holds any, and nothing but texts and numbers."""
    array = own_elements(value)
    return as_strings(value) if array is not None and array.dtype.kind in "UO" else None


def real_array(name: str, value: object) -> NDArray[Any]:
    """`value` as an array of real numbers or logicals on the host."""
    array = as_array(value)
    return real(name, np.asarray(None) if array is None else array, value)


def real(name: str, array: NDArray[Any], value: object) -> NDArray[Any]:
    if array.dtype.kind not in "buif":
        raise TypeError(expected(name, "an array of real numbers", value))
    return array


def is_of_python(value: object) -> bool:
    """Whether `value` holds numbers of Python's own, which are doubles; pictures of Pillow and tensors have a class."""
    return isinstance(value, int | float | Sequence)


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
