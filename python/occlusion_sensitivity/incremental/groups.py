"""Masks in groups, for which everything is computed in one size."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .costs import work_on_whole
from .crops import Place, place_of
from .positions import Integers
from .stages import Division, Layer, Stage

# Masks of different sizes, as those at the edges are, go in groups, of so many along an axis.
_MOST_GROUPS = 3


@dataclass(frozen=True, slots=True)
class Group:
    """Masks for which everything has the same size.

    Attributes
    ----------
    images : (masks,)
        Which ones, of all images.
    places : list of Place
        Of each stage, of the first ones.
    """

    images: NDArray[np.intp]
    places: list[Place]


def groups_of(division: Division, boxes: Integers, images: NDArray[np.intp]) -> list[Group]:
    """Those images in groups, and where the stages are computed for them; small groups first."""
    stages, layers = division.stages, division.layers
    boxes = boxes[images]
    rows, cols = (_classes(stages, layers, boxes[:, first : first + 2], axis) for axis, first in ((0, 0), (1, 2)))
    groups = []
    for both in sorted(set(zip(rows.tolist(), cols.tolist(), strict=True))):
        chosen = (rows == both[0]) & (cols == both[1])
        places = [place_of(stage, layers[stage.gives[0]], boxes[chosen]) for stage in stages]
        groups.append(Group(images[chosen], places))
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
