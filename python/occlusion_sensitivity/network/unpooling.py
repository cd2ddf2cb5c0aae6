"""Max unpooling as MATLAB's exporter writes it (SegNet), run as ONNX's own operator.

Known of its files: the operator is MaxUnpool of the domain com.mathworks, without attributes. Its inputs are the
tensor, the indices, which are the second output of ONNX's MaxPool, and the size: a third output of MATLAB's layer, but
none of ONNX's operator, so that no node gives it. MATLAB's size is that of what was pooled.

Assumed, for files that others write in this form: a third input that a node does give is ONNX's output_shape, and
kernel_shape, strides and pads are ONNX's attributes.
"""

from typing import TYPE_CHECKING

from .nodes import attribute, name_of
from .old_opsets import opset_of, raise_opset

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto

_DOMAIN = "com.mathworks"
# The first opset of MaxUnpool.
_OPSET = 9


def is_unpooling(node: "NodeProto") -> bool:
    return node.domain == _DOMAIN and node.op_type == "MaxUnpool"


def has_unpooling(model: "ModelProto") -> bool:
    return any(is_unpooling(node) for node in model.graph.node)


def spell_out(model: "ModelProto") -> None:
    """Put ONNX's MaxUnpool in the place of MATLAB's; ValueError where the size of what it gives is not known."""
    if not has_unpooling(model):
        return
    if opset_of(model) < _OPSET:
        raise_opset(model)
    graph = model.graph
    given = {tensor.name for tensor in (*graph.input, *graph.initializer)}
    pools: dict[str, NodeProto] = {}
    nodes: list[NodeProto] = []
    for node in graph.node:
        nodes.extend(_spelled_out(node, pools, given) if is_unpooling(node) else [node])
        given.update(node.output)
        if node.op_type == "MaxPool" and len(node.output) > 1:
            pools[node.output[1]] = node
    del graph.node[:]
    graph.node.extend(nodes)
    if all(node.domain != _DOMAIN for node in nodes):
        imports = [entry for entry in model.opset_import if entry.domain != _DOMAIN]
        del model.opset_import[:]
        model.opset_import.extend(imports)


def _spelled_out(node: "NodeProto", pools: dict[str, "NodeProto"], given: set[str]) -> "list[NodeProto]":
    from onnx import helper

    if len(node.input) < 2 or len(node.output) != 1:
        msg = f"MaxUnpool {name_of(node)!r} must have a tensor and its indices as inputs, and one output."
        raise ValueError(msg)
    (x, indices, *size), (y,) = node.input, node.output
    pool = pools.get(indices)
    if pool is not None and attribute(pool, "storage_order", 0):
        msg = f"The indices of MaxUnpool {name_of(node)!r} must go along the rows (storage_order=0 of its MaxPool)."
        raise ValueError(msg)
    nodes = []
    shape = size[0] if size and size[0] in given else ""
    if not shape and pool is not None:
        shape = f"{y}/pooled_shape"
        nodes.append(helper.make_node("Shape", [pool.input[0]], [shape], name=shape))
    if shape:
        # The shape says all; a kernel is asked for nevertheless, and one of a single pixel asks for no larger one.
        unpool = helper.make_node(
            "MaxUnpool", [x, indices, shape], [y], name=node.name, kernel_shape=[1, 1], strides=[1, 1]
        )
        return [*nodes, unpool]
    if attribute(node, "kernel_shape", None) is None:
        msg = (
            f"The size of what MaxUnpool {name_of(node)!r} gives must be known, but its indices {indices!r} are no "
            "second output of a MaxPool before it, and it has neither a kernel_shape nor an input with the size."
        )
        raise ValueError(msg)
    unpool = helper.make_node("MaxUnpool", [x, indices], [y], name=node.name)
    unpool.attribute.extend(entry for entry in node.attribute if entry.name in ("kernel_shape", "strides", "pads"))
    return [unpool]
