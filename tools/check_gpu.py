"""What a person with an NVIDIA GPU runs once: every test on the device, agreement with the CPU, and timings.

    python -m pip install ".[gpu]" pytest
    python tools/check_gpu.py

in an environment without onnxruntime (the package for the CPU). The report that it prints is to be pasted into an
issue; docs/gpu.md says what has been run where.
"""

import importlib.metadata
import os
import platform
import statistics
import subprocess
import sys
import time
from importlib.resources import files
from pathlib import Path

import numpy as np

from occlusion_sensitivity import importNetworkFromONNX, imresize, occlusionSensitivity
from occlusion_sensitivity.devices import cuda
from occlusion_sensitivity.execution import gpu_problem
from occlusion_sensitivity.parity.cases import run_cases
from occlusion_sensitivity.parity.report import summary, verdict

ROOT = Path(__file__).parents[1]
PACKAGES = (
    "occlusion-sensitivity",
    "numpy",
    "onnxruntime-gpu",
    "cupy-cuda13x",
    "nvidia-cudnn-cu13",
    "nvidia-cuda-nvrtc",
)
CHANNEL = 968


def version(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def machine():
    """Lines about where this ran."""
    import cupy

    runtime = cupy.cuda.runtime
    device = runtime.getDeviceProperties(runtime.getDevice())
    yield f"- GPU: {device['name'].decode()}, compute capability {device['major']}.{device['minor']}"
    yield f"- CUDA: driver {runtime.driverGetVersion()}, CuPy's runtime {runtime.runtimeGetVersion()}"
    yield f"- {platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} processors"
    yield f"- {', '.join(f'{package} {version(package)}' for package in PACKAGES)}"


def seconds(work, repeats):
    """The median time of `work` after one call that warms up."""
    work()
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def network():
    """EfficientNet-Lite0 with sessions of its own: their options are read when they are opened."""
    return importNetworkFromONNX(files("occlusion_sensitivity") / "data" / "efficientnet-lite0.onnx")


def maps(repeats, mini_batch_sizes):
    """Rows of a table: where, how, median time of a map of 121 masks, and the distance from the CPU's map."""
    X = np.random.default_rng(0).random((8, 8, 3))
    X = (imresize(X, [224, 224]).clip(0, 1) * 255).astype(np.uint8)
    net = network()
    expected = occlusionSensitivity(net, X, CHANNEL, ExecutionEnvironment="cpu")
    yield "| where | time of a map | largest difference from the CPU, of the map's range |"
    yield "|---|---|---|"
    taken = seconds(lambda: occlusionSensitivity(net, X, CHANNEL, ExecutionEnvironment="cpu"), repeats)
    yield f"| CPU | {taken:.4f} s | |"
    for tf32 in ("0", "1"):
        os.environ["OCCLUSION_SENSITIVITY_TF32"] = tf32
        net = network()
        for size in mini_batch_sizes:
            how = {"ExecutionEnvironment": "gpu", "MiniBatchSize": size}
            found = occlusionSensitivity(net, X, CHANNEL, **how)
            taken = seconds(lambda net=net, how=how: occlusionSensitivity(net, X, CHANNEL, **how), repeats)
            apart = np.abs(found - expected).max() / np.ptp(expected)
            yield f"| GPU, MiniBatchSize={size}, TF32 {'on' if tf32 == '1' else 'off'} | {taken:.4f} s | {apart:.2e} |"


def resizing(repeats, n_maps):
    """One line: imresize of many maps on both devices."""
    device = cuda.device()
    A = np.random.default_rng(0).random((11, 11, n_maps), dtype=np.float32)
    there = device.upload(A)

    def on_the_gpu():
        imresize(there, [224, 224])
        device.wait()

    same = (device.to_host(imresize(there, [224, 224])) == imresize(A, [224, 224])).all()
    times = [seconds(work, repeats) for work in (lambda: imresize(A, [224, 224]), on_the_gpu)]
    yield f"imresize of {n_maps} maps of 11×11 to 224×224: {times[0]:.4f} s on the CPU, {times[1]:.4f} s on the GPU;"
    yield f"{'the same bits' if same else 'NOT the same bits'}."


def passed_there(which="tests/gpu"):
    """Whether the tests of the device pass, and pytest's last line."""
    # Warnings of libraries on a machine that nobody has seen yet are shown, not errors.
    command = [sys.executable, "-m", "pytest", "-q", "-m", "gpu", "-W", "default", which]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    print(done.stdout, done.stderr, file=sys.stderr)
    return done.returncode == 0, done.stdout.strip().splitlines()[-1]


def parity():
    """How far the parity cases are from their references on the device."""
    results = list(run_cases(ROOT / "compat_fixtures", environment="gpu"))
    for result in results:
        if not result.agrees:
            apart = ", ".join(f"{stage.name} {stage.difference:.1e}" for stage in result.stages)
            yield f"  - {result.name}: {verdict(result)} ({apart})"
    yield f"- parity cases on the device: {summary(results)}"


def main():
    problem = gpu_problem()
    if problem is not None:
        print(f"No GPU can be used here: {problem}")
        return 1
    print("## occlusion-sensitivity on a GPU\n")
    print("\n".join(machine()))
    passed, last_line = passed_there()
    print(f"- tests/gpu: {last_line}")
    print("\n".join(parity()), end="\n\n")
    print("\n".join(maps(repeats=5, mini_batch_sizes=(8, 32, 128))), end="\n\n")
    print("\n".join(resizing(repeats=5, n_maps=1000)))
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
