"""tools/check_gpu.py, which only a person with a GPU runs in earnest: every line of its report, on the stand-in."""

import importlib.util
import re

import pytest

from stand_in.host_kernels import ROOT


@pytest.fixture
def check_gpu(pretended_gpu, monkeypatch):
    monkeypatch.setenv("OCCLUSION_SENSITIVITY_TF32", "0")  # and back, whatever the tool sets
    spec = importlib.util.spec_from_file_location("check_gpu", ROOT / "tools" / "check_gpu.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_report(check_gpu, pretended_gpu, monkeypatch, capsys):
    monkeypatch.setattr(check_gpu, "passed_there", lambda: (True, "3 passed"))
    for name, how in (("maps", {"repeats": 1, "mini_batch_sizes": (128,)}), ("resizing", {"repeats": 1, "n_maps": 3})):
        real = getattr(check_gpu, name)
        monkeypatch.setattr(check_gpu, name, lambda real=real, how=how, **_: real(**how))
    assert check_gpu.main() == 0
    report = capsys.readouterr().out
    assert "- GPU: Stand-in, compute capability 9.0" in report
    assert "- tests/gpu: 3 passed" in report
    rows = re.findall(r"\| GPU, MiniBatchSize=128, TF32 (\w+) \| [\d.]+ s \| ([\d.e+-]+) \|", report)
    assert [switch for switch, _ in rows] == ["off", "on"]
    assert all(float(apart) < 1e-5 for _, apart in rows)
    assert "the same bits." in report
    assert "NOT" not in report
    assert re.search(r"- parity cases on the device: All \d+ cases agree\.", report)
    *others, last = (how["use_tf32"] for how in pretended_gpu.runtime.opened)
    assert (set(others), last) == ({"0"}, "1")


def test_failing_tests_are_told(check_gpu, monkeypatch, capsys):
    """They fail here: on a machine without a GPU, with the reason; never skipped."""
    monkeypatch.setattr(check_gpu, "maps", lambda **_: [])
    monkeypatch.setattr(check_gpu, "parity", list)
    monkeypatch.setattr(check_gpu, "resizing", lambda **_: [])
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    one = "tests/gpu/test_device.py::test_memory_is_given_back"
    monkeypatch.setattr(check_gpu, "passed_there", lambda real=check_gpu.passed_there: real(one))
    assert check_gpu.main() == 1
    out = capsys.readouterr()
    assert re.search(r"tests/gpu: .*(failed|error)", out.out)
    assert " passed" not in out.out


def test_without_a_gpu(check_gpu, pretended_gpu, capsys):
    pretended_gpu.gpu.count = 0
    assert check_gpu.main() == 1
    assert capsys.readouterr().out.startswith("No GPU can be used here: there is no device")
