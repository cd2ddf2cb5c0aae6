"""Sorting, and the largest and smallest elements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import as_text, expected, numbers, on_host, positive_integer, text_choice
from ..name_values import NameValues
from ..strings import Labels
from .arrays import real_array, texts_or_none
from .option_types import ComparisonOptions, SortOptions
from .outputs import outputs
from .shapes import MOST_AXES

__all__ = ["maxk", "mink", "sort"]

_COMPARISONS = ("auto", "real", "abs")


def maxk(
    A: ArrayLike, k: object, *arguments: object, nargout: object = None, **options: Unpack[ComparisonOptions]
) -> Any:
    """The `k` largest elements, the largest first, and where they are.

    Parameters
    ----------
    A : array_like of real numbers
    k : int
        All elements where there are fewer. NaN come last.
    dim : int, optional
        Third argument: the axis, from 1; by default the first one that is not of length 1.
    ComparisonMethod : {"auto", "real", "abs"}, default "auto"
        "abs" compares magnitudes.
    nargout : {1, 2}, default 2

    Returns
    -------
    B : numpy.ndarray of A's class
    I : numpy.ndarray of int
        Their places along the axis, counted from 1. Of equal elements the first comes first.

    Raises
    ------
    TypeError, ValueError
        If an argument is outside the values listed above.

    Notes
    -----
    MATLAB: ``[B,I] = maxk(A,k)``, ``[~,I] = maxk(scores,5)``

    Python: ``B, I = maxk(A, k)``, ``_, I = maxk(scores, 5)``

    Differs: both outputs come unless ``nargout=1``; a 1×K array is taken along its row, as in MATLAB, and gives 1×k:
    ``I.ravel()`` is its vector.

    Examples
    --------
    >>> maxk([3, 9, 7], 2)[1]
    array([2, 3])
    """
    return _first_of("maxk", A, k, arguments, options, nargout, descending=True)


def mink(
    A: ArrayLike, k: object, *arguments: object, nargout: object = None, **options: Unpack[ComparisonOptions]
) -> Any:
    """The `k` smallest elements, the smallest first, and where they are.

    Parameters
    ----------
    A : array_like of real numbers
    k : int
        All elements where there are fewer. NaN come last.
    dim : int, optional
        Third argument: the axis, from 1; by default the first one that is not of length 1.
    ComparisonMethod : {"auto", "real", "abs"}, default "auto"
        "abs" compares magnitudes.
    nargout : {1, 2}, default 2

    Returns
    -------
    B : numpy.ndarray of A's class
    I : numpy.ndarray of int
        Their places along the axis, counted from 1. Of equal elements the first comes first.

    Raises
    ------
    TypeError, ValueError
        If an argument is outside the values listed above.

    Notes
    -----
    MATLAB: ``[B,I] = mink(A,k)``

    Python: ``B, I = mink(A, k)``

    Differs: both outputs come unless ``nargout=1``.

    Examples
    --------
    >>> values, places = mink([3, 9, 7], 2)
    >>> values, places
    (array([3, 7]), array([1, 3]))
    """
    return _first_of("mink", A, k, arguments, options, nargout, descending=False)


def sort(A: ArrayLike, *arguments: object, nargout: object = None, **options: Unpack[SortOptions]) -> Any:
    """The elements in order, and where they were.

    Parameters
    ----------
    A : array_like of real numbers, texts or categoricals
        Texts are ordered by their characters, categoricals by their categories.
    dim : int, optional
        Second argument: the axis, from 1; by default the first one that is not of length 1.
    direction : {"ascend", "descend"}, default "ascend"
        Behind the axis, or second.
    ComparisonMethod : {"auto", "real", "abs"}, default "auto"
        "abs" compares magnitudes.
    MissingPlacement : {"auto", "first", "last"}, default "auto"
        Where NaN go; "auto" is last for "ascend" and first for "descend".
    nargout : {1, 2}, default 2

    Returns
    -------
    B : numpy.ndarray of A's class
    I : numpy.ndarray of int
        ``B`` is ``A`` at these places, counted from 1. Equal elements stay in their order.

    Raises
    ------
    TypeError, ValueError
        If an argument is outside the values listed above.

    Notes
    -----
    MATLAB: ``[B,I] = sort(A,"descend")``, ``B = sort(A)``

    Python: ``B, I = sort(A, "descend")``, ``B = sort(A, nargout=1)``

    Differs: both outputs come unless ``nargout=1``; a 1×K array is sorted along its row, as in MATLAB.

    Examples
    --------
    >>> B, I = sort([3, 9, 7], "descend")
    >>> B, I
    (array([9, 7, 3]), array([2, 3, 1]))
    """
    array, keys = _keys(A)
    rest = list(arguments)
    axis = _axis(array, rest.pop(0) if rest and as_text(rest[0]) is None else None)
    direction = "ascend"
    if rest and str(as_text(rest[0])).lower() in ("ascend", "descend"):
        direction = text_choice("direction", rest.pop(0), ("ascend", "descend"))
    given = NameValues.parse(rest, options, ("ComparisonMethod", "MissingPlacement"))
    method = given.read("ComparisonMethod", "auto", text_choice, _COMPARISONS)
    placement = given.read("MissingPlacement", "auto", text_choice, ("auto", "first", "last"))
    last = placement == "last" or (placement == "auto" and direction == "ascend")
    if method == "abs" and keys.dtype.kind == "U":
        raise ValueError(expected(given.typed("ComparisonMethod"), "auto for texts", method))
    keys, array, squeezed = _with_axis(_magnitudes(keys) if method == "abs" else keys, array, axis)
    order = _order(keys, axis, descending=direction == "descend", nan_last=last)
    B, places = np.take_along_axis(array, order, axis), order + 1
    return outputs("sort", nargout, 2, B=B.reshape(squeezed), I=places.reshape(squeezed))


def _first_of(
    function: str,
    A: ArrayLike,
    k: object,
    arguments: Sequence[object],
    options: Mapping[str, object],
    nargout: object,
    *,
    descending: bool,
) -> Any:
    array = np.atleast_1d(real_array("A", A))
    count = _count(k)
    dimension = arguments[:1] if arguments and as_text(arguments[0]) is None else ()
    axis = _axis(array, *(dimension or (None,)))
    given = NameValues.parse(arguments[len(dimension) :], options, ("ComparisonMethod",))
    method = given.read("ComparisonMethod", "auto", text_choice, _COMPARISONS)
    keys, array, squeezed = _with_axis(_magnitudes(array) if method == "abs" else array, array, axis)
    order = _order(keys, axis, descending=descending, nan_last=True).take(range(min(count, array.shape[axis])), axis)
    B, places = np.take_along_axis(array, order, axis), order + 1
    if array.shape[axis] <= count and array.ndim > len(squeezed):
        B, places = B.reshape(squeezed), places.reshape(squeezed)
    return outputs(function, nargout, 2, B=B, I=places)


def _magnitudes(keys: NDArray[Any]) -> NDArray[Any]:
    """As MATLAB's abs: the smallest of a signed class becomes the largest."""
    if keys.dtype.kind == "i":
        keys = keys.clip(np.iinfo(keys.dtype).min + 1, None)
    return np.asarray(np.abs(keys))


def _with_axis(
    keys: NDArray[Any], array: NDArray[Any], axis: int
) -> tuple[NDArray[Any], NDArray[Any], tuple[int, ...]]:
    """Both with as many axes as are asked for, and the shape without those that were added."""
    shape = array.shape
    added = (*shape, *[1] * (axis + 1 - len(shape)))
    return keys.reshape(added), array.reshape(added), shape


def _count(k: object) -> int:
    allowed = "a whole number, 0 or more"
    values = numbers("k", k, allowed).tolist()
    if len(values) != 1 or not values[0] >= 0 or values[0] != np.floor(values[0]) or values[0] > 2**62:
        raise ValueError(expected("k", allowed, k))
    return int(values[0])


def _keys(A: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    """The elements, and numbers or texts that are in the same order."""
    value = on_host(A)
    if isinstance(value, Labels):
        places = {name: place for place, name in enumerate(value.categories)}
        return value, np.array([places.get(text, len(places)) for text in value.ravel().tolist()]).reshape(value.shape)
    texts = texts_or_none(value)
    if texts is not None:
        array = np.atleast_1d(texts)
        return array, array
    array = np.atleast_1d(real_array("A", value))
    return array, array


def _axis(array: NDArray[Any], dim: object) -> int:
    """The axis of `dim`, from 1; a vector counts as a row."""
    if dim is None:
        return next((axis for axis, length in enumerate(array.shape) if length != 1), 0)
    axis = positive_integer("dim", dim) - 1
    if axis >= MOST_AXES:
        raise ValueError(expected("dim", f"an axis, 1 to {MOST_AXES}", dim))
    if array.ndim == 1:  # a row: along axis 1, each element is alone
        return 0 if axis == 1 else 1
    return axis


def _order(keys: NDArray[Any], axis: int, *, descending: bool, nan_last: bool) -> NDArray[np.intp]:
    """Where the elements are that come first, second, …; equal ones stay in their order."""
    keys = np.asarray(keys)
    order: NDArray[np.intp]
    if descending:
        turned = np.argsort(np.flip(keys, axis), axis=axis, kind="stable")
        order = keys.shape[axis] - 1 - np.flip(turned, axis)
    else:
        order = np.argsort(keys, axis=axis, kind="stable")
    if keys.dtype.kind == "f":
        missing = np.isnan(np.take_along_axis(keys, order, axis))
        behind = np.argsort(missing if nan_last else ~missing, axis=axis, kind="stable")
        order = np.take_along_axis(order, behind, axis)
    return order
