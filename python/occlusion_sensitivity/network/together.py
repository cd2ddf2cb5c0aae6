"""Images go through a network together only where they were seen not to influence each other."""

import threading

import numpy as np
from numpy.typing import NDArray

from ..devices import DeviceArray
from ..forking import renewed_after_fork
from .session import NetworkSession, OutOfMemoryError

# Float noise, as shares of the largest value of a channel and of the whole output.
_NOISE_OF_CHANNEL, _NOISE_OF_OUTPUT = 2e-6, 3e-7
# How far a channel among others may be from that channel alone, as a share of what sets two images apart in it.
_BATCH_TOLERANCE = 1e-3
# Two images tell whether they mix only if they are further apart than many times the noise.
_TELLING = 100

# An output, and the shape of an image.
Key = tuple[str, tuple[int, ...]]


class Together:
    """A session, and how many images may go through it at once: for each output and size of the images

    not known  →  up to n  (seen with n images: they do not influence each other; later, perhaps, with more)
        ↓            ↓
       never  (they do, or the graph takes one image at a time)
    """

    def __init__(self, session: NetworkSession) -> None:
        self.session = session
        self._most: dict[Key, int] = {}
        self._never: set[Key] = set()
        renewed_after_fork(self)

    def renew(self) -> None:
        self._trying = threading.Lock()

    def most(self, image_shape: tuple[int, ...], output: str) -> int | None:
        """How many images were seen to go together; 1 where they must not, None where it is not known."""
        return 1 if (output, image_shape) in self._never else self._most.get((output, image_shape))

    def run(self, images: DeviceArray, output: str, count: int | None = None) -> DeviceArray:
        """The output of each image: shape (n, …) for `images` of shape (n, …) as the network wants them.

        With a `count`, the outputs of the first images only: the others are there to keep the shape.
        """
        count = len(images) if count is None else count
        most = self.most(images.shape[1:], output) or 1
        if most > 1 and count <= most:
            batch = images if self.session.device.pads_last_batch and len(images) <= most else images[:count]
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

    def try_together(self, one: DeviceArray, other: DeviceArray, n: int, output: str) -> None:
        """Let `n` images like these two go together from now on, if the two do not influence each other.

        Raises ValueError where the network gives different outputs for the same image.
        """
        key = (output, one.shape)
        with self._trying:
            known = self.most(one.shape, output)
            if known is not None and (known >= n or key in self._never):
                return
            of_one = self._on_host(self.session.alone(one, output))
            self._check_stateless(one, of_one, output)
            if n == 1:
                self._most[key] = 1
                return
            of_other = self._on_host(self.session.alone(other, output))
            spread, noise = _spread_and_noise(of_one, of_other)
            if not (spread > _TELLING * noise).any():
                return  # these two would not show it; the next two may
            bound = _BATCH_TOLERANCE * spread + noise
            if self._are_alone_together((one, other), (of_one, of_other), n, bound, output):
                self._most[key] = n
                self.session.keep_one(open_batch=True)
            else:
                self._never.add(key)
                self.session.keep_one(open_batch=any(most > 1 for most in self._most.values()))

    def _are_alone_together(
        self,
        images: tuple[DeviceArray, DeviceArray],
        alone: tuple[NDArray[np.float32], NDArray[np.float32]],
        n: int,
        bound: NDArray[np.float64],
        output: str,
    ) -> bool:
        """Whether each of n images has the output that it has alone, in every one of :func:`orders`."""
        for order in orders(n):
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


def orders(n: int) -> list[list[int]]:
    """Ways to lay two images, 0 and 1, on n places, such that no two places have the same image in all of them.

    Whoever changes the order of the images, shows in one of them: they are the digits of the places' numbers.
    """
    return [[place >> digit & 1 for place in range(1, n + 1)] for digit in range(n.bit_length())]


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
