"""The networks of the benchmark, and the two plainest ways through them: the package's function and a bare loop."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from mobilenet import mobilenet_v2
from occlusion_sensitivity import importNetworkFromONNX, imread, imresize, occlusionSensitivity
from occlusion_sensitivity.network.dlnetwork import dlnetwork
from topologies import TOPOLOGIES, topology

DATA = files("occlusion_sensitivity") / "data"
TEST_NETWORKS = Path(__file__).parents[1] / "tests" / "data" / "networks"
# Of the bare loop: it is given the fastest of these; memory is compared with that of the largest.
BATCHES = (1, 4, 8)


@dataclass(frozen=True)
class Job:
    """A map: the mask's size, its stride, and where pixels have to lie for the network."""

    network: str
    mask: int
    stride: int
    pixel_range: float = 255.0
    channel: int = 1


# The mask and the stride that are taken by default; for the slowest a longer one.
JOBS = {
    "efficientnet-lite0": Job("efficientnet-lite0", 45, 22, channel=968),
    "googlenet": Job("googlenet", 45, 22),
    "resnet50": Job("resnet50", 45, 22),
    "vgg19": Job("vgg19", 45, 45),
    "squeezenet": Job("squeezenet", 45, 22),
    "densenet121": Job("densenet121", 45, 22),
}
# Of incremental inference alone.
MORE_JOBS = {"mobilenet-v2-160": Job("mobilenet-v2-160", 32, 16)}
QUICK_JOBS = {
    "tiny-digits-32": Job("tiny-digits-32", 6, 3, 1.0),
    "resnet8-cifar10": Job("resnet8-cifar10", 6, 3, 1.0),
    "vww-mobilenetv1-025-96": Job("vww-mobilenetv1-025-96", 19, 10),
    "googlenet": Job("googlenet", 45, 112),
}


@cache
def network_file(name: str) -> Path:
    """The ONNX file; those with random weights are written into the system's folder for temporary files."""
    if name == "efficientnet-lite0":
        return Path(str(DATA / "efficientnet-lite0.onnx"))
    if name not in TOPOLOGIES and name not in MORE_JOBS:
        return TEST_NETWORKS / f"{name}.onnx"
    file = Path(tempfile.gettempdir()) / f"occlusion-sensitivity-benchmark-{name}.onnx"
    if not file.exists():
        part = file.with_suffix(".part")
        onnx.save(mobilenet_v2(160) if name in MORE_JOBS else topology(name), part)
        part.replace(file)
    return file


def image_for(job: Job, net: dlnetwork) -> NDArray[np.float32]:
    rows, cols, channels = net.Layers[0].InputSize
    photograph = imresize(imread(DATA / "coffee.jpg"), [rows, cols]).astype(np.float32) * np.float32(
        job.pixel_range / 255
    )
    return photograph if channels == 3 else photograph.mean(axis=2, keepdims=True)


def options(job: Job) -> dict[str, object]:
    return {"MaskSize": job.mask, "Stride": job.stride, "ExecutionEnvironment": "cpu"}


def whole_function(
    job: Job, *, optimize: bool = True, inference: str = "exhaustive", **more: object
) -> tuple[Callable[[], object], dlnetwork]:
    """What computes the map, and its network."""
    net = importNetworkFromONNX(network_file(job.network), Optimize=optimize, Inference=inference)
    X = image_for(job, net)
    channels = more.pop("channels", job.channel)

    def work() -> NDArray[np.float32]:
        return occlusionSensitivity(net, X, channels, **{**options(job), **more})

    return work, net


def mask_count(net: dlnetwork, stride: int) -> int:
    rows, cols, _ = net.Layers[0].InputSize
    return -(-rows // stride) * -(-cols // stride)


def ready_images(job: Job, net: dlnetwork, most: int | None = None) -> NDArray[np.float32]:
    """The very images of the map, the original first, painted and in the network's own order."""
    X = image_for(job, net)
    fill = X.mean(axis=(0, 1), dtype=np.float64).astype(np.float32)
    images = [X]
    for row in range(0, X.shape[0], job.stride):
        for col in range(0, X.shape[1], job.stride):
            occluded = X.copy()
            first = [max(centre - job.mask // 2, 0) for centre in (row, col)]
            occluded[first[0] : row - job.mask // 2 + job.mask, first[1] : col - job.mask // 2 + job.mask] = fill
            images.append(occluded)
    return np.ascontiguousarray(np.stack(images[:most]).transpose(0, 3, 1, 2))


def bare_session(model: Path | bytes, *, optimized: bool = True) -> onnxruntime.InferenceSession:
    """A session as ONNX Runtime makes it: a thread for each processor, and its own optimisations of the graph."""
    settings = onnxruntime.SessionOptions()
    settings.log_severity_level = 4
    if not optimized:
        settings.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(model, settings, providers=["CPUExecutionProvider"])


def prepared(net: dlnetwork) -> str | bytes:
    """The graph that the package gives ONNX Runtime."""
    return net.network.file.model()


def bare_loop(session: onnxruntime.InferenceSession, images: NDArray[np.float32], batch: int) -> Callable[[], object]:
    """The limit of exhaustive evaluation: the images go through ONNX Runtime, and nothing else happens."""
    name, output = session.get_inputs()[0].name, [session.get_outputs()[0].name]

    def work() -> None:
        for first in range(0, len(images), batch):
            session.run(output, {name: images[first : first + batch]})

    return work
