"""What the nodes of an ONNX graph say of themselves."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto, TensorProto


def attribute(node: "NodeProto", name: str, default: Any) -> Any:
    from onnx import helper

    return next((helper.get_attribute_value(entry) for entry in node.attribute if entry.name == name), default)


def inputs_of(node: "NodeProto") -> Iterable[str]:
    """Every tensor a node needs, those of its subgraphs (If, Loop) included."""
    yield from node.input
    for entry in node.attribute:
        for graph in (entry.g, *entry.graphs):
            for inner in graph.node:
                yield from inputs_of(inner)


def name_of(node: "NodeProto") -> str:
    """The node's name; its first output's where it has none."""
    return node.name or next(iter(node.output), "")


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
        for graph in (entry.g, *entry.graphs):
            yield from _tensors_in(graph)


def check_operands(model: "ModelProto") -> None:
    """Raise ValueError where a node has fewer inputs or outputs than its operator: edits take them for granted."""
    from onnx import defs

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


def drop_idle_nodes(graph: "GraphProto") -> None:
    """Leave out nodes that give nothing: some operators may, and nothing is changed by it."""
    kept = [node for node in graph.node if any(node.output)]
    if len(kept) < len(graph.node):
        del graph.node[:]
        graph.node.extend(kept)
