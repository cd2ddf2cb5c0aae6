"""How many threads this package computes in: one rule, and one account for all calls of the process.

As many as the process may use processors (its affinity, and the CPU quota of its container), or as the environment
variable OCCLUSION_SENSITIVITY_THREADS says; fewer inside :func:`thread_limit`. Calls at the same time share them.
"""

import _thread
import atexit
import functools
import math
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from queue import Empty, SimpleQueue

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
    return max(1, math.ceil(min(len(processors()), quota_of_the_process())))


def processors() -> frozenset[int]:
    """The processors that the process may use, by their numbers."""
    if hasattr(os, "sched_getaffinity"):
        # Of the process, that is of its first thread: others may have been given one processor each.
        return frozenset(os.sched_getaffinity(os.getpid()))
    return frozenset(range(os.cpu_count() or 1))


@functools.cache
def quota_of_the_process() -> float:
    """How many processors' time its container gives the process; infinity without a limit."""
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
        # Each group is limited by those around it. Of a container the path may lead outside: its own group is mounted.
        inner = [] if ".." in path.split("/") else [part for part in path.split("/") if part]
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


# Ctrl-C may come between any two lines of the main thread. What is shared with other threads must not stay locked then,
# nor taken: of Python's locks and queues only those made in C are used here (a Condition, a Future, an Event are not),
# and what somebody took is held by weak references.


class _Ticket:
    """Whoever holds one, computes, or waits for it."""


class _Account:
    """Which of the process's threads are in use."""

    def __init__(self) -> None:
        renewed_after_fork(self)

    def renew(self) -> None:
        self._lock = threading.Lock()
        self._in_use: weakref.WeakKeyDictionary[_Ticket, int] = weakref.WeakKeyDictionary()
        self._waiting: weakref.WeakSet[_Ticket] = weakref.WeakSet()
        self._freed: SimpleQueue[None] = SimpleQueue()
        self._workers: Workers | None = None

    @contextmanager
    def taken(self, most: int = 1) -> Iterator[int]:
        """Compute in one thread, or in up to `most` where others do not; how many, is what the ``with`` gives.

        While all are in use, it waits. Whoever holds some must not ask for more.
        """
        ticket = _Ticket()
        try:
            while (count := self._given(ticket, most)) == 0:
                with suppress(Empty):
                    self._freed.get(timeout=0.1)
            yield count
        finally:
            with self._lock:
                self._in_use.pop(ticket, None)
                others_wait = any(other is not ticket for other in self._waiting)
            if others_wait:
                self._freed.put(None)

    def _given(self, ticket: _Ticket, most: int) -> int:
        with self._lock:
            free = of_the_process() - sum(self._in_use.values())
            if free < 1:
                self._waiting.add(ticket)
                return 0
            self._waiting.discard(ticket)
            self._in_use[ticket] = min(most, free)
            return self._in_use[ticket]

    def workers(self) -> "Workers":
        """The threads in which the runs of all calls go on: as many as the process may compute in."""
        with self._lock:
            size = of_the_process()
            if self._workers is None or self._workers.size != size:
                self._workers = Workers(size)  # the one before ends when nobody holds it any more
            return self._workers

    def wait_at_exit(self) -> None:
        """Let runs that go on end before the interpreter does, in whose threads they are; half a minute at most."""
        end = time.monotonic() + 30
        while self._in_use and time.monotonic() < end:
            time.sleep(0.01)


class Workers:
    """Threads that do tasks in the order in which they are given, from when they are needed until nobody holds this."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._tasks: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._started = 0
        weakref.finalize(self, _end, self._tasks, size)

    def do(self, task: Callable[[], None]) -> None:
        """Have the task done by one of the threads; here, where not a single one is to be had."""
        if self._started < self.size:
            try:
                _thread.start_new_thread(_work, (self._tasks,))
                self._started += 1
            except RuntimeError:
                if self._started == 0:
                    task()
                    return
        self._tasks.put(task)


def _work(tasks: SimpleQueue[Callable[[], None] | None]) -> None:
    while (task := tasks.get()) is not None:
        task()
        del task  # and all that it holds


def _end(tasks: SimpleQueue[Callable[[], None] | None], count: int) -> None:
    for _ in range(count):
        tasks.put(None)


_ACCOUNT = _Account()
atexit.register(_ACCOUNT.wait_at_exit)
taken = _ACCOUNT.taken
workers = _ACCOUNT.workers
