"""What is measured, part by part: each gives rows of the table."""

import json
import statistics
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from incremental import beside_exhaustive, incremental, memory_of_inference, opening
from jobs import (
    BATCHES,
    Job,
    bare_loop,
    bare_session,
    image_for,
    mask_count,
    network_file,
    options,
    prepared,
    ready_images,
    whole_function,
)
from many import CHILDREN as CHILDREN_OF_MANY
from many import many
from measuring import Side, against_the_fastest, child, paired, rounds, seconds
from occlusion_sensitivity import importNetworkFromONNX, imresize, occlusionSensitivity
from occlusion_sensitivity.network.dlnetwork import dlnetwork
from processes import first_mask_of_the_demo, memory, memory_of_the_bare_loop, memory_of_the_map, startup
from rows import FULL, QUICK, Effort, Row, ratio_row

# The loop -------------------------------------------------------------------------------------------------------------


def loop(effort: Effort) -> Iterator[Row]:
    """The whole function against a bare loop over its own images and graph, in one process for each network."""
    for name in effort.jobs:
        found = json.loads(child("loop", name, effort.quick))
        yield ratio_row("loop", f"{name}: whole function / bare loop, same graph", found, 1.02)
    if not effort.quick:
        yield from untouched("googlenet", effort, 0.75)
        yield from untouched("densenet121", effort, None)


def loop_of(name: str, quick: bool) -> str:
    """The summary beside the bare loop at its best batch, as JSON."""
    effort = QUICK if quick else FULL
    job = effort.jobs[name]
    work, net = whole_function(job)
    images, session = ready_images(job, net), bare_session(prepared(net))
    sides = [work, *(bare_loop(session, images, batch) for batch in BATCHES)]
    for warm_up in sides:
        warm_up()
    timed = [lambda side=side: seconds(side) for side in sides]
    return json.dumps(against_the_fastest(rounds(timed, effort.rounds)))


def untouched(name: str, effort: Effort, bar: float | None) -> Iterator[Row]:
    """Against the bare loop on the file as it is; a process for each side."""
    sides = [Side("ours", name, effort.quick), *(Side("bare", name, effort.quick, batch) for batch in BATCHES)]
    best = against_the_fastest(rounds(sides, effort.rounds))
    for side in sides:
        side.close()
    yield ratio_row("loop", f"{name}: whole function / bare loop on the untouched graph", best, bar)


# Rivals ---------------------------------------------------------------------------------------------------------------

RIVAL_BARS = {("efficientnet-lite0", "captum"): 0.5, ("resnet50", "captum"): 0.65}


def rivals(effort: Effort) -> Iterator[Row]:
    """Captum and MONAI, each at its best batch, per image that goes through the network; a process for each side."""
    if effort.quick:
        return
    from rivals import BATCHES, IN_TORCH

    for name in IN_TORCH:
        ours = Side("ours", name, False)
        for package, batches in BATCHES.items():
            batch = min(batches, key=lambda size, name=name, package=package: _once(name, package, size))
            theirs = Side("rival", name, package, batch)
            found = against_the_fastest(rounds([ours, theirs], effort.pairs))
            images = theirs.said["images"]
            theirs.close()
            measure = f"{name}: whole function / {package} (batch {batch}), per image"
            row = ratio_row("rivals", measure, found, RIVAL_BARS.get((name, package)), (ours.said["images"], images))
            yield Row(**{**vars(row), "detail": f"{row.detail}; scores {theirs.said['apart']:.0e} apart"})
        ours.close()


def _once(name: str, package: str, batch: int) -> float:
    side = Side("rival", name, package, batch)
    taken = side()
    side.close()
    return taken


def incremental_beside_others(effort: Effort) -> Iterator[Row]:
    """Beside exhaustive evaluation by this package, and beside Captum, whose row is as among the rivals."""
    yield from incremental(effort)
    if effort.quick:
        return
    from rivals import BATCHES, IN_TORCH

    for name in IN_TORCH:
        batch = min(BATCHES["captum"], key=lambda size, name=name: _once(name, "captum", size))
        ours, theirs = Side("incremental", name, False), Side("rival", name, "captum", batch)
        found = against_the_fastest(rounds([ours, theirs], effort.pairs))
        for one in (ours, theirs):
            one.close()
        measure = f"{name}: incremental / captum (batch {batch}), per image"
        yield ratio_row("incremental", measure, found, None, (ours.said["images"], theirs.said["images"]))


# Scaling --------------------------------------------------------------------------------------------------------------


def scaling(effort: Effort) -> Iterator[Row]:
    """Time against the number of masks and of channels."""
    name = next(iter(effort.jobs))
    job = effort.jobs[name]
    net = importNetworkFromONNX(network_file(name))
    X = image_for(job, net)
    rows = X.shape[0]
    for stride in (rows // 4, rows // 10, rows // 20):
        how = {**options(job), "Stride": stride, "OutputUpsampling": "none"}
        taken = statistics.median(seconds(lambda how=how: occlusionSensitivity(net, X, 1, **how)) for _ in range(3))
        masks = mask_count(net, stride)
        yield Row("scaling", f"{name}: {masks} masks", taken * 1e3 / masks, "ms a mask", f"{taken:.2f} s in all")
    n_channels = net.predict(X).shape[-1]
    for count in sorted({1, min(10, n_channels), n_channels}):
        channels = list(range(1, count + 1))
        work = lambda channels=channels: occlusionSensitivity(net, X, channels, **options(job))  # noqa: E731
        taken = statistics.median(seconds(work) for _ in range(3))
        yield Row("scaling", f"{name}: {count} channel(s), bicubic", taken, "s", "median of 3")


# Kernels --------------------------------------------------------------------------------------------------------------


def resizing(effort: Effort) -> Iterator[Row]:
    """imresize of 1000 maps of 11×11 to 224×224 in single, against writing the result once, and other libraries."""
    maps = np.random.default_rng(0).random((11, 11, 40 if effort.quick else 1000), dtype=np.float32)
    shape = (224, 224, maps.shape[2])
    sides = {"numpy.full of the result": lambda: np.full(shape, 1.5, dtype=np.float32)}
    if not effort.quick:
        sides |= other_resizers(maps)
    for other, theirs in sides.items():
        bar = 1.5 if other.startswith("numpy") else 1.0
        pairs = effort.pairs * (3 if bar == 1.5 else 1)  # the short one, which the machine disturbs most
        found = paired(lambda: imresize(maps, [224, 224]), theirs, pairs)
        yield ratio_row("imresize", f"11×11×{shape[2]} → 224×224×{shape[2]}, bicubic / {other}", found, bar)


def other_resizers(maps: np.ndarray) -> dict:
    import cv2
    import skimage.transform
    import torch

    tensor = torch.from_numpy(np.ascontiguousarray(maps.transpose(2, 0, 1)[np.newaxis]))
    most = 4  # OpenCV resizes no more channels than a picture has
    parts = [np.ascontiguousarray(maps[:, :, first : first + most]) for first in range(0, maps.shape[2], most)]
    return {
        "torch interpolate, planes": lambda: torch.nn.functional.interpolate(tensor, (224, 224), mode="bicubic"),
        "OpenCV INTER_CUBIC, 4 channels at once": lambda: [
            cv2.resize(part, (224, 224), interpolation=cv2.INTER_CUBIC) for part in parts
        ],
        "scikit-image resize, order 3": lambda: skimage.transform.resize(maps, (224, 224), order=3),
    }


def painting(effort: Effort) -> Iterator[Row]:
    """Painting 8 masks and restoring them, against copying the batch."""
    from occlusion_sensitivity.devices.cpu import CPU

    original, filled = np.zeros((3, 224, 224, 1), dtype=np.float32), np.ones((3, 224, 224, 1), dtype=np.float32)
    batch = np.repeat(original[np.newaxis], 8, axis=0)
    boxes = np.array([[22 * k, 22 * k + 45, 22 * k, 22 * k + 45] for k in range(8)], dtype=np.int32)

    def paint_and_restore() -> None:
        for _ in range(100):
            CPU.copy_boxes(filled, boxes, batch)
            CPU.copy_boxes(original, boxes, batch)

    other = np.empty_like(batch)

    def copy() -> None:
        for _ in range(100):
            np.copyto(other, batch)

    found = paired(paint_and_restore, copy, effort.pairs * 3)
    yield ratio_row("painting", "8 masks of 45×45 painted and restored / a copy of the batch, 100 times", found, 1.0)


def optimizations(effort: Effort) -> Iterator[Row]:
    """A map with each of them against the same map without."""
    for name in ("googlenet",) if effort.quick else ("googlenet", "densenet121"):
        job = effort.jobs[name]
        found = paired(whole_function(job)[0], whole_function(job, optimize=False)[0], effort.pairs)
        yield ratio_row("optimizations", f"{name}: graph prepared / as in the file", found)
    job = next(iter(effort.jobs.values()))
    net = importNetworkFromONNX(network_file(job.network))
    X = image_for(job, net)
    inner = importNetworkFromONNX(network_file(job.network))
    inner.OutputNames = net.Layers[len(net.Layers) // 2].Name
    half = X.copy()
    half[:, : X.shape[1] // 2] = half.mean(axis=(0, 1))

    def map_of(network: dlnetwork, image: np.ndarray, **more: object) -> Callable[[], object]:
        return lambda: occlusionSensitivity(network, image, 1, **{**options(job), **more})

    plain = map_of(net, X)
    found = paired(map_of(inner, X), plain, effort.pairs)
    yield ratio_row("optimizations", f"{job.network}: scored in the middle / at the end", found)
    found = paired(map_of(net, half, MaskValue=half[0, 0]), plain, effort.pairs)
    yield ratio_row("optimizations", f"{job.network}: half the image is fill / none", found)


def agreement(effort: Effort) -> Iterator[Row]:
    """Maps of the prepared graph against those of the file as it is."""
    networks = {**QUICK.jobs, **effort.jobs}
    for name, job in networks.items():
        rows = importNetworkFromONNX(network_file(name)).Layers[0].InputSize[0]
        # Large ones of black: the default ones move the score of a network with random weights so little that the
        # range of the map comes near to the float noise of the score.
        large = {"MaskSize": 2 * rows // 3, "Stride": rows // 4, "MaskValue": 0}
        yield _agreement(name, job, "large masks", large, 1e-5)
        if not effort.quick:
            yield _agreement(name, job, "default masks", options(job), None)


def _agreement(name: str, job: Job, masks: str, how: dict, bar: float | None) -> Row:
    maps = []
    for optimize in (False, True):
        net = importNetworkFromONNX(network_file(name), Optimize=optimize)
        X = image_for(job, net)
        best = int(net.predict(X).argmax()) + 1
        maps.append(occlusionSensitivity(net, X, best, **how, OutputUpsampling="none").astype(np.float64))
    span = np.ptp(maps[0])
    apart = np.abs(maps[0] - maps[1]).max() / span
    detail = f"best channel, {maps[0].size} masks; range {span:.2g}"
    if bar is None:
        detail += f"; ONNX Runtime's own optimisations on and off: {_own_noise(name, job, best) / span:.2g}"
    return Row("agreement", f"{name}: Optimize on and off, {masks}", apart, "of the map's range", detail, bar)


def _own_noise(name: str, job: Job, channel: int) -> float:
    """How far the drops of the untouched file are from those without ONNX Runtime's own rewriting of it."""
    images = ready_images(job, importNetworkFromONNX(network_file(name)))
    drops = []
    for optimized in (True, False):
        session = bare_session(network_file(name), optimized=optimized)
        feed, output = session.get_inputs()[0].name, [session.get_outputs()[0].name]
        scores = [session.run(output, {feed: image[np.newaxis]})[0].ravel()[channel - 1] for image in images]
        drops.append(np.float64(scores[0]) - np.float64(scores))
    return float(np.abs(drops[0] - drops[1]).max())


PARTS = {
    "loop": loop,
    "rivals": rivals,
    "memory": memory,
    "scaling": scaling,
    "startup": startup,
    "resizing": resizing,
    "painting": painting,
    "optimizations": optimizations,
    "agreement": agreement,
    "many": many,
    "incremental": incremental_beside_others,
}
# In processes of their own: name → function, whose result is printed.
CHILDREN = {
    "loop": loop_of,
    "memory of the bare loop": memory_of_the_bare_loop,
    "memory of the map": memory_of_the_map,
    "first mask of the demo": first_mask_of_the_demo,
    **CHILDREN_OF_MANY,
    "incremental": beside_exhaustive,
    "memory of inference": memory_of_inference,
    "opening": opening,
}


def side(kind: str, name: str, *how: object) -> tuple:
    """The work of a Side, and what it says of itself."""
    if kind == "rival":
        from rivals import rival

        return rival(name, *how)
    quick, *batch = how
    job = (QUICK if quick else FULL).jobs[name]
    if kind == "bare":
        images = ready_images(job, importNetworkFromONNX(network_file(name)))
        return bare_loop(bare_session(network_file(name)), images, *batch), {"images": len(images)}
    work, net = whole_function(job, inference="incremental" if kind == "incremental" else "exhaustive")
    return work, {"images": mask_count(net, job.stride) + 1}


def folder_of_results() -> Path:
    return Path(__file__).parents[1] / "build" / "benchmarks"
