"""Published networks by their real topology, as the onnx package ships them, with random weights: for speed alone."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper

# Our name → the file in onnx/backend/test/data/light, whose weights are placeholders.
TOPOLOGIES = {
    "googlenet": "light_inception_v1",
    "resnet50": "light_resnet50",
    "vgg19": "light_vgg19",
    "squeezenet": "light_squeezenet",
    "densenet121": "light_densenet121",
}
# Pixels go up to 255, and what a layer gives should be about 1.
_PIXELS = 64.0
# What a residual branch adds: sixteen of full size would grow out of all bounds.
_BRANCH = 0.3
_SPREAD_OF_LOGITS = 2.0


def topology(name: str, seed: int = 0) -> onnx.ModelProto:
    """The network with He-normal weights, its logits a few units apart for a photograph-like image.

    Otherwise as in the file: of IR version 3, every weight also listed as an input of the graph. Only the batch, which
    the file fixes at one image, is open.
    """
    path = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light" / f"{TOPOLOGIES[name]}.onnx"
    model = onnx.load(path)
    _fill(model.graph, np.random.default_rng(seed))
    _open_batch(model.graph)
    _scale_logits(model)
    return model


def _fill(graph: onnx.GraphProto, rng: np.random.Generator) -> None:
    """Replace the nodes that make constant tensors by random weights."""
    shapes = {tensor.name: tuple(numpy_helper.to_array(tensor)) for tensor in graph.initializer}
    users = {name: (node, k) for node in reversed(graph.node) for k, name in enumerate(node.input)}
    added = {name for node in graph.node if node.op_type == "Sum" for name in node.input}
    made, nodes = {}, []
    for node in graph.node:
        if node.op_type == "ConstantOfShape":
            (tensor,) = node.output
            made[tensor] = _weights(shapes[node.input[0]], *_use(tensor, users), added, rng)
        else:
            nodes.append(node)
    used = {name for node in nodes for name in node.input}
    kept = [tensor for tensor in graph.initializer if tensor.name in used]
    first = next(node for node in nodes if node.op_type == "Conv")
    made[first.input[1]] /= _PIXELS
    weights = [numpy_helper.from_array(value, tensor) for tensor, value in made.items()]
    images = [tensor for tensor in graph.input if tensor.name in used and tensor.name not in shapes]
    _replace(graph.node, nodes)
    _replace(graph.initializer, [*kept, *weights])
    _replace(graph.input, images)
    graph.input.extend(helper.make_tensor_value_info(t.name, t.data_type, t.dims) for t in graph.initializer)


def _replace(field, values) -> None:
    del field[:]
    field.extend(values)


def _use(tensor, users):
    """The node that a weight is for, and which of its inputs it is; reshapings between are passed."""
    node, k = users[tensor]
    while node.op_type in ("Unsqueeze", "Reshape") and k == 0:
        node, k = users[node.output[0]]
    return node, k


def _weights(shape, node, k, added, rng):
    if node.op_type in ("Conv", "Gemm") and k == 1:
        values = rng.normal(size=shape) * np.sqrt(2 / np.prod(shape[1:]))
    elif (node.op_type == "BatchNormalization" and k in (1, 4)) or node.op_type == "Mul":
        values = rng.uniform(0.8, 1.2, size=shape)
        if k == 1 and node.op_type == "BatchNormalization" and node.output[0] in added:
            values *= _BRANCH
    else:
        values = rng.normal(size=shape) * 0.1
    return values.astype(np.float32)


def _open_batch(graph: onnx.GraphProto) -> None:
    weights = {tensor.name: tensor for tensor in graph.initializer}
    for info in (*graph.input, *graph.output):
        if info.name not in weights:
            info.type.tensor_type.shape.dim[0].dim_param = "N"
    for node in graph.node:
        if node.op_type == "Reshape" and node.input[0] not in weights:
            shape = numpy_helper.to_array(weights[node.input[1]]).copy()
            shape[0] = 0  # as many as come in
            weights[node.input[1]].CopyFrom(numpy_helper.from_array(shape, node.input[1]))


def _scale_logits(model: onnx.ModelProto) -> None:
    graph = model.graph
    last = next(node for node in reversed(graph.node) if node.op_type in ("Conv", "Gemm"))
    probe = onnx.ModelProto()
    probe.CopyFrom(model)
    _replace(probe.graph.output, [helper.make_tensor_value_info(last.output[0], onnx.TensorProto.FLOAT, None)])
    session = onnxruntime.InferenceSession(probe.SerializeToString(), providers=["CPUExecutionProvider"])
    pixels = np.random.default_rng(0).integers(0, 256, size=(1, 3, 7, 7)).repeat(32, 2).repeat(32, 3)
    (logits,) = session.run(None, {session.get_inputs()[0].name: pixels.astype(np.float32)})
    source = {node.output[0]: node for node in graph.node}
    for tensor in graph.initializer:
        for name in last.input[1:]:
            while name in source:  # through reshapings
                name = source[name].input[0]
            if tensor.name == name:
                scaled = numpy_helper.to_array(tensor) * np.float32(_SPREAD_OF_LOGITS / logits.std())
                tensor.CopyFrom(numpy_helper.from_array(scaled, tensor.name))
