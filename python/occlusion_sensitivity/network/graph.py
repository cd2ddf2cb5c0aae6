"""Reads and edits ONNX graphs. onnx is imported only when a graph really has to be read."""

import contextlib
import copy
from collections.abc import Hashable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..files import sha256
from ..packages import RUNTIME, missing
from . import external_data, layer_nodes, throughput, unpooling
from .layers import Layer
from .nodes import attribute, check_nodes, drop_idle_nodes, inputs_of, name_of, spell_out_names, values_of
from .old_opsets import OLDEST_OPSET, OLDEST_REPAIRED, TWO_OPERANDS, modernize, opset_of

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto


# Operators whose spatial tensors are N×C×…, and operators that leave the axes as they are.
_CHANNELS_FIRST = frozenset(
    {"Conv", "ConvTranspose", "MaxPool", "MaxUnpool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool", "LpPool"}
    | {"BatchNormalization", "InstanceNormalization", "LRN", "DepthToSpace", "SpaceToDepth"}
)
_KEEPS_AXES = TWO_OPERANDS | frozenset(
    {"Relu", "LeakyRelu", "PRelu", "Elu", "Selu", "Clip", "Sigmoid", "HardSigmoid", "HardSwish", "Tanh", "Softplus"}
    | {"Softmax", "Identity", "Dropout", "Cast", "Concat", "Pad", "Resize", "Upsample", "Sum", "Max", "Min", "Mean"}
    | {"Neg", "Abs", "Exp", "Sqrt", "Gelu", "Mish", "Erf", "LogSoftmax"}
)


class NetworkFile:
    """An ONNX file, with the edits that ONNX Runtime or the caller needs.

    Parameters
    ----------
    path : pathlib.Path
    outputs : sequence of str
        The tensors that are the network's outputs; none for those of the file.
    optimize : bool
        Whether the graph is rewritten for speed.
    """

    def __init__(self, path: Path, outputs: Sequence[str] = (), *, optimize: bool = True) -> None:
        self.path = path.absolute()
        self.outputs = tuple(outputs)
        self.optimize = optimize
        # Of the file and, once they are known, of those that hold its data.
        self._stamps = {self.path: _stamp(self.path)}
        self._digests: dict[Path, str] = {}

    def with_outputs(self, outputs: Sequence[str]) -> "NetworkFile":
        """The same file with other outputs; as new as this one."""
        other = copy.copy(self)
        other.outputs = tuple(outputs)
        return other

    @property
    def stamp(self) -> Hashable:
        """What changes when the file does."""
        return self._stamps[self.path]

    def digests(self) -> dict[str, str]:
        """The SHA-256 of the file and of those that hold its data, by their names in its folder."""
        self.check_unchanged()
        for path in self._stamps:
            if path not in self._digests:
                self._digests[path] = sha256(path)
        return {path.relative_to(self.path.parent).as_posix(): self._digests[path] for path in self._stamps}

    def model(self) -> str | bytes:
        """What ONNX Runtime opens: the file itself where it needs no edit."""
        self.check_unchanged()
        if external_data.may_have(self.path):
            model = loaded(self.path, load_external_data=False)  # which checks where they are
            for path in external_data.files(self.path, model):
                self._stamps.setdefault(path, _stamp(path))
        if self.outputs:
            return self._serialized(self._edited())
        if self.optimize and throughput.may_pay(self.path):
            # What is no ONNX network, or too large to be edited, is for ONNX Runtime to open as it is.
            with contextlib.suppress(ValueError):
                return self._serialized(self._edited())
        return str(self.path)

    def repaired(self) -> bytes | None:
        """The network as ONNX Runtime takes it; None where it is no other than the file.

        That is another where the opset is too old, data lie beside the file, or MATLAB's own max unpooling is in it.
        """
        try:
            model = _onnx().load(self.path, format="protobuf", load_external_data=False)
        except Exception:  # not ONNX at all: ONNX Runtime has said so
            return None
        self._check_opset(model)
        external = any(tensor.external_data for tensor in model.graph.initializer)
        is_another = opset_of(model) < OLDEST_OPSET or external or unpooling.has_unpooling(model)
        return self._serialized(self._edited()) if is_another else None

    def with_open_batch(self) -> bytes:
        """The network, whose batch is fixed, with a batch of any size. Whether it is right is for the caller to try."""
        model = self._edited()
        with self._naming():
            _open_batch(model)
        return self._serialized(model)

    def editable(self) -> "ModelProto":
        """The network with all edits and a batch of any size, to be taken apart."""
        model = self._edited()
        shape = model.graph.input[0].type.tensor_type.shape.dim
        if shape and shape[0].dim_value > 0:
            with self._naming():
                _open_batch(model)
        return model

    def layers(self) -> list[Layer]:
        """The nodes that work on the image, under their names or those of their first outputs."""
        return [Layer(name_of(node), node.op_type) for node in layer_nodes.layer_nodes(self._graph())]

    def unknown_operators(self) -> list[str]:
        """Operators of the graph that none of ONNX, ONNX Runtime and this package has; none where it cannot be read."""
        try:
            has = _onnx().defs.has
            nodes = [n for n in self._graph().node if n.domain != "com.microsoft" and not unpooling.is_unpooling(n)]
            unknown = {f"{n.domain}.{n.op_type}".strip(".") for n in nodes if not has(n.op_type, n.domain)}
        except Exception:  # not ONNX at all, damaged names, or no onnx to read it with
            return []
        return sorted(unknown)

    def tensor_named(self, name: str, typed: str = "OutputNames") -> str:
        """The tensor that is meant by `name`; ValueError, of the argument as `typed`, where none is."""
        return layer_nodes.tensor_named(self._graph(), name, typed)

    def is_channels_first(self, tensor: str) -> bool | None:
        """Where the channels of a spatial tensor of this graph are, by the operators that made it; None: not known."""
        made_by = {output: node for node in self._graph().node for output in node.output}
        while tensor in made_by:
            node = made_by[tensor]
            if node.op_type in _CHANNELS_FIRST:
                return True
            if node.op_type == "Transpose":
                return {(0, 2, 3, 1): False, (0, 3, 1, 2): True}.get(tuple(attribute(node, "perm", ())))
            if node.op_type not in _KEEPS_AXES:
                return None
            tensor = next((name for name in node.input if name in made_by), "")
        return None

    def _graph(self) -> "GraphProto":
        """The graph without the data beside it."""
        self.check_unchanged()
        return loaded(self.path, load_external_data=False).graph

    def check_unchanged(self) -> None:
        """Raise RuntimeError where the file, or one that holds its data, is not what was imported."""
        for path, stamp in self._stamps.items():
            if _stamp(path) != stamp:
                msg = (
                    f"{path} is needed again, but has changed or is gone since it was imported. Other layers, other "
                    "devices, forked processes and pickles need the file."
                )
                raise RuntimeError(msg)

    def _serialized(self, model: "ModelProto") -> bytes:
        try:
            return serialized(model)
        except Exception as error:  # protobuf's own exceptions, for more than 2 GiB
            msg = f"{self.path} is too large to be edited, which this needs: {error}"
            raise ValueError(msg) from error

    def _edited(self) -> "ModelProto":
        self.check_unchanged()
        model = loaded(self.path)
        self._check_opset(model)
        take_initializers_from_inputs(model)
        with self._naming():
            if opset_of(model) < OLDEST_OPSET:
                modernize(model)
            unpooling.spell_out(model)
            if self.outputs:
                _set_outputs(model.graph, self.outputs)
            if self.optimize:
                throughput.rewrite(model)
        return model

    def _check_opset(self, model: "ModelProto") -> None:
        if opset_of(model) < OLDEST_REPAIRED:
            msg = (
                f"{self.path} cannot be opened as an ONNX network: its opset is {opset_of(model)}, and the oldest that "
                f"is read is {OLDEST_REPAIRED}."
            )
            raise ValueError(msg)

    @contextlib.contextmanager
    def _naming(self) -> Iterator[None]:
        """Errors of edits name the file."""
        try:
            yield
        except ValueError as error:
            msg = f"{self.path} cannot be opened as an ONNX network: {error}"
            raise ValueError(msg) from error


def _onnx() -> ModuleType:
    try:
        import onnx
    except ImportError as error:
        raise missing("Editing this network needs", "onnx", RUNTIME, error) from error
    return onnx


def loaded(path: Path, *, load_external_data: bool = True) -> "ModelProto":
    """The model; every node of it has the inputs and outputs of its operator, an output, and names that are text."""
    onnx = _onnx()
    try:
        model: ModelProto = onnx.load(path, format="protobuf", load_external_data=False)
        spell_out_names(model.graph)
        check_nodes(model)
    except Exception as error:  # protobuf's
        msg = f"{path} cannot be opened as an ONNX network: {error}"
        raise ValueError(msg) from error
    drop_idle_nodes(model.graph)
    external_data.check(path, model)
    if load_external_data:
        external_data.load(path, model)
    return model


def _stamp(path: Path) -> tuple[int, int] | None:
    """What changes when the file does."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns


def serialized(model: "ModelProto") -> bytes:
    return bytes(model.SerializeToString())


def take_initializers_from_inputs(model: "ModelProto") -> None:
    """Before IR 4, initializers were also listed as inputs; those that an edit adds could not stand beside them."""
    initializers = {tensor.name for tensor in model.graph.initializer}
    inputs = [tensor for tensor in model.graph.input if tensor.name not in initializers]
    del model.graph.input[:]
    model.graph.input.extend(inputs)
    model.ir_version = max(model.ir_version, 4)


# Outputs -------------------------------------------------------------------------------------------------------------


def _set_outputs(graph: "GraphProto", names: Sequence[str]) -> None:
    """Make `names` the outputs, and leave out the nodes that none of them needs."""
    from onnx import TensorProto, ValueInfoProto

    known = {info.name: info for info in (*graph.value_info, *graph.output)}
    outputs = []
    for name in names:
        info = ValueInfoProto(name=name)
        # The class where the file says it, else ONNX Runtime infers it; the shape is always inferred.
        info.type.tensor_type.elem_type = (
            known[name].type.tensor_type.elem_type if name in known else TensorProto.UNDEFINED
        )
        if not info.type.tensor_type.elem_type:
            info.ClearField("type")
        outputs.append(info)
    needed = set(names)
    kept = []
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            kept.append(node)
            needed.update(inputs_of(node))
    kept.reverse()
    for field, values in ((graph.output, outputs), (graph.node, kept)):
        del field[:]
        field.extend(values)


# Batch ---------------------------------------------------------------------------------------------------------------


def _open_batch(model: "ModelProto") -> None:
    """Make the batch dimension a symbol, and let constant shapes of Reshape nodes on the image's way follow it."""
    graph = model.graph
    constants = _constants(graph)
    (source,) = graph.input
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
                _open_reshape(graph, node, constants[node.input[1]], batch)


def _open_reshape(graph: "GraphProto", node: "NodeProto", shape: NDArray[np.int64], batch: int) -> None:
    """Let the first length of a constant shape follow the input: inferred, or copied where another one is inferred."""
    from onnx import numpy_helper

    if shape.size == 0 or shape[0] != batch:
        return
    opened = shape.copy()
    opened[0] = 0 if -1 in shape else -1
    # Under a name of its own: other nodes may use the same constant.
    name = f"{node.output[0]}/open_batch_shape"
    graph.initializer.append(numpy_helper.from_array(opened, name))
    node.input[1] = name


def _constants(graph: "GraphProto") -> dict[str, NDArray[np.int64]]:
    """The values of the graph's constant integer tensors: initializers and Constant nodes."""
    from onnx import TensorProto

    tensors = {tensor.name: tensor for tensor in graph.initializer}
    constants = {}
    for node in graph.node:
        for entry in node.attribute if node.op_type == "Constant" else ():
            if entry.name == "value":
                tensors[node.output[0]] = entry.t
            elif entry.name == "value_ints":
                constants[node.output[0]] = np.array(entry.ints, dtype=np.int64)
    for name, tensor in tensors.items():
        if tensor.data_type == TensorProto.INT64:
            constants[name] = values_of(tensor)
    return constants
