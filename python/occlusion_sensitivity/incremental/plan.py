"""Which stages are computed where masks reach, and what for each mask: geometry, and a model of what it costs."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .operators import Size
from .positions import Extent, Positions, Window
from .stages import Division, Layer, Stage

Integers = NDArray[np.int32]

# Masks of different sizes, as those at the edges are, go in groups, of so many along an axis.
_MOST_GROUPS = 3


@dataclass(frozen=True, slots=True)
class Place:
    """What of a stage is computed for the masks of a group.

    Attributes
    ----------
    size : (int, int)
        Of what is computed.
    starts : (masks, 2)
        Where it begins in the whole.
    crop_size, crop_starts
        The same of what the first node reads.
    reach : (masks, 4)
        What of it a mask can have changed, and is right.
    """

    size: Size
    starts: Integers
    crop_size: Size
    crop_starts: Integers
    reach: Integers

    def of(self, masks: NDArray[np.intp]) -> "Place":
        """Of some masks of the group."""
        return Place(self.size, self.starts[masks], self.crop_size, self.crop_starts[masks], self.reach[masks])


@dataclass(frozen=True, slots=True)
class Group:
    """Masks for which everything has the same size.

    Attributes
    ----------
    images : (masks,)
        Which ones, of all.
    places : list of Place
        Of each stage, of the first ones.
    """

    images: NDArray[np.intp]
    places: list[Place]


def place_of(stage: Stage, layer: Layer, boxes: Integers) -> Place:
    """Where the stage, which gives tensors like `layer`, is computed for boxes, in one size for all of them."""
    is_padded = stage.read.fill is None
    row0, row1, col0, col1 = boxes.T.astype(np.int64)
    rows = _along(stage.read.rows, layer.rows, row0, row1, is_padded=is_padded)
    cols = _along(stage.read.cols, layer.cols, col0, col1, is_padded=is_padded)
    return Place(
        (rows.size, cols.size),
        _columns(rows.starts, cols.starts),
        (rows.crop_size, cols.crop_size),
        _columns(rows.crop_starts, cols.crop_starts),
        _columns(*rows.reach, *cols.reach),
    )


def whole_place(stage: Stage) -> Place:
    """All of the stage, for one image."""
    windows = (stage.read.rows, stage.read.cols)
    crops = [(0, w.length) if stage.read.fill is None else w.need(0, w.length_out) for w in windows]
    (row0, row1), (col0, col1) = crops
    starts, nothing = np.zeros((1, 2), dtype=np.int32), np.zeros((1, 4), dtype=np.int32)
    crop_starts = np.array([[row0, col0]], dtype=np.int32)
    return Place(
        (windows[0].length_out, windows[1].length_out), starts, (row1 - row0, col1 - col0), crop_starts, nothing
    )


def _columns(*values: Positions) -> Integers:
    return np.ascontiguousarray(np.stack(values, axis=1), dtype=np.int32)


@dataclass(frozen=True, slots=True)
class MaskPlan:
    """How masks are computed.

    Attributes
    ----------
    images : (n,)
        Which of all images have a mask at all; those of the groups are counted among these.
    groups : list of Group
    count : int
        So many stages are computed where masks reach; from there on, everything is.
    last_used : list of list of str
        For each of these stages the layers that nothing reads any more after it.
    at_once : int
        Masks in a run.
    seconds, exhaustive_seconds : float
        For all masks, by the model of the work: only their ratio means something.
    """

    images: NDArray[np.intp]
    groups: list[Group]
    count: int
    last_used: list[list[str]]
    at_once: int
    seconds: float
    exhaustive_seconds: float

    @property
    def gain(self) -> float:
        """How many times as fast as exhaustive evaluation it is expected to be."""
        return self.exhaustive_seconds / self.seconds


# More masks in a run bring nothing, and hold more memory.
_MOST_AT_ONCE = 8
_MOST_BYTES = 16 << 20


def planned(
    division: Division, outputs: Sequence[str], rest_work: float, boxes: Integers, count: int | None = None
) -> MaskPlan:
    """The plan with the least work; with a `count` of stages, the best of that.

    Parameters
    ----------
    outputs : sequence of str
        The layers that are wanted as a whole.
    rest_work : float
        Seconds for what lies behind the stages, for each image.
    """
    stages, layers = division.stages, division.layers
    images = np.flatnonzero((boxes[:, 0] < boxes[:, 1]) & (boxes[:, 2] < boxes[:, 3]))
    groups = groups_of(division, boxes[images])
    on_whole = np.array([work_on_whole(stage, layers) for stage in stages])
    behind = np.append(np.cumsum(on_whole[::-1])[::-1], 0.0)
    cuts = [
        sum(cut_work(layers[name], layers[name].size) for name in division.read_behind(first, outputs))
        for first in range(len(stages) + 1)
    ]
    seconds = len(images) * (behind + cuts + rest_work)
    for group in groups:
        seconds += np.append(0.0, np.cumsum(len(group.images) * _group_work(division, group)))
    best = int(seconds[1:].argmin()) + 1 if count is None else count
    groups = [Group(group.images, group.places[:best]) for group in groups]
    exhaustive = len(images) * (float(on_whole.sum()) + rest_work)
    last_used = _last_used(stages[:best], division.read_behind(best, outputs))
    return MaskPlan(images, groups, best, last_used, _at_once(division, groups), float(seconds[best]), exhaustive)


def _last_used(stages: Sequence[Stage], kept: Collection[str]) -> list[list[str]]:
    used: set[str] = set(kept)
    found = []
    for stage in reversed(stages):
        found.append([name for name in {stage.near, *stage.beside, *stage.gives} if name not in used])
        used.update(found[-1])
    return found[::-1]


def _at_once(division: Division, groups: Sequence[Group]) -> int:
    """As many masks as keep what a stage reads and gives small."""
    layers, largest = division.layers, 1
    for group in groups:
        for stage, place in zip(division.stages, group.places, strict=False):
            values = layers[stage.near].channels * math.prod(place.crop_size)
            values += sum(layers[name].channels for name in stage.tensors) * math.prod(place.size)
            largest = max(largest, 4 * values)
    return max(1, min(_MOST_AT_ONCE, _MOST_BYTES // largest))


def groups_of(division: Division, boxes: Integers) -> list[Group]:
    """The boxes in groups, and where the stages are computed for them."""
    stages, layers = division.stages, division.layers
    rows, cols = (_classes(stages, layers, boxes[:, first : first + 2], axis) for axis, first in ((0, 0), (1, 2)))
    groups = []
    for both in sorted(set(zip(rows.tolist(), cols.tolist(), strict=True))):
        images = np.flatnonzero((rows == both[0]) & (cols == both[1]))
        places = [place_of(stage, layers[stage.gives[0]], boxes[images]) for stage in stages]
        groups.append(Group(images, places))
    return sorted(groups, key=lambda group: len(group.images))


def _classes(stages: Sequence[Stage], layers: Mapping[str, Layer], spans: Integers, axis: int) -> NDArray[np.intp]:
    """Which class each span along an axis belongs to, such that those of a class reach about as far.

    The classes are runs of the spans in the order of how much they reach, with the least sum of what is computed.
    """
    distinct, which, counts = np.unique(spans, axis=0, return_inverse=True, return_counts=True)
    start, end = distinct.T.astype(np.int64)
    shares = []  # of each stage, of the work on the whole
    weights = np.array([work_on_whole(stage, layers) for stage in stages])
    for stage, weight in zip(stages, weights / weights.sum(), strict=True):
        layer = layers[stage.gives[0]]
        reach = layer.extents[axis].reach(start, end, layer.size[axis])
        shares.append(weight * (reach[1] - reach[0]) / layer.size[axis])
    share = np.array(shares)
    order = np.argsort(share.sum(axis=0), kind="stable")
    cost = np.full((len(order) + 1, len(order) + 1), np.inf)
    for first in range(len(order)):
        most = np.maximum.accumulate(share[:, order[first:]], axis=1).sum(axis=0)
        cost[first, first + 1 :] = most * np.cumsum(counts[order[first:]])
    return np.asarray(_cheapest_runs(cost, _MOST_GROUPS)[np.argsort(order)][which.ravel()])


def _cheapest_runs(cost: NDArray[np.float64], most: int) -> NDArray[np.intp]:
    """Split 0 … n into at most so many runs, of which cost[first, end] is the cost; the number of each one's run."""
    n = len(cost) - 1
    best = np.full(n + 1, np.inf)
    best[0] = 0.0
    firsts = []
    for _ in range(min(most, n)):
        sums = best[:, np.newaxis] + cost
        firsts.append(sums.argmin(axis=0))
        best = np.append(np.inf, sums.min(axis=0)[1:])
    runs = np.zeros(n, dtype=np.intp)
    end = n
    for k in reversed(range(len(firsts))):
        runs[firsts[k][end] : end] = k
        end = int(firsts[k][end])
    return runs


# Seconds for a multiplication, for a value that is moved, and for a node's run at least: to compare stages with.
# Measured on one thread of an AMD EPYC; only their ratios matter.
MULTIPLICATION, _VALUE, _RUN = 1 / 60e9, 1 / 1.5e9, 25e-6


def work_on_whole(stage: Stage, layers: Mapping[str, Layer]) -> float:
    """Seconds for the stage on a whole image."""
    return work(stage, layers, layers[stage.gives[0]].size)


def work(stage: Stage, layers: Mapping[str, Layer], size: Size) -> float:
    """Seconds for the stage where it is computed for so many rows and columns."""
    area = size[0] * size[1]
    values = sum(layers[name].channels for name in stage.tensors)
    return area * (stage.multiplications * MULTIPLICATION + values * _VALUE)


def cut_work(layer: Layer, size: Size) -> float:
    """Seconds to cut so many rows and columns out of a layer."""
    return layer.channels * size[0] * size[1] * _VALUE


def _group_work(division: Division, group: Group) -> NDArray[np.float64]:
    """Seconds for one mask of the group in each stage."""
    at_once = min(_MOST_AT_ONCE, len(group.images))
    layers = division.layers
    found = []
    for stage, place in zip(division.stages, group.places, strict=True):
        cuts = cut_work(layers[stage.near], place.crop_size)
        cuts += sum(cut_work(layers[name], place.size) for name in stage.beside)
        found.append(work(stage, layers, place.size) + cuts + _RUN * (len(stage.nodes) + 2) / at_once)
    return np.array(found)


@dataclass(frozen=True, slots=True)
class _Along:
    """A :class:`Place` along one axis."""

    size: int
    starts: Positions
    crop_size: int
    crop_starts: Positions
    reach: tuple[Positions, Positions]


def _along(window: Window, extent: Extent, start: Positions, end: Positions, *, is_padded: bool) -> _Along:
    """Where a stage is computed for spans of changed pixels.

    With `is_padded`, the operator pads crops as it pads the whole: each begins at a multiple of the stride, its length
    differs from that of the whole by a multiple, and it ends at the edge of the whole wherever padding is needed.
    """
    length, stride = window.length_out, window.stride
    reach = extent.reach(start, end, length)
    size = max(int((reach[1] - reach[0]).max(initial=0)), 1)
    starts = np.clip(reach[0], 0, length - size)
    if not is_padded:
        first, last = window.need(0, size)
        return _Along(size, starts, last - first, starts * stride + first, reach)
    crop_starts = np.maximum(starts * stride - window.before, 0) // stride * stride
    crop_ends = np.minimum((starts + size - 1) * stride - window.before + window.span, window.length)
    # So many strides less than the whole; none, where the whole has room for no more.
    fewer = min((window.length - int((crop_ends - crop_starts).max())) // stride, length - 1)
    crop_size = window.length - fewer * stride
    crop_starts = np.minimum(crop_starts, window.length - crop_size)
    return _Along(length - fewer, crop_starts // stride, crop_size, crop_starts, reach)
