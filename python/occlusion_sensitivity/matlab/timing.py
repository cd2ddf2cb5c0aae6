"""A stopwatch."""

import time

import numpy as np

from ..arguments import expected, truth

__all__ = ["tic", "toc"]

# When tic was called last, in nanoseconds.
_started: list[int] = []


def tic(*, nargout: object = 0) -> int:
    """Start the stopwatch.

    Parameters
    ----------
    nargout : {0, 1}, default 0
        With 1, the start is given alone, and ``toc()`` counts from the one before, as in MATLAB's ``t = tic``.

    Returns
    -------
    timerVal : int
        This start, for ``toc(timerVal)``.

    Notes
    -----
    MATLAB: ``tic``, ``t = tic``

    Python: ``tic()``, ``t = tic(nargout=1)``

    Differs: without ``nargout=1`` the watch of ``toc()`` begins anew as well.

    Examples
    --------
    >>> start = tic()
    >>> toc(start) >= 0
    True
    """
    now = time.perf_counter_ns()
    if not truth("nargout", nargout, "0 or 1"):
        _started[:] = [now]
    return now


def toc(timerVal: object = None, *, nargout: object = 1) -> float | None:
    """The seconds since tic.

    Parameters
    ----------
    timerVal : int, optional
        What a call of :func:`tic` gave; the last call by default.
    nargout : {0, 1}, default 1
        With 0, the time is printed, as MATLAB does it in a line of its own.

    Returns
    -------
    elapsedTime : float

    Raises
    ------
    TypeError, RuntimeError
        If timerVal cannot be what tic gave, or tic was not called before.

    Notes
    -----
    MATLAB: ``toc``, ``seconds = toc``

    Python: ``toc(nargout=0)``, ``seconds = toc()``

    Differs: without ``nargout=0`` nothing is printed.

    Examples
    --------
    >>> start = tic()
    >>> seconds = toc()
    """
    now = time.perf_counter_ns()
    given = truth("nargout", nargout, "0 or 1")
    if timerVal is None and not _started:
        msg = "toc needs a tic before it."
        raise RuntimeError(msg)
    start = _started[0] if timerVal is None else timerVal
    if not isinstance(start, int | np.integer) or isinstance(start, bool) or not 0 <= start <= now:
        raise TypeError(expected("timerVal", "what tic gave", timerVal))
    seconds = (now - int(start)) / 1e9
    if given:
        return seconds
    print(f"Elapsed time is {seconds:.6f} seconds.")
    return None
