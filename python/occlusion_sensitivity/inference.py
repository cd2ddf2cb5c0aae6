"""Which engine a network's maps are computed with: the incremental one only where it was seen to be right, and pays."""

import logging
import math
import re
import tempfile
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .devices.cpu import CPU
from .exhaustive import Exhaustive
from .forking import StaysInItsProcess, renewed_after_fork
from .grid import mask_grid
from .incremental.comparison import are_equal, some_boxes, totals_of_stages, totals_of_whole_images
from .incremental.divided import DividedNetwork, NotDivisibleError, Shape
from .incremental.engine import Incremental
from .incremental.plan import MaskPlan
from .incremental.positions import Integers
from .incremental.sessions import Sessions
from .name_values import NameValues
from .network.network import Network
from .network.places import Places
from .network.session import is_out_of_memory
from .notices import warn_user
from .options import OcclusionOptions
from .perturbations import Boxes, distinct_rows, is_no_box

_LOG = logging.getLogger("occlusion_sensitivity")
# A plan that is expected to bring less is not worth its memory.
LEAST_GAIN = 1.05
# What a full disk makes of ONNX Runtime's writing.
_SAYS_DISK_IS_FULL = re.compile(r"failed to write|serialization failed|no space left", re.IGNORECASE)

# Sessions of a process from which this one was forked: they are not even closed here.
_OF_THE_PARENT: list[object] = []

Engine = Exhaustive | Incremental


def engine(network: Network, images: Boxes, channels: NDArray[np.intp]) -> Engine:
    """The engine for occluded images; for a network that wants incremental inference, with the reason where not."""
    if network.inference == "incremental":
        try:
            return state(network).engine(network, images, channels)
        except NotDivisibleError as reason:
            _say(network, str(reason))
    return Exhaustive(network, images, channels)


def engine_after(error: RuntimeError, network: Network, images: Boxes, channels: NDArray[np.intp]) -> Engine:
    """The engine for images for which the incremental one failed: the stages are not used for others of their size."""
    _say(network, state(network).failed(error, _shape(images)))
    return Exhaustive(network, images, channels)


def plan(network: Network, shape: Shape, boxes: Integers) -> tuple[DividedNetwork, MaskPlan]:
    """How masks would be computed, whether it pays or not; NotDivisibleError with the reason where they would not."""
    return state(network).plan(network, shape, boxes)


def summary(network: Network) -> str:
    """What incremental inference is expected to bring, or why it is not used, in a few words."""
    return state(network).summary(network)


def state(network: Network) -> "State":
    """What is known of a network and incremental inference."""
    return _KEPT.of(network.places)


def _say(network: Network, reason: str) -> None:
    _LOG.info("%s is evaluated exhaustively: %s.", network.file.path.name, reason)


class State(StaysInItsProcess):
    """What is known of a network and incremental inference; its stages are open for images of one size at a time.

    Attributes
    ----------
    gain : float
        What the last plan was expected to bring; 0 before there is one.
    """

    def __init__(self) -> None:
        self._sessions: Sessions | None = None
        renewed_after_fork(self)

    def renew(self) -> None:
        if self._sessions is not None:
            _OF_THE_PARENT.append(self._sessions)
        self._using = threading.Lock()
        # Why it is not possible for images of a shape; for all, where the stages were seen to be wrong.
        self._refused: dict[Shape | None, str] = {}
        self._begin(None)

    def _begin(self, shape: Shape | None) -> None:
        """Have nothing open for images of that shape."""
        self._shape = shape
        self._sessions = None
        self._divided: DividedNetwork | None = None
        self._last_plan: tuple[tuple[bytes, int], MaskPlan] | None = None
        self.gain = 0.0
        # For which masks that is, and why the last map was not computed so.
        self._masks, self._last_reason = "the default masks", ""

    def engine(self, network: Network, images: Boxes, channels: NDArray[np.intp]) -> Incremental:
        """The incremental engine; NotDivisibleError with the reason where there is none."""
        if network.device is not CPU:
            raise NotDivisibleError("it is on a GPU")
        with self._using:
            self._turn_to(_shape(images))
            try:
                if is_no_box(images.boxes).all():
                    raise NotDivisibleError("no mask changes the image")
                sessions, plan = self._opened(network, images)
            except NotDivisibleError as error:
                self._last_reason = str(error)
                raise
            self._last_reason = ""
            return Incremental(network, sessions, plan, images, channels)

    def failed(self, error: Exception, shape: Shape) -> str:
        """That the stages failed: for images of that shape from now on, but where disk or memory was short."""
        with self._using:
            self._sessions = None
            self._last_reason = self._why_failed(error, shape)
            return self._last_reason

    def plan(self, network: Network, shape: Shape, boxes: Integers) -> tuple[DividedNetwork, MaskPlan]:
        with self._using:
            self._turn_to(shape)
            if self._divided is None:
                with _folder() as folder:
                    self._divide(network, folder)
            assert self._divided is not None
            return self._divided, self._divided.planned(distinct_rows(boxes)[0], CPU.runs_at_once)

    def summary(self, network: Network) -> str:
        try:
            network.scored()
        except ValueError:
            return "once one of its outputs is chosen"
        if self._shape is None:
            self._plan_default_masks(network)
        reason = self._refused.get(None) or self._refused.get(self._shape) or self._last_reason
        if self.gain >= LEAST_GAIN and not reason:
            return f"{self.gain:.1f} times as fast expected with {self._masks}"
        if 0.0 < self.gain < LEAST_GAIN:
            return f"exhaustive with {self._masks}, as {_rounded_down(self.gain)} times as fast is expected"
        return f"exhaustive, as {reason}" if reason else "not planned before the first map"

    def _plan_default_masks(self, network: Network) -> None:
        height, width, channels = network.input_size
        if height is None or width is None or channels is None:
            return
        options = OcclusionOptions.parse(NameValues(), np.zeros((height, width, channels), dtype=np.float32))
        try:
            self.gain = self.plan(network, (channels, height, width), mask_grid(options).boxes)[1].gain
        except NotDivisibleError as error:
            self._last_reason = str(error)

    def _turn_to(self, shape: Shape) -> None:
        """Images of that shape come; NotDivisibleError where it is known that it is not possible for them."""
        reason = self._refused.get(None) or self._refused.get(shape)
        if reason:
            raise NotDivisibleError(reason)
        if self._shape != shape:
            self._begin(shape)

    def _opened(self, network: Network, images: Boxes) -> tuple[Sessions, MaskPlan]:
        """The stages, open, and the plan for these masks; NotDivisibleError where it does not pay."""
        if self._divided is not None:
            plan = self._plan_that_pays(self._divided, images)
            if self._sessions is not None:
                return self._sessions, plan
        some = Boxes(network.device, images.original, images.filled, some_boxes(images.boxes))
        channels = np.arange(network.channel_count_of(images.original))
        expected = totals_of_whole_images(network, some, channels)
        with _folder() as folder:
            divided = self._divide(network, folder)
            plan = self._plan_that_pays(divided, images)
            try:
                sessions = Sessions(divided, plan.count)
                of_some = divided.planned(some.boxes, CPU.runs_at_once, plan.count)
                found = totals_of_stages(Incremental(network, sessions, of_some, some, channels))
            except Exception as error:  # of onnx, ONNX Runtime, the disk, memory: whatever happens, the map is computed
                raise NotDivisibleError(self._why_failed(error, self._shape)) from error
        CPU.free_memory()
        if not are_equal(found, expected):
            self._refused[None] = "its stages gave other scores"
            warn_user(
                f"{network.file.path.name}: incremental inference gave other scores than whole images do. The map, and "
                "all that follow, are computed exhaustively."
            )
            raise NotDivisibleError(self._refused[None])
        self._sessions = sessions
        return sessions, plan

    def _plan_that_pays(self, divided: DividedNetwork, images: Boxes) -> MaskPlan:
        """The plan for these masks, of the stages that are open; where that does not pay, of those that are best."""
        threads = CPU.runs_at_once
        key = images.boxes.tobytes(), threads
        if self._last_plan is None or self._last_plan[0] != key:  # map after map has the same masks
            count = None if self._sessions is None else self._sessions.count
            plan = divided.planned(images.boxes, threads, count)
            if plan.gain < LEAST_GAIN and count is not None:
                self._sessions = None  # the weights are not held twice
                plan = divided.planned(images.boxes, threads)
            self._last_plan = key, plan
        _, plan = self._last_plan
        self.gain, self._masks = plan.gain, "the last masks"
        if plan.gain < LEAST_GAIN:
            self._sessions = None
            gain = _rounded_down(plan.gain)
            raise NotDivisibleError(f"its plan for these masks is expected to be {gain} times as fast")
        return plan

    def _divide(self, network: Network, folder: Path) -> DividedNetwork:
        """The network, divided into files of that folder, which is kept in mind; NotDivisibleError with the reason."""
        assert self._shape is not None
        try:
            network.file.check_unchanged()  # else it could not even be opened again
            network.close()  # its weights are not held twice
            CPU.free_memory()
            self._divided = DividedNetwork(network, self._shape, folder)
        except NotDivisibleError as error:
            self._refused[self._shape] = str(error)
            raise
        except Exception as error:  # as above
            raise NotDivisibleError(self._why_failed(error, self._shape)) from error
        return self._divided

    def _why_failed(self, error: Exception, shape: Shape | None) -> str:
        reason = f"its stages fail: {next(iter(str(error).strip().splitlines()), type(error).__name__).rstrip('.')}"
        if not _is_short_of_room(error):
            self._refused[shape] = reason
        return reason


def _shape(images: Boxes) -> Shape:
    planes, height, width, depth = images.original.shape
    return planes * depth, height, width


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder for temporary files; NotDivisibleError where there can be none."""
    try:
        # Where files that are mapped into memory cannot be removed, they stay.
        folder = tempfile.TemporaryDirectory(prefix="occlusion-sensitivity-", ignore_cleanup_errors=True)
    except OSError as error:
        raise NotDivisibleError(f"there is no folder for temporary files: {error}") from error
    with folder as name:
        yield Path(name)


def _is_short_of_room(error: BaseException | None) -> bool:
    """Whether the disk or memory was short, which it may not be the next time."""
    if error is None:
        return False
    is_disk = isinstance(error, OSError) or _SAYS_DISK_IS_FULL.search(str(error)) is not None
    return is_disk or is_out_of_memory(error) or _is_short_of_room(error.__cause__)


def _rounded_down(gain: float) -> str:
    """Lest what does not pay looks as if it did."""
    return f"{math.floor(gain * 100) / 100:.2f}"


class _Kept:
    """What is known of each network that is open."""

    def __init__(self) -> None:
        self._of: weakref.WeakKeyDictionary[Places, State] = weakref.WeakKeyDictionary()
        renewed_after_fork(self)

    def renew(self) -> None:
        self._lock = threading.Lock()

    def of(self, places: Places) -> State:
        with self._lock:
            if places not in self._of:
                self._of[places] = State()
            return self._of[places]


_KEPT = _Kept()
