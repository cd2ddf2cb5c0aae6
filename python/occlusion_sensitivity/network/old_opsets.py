"""Networks of old opsets, brought to the oldest one that has what is needed."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto

# The oldest opset that ONNX Runtime takes, and the oldest that is brought there.
OLDEST_OPSET = 7
OLDEST_REPAIRED = 6
TWO_OPERANDS = frozenset({"Add", "Sub", "Mul", "Div", "Pow", "And", "Or", "Xor", "Equal", "Greater", "Less"})
# Attributes that operators had before opset 7. At inference, none of them says more than opset 7 does without them.
_OLD_ATTRIBUTES = frozenset({"consumed_inputs", "is_test", "broadcast", "axis"})


def opset_of(model: "ModelProto") -> int:
    return max((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), default=OLDEST_OPSET)


def modernize(model: "ModelProto") -> None:
    """Bring a network of opset 6, as MATLAB's exporters of 2018 wrote it, to opset 7.

    Three things stand in the way of ONNX's own converter and of ONNX Runtime: Gemm fed by N×C×H×W, attributes that
    opset 7 no longer knows, and operands that begin at a named axis.
    """
    graph = model.graph
    ranks = {tensor.name: len(tensor.dims) for tensor in graph.initializer}
    ranks.update({tensor.name: len(tensor.type.tensor_type.shape.dim) for tensor in graph.input})
    nodes: list[NodeProto] = []
    for node in graph.node:
        if node.op_type == "Gemm":
            nodes.extend(_flattened_input(node))
        elif node.op_type in TWO_OPERANDS or node.op_type == "PRelu":
            nodes.extend(_aligned_operand(graph, node, ranks))
        elif node.op_type == "BatchNormalization":
            del node.output[1:]  # outputs of the training, which opset 7 would take for a wish to train
        _drop_old_attributes(node)
        ranks.update(dict.fromkeys(node.output, _rank_of_output(node, ranks)))
        nodes.append(node)
    del graph.node[:]
    graph.node.extend(nodes)
    # What the file says of shapes may hold for the implicit flattening only.
    del graph.value_info[:]
    for output in graph.output:
        output.type.tensor_type.ClearField("shape")
    for entry in model.opset_import:
        if entry.domain in ("", "ai.onnx"):
            entry.version = OLDEST_OPSET


def raise_opset(model: "ModelProto") -> None:
    """Bring a network of opset 7 or 8 to opset 9, which has operators that MATLAB's exporter writes as its own."""
    from onnx import numpy_helper

    graph = model.graph
    for node in graph.node:
        attributes = {entry.name: entry for entry in node.attribute}
        if node.op_type == "BatchNormalization" and "spatial" in attributes:
            if attributes["spatial"].i != 1:
                msg = f"BatchNormalization {node.name!r} must have a statistic for each channel, but has one per pixel."
                raise ValueError(msg)
            node.attribute.remove(attributes["spatial"])
        elif node.op_type == "Upsample" and "scales" in attributes:
            name = f"{node.output[0]}/scales"
            scales = np.array(attributes["scales"].floats, dtype=np.float32)
            graph.initializer.append(numpy_helper.from_array(scales, name))
            node.input.append(name)
            node.attribute.remove(attributes["scales"])
    for entry in model.opset_import:
        if entry.domain in ("", "ai.onnx"):
            entry.version = 9


def _rank_of_output(node: "NodeProto", ranks: dict[str, int]) -> int:
    """The number of axes of a node's output; that of its first input for most operators."""
    if node.op_type in ("Gemm", "Flatten", "MatMul"):
        return 2
    if node.op_type == "Constant":
        return next((len(attribute.t.dims) for attribute in node.attribute if attribute.name == "value"), 0)
    return max((ranks.get(name, 0) for name in node.input[:1]), default=0)


def _flattened_input(gemm: "NodeProto") -> "list[NodeProto]":
    from onnx import helper

    if any(attribute.name == "transA" and attribute.i for attribute in gemm.attribute):
        return []  # its input is a matrix of another kind than images
    flat = f"{gemm.output[0]}/flattened_input"
    flatten = helper.make_node("Flatten", [gemm.input[0]], [flat], name=flat, axis=1)
    gemm.input[0] = flat
    return [flatten]


def _aligned_operand(graph: "GraphProto", node: "NodeProto", ranks: dict[str, int]) -> "list[NodeProto]":
    """Opset 6 lays the second operand along the axes from `axis` on; opset 7 along the last ones."""
    from onnx import helper, numpy_helper

    image_rank, rank = ranks.get(node.input[0], 0), ranks.get(node.input[1], 0)
    axis = next((a.i for a in node.attribute if a.name == "axis"), None)
    if node.op_type == "PRelu" and rank == 1:
        axis = 1  # a slope for each channel
    if axis is None or rank == 0:
        return []
    missing = image_rank - (axis + image_rank if axis < 0 else axis) - rank
    if missing <= 0:
        return []
    # Ones behind the operand's own lengths, which 0 copies.
    name = f"{node.output[0]}/operand_shape"
    graph.initializer.append(numpy_helper.from_array(np.array([0] * rank + [1] * missing, dtype=np.int64), name))
    reshape = helper.make_node("Reshape", [node.input[1], name], [f"{name}d"], name=f"{name}d")
    node.input[1] = reshape.output[0]
    return [reshape]


def _drop_old_attributes(node: "NodeProto") -> None:
    # "axis" belongs to the two operands of old only; Concat, Softmax and others keep theirs.
    old = _OLD_ATTRIBUTES if node.op_type in TWO_OPERANDS else _OLD_ATTRIBUTES - {"axis"}
    kept = [attribute for attribute in node.attribute if attribute.name not in old]
    del node.attribute[:]
    node.attribute.extend(kept)
