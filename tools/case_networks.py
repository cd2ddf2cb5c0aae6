"""The networks of the parity cases, as descriptions in MATLAB's order of axes and as ONNX."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FLOAT = TensorProto.FLOAT


# Networks as descriptions, MATLAB's order of axes --------------------------------------------------------------------


def layer(name, kind, **parameters):
    return {"Name": name, "Type": kind, **parameters}


def input_layer(normalization="none", **statistics):
    return layer("input", "imageinput", Normalization=normalization, **statistics)


def convolution(rng, size, *, name="conv", kernel=(3, 3), stride=(1, 1), padding=(1, 1, 1, 1), gain=1.0):
    """`size`: (input channels, output channels)."""
    n_inputs, n_outputs = size
    return layer(
        name,
        "convolution",
        Weights=single(rng.normal(size=(*kernel, n_inputs, n_outputs)) * gain / np.sqrt(n_inputs)),
        Bias=single(rng.normal(size=n_outputs) * 0.1),
        Stride=list(stride),
        Padding=list(padding),
    )


def fully_connected(rng, size, n_outputs, *, name="fc", gain=1.0):
    """`size`: (rows, columns, channels) of what comes in."""
    weights = rng.normal(size=(n_outputs, *size)) * gain / np.sqrt(np.prod(size))
    # Bright images alone must not decide.
    weights -= weights.mean(axis=(1, 2), keepdims=True) if np.prod(size[:2]) > 4 else 0
    return layer(name, "fullyconnected", Weights=single(weights), Bias=single(rng.normal(size=n_outputs) * 0.1))


def classifier(rng, size, n_classes, span, first=None):
    """Convolution, ReLU, pooling, fully connected, softmax, for pixels that lie up to `span` apart."""
    rows, cols, depth = size
    pool = (min(2, rows), min(2, cols))
    pooled = (rows // pool[0], cols // pool[1], 5)
    return [
        first or input_layer(),
        convolution(rng, (depth, 5), gain=1 / span),
        layer("relu", "relu"),
        layer("pool", "maxpooling", PoolSize=list(pool), Stride=list(pool)),
        fully_connected(rng, pooled, n_classes, gain=3.0),
        layer("softmax", "softmax"),
    ]


def averaging(rng, size, n_classes, span):
    """The other layers: average pooling, a convolution with stride, global average pooling."""
    _, _, depth = size
    return [
        input_layer(),
        convolution(rng, (depth, 6), name="conv1", padding=(1, 1, 1, 1), gain=2 / span),
        layer("relu1", "relu"),
        layer("average", "averagepooling", PoolSize=[2, 2], Stride=[2, 2]),
        convolution(rng, (6, n_classes), name="conv2", stride=(2, 1), padding=(1, 0, 0, 1)),
        layer("relu2", "relu"),
        layer("global", "globalaveragepooling"),
    ]


def spatial(rng, size, n_classes, span):
    """A score per position: convolution with stride and ReLU."""
    _, _, depth = size
    return [input_layer(), convolution(rng, (depth, n_classes), stride=(2, 2), gain=1 / span), layer("relu", "relu")]


def linear(rng, size, n_classes, span):
    return [input_layer(), fully_connected(rng, size, n_classes, gain=3 / span)]


def dyadic(rng, size, n_classes, span):
    """Linear, with weights of few bits: exact in rational and nearly so in floating-point arithmetic."""
    weights = rng.integers(-64, 65, size=(n_classes, *size)) / 64
    bias = rng.integers(-8, 9, size=n_classes) / 8
    return [input_layer(), layer("fc", "fullyconnected", Weights=single(weights), Bias=single(bias))]


def dyadic_convolution(rng, size, n_classes, span):
    """Linear, with a spatial output: the total over all positions is linear in the image as well."""
    weights = rng.integers(-64, 65, size=(3, 2, size[2], n_classes)) / 64
    bias = rng.integers(-8, 9, size=n_classes) / 8
    return [
        input_layer(),
        layer("conv", "convolution", Weights=single(weights), Bias=single(bias), Stride=[2, 1], Padding=[1, 1, 0, 1]),
    ]


def normalized(kind):
    def network(rng, size, n_classes, span):
        depth = size[2]
        mean, deviation = single(rng.uniform(90, 150, size=(1, 1, depth))), single(rng.uniform(40, 80, (1, 1, depth)))
        low, high = single(rng.uniform(0, 20, size=(1, 1, depth))), single(rng.uniform(230, 255, (1, 1, depth)))
        statistics = {
            "zerocenter": {"Mean": single(rng.uniform(90, 150, size=size))},
            "zscore": {"Mean": mean, "StandardDeviation": deviation},
            "rescale-zero-one": {"Min": low, "Max": high},
            "rescale-symmetric": {"Min": low, "Max": high},
        }
        span = {"zerocenter": span, "zscore": 4}.get(kind, 1)
        return classifier(rng, size, n_classes, span, input_layer(kind, **statistics[kind]))

    return network


def normalizing(rng, size, n_classes, span):
    """Normalisation over a batch, as it is at inference, and across channels."""
    layers = classifier(rng, size, n_classes, span)
    shape = (1, 1, 5)
    batch = layer(
        "batchnorm",
        "batchnorm",
        Scale=single(rng.uniform(0.5, 2, shape)),
        Offset=single(rng.normal(size=shape) * 0.2),
        TrainedMean=single(rng.normal(size=shape) * 0.2),
        TrainedVariance=single(rng.uniform(0.3, 2, shape)),
        Epsilon=1e-3,
    )
    across = layer("lrn", "crosschannelnorm", WindowChannelSize=3, Alpha=0.5, Beta=0.75, K=1.5)
    return [*layers[:2], batch, layers[2], across, *layers[3:]]


def many_positions(rng, size, n_classes, span):
    """A score per pixel beside a large offset: sums in single, and differences of singles, lose what a mask changes."""
    layers = [input_layer(), convolution(rng, (size[2], n_classes), gain=20 / span)]
    layers[1]["Bias"] = single(1000 + rng.normal(size=n_classes))
    return layers


def single(values):
    return np.asarray(values, dtype=np.float32)


# The same networks as ONNX, N×C×H×W ----------------------------------------------------------------------------------


def onnx_model(layers, size, *, normalizes=True, channels_last=False):
    """The graph of a description: each layer's output tensor has the layer's name.

    Without the normalisation of the input layer, which is then for the caller to give; with an N×H×W×C input.
    """
    rows, cols, depth = size
    nodes, constants, tensor = [], {}, "input"
    shape = [rows, cols, depth] if channels_last else [depth, rows, cols]
    if channels_last:
        tensor = "channels_first"
        nodes.append(helper.make_node("Transpose", ["input"], [tensor], name=tensor, perm=[0, 3, 1, 2]))

    def constant(name, value):
        constants[name] = np.ascontiguousarray(value, dtype=np.float32)
        return name

    for description in layers if normalizes else layers[1:]:
        make = _ONNX[description["Type"]]
        tensor = make(description, nodes, constant, tensor)
    graph = helper.make_graph(
        nodes,
        "case",
        [helper.make_tensor_value_info("input", FLOAT, ["N", *shape])],
        [helper.make_tensor_value_info(tensor, FLOAT, None)],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    model = onnx.shape_inference.infer_shapes(model)
    del model.graph.value_info[:]
    onnx.checker.check_model(model)
    return model


def _onnx_input(description, nodes, constant, tensor):
    def step(operator, value, name):
        nodes.append(helper.make_node(operator, [steps[-1], constant(f"{name}.value", value)], [name], name=name))
        steps.append(name)

    def planes(statistic):
        return description[statistic].transpose(2, 0, 1)[np.newaxis]

    steps = [tensor]
    kind = description["Normalization"]
    if kind in ("zerocenter", "zscore"):
        step("Sub", planes("Mean"), "centered")
    if kind == "zscore":
        step("Div", planes("StandardDeviation"), "scaled")
    if kind.startswith("rescale"):
        step("Sub", planes("Min"), "shifted")
        step("Div", planes("Max") - planes("Min"), "share")
    if kind == "rescale-symmetric":
        step("Mul", single([2]), "doubled")
        step("Sub", single([1]), "symmetric")
    return steps[-1]


def _onnx_node(operator, attributes=lambda description: {}, constants=lambda description: {}):
    def make(description, nodes, constant, tensor):
        name = description["Name"]
        inputs = [tensor, *(constant(f"{name}.{key}", value) for key, value in constants(description).items())]
        nodes.append(helper.make_node(operator, inputs, [name], name=name, **attributes(description)))
        return name

    return make


def _onnx_fully_connected(description, nodes, constant, tensor):
    name = description["Name"]
    columns = description["Weights"].transpose(3, 1, 2, 0).reshape(-1, len(description["Bias"]))
    nodes.append(helper.make_node("Flatten", [tensor], [f"{name}.flat"], name=f"{name}.flat", axis=1))
    inputs = [f"{name}.flat", constant(f"{name}.Weights", columns), constant(f"{name}.Bias", description["Bias"])]
    nodes.append(helper.make_node("Gemm", inputs, [name], name=name))
    return name


def _pads(description):
    top, bottom, left, right = description["Padding"]
    return {"strides": description["Stride"], "pads": [top, left, bottom, right]}


def _pooling(description):
    return {"kernel_shape": description["PoolSize"], "strides": description["Stride"]}


def _statistics(description):
    names = ("Scale", "Offset", "TrainedMean", "TrainedVariance")
    return {name: description[name].reshape(-1) for name in names}


def _window(description):
    names = {"size": "WindowChannelSize", "alpha": "Alpha", "beta": "Beta", "bias": "K"}
    return {attribute: description[name] for attribute, name in names.items()}


_ONNX = {
    "imageinput": _onnx_input,
    "convolution": _onnx_node(
        "Conv", _pads, lambda layer: {"Weights": layer["Weights"].transpose(3, 2, 0, 1), "Bias": layer["Bias"]}
    ),
    "relu": _onnx_node("Relu"),
    "maxpooling": _onnx_node("MaxPool", _pooling),
    "averagepooling": _onnx_node("AveragePool", _pooling),
    "batchnorm": _onnx_node("BatchNormalization", lambda layer: {"epsilon": layer["Epsilon"]}, _statistics),
    "crosschannelnorm": _onnx_node("LRN", _window),
    "globalaveragepooling": _onnx_node("GlobalAveragePool"),
    "fullyconnected": _onnx_fully_connected,
    "softmax": _onnx_node("Softmax", lambda layer: {"axis": 1}),
}
