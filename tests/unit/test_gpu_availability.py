"""Where no GPU works: what is missing is named, with the command that installs it; "auto" goes on, and says why."""

import importlib.metadata
import logging
import re
import subprocess
import sys

import numpy as np
import pytest

import networks
from conftest import forget_the_gpu
from occlusion_sensitivity import importNetworkFromONNX, occlusionSensitivity
from occlusion_sensitivity import matlab as m
from occlusion_sensitivity.execution import gpu_problem
from stand_in.host_kernels import compiler

X = np.random.default_rng(0).random((12, 10, 3))
INSTALL = r'pip install "[^"]*\[gpu\][^"]*"'


class CUDARuntimeError(RuntimeError):
    """CuPy's, with the texts that CuPy 14.2 gives."""


NO_DRIVER = CUDARuntimeError(
    "cudaErrorInsufficientDriver: CUDA driver version is insufficient for CUDA runtime version"
)
NO_DEVICE = CUDARuntimeError("cudaErrorNoDevice: no CUDA-capable device is detected")
NO_NVRTC = RuntimeError(
    "\n================================================================\n"
    "CuPy failed to load libnvrtc.so.13: OSError: libnvrtc.so.13: cannot open shared object file\n"
)


@pytest.fixture
def net(tmp_path):
    return importNetworkFromONNX(networks.convolutional(tmp_path / "net.onnx", np.random.default_rng(0)))


def no_cupy(pretended, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "cupy", None)


def broken_cupy(pretended, monkeypatch, tmp_path):
    (tmp_path / "cupy.py").write_text("raise ImportError('\\n=====\\nlibcublas.so.13: cannot open\\n=====')")
    monkeypatch.delitem(sys.modules, "cupy")
    monkeypatch.syspath_prepend(tmp_path)


def no_driver(pretended, monkeypatch, tmp_path):
    pretended.gpu.error = NO_DRIVER


def no_device(pretended, monkeypatch, tmp_path):
    pretended.gpu.error = NO_DEVICE


def hidden_devices(pretended, monkeypatch, tmp_path):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    pretended.gpu.count = 0


def no_nvrtc(pretended, monkeypatch, tmp_path):
    pretended.gpu.compile_error = NO_NVRTC


def cpu_package(pretended, monkeypatch, tmp_path):
    pretended.runtime.available = ["AzureExecutionProvider", "CPUExecutionProvider"]


def both_packages(pretended, monkeypatch, tmp_path):
    distribution = importlib.metadata.distribution
    monkeypatch.setattr(importlib.metadata, "distribution", lambda name: distribution("occlusion-sensitivity"))


def missing_library(pretended, monkeypatch, tmp_path):
    """A provider's library that needs another one, which is gone: the loader's own error."""
    capi = tmp_path / "onnxruntime" / "capi"
    capi.mkdir(parents=True)
    gone, provider = tmp_path / "libcublasLt.so.13", capi / "libonnxruntime_providers_cuda.so"
    build = [compiler(), "-shared", "-x", "c++", "/dev/null"]
    subprocess.run([*build, "-Wl,-soname,libcublasLt.so.13", "-o", gone], check=True)
    subprocess.run([*build, "-x", "none", "-Wl,--no-as-needed", gone, "-o", provider], check=True)
    gone.unlink()
    pretended.runtime.__file__ = str(capi.parent / "__init__.py")
    pretended.runtime.loads = False


def silent_fallback(pretended, monkeypatch, tmp_path):
    """For another reason than a library that is missing."""
    pretended.runtime.__file__ = str(tmp_path / "onnxruntime" / "__init__.py")
    pretended.runtime.loads = False


def all_libraries_found(pretended, monkeypatch, tmp_path):
    """The provider's library alone lacks a symbol that ONNX Runtime has: that says nothing."""
    capi = tmp_path / "onnxruntime" / "capi"
    capi.mkdir(parents=True)
    source = tmp_path / "provider.cpp"
    source.write_text('extern "C" void Provider_GetHost(); void* needed = (void*)&Provider_GetHost;')
    subprocess.run(
        [compiler(), "-shared", "-fPIC", source, "-o", capi / "libonnxruntime_providers_cuda.so"], check=True
    )
    pretended.runtime.__file__ = str(capi.parent / "__init__.py")
    pretended.runtime.loads = False


def failing_provider(pretended, monkeypatch, tmp_path):
    pretended.runtime.open_error = RuntimeError("CUDA failure 35: CUDA driver version is insufficient ; GPU=0")


def wrong_tf32(pretended, monkeypatch, tmp_path):
    monkeypatch.setenv("OCCLUSION_SENSITIVITY_TF32", "yes")


CONDITIONS = {
    no_cupy: rf"the package CuPy is missing \(.*cupy.*\): .*{INSTALL}$",
    broken_cupy: rf"the package CuPy cannot be imported \(libcublas\.so\.13: cannot open\): .*{INSTALL}$",
    no_driver: r"NVIDIA's driver is missing or too old \(cudaErrorInsufficientDriver: .*\): sudo .* install",
    no_device: r"there is no device: the driver sees no NVIDIA GPU \(nvidia-smi -L lists them\)$",
    hidden_devices: r"there is no device: .*nvidia-smi -L lists them, and CUDA_VISIBLE_DEVICES is '-1'\)$",
    no_nvrtc: rf"a library that CuPy compiles with .* \(CuPy failed to load libnvrtc\.so\.13: .*\): .*{INSTALL}$",
    cpu_package: rf"the package onnxruntime-gpu is missing, .*: .*{INSTALL}$",
    both_packages: rf"onnxruntime and onnxruntime-gpu are both .*: python3 -m venv cpu && .* {INSTALL}\.$",
    missing_library: rf"a library of ONNX Runtime's CUDA provider is missing \(libcublasLt\.so\.13: .*\): .*{INSTALL}$",
    silent_fallback: rf"ONNX Runtime's CUDA provider did not load, and says why on stderr.*{INSTALL}$",
    all_libraries_found: rf"ONNX Runtime's CUDA provider did not load, and says why on stderr.*{INSTALL}$",
    failing_provider: r"CUDA failure 35: CUDA driver version is insufficient ; GPU=0$",
    wrong_tf32: r"OCCLUSION_SENSITIVITY_TF32 must be \"0\" or \"1\", but is 'yes'\.$",
}


@pytest.fixture(params=CONDITIONS, ids=lambda condition: condition.__name__)
def says(request, net, pretended_gpu, monkeypatch, tmp_path):
    """The network is there; then the condition holds. What the package has to say about it."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    request.param(pretended_gpu, monkeypatch, tmp_path)
    return CONDITIONS[request.param]


def test_gpu_is_an_error_that_names_what_is_missing(net, says):
    for name in ("ExecutionEnvironment", "exec"):
        start = f'^{name} must be "auto" or "cpu", but is "gpu", and no GPU can be used here: '
        with pytest.raises(RuntimeError, match=start + says):
            occlusionSensitivity(net, X, 1, **{name: "gpu"})


def test_auto_takes_the_cpu_and_logs_why_once(net, says, caplog):
    expected = occlusionSensitivity(net, X, 1, ExecutionEnvironment="cpu")
    with caplog.at_level(logging.INFO, logger="occlusion_sensitivity"):
        for _ in range(3):
            np.testing.assert_array_equal(occlusionSensitivity(net, X, 1), expected)
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("occlusion_sensitivity", logging.INFO)
    assert caplog.text.count("Maps are computed on the CPU: ") == 1
    assert re.search(says, record.getMessage())


def test_the_names_of_matlab_follow(says):
    assert m.canUseGPU() is False
    with pytest.raises(RuntimeError, match=f"^gpuArray needs a GPU, and none can be used here: {says}"):
        m.gpuArray([1, 2])
    assert m.gather([1, 2]).tolist() == [1, 2]


def test_the_command_leaves_the_cpu_package_alone(pretended_gpu, monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)
    for installed, start in (
        ("onnxruntime", "python3 -m venv gpu && gpu/bin/python -m pip install "),
        ("other", "pip install "),
    ):

        def distribution(name, installed=installed):
            if name != installed:
                raise importlib.metadata.PackageNotFoundError(name)

        monkeypatch.setattr(importlib.metadata, "distribution", distribution)
        forget_the_gpu()
        assert f': {start}"occlusion-sensitivity[gpu]"' in str(gpu_problem())


def test_everything_works_where_nothing_is_missing(pretended_gpu):
    assert gpu_problem() is None
    assert m.canUseGPU() is True


def test_a_network_that_cannot_be_opened_on_the_gpu(net, pretended_gpu, caplog):
    """All of it works, but this network does not fit beside what else is in the GPU's memory."""
    assert m.canUseGPU()
    pretended_gpu.runtime.open_error = RuntimeError("CUDA failure 2: out of memory ; GPU=0")
    with pytest.raises(RuntimeError, match='but is "gpu".*cannot be opened on the GPU.*CUDA failure 2: out of memory'):
        occlusionSensitivity(net, X, 1, ExecutionEnvironment="gpu")
    with pytest.raises(RuntimeError, match=r"cannot be opened on the GPU.*CUDA failure 2"):
        m.predict(net, m.gpuArray(X))
    with caplog.at_level(logging.INFO, logger="occlusion_sensitivity"):
        expected = occlusionSensitivity(net, X, 1)
    assert "CUDA failure 2" in caplog.text
    pretended_gpu.runtime.open_error = None
    np.testing.assert_allclose(occlusionSensitivity(net, X, 1, ExecutionEnvironment="gpu"), expected, atol=1e-6)


def test_a_session_that_falls_back_for_one_network(net, pretended_gpu):
    assert m.canUseGPU()
    pretended_gpu.runtime.loads = False
    with pytest.raises(RuntimeError, match='but is "gpu".*CUDA provider'):
        occlusionSensitivity(net, X, 1, ExecutionEnvironment="gpu")


def test_arrays_of_a_gpu_that_cupy_cannot_reach(net, pretended_gpu):
    """Another library's array: CuPy is needed to take it over."""
    there = m.gpuArray(X)
    forget_the_gpu()
    pretended_gpu.gpu.error = NO_DRIVER
    with pytest.raises(RuntimeError, match="^NVIDIA's driver is missing or too old"):
        m.predict(net, there)


def test_looking_for_a_gpu_costs_next_to_nothing_without_cupy():
    """No package is imported for it, and it is looked for once."""
    code = (
        "import sys; from occlusion_sensitivity.execution import gpu_problem; before = set(sys.modules); gpu_problem();"
        "print(sorted(m for m in set(sys.modules) - before if m.split('.')[0] in ('cupy', 'onnxruntime', 'onnx')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "[]\n"


def test_the_real_machine_is_told_the_truth(net):
    """Whatever it has: "gpu" gives a map or an error that names what is missing; never a map of the CPU."""
    if m.canUseGPU():
        occlusionSensitivity(net, X, 1, ExecutionEnvironment="gpu")
        return
    with pytest.raises(RuntimeError, match="no GPU can be used here: .*(missing|no device|cannot|must|did not)"):
        occlusionSensitivity(net, X, 1, ExecutionEnvironment="gpu")
