"""Mini-batches that do not fit are halved: the same map, and one warning that names the size that worked."""

import re
import subprocess
import sys
import threading
import time
import warnings

import numpy as np
import pytest

import networks
from network_checks import goes_together
from occlusion_sensitivity import importNetworkFromONNX, occlusionSensitivity
from occlusion_sensitivity.devices import cuda
from occlusion_sensitivity.devices.cpu import Cpu
from occlusion_sensitivity.name_values import NameValues
from occlusion_sensitivity.network.session import NetworkSession
from stand_in.host_kernels import ROOT, compiler

X = np.random.default_rng(1).random((12, 10, 3))
# What ONNX Runtime says: its arena (seen here), CUDA, cuBLAS and cuDNN (reported by users), and C++.
TEXTS = [
    "onnxruntime::BFCArena::AllocateRawInternal Failed to allocate memory for requested buffer of size",
    "CUDA failure 2: out of memory ; GPU=0 ; expr=cudaMalloc((void**)&p, size);",
    "CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=0",
    "CUDNN failure 4000: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED",
    "Exception during initialization: std::bad_alloc",
]


@pytest.fixture
def net(tmp_path):
    return importNetworkFromONNX(networks.convolutional(tmp_path / "net.onnx", np.random.default_rng(0)))


def the_map(net, environment, **options):
    return occlusionSensitivity(net, X, [1, 2], ExecutionEnvironment=environment, Stride=1, **options)


def warned_map(net, environment, **options):
    """The map, and the sizes that the one warning names: wanted, and working."""
    with pytest.warns(RuntimeWarning, match="did not fit into memory") as caught:
        found = the_map(net, environment, **options)
    (warning,) = caught
    assert warning.filename == __file__
    numbers = re.match(r"A mini-batch of (\d+) images did not fit into memory: (\d+) image", str(warning.message))
    assert f"MiniBatchSize={numbers[2]} " in str(warning.message)
    return found, int(numbers[1]), int(numbers[2])


@pytest.fixture
def four_in_a_run(monkeypatch):
    monkeypatch.setattr(Cpu, "runs_at_once", 1)
    monkeypatch.setattr(Cpu, "largest_run", lambda device, image: 4)


@pytest.fixture
def small_memory(monkeypatch, four_in_a_run):
    """Sessions on which runs of more than `most` images fail, with what `error` makes."""

    def limited(most, error):
        real = NetworkSession._bound_run

        def run(session, onnx_session, images, output):
            if len(images) > most:
                raise error()
            return real(session, onnx_session, images, output)

        monkeypatch.setattr(NetworkSession, "_bound_run", run)

    return limited


@pytest.mark.parametrize("text", TEXTS)
def test_every_way_to_say_it(net, small_memory, text):
    expected = the_map(net, "cpu")
    small_memory(2, lambda: RuntimeError(text))
    found, wanted, working = warned_map(net, "cpu")
    assert (wanted, working) == (4, 2)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)
    assert goes_together(net)


@pytest.mark.parametrize(("most", "working"), [(3, 2), (2, 2), (1, 1)])
def test_halving_on_the_cpu(net, small_memory, most, working):
    expected = the_map(net, "cpu")
    fresh = importNetworkFromONNX(net.network.file.path)
    small_memory(most, MemoryError)
    for network in (net, fresh):  # known to go together, and not known yet
        found, wanted, worked = warned_map(network, "cpu")
        assert (wanted, worked) == (4, working)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize(("images", "most", "working"), [(2, 3, 2), (2, 2, 2), (2, 1, 1), (3, 5, 2), (4, 5, 4)])
def test_runs_that_do_not_fit_beside_each_other(net, monkeypatch, images, most, working):
    """Two runs: fewer images in each first, then one run after another."""
    expected = the_map(net, "cpu")
    monkeypatch.setattr(Cpu, "runs_at_once", 2)
    monkeypatch.setattr(Cpu, "largest_run", lambda device, image: images)
    going_on, lock, real = [], threading.Lock(), NetworkSession._bound_run

    def run(session, onnx_session, images, output):
        with lock:
            going_on.append(len(images))
            fits = sum(going_on) <= most
        try:
            if not fits:
                raise MemoryError
            time.sleep(0.005)  # long enough to meet the other
            return real(session, onnx_session, images, output)
        finally:
            with lock:
                going_on.remove(len(images))

    net.predict(X)
    monkeypatch.setattr(NetworkSession, "_bound_run", run)
    found, wanted, worked = warned_map(net, "cpu")
    assert (wanted, worked) == (2 * images, working)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


def test_memory_that_comes_back_is_used_again(net, small_memory, monkeypatch):
    expected = the_map(net, "cpu")
    with monkeypatch.context() as patch:
        patch.setattr(NetworkSession, "_bound_run", NetworkSession._bound_run)
        small_memory(1, MemoryError)
        warned_map(net, "cpu")
    monkeypatch.undo()
    np.testing.assert_array_equal(the_map(net, "cpu"), expected)


@pytest.mark.parametrize("environment", ["cpu", "gpu"])
def test_not_even_one_image(net, small_memory, pretended_gpu, environment):
    small_memory(0, lambda: RuntimeError(TEXTS[0]))
    with pytest.raises(
        RuntimeError, match=r"^There is not enough memory, not even for one image at a time: .*net\.onnx"
    ):
        the_map(net, environment)
    with pytest.raises(RuntimeError, match="fails on 1 image.*Failed to allocate"):
        net.predict(X)


@pytest.mark.parametrize(("most", "working"), [(120, 60), (60, 60), (59, 30), (29, 15), (3, 3), (2, 1), (1, 1)])
def test_halving_on_the_gpu(net, pretended_gpu, most, working):
    expected = the_map(net, "cpu")
    the_map(net, "gpu")
    pretended_gpu.runtime.largest_batch = most
    found, wanted, worked = warned_map(net, "gpu")
    assert (wanted, worked) == (121, working)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)
    assert pretended_gpu.gpu.pool_freed > 0
    assert goes_together(net, cuda.device())


def test_batches_that_cupy_has_no_memory_for(net, pretended_gpu):
    compiler()  # where there is none, the test is skipped, which pytest.warns would hide
    expected = the_map(net, "cpu")
    pretended_gpu.gpu.limit = 40 * X.size * 4
    found, wanted, working = warned_map(net, "gpu")
    assert (wanted, working) == (121, 30)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


def test_progress_goes_on_where_it_was(net, small_memory):
    from occlusion_sensitivity.occlusion import occlusion_map

    small_memory(3, MemoryError)
    told = []
    with pytest.warns(RuntimeWarning):
        occlusion_map(net.network, X, 1, NameValues.of({"Stride": 1}), lambda *now: told.append(now))
    assert told == [*((n, 121) for n in range(2, 121, 2)), (121, 121)]


def test_another_failure_is_none_of_memory(net, small_memory):
    """As before: images then go one by one, without a warning."""
    expected = the_map(net, "cpu")
    small_memory(1, lambda: RuntimeError("Non-zero status code returned while running Reshape node."))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_allclose(the_map(net, "cpu"), expected, rtol=0, atol=1e-6)
    assert not goes_together(net)


REALLY_SHORT_OF_MEMORY = """
import os, re, resource, sys, warnings
import numpy as np
from onnx import helper
import networks
from occlusion_sensitivity import importNetworkFromONNX, occlusionSensitivity

# Each image becomes 80 MB inside.
nodes = [
    helper.make_node("Tile", ["input", "repeats"], ["tiled"]),
    helper.make_node("Relu", ["tiled"], ["relu"]),
    helper.make_node("ReduceMean", ["relu"], ["score"], axes=[2, 3], keepdims=0),
]
constants = {"repeats": np.int64([1, 1, 70, 70])}
file = networks.save(sys.argv[1], nodes, constants, {"input": ["N", 1, 64, 64]}, {"score": ["N", 1]})
X = np.random.default_rng(0).random((64, 64), dtype=np.float32)
how = {"Stride": 24, "OutputUpsampling": "none", "ExecutionEnvironment": "cpu"}
expected = occlusionSensitivity(importNetworkFromONNX(file), X, 1, MiniBatchSize=1, **how)
net = importNetworkFromONNX(file)
os.sched_setaffinity(0, list(os.sched_getaffinity(0))[:2])
used = int(re.search(r"VmSize:\\s+(\\d+)", open("/proc/self/status").read())[1]) * 1024
resource.setrlimit(resource.RLIMIT_AS, (used + 400 * 2**20,) * 2)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    found = occlusionSensitivity(net, X, 1, **how)
np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)
print([str(warning.message) for warning in caught])
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits the memory of a process, as Linux does")
def test_a_process_that_is_really_short_of_memory(tmp_path):
    """ONNX Runtime itself fails to allocate, in a process of its own."""
    command = [sys.executable, "-c", REALLY_SHORT_OF_MEMORY, str(tmp_path / "net.onnx")]
    environment = {"PYTHONPATH": str(ROOT / "tests"), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    assert re.match(r"\['A mini-batch of \d+ images did not fit into memory: [12] images? go", done.stdout), done
