"""The ONNX models of stages and of the rest, cut out of a network's graph."""

import tempfile
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..network.nodes import attribute, inputs_of
from .operators import Reading
from .stages import Layer, Stage

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto

# A stage's own name of what its first node reads: the same tensor may be read position by position as well.
NEAR = "occlusion_sensitivity/near"


class Parts:
    """A model, of which parts are wanted."""

    def __init__(self, model: "ModelProto") -> None:
        self._model = model
        self._constants = {tensor.name: tensor for tensor in model.graph.initializer}
        self._made_by = {name: node for node in model.graph.node for name in node.output if name}

    def part(self, nodes: "Sequence[NodeProto]", inputs: Iterable[Layer], outputs: Iterable[str]) -> "ModelProto":
        """The model of some nodes, with the constants that they need."""
        from onnx import ModelProto, TensorProto, helper

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
        known = {output.name: output for output in self._model.graph.output}
        for name in outputs:
            graph.output.append(known.get(name) or helper.make_tensor_value_info(name, TensorProto.FLOAT, None))
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
        as_near = Layer(NEAR, near.size, near.channels, near.blocked, *near.extents)
        inputs = [as_near, *(layers[name] for name in stage.beside)]
        return self.part([first, *stage.nodes[1:]], inputs, stage.gives)

    def keep(self, nodes: "Sequence[NodeProto]", inputs: Iterable[Layer], outputs: Iterable[str]) -> "ModelProto":
        """The model with these nodes alone, which is changed: its weights are not copied."""
        part = Parts(_without_initializers(self._model)).part(nodes, inputs, outputs)
        needed = {name for node in part.graph.node for name in inputs_of(node)}
        initializers = self._model.graph.initializer
        for k in reversed(range(len(initializers))):
            if initializers[k].name not in needed:
                del initializers[k]
        for name in ("node", "input", "output", "value_info"):
            self._model.graph.ClearField(name)
        self._model.graph.MergeFrom(part.graph)
        return self._model

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

    if read.fill is None and not attribute(node, "auto_pad", b"").startswith(b"SAME"):
        return
    kept = [entry for entry in node.attribute if entry.name not in ("pads", "auto_pad", "ceil_mode")]
    del node.attribute[:]
    node.attribute.extend(kept)
    if read.fill is None:
        windows = (read.rows, read.cols)
        after = [window.need(0, window.length_out)[1] - window.length for window in windows]
        node.attribute.append(helper.make_attribute("pads", [window.before for window in windows] + after))


def _without_initializers(model: "ModelProto") -> "ModelProto":
    light = type(model)(ir_version=model.ir_version, opset_import=model.opset_import, functions=model.functions)
    light.graph.name = model.graph.name
    light.graph.node.extend(model.graph.node)
    light.graph.output.extend(model.graph.output)
    return light


def optimized(model: "ModelProto") -> "ModelProto":
    """The model as ONNX Runtime makes it for this machine: what would be computed exhaustively, node by node."""
    import onnx

    from ..devices.cpu import CPU
    from ..network.providers import opened

    with tempfile.TemporaryDirectory(prefix="occlusion-sensitivity-") as folder:
        given, path = Path(folder, "given.onnx"), Path(folder, "optimized.onnx")
        onnx.save(model, given)
        model.Clear()  # it is held by ONNX Runtime now, and on the disk
        opened(str(given), CPU, save_to=path)
        return onnx.load(path)
