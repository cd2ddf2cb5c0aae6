"""What a process needs: its peak memory, and its time to start."""

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from jobs import BATCHES, bare_loop, bare_session, network_file, ready_images, whole_function
from measuring import child, paired, peak_megabytes
from occlusion_sensitivity import importNetworkFromONNX
from rows import FULL, QUICK, Effort, Row, ratio_row

# Memory ---------------------------------------------------------------------------------------------------------------


def memory(effort: Effort) -> Iterator[Row]:
    """Peak memory of a process, over that of the bare loop which keeps one batch of 8."""
    for name in effort.jobs:
        bare = float(child("memory of the bare loop", name, effort.quick))
        for size in (1, BATCHES[-1], 128):
            ours = float(child("memory of the map", name, effort.quick, {"MiniBatchSize": size}))
            measure = f"{name}: MiniBatchSize {size}, over the bare loop"
            yield Row("memory", measure, ours - bare, "MB", f"{ours:.0f} MB against {bare:.0f} MB", 60)
    if not effort.quick:
        name = "efficientnet-lite0"
        bare = float(child("memory of the bare loop", name, False))
        result = 224 * 224 * 1000 * 4 / 1e6
        for measure, more, of_result in (
            ("1000 channels, no upsampling", {"channels": list(range(1, 1001)), "OutputUpsampling": "none"}, 0),
            ("784 masks", {"Stride": 8}, 0),
            ("1000 channels, bicubic, less the result", {"channels": list(range(1, 1001))}, result),
        ):
            ours = float(child("memory of the map", name, False, more)) - of_result
            detail = f"{ours:.0f} MB against {bare:.0f} MB"
            yield Row("memory", f"{name}: {measure}, over the bare loop", ours - bare, "MB", detail, 60)


def memory_of_the_bare_loop(name: str, quick: bool) -> float:
    job = (QUICK if quick else FULL).jobs[name]
    images = ready_images(job, importNetworkFromONNX(network_file(name)), BATCHES[-1]) if quick else _one_batch(name)
    loop = bare_loop(bare_session(network_file(name)), images, BATCHES[-1])
    for _ in range(3):
        loop()
    return peak_megabytes()


def _one_batch(name: str) -> np.ndarray:
    """Without the package, whose memory is not the loop's."""
    return np.random.default_rng(0).integers(0, 256, (BATCHES[-1], 3, 224, 224)).astype(np.float32)


def memory_of_the_map(name: str, quick: bool, more: dict) -> float:
    work, _ = whole_function((QUICK if quick else FULL).jobs[name], **more)
    work()
    return peak_megabytes()


# Start-up -------------------------------------------------------------------------------------------------------------


def startup(effort: Effort) -> Iterator[Row]:
    """From the start of the process to the first mini-batch of the demo."""
    child("first mask of the demo")  # the files come into the system's cache
    times = []
    for _ in range(3 if effort.quick else 7):
        start = time.time()
        times.append(float(child("first mask of the demo")) - start)
    detail = f"{min(times):.2f} … {max(times):.2f} s in {len(times)} processes"
    yield Row("start-up", "occlusion-sensitivity demo to its first masks", statistics.median(times), "s", detail, 1.5)
    command = [sys.executable, "-c", "import occlusion_sensitivity"]
    bare = [sys.executable, "-c", "import numpy"]
    found = paired(lambda: subprocess.run(command, check=True), lambda: subprocess.run(bare, check=True), effort.pairs)
    yield ratio_row("start-up", "import occlusion_sensitivity / import numpy, processes", found)


def first_mask_of_the_demo() -> float:
    from occlusion_sensitivity.cli import commands, main

    def now(*_: object) -> None:
        # Not through sys.exit: the map need not be finished.
        sys.__stdout__.write(f"{time.time()}\n")
        sys.__stdout__.flush()
        os._exit(0)

    commands.progress_bar = lambda **_: contextlib.nullcontext(now)
    with tempfile.TemporaryDirectory() as folder:
        main(["demo", "--output", str(Path(folder) / "demo.png")])
    msg = "the demo ended before its first mask"
    raise RuntimeError(msg)
