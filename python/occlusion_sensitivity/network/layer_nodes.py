"""Which nodes of a graph are layers, and by which names they are found."""

import difflib
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .nodes import inputs_of, name_of, subgraphs_of

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto

# What these give is known from the size of the image: what is computed of it alone, is arithmetic of sizes.
_SIZES = frozenset({"Shape", "Size"})
# What MATLAB's exporter writes behind the image input layer: its normalisation.
_NORMALIZING = frozenset({"Sub", "Div", "Mul", "Add"})


def layer_nodes(graph: "GraphProto") -> "list[NodeProto]":
    """The nodes that work on the image: none of weights, none of the arithmetic of sizes."""
    reached = _images(graph)
    layers = []
    for node in graph.node:
        if _takes(node, reached):
            layers.append(node)
            reached.update(node.output)
            reached.discard("")
    return layers


def tensor_named(graph: "GraphProto", name: str, typed: str) -> str:
    """The tensor of that name, or what the layer of that name gives: in the file, or in MATLAB before the export."""
    layers = layer_nodes(graph)
    known: dict[str, str] = {name_of(node): output_of(node) for node in layers}
    known.update({output: output for node in layers for output in node.output if output})
    images = _images(graph)
    for spelling in (name, _as_exported(name)):
        if spelling in known:
            return known[spelling]
        parts = [node for node in layers if spelling not in images or node.op_type in _NORMALIZING]
        end = _end_of_layer(spelling, parts)
        if end is not None:
            return output_of(end)
    raise ValueError(_unknown(graph, name, list(known), typed))


def output_of(node: "NodeProto") -> str:
    """The first tensor that a node gives."""
    output: str = next(filter(None, node.output))
    return output


def _images(graph: "GraphProto") -> set[str]:
    # Before IR 4, initializers were also listed as inputs.
    return {tensor.name for tensor in graph.input} - {tensor.name for tensor in graph.initializer}


def _takes(node: "NodeProto", reached: set[str]) -> bool:
    """Whether a node, or one of its subgraphs, takes more than the size of what the image reaches."""
    if node.op_type in _SIZES:
        return False
    inside = (inner for graph in subgraphs_of(node) for inner in graph.node)
    return not reached.isdisjoint(node.input) or any(_takes(inner, reached) for inner in inside)


def _as_exported(name: str) -> str:
    """The name as MATLAB's exporter writes it: letters and digits stay, all else is an underscore."""
    legal = "".join(c if c.isalpha() or c in "0123456789" else "_" for c in name)
    return f"_{legal}" if legal[:1].isdigit() else legal


def _end_of_layer(name: str, layers: Sequence["NodeProto"]) -> "NodeProto | None":
    """The last of the nodes that one layer of MATLAB became: `fc` is `fc_MatMul` and `fc_Add` in the file.

    None where there is none, or where not all of them lead to the last: then they are no single layer.
    """
    parts = [k for k, node in enumerate(layers) if _is_part_of(name, node)]
    if not parts:
        return None
    end = layers[parts[-1]]
    needed = set(inputs_of(end))
    leading = []
    for k in reversed(range(parts[-1])):
        if needed.intersection(layers[k].output):
            needed.update(inputs_of(layers[k]))
            leading.append(k)
    return end if set(parts[:-1]).issubset(leading) else None


def _is_part_of(name: str, node: "NodeProto") -> bool:
    # Of several nodes of the same operator, the exporter numbers the names.
    operator = re.escape(node.op_type)
    return any(re.fullmatch(rf"{re.escape(name)}_{operator}\d*", own) for own in (name_of(node), output_of(node)))


def _unknown(graph: "GraphProto", name: str, known: Sequence[str], typed: str) -> str:
    if name in _images(graph):
        return f"{typed} must be layers behind the input, but {name!r} is the input."
    others = {text for node in graph.node for text in (name_of(node), *node.output)}
    others.update(tensor.name for tensor in graph.initializer)
    why = ": it does not depend on the pixels of the image" if name and name in others else ""
    closest = difflib.get_close_matches(name, known, n=3, cutoff=0.4) or known[-3:]
    hint = f" Closest: {', '.join(closest)}." if closest else ""
    return f"{typed} must be layers of the network, but {name!r} is none{why}.{hint}"
