"""The stages of a divided network, open in ONNX Runtime, and the rest."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..devices.cpu import CPU, cut_crops
from ..network.providers import opened
from ..network.session import failures_of
from .crops import Place, whole_place
from .divided import DividedNetwork
from .models import NEAR
from .operators import Size
from .positions import Array, Integers

# Number of a stage, tensor, shape → an array for it, whose values do not matter.
Memory = Callable[[int, str, Sequence[int]], Array]


@dataclass(frozen=True, slots=True)
class Patch:
    """What of a layer is computed for some masks.

    Attributes
    ----------
    values : (masks, planes, height, width, depth); one, if all share it
    starts : (masks, 2)
        Where they begin in the layer.
    changed : (masks, 4)
        The boxes of the layer that count.
    """

    values: Array
    starts: Integers
    changed: Integers


class Sessions:
    """The first `count` stages of a network, each in a session of its own; and the rest, in one or two."""

    def __init__(self, divided: DividedNetwork, count: int) -> None:
        self.divided = divided
        self.count = count
        self._layers = divided.layers
        self._stages = [opened(divided.stage(number), CPU, optimize=False) for number in range(count)]
        middle = divided.middle(count)
        self._middle = None if middle is None else opened(middle[0], CPU, optimize=False)
        self._middle_reads = [] if middle is None else middle[1]
        self._tail = opened(divided.tail(), CPU)

    def stage(
        self, number: int, place: Place, whole: Mapping[str, Array], patches: Mapping[str, Patch], memory: Memory
    ) -> dict[str, Patch]:
        """What the stage gives for some masks."""
        stage, count = self.divided.division.stages[number], len(place.starts)
        fill = 0.0 if stage.read.fill is None else stage.read.fill

        def cut(name: str, layer: str, starts: Integers, size: Size, fill: float) -> Array:
            planes, _, _, depth = whole[layer].shape
            crops = memory(number, name, (count, planes, *size, depth))
            _cut(whole[layer], patches.get(layer), starts, fill, crops)
            return crops

        binding = self._stages[number].io_binding()
        read = {NEAR: cut(NEAR, stage.near, place.crop_starts, place.crop_size, fill)}
        read |= {name: cut(name, name, place.starts, place.size, 0.0) for name in stage.beside}
        for name, values in read.items():
            layer = self._layers[stage.near if name == NEAR else name]
            shape = (count, layer.channels, *values.shape[2:4])
            binding.bind_input(name, "cpu", 0, np.float32, shape, values.ctypes.data)
        given = {}
        for name in stage.gives:
            layer = self._layers[name]
            given[name] = memory(number, name, (count, *layer.in_memory(place.size)))
            shape = (count, layer.channels, *place.size)
            binding.bind_output(name, "cpu", 0, np.float32, shape, given[name].ctypes.data)
        with failures_of(self.divided.file, count):
            self._stages[number].run_with_iobinding(binding)
        return {name: Patch(values, place.starts, place.reach) for name, values in given.items()}

    def stage_on_whole(self, number: int, whole: Mapping[str, Array]) -> dict[str, Array]:
        """The layers that the stage gives for the image without a mask, from those before it."""
        place = whole_place(self.divided.division.stages[number])
        given = self.stage(number, place, whole, {}, new_array)
        return {name: patch.values[0] for name, patch in given.items()}

    def rest(
        self, kept: Sequence[str], whole: Mapping[str, Array], patches: Mapping[str, Patch], count: int, memory: Memory
    ) -> Array:
        """The network's output for some masks, from the layers of the stages that the rest reads."""
        given: dict[str, Array] = {}
        for name in kept:
            layer = self._layers[name]
            crops = memory(self.count, name, (count, *whole[name].shape))
            _cut(whole[name], patches.get(name), np.zeros((count, 2), dtype=np.int32), 0.0, crops)
            given[name] = crops.reshape(count, layer.channels, *layer.size)
        with failures_of(self.divided.file, count):
            if self._middle is not None:
                wanted = [output.name for output in self._middle.get_outputs()]
                found = self._middle.run(wanted, {name: given[name] for name in self._middle_reads})
                given.update(zip(wanted, found, strict=True))
            (output,) = self._tail.run(None, {name: given[name] for name in self.divided.tail_reads})
        return np.asarray(output, dtype=np.float32)


def new_array(number: int, name: str, shape: Sequence[int]) -> Array:
    """An :data:`Memory` for what is kept."""
    return np.empty(shape, dtype=np.float32)


def _cut(whole: Array, patch: Patch | None, starts: Integers, fill: float, crops: Array) -> None:
    if patch is None:
        nothing = np.zeros((len(starts), 4), dtype=np.int32)
        patch = Patch(whole[np.newaxis], nothing[:, :2].copy(), nothing)
    cut_crops(whole, patch.values, patch.starts, patch.changed, starts, fill, crops)
