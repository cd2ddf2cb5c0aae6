"""Which stages are computed where masks reach, and how: the plan with the least work."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..perturbations import is_no_box
from .costs import cut_work, run_work, work, work_on_whole
from .groups import Group, groups_of
from .memory import Offsets, offsets_of
from .positions import Integers
from .stages import Division, Stage

# More masks in a run bring nothing, and hold more memory.
_MOST_AT_ONCE = 32
_MOST_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class MaskPlan:
    """How masks are computed.

    Attributes
    ----------
    groups : list of Group
        Of all images that have a mask at all.
    count : int
        So many stages are computed where masks reach; from there on, everything is.
    kept : list of str
        The layers of these stages that what comes behind reads as a whole.
    offsets : list of Offsets
        For each group, where its arrays lie.
    values_of_a_mask : int
        So many values of memory each of them needs.
    at_once : int
        Masks in a run.
    seconds, exhaustive_seconds : float
        For all masks, by the model of the work.
    """

    groups: list[Group]
    count: int
    kept: list[str]
    offsets: list[Offsets]
    values_of_a_mask: int
    at_once: int
    seconds: float
    exhaustive_seconds: float

    @property
    def gain(self) -> float:
        """How many times as fast as exhaustive evaluation it is expected to be."""
        return self.exhaustive_seconds / self.seconds


def planned(
    division: Division,
    outputs: Sequence[str],
    rest_work: float,
    boxes: Integers,
    threads: int,
    count: int | None = None,
) -> MaskPlan:
    """The plan with the least work; with a `count` of stages, the best of that.

    Parameters
    ----------
    outputs : sequence of str
        The layers that are wanted as a whole.
    rest_work : float
        Seconds for what lies behind the stages, for each image.
    threads : int
        How many runs go on at once.
    """
    stages, layers = division.stages, division.layers
    images = np.flatnonzero(~is_no_box(boxes))
    groups = groups_of(division, boxes, images)
    seconds = _seconds(division, outputs, rest_work, groups, threads)
    best = int(seconds[1:].argmin()) + 1 if count is None else count
    groups = [Group(group.images, group.places[:best]) for group in groups]
    kept = division.read_behind(best, outputs)
    last_used = _last_used(stages[:best], kept)
    laid_out = [offsets_of(group, stages[:best], layers, last_used, kept) for group in groups]
    values = max((size for _, size in laid_out), default=0)
    return MaskPlan(
        groups,
        best,
        kept,
        [offsets for offsets, _ in laid_out],
        values,
        max(1, min(_MOST_AT_ONCE, _MOST_BYTES // max(4 * values, 1))),
        float(seconds[best]),
        (1 + len(images)) * (sum(work_on_whole(stage, layers) for stage in stages) + rest_work) / threads,
    )


def _seconds(
    division: Division, outputs: Sequence[str], rest_work: float, groups: Sequence[Group], threads: int
) -> NDArray[np.float64]:
    """For a map of which the first 0, 1, … stages are computed where masks reach."""
    stages, layers = division.stages, division.layers
    on_whole = np.array([work_on_whole(stage, layers) for stage in stages])
    # What is behind them, and what that reads, cut out as a whole.
    behind = np.append(np.cumsum(on_whole[::-1])[::-1], 0.0)
    cuts = [
        sum(cut_work(layers[name], layers[name].size) for name in division.read_behind(first, outputs))
        for first in range(len(stages) + 1)
    ]
    seconds = sum(len(group.images) for group in groups) * (behind + cuts + rest_work)
    for group in groups:
        seconds += np.append(0.0, np.cumsum(len(group.images) * _work_on_crops(division, group)))
    runs = 1 + sum(-(-len(group.images) // _MOST_AT_ONCE) for group in groups)  # one for the image without a mask
    return np.asarray((seconds + on_whole.sum() + rest_work) / threads + runs * run_work(stages))


def _last_used(stages: Sequence[Stage], kept: Collection[str]) -> list[list[str]]:
    """For each stage the layers that nothing reads any more after it."""
    used: set[str] = set(kept)
    found = []
    for stage in reversed(stages):
        found.append([name for name in {stage.near, *stage.beside, *stage.gives} if name not in used])
        used.update(found[-1])
    return found[::-1]


def _work_on_crops(division: Division, group: Group) -> NDArray[np.float64]:
    """Seconds for a mask of the group in each stage."""
    layers = division.layers
    found = []
    for stage, place in zip(division.stages, group.places, strict=True):
        cuts = cut_work(layers[stage.near], place.crop_size)
        cuts += sum(cut_work(layers[name], place.size) for name in stage.beside)
        found.append(work(stage, layers, place.size) + cuts)
    return np.array(found)
