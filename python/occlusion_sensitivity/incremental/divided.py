"""A network opened in stages, for images of one size."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..devices.cpu import CPU, cut_crops
from ..network.network import Network
from ..network.nodes import inputs_of
from ..network.providers import opened
from ..network.session import failures_of
from ..network.throughput import shapes_of
from .blocks import block_size
from .models import NEAR, Parts, optimized
from .operators import Size
from .plan import MULTIPLICATION, Integers, MaskPlan, Place, planned, whole_place
from .positions import Extent
from .stages import Layer, divided

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto, ValueInfoProto

Array = NDArray[np.float32]
_SINGLE = 1  # onnx.TensorProto.FLOAT


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


class DividedNetwork:
    """A network, in stages that are open in ONNX Runtime, and the rest.

    Attributes
    ----------
    image : Layer
        The network's input.
    division : Division
        Of the graph as ONNX Runtime has optimised it, up to what reads everywhere.

    Raises
    ------
    NotDivisibleError
        With the reason.
    """

    def __init__(self, network: Network, shape: tuple[int, int, int], boxes: Integers) -> None:
        file = network.file
        model = file.editable()
        source = model.graph.input[0]
        if network.channel_axis != 1:
            raise NotDivisibleError("its images are N×H×W×C")
        if source.type.tensor_type.elem_type != _SINGLE:
            raise NotDivisibleError("its images are not single")
        channels, height, width = shape
        _set_shape(source, shape)
        self.file = file
        self.image = Layer(source.name, (height, width), channels, False, Extent(), Extent())
        output = network.scored().name
        shapes = shapes_of(model)
        plain = divided(model.graph, self.image, shapes, whole=[output])
        if not plain.stages:
            raise NotDivisibleError(f"it begins with {plain.ended_by or 'its output'}")
        parts = Parts(model)
        read = {name for node in plain.rest for name in inputs_of(node)}
        self._links = [name for stage in plain.stages for name in stage.tensors if name in read]
        inputs = [plain.layers[name] for name in (*self._links, *({self.image.name} & read))]
        head = parts.part([node for stage in plain.stages for node in stage.nodes], [self.image], self._links)
        self._rest_work = rest_work(plain.rest, shapes)
        tail = _bytes(parts.keep(plain.rest, inputs, [output]))
        del model, parts, source  # weights are not held twice
        self._tail = opened(tail, CPU)
        self._tail_reads = [layer.name for layer in inputs]
        del tail
        head = optimized(head)
        of_constants = {tensor.name: tuple(tensor.dims) for tensor in head.graph.initializer}
        self.division = divided(head.graph, self.image, of_constants)
        self.ended_by = self.division.ended_by or plain.ended_by
        if not self.division.stages:
            raise NotDivisibleError(f"it begins with {self.ended_by}")
        self.layers = self.division.layers
        self._last_plan: tuple[object, MaskPlan] | None = None
        self.count = self.planned(boxes).count
        parts = Parts(head)
        self._sessions = [self._opened(parts.stage(stage, self.layers)) for stage in self.division.stages[: self.count]]
        self._middle, self._middle_reads = self._opened_middle(parts)

    def planned(self, boxes: Integers, count: int | None = None) -> MaskPlan:
        """The best plan for boxes; with a `count` of stages, the best of that."""
        key = (boxes.tobytes(), count)
        if self._last_plan is None or self._last_plan[0] != key:  # map after map has the same masks
            self._last_plan = key, planned(self.division, self._links, self._rest_work, boxes, count)
        return self._last_plan[1]

    def stage(
        self, number: int, place: Place, whole: Mapping[str, Array], patches: Mapping[str, Patch]
    ) -> dict[str, Patch]:
        """What the stage gives for some masks."""
        stage = self.division.stages[number]
        fill = stage.read.fill
        near = self._cut(stage.near, place.crop_starts, place.crop_size, whole, patches, 0.0 if fill is None else fill)
        beside = {name: self._cut(name, place.starts, place.size, whole, patches) for name in stage.beside}
        count = len(place.starts)
        session = self._sessions[number]
        binding = session.io_binding()
        for name, values in {NEAR: near, **beside}.items():
            _, planes, height, width, depth = values.shape
            shape = (count, planes * depth, height, width)
            binding.bind_input(name, "cpu", 0, np.float32, shape, values.ctypes.data)
        given = {}
        for name in stage.gives:
            layer = self.layers[name]
            given[name] = np.empty((count, *_planes_and_depth(layer, place.size)), dtype=np.float32)
            shape = (count, layer.channels, *place.size)
            binding.bind_output(name, "cpu", 0, np.float32, shape, given[name].ctypes.data)
        with failures_of(self.file, count):
            session.run_with_iobinding(binding)
        return {name: Patch(values, place.starts, place.reach) for name, values in given.items()}

    def whole(self, original: Array) -> dict[str, Array]:
        """The layers of the stages for the image without a mask."""
        whole = {self.image.name: original}
        for number in range(self.count):
            place = whole_place(self.division.stages[number])
            whole.update({name: patch.values[0] for name, patch in self.stage(number, place, whole, {}).items()})
        return whole

    def rest(self, whole: Mapping[str, Array], patches: Mapping[str, Patch], count: int) -> Array:
        """The network's output for some masks, from what the stages gave for them."""
        given: dict[str, Array] = {}
        for name in {*self._middle_reads, *self._tail_reads}.intersection(whole):
            layer = self.layers[name]
            cut = self._cut(name, np.zeros((count, 2), dtype=np.int32), layer.size, whole, patches)
            given[name] = cut.reshape(count, layer.channels, *layer.size)
        with failures_of(self.file, count):
            if self._middle is not None:
                wanted = [output.name for output in self._middle.get_outputs()]
                found = self._middle.run(wanted, {name: given[name] for name in self._middle_reads})
                given.update(zip(wanted, found, strict=True))
            (output,) = self._tail.run(None, {name: given[name] for name in self._tail_reads})
        return np.asarray(output, dtype=np.float32)

    def _cut(
        self,
        name: str,
        starts: Integers,
        size: Size,
        whole: Mapping[str, Array],
        patches: Mapping[str, Patch],
        fill: float = 0.0,
    ) -> Array:
        planes, _, _, depth = whole[name].shape
        crops = np.empty((len(starts), planes, *size, depth), dtype=np.float32)
        patch = patches.get(name)
        if patch is None:
            nothing = np.zeros((len(starts), 4), dtype=np.int32)
            patch = Patch(whole[name][np.newaxis], nothing[:, :2].copy(), nothing)
        cut_crops(whole[name], patch.values, patch.starts, patch.changed, starts, fill, crops)
        return crops

    def _opened_middle(self, parts: Parts) -> tuple[Any, list[str]]:
        """What of the optimised graph lies behind the stages, and what it reads of them; None where nothing does."""
        behind = self.division.stages[self.count :]
        nodes = [node for stage in behind for node in stage.nodes] + self.division.rest
        made = {name for node in nodes for name in node.output}
        wanted = [name for name in self._links if name in made]
        if not wanted:
            return None, []
        reads = self.division.read_behind(self.count, [])
        model = parts.part(nodes, [self.layers[name] for name in reads], wanted)
        return self._opened(model), reads

    def _opened(self, model: "ModelProto") -> Any:
        return opened(_bytes(model), CPU, optimize=False)


class NotDivisibleError(Exception):
    """A network of which no part can be computed incrementally; the message says why."""


def _set_shape(source: "ValueInfoProto", shape: Sequence[int]) -> None:
    for length, value in zip(source.type.tensor_type.shape.dim[1:], shape, strict=True):
        length.dim_value = value


def rest_work(nodes: "Iterable[NodeProto]", shapes: Mapping[str, Sequence[int]]) -> float:
    """Seconds for nodes that are computed as a whole: what their weights are multiplied with."""
    found = 0
    for node in nodes:
        weights = shapes.get(node.input[1], ()) if len(node.input) > 1 else ()
        positions = shapes.get(node.output[0], ())[2:] if node.op_type == "Conv" else ()
        if node.op_type in ("Conv", "Gemm", "MatMul"):
            found += math.prod(weights) * math.prod(positions)
    return found * MULTIPLICATION


def _bytes(model: "ModelProto") -> bytes:
    return bytes(model.SerializeToString())


def _planes_and_depth(layer: Layer, size: Size) -> tuple[int, int, int, int]:
    """The shape of an image of a layer as it lies in memory."""
    if not layer.blocked:
        return layer.channels, *size, 1
    block = block_size()
    return layer.channels // block, *size, block
