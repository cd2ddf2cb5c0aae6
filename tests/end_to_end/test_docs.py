"""Every example in the documentation runs."""

import doctest
import importlib
import json
import pkgutil
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

import occlusion_sensitivity
from mutants import MUTANTS
from occlusion_sensitivity.cli import main
from occlusion_sensitivity.cli.parser import joined_numbers, parser
from occlusion_sensitivity.parity.cases import run_cases

MODULES = [module.name for module in pkgutil.walk_packages(occlusion_sensitivity.__path__, "occlusion_sensitivity.")]


@pytest.mark.parametrize("name", [name for name in MODULES if not name.endswith("_core")])
def test_examples_in_docstrings(name):
    result = doctest.testmod(importlib.import_module(name))
    assert result.failed == 0


@pytest.mark.parametrize("name", occlusion_sensitivity.__all__)
def test_public_names_have_an_example_that_is_run(name):
    public = getattr(occlusion_sensitivity, name)
    assert ">>>" in (public.__doc__ or "")
    assert public.__module__ in MODULES


ROOT = Path(__file__).parents[2]


def python_blocks(document):
    return re.findall(r"```python\n(.*?)```", (ROOT / document).read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def in_a_folder_with_a_cup(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("cup.jpg", "cat.jpg"):
        shutil.copy(files("occlusion_sensitivity") / "data" / "coffee.jpg", name)


def test_the_readme_example(in_a_folder_with_a_cup):
    *_, code = python_blocks("README.md")
    names = {}
    exec(code, names)
    assert names["classNames"][names["channel"] - 1] == "espresso"
    assert names["scoreMap"].shape == (23, 12)


def test_the_readme_example_of_explain(in_a_folder_with_a_cup, headless):
    code, *_ = python_blocks("README.md")
    names = {}
    exec(code, names)
    assert names["result"].classes[0] == "espresso"
    assert Path("cat.pdf").stat().st_size > 10_000
    assert Path("maps.html").stat().st_size < 3_000_000


def test_the_readme_example_of_many_and_that_of_the_store(in_a_folder_with_a_cup, capsys):
    Path("photos").mkdir()
    shutil.move("cup.jpg", "photos")
    _, code, _ = python_blocks("README.md")
    names = {}
    exec(code, names)
    maps = names["maps"]
    assert maps[0].shape == (224, 224, 3)
    assert np.isfinite(maps.mean_map("espresso")).all()
    assert Path("index_files", "large", "0-3.jpg").stat().st_size > 10_000
    (code,) = python_blocks("docs/store.md")
    exec(code, names)
    np.testing.assert_array_equal(names["score_map"], maps[0][..., 0])
    assert "cup.jpg 968 0.94" in capsys.readouterr().out


def test_the_examples_of_the_start_page_and_of_python(in_a_folder_with_a_cup, headless):
    shutil.copy(ROOT / "tests" / "data" / "networks" / "resnet8-cifar10.onnx", "net.onnx")
    names = {}
    for code in [*python_blocks("docs/index.md"), *python_blocks("docs/python.md")]:
        exec(code, names)
    assert names["result"].classes == ["espresso"]
    assert (names["result"].map.shape, names["result"].grid.shape) == ((224, 224), (11, 11))
    assert (names["three"].classes, names["three"].map.shape) == (["espresso", "cup", "consomme"], (224, 224, 3))
    assert (names["named"].channels, names["numbered"].channels) == ([968, 505], [968])
    assert np.load("cup.npy").shape == names["three"].map.shape
    assert all(Path(file).stat().st_size > 10_000 for file in ("cup.png", "contours.pdf", "cup.html", "mine.html"))
    assert (names["tiny"].map.shape, names["tiny"].classes) == ((32, 32), ["cat"])
    assert (names["channel"], names["drops"].shape) == (968, (15, 15, 2))
    assert names["inner"].shape == (224, 224)
    assert names["logits"].scores[0] == pytest.approx(11.12, abs=0.01)
    np.testing.assert_allclose(names["areas"], [0.2, 0.14], atol=0.005)
    assert names["coarse"].shape == (224, 224)


def test_what_the_command_line_prints(in_a_folder_with_a_cup, capsys):
    text = (ROOT / "docs" / "command_line.md").read_text(encoding="utf-8")
    command, *printed = re.search(r"<!-- printed -->\n```\n(.*?)```", text, re.DOTALL)[1].splitlines()
    assert main(shlex.split(command)[2:]) == 0
    assert capsys.readouterr().out.splitlines() == printed


def test_the_list_of_commands_is_current():
    check = [sys.executable, ROOT / "tools" / "write_command_line.py", "--check"]
    assert subprocess.run(check, check=False).returncode == 0, "python tools/write_command_line.py writes it"
    text = (ROOT / "docs" / "command_line.md").read_text(encoding="utf-8")
    (added,) = (action for action in parser()._actions if isinstance(action.choices, dict))
    assert re.findall(r"^\| \[`(.*)`\]\(#\1\) \|", text, re.MULTILINE) == list(added.choices)


def test_the_files_of_the_architecture_are_there():
    package = Path(occlusion_sensitivity.__file__).parent
    picture = (ROOT / "docs" / "images" / "way_of_the_data.svg").read_text(encoding="utf-8")
    shown = re.findall(r'class="file[^>]*>([^<]+)<', picture)
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = [*", ".join(shown).split(", "), *re.findall(r"`([\w/]+(?:\.py|\.pyi|\.cpp|\.sh|/))`", text)]
    assert len(named) > 30
    for name in named:
        assert any((folder / name).exists() for folder in (package, ROOT, ROOT / "cpp" / "src")), name


PAGE = """<a href="other.html#there">right</a><a href="https://example.org/x">right</a><a href="#own" id="own">right</a>
<a href="other.html#nowhere">1</a><a href="missing.html">2</a><a href="http://example.org">3</a>
<script src="https://example.org/x.js"></script><img src="missing.png">"""


def test_the_site_is_looked_at(tmp_path):
    """tools/check_site.py finds each wrong link of a page, and nothing else."""
    (tmp_path / "index.html").write_text(PAGE, encoding="utf-8")
    public = [f"occlusion_sensitivity.{name}" for name in occlusion_sensitivity.__all__]
    public += [f"occlusion_sensitivity.matlab.{name}" for name in occlusion_sensitivity.matlab.__all__]
    anchors = "".join(f'<p id="{name}"></p>' for name in ["there", *public[1:]])
    (tmp_path / "other.html").write_text(anchors, encoding="utf-8")
    (tmp_path / "site.css").write_text("a { background: url(//example.org/x.png) }", encoding="utf-8")
    faults = runpy.run_path(str(ROOT / "tools" / "check_site.py"))["faults"]
    assert sorted(faults(tmp_path)) == sorted(
        [
            "index.html loads https://example.org/x.js",
            "index.html: other.html#nowhere names no anchor of that page",
            "index.html: missing.html leads nowhere",
            "index.html: http://example.org is not https",
            "index.html: missing.png leads nowhere",
            "site.css loads //example.org/x.png",
            f"{public[0]} is not documented",
        ]
    )


def rows_of(document, table):
    """The rows of cells of a table between comments, its heading among them."""
    text = (ROOT / "docs" / document).read_text(encoding="utf-8")
    lines = text.partition(f"<!-- {table} -->")[2].partition(f"<!-- end {table} -->")[0].strip().splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if not line.startswith("|---")]


def test_the_example_of_faithfulness(in_a_folder_with_a_cup):
    """Its numbers are those of its code."""
    (code,) = python_blocks("docs/faithfulness.md")
    names = {}
    exec(code, names)
    assert names["classNames"][names["channel"] - 1] == "espresso"
    (_, *shares), *rows = rows_of("faithfulness.md", "curves")
    steps = [round(float(share.removesuffix("%")) / 5) for share in shares]
    for (name, *scores), curve in zip(rows, (names["deleted"], names["inserted"]), strict=True):
        np.testing.assert_allclose(curve.scores[steps], np.float64(scores), rtol=0, atol=0.005, err_msg=name)
    _, *rows = rows_of("faithfulness.md", "areas")
    assert [row[0] for row in rows] == list(names["areas"])
    for name, *areas in rows:
        np.testing.assert_allclose(names["areas"][name], np.float64(areas), rtol=0, atol=0.005, err_msg=name)


def test_every_picture_and_page_that_the_documents_name_is_there():
    documents = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.joinpath("docs").glob("*.md")]
    package = Path(occlusion_sensitivity.__file__).parent  # a wheel is tested where its source is not
    for document in documents:
        for link in re.findall(r"\]\(([^)#\s]+)\)", document.read_text(encoding="utf-8")):
            target, within = document.parent / link, link.partition("python/occlusion_sensitivity/")[2]
            assert "://" in link or (package / within if within else target).exists(), (document.name, link)


def test_the_options_of_the_gallery_are_known():
    commands = re.findall(
        r"^occlusion-sensitivity (explain .*)$", (ROOT / "docs" / "gallery.md").read_text("utf-8"), re.M
    )
    assert len(commands) > 10
    for command in commands:
        assert parser().parse_args(joined_numbers(shlex.split(command))).run


def generated_table(name):
    """The rows of a table that tools/write_compatibility.py wrote."""
    text = (ROOT / "docs" / "compatibility.md").read_text(encoding="utf-8")
    table = text.partition(f"<!-- {name} -->")[2].partition(f"<!-- end {name} -->")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line[:1] == "|"]
    return rows[0], rows[2:]


def test_the_table_of_agreement_is_of_these_cases():
    manifest = json.loads((ROOT / "compat_fixtures" / "manifest.json").read_text("utf-8"))["cases"]
    heading, rows = generated_table("agreement")
    assert [row[:2] for row in rows] == [
        [name, source] for name, entry in manifest.items() for source in entry["references"]
    ]
    for row in rows:
        tolerance = manifest[row[0]]["references"][row[1]]["tolerance"]
        assert row[-1].startswith("agrees")
        for stage, difference in zip(heading[2:-2], row[2:-2], strict=True):
            assert difference == "-" or float(difference) <= tolerance[stage], row[0]


def test_the_table_of_changed_rules_is_of_these_mutants():
    _, rows = generated_table("mutants")
    assert [(row[0], row[2]) for row in rows] == [(mutant.rule, ", ".join(mutant.caught_by)) for mutant in MUTANTS]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.rule)
def test_the_table_of_changed_rules_counts_right(monkeypatch, mutant):
    _, rows = generated_table("mutants")
    (counted,) = [row[1] for row in rows if row[0] == mutant.rule]
    mutant.perturb(monkeypatch.setattr)
    results = list(run_cases(ROOT / "compat_fixtures"))
    differing = {result.name for result in results if not result.agrees}
    assert counted == f"{len(differing)} of {len({result.name for result in results})}"
