"""Which engine a network's maps are computed with: the incremental one only where it was seen to be right, and pays."""

import logging
import tempfile
import threading
import weakref
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .devices.cpu import CPU
from .exhaustive import Exhaustive
from .forking import StaysInItsProcess, renewed_after_fork
from .grid import mask_grid
from .incremental.crops import Integers
from .incremental.divided import DividedNetwork, NotDivisibleError, Shape
from .incremental.engine import Incremental
from .incremental.plan import MaskPlan
from .incremental.sessions import Sessions
from .mini_batches import in_mini_batches
from .name_values import NameValues
from .network.network import Network
from .network.places import Places
from .network.session import OutOfMemoryError
from .notices import warn_user
from .options import OcclusionOptions
from .perturbations import Boxes, distinct_rows, is_no_box

_LOG = logging.getLogger("occlusion_sensitivity")
# A plan that is expected to bring less is not worth its memory.
LEAST_GAIN = 1.05
# How far the totals of the engines may be apart: float noise, as a share of a channel's largest total, of the largest
# of all, and of what the masks of the check set apart.
_NOISE_OF_CHANNEL, _NOISE_OF_OUTPUT, _SHARE = 3e-6, 3e-7, 1e-5

# Sessions of a process from which this one was forked: they are not even closed here.
_OF_THE_PARENT: list[object] = []

Engine = Exhaustive | Incremental


def engine(network: Network, images: Boxes, channels: NDArray[np.intp]) -> Engine:
    """The engine for occluded images; for a network that wants incremental inference, with the reason where not."""
    if network.inference == "incremental":
        try:
            return state(network).engine(network, images, channels)
        except NotDivisibleError as reason:
            _LOG.info("%s is evaluated exhaustively: %s.", network.file.path.name, reason)
    return Exhaustive(network, images, channels)


def state(network: Network) -> "Inference":
    """What is known of a network and incremental inference."""
    return _KEPT.of(network.places)


def plan(network: Network, shape: Shape, boxes: Integers) -> tuple[DividedNetwork, MaskPlan]:
    """How masks would be computed, whether it pays or not; NotDivisibleError with the reason where they would not."""
    return state(network).plan(network, shape, boxes)


def summary(network: Network) -> str:
    """What incremental inference is expected to bring, or why it is not used, in a few words."""
    return state(network).summary(network)


def _folder() -> "tempfile.TemporaryDirectory[str]":
    # Where files that are mapped into memory cannot be removed, they stay.
    return tempfile.TemporaryDirectory(prefix="occlusion-sensitivity-", ignore_cleanup_errors=True)


class Inference(StaysInItsProcess):
    """What is known of a network and incremental inference, for images of one size at a time."""

    def __init__(self) -> None:
        self._sessions: Sessions | None = None
        renewed_after_fork(self)

    def renew(self) -> None:
        _OF_THE_PARENT.append(self._sessions)
        self._using = threading.Lock()
        # Why it is not possible for images of a shape; of any shape, where the stages were seen to be wrong.
        self._reasons: dict[Shape, str] = {}
        self._is_wrong = False
        self._begin(None)

    def _begin(self, shape: Shape | None) -> None:
        """Have nothing open for images of that shape."""
        self._shape = shape
        self._sessions = None
        self._divided: DividedNetwork | None = None
        # The plan for the last masks and threads.
        self._planned: tuple[tuple[bytes, int], MaskPlan] | None = None
        # What the last plan was expected to bring, and for which masks; 0 where there was none.
        self.gain = 0.0
        self._masks = "the default masks"

    def summary(self, network: Network) -> str:
        with self._using:
            if self._shape is None:
                self._plan_default_masks(network)
            reason = self._reason()
            if reason:
                return f"exhaustive, as {reason}"
            if self.gain == 0.0:
                return "not planned before the first map"
            if self.gain < LEAST_GAIN:
                return f"exhaustive with {self._masks}, as {self.gain:.2f} times as fast is expected"
            return f"{self.gain:.1f} times as fast expected with {self._masks}"

    def _reason(self) -> str:
        """Why it is not possible for these images; empty where that is not known."""
        if self._is_wrong:
            return "its stages gave other scores"
        return self._reasons.get(self._shape, "") if self._shape is not None else ""

    def _plan_default_masks(self, network: Network) -> None:
        height, width, planes = network.input_size
        if height is None or width is None or planes is None:
            return
        options = OcclusionOptions.parse(NameValues(), np.zeros((height, width, planes), dtype=np.float32))
        try:
            _, plan = self._planned_only(network, (planes, height, width), mask_grid(options).boxes)
            self.gain = plan.gain
        except NotDivisibleError as error:
            _LOG.debug("%s is not planned: %s", network.file.path.name, error)

    def plan(self, network: Network, shape: Shape, boxes: Integers) -> tuple[DividedNetwork, MaskPlan]:
        with self._using:
            return self._planned_only(network, shape, boxes)

    def _planned_only(self, network: Network, shape: Shape, boxes: Integers) -> tuple[DividedNetwork, MaskPlan]:
        if self._shape != shape:
            self._begin(shape)
        if self._reason():
            raise NotDivisibleError(self._reason())
        if self._divided is None:
            with _folder() as folder:
                self._divide(network, Path(folder))
        assert self._divided is not None
        return self._divided, self._divided.planned(distinct_rows(boxes)[0], CPU.runs_at_once)

    def engine(self, network: Network, images: Boxes, channels: NDArray[np.intp]) -> Incremental:
        """The incremental engine; NotDivisibleError with the reason where there is none."""
        if network.device.name != "cpu":
            raise NotDivisibleError("it is on a GPU")
        planes, height, width, _ = images.original.shape
        with self._using:
            if self._shape != (planes, height, width):
                self._begin((planes, height, width))
            if self._reason():
                raise NotDivisibleError(self._reason())
            if is_no_box(images.boxes).all():
                raise NotDivisibleError("no mask changes the image")
            if self._divided is not None:
                self._plan(self._divided, images)
            sessions = self._opened(network, images) if self._sessions is None else self._sessions
            self._sessions = sessions
            return Incremental(network, sessions, self._plan(sessions.network, images), images, channels)

    def _plan(self, divided: DividedNetwork, images: Boxes) -> MaskPlan:
        """The plan for these masks; NotDivisibleError where it does not pay."""
        threads = CPU.runs_at_once
        key = images.boxes.tobytes(), threads
        if self._planned is None or self._planned[0] != key:  # map after map has the same masks
            count = None if self._sessions is None else self._sessions.count
            self._planned = key, divided.planned(images.boxes, threads, count)
        _, plan = self._planned
        self.gain, self._masks = plan.gain, "the last masks"
        if plan.gain < LEAST_GAIN:
            self._sessions = None  # the weights are not held twice
            raise NotDivisibleError(f"its plan for these masks is expected to be {plan.gain:.2f} times as fast")
        return plan

    def _divide(self, network: Network, folder: Path) -> DividedNetwork:
        """The network, divided into files of that folder, which is kept in mind; NotDivisibleError with the reason."""
        assert self._shape is not None
        try:
            network.file.check_unchanged()  # else it could not even be opened again
            network.close()  # its weights are not held twice
            network.device.free_memory()
            self._divided = DividedNetwork(network, self._shape, folder)
        except NotDivisibleError as error:
            self._reasons[self._shape] = str(error)
            raise
        except Exception as error:  # of onnx, ONNX Runtime, the disk, memory: whatever happens, the map is computed
            raise self._failed(error) from error
        return self._divided

    def _failed(self, error: Exception) -> NotDivisibleError:
        """The stages failed: for good, but where the disk or memory was short."""
        reason = f"its stages fail: {next(iter(str(error).strip().splitlines()), type(error).__name__)}"
        short = (OSError, MemoryError, OutOfMemoryError)
        if self._shape is not None and not isinstance(error, short) and not isinstance(error.__cause__, short):
            self._reasons[self._shape] = reason
        return NotDivisibleError(reason)

    def _opened(self, network: Network, images: Boxes) -> Sessions:
        """The network in stages, whose totals of a handful of masks were seen to be those of whole images."""
        some = Boxes(network.device, images.original, images.filled, _handful(images.boxes))
        channels = np.arange(network.channel_count_of(images.original))
        expected = _totals_of_whole_images(network, some, channels)
        with _folder() as folder:
            divided = self._divide(network, Path(folder))
            plan = self._plan(divided, images)
            try:
                sessions = Sessions(divided, plan.count)
                of_some = divided.planned(some.boxes, CPU.runs_at_once, plan.count)
                found = _all_totals(Incremental(network, sessions, of_some, some, channels))
            except Exception as error:  # as above
                raise self._failed(error) from error
        network.device.free_memory()
        if not _are_equal(found, expected):
            self._is_wrong = True
            warn_user(
                f"{network.file.path.name}: incremental inference gave other scores than whole images do. The map, and "
                "all that follow, are computed exhaustively."
            )
            raise NotDivisibleError(self._reason())
        return sessions


def _totals_of_whole_images(network: Network, images: Boxes, channels: NDArray[np.intp]) -> NDArray[np.float64]:
    """What the incremental totals have to be; NotDivisibleError where images do not go through the network together."""
    exhaustive = Exhaustive(network, images, channels)
    # No more of them than elsewhere: what ONNX Runtime needs for a run, it keeps.
    together = exhaustive.largest_run or len(images)
    try:
        totals = exhaustive.prepared(1, {together})
        if not network.goes_together(images.original, together):
            raise NotDivisibleError("its images were not seen to go through it together")
        parts = [slice(first, min(first + together, len(images))) for first in range(0, len(images), together)]
        return np.concatenate([totals(part) for part in parts])
    except (MemoryError, OutOfMemoryError) as error:
        raise NotDivisibleError("there is not enough memory to compare both") from error


def _all_totals(engine: Incremental) -> NDArray[np.float64]:
    """The totals of all images of an engine."""
    count = len(engine.order)
    parts = in_mini_batches(engine.prepared, count, count, CPU, engine.largest_run, ends=engine.ends)
    return np.concatenate([totals for _, totals in parts])[np.argsort(engine.order)]


def _handful(boxes: NDArray[np.int32]) -> NDArray[np.int32]:
    """No mask, and those nearest the corners, the edges and the middle."""
    masks = boxes[~is_no_box(boxes)]
    centres = (masks[:, [0, 2]] + masks[:, [1, 3]]) / 2
    low, high = centres.min(axis=0), centres.max(axis=0)
    wanted = [low, high, (low + high) / 2, np.array([low[0], high[1]]), np.array([(low[0] + high[0]) / 2, low[1]])]
    chosen = sorted({int(np.abs(centres - place).sum(axis=1).argmin()) for place in wanted})
    return np.concatenate([np.zeros((1, 4), dtype=np.int32), masks[chosen]])


def _are_equal(found: NDArray[np.float64], expected: NDArray[np.float64]) -> bool:
    with np.errstate(invalid="ignore"):
        sizes = np.where(np.isfinite(expected), np.abs(expected), 0.0).max(axis=0)
        noise = _NOISE_OF_CHANNEL * sizes + _NOISE_OF_OUTPUT * sizes.max()
        same = (found == expected) | (np.isnan(found) & np.isnan(expected))
        near = np.abs(found - expected) <= noise + _SHARE * np.ptp(expected, axis=0)
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
