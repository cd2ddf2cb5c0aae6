"""Graphs rewritten for speed: the same function within float noise, in operators that ONNX Runtime runs faster.

What ONNX Runtime does itself (constants folded, normalisations folded into the convolution before them) is left to it.
Measured in docs/performance.md.
"""

import mmap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .nodes import attribute, inputs_of, normalizes_channels, values_of

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto

# Above this, the convolution that stands in for a normalisation across channels costs more than it saves.
_MOST_CHANNELS = 1024
# Shapes and axes, which shape inference has to know, have fewer values.
_SMALL = 256

# Of the normalisation across channels; 0.75 is what networks have.
_LARGEST_POWER = 4.0
# What is larger or nearer to 0 may leave the range of single on the one way and not on the other.
_LARGEST, _SMALLEST = 1e12, 1e-12

# What tensors are called that hold positive numbers.
_POSITIVE = "positive_"

Vector = NDArray[np.float64]


def may_pay(path: Path) -> bool:
    """Whether the file has what :func:`rewrite` changes; its bytes are searched, so that onnx need not be imported."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            has = [content.find(_encoded(name)) >= 0 for name in ("LRN", "BatchNormalization", "Mul", "Add")]
    except (OSError, ValueError):  # ValueError: an empty file
        return False
    lrn, normalization, *scaling = has
    return lrn or (normalization and any(scaling))


def rewrite(model: "ModelProto") -> None:
    """Change the graph of `model` in place."""
    channels = _channels_of_images(model)
    _merge_scalings(model.graph, channels)
    _spell_out_lrn(model.graph, channels)


def _encoded(operator: str) -> bytes:
    """The operator as a node has it in an ONNX file: protobuf's field 4, a text."""
    return b"\x22" + bytes([len(operator)]) + operator.encode("ascii")


def _channels_of_images(model: "ModelProto") -> dict[str, int]:
    """Tensor → how many channels it has, of those that are known to be N×C×H×W of singles."""
    from onnx import TensorProto

    graph = _inferred(model)
    known = {}
    for info in (*graph.value_info, *graph.input, *graph.output):
        shape = info.type.tensor_type.shape.dim
        if info.type.tensor_type.elem_type == TensorProto.FLOAT and len(shape) == 4 and shape[1].dim_value > 0:
            known[info.name] = int(shape[1].dim_value)
    return known


def shapes_of(model: "ModelProto") -> dict[str, tuple[int, ...]]:
    """Tensor → its shape, of those whose shape is known; a length that is not fixed is 0."""
    known = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    graph = _inferred(model)
    for info in (*graph.value_info, *graph.output):
        if info.type.tensor_type.HasField("shape"):
            shape = tuple(length.dim_value for length in info.type.tensor_type.shape.dim)
            known.setdefault(info.name, shape)
    return known


def _inferred(model: "ModelProto") -> "GraphProto":
    """The graph with the shapes of its tensors, without its weights; an empty one where they cannot be inferred."""
    from onnx import GraphProto, shape_inference

    try:
        return shape_inference.infer_shapes(_without_weights(model)).graph
    except Exception:  # onnx's own exceptions, of several kinds
        return GraphProto()


def _without_weights(model: "ModelProto") -> "ModelProto":
    """The model with all but the small constants as inputs, since shape inference copies the model twice."""
    from onnx import ModelProto, helper

    light = ModelProto(ir_version=model.ir_version, opset_import=model.opset_import, functions=model.functions)
    source = model.graph
    light.graph.name = source.name
    light.graph.node.extend(source.node)
    light.graph.input.extend(source.input)
    light.graph.output.extend(source.output)
    light.graph.value_info.extend(source.value_info)
    for tensor in source.initializer:
        if np.prod(tensor.dims) <= _SMALL:
            light.graph.initializer.append(tensor)
        else:
            light.graph.input.append(helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims))
    return light


# Scale and shift of each channel --------------------------------------------------------------------------------------


def _merge_scalings(graph: "GraphProto", channels: Mapping[str, int]) -> None:
    """BatchNormalization followed by Mul and Add of constants, as Caffe's networks have it → one BatchNormalization.

    Behind a convolution ONNX Runtime folds them all; elsewhere it leaves each a pass over the image.
    """
    statistics = _single_initializers(graph)
    operands = _operands(graph, statistics)
    users = _users(graph)
    gone: set[str] = set()
    for node in graph.node:
        n_channels = channels.get(node.output[0])
        if node.op_type != "BatchNormalization" or n_channels is None or not _is_plain(node, n_channels, statistics):
            continue
        scale, shift = _scale_and_shift(node, statistics)
        merged = []
        for follower, operand in _followers(node, users, operands):
            if operand.size not in (1, n_channels) or not _are_ordinary(scale, shift, operand):
                break
            scale, shift = (scale * operand, shift * operand) if follower.op_type == "Mul" else (scale, shift + operand)
            merged.append(follower.output[0])
        if merged:
            gone.update(merged)
            _set_scale_and_shift(graph, node, merged[-1], scale, shift)
    kept = [node for node in graph.node if node.op_type == "BatchNormalization" or not gone.intersection(node.output)]
    del graph.node[:]
    graph.node.extend(kept)


def _followers(
    node: "NodeProto", users: Mapping[str, Sequence["NodeProto"]], operands: Mapping[str, Vector]
) -> Iterator[tuple["NodeProto", Vector]]:
    """The Mul and Add with a constant that alone use what `node` gives, one after another."""
    tensor = node.output[0]
    while len(users.get(tensor, ())) == 1:
        (follower,) = users[tensor]
        constant = next((operands[name] for name in follower.input if name in operands), None)
        if follower.op_type not in ("Mul", "Add") or constant is None:
            return
        yield follower, constant
        tensor = follower.output[0]


def _is_plain(node: "NodeProto", n_channels: int, statistics: Mapping[str, Vector]) -> bool:
    """Whether a BatchNormalization is a constant factor and a constant term of each channel, of ordinary size."""
    known = [statistics[name] for name in node.input[1:] if name in statistics]
    if not normalizes_channels(node) or len(node.output) != 1 or [v.shape for v in known] != [(n_channels,)] * 4:
        return False
    scale, bias, mean, variance = known
    spread = variance + attribute(node, "epsilon", 1e-5)
    return _are_ordinary(scale, bias, mean, spread) and bool((spread > 0).all())


def _are_ordinary(*parts: Vector) -> bool:
    """Whether all numbers are 0, or of a size at which products and sums of a few stay in the range of single."""
    sizes = np.abs(np.concatenate(parts))
    return bool(((sizes == 0) | ((sizes >= _SMALLEST) & (sizes <= _LARGEST))).all())


def _scale_and_shift(node: "NodeProto", statistics: Mapping[str, Vector]) -> tuple[Vector, Vector]:
    scale, bias, mean, variance = (statistics[name] for name in node.input[1:])
    scale = scale / np.sqrt(variance + attribute(node, "epsilon", 1e-5))
    return scale, bias - mean * scale


def _set_scale_and_shift(graph: "GraphProto", node: "NodeProto", output: str, scale: Vector, shift: Vector) -> None:
    from onnx import helper, numpy_helper

    statistics = {"scale": scale, "bias": shift, "mean": np.zeros_like(scale), "variance": np.ones_like(scale)}
    names = {key: f"{output}/merged_{key}" for key in statistics}
    graph.initializer.extend(
        numpy_helper.from_array(statistics[key].astype(np.float32), names[key]) for key in statistics
    )
    node.input[1:] = names.values()
    node.output[0] = output
    del node.attribute[:]
    node.attribute.append(helper.make_attribute("epsilon", 0.0))


def _single_initializers(graph: "GraphProto") -> dict[str, Vector]:
    from onnx import TensorProto

    return {
        tensor.name: values_of(tensor).astype(np.float64)
        for tensor in graph.initializer
        if tensor.data_type == TensorProto.FLOAT and np.prod(tensor.dims) == max(tensor.dims, default=1)
    }


def _operands(graph: "GraphProto", constants: Mapping[str, Vector]) -> dict[str, Vector]:
    """Constants that are one number, or one for each channel of N×C×H×W (C×1×1 or 1×C×1×1), as vectors."""
    shaped = dict(constants)
    for node in graph.node:
        # A vector, and an Unsqueeze, as converters of Caffe's networks write C×1×1.
        if node.op_type == "Unsqueeze" and node.input[0] in constants and list(attribute(node, "axes", ())) == [1, 2]:
            shaped[node.output[0]] = constants[node.input[0]][:, np.newaxis, np.newaxis]
    by_channel = {
        name: value for name, value in shaped.items() if value.ndim <= 4 and value.shape[-3:] == (value.size, 1, 1)
    }
    numbers = {name: value for name, value in shaped.items() if value.ndim <= 4 and value.size == 1}
    return {name: value.reshape(-1) for name, value in {**by_channel, **numbers}.items()}


# Normalisation across channels ----------------------------------------------------------------------------------------


def _spell_out_lrn(graph: "GraphProto", channels: Mapping[str, int]) -> None:
    """x / (bias + alpha/size · Σ x²)^beta, whose sum over channels nearby is a 1×1 convolution with a banded kernel.

    ONNX Runtime's own LRN works in one thread.
    """
    nodes: list[NodeProto] = []
    for node in graph.node:
        n_channels = channels.get(node.input[0], _MOST_CHANNELS + 1) if node.op_type == "LRN" else 0
        nodes.extend(_lrn_nodes(graph, node, n_channels) if 0 < n_channels <= _MOST_CHANNELS else [node])
    del graph.node[:]
    graph.node.extend(nodes)


def _lrn_nodes(graph: "GraphProto", node: "NodeProto", n_channels: int) -> list["NodeProto"]:
    from onnx import helper, numpy_helper

    size = int(attribute(node, "size", 0))
    alpha, beta, bias = (float(attribute(node, *how)) for how in (("alpha", 1e-4), ("beta", 0.75), ("bias", 1.0)))
    if not (bias > 0 and alpha >= 0 and 0 < beta <= _LARGEST_POWER and size % 2):
        return [node]  # what ONNX Runtime refuses, or the root of a negative number
    if not _are_ordinary(np.array([bias, alpha, alpha / size])):
        return [node]
    x, y = node.input[0], node.output[0]
    channel = np.arange(n_channels)
    band = np.where(np.abs(channel - channel[:, np.newaxis]) <= size // 2, alpha / size, 0.0)
    constants = {
        f"{y}/kernel": band.astype(np.float32)[:, :, np.newaxis, np.newaxis],
        f"{y}/bias": np.full(n_channels, bias, dtype=np.float32),
        f"{y}/beta": np.array(beta, dtype=np.float32),
    }
    square = f"{y}/square"
    total, root, fourth_root, power = (f"{y}/{_POSITIVE}{name}" for name in ("sum", "root", "fourth_root", "power"))
    nodes = [
        helper.make_node("Mul", [x, x], [square], name=square),
        helper.make_node("Conv", [square, f"{y}/kernel", f"{y}/bias"], [total], name=total),
    ]
    if beta == 0.75:  # as nearly always: two roots are faster than a power
        del constants[f"{y}/beta"]
        nodes += [
            helper.make_node("Sqrt", [total], [root], name=root),
            helper.make_node("Sqrt", [root], [fourth_root], name=fourth_root),
            helper.make_node("Mul", [root, fourth_root], [power], name=power),
        ]
    else:
        nodes.append(helper.make_node("Pow", [total, f"{y}/beta"], [power], name=power))
    graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in constants.items())
    return [*nodes, helper.make_node("Div", [x, power], [y], name=node.name)]


def is_positive(tensor: str) -> bool:
    """Whether a tensor is known to hold positive numbers, by the name that it was given here."""
    return tensor.rpartition("/")[2].startswith(_POSITIVE)


def _users(graph: "GraphProto") -> dict[str, list["NodeProto"]]:
    """Tensor → the nodes that use it, once for each use; without the graph's outputs, which others use as well.

    What a subgraph uses counts for the node that holds it.
    """
    users: dict[str, list[NodeProto]] = {}
    for node in graph.node:
        for name in inputs_of(node):
            users.setdefault(name, []).append(node)
    for output in graph.output:
        users.pop(output.name, None)
    return users
