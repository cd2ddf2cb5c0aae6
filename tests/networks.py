"""Small ONNX files for the tests, of the kinds that exporters write."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FLOAT = TensorProto.FLOAT


def save(file, nodes, constants, inputs, outputs, *, opset=13, ir_version=8, constants_as_inputs=False, element=FLOAT):
    """Write a graph. `inputs` and `outputs` map names to shapes (a text is a symbol, None an unknown shape)."""
    initializers = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    sources = [helper.make_tensor_value_info(name, element, shape) for name, shape in inputs.items()]
    if constants_as_inputs:
        sources += [helper.make_tensor_value_info(c.name, c.data_type, c.dims) for c in initializers]
    results = [helper.make_tensor_value_info(name, element, shape) for name, shape in outputs.items()]
    graph = helper.make_graph(nodes, "test", sources, results, initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=ir_version)
    onnx.save(model, file)
    return file


def linear(file, weight, *, batch="N", bias=None, dtype=np.float32, softmax=False, **how):
    """score[k] = Σ weight[k] · X + bias[k], for weight of shape (K, H, W, C): the map is known in closed form."""
    n_channels, height, width, depth = weight.shape
    columns = np.ascontiguousarray(weight.transpose(3, 1, 2, 0).reshape(-1, n_channels)).astype(dtype)
    bias = np.zeros(n_channels) if bias is None else bias
    nodes = [
        helper.make_node("Flatten", ["input"], ["flat"], axis=1),
        helper.make_node("Gemm", ["flat", "weight", "bias"], ["logits" if softmax else "score"]),
    ]
    if softmax:
        nodes.append(helper.make_node("Softmax", ["logits"], ["score"], axis=1))
    return save(
        file,
        nodes,
        {"weight": columns, "bias": bias.astype(dtype)},
        {"input": [batch, depth, height, width]},
        {"score": [batch, n_channels]},
        **how,
    )


def convolutional(file, rng, *, batch="N", size=(12, 10), depth=3, n_channels=4, reshape=None, **how):
    """Conv, ReLU, pooling, fully connected, softmax. `reshape`: the shape of a Reshape in Flatten's place, a constant
    initializer, or the output of a Constant node with `reshape_node=True`. `largest`: of the pixels, for which no class
    is certain."""
    as_node, largest = how.pop("reshape_node", False), how.pop("largest", 1)
    constants = {
        "kernel": rng.normal(size=(6, depth, 3, 3)).astype(np.float32) / np.float32(largest),
        "weight": rng.normal(size=(6 * size[0] // 2 * (size[1] // 2), n_channels)).astype(np.float32) / 8,
        "bias": rng.normal(size=n_channels).astype(np.float32),
    }
    nodes = [
        helper.make_node("Conv", ["input", "kernel"], ["conv"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["conv"], ["relu"]),
        helper.make_node("MaxPool", ["relu"], ["pool"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Flatten", ["pool"], ["flat"]),
        helper.make_node("Gemm", ["flat", "weight", "bias"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["prob"], axis=1),
    ]
    if reshape is not None:
        shape = np.array(reshape, dtype=np.int64)
        nodes[3] = helper.make_node("Reshape", ["pool", "shape"], ["flat"])
        if as_node:
            nodes.insert(0, helper.make_node("Constant", [], ["shape"], value=numpy_helper.from_array(shape)))
        else:
            constants["shape"] = shape
    return save(file, nodes, constants, {"input": [batch, depth, *size]}, {"prob": [batch, n_channels]}, **how)


def channels_last(file, rng, *, size=(9, 11), depth=3, n_channels=3):
    """An N×H×W×C input, as TensorFlow's exporters write it."""
    constants = {"weight": rng.normal(size=(size[0] * size[1] * depth, n_channels)).astype(np.float32) / 8}
    nodes = [
        helper.make_node("Flatten", ["input"], ["flat"], axis=1),
        helper.make_node("MatMul", ["flat", "weight"], ["score"]),
    ]
    return save(file, nodes, constants, {"input": ["N", *size, depth]}, {"score": ["N", n_channels]})


def transposed_first(file, rng, *, size=(24, 20), n_channels=4):
    """An N×H×W×C input, and a transposition before the first convolution: as converters from TensorFlow write it."""
    constants = {
        "kernel": rng.normal(size=(6, 3, 3, 3)).astype(np.float32),
        "weight": rng.normal(size=(6 * (size[0] // 2) * (size[1] // 2), n_channels)).astype(np.float32) / 8,
    }
    nodes = [
        helper.make_node("Transpose", ["input"], ["image"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["image", "kernel"], ["conv"], pads=[1, 1, 1, 1]),
        helper.make_node("MaxPool", ["conv"], ["pool"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Transpose", ["pool"], ["last"], perm=[0, 2, 3, 1]),
        helper.make_node("Flatten", ["last"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weight"], ["score"]),
    ]
    return save(file, nodes, constants, {"input": ["N", *size, 3]}, {"score": ["N", n_channels]})


def spatial(file, rng, *, depth=2, n_channels=3, size=("H", "W")):
    """A spatial output of any size: one 3×3 convolution with stride 2 and a ReLU."""
    constants = {"kernel": rng.normal(size=(n_channels, depth, 3, 3)).astype(np.float32)}
    nodes = [
        helper.make_node("Conv", ["input", "kernel"], ["conv"], pads=[1, 1, 1, 1], strides=[2, 2]),
        helper.make_node("Relu", ["conv"], ["activation"]),
    ]
    return save(file, nodes, constants, {"input": ["N", depth, *size]}, {"activation": ["N", n_channels, "h", "w"]})


def batch_mixing(file, size=(5, 6)):
    """score = X summed over the pixels, divided by the sum over the whole batch: images together are not alone."""
    nodes = [
        helper.make_node("Flatten", ["input"], ["flat"], axis=1),
        helper.make_node("Softmax", ["flat"], ["mixed"], axis=0),
        helper.make_node("Mul", ["flat", "mixed"], ["weighted"]),
        helper.make_node("MatMul", ["weighted", "ones"], ["score"]),
    ]
    constants = {"ones": np.arange(size[0] * size[1] * 2, dtype=np.float32).reshape(-1, 2)}
    return save(file, nodes, constants, {"input": ["N", 1, *size]}, {"score": ["N", 2]})


def fully_convolutional(file, rng, *, depth=3, n_channels=4, **how):
    """Conv, ReLU, the mean over all places: for images of any size."""
    constants = {"kernel": rng.normal(size=(n_channels, depth, 3, 3)).astype(np.float32) / 100}
    nodes = [
        helper.make_node("Conv", ["input", "kernel"], ["conv"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["conv"], ["relu"]),
        helper.make_node("GlobalAveragePool", ["relu"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["score"]),
    ]
    return save(file, nodes, constants, {"input": ["N", depth, "H", "W"]}, {"score": ["N", n_channels]}, **how)
