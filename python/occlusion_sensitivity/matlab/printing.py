"""What is printed."""

import math
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arguments import as_text, expected, on_host, texts_in, truth
from ..strings import Label, Labels, number_text
from .text import sprintf

__all__ = ["disp", "fprintf"]


def fprintf(*arguments: object, nargout: object = 0) -> int | None:
    r"""Print numbers and texts in a format; see :func:`sprintf`.

    Parameters
    ----------
    fileID : {1, 2}, optional
        First argument, if it is a number: 1, the default, is the standard output and 2 the standard error.
    formatSpec : text
    A : numbers, texts, categoricals, or arrays of them
    nargout : int, default 0
        With 1, the number of bytes (in UTF-8) that were written.

    Raises
    ------
    TypeError, ValueError
        As sprintf; also if fileID is another number.

    Notes
    -----
    MATLAB: ``fprintf("%s: %.2f\n",label,score)``

    Python: ``fprintf("%s: %.2f\n", label, score)``

    Differs: files are not written (``open(file, "w").write(sprintf(…))`` does that).

    Examples
    --------
    >>> fprintf("%s: %.2f\n", "cup", 0.95)
    cup: 0.95
    """
    rest = list(arguments)
    stream = sys.stdout
    if rest and as_text(rest[0]) is None:
        file = rest.pop(0)
        if file not in (1, 2) if isinstance(file, int | float | np.number) and file is not True else True:
            raise ValueError(expected("fileID", "1, the standard output, or 2, the standard error", file))
        stream = sys.stdout if file == 1 else sys.stderr
    if not rest:
        msg = "formatSpec must be given: a text with formatting operators such as %d and %s."
        raise TypeError(msg)
    counted = truth("nargout", nargout, "0 or 1")
    text = sprintf(*rest)
    stream.write(text)
    return len(text.encode()) if counted else None


def disp(X: object) -> None:
    """Print a value.

    Parameters
    ----------
    X : anything
        Numbers are printed as in MATLAB's short format.

    Notes
    -----
    MATLAB: ``disp(label)``

    Python: ``disp(label)``

    Differs: arrays of numbers, and whatever MATLAB does not have, are printed as ``print`` does it; texts of an array
    stand on a line each.

    Examples
    --------
    >>> disp("espresso")
    espresso
    >>> disp(0.951234)
        0.9512
    """
    value = on_host(X)
    if isinstance(value, Label):
        print(f"     {value}")
        return
    texts = texts_in(value)
    if texts is not None:
        print("\n".join(f"     {text}" for text in texts) if isinstance(value, Labels) else "\n".join(texts))
    elif isinstance(value, bool | int | float | np.generic | np.ndarray) and np.asarray(value).dtype.kind in "buif":
        print(_short(np.asarray(value)) if np.ndim(value) == 0 else value)
    else:
        print(value)


def _short(value: NDArray[Any]) -> str:
    """A number in MATLAB's short format, as far in as there."""
    number = value.item()
    if value.dtype.kind in "bui" and value.dtype != np.int64:  # of a class of whole numbers
        return f"   {int(number)}"
    if not math.isfinite(number):
        return f"   {number_text(number):>3}"
    if number == int(number) and abs(number) < 1e9:
        return f"{int(number):6d}" if abs(number) < 1000 else f"{int(number):12d}"
    return f"{number:10.4f}" if 1e-3 <= abs(number) < 1e3 else f"{number:13.4e}"
