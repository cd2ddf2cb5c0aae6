"""A graph → stages, which are computed where masks reach, and the rest, which is computed as a whole."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..network.nodes import attribute, inputs_of
from .blocks import block_size
from .operators import BLOCKED, Reading, Shapes, Size, output_size, reading
from .positions import Extent

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto


@dataclass(frozen=True, slots=True)
class Layer:
    """A tensor that depends on the image, N×C×H×W: what a node gives.

    Attributes
    ----------
    size : (int, int)
    channels : int
    blocked : bool
        Whether ONNX Runtime holds its channels in blocks, each of them as N × blocks × height × width × block.
    rows, cols : Extent
        What a box of changed pixels reaches in it.
    """

    name: str
    size: Size
    channels: int
    blocked: bool
    rows: Extent
    cols: Extent

    @property
    def extents(self) -> tuple[Extent, Extent]:
        return self.rows, self.cols


@dataclass(eq=False, slots=True)
class Stage:
    """Nodes that are computed together, for the same positions: the first may read what is near, the others do not.

    Attributes
    ----------
    read : Reading
        How the first node reads its first input.
    near : str
        That input.
    beside : list of str
        What its nodes read from other stages, position by position.
    gives : list of str
        The tensors that other nodes, or the rest, read.
    """

    nodes: "list[NodeProto]"
    read: Reading
    near: str
    beside: list[str]
    gives: list[str] = field(default_factory=list)
    # For each position of what is computed.
    multiplications: int = 0
    # Those that have to be computed before: of them the stages cannot read anything of this one.
    after: "set[Stage]" = field(default_factory=set)

    @property
    def tensors(self) -> list[str]:
        return [name for node in self.nodes for name in node.output if name]


@dataclass(frozen=True)
class Division:
    """A graph, divided.

    Attributes
    ----------
    stages : list of Stage
        In an order in which they can be computed.
    rest : list of NodeProto
        The nodes that depend on the image, and are in no stage.
    layers : dict
        The tensors of the stages and the image, by their names.
    ended_by : str
        The first operator that is in no stage because of what it does; empty where there is none.
    """

    stages: list[Stage]
    rest: "list[NodeProto]"
    layers: dict[str, Layer]
    ended_by: str

    def read_behind(self, first: int, outputs: Sequence[str]) -> list[str]:
        """The layers that stages from `first` on, the rest, or whoever wants these outputs, read of those before."""
        nodes = [node for stage in self.stages[first:] for node in stage.nodes] + self.rest
        made = {name for node in nodes for name in node.output}
        read = {name for node in nodes for name in inputs_of(node)}.union(outputs)
        return [name for name in self.layers if name in read and name not in made]


def divided(graph: "GraphProto", image: Layer, shapes: Shapes, whole: Collection[str] = ()) -> Division:
    """The stages of a graph for images like `image`, whose name is that of the graph's input.

    Parameters
    ----------
    shapes : mapping
        Of the constants.
    whole : collection of str
        Tensors that are wanted as a whole: what makes them is in no stage.
    """
    division = _Divider(graph, image, shapes, whole)
    for node in graph.node:
        division.add(_copied(node))
    return division.result()


class _Divider:
    def __init__(self, graph: "GraphProto", image: Layer, shapes: Shapes, whole: Collection[str]) -> None:
        self._graph = graph
        self._shapes = shapes
        self._whole = whole
        self._layers = {image.name: image}
        self._made_by: dict[str, Stage] = {}
        self._stages: list[Stage] = []
        self._rest: list[NodeProto] = []
        self._of_rest: set[str] = set()
        self._ended_by = ""

    def add(self, node: "NodeProto") -> None:
        depends = [name for name in dict.fromkeys(inputs_of(node)) if name in self._layers or name in self._of_rest]
        if not depends:
            return  # constants: they go where they are needed
        sizes = {name: self._layers[name].size for name in depends if name in self._layers}
        is_whole = any(name in self._whole for name in node.output)
        read = None if is_whole else reading(node, depends, sizes, self._shapes)
        joined = None if read is None else self._extents(node, read, depends)
        if read is None or joined is None:
            if not is_whole and not self._of_rest.intersection(depends):
                self._ended_by = self._ended_by or node.op_type
            self._rest.append(node)
            self._of_rest.update(node.output)
            return
        for name in filter(None, node.output):
            blocked = node.domain == BLOCKED and node.op_type != "ReorderOutput"
            if node.domain != BLOCKED:
                blocked = self._layers[depends[0]].blocked
            channels = self._channels(node, depends)
            self._layers[name] = Layer(name, output_size(read), channels, blocked, *joined)
        self._place(node, read, depends, joined)
        if node.op_type in ("Conv", "FusedConv"):
            stage = self._made_by[node.output[0]]
            stage.multiplications += math.prod(self._shapes[node.input[1]])

    def _extents(self, node: "NodeProto", read: Reading, depends: Sequence[str]) -> tuple[Extent, Extent] | None:
        """What a box reaches in the node's output; None where its inputs have different strides."""
        near, beside = _operands(node, depends)
        rows, cols = self._layers[near].rows.through(read.rows), self._layers[near].cols.through(read.cols)
        for name in beside:
            other = self._layers[name]
            if (other.rows.stride, other.cols.stride) != (rows.stride, cols.stride):
                return None
            rows, cols = rows.joined(other.rows), cols.joined(other.cols)
        return rows, cols

    def _channels(self, node: "NodeProto", depends: Sequence[str]) -> int:
        if node.op_type in ("Conv", "FusedConv"):
            return int(self._shapes[node.input[1]][0])
        if node.op_type == "Concat":
            return sum(self._layers[name].channels for name in node.input)
        if node.op_type == "ReorderInput":  # with zeros in the last block
            return -(-self._layers[depends[0]].channels // block_size()) * block_size()
        if node.op_type == "ReorderOutput":
            return int(attribute(node, "channels", 0))
        return max(self._layers[name].channels for name in depends)

    def _place(self, node: "NodeProto", read: Reading, depends: Sequence[str], extents: tuple[Extent, Extent]) -> None:
        """Into the stage of an input that is reached as widely as the output, where there is one; else into its own."""
        makers = {name: self._made_by[name] for name in depends if name in self._made_by}
        if read.is_point:
            for name, stage in reversed(makers.items()):
                others = {maker for maker in makers.values() if maker is not stage}
                before = others.union(*(maker.after for maker in others))
                if self._layers[name].extents == extents and stage not in before:
                    self._join(stage, node, depends, before)
                    return
        stage = Stage([node], read, *_operands(node, depends))
        stage.after = set(makers.values()).union(*(maker.after for maker in makers.values()))
        self._stages.append(stage)
        self._made_by.update(dict.fromkeys(stage.tensors, stage))

    def _join(self, stage: Stage, node: "NodeProto", depends: Sequence[str], before: set[Stage]) -> None:
        own = stage.tensors
        stage.beside += [name for name in depends if name not in own and name not in stage.beside]
        stage.nodes.append(node)
        self._made_by.update(dict.fromkeys(filter(None, node.output), stage))
        for other in self._stages:
            if other is stage or stage in other.after:
                other.after |= before

    def result(self) -> Division:
        read = {name for node in self._rest for name in inputs_of(node)}
        read.update(output.name for output in self._graph.output)
        stages = []
        for stage in sorted(self._stages, key=lambda stage: len(stage.after), reverse=True):
            stage.gives = [name for name in stage.tensors if name in read]
            if stage.gives:  # else nobody needs it
                stages.append(stage)
                read.update((stage.near, *stage.beside))
        return Division(stages[::-1], self._rest, self._layers, self._ended_by)


def _copied(node: "NodeProto") -> "NodeProto":
    """Without the memory of the graph, and all its weights, to hold on to."""
    copied = type(node)()
    copied.CopyFrom(node)
    return copied


def _operands(node: "NodeProto", depends: Sequence[str]) -> tuple[str, list[str]]:
    """What the node may read near its positions, and what it reads at them alone."""
    near, *others = [name for name in node.input if name in depends]
    return near, list(dict.fromkeys(others))
