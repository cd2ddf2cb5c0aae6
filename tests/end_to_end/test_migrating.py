"""docs/migrating.md and the ported scripts of examples/: what they show runs, and nothing is missing."""

import ast
import builtins
import doctest
import re
import runpy
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from occlusion_sensitivity import matlab

pytestmark = pytest.mark.usefixtures("headless")

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "migrating.md").read_text(encoding="utf-8")
PHOTOGRAPH = files("occlusion_sensitivity") / "data" / "coffee.jpg"


def described(public):
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "tools")
        return runpy.run_path(str(ROOT / "tools" / "write_migrating.py"))["described"](public)


# The table of names --------------------------------------------------------------------------------------------------


def test_every_name_is_of_one_subject():
    listed = [name for module in matlab.SUBJECTS.values() for name in module.__all__]
    assert sorted(listed) == sorted(matlab.__all__)
    assert len(set(listed)) == len(listed)
    for subject, module in matlab.SUBJECTS.items():
        for name in module.__all__:
            assert getattr(matlab, name) is getattr(module, name), (subject, name)


@pytest.mark.parametrize("name", matlab.__all__)
def test_a_name_says_what_it_is_in_matlab(name):
    public = getattr(matlab, name)
    assert callable(public)
    assert not hasattr(builtins, name)
    row = described(public)
    assert re.search(rf"\b{name}\b", row["MATLAB"]), row
    assert re.search(rf"\b{name}\b", row["Python"]), row
    examples = doctest.DocTestParser().get_examples(public.__doc__)
    assert any(re.search(rf"\b{name}\b", example.source + example.want) for example in examples)
    for code in re.findall(r"`([^`]+)`", row["Python"]):
        ast.parse(code if not code.endswith(":") else f"{code} pass")


def test_names_that_were_asked_for():
    asked = """
        classify categorical categories maxk mink sort activations googlenet squeezenet resnet18 alexnet
        vgg16 importONNXNetwork importNetworkFromONNX sprintf fprintf compose join num2str disp imshow
        imagesc colormap jet colorbar caxis clim axis gca gcf figure close sgtitle title subplot tiledlayout
        nexttile xlabel ylabel montage imtile imshowpair saveas exportgraphics imwrite ind2rgb im2double
        im2single im2uint8 rgb2gray rescale ismember cat repmat size numel tic toc imresize imageDatastore
        readimage string hold alpha find predict minibatchpredict forward scores2label canUseGPU gpuArray
        gather single double uint8 mat2gray imread occlusionSensitivity dlnetwork DAGNetwork SeriesNetwork
        dag2dlnetwork imageInputLayer imagePretrainedNetwork parula turbo hot gray
    """
    assert set(asked.split()) <= set(matlab.__all__)
    assert not {"max", "min", "round", "abs", "sum", "all", "any"} & set(matlab.__all__)


def test_the_table_of_names_is_current():
    command = [sys.executable, ROOT / "tools" / "write_migrating.py", "--check"]
    assert subprocess.run(command, check=False).returncode == 0, "python tools/write_migrating.py writes it"


# The guide -----------------------------------------------------------------------------------------------------------


def test_the_guide_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    shutil.copy(PHOTOGRAPH, "photo.jpg")
    names = {"np": np}
    for code in re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL):
        exec(code, names)
    assert names["label"] == "espresso"
    assert names["second"] == "cup"
    assert names["layer"].InputSize == (224, 224, 3)
    np.testing.assert_allclose(names["again"], names["scoreMap"], atol=1e-6)
    assert capsys.readouterr().out.splitlines()[:2] == ["espresso (0.95)", "espresso: 0.946"]
    assert Path("maps.png").stat().st_size > 10_000


def table(heading):
    """The rows of the tables below a heading."""
    section = GUIDE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = [re.split(r"(?<!\\)\|", line)[1:3] for line in section.splitlines() if line.startswith("| `")]
    return [[cell.replace("\\|", "|") for cell in row] for row in rows]


@pytest.mark.parametrize("heading", ["The language itself", "Other names"])
def test_expressions_of_the_tables_are_python(heading):
    rows = table(heading)
    assert len(rows) > 20
    ours = set(matlab.__all__)
    for matlab_cell, python_cell in rows:
        for code in re.findall(r"`([^`]+)`", python_cell):
            plain = code.replace("…", "pass").replace(": pass  return y", ": return y")
            if plain.startswith(("elif", "else", "except")):
                plain = ("if a: pass\n" if plain[:2] == "el" else "try: pass\n") + plain
            plain = "try: pass\nexcept: pass" if plain == "try: pass" else plain
            tree = ast.parse(plain)
            called = {
                node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and hasattr(node.func, "id")
            }
            assert called <= ours | set(dir(builtins)) | {"f"}, (matlab_cell, called)


def test_links_of_the_guide():
    for target in re.findall(r"\]\(([^)#]+)\)", GUIDE):
        assert target.startswith("https://") or (ROOT / "docs" / target).exists(), target
    headings = {re.sub(r"[^a-z0-9 -]", "", line.lstrip("# ").lower()).replace(" ", "-") for line in GUIDE.splitlines()}
    for target in re.findall(r"\]\(#([^)]+)\)", GUIDE):
        assert target in headings, target


# Scripts -------------------------------------------------------------------------------------------------------------


def run(monkeypatch, script, *arguments):
    monkeypatch.setattr(sys, "argv", [script, *map(str, arguments)])
    return runpy.run_path(str(ROOT / "examples" / script))


def pixels_of(file):
    with Image.open(file) as picture:
        return np.asarray(picture.convert("RGB")).astype(int)


def test_the_example_of_the_reference_page(tmp_path, monkeypatch):
    names = run(monkeypatch, "explain_photograph.py", tmp_path / "picture.png")
    assert names["label"] == "espresso"
    assert names["channel"].tolist() == [968]
    assert names["scoreMap"].shape == (224, 224)
    pixels = pixels_of(tmp_path / "picture.png")
    assert (pixels[..., 0] - pixels[..., 2] > 120).sum() > 100  # red over the coffee
    assert (pixels[..., 2] - pixels[..., 0] > 60).sum() > 1000  # blue over the table


def test_what_a_classifier_looks_at(tmp_path, monkeypatch, capsys):
    names = run(monkeypatch, "understand_predictions.py", PHOTOGRAPH, tmp_path)
    assert names["YPred"] == "espresso"
    assert names["topIdx"][0, 0] == 968
    assert names["secondClass"] == "cup"
    assert capsys.readouterr().out.splitlines()[0] == "espresso: 0.946"
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        *("map.png", "photograph.png", "resolutions.png", "second_class.png"),
    ]
    for file in tmp_path.iterdir():
        assert pixels_of(file).std() > 20, file.name
    pixels = pixels_of(tmp_path / "map.png")
    assert (pixels[..., 0] - pixels[..., 2] > 120).sum() > 100


def test_a_folder_of_pictures(tmp_path, monkeypatch, capsys):
    photographs = tmp_path / "photographs"
    for name, part in (
        ("whole/coffee.jpg", np.s_[:, :]),
        ("parts/cup.png", np.s_[:300, :300]),
        ("parts/grey.png", None),
    ):
        X = matlab.imread(PHOTOGRAPH)
        (photographs / name).parent.mkdir(parents=True, exist_ok=True)
        matlab.imwrite(matlab.rgb2gray(X) if part is None else X[part], photographs / name)
    run(monkeypatch, "folder_of_pictures.py", photographs, tmp_path / "results")
    printed = capsys.readouterr().out.splitlines()
    assert [line.split()[:4] for line in printed[:3]] == [
        ["1", "of", "3", "cup"],
        ["2", "of", "3", "grey"],
        ["3", "of", "3", "coffee"],
    ]
    assert printed[-1].startswith("coffee: espresso, 0.9")
    assert sorted(file.name for file in (tmp_path / "results").iterdir()) == [
        "coffee_map.png",
        "cup_map.png",
        "grey_map.png",
    ]
    for file in (tmp_path / "results").iterdir():
        pixels = pixels_of(file)
        assert pixels.shape == (450, 1350, 3)
        assert pixels.std() > 20


def test_classes_are_compared(tmp_path, monkeypatch):
    names = run(monkeypatch, "compare_classes.py", PHOTOGRAPH, tmp_path)
    assert names["maps"].shape == (224, 224, 4)
    assert (names["maps"].min(), names["maps"].max()) == (0, 1)
    assert names["names"][0] == "espresso"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["layout.png", "montage.png", "pair.png", "tiles.png"]
    assert pixels_of(tmp_path / "tiles.png").shape == (448, 448, 3)
    for file in tmp_path.iterdir():
        assert pixels_of(file).std() > 15, file.name


@pytest.mark.parametrize("script", sorted(file.name for file in (ROOT / "examples").glob("*.py")))
def test_a_script_stands_beside_its_matlab_lines(script):
    """Every name of ours that a Python line calls stands in the line of MATLAB above it."""
    lines = (ROOT / "examples" / script).read_text(encoding="utf-8").partition("import *\n")[2].splitlines()
    compared = 0
    for k, line in enumerate(lines):
        code = line.strip()
        below = lines[k + 1].strip() if k + 1 < len(lines) else ""
        if not code.startswith("#") or below.startswith("#"):
            continue
        theirs = set()
        for above in reversed(lines[: k + 1]):  # a statement of several lines
            if not above.strip().startswith("#"):
                break
            theirs |= set(re.findall(r"[A-Za-z]\w+", above)) & set(matlab.__all__)
        end = next((n for n in range(k + 1, len(lines)) if lines[n].strip().startswith("#")), len(lines))
        ours = set(re.findall(r"(?<![.\w])[A-Za-z]\w+(?=\()", "\n".join(lines[k + 1 : end]))) & set(matlab.__all__)
        assert ours <= theirs | {"imagePretrainedNetwork", "DAGNetwork", "SeriesNetwork", "figure"}, (
            line,
            ours,
            theirs,
        )
        compared += bool(ours)
    assert compared > 10
