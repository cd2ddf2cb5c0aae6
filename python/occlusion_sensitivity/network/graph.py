"""Reads and edits ONNX graphs. onnx is imported only when a graph really has to be read."""

import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .layers import Layer

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto

# The oldest opset that ONNX Runtime takes.
_OLDEST_OPSET = 7
# Attributes that operators had before opset 7. At inference, none of them says more than opset 7 does without them.
_OLD_ATTRIBUTES = frozenset({"consumed_inputs", "is_test", "broadcast", "axis"})
_ARITHMETIC = frozenset({"Add", "Sub", "Mul", "Div", "Pow"})


class NetworkFile:
    """An ONNX file, with the edits that ONNX Runtime or the caller needs.

    Parameters
    ----------
    path : pathlib.Path
    outputs : sequence of str
        The tensors that are the network's outputs; none for those of the file.
    """

    def __init__(self, path: Path, outputs: Sequence[str] = ()) -> None:
        self.path = path.absolute()
        self.outputs = tuple(outputs)

    def model(self) -> str | bytes:
        """What ONNX Runtime opens: the file itself where it needs no edit."""
        return _serialized(self._edited()) if self.outputs else str(self.path)

    def modernized(self) -> bytes | None:
        """The network with an opset that ONNX Runtime takes; None where the file has one or cannot be read."""
        try:
            model = _loaded(self.path)
        except Exception:  # onnx raises whatever protobuf and the external data's reader do
            return None
        return _serialized(self._edited()) if _opset(model) < _OLDEST_OPSET else None

    def with_open_batch(self) -> bytes:
        """The network, whose batch is fixed, with a batch of any size. Whether it is right is for the caller to try."""
        model = self._edited()
        _open_batch(model)
        return _serialized(model)

    def layers(self) -> list[Layer]:
        """Every node of the graph, under its name or that of its first output."""
        return [Layer(_name_of(node), node.op_type) for node in _loaded(self.path).graph.node]

    def tensor_named(self, name: str) -> str:
        """The tensor of that name, or the first output of the node of that name."""
        graph = _loaded(self.path).graph
        nodes = {_name_of(node): node.output[0] for node in graph.node}
        tensors = {output: output for node in graph.node for output in node.output if output}
        known: dict[str, str] = {**nodes, **tensors}
        if name not in known:
            closest = difflib.get_close_matches(name, known, n=3, cutoff=0.4) or list(known)[-3:]
            msg = f"OutputNames must be layers of the network, but {name!r} is none. Closest: {', '.join(closest)}."
            raise ValueError(msg)
        return known[name]

    def _edited(self) -> "ModelProto":
        model = _loaded(self.path)
        _take_initializers_from_inputs(model)
        if _opset(model) < _OLDEST_OPSET:
            _modernize(model)
        if self.outputs:
            _set_outputs(model.graph, self.outputs)
        return model


def _onnx() -> ModuleType:
    try:
        import onnx
    except ImportError as error:
        msg = f'Editing this network needs onnx ({error}): pip install "occlusion-sensitivity[cpu]" or [gpu].'
        raise ImportError(msg) from error
    return onnx


def _loaded(path: Path) -> "ModelProto":
    model: ModelProto = _onnx().load(path, format="protobuf")
    return model


def _serialized(model: "ModelProto") -> bytes:
    return bytes(model.SerializeToString())


def _name_of(node: "NodeProto") -> str:
    return node.name or node.output[0]


def _opset(model: "ModelProto") -> int:
    return max(
        (entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), default=_OLDEST_OPSET
    )


def _take_initializers_from_inputs(model: "ModelProto") -> None:
    """Before IR 4, initializers were also listed as inputs; those that an edit adds could not stand beside them."""
    initializers = {tensor.name for tensor in model.graph.initializer}
    inputs = [tensor for tensor in model.graph.input if tensor.name not in initializers]
    del model.graph.input[:]
    model.graph.input.extend(inputs)
    model.ir_version = max(model.ir_version, 4)


# Outputs -------------------------------------------------------------------------------------------------------------


def _set_outputs(graph: "GraphProto", names: Sequence[str]) -> None:
    """Make `names` the outputs, and leave out the nodes that none of them needs."""
    from onnx import TensorProto, ValueInfoProto

    known = {info.name: info for info in (*graph.value_info, *graph.output)}
    outputs = []
    for name in names:
        info = ValueInfoProto(name=name)
        # The class where the file says it, else ONNX Runtime infers it; the shape is always inferred.
        info.type.tensor_type.elem_type = (
            known[name].type.tensor_type.elem_type if name in known else TensorProto.UNDEFINED
        )
        if not info.type.tensor_type.elem_type:
            info.ClearField("type")
        outputs.append(info)
    needed = set(names)
    kept = []
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            kept.append(node)
            needed.update(_inputs_of(node))
    kept.reverse()
    for field, values in ((graph.output, outputs), (graph.node, kept)):
        del field[:]
        field.extend(values)


def _inputs_of(node: "NodeProto") -> Iterable[str]:
    """Every tensor a node needs, those of its subgraphs (If, Loop) included."""
    yield from node.input
    for attribute in node.attribute:
        for graph in (attribute.g, *attribute.graphs):
            for inner in graph.node:
                yield from _inputs_of(inner)


# Classifiers ---------------------------------------------------------------------------------------------------------


def as_classifier(path: Path, *, bgr: bool, softmax: bool) -> bytes:
    """The network of `path` for RGB images, with a softmax at its end: `bgr` and `softmax` say what is missing."""
    from onnx import helper, numpy_helper

    model = _loaded(path)
    _take_initializers_from_inputs(model)
    graph = model.graph
    if bgr:
        (source,) = graph.input
        swapped = f"{source.name}/bgr"
        for node in graph.node:
            node.input[:] = [swapped if name == source.name else name for name in node.input]
        order = numpy_helper.from_array(np.array([2, 1, 0], dtype=np.int64), f"{source.name}/bgr_order")
        graph.initializer.append(order)
        graph.node.insert(0, helper.make_node("Gather", [source.name, order.name], [swapped], name=swapped, axis=1))
    if softmax:
        (logits,) = graph.output
        graph.node.append(helper.make_node("Softmax", [logits.name], ["prob"], name="prob", axis=1))
        probabilities = type(logits)()
        probabilities.CopyFrom(logits)
        probabilities.name = "prob"
        del graph.output[:]
        graph.output.append(probabilities)
    return _serialized(model)


# Batch ---------------------------------------------------------------------------------------------------------------


def _open_batch(model: "ModelProto") -> None:
    """Make the batch dimension a symbol, and let constant shapes of Reshape nodes on the image's way follow it."""
    graph = model.graph
    constants = _constants(graph)
    (source,) = graph.input
    batch = source.type.tensor_type.shape.dim[0].dim_value
    for tensor in (source, *graph.output):
        if tensor.type.tensor_type.shape.dim:
            tensor.type.tensor_type.shape.dim[0].dim_param = "N"
    # Inferred for the fixed batch; ONNX Runtime infers them again.
    del graph.value_info[:]
    from_image = {source.name}
    for node in graph.node:
        if from_image.intersection(node.input):
            from_image.update(node.output)
            if node.op_type == "Reshape" and node.input[0] in from_image and node.input[1] in constants:
                _open_reshape(graph, node, constants[node.input[1]], batch)


def _open_reshape(graph: "GraphProto", node: "NodeProto", shape: NDArray[np.int64], batch: int) -> None:
    """Let the first length of a constant shape follow the input: inferred, or copied where another one is inferred."""
    from onnx import numpy_helper

    if shape.size == 0 or shape[0] != batch:
        return
    opened = shape.copy()
    opened[0] = 0 if -1 in shape else -1
    # Under a name of its own: other nodes may use the same constant.
    name = f"{node.output[0]}/open_batch_shape"
    graph.initializer.append(numpy_helper.from_array(opened, name))
    node.input[1] = name


def _constants(graph: "GraphProto") -> dict[str, NDArray[np.int64]]:
    """The values of the graph's constant integer tensors: initializers and Constant nodes."""
    from onnx import TensorProto, numpy_helper

    tensors = {tensor.name: tensor for tensor in graph.initializer}
    constants = {}
    for node in graph.node:
        for attribute in node.attribute if node.op_type == "Constant" else ():
            if attribute.name == "value":
                tensors[node.output[0]] = attribute.t
            elif attribute.name == "value_ints":
                constants[node.output[0]] = np.array(attribute.ints, dtype=np.int64)
    for name, tensor in tensors.items():
        if tensor.data_type == TensorProto.INT64:
            constants[name] = numpy_helper.to_array(tensor)
    return constants


# Old opsets ----------------------------------------------------------------------------------------------------------


def _modernize(model: "ModelProto") -> None:
    """Bring a network of opset 6, as MATLAB's exporters of 2018 wrote it, to opset 7.

    Three things stand in the way of ONNX's own converter and of ONNX Runtime: Gemm fed by N×C×H×W, attributes that
    opset 7 no longer knows, and arithmetic whose second operand begins at a named axis.
    """
    graph = model.graph
    ranks = {tensor.name: len(tensor.dims) for tensor in graph.initializer}
    nodes: list[NodeProto] = []
    for node in graph.node:
        if node.op_type == "Gemm":
            nodes.append(_flattened_input(node))
        elif node.op_type in _ARITHMETIC:
            nodes.extend(_aligned_operand(graph, node, ranks))
        _drop_old_attributes(node)
        nodes.append(node)
    del graph.node[:]
    graph.node.extend(nodes)
    # What the file says of shapes may hold for the implicit flattening only.
    del graph.value_info[:]
    for output in graph.output:
        output.type.tensor_type.ClearField("shape")
    for entry in model.opset_import:
        if entry.domain in ("", "ai.onnx"):
            entry.version = _OLDEST_OPSET


def _flattened_input(gemm: "NodeProto") -> "NodeProto":
    from onnx import helper

    flat = f"{gemm.output[0]}/flattened_input"
    flatten = helper.make_node("Flatten", [gemm.input[0]], [flat], name=flat, axis=1)
    gemm.input[0] = flat
    return flatten


def _aligned_operand(graph: "GraphProto", node: "NodeProto", ranks: dict[str, int]) -> "list[NodeProto]":
    """Opset 6 lays the second operand along the axes from `axis` on; opset 7 along the last ones."""
    from onnx import helper, numpy_helper

    axis = next((a.i for a in node.attribute if a.name == "axis"), None)
    rank = ranks.get(node.input[1])
    image_rank = 4
    if axis is None or rank is None or axis < 0 or axis + rank >= image_rank:
        return []
    name = f"{node.output[0]}/operand_shape"
    tensor = next(tensor for tensor in graph.initializer if tensor.name == node.input[1])
    shape = np.array([*tensor.dims, *[1] * (image_rank - axis - rank)], dtype=np.int64)
    graph.initializer.append(numpy_helper.from_array(shape, name))
    reshape = helper.make_node("Reshape", [node.input[1], name], [f"{name}d"], name=f"{name}d")
    node.input[1] = reshape.output[0]
    return [reshape]


def _drop_old_attributes(node: "NodeProto") -> None:
    # "axis" belongs to the arithmetic of old only; Concat, Softmax and others keep theirs.
    old = _OLD_ATTRIBUTES if node.op_type in _ARITHMETIC else _OLD_ATTRIBUTES - {"axis"}
    kept = [attribute for attribute in node.attribute if attribute.name not in old]
    del node.attribute[:]
    node.attribute.extend(kept)
