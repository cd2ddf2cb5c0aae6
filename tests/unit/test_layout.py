"""The rules of the structure: what imports what, and what an import costs."""

import ast
import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path

import pytest

import occlusion_sensitivity

# As it is installed: a wheel is tested where its source is not.
PACKAGE = Path(occlusion_sensitivity.__file__).parent
HEAVY = (
    *("onnx", "onnxruntime", "matplotlib", "PIL", "h5py", "scipy", "tqdm", "pooch", "cupy", "bokeh", "jinja2"),
    *("dask", "distributed", "filelock", "fsspec", "xarray", "zarr"),
)

# module → the only files that may import it
ALLOWED = {
    "_core": {"devices/cpu.py"},
    "cupy": {"devices/cuda.py"},
    "onnx": {
        f"network/{name}.py"
        for name in (
            "external_data",
            "graph",
            "layer_nodes",
            "nodes",
            "old_opsets",
            "published",
            "throughput",
            "unpooling",
        )
    }
    | {f"incremental/{name}.py" for name in ("blocks", "costs", "divided", "models", "operators", "outline", "stages")},
    "onnxruntime": {"network/providers.py"},
    "matplotlib": {
        "incremental/picture.py",
        *("drawings.py", "explanation.py", "lettering.py", "plotting.py"),
        *(f"matlab/{name}.py" for name in ("axes", "colours", "drawing", "figures", "labels", "layouts")),
        *("matlab/saving.py", "matlab/views.py"),
    },
    "PIL": {"pictures.py"},
    "pooch": {"network/published.py"},
    "h5py": {"parity/matfile.py"},
    "scipy": {"outputs.py", "parity/matfile.py"},
    "tqdm": {"progress.py"},
    "bokeh": {"pages/page.py"},
    "jinja2": {"many/sheet.py", "pages/page.py"},
    "dask": {"many/arrays.py"},
    "distributed": {f"many/{name}.py" for name in ("__init__", "cluster", "processes", "worker")},
    "filelock": {"many/store.py"},
    "fsspec": {"many/sources.py"},
    "xarray": {"many/arrays.py", "many/maps.py"},
    "zarr": {"many/layout.py"},
}


def imports():
    """(file, imported name) for each import statement of the package."""
    for file in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module] if node.module else [alias.name for alias in node.names]
            else:
                continue
            for name in names:
                yield file.relative_to(PACKAGE).as_posix(), name


def imported_from(package):
    """(file, names) for each ``from .package import names``."""
    for file in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == package:
                yield file.relative_to(PACKAGE).as_posix(), [alias.name for alias in node.names]


@pytest.mark.parametrize("module", ALLOWED)
def test_who_imports(module):
    found = {file for file, name in imports() if name.split(".")[0] == module}
    assert found == ALLOWED[module]


@pytest.mark.parametrize("file", ["options.py", "grid.py"])
def test_pure_modules_touch_no_device_network_or_file(file):
    ours = {name for importer, name in imports() if importer == file}
    assert ours <= {
        *("arguments", "images", "name_values", "options"),
        *("collections.abc", "dataclasses", "math", "numpy", "numpy.typing", "typing"),
    }


ROOT = Path(__file__).parents[2]


def test_the_kernels_know_nothing_of_python():
    files = [*ROOT.joinpath("cpp").rglob("*.[ch]pp"), *ROOT.joinpath("cuda").glob("*.cu")]
    knowing = [
        file.name
        for file in files
        if "Python" in file.read_text(encoding="utf-8") or "pybind11" in file.read_text(encoding="utf-8")
    ]
    assert [name for name in knowing if name not in ("box.hpp", "boxes.cu")] == ["bindings.cpp"]


def headers_of(file):
    """The project's headers that a file includes, directly or not."""
    for name in re.findall(r"#include <(occlusion_sensitivity/\S+)>", file.read_text()):
        header = ROOT / "cpp" / "include" / name
        yield header
        yield from headers_of(header)


def test_what_nvrtc_reads_has_no_standard_header():
    kernels = sorted(ROOT.joinpath("cuda").glob("*.cu"))
    files = {*kernels, *(header for kernel in kernels for header in headers_of(kernel))}
    assert {file.name for file in files} == {
        *("boxes.cu", "imresize.cu", "totals.cu"),
        *("box.hpp", "host_device.hpp", "resampling.hpp"),
    }
    for file in files:
        for_nvrtc = re.sub(r"#if !defined\(__CUDACC_RTC__\)\n.*?#endif", "", file.read_text(), flags=re.DOTALL)
        assert "std::" not in for_nvrtc
        assert set(re.findall(r"#include <(\w+)", for_nvrtc)) <= {"occlusion_sensitivity"}


def test_only_the_execution_and_the_matlab_names_choose_a_gpu():
    """Everything else is written against the interface of a device."""
    choosing = {file for file, name in imports() if name in ("devices.cuda", "cuda") or name.endswith(".cuda")}
    assert choosing == {"devices/__init__.py"}
    assert {file for file, names in imported_from("devices") if "cuda" in names} == {"execution.py", "matlab/casts.py"}


def test_importing_the_package_costs_numpy_and_nothing_more():
    code = "import sys, occlusion_sensitivity; print([m for m in sys.argv[1:] if m in sys.modules])"
    command = [sys.executable, "-c", code, *HEAVY, "occlusion_sensitivity._core"]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip() == "[]"


def test_public_names_are_all_there():
    for name in occlusion_sensitivity.__all__:
        assert callable(getattr(occlusion_sensitivity, name))
        assert name in dir(occlusion_sensitivity)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = occlusion_sensitivity.nothing


def test_no_module_is_named_like_a_public_name():
    modules = {file.stem for file in PACKAGE.glob("*.py")} | {file.name for file in PACKAGE.iterdir() if file.is_dir()}
    assert not modules & set(occlusion_sensitivity.__all__)


def test_the_matlab_names_change_nothing_on_import():
    code = (
        "import builtins, sys; before = set(vars(builtins)); from occlusion_sensitivity.matlab import *;"
        "ours = set(globals()) - {'builtins', 'sys', 'before'};"
        "print([m for m in sys.argv[1:] if m in sys.modules], sorted(ours & before - {'__name__', '__doc__', "
        "'__package__', '__loader__', '__spec__', '__build_class__', '__import__', '__debug__'}))"
    )
    command = [sys.executable, "-c", code, "matplotlib", "onnxruntime", "onnx", "PIL", "scipy", "cupy"]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip() == "[] []"


def test_no_file_is_longer_than_400_lines():
    folders = ("cpp", "cuda", "tests", "tools", "benchmarks", "examples", "compat_fixtures", "fuzz")
    endings = {".py", ".cpp", ".hpp", ".cu", ".m", ".sh", ".pyi", ".js", ".css", ".html"}
    places = [PACKAGE, *(ROOT / folder for folder in folders)]
    files = [file for place in places for file in place.rglob("*") if file.suffix in endings]
    lengths = {str(file): len(file.read_text(encoding="utf-8").splitlines()) for file in files}
    assert len(lengths) > 100
    assert {name: length for name, length in lengths.items() if length > 400} == {}


def test_the_version_is_written_once():
    (project,) = importlib.metadata.metadata("occlusion-sensitivity").get_all("Version")
    assert project == occlusion_sensitivity.__version__
    assert occlusion_sensitivity.__version__ not in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
