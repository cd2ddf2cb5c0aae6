"""How many threads this package computes in: one rule, and one account for all calls of the process.

As many as the process may use processors (its affinity, and the CPU quota of its container), or as the environment
variable OCCLUSION_SENSITIVITY_THREADS says; fewer inside :func:`thread_limit`. Calls at the same time share them.
"""

import functools
import math
import os
import threading
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from .arguments import expected, positive_integer
from .forking import renewed_after_fork

VARIABLE = "OCCLUSION_SENSITIVITY_THREADS"
_limit: ContextVar[int | None] = ContextVar("limit", default=None)


@contextmanager
def thread_limit(n: int) -> Iterator[None]:
    """Compute in at most `n` threads, in the calls that this thread (or coroutine) makes inside the ``with``.

    Parameters
    ----------
    n : int
        At least 1. More than the process may use has no effect.

    Raises
    ------
    TypeError, ValueError
        If `n` is not a positive integer.

    Notes
    -----
    Without it, a call uses every processor that the process may use: those of its affinity, at most the CPU quota of
    its container, or as many as the environment variable OCCLUSION_SENSITIVITY_THREADS says. Calls of several threads
    at the same time share them. It is about the CPU: maps on a GPU are computed in one thread anyway.

    Examples
    --------
    >>> from occlusion_sensitivity import imresize
    >>> with thread_limit(1):
    ...     imresize([[0.0, 1.0]], [1, 4], "bilinear")
    array([[0.  , 0.25, 0.75, 1.  ]])
    """
    token = _limit.set(positive_integer("n", n))
    try:
        yield
    finally:
        _limit.reset(token)


def of_a_call() -> int:
    """How many threads a call may compute in that is made here."""
    limit = _limit.get()
    return of_the_process() if limit is None else min(limit, of_the_process())


def of_the_process() -> int:
    """How many threads all calls together may compute in."""
    given = os.environ.get(VARIABLE)
    if given:
        if not given.strip().isdecimal() or int(given) < 1:
            raise ValueError(expected(f"The environment variable {VARIABLE}", "a positive integer", given))
        return int(given)
    mine = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, math.ceil(min(mine, _own_quota())))


@functools.cache
def _own_quota() -> float:
    return quota(Path("/proc/self/cgroup"), Path("/sys/fs/cgroup"))


def quota(membership: Path, mount: Path) -> float:
    """How many processors' time Linux' control groups give the process; infinity without a limit.

    Parameters
    ----------
    membership : pathlib.Path
        The file with the process's groups, a line "number:controllers:path" for each hierarchy.
    mount : pathlib.Path
        The folder of the groups.
    """
    try:
        lines = membership.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:  # no Linux, or one without control groups
        return math.inf
    processors = math.inf
    for line in lines:
        controllers, _, path = line.partition(":")[2].partition(":")
        if not controllers:  # version 2: one hierarchy for all
            roots = [mount, mount / "unified"]
        elif "cpu" in controllers.split(","):
            roots = [mount / controllers, mount / "cpu"]
        else:
            continue
        # Each group is limited by those around it. In a container the path may be one outside of it.
        inner = [part for part in path.split("/") if part not in ("", "..")]
        for root in roots:
            for depth in range(len(inner) + 1):
                processors = min(processors, _quota_of(root.joinpath(*inner[:depth])))
    return processors


def _quota_of(group: Path) -> float:
    """The limit of one group alone, in processors."""
    try:
        version_2 = group / "cpu.max"
        if version_2.is_file():
            limit, period = version_2.read_text(encoding="ascii").split()
        else:
            limit, period = (
                (group / name).read_text(encoding="ascii").strip() for name in ("cpu.cfs_quota_us", "cpu.cfs_period_us")
            )
        return math.inf if limit == "max" or int(limit) <= 0 else int(limit) / int(period)
    except (OSError, ValueError, ZeroDivisionError):  # no limits here
        return math.inf


class _Ticket:
    """Whoever holds one, computes."""


class _Account:
    """Which of the process's threads are in use."""

    def __init__(self) -> None:
        renewed_after_fork(self)

    def renew(self) -> None:
        self._changed = threading.Condition()
        # Weak: Ctrl-C may come anywhere, and what nobody holds any more must not stay in use.
        self._in_use: weakref.WeakKeyDictionary[_Ticket, int] = weakref.WeakKeyDictionary()
        self._pool: ThreadPoolExecutor | None = None
        self._pool_size = 0

    @contextmanager
    def taken(self, most: int = 1) -> Iterator[int]:
        """Compute in one thread, or in up to `most` where others do not; how many, is what the ``with`` gives.

        While all are in use, it waits. Whoever holds some must not ask for more.
        """
        ticket = _Ticket()
        try:
            with self._changed:
                while (free := of_the_process() - sum(self._in_use.values())) < 1:
                    self._changed.wait(1.0)
                self._in_use[ticket] = min(most, free)
            yield self._in_use[ticket]
        finally:
            with self._changed:
                self._in_use.pop(ticket, None)
                self._changed.notify_all()

    def workers(self) -> tuple[ThreadPoolExecutor, int]:
        """The threads of the process in which the runs of all calls go on, and how many they are."""
        with self._changed:
            size = of_the_process()
            if self._pool is None or self._pool_size != size:
                # The one before ends when nobody holds it any more.
                self._pool, self._pool_size = ThreadPoolExecutor(size, "occlusion-sensitivity"), size
            return self._pool, size


_ACCOUNT = _Account()
taken = _ACCOUNT.taken
workers = _ACCOUNT.workers
