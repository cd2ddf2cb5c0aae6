"""Edits of ONNX graphs. Reads files with onnx, which is imported when a graph really has to be edited."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto


def with_open_batch(file: Path) -> bytes:
    """The network of `file`, whose batch is fixed, serialized with a batch of any size.

    The batch dimension of inputs and outputs becomes a symbol. Reshape nodes on the image's way whose constant shape
    begins with the fixed batch let it follow their input. Whether the result is right is for the caller to try.
    """
    import onnx

    model = onnx.load(file)
    graph = model.graph
    constants = _constants(graph)
    source = next(tensor for tensor in graph.input if tensor.name not in {c.name for c in graph.initializer})
    batch = source.type.tensor_type.shape.dim[0].dim_value
    for tensor in (source, *graph.output):
        if tensor.type.tensor_type.shape.dim:
            tensor.type.tensor_type.shape.dim[0].dim_param = "N"
    # Inferred for the fixed batch; ONNX Runtime infers them again.
    del graph.value_info[:]
    from_image = {source.name}
    for node in graph.node:
        if from_image.intersection(node.input):
            from_image.update(node.output)
            if node.op_type == "Reshape" and node.input[0] in from_image and node.input[1] in constants:
                _open_reshape(model, node, constants[node.input[1]], batch)
    return bytes(model.SerializeToString())


def _open_reshape(model: "ModelProto", node: "NodeProto", shape: NDArray[np.int64], batch: int) -> None:
    """Let the first length of a constant shape follow the input: inferred, or copied where another one is inferred."""
    from onnx import numpy_helper

    if shape.size == 0 or shape[0] != batch:
        return
    opened = shape.copy()
    opened[0] = 0 if -1 in shape else -1
    # Under a name of its own: other nodes may use the same constant.
    name = f"{node.output[0]}/open_batch_shape"
    model.graph.initializer.append(numpy_helper.from_array(opened, name))
    node.input[1] = name


def _constants(graph: "GraphProto") -> dict[str, NDArray[np.int64]]:
    """The values of the graph's constant integer tensors: initializers and Constant nodes."""
    from onnx import TensorProto, numpy_helper

    tensors = {tensor.name: tensor for tensor in graph.initializer}
    constants = {}
    for node in graph.node:
        for attribute in node.attribute if node.op_type == "Constant" else ():
            if attribute.name == "value":
                tensors[node.output[0]] = attribute.t
            elif attribute.name == "value_ints":
                constants[node.output[0]] = np.array(attribute.ints, dtype=np.int64)
    for name, tensor in tensors.items():
        if tensor.data_type == TensorProto.INT64:
            constants[name] = numpy_helper.to_array(tensor)
    return constants
