"""The sizes of arrays, and larger arrays of smaller ones. A vector of NumPy's counts as a row."""

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arguments import expected, numbers, positive_integer, positive_integers, size_text
from ..strings import Label, Labels, StringArray, as_strings
from .arrays import real_array, texts_or_none
from .casts import rounded
from .outputs import output_count, outputs

__all__ = ["cat", "numel", "repmat", "size"]

# NumPy of every release has these.
MOST_AXES = 32
_MOST_ELEMENTS = 2**31


def size(A: Any, *dim: object, nargout: object = None) -> Any:
    """The lengths of the axes.

    Parameters
    ----------
    A : array, text, or anything with elements
    dim : int or vector of int, or several int, optional
        Which axes, from 1; behind the last axis, the length is 1.
    nargout : int, default 1
        With more, one length each; the last one is the product of all that are left.

    Returns
    -------
    sz : numpy.ndarray of int, or int for a single axis
        Two lengths at least: a vector is a row, 1×N, and a text or a number is 1×1.

    Raises
    ------
    TypeError, ValueError
        If dim holds no positive integers.

    Notes
    -----
    MATLAB: ``size(X)``, ``size(X,3)``, ``[h,w] = size(I)``

    Python: ``size(X)``, ``size(X, 3)``, ``h, w = size(I)``

    Differs: unpacking is Python's: ``h, w = size(X)`` of a colour picture needs ``nargout=2`` or a third name.

    Examples
    --------
    >>> size(np.zeros((4, 5, 3)))
    array([4, 5, 3])
    >>> size(np.zeros((4, 5, 3)), 3)
    3
    """
    lengths = _lengths(A)
    count = output_count("size", nargout, 1)
    if dim:
        axes = [axis for part in dim for axis in positive_integers("dim", part, "positive integers")]
        lengths = [lengths[axis - 1] if axis <= len(lengths) else 1 for axis in axes]
        if count not in (1, len(lengths)):
            raise ValueError(expected("nargout", f"1 or {len(lengths)}, the number of axes", nargout))
    if count == 1:
        return lengths[0] if dim and len(lengths) == 1 else np.array(lengths)
    lengths += [1] * (count - len(lengths))
    kept = [*lengths[: count - 1], int(np.prod(lengths[count - 1 :]))]
    return outputs("size", count, count, **{f"sz{k}": length for k, length in enumerate(kept, start=1)})


def numel(A: Any) -> int:
    """The number of elements.

    Parameters
    ----------
    A : array, text, imageDatastore, or anything with elements

    Returns
    -------
    n : int

    Notes
    -----
    MATLAB: ``numel(X)``, ``numel(imds.Files)``

    Python: ``numel(X)``, ``numel(imds.Files)``

    Differs: a text counts as one element, as MATLAB's strings do; ``len(text)`` is the number of its characters. Of an
    imageDatastore, it is the number of its files.

    Examples
    --------
    >>> numel(np.zeros((4, 5, 3)))
    60
    """
    return int(np.prod(_lengths(A)))


def _lengths(A: Any) -> list[int]:
    if isinstance(A, str):
        return [1, 1]
    shape = getattr(A, "shape", None)
    if shape is None:
        try:
            shape = np.shape(A) if isinstance(A, list | tuple | int | float | complex) else (len(A),)
        except (TypeError, ValueError) as error:
            raise TypeError(expected("A", "an array", A)) from error
    lengths = [int(length) for length in shape]
    return [1] * (2 - len(lengths)) + lengths


def cat(dim: object, *A: object) -> Any:
    """Arrays one behind the other.

    Parameters
    ----------
    dim : int
        The axis, from 1.
    A : arrays of real numbers or of texts
        Of one size along all other axes; empty ones are left out.

    Returns
    -------
    B : numpy.ndarray
        Of the first integer class among the arrays, else of single if one of them is, as in MATLAB; int64, in which
        NumPy has Python's whole numbers, counts as double beside others. StringArray of texts, Labels of class labels.
        Vectors along axis 2 give a vector.

    Raises
    ------
    TypeError, ValueError
        If dim is no positive integer, or the arrays are not as listed above.

    Notes
    -----
    MATLAB: ``cat(3,X,X,X)``

    Python: ``cat(3, X, X, X)``

    Differs: nothing.

    Examples
    --------
    >>> cat(3, np.zeros((4, 5)), np.ones((4, 5))).shape
    (4, 5, 2)
    >>> cat(1, [1, 2], [3, 4])
    array([[1, 2],
           [3, 4]])
    """
    axis = positive_integer("dim", dim) - 1
    if axis >= MOST_AXES:
        raise ValueError(expected("dim", f"an axis, 1 to {MOST_AXES}", dim))
    arrays = [_array(f"Array {k}", array) for k, array in enumerate(A, start=1)]
    full = [array for array in arrays if array.size] or arrays[:1]
    if not full:
        return np.empty((0, 0))
    vectors = axis == 1 and all(array.ndim < 2 for array in arrays)
    count = max(2, axis + 1, *(array.ndim for array in full))
    shaped = [_with_axes(array, count) for array in full]
    sizes = [tuple(np.delete(array.shape, axis)) for array in shaped]
    if len(set(sizes)) > 1:
        seen = ", ".join(size_text(array.shape) for array in shaped)
        msg = f"The arrays must be of one size along all axes but {axis + 1}, but are {seen}."
        raise ValueError(msg)
    joined = np.concatenate(_in_one_class(shaped), axis=axis)
    return _of_the_kind(A, joined.reshape(-1) if vectors else joined)


def repmat(A: object, *r: object) -> Any:
    """Copies of an array side by side.

    Parameters
    ----------
    A : array of real numbers or of texts
    r : int, vector of int, or several int
        How often along each axis; a single number counts for rows and columns.

    Returns
    -------
    B : numpy.ndarray of A's class
        Copies of a vector along axis 2 alone give a vector.

    Raises
    ------
    TypeError, ValueError
        If A is no such array, or a number of copies is no whole number.

    Notes
    -----
    MATLAB: ``repmat(I,[1 1 3])``, ``repmat(A,2,3)``

    Python: ``repmat(I, [1, 1, 3])``, ``repmat(A, 2, 3)``

    Differs: a text is copied as a whole: ``"-" * 40`` is MATLAB's ``repmat('-',1,40)``.

    Examples
    --------
    >>> repmat(np.zeros((4, 5)), [1, 1, 3]).shape
    (4, 5, 3)
    """
    array = _array("A", A)
    allowed = "a whole number of copies, 0 or more, or one for each axis"
    given = list(itertools.chain.from_iterable(numbers("r", part, allowed).tolist() for part in r))
    if not given or not all(np.isfinite(n) and n == int(n) and n < 2**31 for n in given):
        raise ValueError(expected("r", allowed, r[0] if len(r) == 1 else r))
    copies = [max(0, int(n)) for n in given] * (2 if len(given) == 1 else 1)
    count = max(2, len(copies), array.ndim)
    if count > MOST_AXES or math.prod(copies) * array.size > _MOST_ELEMENTS:
        allowed = f"as many as give at most {MOST_AXES} axes and {_MOST_ELEMENTS} elements"
        raise ValueError(expected("r", allowed, r[0] if len(r) == 1 else r))
    if array.ndim < 2 and copies[0] == 1 and len(copies) == 2:
        return _of_the_kind((A,), np.tile(array, copies[1]))
    return _of_the_kind((A,), np.tile(_with_axes(array, count), copies + [1] * (count - len(copies))))


def _array(name: str, value: object) -> NDArray[Any]:
    texts = texts_or_none(value)
    return np.asarray(texts) if texts is not None else real_array(name, value)


def _with_axes(array: NDArray[Any], count: int) -> NDArray[Any]:
    """The array with further axes of length 1; a vector is a row."""
    shape = array.shape if array.ndim > 1 else (1, array.size) if array.size else (0, 0)
    return array.reshape(*shape, *[1] * (count - len(shape)))


def _in_one_class(arrays: list[NDArray[Any]]) -> list[NDArray[Any]]:
    """In the class that MATLAB gives arrays of several. Whole numbers of Python's own, int64 in NumPy, are doubles."""
    kinds = {array.dtype for array in arrays}
    if len(kinds) == 1:
        return arrays
    if any(kind.kind == "U" for kind in kinds):
        return [np.asarray(as_strings(array)) for array in arrays]
    classes = [array.dtype for array in arrays if array.dtype.kind in "ui" and array.dtype != np.int64]
    if classes:
        return [a if a.dtype == classes[0] else rounded(a.astype(np.float64), classes[0]) for a in arrays]
    return [array.astype(np.float32 if np.dtype(np.float32) in kinds else np.float64) for array in arrays]


def _of_the_kind(sources: Sequence[Any], made: NDArray[Any]) -> Any:
    """Texts as strings, class labels as class labels, with the categories of all of them."""
    if all(isinstance(source, Label | Labels) for source in sources):
        return Labels(made, list(dict.fromkeys(name for source in sources for name in source.categories)))
    return StringArray(made) if made.dtype.kind == "U" else made
