"""occlusion-sensitivity info: what an issue should say of the machine."""

import importlib.metadata
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from occlusion_sensitivity import about
from occlusion_sensitivity.cli import main

COMMAND = str(Path(sys.executable).with_name("occlusion-sensitivity"))


def told(capsys):
    assert main(["info"]) == 0
    lines = capsys.readouterr().out.splitlines()
    return {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


def test_ten_lines_of_what_is_installed():
    done = subprocess.run([COMMAND, "info"], capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert len(lines) == 10
    assert len({line.index(":") for line in lines}) == 1
    for name in ("occlusion-sensitivity", "numpy", "onnxruntime", "onnx", "pillow", "zarr", "h5py"):
        version = importlib.metadata.version(name)
        assert version in done.stdout, name
    assert platform.python_version() in done.stdout
    assert np.__version__ in done.stdout


def test_what_is_missing_is_said(capsys, monkeypatch):
    version = importlib.metadata.version

    def without_onnx(name):
        if name in ("onnx", "onnxruntime-gpu"):
            raise importlib.metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(importlib.metadata, "version", without_onnx)
    assert told(capsys)["networks"] == f"onnxruntime {version('onnxruntime')}, no onnx"


@pytest.mark.parametrize(
    ("problem", "said"), [(None, "works"), ("no driver", "not used: no driver"), (OSError("odd"), "not used: odd")]
)
def test_the_gpu(capsys, monkeypatch, problem, said):
    def found():
        if isinstance(problem, Exception):
            raise problem
        return problem

    monkeypatch.setattr(about, "gpu_problem", found)
    assert told(capsys)["GPU"] == said


def test_the_threads(capsys, monkeypatch):
    monkeypatch.setattr(about.threads, "processors", lambda: frozenset({0, 1, 2}))
    monkeypatch.setattr(about.threads, "quota_of_the_process", lambda: 1.5)
    monkeypatch.setattr(about.os, "cpu_count", lambda: 8)
    assert told(capsys)["processors"] == "8, of which the process may use 3, a quota of 1.5: 2 threads are used"
    monkeypatch.setenv("OCCLUSION_SENSITIVITY_THREADS", "1")
    assert told(capsys)["processors"].endswith("OCCLUSION_SENSITIVITY_THREADS=1: 1 threads are used")
    monkeypatch.setenv("OCCLUSION_SENSITIVITY_THREADS", "many")
    assert "must be a positive integer" in told(capsys)["processors"]
