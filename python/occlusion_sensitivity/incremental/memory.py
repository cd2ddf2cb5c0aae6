"""Where the crops and patches of a run lie: in one piece of memory, which is kept from run to run."""

import math
from bisect import insort
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from .groups import Group
from .models import NEAR
from .positions import Array
from .stages import Layer, Stage

# Number of a stage, tensor → where it begins, in values of one mask.
Offsets = Mapping[tuple[int, str], int]

# Every array begins where a line of the processor's cache does: so many values.
_LINE = 16


def offsets_of(
    group: Group,
    stages: Sequence[Stage],
    layers: Mapping[str, Layer],
    last_used: Sequence[Collection[str]],
    kept: Collection[str],
) -> tuple[Offsets, int]:
    """Where each array of a mask lies from the stage in which it is made to that in which it is last used.

    Parameters
    ----------
    last_used : sequence of collection of str
        For each stage the layers that are last used there.
    kept : collection of str
        The layers that are cut out as a whole in the end, as if for one stage more.

    Returns
    -------
    offsets : Offsets
    size : int
        Of all, in values.
    """
    gaps = _Gaps()
    offsets: dict[tuple[int, str], int] = {}
    made_in: dict[str, int] = {}
    for number, (stage, place, unused) in enumerate(zip(stages, group.places, last_used, strict=True)):
        sizes = {NEAR: layers[stage.near].channels * math.prod(place.crop_size)}
        sizes |= {name: layers[name].channels * math.prod(place.size) for name in (*stage.beside, *stage.gives)}
        for name, size in sizes.items():
            offsets[number, name] = gaps.take(size)
        made_in |= dict.fromkeys(stage.gives, number)
        for name in (NEAR, *stage.beside):
            gaps.give_back(offsets[number, name])
        for name in unused:
            if name in made_in:
                gaps.give_back(offsets[made_in[name], name])
    for name in kept:
        offsets[len(stages), name] = gaps.take(layers[name].channels * math.prod(layers[name].size))
    return offsets, gaps.end


class _Gaps:
    """Arrays one after another, each in the first gap that is wide enough."""

    def __init__(self) -> None:
        self.end = 0
        self._taken: list[tuple[int, int]] = []

    def take(self, size: int) -> int:
        size = -(-size // _LINE) * _LINE
        first = 0
        for taken, end in self._taken:
            if first + size <= taken:
                break
            first = end
        insort(self._taken, (first, first + size))
        self.end = max(self.end, first + size)
        return first

    def give_back(self, first: int) -> None:
        self._taken = [taken for taken in self._taken if taken[0] != first]


class Workspace:
    """Memory for runs of up to so many masks.

    Parameters
    ----------
    size : int
        For each mask, in values.
    """

    def __init__(self, size: int, masks: int) -> None:
        self._masks = masks
        memory = np.empty(size * masks + _LINE, dtype=np.float32)
        first = -(memory.__array_interface__["data"][0] // memory.itemsize) % _LINE
        self._memory = memory[first:]

    def array(self, offset: int, shape: Sequence[int]) -> Array:
        """The array that lies there; its values are what others left."""
        first = offset * self._masks
        return self._memory[first : first + math.prod(shape)].reshape(shape)
