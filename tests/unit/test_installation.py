"""What is missing or installed twice is said with the command that mends it."""

import importlib.metadata
import sys

import numpy as np
import pytest

from occlusion_sensitivity import imread
from occlusion_sensitivity.cli import main
from occlusion_sensitivity.network.providers import onnxruntime
from occlusion_sensitivity.plotting import overlay_png


@pytest.fixture
def distributions(monkeypatch):
    """Pretend that these packages, and no others, are installed."""

    def pretend(*names):
        def distribution(name):
            if name not in names:
                raise importlib.metadata.PackageNotFoundError(name)

        monkeypatch.setattr(importlib.metadata, "distribution", distribution)

    return pretend


def test_without_onnx_runtime(monkeypatch, distributions):
    distributions()
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ImportError, match=r"Networks need ONNX Runtime .*sensitivity\[cpu\].*sensitivity\[gpu\]"):
        onnxruntime()


def test_both_onnx_runtimes(distributions):
    distributions("onnxruntime", "onnxruntime-gpu")
    with pytest.raises(ImportError, match="are both installed.*pip uninstall -y onnxruntime onnxruntime-gpu"):
        onnxruntime()


@pytest.mark.parametrize("name", ["onnxruntime", "onnxruntime-gpu"])
def test_either_onnx_runtime(distributions, name):
    distributions(name)
    assert onnxruntime() is sys.modules["onnxruntime"]


def test_without_pillow(monkeypatch, tmp_path):
    (tmp_path / "x.png").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ImportError, match=r'needs Pillow .*pip install "occlusion-sensitivity\[pictures\]"'):
        imread(tmp_path / "x.png")


def test_without_matplotlib(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r'needs matplotlib .*pip install "occlusion-sensitivity\[pictures\]"'):
        overlay_png(np.zeros((2, 2), np.uint8), np.zeros((2, 2), np.float32), "title")


def test_without_tqdm(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    assert main(["demo", "--output", str(tmp_path / "map.npy")]) == 1
    assert "needs tqdm" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_without_scipy(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(sys.modules, "scipy.io", None)
    assert main(["demo", "--output", str(tmp_path / "map.mat")]) == 1
    assert "Writing .mat needs SciPy" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
