"""MobileNetV2 by its published topology, with random weights: for speed alone.

Source: Sandler, Howard, Zhu, Zhmoginov, Chen, "MobileNetV2: Inverted Residuals and Linear Bottlenecks" (CVPR 2018),
table 2; width 1.
"""

import numpy as np
import onnx
from onnx import helper, numpy_helper

# Expansion, channels, how many blocks, stride of the first.
_BLOCKS = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
_STEM, _LAST, _CLASSES = 32, 1280, 1000


class _Graph:
    """Nodes one after another; normalisations are folded into the convolutions, as exporters do."""

    def __init__(self, seed: int) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self._rng = np.random.default_rng(seed)

    def weight(self, shape: tuple[int, ...], scale: float) -> str:
        name = f"weight{len(self.weights)}"
        values = self._rng.normal(scale=scale, size=shape).astype(np.float32)
        self.weights.append(numpy_helper.from_array(values, name))
        return name

    def node(self, operator: str, inputs: list[str], **attributes: object) -> str:
        output = f"tensor{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def conv(self, source: str, given: int, wanted: int, kernel: int, stride: int = 1, groups: int = 1) -> str:
        shape = (wanted, given // groups, kernel, kernel)
        inputs = [source, self.weight(shape, np.sqrt(2 / np.prod(shape[1:]))), self.weight((wanted,), 0.1)]
        return self.node("Conv", inputs, strides=[stride] * 2, pads=[kernel // 2] * 4, group=groups)

    def clipped(self, source: str) -> str:
        return self.node("Clip", [source, "zero", "six"])


def mobilenet_v2(size: int, seed: int = 0) -> onnx.ModelProto:
    """For images of size×size×3, of pixels up to 255, and 1000 classes."""
    graph = _Graph(seed)
    graph.weights += [
        numpy_helper.from_array(np.float32(n), name) for name, n in (("zero", 0), ("six", 6), ("grey", 128))
    ]
    last = graph.node("Div", [graph.node("Sub", ["image", "grey"]), "grey"])
    last, channels = graph.clipped(graph.conv(last, 3, _STEM, 3, 2)), _STEM
    for expansion, wanted, count, first_stride in _BLOCKS:
        for k in range(count):
            last = _block(graph, last, channels, expansion, wanted, first_stride if k == 0 else 1)
            channels = wanted
    last = graph.clipped(graph.conv(last, channels, _LAST, 1))
    flat = graph.node("Flatten", [graph.node("GlobalAveragePool", [last])])
    logits = graph.node("Gemm", [flat, graph.weight((_LAST, _CLASSES), 0.03), graph.weight((_CLASSES,), 0.1)])
    graph.nodes.append(helper.make_node("Softmax", [logits], ["prob"], axis=1))
    image, scores = (
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
        for name, shape in (("image", ["N", 3, size, size]), ("prob", ["N", _CLASSES]))
    )
    made = helper.make_graph(graph.nodes, "mobilenet_v2", [image], [scores], graph.weights)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def _block(graph: _Graph, source: str, given: int, expansion: int, wanted: int, stride: int) -> str:
    """Wide, with a convolution of each channel alone, and narrow again."""
    last, wide = source, given * expansion
    if expansion > 1:
        last = graph.clipped(graph.conv(last, given, wide, 1))
    last = graph.clipped(graph.conv(last, wide, wide, 3, stride, groups=wide))
    last = graph.conv(last, wide, wanted, 1)
    return graph.node("Add", [source, last]) if stride == 1 and given == wanted else last
