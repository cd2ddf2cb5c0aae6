"""Incremental inference beside exhaustive evaluation by this package: time, agreement and memory."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from jobs import JOBS, MORE_JOBS, QUICK_JOBS, Job, image_for, network_file
from measuring import child, paired, peak_megabytes, seconds
from occlusion_sensitivity import importNetworkFromONNX, inference, occlusionSensitivity
from occlusion_sensitivity.devices.cpu import CPU
from rows import Effort, Row

# How many times as fast it was aimed to be, with the default options.
_AIMS = {
    "googlenet": 2.0,
    "vgg19": 3.8,
    "resnet50": 1.8,
    "squeezenet": 1.9,
    "densenet121": 1.7,
    "efficientnet-lite0": 1.6,
    "mobilenet-v2-160": 1.5,
}
# Beyond the peak of exhaustive evaluation, in MB.
_MEMORY, _MEMORY_OF_VGG = 60, 150
# Masks and strides as shares of the image's side, and whether masks are clipped at the edges.
_GRIDS = {
    "default masks": (0.2, 0.1, True),
    "fine masks": (0.1, 0.05, True),
    "no clipping": (0.2, 0.1, False),
    "masks of 60 %": (0.6, 0.1, True),
}


def incremental(effort: Effort) -> Iterator[Row]:
    """Each network in processes of its own."""
    for name in effort.jobs if effort.quick else [*effort.jobs, *MORE_JOBS]:
        for grid in ["default masks"] if effort.quick else list(_GRIDS):
            pairs = 1 if name in ("vgg19", "resnet50", "densenet121") else effort.pairs
            found = json.loads(child("incremental", name, grid, pairs))
            bar = 1 / _AIMS[name] if grid == "default masks" and name in _AIMS else None
            detail = (
                f"{1 / found['ratio']:.2f} times as fast ({1 / found['most']:.2f} … {1 / found['least']:.2f} in "
                f"{found['pairs']} pairs; {found['expected']:.2f} expected); {found['ours']:.2f} s against "
                f"{found['theirs']:.2f} s; maps {found['apart']:.1e} of the range apart"
            )
            yield Row("incremental", f"{name}: incremental / exhaustive, {grid}", found["ratio"], "ratio", detail, bar)
        peaks = {how: float(child("memory of inference", name, how)) for how in ("incremental", "exhaustive")}
        more = peaks["incremental"] - peaks["exhaustive"]
        bar = _MEMORY_OF_VGG if name == "vgg19" else _MEMORY
        detail = f"{peaks['incremental']:.0f} MB against {peaks['exhaustive']:.0f} MB"
        yield Row("incremental", f"{name}: peak of memory over exhaustive evaluation", more, "MB", detail, bar)
    opened_in = float(child("opening", "googlenet"))
    detail = "divided, optimised by ONNX Runtime, planned, opened; without the comparison with whole images"
    yield Row("incremental", "googlenet: planning and opening", opened_in, "s", detail, 0.3)


def _job(name: str) -> Job:
    return {**QUICK_JOBS, **JOBS, **MORE_JOBS}[name]


def beside_exhaustive(name: str, grid: str, pairs: int) -> str:
    """Both ways in one process, in pairs."""
    job = _job(name)
    nets = [importNetworkFromONNX(network_file(name), Inference=how) for how in ("incremental", "exhaustive")]
    X = image_for(job, nets[0])
    mask, stride, clipping = _GRIDS[grid]
    sizes = [[max(1, round(share * n)) for n in X.shape[:2]] for share in (mask, stride)]
    how = {"MaskSize": sizes[0], "Stride": sizes[1], "MaskClipping": clipping, "OutputUpsampling": "none"}
    ours, theirs = (lambda net=net: occlusionSensitivity(net, X, job.channel, **how) for net in nets)
    maps = ours(), theirs()
    found = paired(ours, theirs, pairs)
    apart = float(np.abs(maps[0] - maps[1]).max() / max(np.ptp(maps[1]), 1e-30))
    return json.dumps({**found, "apart": apart, "expected": inference.state(nets[0].network).gain})


def memory_of_inference(name: str, how: str) -> str:
    """The peak of a process that computes one map, in MB."""
    job = _job(name)
    net = importNetworkFromONNX(network_file(name), Inference=how)
    X = image_for(job, net)
    occlusionSensitivity(net, X, job.channel, MaskSize=job.mask, Stride=job.stride)
    return str(peak_megabytes())


def opening(name: str) -> str:
    """Seconds for what incremental inference needs beyond the network."""
    from occlusion_sensitivity.incremental.divided import DividedNetwork
    from occlusion_sensitivity.incremental.sessions import Sessions

    job = _job(name)
    net = importNetworkFromONNX(network_file(name))
    X = image_for(job, net)
    rows, cols, planes = X.shape
    starts = np.arange(0, rows - job.mask, job.stride)
    row0, col0 = (grid.ravel() for grid in np.meshgrid(starts, starts, indexing="ij"))
    boxes = np.stack([row0, row0 + job.mask, col0, col0 + job.mask], axis=1).astype(np.int32)

    def divide_and_open() -> None:
        with tempfile.TemporaryDirectory() as folder:
            divided = DividedNetwork(net.network, (planes, rows, cols), Path(folder))
            Sessions(divided, divided.planned(boxes, CPU.runs_at_once).count)

    times = [seconds(divide_and_open) for _ in range(4)]
    return str(sorted(times[1:])[1])  # the first imports onnx
