"""What the nodes of an ONNX graph say of themselves."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from onnx import NodeProto


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
