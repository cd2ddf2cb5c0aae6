"""How images share a device: how many go through a network in one run, how many runs go on at once, and the runs."""

from collections import deque
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Generic, Self, TypeVar

from . import threads
from .devices import Device
from .network.session import OutOfMemoryError
from .notices import warn_user

Part = TypeVar("Part")
Result = TypeVar("Result")

# Told how many of how many images have gone through the network.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Sharing:
    """How many runs go on at once, and how many images each of them has at most."""

    runs: int
    images: int

    @classmethod
    def of(cls, device: Device, largest_run: int | None, at_once: int) -> Self:
        """As `device` is best used: `at_once` images in all or fewer, `largest_run` of them or any number in a run."""
        runs = min(device.runs_at_once, at_once)
        images = at_once // runs
        return cls(runs, images if largest_run is None else min(images, largest_run))

    @property
    def at_once(self) -> int:
        return self.runs * self.images

    def parts(self, first: int, ends: Sequence[int]) -> Iterator[slice]:
        """The images from `first` to the last of `ends` in parts, none of which has images before and after an end.

        The last are shared out, lest a run waits for another's end; not into small ones, which cost as much.
        """
        for end in ends:
            while first < end:
                left, is_last = end - first, end == ends[-1]
                size = -(-left // (self.runs if is_last else -(-left // self.images)))
                size = min(max(size, self.images // 4), self.images, left)
                yield slice(first, first := first + size)


def in_mini_batches(
    prepared: Callable[[int, Collection[int]], Callable[[slice], Result]],
    count: int,
    most: int,
    device: Device,
    largest_run: int | None,
    progress: Progress | None = None,
    ends: Sequence[int] = (),
) -> Generator[tuple[slice, Result]]:
    """The results for `count` images, part after part, at most `most` at once and `largest_run` of them in a run.

    Parameters
    ----------
    prepared : callable
        Given how many runs go on at once, and the numbers of images that they have, gets ready for them, and gives what
        does the work for a part: called with the part, in several threads at once. Either may say that memory is short,
        with MemoryError or OutOfMemoryError: half as many images are tried then, with a warning that names the number
        that fitted.
    ends : sequence of int
        Where a part has to end, in rising order; none for those at the end of all.

    Yields
    ------
    part : slice
    result
        Of the work.
    """
    sharing = wanted = Sharing.of(device, largest_run, min(most, count))
    first = 0
    while first < count:
        work = None  # nor what it holds
        if sharing != wanted:  # here, where no error holds on to arrays any more
            device.free_memory()
        parts = list(sharing.parts(first, ends or [count]))
        sizes = {sharing.images} if device.pads_last_batch else {part.stop - part.start for part in parts}
        try:
            work = prepared(sharing.runs, sizes)
        except (MemoryError, OutOfMemoryError) as error:
            # What one run needs is too much already: there is no memory for several, nor for their threads.
            sharing = _halved(Sharing(1, sharing.images), error)
            continue
        try:
            with closing(in_order(work, parts, sharing.runs)) as results:
                for part, result in zip(parts, results, strict=True):
                    yield part, result
                    first = part.stop
                    if progress is not None:
                        progress(first, count)
        except (MemoryError, OutOfMemoryError) as error:
            sharing = _halved(sharing, error)
    if sharing != wanted:
        images = "1 image goes" if sharing.at_once == 1 else f"{sharing.at_once} images go"
        warn_user(
            f"A mini-batch of {wanted.at_once} images did not fit into memory: {images} through the network at once "
            f"now. The result is the same; MiniBatchSize={sharing.at_once} saves the attempts."
        )


def _halved(sharing: Sharing, error: Exception) -> Sharing:
    """Half as many images at once, in as many runs as that leaves; RuntimeError where it is one image already."""
    half = sharing.at_once // 2
    if half == 0:
        msg = f"There is not enough memory, not even for one image at a time: {error}"
        raise RuntimeError(msg) from error
    runs = min(sharing.runs, half)
    return Sharing(runs, half // runs)


def in_order(work: Callable[[Part], Result], parts: Iterable[Part], runs: int) -> Generator[Result]:
    """`work` of each part, `runs` of them at once; the results come in the order of the parts.

    An error, and closing the generator, wait for the runs that go on, and start no others.
    """
    if runs == 1:  # in this thread, whose current device and stream CuPy knows
        yield from map(work, parts)
        return
    workers = threads.workers()
    if runs != workers.size:  # fewer than the process has: in threads of their own, lest more of them go on
        workers = threads.Workers(runs)
    done: SimpleQueue[None] = SimpleQueue()
    pending: deque[_Run[Part, Result]] = deque()
    try:
        for part in parts:
            pending.append(_Run(work, part, done))
            workers.do(pending[-1])
            if len(pending) > 2 * runs:  # enough to keep them busy
                yield pending[0].result()
                pending.popleft()
        while pending:
            yield pending[0].result()
            pending.popleft()
    finally:
        for run in pending:
            run.given_up = True
        while any(run.goes_on for run in pending):
            with suppress(Empty):
                done.get(timeout=0.05)


class _Run(Generic[Part, Result]):
    """The work for a part, done by a worker. Not a Future, whose locks Ctrl-C can leave locked."""

    def __init__(self, work: Callable[[Part], Result], part: Part, done: SimpleQueue[None]) -> None:
        self.given_up = False
        self.goes_on = False
        self._work = work
        self._part = part
        self._done = done
        self._results: list[Result] = []
        self._error: BaseException | None = None
        self._ended = False

    def __call__(self) -> None:
        self.goes_on = True
        try:
            if not self.given_up:
                self._results.append(self._work(self._part))
        except BaseException as error:
            self._error = error
        finally:
            self._ended, self.goes_on = True, False
            self._done.put(None)

    def result(self) -> Result:
        while not self._ended:
            self._done.get()  # one for each run of the call that ends
        if self._error is not None:
            try:
                raise self._error
            finally:
                self._error = None  # nor what its traceback holds
        return self._results.pop()
