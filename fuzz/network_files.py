"""ONNX files: those of small networks, changed as protobufs (attributes, shapes, weights, names, operators, opset, data
beside the file), or as bytes. What opens is used: layers, scores, maps by both engines, with and without rewriting.
"""

import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnx import ModelProto, helper, load

import networks
import random_networks
from harness import Case, FindingError
from mutations import changed_bytes
from occlusion_sensitivity import dlnetwork, importNetworkFromONNX, occlusionSensitivity
from protobufs import change, changed_text

ROOT = Path(__file__).parents[1]

NAME = "network.onnx"
# Larger images take longer than a case may; that they are refused or run is tested elsewhere.
_LARGEST = 1 << 16
# Outputs beside those without rewriting, of the largest: rewriting is right within float noise.
_NOISE = 1e-3


class NetworkFiles:
    def __init__(self) -> None:
        self._seeds = _seeds()

    def case(self, random: Random) -> Case:
        content = _random_network(random) if random.random() < 0.3 else random.choice(self._seeds)
        kind = random.random()
        if kind < 0.15:
            return {NAME: changed_bytes(content, random)}
        model = ModelProto.FromString(content)
        beside = {}
        if kind < 0.3:
            beside = _with_data_beside(model, random)
        for _ in range(random.choice((1, 1, 1, 2, 4))):
            change(model, random)
        content = model.SerializeToString()
        if random.random() < 0.05:
            content = changed_text(content, model, random)
        return {NAME: content, **beside}

    def run(self, folder: Path, random: Random) -> str:
        net = importNetworkFromONNX(folder / NAME)
        repr(net), repr(net.Layers)
        height, width, channels = (length or random.randrange(1, 24) for length in net.Layers[0].InputSize)
        if height * width * channels > _LARGEST:
            return "opened"
        X = np.random.default_rng(0).integers(0, 256, (height, width, channels)).astype(np.float32)
        scores = _first(net.predict(X))
        _check_rewriting(folder, X, scores)
        if len(net.OutputNames) > 1:
            net.OutputNames = net.OutputNames[0]
        masks = {
            "MaskSize": [max(1, height // 3), max(1, width // 3)],
            "Stride": [max(1, height // 4), max(1, width // 4)],
        }
        found = occlusionSensitivity(net, X, 1, **masks)
        if found.dtype != np.float32 or found.shape[:2] != (height, width):
            raise FindingError(f"a map of {found.dtype} and {found.shape} for an image of {X.shape}")
        incremental = importNetworkFromONNX(folder / NAME, Inference="incremental")
        incremental.OutputNames = net.OutputNames
        repr(incremental)
        _check_same(
            "incremental inference", occlusionSensitivity(incremental, X, 1, **masks), found, np.abs(scores).max()
        )
        if random.random() < 0.5:
            _look_inside(net, X, random)
        return "map"


def _first(outputs: object) -> NDArray[np.float32]:
    return outputs[0] if isinstance(outputs, tuple) else np.asarray(outputs)


def _check_rewriting(folder: Path, X: NDArray[np.float32], scores: NDArray[np.float32]) -> None:
    plain = importNetworkFromONNX(folder / NAME, Optimize=False)
    expected = _first(plain.predict(X))
    if _normalizes_exactly(folder / NAME, X):
        _check_same("the rewritten graph", scores, expected, 0.0)


def _normalizes_exactly(file: Path, X: NDArray[np.float32]) -> bool:
    """Whether ONNX Runtime's own normalisation across channels is right for the network and the image.

    It subtracts from a running sum of squares what leaves the window. Of large numbers, noise is left that is larger
    than the bias, and the root of a negative number is NaN.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of unknown keys of data beside it
        model = load(file)
    nodes = [node for node in model.graph.node if node.op_type == "LRN"]
    if not nodes:
        return True
    if not all(isinstance(node.input[0], str) for node in nodes):  # bytes that are no UTF-8: not to be asked for
        return False
    del model.graph.output[:]
    model.graph.output.extend(helper.make_empty_tensor_value_info(node.input[0]) for node in nodes)
    try:
        outputs = _run_plainly(model, X)
    except Exception:  # an old opset, which the package brings up to date
        return False
    for node, found in zip(nodes, outputs, strict=True):
        attributes = {entry.name: entry.f for entry in node.attribute}
        noise = np.square(np.abs(found.astype(np.float64)).max()) * attributes.get("alpha", 1e-4) * 1e-6
        if not noise < 1e-3 * attributes.get("bias", 1.0):
            return False
    return True


def _run_plainly(model: ModelProto, X: NDArray[np.float32]) -> list[NDArray[Any]]:
    """The outputs of the model as ONNX Runtime finds them by itself."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    (source,) = session.get_inputs()
    is_last = source.shape[3] == X.shape[2] and source.shape[1] != X.shape[2]
    image = np.ascontiguousarray(X if is_last else X.transpose(2, 0, 1))
    count = source.shape[0] if isinstance(source.shape[0], int) else 1
    found: list[NDArray[Any]] = session.run(None, {source.name: np.repeat(image[np.newaxis], count, axis=0)})
    return found


def _check_same(what: str, found: NDArray[np.float32], expected: NDArray[np.float32], scale: float) -> None:
    if found.shape != expected.shape:
        raise FindingError(f"{what} gives {found.shape}, not {expected.shape}")
    with np.errstate(all="ignore"):
        finite = np.isfinite(expected)
        size = max(np.abs(expected[finite]).max(initial=0.0), scale if np.isfinite(scale) else 0.0)
        same = (
            (found == expected) | (np.isnan(found) & np.isnan(expected)) | (np.abs(found - expected) <= _NOISE * size)
        )
    if not same.all():
        at = int(np.argmin(same))
        raise FindingError(f"{what} gives {found.flat[at]}, not {expected.flat[at]}, of {size}")


def _look_inside(net: dlnetwork, X: NDArray[np.float32], random: Random) -> None:
    """An inner layer as the output."""
    layers = list(net.Layers)[1:]
    if layers:
        net.OutputNames = random.choice(layers).Name
        net.predict(X)


# Networks to begin with -----------------------------------------------------------------------------------------------


def _seeds() -> list[bytes]:
    rng = np.random.default_rng(0)
    made: list[Callable[[Path], object]] = [
        lambda file: networks.linear(file, rng.normal(size=(3, 5, 6, 2))),
        lambda file: networks.linear(
            file, rng.normal(size=(3, 5, 6, 2)), batch=1, softmax=True, dtype=np.float64, element=11
        ),
        lambda file: networks.convolutional(file, rng),
        lambda file: networks.convolutional(file, rng, batch=1, reshape=[1, -1], reshape_node=True),
        lambda file: networks.convolutional(file, rng, batch=2, constants_as_inputs=True, ir_version=3, opset=9),
        lambda file: networks.channels_last(file, rng),
        lambda file: networks.transposed_first(file, rng),
        lambda file: networks.spatial(file, rng),
        lambda file: networks.batch_mixing(file),
        lambda file: networks.fully_convolutional(file, rng),
        _normalizing,
        lambda file: _normalizing(file, "LRN"),
    ]
    found = []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, NAME)
        for make in made:
            make(file)
            found.append(file.read_bytes())
    found.append((ROOT / "tests" / "data" / "exported" / "octave.onnx").read_bytes())
    return found


def _normalizing(file: Path, only: str = "") -> None:
    """What is rewritten for speed: normalisation across channels, and scalings behind a normalisation."""
    rng = np.random.default_rng(1)
    constants = {
        "kernel": rng.normal(size=(6, 3, 3, 3)).astype(np.float32) / 300,
        **{name: rng.uniform(0.5, 2.0, 6).astype(np.float32) for name in ("scale", "shift", "mean", "variance")},
        "factor": rng.uniform(0.5, 2.0, (6, 1, 1)).astype(np.float32),
        "term": rng.normal(size=(1, 6, 1, 1)).astype(np.float32),
    }
    nodes = [
        helper.make_node("Conv", ["input", "kernel"], ["conv"], pads=[1, 1, 1, 1]),
        helper.make_node("LRN", ["conv"], ["lrn"], size=5, alpha=2e-2, beta=0.75, bias=1.0, name="lrn"),
        helper.make_node("Relu", ["lrn"], ["relu"]),
        helper.make_node("BatchNormalization", ["relu", "scale", "shift", "mean", "variance"], ["normal"]),
        helper.make_node("Mul", ["normal", "factor"], ["scaled"]),
        helper.make_node("Add", ["scaled", "term"], ["shifted"]),
        helper.make_node("GlobalAveragePool", ["shifted"], ["pool"]),
        helper.make_node("Flatten", ["pool"], ["score"]),
    ]
    if only:
        nodes = [*nodes[:3], *nodes[6:]]
        nodes[3].input[0] = "relu"
        constants = {"kernel": constants["kernel"]}
    networks.save(file, nodes, constants, {"input": ["N", 3, 12, 10]}, {"score": ["N", 6]})


def _random_network(random: Random) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, NAME)
        random_networks.RandomNetwork(np.random.default_rng(random.randrange(1 << 30))).save(file)
        return file.read_bytes()


def _with_data_beside(model: ModelProto, random: Random) -> dict[str, bytes]:
    """Move initialisers into a file beside; say now and then another place than theirs."""
    from onnx import TensorProto

    data = b""
    for tensor in model.graph.initializer:
        if not tensor.raw_data:
            continue
        entries = {"location": "weights.bin", "offset": str(len(data)), "length": str(len(tensor.raw_data))}
        data += tensor.raw_data
        if random.random() < 0.3:
            wrong = {
                "location": (
                    "../weights.bin",
                    "/etc/passwd",
                    "",
                    ".",
                    NAME,
                    "missing.bin",
                    "a\0b",
                    "*/_ORT_MEM_ADDR_/*",
                ),
                "offset": ("-1", "1", str(1 << 40), "x", "", "1.5", str(1 << 70)),
                "length": ("-1", "0", "3", str(1 << 40), "x", "", str(1 << 70)),
            }
            key = random.choice(sorted(wrong))
            entries[key] = random.choice(wrong[key])
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in entries.items():
            if random.random() < 0.95:
                tensor.external_data.add(key=key, value=value)
    return {"weights.bin": data if random.random() < 0.8 else changed_bytes(data, random)}


HARNESS = NetworkFiles()
