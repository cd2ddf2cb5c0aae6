"""The way over a GPU, as only the stand-in shows it: what is launched, opened, padded and waited for."""

import shutil
from types import SimpleNamespace

import numpy as np
import pytest

import networks
from network_checks import goes_together
from occlusion_sensitivity import importNetworkFromONNX, occlusionSensitivity
from occlusion_sensitivity import matlab as m
from occlusion_sensitivity.devices import cuda
from occlusion_sensitivity.name_values import NameValues
from occlusion_sensitivity.network import providers
from stand_in.host_kernels import ROOT

RNG = np.random.default_rng(11)
X = RNG.random((12, 10, 3))
# 12×10 positions, so 120 masks and the original.
EVERY_PIXEL = {"Stride": 1, "OutputUpsampling": "none"}


@pytest.fixture
def net(tmp_path):
    return importNetworkFromONNX(networks.convolutional(tmp_path / "net.onnx", np.random.default_rng(0)))


def on_gpu(net, **options):
    return occlusionSensitivity(net, X, [1, 2], ExecutionEnvironment="gpu", **options)


def on_cpu(net, **options):
    return occlusionSensitivity(net, X, [1, 2], ExecutionEnvironment="cpu", **options)


def test_auto_takes_the_gpu(net, pretended_gpu):
    occlusionSensitivity(net, X, 1)
    assert pretended_gpu.runtime.batches
    count = len(pretended_gpu.runtime.batches)
    on_cpu(net)
    m.predict(net, X)
    assert len(pretended_gpu.runtime.batches) == count


@pytest.mark.parametrize(
    ("mini_batch_size", "batches"), [(50, [50] * 3), (121, [121]), (128, [121]), (120, [120] * 2), (1, [1] * 121)]
)
def test_the_last_mini_batch_is_padded(net, pretended_gpu, mini_batch_size, batches):
    expected = on_cpu(net, MiniBatchSize=mini_batch_size, **EVERY_PIXEL)
    on_gpu(net, MiniBatchSize=mini_batch_size, **EVERY_PIXEL)
    del pretended_gpu.runtime.batches[:]
    found = on_gpu(net, MiniBatchSize=mini_batch_size, **EVERY_PIXEL)
    assert pretended_gpu.runtime.batches == batches
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


def test_images_that_go_one_by_one_are_not_padded(tmp_path, pretended_gpu):
    net = importNetworkFromONNX(networks.batch_mixing(tmp_path / "net.onnx"))
    image = RNG.random((5, 6))
    how = {"ExecutionEnvironment": "gpu", "Stride": 1, "MiniBatchSize": 20}
    occlusionSensitivity(net, image, 1, **how)
    del pretended_gpu.runtime.batches[:]
    occlusionSensitivity(net, image, 1, **how)
    assert pretended_gpu.runtime.batches == [1] * 31


def test_nothing_is_printed(net, pretended_gpu, capfd):
    """Not even what ONNX Runtime prints of libraries that are not where pip puts them."""
    on_gpu(net)
    assert capfd.readouterr() == ("", "")


def test_one_session_for_each_device(net, pretended_gpu):
    for _ in range(3):
        on_gpu(net)
        on_cpu(net)
        m.predict(net, m.gpuArray(X))
    # One more for the question whether networks run there at all.
    assert len(pretended_gpu.runtime.opened) == 2


def test_a_session_with_an_open_batch_takes_the_place_of_the_fixed_one(tmp_path, pretended_gpu):
    file = networks.convolutional(tmp_path / "net.onnx", np.random.default_rng(0), batch=1)
    net = importNetworkFromONNX(file)
    np.testing.assert_allclose(on_gpu(net), on_cpu(net), rtol=0, atol=1e-6)
    assert goes_together(net, cuda.device())
    assert net.network.on(cuda.device())._together.session._as_it_is is None
    assert len(pretended_gpu.runtime.opened) == 3


def test_files_that_need_a_repair_get_it_on_the_gpu_too(tmp_path, pretended_gpu):
    """A file of opset 6 is refused by ONNX Runtime as it stands."""
    file = networks.convolutional(tmp_path / "net.onnx", np.random.default_rng(0), opset=6, ir_version=3)
    net = importNetworkFromONNX(file)
    np.testing.assert_allclose(on_gpu(net), on_cpu(net), rtol=0, atol=1e-6)


def test_provider_options(net, pretended_gpu, monkeypatch):
    on_gpu(net)
    assert pretended_gpu.runtime.opened[-1] == {"cudnn_conv_algo_search": "HEURISTIC", "use_tf32": "0"}
    monkeypatch.setenv("OCCLUSION_SENSITIVITY_TF32", "1")
    net.OutputNames = "logits"
    on_gpu(net)
    assert pretended_gpu.runtime.opened[-1]["use_tf32"] == "1"
    ((name, options), cpu) = providers._providers(SimpleNamespace(name="cuda", number=3))
    assert (name, options["device_id"], cpu) == ("CUDAExecutionProvider", "3", "CPUExecutionProvider")


def test_nothing_but_the_map_comes_back(net, pretended_gpu, monkeypatch):
    """Once the network is known, with as many images at once: one copy to the host, of the whole map."""
    on_gpu(net, MiniBatchSize=7)
    copies = []
    real = pretended_gpu.cupy.ndarray.get
    monkeypatch.setattr(pretended_gpu.cupy.ndarray, "get", lambda array: copies.append(array.shape) or real(array))
    on_gpu(net, MiniBatchSize=7)
    assert copies == [(12, 10, 2)]


def test_progress_is_told_in_mini_batches(net, pretended_gpu):
    from occlusion_sensitivity.occlusion import occlusion_map

    told = []
    typed = {"MiniBatchSize": 50, "Stride": 1, "ExecutionEnvironment": "gpu"}
    occlusion_map(net.network, X, 1, NameValues.of(typed), lambda *now: told.append(now))
    assert told == [(50, 121), (100, 121), (121, 121)]


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_an_output_is_read_before_its_memory_is_given_back(pretended_gpu, kind):
    """ONNX Runtime takes the memory of a tensor that nobody holds for the run of another thread."""
    memory = np.arange(6).astype(kind)
    tensor = SimpleNamespace(shape=lambda: [2, 3], data_ptr=lambda: memory.ctypes.data)
    found = cuda.device().output(tensor, kind, np.empty(0))
    memory[:] = 99
    assert found.dtype == np.float32
    assert found.get().tolist() == [[0, 1, 2], [3, 4, 5]]


def test_a_grid_of_few_blocks_does_all_the_work(net, pretended_gpu, monkeypatch):
    expected = on_gpu(net, Stride=3)
    monkeypatch.setattr(cuda, "_THREADS", 8)
    monkeypatch.setattr(cuda, "_MOST_BLOCKS", 2)
    del pretended_gpu.gpu.launches[:]
    np.testing.assert_array_equal(on_gpu(net, Stride=3), expected)
    assert {(blocks, threads) for _, blocks, threads in pretended_gpu.gpu.launches} == {(2, 8)}
    assert {name for name, _, _ in pretended_gpu.gpu.launches} == {
        "copy_boxes",
        "channel_totals",
        "resize_axis_float32",
    }


def test_kernels_are_compiled_anew_when_a_header_changes(pretended_gpu, monkeypatch, tmp_path):
    """CuPy keeps compiled kernels on disk by source and options, without a look at headers."""
    for folder, name in (("cuda", "cuda"), ("cpp/include", "include")):
        shutil.copytree(ROOT / folder, tmp_path / name)
    monkeypatch.setattr(cuda, "files", lambda package: tmp_path)
    before = cuda._module("boxes")._options
    assert {"-std=c++17", "--fmad=false", f"-I{tmp_path / 'include'}"} < set(before)
    header = tmp_path / "include" / "occlusion_sensitivity" / "box.hpp"
    header.write_text(header.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    cuda._module.cache_clear()
    assert cuda._module("boxes")._options != before


def test_the_copy_in_the_package_is_the_one_that_is_tested():
    from importlib.resources import files

    package = files("occlusion_sensitivity")
    for ours, theirs in (("cuda", "cuda"), ("cpp/include/occlusion_sensitivity", "include/occlusion_sensitivity")):
        originals = {file.name: file.read_bytes() for file in (ROOT / ours).iterdir()}
        assert {file.name: file.read_bytes() for file in package.joinpath(theirs).iterdir()} == originals


@pytest.mark.parametrize("environment", ["gpu", "cpu"])
def test_numbers_of_the_gpu_as_options(net, pretended_gpu, environment):
    how = {"MaskSize": m.gpuArray([3, 4]), "Stride": m.gpuArray([2, 3]), "MaskValue": m.gpuArray([0.1, 0.2, 0.3])}
    plain = {name: value.get() for name, value in how.items()}
    for options in (how, plain):
        found = occlusionSensitivity(net, X, m.gpuArray([1, 2]), ExecutionEnvironment=environment, **options)
        np.testing.assert_allclose(found, on_cpu(net, **plain), rtol=0, atol=1e-6)
