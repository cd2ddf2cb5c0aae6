"""How images share a device: how many go through a network in one run, how many runs go on at once, and the runs."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass
from typing import Self, TypeVar

from . import threads
from .devices import Device, DeviceArray
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
    def of(cls, device: Device, image: DeviceArray, at_once: int) -> Self:
        """As `device` is best used for images like `image`: `at_once` images in all, or fewer."""
        runs = min(device.runs_at_once, at_once)
        images, largest = at_once // runs, device.largest_run(image)
        return cls(runs, images if largest is None else min(images, largest))

    @property
    def at_once(self) -> int:
        return self.runs * self.images

    def parts(self, first: int, end: int) -> Iterator[slice]:
        """The images from `first` to `end` in parts; the last are shared out, lest a run waits for another's end."""
        while first < end:
            size = min(self.images, -(-(end - first) // self.runs))
            yield slice(first, first + size)
            first += size


def in_mini_batches(
    prepared: Callable[[Sharing], Callable[[slice], Result]],
    count: int,
    most: int,
    device: Device,
    image: DeviceArray,
    progress: Progress | None = None,
) -> Generator[tuple[slice, Result]]:
    """The results for `count` images like `image`, part after part, at most `most` images at once.

    Parameters
    ----------
    prepared : callable
        Given a Sharing, gets ready for it, and gives what does the work for a part: called with the part, in several
        threads at once. Either may say that memory is short, with MemoryError or OutOfMemoryError: half as many images
        are tried then, with a warning that names the number that fitted.

    Yields
    ------
    part : slice
    result
        Of the work.
    """
    sharing = wanted = Sharing.of(device, image, min(most, count))
    first = 0
    while first < count:
        if sharing != wanted:  # here, where no error holds on to arrays any more
            device.free_memory()
        try:
            work = prepared(sharing)
        except (MemoryError, OutOfMemoryError) as error:
            # What one run needs is too much already: there is no memory for several, nor for their threads.
            sharing = _halved(Sharing(1, sharing.images), error)
            continue
        parts = list(sharing.parts(first, count))
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
    pool, size = threads.workers()
    if runs != size:  # fewer than the process has: in threads of their own, lest more of them go on
        pool = ThreadPoolExecutor(runs, "occlusion-sensitivity")
    pending: deque[Future[Result]] = deque()
    try:
        for part in parts:
            pending.append(pool.submit(work, part))
            if len(pending) > 2 * runs:  # enough to keep them busy
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        wait([future for future in pending if not future.cancel()])
