"""Images go through a network together only where they were seen not to influence each other."""

import itertools
import threading
from collections.abc import Callable, Collection

import numpy as np
from numpy.typing import NDArray

from ..devices import DeviceArray
from ..forking import StaysInItsProcess, renewed_after_fork
from .session import NetworkSession, OutOfMemoryError

# Float noise, as shares of the largest value of a channel and of the whole output.
_NOISE_OF_CHANNEL, _NOISE_OF_OUTPUT = 2e-6, 3e-7
# How far a channel among others may be from that channel alone, as a share of what sets two images apart in it.
_BATCH_TOLERANCE = 1e-3
# Two images tell whether they mix only if they are further apart than many times the noise.
_TELLING = 100

# An output, and the shape of an image.
Key = tuple[str, tuple[int, ...]]


class Together(StaysInItsProcess):
    """A session, and how many images may go through it at once: for each output and size of the images

    not known  →  these numbers of images  (seen with as many: they do not influence each other; later, others)
        ↓                 ↓
       never  (they do, or the graph takes one image at a time)
    """

    def __init__(self, session: NetworkSession) -> None:
        self.session = session
        self._sizes: dict[Key, set[int]] = {}
        self._never: set[Key] = set()
        renewed_after_fork(self)

    def renew(self) -> None:
        self._trying = threading.Lock()

    def goes_together(self, image_shape: tuple[int, ...], output: str, n: int) -> bool:
        """Whether `n` images were seen to go together."""
        key = (output, image_shape)
        return key not in self._never and n in self._sizes.get(key, ())

    def run(self, images: DeviceArray, output: str, count: int | None = None) -> DeviceArray:
        """The output of each image: shape (n, …) for `images` of shape (n, …) as the network wants them.

        With a `count`, the outputs of the first images only: the others are there to keep the shape.
        """
        count = len(images) if count is None else count
        batch = images if self.session.device.pads_last_batch else images[:count]
        if self.goes_together(images.shape[1:], output, len(batch)):
            try:
                return self.session.together(batch, output)[:count]
            except OutOfMemoryError:
                raise
            except RuntimeError:
                one_by_one = self._alone(images[:count], output)  # an image that fails alone, fails here
                if self._fails(batch, output):
                    self._never.add((output, images.shape[1:]))
                return one_by_one
        return self._alone(images[:count], output)

    def try_together(
        self, image_shape: tuple[int, ...], samples: Callable[[], DeviceArray], sizes: Collection[int], output: str
    ) -> None:
        """Let as many images as `sizes` go together from now on, if samples, shape (k, …), do not influence each other.

        Raises ValueError where the network gives different outputs for the same image.
        """
        with self._trying:
            key = (output, image_shape)
            known = self._sizes.get(key)
            if self.session.fixed_batch is not None and max(sizes) > 1:
                sizes = {*sizes, 1}  # alone, too, they then go through the network with an open batch
            if known is not None and (key in self._never or max(sizes) == 1 or known.issuperset(sizes)):
                return
            images = samples()
            first = self._on_host(self.session.alone(images[0], output))
            if known is None:
                self._check_stateless(images[0], first, output)
            if max(sizes) == 1:
                self._sizes[key] = set()
                return
            told_apart = self._told_apart(images, first, max(sizes), output)
            if told_apart is None:
                return  # these would not show it; the next ones may
            # One image of an open batch is alone already.
            to_try = [n for n in sorted(sizes, reverse=True) if n > 1 or self.session.fixed_batch is not None]
            if all(self._are_alone_together(*told_apart, n, output) for n in to_try):
                self._sizes[key] = {*(known or ()), *sizes}
                self.session.keep_one(open_batch=True)
            else:
                self._sizes[key] = set()
                self._never.add(key)
                self.session.keep_one(open_batch=any(self._sizes.values()))

    def _told_apart(
        self, images: DeviceArray, first: NDArray[np.float32], n: int, output: str
    ) -> tuple[list[DeviceArray], list[NDArray[np.float32]], NDArray[np.float64]] | None:
        """Of the images those, at most `n`, that no bound of float noise takes for each other; None where there is one.

        Returns
        -------
        images : list
        alone : list of numpy.ndarray
            The output of each.
        bound : numpy.ndarray
            How far an output among others may be from it, in each channel.
        """
        second = self._on_host(self.session.alone(images[1], output)) if len(images) > 1 else first
        spread, noise = _spread_and_noise(first, second)
        if not (spread > _TELLING * noise).any():
            return None
        bound = _BATCH_TOLERANCE * spread + noise
        chosen, alone = [images[0], images[1]], [first, second]
        for image in images[2:n]:
            found = self._on_host(self.session.alone(image, output))
            if all((_distance(found, other) > 2 * bound + _TELLING * noise).any() for other in alone):
                chosen.append(image)
                alone.append(found)
        return chosen, alone, bound

    def _are_alone_together(
        self,
        images: list[DeviceArray],
        alone: list[NDArray[np.float32]],
        bound: NDArray[np.float64],
        n: int,
        output: str,
    ) -> bool:
        """Whether each of n images has the output that it has alone, in every one of :func:`orders`."""
        for order in orders(n, len(images)):
            try:
                found = self._on_host(self.session.together(np.stack([images[k] for k in order]), output))
            except (OutOfMemoryError, MemoryError):
                raise
            except Exception:  # a graph that takes no batch, and a file that is gone by now, fail in their own ways
                return False
            if not all((_distance(alone[k], found[i : i + 1]) <= bound).all() for i, k in enumerate(order)):
                return False
        return True

    def _check_stateless(self, image: DeviceArray, output_before: NDArray[np.float32], output: str) -> None:
        again = self._on_host(self.session.alone(image, output))
        _, noise = _spread_and_noise(output_before, output_before)
        if (_distance(again, output_before) > _TELLING * noise).any():
            msg = (
                f"{self.session.file.path} gives different outputs for the same image: it has random nodes, or "
                "normalises by the images that it sees. An occlusion map needs a network that was exported for "
                "inference."
            )
            raise ValueError(msg)

    def _fails(self, batch: DeviceArray, output: str) -> bool:
        """Whether the batch fails once more, so that it is the graph that does not take it."""
        try:
            self.session.together(batch, output)
        except OutOfMemoryError:
            return False
        except RuntimeError:
            return True
        return False

    def _alone(self, images: DeviceArray, output: str) -> DeviceArray:
        return np.concatenate([self.session.alone(image, output) for image in images])

    def _on_host(self, output: DeviceArray) -> NDArray[np.float32]:
        return self.session.device.to_host(output)


def orders(n: int, k: int) -> list[list[int]]:
    """Ways to lay k images on n places, such that no two places have the same image in all of them.

    Whoever changes the order of the images, shows in one of them: they are the digits of the places' numbers.
    """
    if n == 1:
        return [[image] for image in range(k)]
    ways = next(digits for digits in itertools.count(1) if k**digits >= n)
    return [[place // k**digit % k for place in range(n)] for digit in range(ways)]


def _by_channel(output: NDArray[np.float32]) -> NDArray[np.float64]:
    """(1, K, …) → (K, positions), in double."""
    channels = output.shape[1] if output.ndim > 1 else 1
    return output.astype(np.float64).reshape(channels, -1)


def _distance(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float64]:
    """The largest difference in each channel; infinite for another shape, and 0 between equal infinities and NaN."""
    if one.shape != other.shape:
        return np.full(1, np.inf)
    a, b = _by_channel(one), _by_channel(other)
    with np.errstate(invalid="ignore"):
        apart = np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, np.abs(a - b))
    return np.asarray(np.nan_to_num(apart, nan=np.inf, posinf=np.inf).max(axis=1, initial=0.0))


def _spread_and_noise(
    one: NDArray[np.float32], other: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How far two images are apart in each channel, and how much of that may be float noise."""
    size = np.maximum(np.abs(_by_channel(one)), np.abs(_by_channel(other))).max(axis=1, initial=0.0)
    # Infinities tell nothing: with them, no spread exceeds the noise.
    noise = _NOISE_OF_CHANNEL * size + _NOISE_OF_OUTPUT * size.max(initial=0.0)
    return _distance(one, other), np.nan_to_num(noise, nan=np.inf, posinf=np.inf)
