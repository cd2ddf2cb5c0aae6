"""What a forked process must not take over: locks that a thread of its parent held, and all that rests on threads."""

import os
import weakref
from typing import NoReturn, Protocol


class Renewable(Protocol):
    def renew(self) -> None:
        """Be as new: with locks that nobody holds, and without what threads of another process had begun."""


_LIVING: weakref.WeakSet[Renewable] = weakref.WeakSet()


class StaysInItsProcess:
    """What is open: it is neither pickled nor copied."""

    def __reduce__(self) -> NoReturn:
        msg = (
            f"A {type(self).__name__} is open in this process and stays here: it cannot be pickled or copied. "
            "A dlnetwork, a DAGNetwork and a SeriesNetwork can."
        )
        raise TypeError(msg)


def renewed_after_fork(thing: Renewable) -> None:
    """Renew `thing` now, and in every process that is forked from this one while it lives."""
    thing.renew()
    _LIVING.add(thing)


def _renew_all() -> None:
    for thing in list(_LIVING):
        thing.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_all)
