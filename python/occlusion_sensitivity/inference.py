"""Which engine a network's maps are computed with: the incremental one only where it was seen to be right, and pays."""

import logging
import threading
import weakref

import numpy as np
from numpy.typing import NDArray

from .exhaustive import Exhaustive
from .forking import StaysInItsProcess, renewed_after_fork
from .incremental.divided import DividedNetwork, NotDivisibleError
from .incremental.engine import Incremental
from .network.network import Network
from .network.places import Places
from .notices import warn_user
from .perturbations import Boxes

_LOG = logging.getLogger("occlusion_sensitivity")
# A plan that is expected to bring less is not worth its memory.
LEAST_GAIN = 1.05
# How far the totals of the engines may be apart: float noise, as a share of a channel's largest total, and of what the
# masks of the check set apart.
_NOISE, _SHARE = 3e-6, 1e-5

# Sessions of a process from which this one was forked: they are not even closed here.
_OF_THE_PARENT: list[object] = []

Engine = Exhaustive | Incremental
# Planes, rows and columns of an image.
Shape = tuple[int, int, int]


def engine(network: Network, images: Boxes, channels: NDArray[np.intp]) -> Engine:
    """The engine for occluded images; for a network that wants incremental inference, with the reason where not."""
    if network.inference == "incremental":
        reason = state(network).reason_or_engine(network, images, channels)
        if isinstance(reason, Incremental):
            return reason
        _LOG.info("%s is evaluated exhaustively: %s.", network.file.path.name, reason)
    return Exhaustive(network, images, channels)


def state(network: Network) -> "Inference":
    """What is known of a network and incremental inference."""
    return _KEPT.of(network.places)


class Inference(StaysInItsProcess):
    """What is known of a network and incremental inference, for images of one size at a time."""

    def __init__(self) -> None:
        self._divided: DividedNetwork | None = None
        renewed_after_fork(self)

    def renew(self) -> None:
        _OF_THE_PARENT.append(self._divided)
        self._opening = threading.Lock()
        self._begin(None)

    def _begin(self, shape: Shape | None) -> None:
        """Know nothing yet of images of that shape."""
        self._shape = shape
        self._divided = None
        # What the last plan was expected to bring; 0 where there was none.
        self.gain = 0.0
        # Why not: for all images of this shape, and for masks, by their boxes.
        self._reason = ""
        self._does_not_pay: dict[bytes, str] = {}

    def summary(self) -> str:
        """What is known, in a few words."""
        if self._reason:
            return f"exhaustive, as {self._reason}"
        if self.gain == 0.0:
            return "not planned before the first map"
        if self.gain < LEAST_GAIN:
            return f"exhaustive with the last masks, as {self.gain:.2f} times as fast is expected"
        return f"{self.gain:.1f} times as fast expected with the last masks"

    def reason_or_engine(self, network: Network, images: Boxes, channels: NDArray[np.intp]) -> str | Incremental:
        planes, height, width, _ = images.original.shape
        if network.device.name != "cpu":
            return "it is on a GPU"
        with self._opening:
            if self._shape != (planes, height, width):
                self._begin((planes, height, width))
            if self._reason:
                return self._reason
            boxes = images.boxes.tobytes()
            if boxes in self._does_not_pay:
                return self._does_not_pay[boxes]
            if not (images.boxes[:, 0] < images.boxes[:, 1]).any():
                return "no mask changes the image"
            if self._divided is None:
                found = self._checked(network, images)
                if isinstance(found, str):
                    return found
                self._divided = found
            plan = self._divided.planned(images.boxes, self._divided.count)
            self.gain = plan.gain
            if plan.gain < LEAST_GAIN:
                self._divided = None  # the weights are not held twice
                self._does_not_pay[boxes] = f"its plan for these masks is expected to be {plan.gain:.2f} times as fast"
                return self._does_not_pay[boxes]
            return Incremental(network, self._divided, plan, images, channels)

    def _checked(self, network: Network, images: Boxes) -> str | DividedNetwork:
        """The network in stages, whose totals of a handful of masks were seen to be those of whole images."""
        some = Boxes(network.device, images.original, images.filled, _handful(images.boxes))
        channels = np.arange(network.channel_count_of(images.original))
        n = len(some)
        # No more of them than elsewhere: what ONNX Runtime needs for a run, it keeps.
        together = network.device.largest_run(images.original) or n
        network.try_together(images.original, images.samples, {together})
        if not network.goes_together(images.original, together):
            return "its images were not seen to go through it together"
        totals = Exhaustive(network, some, channels).prepared(1, {together})
        parts = [slice(first, min(first + together, n)) for first in range(0, n, together)]
        expected = np.concatenate([totals(part) for part in parts])
        del totals
        network.close()  # its weights are not held twice
        planes, height, width, _ = images.original.shape
        try:
            divided = DividedNetwork(network, (planes, height, width), images.boxes)
            incremental = Incremental(network, divided, divided.planned(some.boxes, divided.count), some, channels)
            found = np.empty_like(expected)
            found[incremental.order] = incremental.prepared(1, {n})(slice(0, n))
        except NotDivisibleError as error:
            self._reason = str(error)
            return self._reason
        except Exception as error:  # of onnx, ONNX Runtime, the disk, memory: whatever happens, the map is computed
            self._reason = f"its stages fail: {error}"
            return self._reason
        if not _are_equal(found, expected):
            self._reason = "its stages gave other scores"
            warn_user(
                f"{network.file.path.name}: incremental inference gave other scores than whole images do. The map, and "
                "all that follow, are computed exhaustively."
            )
            return self._reason
        return divided


def _handful(boxes: NDArray[np.int32]) -> NDArray[np.int32]:
    """No mask, and those nearest the corners, the edges and the middle."""
    masks = boxes[(boxes[:, 0] < boxes[:, 1]) & (boxes[:, 2] < boxes[:, 3])]
    centres = (masks[:, [0, 2]] + masks[:, [1, 3]]) / 2
    low, high = centres.min(axis=0), centres.max(axis=0)
    wanted = [low, high, (low + high) / 2, np.array([low[0], high[1]]), np.array([(low[0] + high[0]) / 2, low[1]])]
    chosen = sorted({int(np.abs(centres - place).sum(axis=1).argmin()) for place in wanted})
    return np.concatenate([np.zeros((1, 4), dtype=np.int32), masks[chosen]])


def _are_equal(found: NDArray[np.float64], expected: NDArray[np.float64]) -> bool:
    with np.errstate(invalid="ignore"):
        size, spread = np.abs(expected).max(axis=0), np.ptp(expected, axis=0)
        same = (found == expected) | (np.isnan(found) & np.isnan(expected))
        near = np.abs(found - expected) <= _NOISE * size.max() + _SHARE * spread
    return bool((same | near).all())


class _Kept:
    """What is known of each network that is open."""

    def __init__(self) -> None:
        self._of: weakref.WeakKeyDictionary[Places, Inference] = weakref.WeakKeyDictionary()
        renewed_after_fork(self)

    def renew(self) -> None:
        self._lock = threading.Lock()

    def of(self, places: Places) -> Inference:
        with self._lock:
            if places not in self._of:
                self._of[places] = Inference()
            return self._of[places]


_KEPT = _Kept()
