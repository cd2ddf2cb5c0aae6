"""Text: strings, and numbers in formats."""

from __future__ import annotations

import math
from collections import deque
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import as_text, expected, on_host, positive_integer, shown, texts_in
from ..strings import (
    String,
    StringArray,
    as_strings,
    number_text,
    significant_digits,
)
from .arrays import real_array
from .formats import Operator, by_number, converted, elements, formatted, has_numbers, pieces, unescaped

__all__ = ["compose", "join", "num2str", "sprintf", "string"]

# Of a double, all that it has in base 10 are 767.
_MOST_DIGITS = 1000


def string(X: object) -> Any:
    """`X` as text: a String for a single value, a StringArray for an array.

    Parameters
    ----------
    X : text, categorical, number, logical, or array or list of them

    Returns
    -------
    text : String (a str) or StringArray (a NumPy array of text)
        Compared by ``==`` with a list or an array, each element is compared; ``+`` takes numbers.

    Raises
    ------
    TypeError
        If X is nothing of that kind.

    Notes
    -----
    MATLAB: ``string(label) == classNames``, ``string(label) + " " + score``

    Python: ``string(label) == classNames``, ``string(label) + " " + score``

    Differs: NaN is written NaN, where MATLAB has ``<missing>``; ``import string`` of Python's library would put a
    module in its place.

    Examples
    --------
    >>> string("cup") == ["mug", "cup"]
    array([False,  True])
    >>> string("cup") + " " + 0.95
    'cup 0.95'
    """
    found = as_strings(on_host(X))
    if found is None:
        raise TypeError(expected("X", "texts, numbers or logicals", X))
    return found


def sprintf(formatSpec: object, *A: object) -> String:
    r"""Numbers and texts in a format.

    Parameters
    ----------
    formatSpec : text
        With operators such as ``%d``, ``%5.2f``, ``%-8s``, ``%*d``, ``%2$s``; the escapes ``\n``, ``\t``, ``\\`` are
        translated, ``%%`` is a percent sign.
    A : numbers, texts, categoricals, or arrays of them
        Arrays are taken down their columns. The format is used again until everything is written, and ends before the
        first operator for which nothing is left. A number that is not whole is written by ``%d`` as by ``%e``.

    Returns
    -------
    str : String

    Raises
    ------
    TypeError, ValueError
        If formatSpec is no text or has another operator, or an argument holds neither numbers nor texts.

    Notes
    -----
    MATLAB: ``sprintf("%s (%.2f)",label,score)``

    Python: ``sprintf("%s (%.2f)", label, score)``

    Differs: texts at ``%d`` are written as texts, as MATLAB does it with strings, never as codes of characters; another
    operator is an error.

    Examples
    --------
    >>> sprintf("%d, ", [1, 2, 3])
    '1, 2, 3, '
    >>> sprintf("%s: %.1f%%", "cup", 95.25)
    'cup: 95.2%'
    """
    return String(formatted(pieces("formatSpec", formatSpec), A))


def compose(formatSpec: object, *A: object) -> Any:
    r"""Several texts in a format, one for each row of the arguments.

    Parameters
    ----------
    formatSpec : text, or without `A` array of text
        See :func:`sprintf`.
    A : numbers, texts, categoricals, or arrays of them
        Vectors of one length give a text for each of their elements; a single vector, one for as many elements as the
        format has operators. Rows of matrices stand one behind the other.

    Returns
    -------
    str : String or StringArray
        Operators for which there is no element stand in it as typed. Without `A`, formatSpec with its escapes
        translated.

    Raises
    ------
    TypeError, ValueError
        As sprintf; also if arrays have different numbers of rows.

    Notes
    -----
    MATLAB: ``compose("%s: %.2f",names,scores')``

    Python: ``compose("%s: %.2f", names, scores)``

    Differs: several vectors of one length count as columns, however they lie.

    Examples
    --------
    >>> compose("%s: %.2f", ["cup", "mug"], [0.75, 0.125])
    StringArray(['cup: 0.75', 'mug: 0.12'], dtype='<U9')
    """
    if not A:
        texts = string(formatSpec)
        if isinstance(texts, str):
            return String(unescaped(texts))
        return StringArray(np.array([unescaped(text) for text in texts.flat], dtype=np.str_).reshape(texts.shape))
    found = pieces("formatSpec", formatSpec)
    rows = _rows(A)
    each = sum(1 + [piece.width, piece.precision].count("*") for piece in found if isinstance(piece, Operator))
    columns = max(1, math.ceil(len(rows[0]) / each)) if each else 1
    if has_numbers(found):
        texts = [[by_number(found, row)] for row in rows]
    else:
        texts = [[_filled(found, row[k * each : (k + 1) * each]) for k in range(columns)] for row in rows]
    table = StringArray(np.array(texts, dtype=np.str_))
    return table.reshape(-1)[0] if table.size == 1 else table.reshape(-1) if 1 in table.shape else table


def _rows(arguments: tuple[object, ...]) -> list[list[Any]]:
    """The elements of the arguments, row by row, those of one argument behind those of another."""
    shapes: list[tuple[int, ...]] = [() if isinstance(a, str) else np.shape(on_host(a)) for a in arguments]
    tables = []
    for argument, shape in zip(arguments, shapes, strict=True):
        flat = elements([argument])
        table = np.empty(len(flat), dtype=object)
        table[:] = flat
        tables.append(table.reshape((shape[0] if len(shape) > 1 else 1, -1), order="F"))
    if len(tables) > 1 and all(1 in table.shape for table in tables):  # vectors, however they lie
        tables = [table.reshape(-1, 1) for table in tables]
    counts = {len(table) for table in tables if table.size != 1}
    if len(counts) > 1:
        msg = (
            f"The arguments of compose must have as many rows as each other, or one element, but have {sorted(counts)}."
        )
        raise ValueError(msg)
    count = max(counts, default=1)
    whole = [np.repeat(table, count, axis=0) if table.size == 1 else table for table in tables]
    joined: list[list[Any]] = np.concatenate(whole, axis=1).tolist()
    return joined


def _filled(found: list[Any], values: list[Any]) -> str:
    left = deque(values)
    return "".join(
        piece if isinstance(piece, str) else converted(piece, left) if left else piece.typed for piece in found
    )


def join(text: ArrayLike, *arguments: object) -> Any:
    """Texts joined to one.

    Parameters
    ----------
    text : array or list of text
    delimiter : text or vector of text, default " "
        Between two of them; a vector has one less than there are texts.
    dim : int, optional
        The axis, from 1; the last one that is not of length 1 by default.

    Returns
    -------
    joined : String, or StringArray where `text` has a second axis

    Raises
    ------
    TypeError, ValueError
        If an argument is not as listed above.

    Notes
    -----
    MATLAB: ``join(names,", ")``

    Python: ``join(names, ", ")``

    Differs: nothing.

    Examples
    --------
    >>> join(["cup", "mug"], ", ")
    'cup, mug'
    """
    texts = as_strings(text)
    if texts is None:
        raise TypeError(expected("text", "an array of texts", text))
    if isinstance(texts, String):
        return texts
    if not texts.size:
        return String("")
    given = list(arguments)
    delimiters = (texts_in(given[0]) if given else None) or [" "]
    if given and texts_in(given[0]) is not None:
        given.pop(0)
    table = np.atleast_2d(np.asarray(texts)).astype(object)
    long = [axis for axis, length in enumerate(table.shape, start=1) if length != 1]
    dim = positive_integer("dim", given.pop(0)) if given else max(long, default=2)
    if given or dim > table.ndim:
        msg = f"join takes texts, a delimiter and one of their {table.ndim} axes, but got {shown(arguments)}."
        raise ValueError(msg)
    count = table.shape[dim - 1]
    if len(delimiters) not in (1, count - 1):
        raise ValueError(expected("delimiter", f"one text or {count - 1}", delimiters))
    between = [*(delimiters * count)[: count - 1], ""]
    columns = np.moveaxis(table, dim - 1, -1).reshape(-1, count)
    joined = StringArray(["".join(map("".join, zip(column, between, strict=True))) for column in columns])
    return joined[0] if joined.size == 1 else joined


def num2str(A: object, *precision: object) -> Any:
    """A number as text.

    Parameters
    ----------
    A : number, logical, text, or array of numbers
    precision : int or text, optional
        The number of significant digits, or a format (see :func:`sprintf`) for each row of A. By default whole numbers
        have all their digits, and others as many as leave four behind the point, five at least.

    Returns
    -------
    s : String, or StringArray with a text for each row of a matrix

    Raises
    ------
    TypeError, ValueError
        If A holds no real numbers, or precision is neither a positive integer nor a format.

    Notes
    -----
    MATLAB: ``num2str(score,3)``, ``num2str(score,"%.2f")``

    Python: ``num2str(score, 3)``, ``num2str(score, "%.2f")``

    Differs: several rows are an array of text.

    Examples
    --------
    >>> num2str(0.951234), num2str(0.951234, 2), num2str(0.951234, "%.1f")
    ('0.95123', '0.95', '1.0')
    >>> num2str([1, 2, 3])
    '1  2  3'
    """
    texts = texts_in(A)
    if texts is not None:
        return String(texts[0]) if len(texts) == 1 else StringArray(texts)
    table = np.atleast_2d(real_array("A", A))
    table = table.reshape(len(table), -1) if table.size else table.reshape(1, -1)
    if len(precision) > 1:
        msg = f"num2str takes a number and its precision, but got {shown(precision)} as well."
        raise ValueError(msg)
    if precision and as_text(precision[0]) is not None:
        found = pieces("precision", precision[0])
        rows = [formatted(found, [row]).strip() for row in table]
    else:
        digits = positive_integer("precision", precision[0]) if precision else None
        if digits is not None and digits > _MOST_DIGITS:
            raise ValueError(expected("precision", f"at most {_MOST_DIGITS} digits", precision[0]))
        rows = _without_common_blanks([_row_text(row, table, digits) for row in table])
    return String(rows[0]) if len(rows) == 1 else StringArray(rows)


def _row_text(row: NDArray[Any], table: NDArray[Any], digits: int | None) -> str:
    """A row of numbers, each in a column as wide as the widest number of the table needs."""
    finite = table[np.isfinite(table)] if table.dtype.kind == "f" else table
    largest = float(np.abs(finite.astype(np.float64)).max()) if finite.size else 0.0
    if digits is not None:
        cells = [_general(value, digits) for value in row.tolist()]
        width = digits + 7
    elif bool((finite == np.floor(finite)).all() if finite.dtype.kind == "f" else True):
        cells = [number_text(value) for value in row.tolist()]
        longest = len(number_text(largest)) if finite.size == table.size else max(3, len(number_text(largest)))
        width = longest + 2
    else:
        cells = [_general(value, significant_digits(largest)) for value in row.tolist()]
        width = significant_digits(largest) + 7
    if (finite < 0).any():
        width += 1
    return "".join(cell.rjust(width) for cell in cells) if len(cells) > 1 else cells[0] if cells else ""


def _general(value: float, digits: int) -> str:
    return f"{value:.{digits}g}" if math.isfinite(value) else number_text(float(value))


def _without_common_blanks(rows: list[str]) -> list[str]:
    width = max(len(row) for row in rows)
    rows = [row.rjust(width) for row in rows]
    common = min(len(row) - len(row.lstrip()) for row in rows)
    return [row[common:] for row in rows]
