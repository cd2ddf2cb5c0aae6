"""mypy and pyright on calls as users write them: right ones pass, wrong ones are found, and no option is missing."""

import inspect
import json
import os
import re
import subprocess
import sys
import typing
from pathlib import Path

import numpy as np
import pytest
from distributed import Client
from matplotlib.axes import Axes
from PIL import Image

import occlusion_sensitivity
from occlusion_sensitivity import matlab as m
from occlusion_sensitivity import option_types
from occlusion_sensitivity.matlab import option_types as matlab_option_types

ROOT = Path(__file__).parents[2]
RIGHT, WRONG = (ROOT / "tests" / "typing" / name for name in ("right.py", "wrong.py"))
EXAMPLES = sorted(ROOT.joinpath("examples").glob("*.py"))


@pytest.fixture(scope="module")
def readme(tmp_path_factory):
    """The README's examples, as a file."""
    examples = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    file = tmp_path_factory.mktemp("readme") / "readme.py"
    file.write_text("\n".join(examples), encoding="utf-8")
    return file


def run(folder, *command):
    """What a type checker prints, run where no configuration of this project lies."""
    # Nothing may be looked for on the network.
    environment = {**os.environ, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def mypy(tmp_path_factory, readme):
    """(file, line, message) of each error."""
    folder = tmp_path_factory.mktemp("mypy")
    options = ("--strict", "--config-file=", f"--cache-dir={os.devnull}", "--no-pretty", "--no-error-summary")
    # Scripts that give a name to values of two kinds, as MATLAB's do, are none for mypy.
    scripts = [file for file in EXAMPLES if file.name in ("compare_classes.py", "explain_photograph.py")]
    printed = run(folder, "mypy", *options, *map(str, (RIGHT, WRONG, readme, *scripts)))
    found = re.findall(r"^(.*?):(\d+): error: (.*)$", printed, re.MULTILINE)
    return [(Path(folder, file).resolve(), int(line), message) for file, line, message in found]


@pytest.fixture(scope="module")
def pyright(tmp_path_factory, readme):
    """(file, line, message) of each error."""
    folder = tmp_path_factory.mktemp("pyright")
    printed = run(
        folder, "pyright", "--pythonpath", sys.executable, "--outputjson", *map(str, (RIGHT, WRONG, readme, *EXAMPLES))
    )
    report = json.loads(printed)
    assert report["summary"]["filesAnalyzed"] == 3 + len(EXAMPLES)
    errors = (found for found in report["generalDiagnostics"] if found["severity"] == "error")
    return [(Path(found["file"]), found["range"]["start"]["line"] + 1, found["message"]) for found in errors]


@pytest.fixture(params=["mypy", "pyright"])
def errors(request):
    return request.getfixturevalue(request.param)


def test_right_calls_pass(errors):
    assert [error for error in errors if error[0] != WRONG] == []


def test_wrong_calls_are_found(errors):
    lines = WRONG.read_text(encoding="utf-8").splitlines()
    marked = {number for number, line in enumerate(lines, start=1) if line.endswith("# wrong")}
    assert len(marked) > 30
    assert {line for file, line, _ in errors if file == WRONG} == marked


def test_a_misspelt_option_is_named(errors):
    (first,) = (message for file, line, message in errors if file == WRONG and "MaskSzie" in message)
    assert '"MaskSzie"' in first


WITH_OPTIONS = [name for name in m.__all__ if "Unpack[" in str(inspect.signature(getattr(m, name)))]
X = np.eye(2)
# What a function needs before its options, where that is not nothing.
ARGUMENTS = {
    **dict.fromkeys(("title", "sgtitle", "xlabel", "ylabel"), ("text",)),
    **dict.fromkeys(("imshow", "imagesc", "imtile", "montage", "rescale", "sort"), (X,)),
    **dict.fromkeys(("maxk", "mink"), (X, 1)),
    **dict.fromkeys(("importNetworkFromONNX", "importONNXNetwork"), ("net.onnx",)),
    **dict.fromkeys(("predict", "forward", "minibatchpredict"), ("net", np.zeros((2, 2, 3)))),
    "classify": ("classifier", X),
    "activations": ("classifier", X, "logits"),
    "occlusionSensitivity": ("net", X, 1),
    "DAGNetwork": ("net",),
    "SeriesNetwork": ("net",),
    "imageInputLayer": ([28, 28],),
    "imresize": (X, 2),
    "imageDatastore": (".",),
    "imshowpair": (X, X),
    "tiledlayout": (1, 2),
    "exportgraphics": ("figure", "map.png"),
    "imwrite": (X, "map.png"),
    "categorical": (["cat"],),
}
# Options that are refused by name.
REFUSED = {"imresize": {"Colormap", "Dither"}}


@pytest.fixture(scope="module")
def objects():
    net, class_names = m.imagePretrainedNetwork()
    yield {"net": net, "classifier": m.DAGNetwork(net, Classes=class_names), "figure": m.figure()}
    m.close("all")


@pytest.mark.parametrize("name", WITH_OPTIONS)
def test_type_checkers_know_the_options_that_there_are(name, objects):
    function = getattr(m, name)
    arguments = [objects.get(x, x) if isinstance(x, str) else x for x in ARGUMENTS.get(name, ())]
    with pytest.raises(ValueError, match="^The option name must be one of ") as error:
        function(*arguments, NoSuchOption=1)
    taken = str(error.value).removeprefix("The option name must be one of ").partition(", but is ")[0].split(", ")
    (known,) = re.findall(r"Unpack\[(\w+)\]", str(inspect.signature(function)))
    options = getattr(option_types, known, None) or getattr(matlab_option_types, known)
    assert set(taken) - REFUSED.get(name, set()) == options.__optional_keys__


def test_every_option_is_known_to_type_checkers():
    left = [
        name
        for module in (occlusion_sensitivity, m)
        for name in module.__all__
        if re.search(r"\*\*\w+: '?object", str(inspect.signature(getattr(module, name))))
    ]
    assert left == []


def test_annotations_can_be_read_when_a_program_runs():
    for name in occlusion_sensitivity.__all__:
        public = getattr(occlusion_sensitivity, name)
        # matplotlib is imported where something is drawn, not before; and Dask where there are many images.
        typing.get_type_hints(
            public.predict if name == "dlnetwork" else public, localns={"Axes": Axes, "Client": Client}
        )


class Tensor:
    """As PyTorch's: NumPy makes an array of it."""

    def __init__(self, array):
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return self.array


PICTURE = np.random.default_rng(0).integers(0, 256, (224, 224, 3), dtype=np.uint8)
TAKE_IMAGES = {
    "occlusionSensitivity": lambda X, net, _: m.occlusionSensitivity(net, X, 1, OutputUpsampling="none", Stride=112),
    "net.predict": lambda X, net, _: net.predict(X),
    "predict": lambda X, net, _: m.predict(net, X),
    "minibatchpredict": lambda X, net, _: m.minibatchpredict(net, X),
    "classify": lambda X, _, classifier: m.classify(classifier, X)[1],
    "activations": lambda X, _, classifier: m.activations(classifier, X, "logits"),
    "imresize": lambda X, *_: m.imresize(X, 0.5),
    "imshow": lambda X, *_: m.imshow(X).CData,
    "imagesc": lambda X, *_: m.imagesc(X).CData,
    "ind2rgb": lambda X, *_: m.ind2rgb(X, m.jet(256)),
    **{
        name: lambda X, *_, name=name: getattr(m, name)(X)
        for name in ("single", "double", "uint8", "im2double", "im2single", "im2uint8", "gather", "rgb2gray", "im2gray")
    },
}


@pytest.mark.parametrize("kind", [Image.fromarray, Tensor], ids=["Pillow", "tensor"])
@pytest.mark.parametrize("name", TAKE_IMAGES)
def test_images_of_every_kind_are_taken_as_their_array_is(name, kind, objects):
    array = PICTURE[:, :, 0] if name == "ind2rgb" else PICTURE
    of_array, of_kind = (TAKE_IMAGES[name](X, objects["net"], objects["classifier"]) for X in (array, kind(array)))
    assert of_kind.dtype == of_array.dtype
    np.testing.assert_array_equal(of_kind, of_array)
