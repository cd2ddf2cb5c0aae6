"""How images share a device: how many go through a network in one run, and how many runs go on at once."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from .devices import Device, DeviceArray

Part = TypeVar("Part")
Result = TypeVar("Result")


def runs_and_images(device: Device, image: DeviceArray, at_once: int) -> tuple[int, int]:
    """How many runs go on at once, and how many images like `image` each has: `at_once` images in all, or fewer."""
    runs = min(device.runs_at_once, at_once)
    images, largest = at_once // runs, device.largest_run(image)
    return runs, images if largest is None else min(images, largest)


def parts_of(count: int, runs: int, images: int) -> Iterator[slice]:
    """`count` images in parts of `images` at most; the last ones are shared out, lest a run waits for another's end."""
    first = 0
    while first < count:
        size = min(images, -(-(count - first) // runs))
        yield slice(first, first + size)
        first += size


def in_order(work: Callable[[Part], Result], parts: Iterable[Part], runs: int) -> Generator[Result]:
    """`work` of each part, `runs` of them at once; the results come in the order of the parts.

    An error, and closing the generator, wait for the runs that go on, and start no others.
    """
    if runs == 1:  # in this thread, whose current device and stream CuPy knows
        yield from map(work, parts)
        return
    pool = ThreadPoolExecutor(runs, thread_name_prefix="occlusion-sensitivity")
    try:
        pending: deque[Future[Result]] = deque()
        for part in parts:
            pending.append(pool.submit(work, part))
            if len(pending) > 2 * runs:  # enough to keep them busy
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
