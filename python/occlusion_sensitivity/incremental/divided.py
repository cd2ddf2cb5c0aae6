"""A network's graph, divided for images of one size: the stages, and the files of their models."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..network.network import Network
from ..network.nodes import attribute, inputs_of
from ..network.throughput import shapes_of
from .costs import rest_work, uncounted_work
from .models import Parts, optimized, saved, with_weights_beside
from .operators import is_discontinuous
from .plan import MaskPlan, planned
from .positions import Extent, Integers
from .stages import Layer, division_of

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, ValueInfoProto

# Channels, rows and columns of an image.
Shape = tuple[int, int, int]
_SINGLE = 1  # onnx.TensorProto.FLOAT


class NotDivisibleError(Exception):
    """A network of which no part can be computed incrementally; the message says why."""


class DividedNetwork:
    """A network's graph, divided for images of one size.

    It is first divided as it is, into a *head*, up to what reads everywhere, and a *tail*. The head, as ONNX Runtime
    optimises it, is divided into stages then.

    Parameters
    ----------
    folder : pathlib.Path
        Where the models of the parts and their weights are written.

    Attributes
    ----------
    image : Layer
        The network's input.
    division : Division
        Of the optimised head.
    layers : dict
        Those of the division, by their names.
    tail_reads : list of str
        The layers that the tail reads.
    rest_work : float
        Seconds for what is in no stage.
    ended_by : str
        The operator that ends the stages.

    Raises
    ------
    NotDivisibleError
        With the reason.
    """

    def __init__(self, network: Network, shape: Shape, folder: Path) -> None:
        model = _editable(network, shape)
        channels, *size = shape
        self.file = network.file
        self.image = Layer(model.graph.input[0].name, (size[0], size[1]), channels, False, Extent(), Extent())
        self._folder = folder
        model = with_weights_beside(model, folder / "network.weights")
        output = network.scored().name
        shapes = shapes_of(model)
        plain = division_of(model.graph, self.image, shapes, whole=[output])
        within = [node for function in model.functions for node in function.node]
        discontinuous = plain.discontinuous or next((node.op_type for node in within if is_discontinuous(node)), "")
        if discontinuous:
            raise NotDivisibleError(f"it has {discontinuous}, which makes steps of float noise")
        if not plain.stages:
            raise NotDivisibleError(f"it begins with {plain.ended_by or 'its output'}")
        parts = Parts(model)
        read = {name for node in plain.rest for name in inputs_of(node)}
        links = [name for stage in plain.stages for name in stage.tensors if name in read]
        self.tail_reads = [*links, *({self.image.name} & read)]
        self._tail = parts.part(plain.rest, [plain.layers[name] for name in self.tail_reads], [output])
        self.rest_work = rest_work(plain.rest, shapes)
        nodes = [node for stage in plain.stages for node in stage.nodes]
        head = parts.part(nodes, [self.image], links)
        _set_shape(head.graph.input[0], (channels, *_declared_size(network)))  # for ONNX Runtime to do as it does there
        head = optimized(head, folder)
        of_constants = {tensor.name: tuple(tensor.dims) for tensor in head.graph.initializer}
        self.division = division_of(head.graph, self.image, of_constants)
        self.layers = self.division.layers
        self.ended_by = self.division.ended_by or plain.ended_by
        if not self.division.stages:
            raise NotDivisibleError(f"it begins with {self.ended_by}")
        self.rest_work += uncounted_work(plain, self.division)
        self._parts = Parts(head)

    def planned(self, boxes: Integers, threads: int, count: int | None = None) -> MaskPlan:
        """The best plan for boxes, in so many threads; with a `count` of stages, the best of that."""
        return planned(self.division, self.tail_reads, self.rest_work, boxes, threads, count)

    def stage(self, number: int) -> str:
        """The file of a stage."""
        return saved(self._parts.stage(self.division.stages[number], self.layers), self._folder / f"stage{number}.onnx")

    def middle(self, count: int) -> tuple[str, list[str]] | None:
        """The file of what of the head lies behind so many stages, and what it reads of them; None where nothing does.

        It is not optimised again, and so the same kernels work as in the stages.
        """
        behind = self.division.stages[count:]
        nodes = [node for stage in behind for node in stage.nodes] + self.division.rest
        made = {name for node in nodes for name in node.output}
        wanted = [name for name in self.tail_reads if name in made]
        if not wanted:
            return None
        reads = self.division.read_behind(count, [])
        model = self._parts.part(nodes, [self.layers[name] for name in reads], wanted)
        return saved(model, self._folder / "middle.onnx"), reads

    def tail(self) -> str:
        """The file of the tail."""
        return saved(self._tail, self._folder / "tail.onnx")


def _editable(network: Network, shape: Shape) -> "ModelProto":
    """The network's model, for images N×C×H×W of that shape."""
    model = network.file.editable()
    if network.channel_axis != 1:
        _put_channels_first(model.graph)
    source = model.graph.input[0]
    if source.type.tensor_type.elem_type != _SINGLE:
        raise NotDivisibleError("its images are not single")
    _set_shape(source, shape)
    _drop_idle_outputs(model)
    return model


def _put_channels_first(graph: "GraphProto") -> None:
    """Let the graph take what it makes of N×H×W×C images first of all: N×C×H×W ones, as converters write it."""
    source = graph.input[0]
    readers = [node for node in graph.node if source.name in inputs_of(node)]
    perms = [list(attribute(node, "perm", ())) for node in readers if node.op_type == "Transpose"]
    if len(readers) != 1 or perms != [[0, 3, 1, 2]]:
        raise NotDivisibleError("its images are N×H×W×C, and their transposition is not all that it begins with")
    source.name = readers[0].output[0]
    graph.node.remove(readers[0])


def _drop_idle_outputs(model: "ModelProto") -> None:
    """Which values a Dropout lets through is asked for by nobody: it lets all of them through."""
    used = {name for node in model.graph.node for name in inputs_of(node)}
    used.update(output.name for output in model.graph.output)
    for node in model.graph.node:
        if node.op_type == "Dropout" and not used.intersection(node.output[1:]):
            del node.output[1:]


def _set_shape(source: "ValueInfoProto", shape: Sequence[int | None]) -> None:
    for length, value in zip(source.type.tensor_type.shape.dim[1:], shape, strict=True):
        if value is not None:
            length.dim_value = value


def _declared_size(network: Network) -> Sequence[int | None]:
    """Rows and columns of the images as the file says, where it does."""
    lengths = network.inputs[0].shape[1:]
    return lengths[1:] if network.channel_axis == 1 else lengths[:-1]
