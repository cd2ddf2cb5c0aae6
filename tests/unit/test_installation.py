"""What is missing or installed twice is said with the command that mends it."""

import importlib.metadata
import json
import subprocess
import sys

import numpy as np
import pytest

from occlusion_sensitivity import draw_map, imread, map_page, packages
from occlusion_sensitivity.cli import main
from occlusion_sensitivity.network.providers import onnxruntime
from occlusion_sensitivity.packages import gpu_command, install_command


@pytest.fixture(autouse=True)
def commands_of_sh(monkeypatch):
    """Those for Windows: test_platforms.py."""
    monkeypatch.setattr(packages, "_ON_WINDOWS", False)


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
    with pytest.raises(
        ImportError, match="are both installed.*: python3 -m venv cpu && cpu/bin/python .*, python3 -m venv gpu"
    ):
        onnxruntime()


@pytest.mark.parametrize("name", ["onnxruntime", "onnxruntime-gpu"])
def test_either_onnx_runtime(distributions, name):
    distributions(name)
    assert onnxruntime() is sys.modules["onnxruntime"]


def test_without_pillow(monkeypatch, tmp_path):
    (tmp_path / "x.png").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ImportError, match=r'needs Pillow .*pip install "[^"]*\[pictures\][^"]*"'):
        imread(tmp_path / "x.png")


def test_without_matplotlib(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r'needs matplotlib .*pip install "[^"]*\[pictures\][^"]*"'):
        draw_map(np.zeros((2, 2)), np.zeros((2, 2), np.uint8))
    assert main(["demo", "--output", str(tmp_path / "map.png")]) == 1
    assert "needs matplotlib" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("module", ["bokeh.embed", "jinja2"])
def test_without_bokeh(monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=r'Pages need Bokeh .*pip install "[^"]*\[pages\][^"]*"'):
        map_page(np.zeros((2, 2)), np.zeros((2, 2), np.uint8))


def test_without_tqdm(monkeypatch, tmp_path, capsys):
    for module in ("tqdm", "tqdm.auto", "tqdm.std"):
        monkeypatch.setitem(sys.modules, module, None)
    assert main(["demo", "--output", str(tmp_path / "map.npy")]) == 1
    assert "needs tqdm" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_without_scipy(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(sys.modules, "scipy.io", None)
    assert main(["demo", "--output", str(tmp_path / "map.mat")]) == 1
    assert "Writing .mat needs SciPy" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


BY_NAME = '"occlusion-sensitivity[cpu]"'


@pytest.fixture
def installed_from(monkeypatch):
    """Pretend that pip recorded this of where the package came from."""

    class Installed:
        def __init__(self, recorded):
            self.recorded = recorded

        def read_text(self, name):
            assert name == "direct_url.json"
            return self.recorded

    def pretend(recorded):
        monkeypatch.setattr(importlib.metadata, "distribution", lambda name: Installed(recorded))

    return pretend


@pytest.fixture
def clone(tmp_path):
    folder = tmp_path / "my projects" / "clone"
    folder.mkdir(parents=True)
    (folder / "pyproject.toml").touch()
    return folder


def test_a_hint_names_the_clone(installed_from, clone, monkeypatch):
    installed_from(json.dumps({"url": clone.as_uri(), "dir_info": {}}))
    assert install_command("cpu") == f'pip install "{clone}[cpu]"'
    monkeypatch.chdir(clone)
    assert install_command("cpu") == 'pip install ".[cpu]"'
    monkeypatch.chdir(clone.parent)
    (clone / "pyproject.toml").unlink()
    assert install_command("cpu") == f"pip install {BY_NAME}"


def test_a_hint_keeps_an_editable_install(installed_from, clone):
    installed_from(json.dumps({"url": clone.as_uri(), "dir_info": {"editable": True}}))
    assert install_command("cpu") == f'pip install -e "{clone}[cpu]"'


@pytest.mark.parametrize("name", ["it's $5", 'a "b"', "`x`", "plain", "a b"])
def test_a_shell_reads_the_clone_in_a_hint_as_it_is(installed_from, tmp_path, name):
    (tmp_path / name).mkdir()
    (tmp_path / name / "pyproject.toml").touch()
    installed_from(json.dumps({"url": (tmp_path / name).as_uri(), "dir_info": {}}))
    shown = subprocess.run(
        ["sh", "-c", install_command("gpu").replace("pip install", "printf %s", 1)], capture_output=True
    )
    assert shown.stdout.decode() == f"{tmp_path / name}[gpu]"


def test_a_hint_names_the_wheel(installed_from, tmp_path):
    wheel = tmp_path / "my wheels" / "occlusion_sensitivity-0.1.0-cp311-cp311-linux_x86_64.whl"
    installed_from(json.dumps({"url": wheel.as_uri(), "archive_info": {"hash": "sha256=0"}}))
    assert install_command("cpu") == f"pip install {BY_NAME}"
    wheel.parent.mkdir()
    wheel.touch()
    assert install_command("cpu") == f'pip install "occlusion-sensitivity[cpu] @ {wheel.as_uri()}"'


@pytest.mark.parametrize(
    ("recorded", "requirement"),
    [
        (None, BY_NAME),
        (
            {"url": "https://git.example/o.git", "vcs_info": {"vcs": "git", "commit_id": "0a1b"}},
            '"occlusion-sensitivity[cpu] @ git+https://git.example/o.git@0a1b"',
        ),
        (
            {"url": "https://h.example/x.tar.gz", "archive_info": {}, "subdirectory": "py"},
            '"occlusion-sensitivity[cpu] @ https://h.example/x.tar.gz#subdirectory=py"',
        ),
    ],
)
def test_a_hint_names_where_the_package_came_from(installed_from, recorded, requirement):
    installed_from(recorded and json.dumps(recorded))
    assert install_command("cpu") == f"pip install {requirement}"


def test_no_hint_takes_anything_away(distributions):
    distributions("onnxruntime")
    assert gpu_command() == ('python3 -m venv gpu && gpu/bin/python -m pip install "occlusion-sensitivity[gpu]"')
    distributions("onnxruntime-gpu")
    assert gpu_command() == 'pip install "occlusion-sensitivity[gpu]"'
