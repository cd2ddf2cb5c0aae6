"""What the operators of a graph do to positions: which of them read what is near, and which read everything."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..network.nodes import attribute, normalizes_channels, subgraphs_of
from ..network.throughput import is_positive
from .positions import Window

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto

# Of a layer's tensors: how many rows and columns it has.
Size = tuple[int, int]
# Tensors that are constant, by name → their shapes.
Shapes = Mapping[str, Sequence[int]]
# Constants that say what an operator does, by name.
Values = Mapping[str, NDArray[Any]]

_SINGLE_OR_DOUBLE = (1, 11)  # onnx.TensorProto.FLOAT, DOUBLE
# ONNX Runtime's own domain for convolutions and pooling of channels in blocks.
BLOCKED = "com.microsoft.nchwc"
# Each value from the values at its own position: of one tensor, or of several of equal size.
_ELEMENTWISE = frozenset(
    {"Abs", "Add", "Clip", "Div", "Elu", "Erf", "Exp", "Gelu", "HardSigmoid", "HardSwish", "Identity", "LRN"}
    | {"LeakyRelu", "Log", "Max", "Mean", "Min", "Mish", "Mul", "Neg", "PRelu", "Pow", "QuickGelu", "Reciprocal"}
    | {"Relu", "Selu", "Sigmoid", "Softplus", "Softsign", "Sqrt", "Sub", "Sum", "Tanh"}
)
# They make steps of float noise, by which a convolution of a part may differ from that of the whole.
_DISCONTINUOUS = frozenset(
    {"ArgMax", "ArgMin", "BitShift", "CastLike", "Ceil", "DynamicQuantizeLinear", "DynamicQuantizeMatMul", "Equal"}
    | {"Floor", "Greater", "GreaterOrEqual", "GridSample", "Hardmax", "Less", "LessOrEqual", "MatMulNBits", "MaxUnpool"}
    | {"Mod", "NonMaxSuppression", "NonZero", "QuantizeLinear", "Round", "Shrink", "Sign", "ThresholdedRelu", "TopK"}
    | {"Unique"}
)
# Operators that are no number for some numbers → the operand that has to be positive.
_MAY_GIVE_NAN = {"Sqrt": 0, "Log": 0, "Pow": 0, "Div": 1}
_REORDERED = frozenset({"ReorderInput", "ReorderOutput"})
_CONVOLUTIONS = frozenset({"Conv", "FusedConv"})
_POOLING = frozenset({"MaxPool", "AveragePool"})
_DOMAINS = frozenset({"", "ai.onnx", "com.microsoft", BLOCKED})


@dataclass(frozen=True, slots=True)
class Reading:
    """How a node reads its first input; its other inputs it reads position by position.

    Attributes
    ----------
    rows, cols : Window
    fill : float or None
        What stands outside the input for it, so that a part of the input with so much around it needs no padding. None
        where only the operator's own padding will do: it counts what is no padding.
    """

    rows: Window
    cols: Window
    fill: float | None = 0.0

    @property
    def is_point(self) -> bool:
        return self.rows.is_point and self.cols.is_point


def values_of(graph: "GraphProto") -> Values:
    """The constants that :func:`reading` and others want to know, as far as they are in the graph."""
    from onnx import numpy_helper

    wanted = {name for node in graph.node if node.op_type == "Pad" for name in node.input[1:]}
    found = {tensor.name: tensor for tensor in graph.initializer if tensor.name in wanted}
    for node in graph.node:
        if node.op_type == "Constant" and wanted.intersection(node.output):
            found[node.output[0]] = attribute(node, "value", None)
    return {
        name: numpy_helper.to_array(tensor)
        for name, tensor in found.items()
        if tensor is not None and not tensor.external_data
    }


def reading(
    node: "NodeProto", from_image: Sequence[str], sizes: Mapping[str, Size], shapes: Shapes, values: Values
) -> Reading | None:
    """How `node` reads positions; None where it is not known, or all of them at once.

    Parameters
    ----------
    from_image : sequence of str
        Those of its inputs that depend on the image.
    sizes : mapping
        The sizes of those of them that are N×C×H×W.
    shapes : mapping
        The shapes of the constants.
    values : mapping
        Those that :func:`values_of` has found.
    """
    if node.domain not in _DOMAINS or any(name not in sizes for name in from_image):
        return None
    if node.op_type in _CONVOLUTIONS:
        return _of_convolution(node, from_image, sizes, shapes)
    if len({sizes[name] for name in from_image}) > 1:
        return None  # broadcast
    if node.op_type in _POOLING:
        return _of_pooling(node, sizes[node.input[0]])
    if node.op_type == "Pad":
        return _of_padding(node, from_image, sizes[from_image[0]], values)
    constants = [shapes.get(name) for name in node.input if name and name not in from_image]
    if (
        (node.op_type in _ELEMENTWISE and all(map(_is_equal_at_all_positions, constants)))
        or (node.op_type in _REORDERED and not attribute(node, "channels_last", 0))
        or (node.op_type == "Concat" and attribute(node, "axis", 0) in (1, -3) and not constants)
        or (node.op_type == "Dropout" and sum(map(bool, node.output)) == 1 and len(node.input) < 3)
        or (node.op_type == "BatchNormalization" and normalizes_channels(node) and sum(map(bool, node.output)) == 1)
    ):
        return _point(sizes[from_image[0]])
    return None


def is_discontinuous(node: "NodeProto") -> bool:
    """Whether a small difference of what the node reads can become a large one of what it gives."""
    with_indices = node.op_type == "MaxPool" and sum(map(bool, node.output)) > 1
    to_fewer_digits = node.op_type == "Cast" and attribute(node, "to", 0) not in _SINGLE_OR_DOUBLE
    inner = [each for graph in subgraphs_of(node) for each in graph.node]
    return node.op_type in _DISCONTINUOUS or with_indices or to_fewer_digits or any(map(is_discontinuous, inner))


def may_give_nan(node: "NodeProto", from_image: Sequence[str]) -> bool:
    """Whether the node may make NaN of numbers that are not very large."""
    operand = _MAY_GIVE_NAN.get(node.op_type)
    return operand is not None and node.input[operand] in from_image and not is_positive(node.input[operand])


def output_size(read: Reading) -> Size:
    return read.rows.length_out, read.cols.length_out


def _point(size: Size) -> Reading:
    rows, cols = (Window(1, 1, 1, 0, length, length) for length in size)
    return Reading(rows, cols)


def _is_equal_at_all_positions(shape: Sequence[int] | None) -> bool:
    """Of an operand of that shape, which is stretched to N×C×H×W."""
    return shape is not None and len(shape) <= 4 and all(length == 1 for length in shape[-2:])


def _of_convolution(
    node: "NodeProto", from_image: Sequence[str], sizes: Mapping[str, Size], shapes: Shapes
) -> Reading | None:
    kernel = shapes.get(node.input[1], ())[2:]
    data, added = node.input[0], node.input[3:]
    if len(kernel) != 2 or set(from_image) != {data, *added}:
        return None
    windows = _windows(node, kernel, sizes[data])
    if windows is None or any(sizes[name] != (windows[0].length_out, windows[1].length_out) for name in added):
        return None
    return Reading(*windows)


def _of_pooling(node: "NodeProto", size: Size) -> Reading | None:
    if sum(map(bool, node.output)) != 1:
        return None  # with the places of the largest values
    windows = _windows(node, attribute(node, "kernel_shape", ()), size)
    if windows is None:
        return None
    if node.op_type == "MaxPool":
        return Reading(*windows, fill=-math.inf)
    outside = any(window.reads_outside for window in windows)
    counts_padding = attribute(node, "count_include_pad", 0) == 1 and not attribute(node, "ceil_mode", 0)
    return Reading(*windows, fill=0.0 if counts_padding or not outside else None)


def _of_padding(node: "NodeProto", from_image: Sequence[str], size: Size, values: Values) -> Reading | None:
    """Of rows and columns, with one value."""
    inputs = [values.get(name) if name else None for name in node.input]  # what is padded, by how much, value, axes
    pads, value, axes = [*inputs[1:], None, None, None][:3]
    if len(node.input) == 1:  # before opset 11
        pads, value = np.asarray(attribute(node, "pads", ())), np.asarray(attribute(node, "value", 0.0))
    is_known = all(found is not None for name, found in zip(node.input[1:], inputs[1:], strict=True) if name)
    constant = attribute(node, "mode", b"constant") == b"constant"
    if pads is None or not is_known or not constant or list(from_image) != [node.input[0]]:
        return None
    before, after = np.zeros(4, dtype=np.int64), np.zeros(4, dtype=np.int64)
    which = np.arange(4) if axes is None else axes
    before[which], after[which] = np.split(pads, 2)
    if before[:2].any() or after[:2].any() or min(*before, *after) < 0:
        return None
    windows = [
        Window(1, 1, 1, int(first), length, int(first) + length + int(last))
        for length, first, last in zip(size, before[2:], after[2:], strict=True)
    ]
    return Reading(windows[0], windows[1], 0.0 if value is None else float(value))


def _windows(node: "NodeProto", kernel: Sequence[int], size: Size) -> tuple[Window, Window] | None:
    """Those of the rows and the columns; None where nothing would be left."""
    if len(kernel) != 2:
        return None
    strides = attribute(node, "strides", (1, 1))
    dilations = attribute(node, "dilations", (1, 1))
    pads = attribute(node, "pads", (0, 0, 0, 0))
    auto = attribute(node, "auto_pad", b"NOTSET").decode()
    found = []
    for axis in (0, 1):
        span, stride, length = (kernel[axis] - 1) * dilations[axis] + 1, strides[axis], size[axis]
        before, after = pads[axis], pads[axis + 2]
        rounds_up = attribute(node, "ceil_mode", 0) == 1
        if auto != "NOTSET" and rounds_up:
            return None  # readers of the standard differ
        if auto in ("SAME_UPPER", "SAME_LOWER"):
            total = (-(-length // stride) - 1) * stride + span - length
            if total < 0 and node.op_type in _POOLING:
                return None  # not all of the input is read: readers of the standard differ
            total = max(total, 0)
            before = total // 2 if auto == "SAME_UPPER" else total - total // 2
            after = total - before
        elif auto == "VALID":
            before = after = 0
        room = length + before + after - span
        steps = -(-room // stride) if rounds_up else room // stride
        # Whether there is a window that would begin behind the image, is not the same in all versions of the operators.
        begins_behind = rounds_up and steps * stride >= length + before
        if room < 0 or min(before, after) < 0 or begins_behind:
            return None
        found.append(Window(kernel[axis], stride, dilations[axis], before, length, steps + 1))
    return found[0], found[1]
