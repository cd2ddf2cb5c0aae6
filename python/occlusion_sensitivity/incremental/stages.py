"""A graph → stages, which are computed where masks reach, and the rest, which is computed as a whole."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

from ..network.nodes import attribute, inputs_of
from .blocks import block_size
from .operators import (
    BLOCKED,
    Reading,
    Shapes,
    Size,
    is_discontinuous,
    may_give_nan,
    output_size,
    reading,
    values_of,
)
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
    may_be_nan : bool
        Whether it may hold NaN where the image holds none.
    """

    name: str
    size: Size
    channels: int
    blocked: bool
    rows: Extent
    cols: Extent
    may_be_nan: bool = False

    @property
    def extents(self) -> tuple[Extent, Extent]:
        return self.rows, self.cols

    def in_memory(self, size: Size) -> tuple[int, int, int, int]:
        """Planes, rows, columns and depth of a part of it, as it lies in memory."""
        if not self.blocked:
            return self.channels, *size, 1
        return self.channels // block_size(), *size, block_size()


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
    # What it reads is of these.
    reads: "list[Stage]" = field(default_factory=list)

    def needs(self, other: "Stage") -> bool:
        """Whether that one has to be computed before this one."""
        seen: set[Stage] = set()
        to_see = [self]
        while to_see:
            new = [stage for stage in to_see.pop().reads if stage not in seen]
            seen.update(new)
            to_see += new
        return other in seen

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
    discontinuous : str
        An operator that makes steps of float noise, anywhere in the graph; empty where there is none.
    """

    stages: list[Stage]
    rest: "list[NodeProto]"
    layers: dict[str, Layer]
    ended_by: str
    discontinuous: str

    def read_behind(self, first: int, outputs: Sequence[str]) -> list[str]:
        """The layers that stages from `first` on, the rest, or whoever wants these outputs, read of those before."""
        nodes = [node for stage in self.stages[first:] for node in stage.nodes] + self.rest
        made = {name for node in nodes for name in node.output}
        read = {name for node in nodes for name in inputs_of(node)}.union(outputs)
        return [name for name in self.layers if name in read and name not in made]


def division_of(graph: "GraphProto", image: Layer, shapes: Shapes, whole: Collection[str] = ()) -> Division:
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
        self._values = values_of(graph)
        self._whole = whole
        self._layers = {image.name: image}
        self._made_by: dict[str, Stage] = {}
        self._stages: list[Stage] = []
        self._rest: list[NodeProto] = []
        self._of_rest: set[str] = set()
        # Whose values depend on the image: not on its size alone.
        self._varying = {image.name}
        self._ended_by = self._discontinuous = ""

    def add(self, node: "NodeProto") -> None:
        depends = [name for name in dict.fromkeys(inputs_of(node)) if name in self._layers or name in self._of_rest]
        if not depends:
            return  # constants: they go where they are needed
        varies = node.op_type not in ("Shape", "Size") and not self._varying.isdisjoint(depends)
        if varies:
            self._varying.update(node.output)
            if is_discontinuous(node):
                self._discontinuous = self._discontinuous or node.op_type
        sizes = {name: self._layers[name].size for name in depends if name in self._layers}
        is_whole = any(name in self._whole for name in node.output)
        read = None
        if not is_whole and not self._mixes_nan(node):
            read = reading(node, depends, sizes, self._shapes, self._values)
        joined = None if read is None else self._extents(node, read, depends)
        if read is None or joined is None:
            if varies and not is_whole and self._varying.intersection(depends).isdisjoint(self._of_rest):
                self._ended_by = self._ended_by or node.op_type
            self._rest.append(node)
            self._of_rest.update(node.output)
            return
        may_be_nan = may_give_nan(node, depends) or any(self._layers[name].may_be_nan for name in depends)
        is_blocked = self._is_blocked(node, depends)
        for name in filter(None, node.output):
            channels = self._channels(node, depends)
            self._layers[name] = Layer(name, output_size(read), channels, is_blocked, *joined, may_be_nan)
        self._place(node, read, depends, joined)
        if node.op_type in ("Conv", "FusedConv"):
            stage = self._made_by[node.output[0]]
            stage.multiplications += math.prod(self._shapes[node.input[1]])

    def _is_blocked(self, node: "NodeProto", depends: Sequence[str]) -> bool:
        if node.domain == BLOCKED:
            return node.op_type != "ReorderOutput"
        return self._layers[depends[0]].blocked

    def _mixes_nan(self, node: "NodeProto") -> bool:
        """Whether what the node gives may depend on where NaN is among the values that it is given."""
        inputs = [self._layers[name] for name in node.input if name in self._layers]
        return node.op_type == "MaxPool" and node.domain != BLOCKED and any(layer.may_be_nan for layer in inputs)

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
        # Constants, too: C×1×1 makes C channels of one.
        constants = [length for name in node.input for length in self._shapes.get(name, ())[-3:-2]]
        return max([self._layers[name].channels for name in depends] + constants)

    def _place(self, node: "NodeProto", read: Reading, depends: Sequence[str], extents: tuple[Extent, Extent]) -> None:
        """Into the stage of an input that is reached as widely as the output, where there is one; else into its own."""
        makers = {name: self._made_by[name] for name in depends if name in self._made_by}
        stage = self._joined(makers, extents) if read.is_point else None
        if stage is None:
            stage = Stage([node], read, *_operands(node, depends))
            self._stages.append(stage)
        else:
            own = stage.tensors
            stage.beside += [name for name in depends if name not in own and name not in stage.beside]
            stage.nodes.append(node)
        stage.reads += [maker for maker in dict.fromkeys(makers.values()) if maker not in (stage, *stage.reads)]
        self._made_by.update(dict.fromkeys(filter(None, node.output), stage))

    def _joined(self, makers: dict[str, Stage], extents: tuple[Extent, Extent]) -> Stage | None:
        """The last of the makers that can take one more node, which reads of all of them."""
        for name, stage in reversed(makers.items()):
            others = [maker for maker in makers.values() if maker is not stage]
            if self._layers[name].extents == extents and not any(maker.needs(stage) for maker in others):
                return stage
        return None

    def result(self) -> Division:
        read = {name for node in self._rest for name in inputs_of(node)}
        read.update(output.name for output in self._graph.output)
        stages = []
        in_order = TopologicalSorter({stage: stage.reads for stage in self._stages}).static_order()
        for stage in reversed(list(in_order)):
            stage.gives = [name for name in stage.tensors if name in read]
            if stage.gives:  # else nobody needs it
                stages.append(stage)
                read.update((stage.near, *stage.beside))
        return Division(stages[::-1], self._rest, self._layers, self._ended_by, self._discontinuous)


def _copied(node: "NodeProto") -> "NodeProto":
    """Without the memory of the graph, and all its weights, to hold on to."""
    copied = type(node)()
    copied.CopyFrom(node)
    return copied


def _operands(node: "NodeProto", depends: Sequence[str]) -> tuple[str, list[str]]:
    """What the node may read near its positions, and what it reads at them alone."""
    near, *others = [name for name in node.input if name in depends]
    return near, list(dict.fromkeys(others))
