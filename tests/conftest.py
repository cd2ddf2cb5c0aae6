"""Fixtures for every test: where the data is, and the small real networks."""

import os
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import onnxruntime
import pytest

from occlusion_sensitivity import execution, importNetworkFromONNX, inference
from occlusion_sensitivity.devices import cuda
from occlusion_sensitivity.network import providers
from occlusion_sensitivity.network.network import Network
from stand_in import cupy_over_numpy, onnxruntime_with_cuda

ROOT = Path(__file__).parents[1]
NETWORKS = ROOT / "tests" / "data" / "networks"


def pytest_addoption(parser):
    parser.addoption(
        "--inference",
        choices=["exhaustive", "incremental"],
        default="exhaustive",
        help="how every network's maps are computed, whatever it was imported with",
    )


@pytest.fixture(autouse=True)
def inference_as_asked(request, monkeypatch):
    """With ``--inference incremental`` every map for which it is possible, whether it pays or not."""
    if request.config.getoption("--inference") == "incremental":
        wanted = property(lambda network: "incremental", lambda network, how: None)
        monkeypatch.setattr(Network, "inference", wanted, raising=False)
        monkeypatch.setattr(inference, "LEAST_GAIN", 0.0)


def pytest_configure(config):
    """What is not marked gpu is about the CPU, also on a machine with a GPU."""
    if config.option.markexpr != "gpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"


@pytest.fixture(scope="session")
def shared_or_why():
    """The project's shared data, which is not in the repository; or, in words, why it is not here."""
    folder = ROOT.parent / "shared" / "data"
    if folder.is_dir():
        return folder
    if os.environ.get("OCCLUSION_REQUIRE_SHARED"):
        pytest.fail(f"OCCLUSION_REQUIRE_SHARED is set, but there is no {folder}")
    return f"a clone does not have the project's shared data ({folder})"


@pytest.fixture(scope="session")
def shared(shared_or_why):
    if isinstance(shared_or_why, str):
        pytest.skip(shared_or_why)
    return shared_or_why


class RealNetwork:
    """A small real network: through the package, and through ONNX Runtime one image at a time."""

    def __init__(self, name, pixel_range):
        self.file = NETWORKS / f"{name}.onnx"
        self.net = importNetworkFromONNX(self.file)
        self.pixel_range = pixel_range
        self.input_size = self.net.Layers[0].InputSize
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # no spinning beside the package's session
        self._session = onnxruntime.InferenceSession(self.file, options, providers=["CPUExecutionProvider"])

    def score(self, image):
        """(H, W, C) → (1, K)"""
        return self._session.run(None, {"input": image.transpose(2, 0, 1)[np.newaxis]})[0]


@pytest.fixture(scope="session")
def real_networks():
    return {
        "digits": RealNetwork("tiny-digits-32", 1.0),
        "cifar": RealNetwork("resnet8-cifar10", 1.0),
        "vww": RealNetwork("vww-mobilenetv1-025-96", 255.0),
    }


@pytest.fixture
def pretended_gpu(monkeypatch):
    """A machine with a GPU, CuPy and onnxruntime-gpu, all of them stand-ins; what fails is set on what it returns."""
    runtime = onnxruntime_with_cuda.OnnxRuntime()
    monkeypatch.setitem(sys.modules, "cupy", cupy_over_numpy)
    monkeypatch.setitem(sys.modules, "onnxruntime", runtime)
    monkeypatch.delenv("OCCLUSION_SENSITIVITY_TF32", raising=False)
    forget_the_gpu()
    yield SimpleNamespace(cupy=cupy_over_numpy, gpu=cupy_over_numpy.GPU, runtime=runtime)
    forget_the_gpu()


def forget_the_gpu():
    """Nothing that was found out about a GPU stays."""
    cupy_over_numpy.GPU.__init__()
    for found in (cuda.device_problem, cuda._device, cuda._module, providers.provider_problem, execution._say_once):
        found.cache_clear()


@pytest.fixture
def headless():
    """matplotlib without a display, and without figures of before."""
    mpl.use("agg")
    from matplotlib import pyplot

    pyplot.close("all")
    yield pyplot
    pyplot.close("all")


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """Chromium without a window."""
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        why = "needs Chromium (Debian packages chromium, chromium-driver)"
        if os.environ.get("OCCLUSION_REQUIRE_CHROMIUM"):
            pytest.fail(f"OCCLUSION_REQUIRE_CHROMIUM is set: {why}")
        pytest.skip(why)
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    folder = tmp_path_factory.mktemp("chromium")
    for argument in ("headless=new", "no-sandbox", "disable-dev-shm-usage", "disable-gpu", f"user-data-dir={folder}"):
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    driver = webdriver.Chrome(options=options, service=service)
    driver.set_window_size(1100, 1300)
    yield driver
    driver.quit()
