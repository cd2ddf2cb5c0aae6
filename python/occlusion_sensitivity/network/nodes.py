"""What the nodes of an ONNX graph say of themselves."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto, TensorProto


def attribute(node: "NodeProto", name: str, default: Any) -> Any:
    from onnx import helper

    return next((helper.get_attribute_value(entry) for entry in node.attribute if entry.name == name), default)


def values_of(tensor: "TensorProto") -> NDArray[Any]:
    """The values of a constant; ValueError where it has others than its shape and class say."""
    from onnx import numpy_helper

    try:
        return np.asarray(numpy_helper.to_array(tensor))
    except Exception as error:  # of several kinds
        raise ValueError(f"the constant {tensor.name!r} is damaged: {error}") from error


def inputs_of(node: "NodeProto") -> Iterable[str]:
    """Every tensor a node needs, those of its subgraphs (If, Loop) included."""
    yield from node.input
    for graph in subgraphs_of(node):
        for inner in graph.node:
            yield from inputs_of(inner)


def subgraphs_of(node: "NodeProto") -> "Iterator[GraphProto]":
    """The branches of If, the bodies of Loop and Scan."""
    for entry in node.attribute:
        yield from (entry.g, *entry.graphs)


def normalizes_channels(node: "NodeProto") -> bool:
    """Whether a BatchNormalization has statistics for each channel, and is given them."""
    # Opset 7 knows spatial=0, statistics of each pixel; opset 14 knows a training mode.
    return bool(attribute(node, "spatial", 1) == 1 and attribute(node, "training_mode", 0) == 0)


def name_of(node: "NodeProto") -> str:
    """The node's name; its first output's where it has none."""
    return node.name or next(filter(None, node.output), "")


def spell_out_names(graph: "GraphProto") -> None:
    """Write the bytes of names that are no UTF-8 as \\xff: protobuf hands them out as bytes, and takes them nowhere."""
    for info in (*graph.input, *graph.output, *graph.value_info, *graph.initializer):
        if isinstance(info.name, bytes):
            info.name = as_text(info.name)
    for node in graph.node:
        if isinstance(node.name, bytes):
            node.name = as_text(node.name)
        for names in (node.input, node.output):
            for k, name in enumerate(names):
                if isinstance(name, bytes):
                    names[k] = as_text(name)
        for inner in subgraphs_of(node):
            spell_out_names(inner)


def as_text(name: str | bytes) -> str:
    return name.decode("utf-8", "backslashreplace") if isinstance(name, bytes) else name


def tensors_of(model: "ModelProto") -> "Iterator[TensorProto]":
    """Every constant of the model: initializers, and values of nodes' attributes, those of subgraphs included."""
    yield from _tensors_in(model.graph)
    for function in model.functions:
        for node in function.node:
            yield from _tensors_at(node)


def _tensors_in(graph: "GraphProto") -> "Iterator[TensorProto]":
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    for node in graph.node:
        yield from _tensors_at(node)


def _tensors_at(node: "NodeProto") -> "Iterator[TensorProto]":
    for entry in node.attribute:
        yield from (entry.t, *entry.tensors)
        for sparse in (entry.sparse_tensor, *entry.sparse_tensors):
            yield from (sparse.values, sparse.indices)
    for graph in subgraphs_of(node):
        yield from _tensors_in(graph)


def check_nodes(model: "ModelProto") -> None:
    """Raise ValueError where a node has fewer inputs or outputs than its operator, or attributes of other classes.

    Edits take them for granted.
    """
    from onnx import AttributeProto, defs

    opsets = {"" if entry.domain == "ai.onnx" else entry.domain: entry.version for entry in model.opset_import}
    for node in model.graph.node:
        domain = "" if node.domain == "ai.onnx" else node.domain
        try:
            schema = defs.get_schema(node.op_type, max_inclusive_version=opsets.get(domain, 1), domain=domain)
        except defs.SchemaError:  # none of ONNX's operators: what it needs, its own runtime knows
            continue
        if len(node.input) < schema.min_input or len(node.output) < schema.min_output:
            has = f"{len(node.input)} inputs and {len(node.output)} outputs"
            needs = f"{node.op_type} needs {schema.min_input} and {schema.min_output}"
            raise ValueError(f"node {name_of(node)!r} has {has}, but {needs}")
        for entry in node.attribute:
            known = schema.attributes.get(entry.name)
            allowed, given = str(known and known.type).rpartition(".")[2], AttributeProto.AttributeType.Name(entry.type)
            if known is not None and given != allowed:
                of = f"node {name_of(node)!r}: attribute {entry.name} of {node.op_type}"
                raise ValueError(f"{of} must be {allowed}, but is {given}")


def drop_idle_nodes(graph: "GraphProto") -> None:
    """Leave out nodes that give nothing: some operators may, and nothing is changed by it."""
    kept = [node for node in graph.node if any(node.output)]
    if len(kept) < len(graph.node):
        del graph.node[:]
        graph.node.extend(kept)
