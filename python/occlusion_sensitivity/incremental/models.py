"""The ONNX models of stages and of the rest, cut out of a network's graph."""

import dataclasses
import math
import os
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ..devices.cpu import CPU
from ..network.nodes import attribute, inputs_of
from ..network.providers import LARGE_WEIGHTS, opened
from .operators import Reading
from .stages import Layer, Stage

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto, TensorProto

# A stage's own name of what its first node reads: the same tensor may be read position by position as well.
NEAR = "occlusion_sensitivity/near"
# Weights in a file begin where a page of memory does.
_PAGE = 1 << 12
_SINGLE = 4  # bytes


class Parts:
    """A model, of which parts are wanted."""

    def __init__(self, model: "ModelProto") -> None:
        self._model = model
        self._constants = {tensor.name: tensor for tensor in model.graph.initializer}
        self._made_by = {name: node for node in model.graph.node for name in node.output if name}

    def part(self, nodes: "Sequence[NodeProto]", inputs: Iterable[Layer], outputs: Iterable[str]) -> "ModelProto":
        """The model of some nodes, with the constants that they need."""
        from onnx import ModelProto, TensorProto, ValueInfoProto, helper

        inputs = list(inputs)
        part = ModelProto(ir_version=self._model.ir_version, opset_import=self._model.opset_import)
        part.functions.extend(self._model.functions)
        graph = part.graph
        graph.name = self._model.graph.name or "part"
        for layer in inputs:
            shape: list[str | int | None] = ["N", layer.channels, None, None]
            graph.input.append(helper.make_tensor_value_info(layer.name, TensorProto.FLOAT, shape))
        constants = self._constant_nodes(nodes, {layer.name for layer in inputs})
        graph.node.extend([*constants, *nodes])
        for name in sorted({name for node in graph.node for name in inputs_of(node)}):
            if name in self._constants:
                graph.initializer.append(self._constants[name])
        classes = {output.name: output.type.tensor_type.elem_type for output in self._model.graph.output}
        for name in outputs:  # without the shapes that they have for whole images, and some without a class
            known = classes.get(name, TensorProto.FLOAT)
            graph.output.append(
                helper.make_tensor_value_info(name, known, None) if known else ValueInfoProto(name=name)
            )
        return part

    def stage(self, stage: Stage, layers: dict[str, Layer]) -> "ModelProto":
        """The model of a stage, whose first input is :data:`NEAR`, and the others those beside."""
        from onnx import NodeProto

        first = NodeProto()
        first.CopyFrom(stage.nodes[0])
        uses = [k for k, name in enumerate(first.input) if name == stage.near]
        for k in uses if stage.read.is_point else uses[:1]:
            first.input[k] = NEAR
        if not stage.read.is_point:
            _set_padding(first, stage.read)
        near = layers[stage.near]
        inputs = [dataclasses.replace(near, name=NEAR), *(layers[name] for name in stage.beside)]
        return self.part([first, *stage.nodes[1:]], inputs, stage.gives)

    def _constant_nodes(self, nodes: "Iterable[NodeProto]", given: Collection[str]) -> "list[NodeProto]":
        """The nodes of constants that the given ones need, in the model's order."""
        own = {name for node in nodes for name in node.output}
        wanted = [name for node in nodes for name in inputs_of(node)]
        found = set()
        while wanted:
            name = wanted.pop()
            if name in self._made_by and name not in own and name not in given and name not in found:
                found.add(name)
                wanted.extend(inputs_of(self._made_by[name]))
        return [node for node in self._model.graph.node if found.intersection(node.output)]


def _set_padding(node: "NodeProto", read: Reading) -> None:
    """None, as it is around the input already; the operator's own, spelled out, where there is nothing to stand in."""
    from onnx import helper

    if node.op_type == "Pad":
        node.op_type = "Identity"
        del node.input[1:], node.attribute[:]
        return
    if read.fill is None and not attribute(node, "auto_pad", b"").startswith(b"SAME"):
        return
    kept = [entry for entry in node.attribute if entry.name not in ("pads", "auto_pad", "ceil_mode")]
    del node.attribute[:]
    node.attribute.extend(kept)
    if read.fill is None:
        windows = (read.rows, read.cols)
        after = [window.need(0, window.length_out)[1] - window.length for window in windows]
        node.attribute.append(helper.make_attribute("pads", [window.before for window in windows] + after))


def with_weights_beside(model: "ModelProto", file: Path) -> "ModelProto":
    """The same model, whose large weights lie in `file`: models beside it are light, and ONNX Runtime maps the file."""
    light = type(model)(ir_version=model.ir_version, opset_import=model.opset_import, functions=model.functions)
    for name in ("name", "node", "input", "output", "value_info"):
        light.graph.MergeFrom(type(model.graph)(**{name: getattr(model.graph, name)}))
    with file.open("wb") as stream:
        light.graph.initializer.extend(_beside(tensor, stream) for tensor in model.graph.initializer)
    return light


def _beside(tensor: "TensorProto", stream: BinaryIO) -> "TensorProto":
    """The tensor, whose values are written to the end of a file; itself, where it is small, or has them elsewhere."""
    if math.prod(tensor.dims) * _SINGLE < LARGE_WEIGHTS or not tensor.HasField("raw_data"):
        return tensor  # which is not asked for its bytes: protobuf writes all of them to count them
    data = tensor.raw_data
    stream.seek(-stream.tell() % _PAGE, os.SEEK_CUR)
    moved = type(tensor)(name=tensor.name, data_type=tensor.data_type, dims=tensor.dims)
    moved.data_location = type(tensor).EXTERNAL
    where = {"location": Path(stream.name).name, "offset": stream.tell(), "length": len(data)}
    for key, value in where.items():
        moved.external_data.add(key=key, value=str(value))
    stream.write(data)
    return moved


def saved(model: "ModelProto", file: Path) -> str:
    """Where the model is, now that it is written; its weights lie beside it."""
    file.write_bytes(model.SerializeToString())
    return str(file)


def optimized(model: "ModelProto", folder: Path) -> "ModelProto":
    """The model as ONNX Runtime makes it for this machine: what would be computed exhaustively, node by node.

    Large weights are beside it, in the folder in which those of `model` are, too.
    """
    import onnx

    file = folder / "optimized.onnx"
    opened(saved(model, folder / "head.onnx"), CPU, save_to=file)
    return onnx.load(file, load_external_data=False)
