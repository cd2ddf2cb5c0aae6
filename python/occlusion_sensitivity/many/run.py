"""A run: what is not done yet goes through the network, and what comes back into the store."""

from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from typing import Literal, Protocol

import numpy as np

from ..arguments import shown
from ..mini_batches import Progress
from ..notices import warn_user
from ..progress import shown_progress
from .plan import Plan
from .sources import Pixels, Source, Sources
from .store import StoreWriter, writing
from .work import Job, Outcome, outcome_of

OnError = Literal["record", "raise"]
# How many pictures are read at once to see whether they changed.
_READERS = 4


class Pool(Protocol):
    """Where images are explained."""

    def outcomes(self, job: Job, items: Iterator[tuple[int, Source]]) -> Generator[tuple[int, Outcome] | None]:
        """The outcome of each item with its number, in any order; now and then None, while they take long."""


class Here:
    """This process, one image after another, each in all of its threads."""

    def outcomes(self, job: Job, items: Iterator[tuple[int, Source]]) -> Generator[tuple[int, Outcome] | None]:
        for k, source in items:
            yield k, outcome_of(job, source)


def run_plan(
    plan: Plan,
    sources: Sources,
    store: object,
    store_typed: str,
    pool: Pool,
    on_error: OnError,
    progress: "bool | Progress | None",
) -> None:
    """Fill the store."""
    plan.attributes["folder"] = sources.folder
    with writing(store_typed, store, plan) as writer:
        places = writer.take(sources.names)
        to_do = _to_do(writer, places, sources, store_typed)
        writer.add(sources.folder)
        _say_what_is_gone(writer, places)
        with shown_progress(progress, before=len(sources) - len(to_do)) as bar:
            items = ((k, sources.source(k)) for k in to_do)
            finished = len(sources) - len(to_do)
            without_value: list[str] = []
            is_looked_at = False
            if bar is not None:
                bar(finished, len(sources))
            # Closed here, not when it is collected: there, another Ctrl-C would be printed as an ignored exception.
            with closing(pool.outcomes(plan.job, items)) as outcomes:
                try:
                    for outcome in outcomes:
                        if outcome is not None:
                            _put(writer, places, sources, *outcome, on_error)
                            finished += 1
                            without_value += _names_without_value(sources, *outcome)
                            if not is_looked_at and outcome[1].found is not None:
                                is_looked_at = True
                                _say_what_hardly_fits(plan, sources, outcome[0])
                        if writer.flush(if_due=True) and bar is not None:
                            bar(finished, len(sources))
                except BaseException:
                    with suppress(RuntimeError):  # the disk's, which may be what ended the run
                        writer.flush()
                    raise
            writer.flush()
            if bar is not None:
                bar(finished, len(sources))
        _say_what_has_no_value(without_value)


def _names_without_value(sources: Sources, k: int, outcome: Outcome) -> list[str]:
    """The name of an image whose map is not finite all over."""
    return [] if outcome.found is None or np.isfinite(outcome.found.drops).all() else [sources.names[k]]


def _put(writer: StoreWriter, places: list[int], sources: Sources, k: int, outcome: Outcome, on_error: OnError) -> None:
    writer.put(places[k], outcome)
    if outcome.error and on_error == "raise":
        msg = f"{sources.names[k]}: {outcome.error}"
        raise RuntimeError(msg)


def _to_do(writer: StoreWriter, places: list[int], sources: Sources, store_typed: str) -> list[int]:
    """The images without a map, and those whose pictures are others by now."""
    digests = writer.digests()
    done = [k for k, place in enumerate(places) if place in digests]
    with ThreadPoolExecutor(_READERS) as readers:
        now = dict(zip(done, readers.map(lambda k: _digest(sources.source(k)), done), strict=True))
    changed = [k for k, digest in now.items() if digest not in (None, digests[places[k]])]
    names = _listed(sources.names[k] for k in changed)
    if changed and writer.folder != sources.folder:
        msg = (
            f"{store_typed} holds maps of pictures of the same names, but in {shown(writer.folder)}; those in "
            f"{shown(sources.folder)} are others: {names}. Another store takes these."
        )
        raise ValueError(msg)
    if changed:
        for k in changed:
            writer.forget(places[k])
        writer.flush()
        warn_user(
            f"{_counted(len(changed), 'image has', 'images have')} changed since, and will be explained again: {names}."
        )
    done_now = set(done) - set(changed)
    return [k for k in range(len(sources)) if k not in done_now]


def _digest(source: Source) -> str | None:
    """The SHA-256 of a picture as it is now; None where it is not to be had, and the map that is there stays."""
    try:
        return source.photograph()[0]
    except (OSError, ValueError):
        return None


def _say_what_is_gone(writer: StoreWriter, places: list[int]) -> None:
    gone = sorted(set(range(len(writer.names))) - set(places))
    if gone:
        images = _counted(len(gone), "image of the store is", "images of the store are")
        maps = "Its map stays" if len(gone) == 1 else "Their maps stay"
        warn_user(f"{images} not among those given: {_listed(writer.names[k] for k in gone)}. {maps}.")


def _say_what_hardly_fits(plan: Plan, sources: Sources, k: int) -> None:
    """Of the first picture that has a map: the others are of its kind. Who gives arrays, has scaled them.

    A picture whose decoder crashes takes a worker with it, but not this process.
    """
    source = sources.source(k)
    if isinstance(source, Pixels):
        return
    with suppress(OSError, ValueError, TypeError, RuntimeError, MemoryError):
        unfit = plan.doubt(source.photograph()[1]())
        if unfit is not None:
            warn_user(f"{shown(sources.names[k])}: {unfit}")


def _say_what_has_no_value(names: list[str]) -> None:
    if names:
        images = _counted(len(names), "image", "images")
        warn_user(
            f"The network's output is NaN or infinite for {images}, or under some masks: {_listed(names)}. "
            f"So are values of {'its map' if len(names) == 1 else 'their maps'}."
        )


def _counted(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}"


def _listed(names: Iterable[str]) -> str:
    first = list(names)
    more = f" and {len(first) - 3} more" if len(first) > 3 else ""
    return ", ".join(shown(name) for name in first[:3]) + more
