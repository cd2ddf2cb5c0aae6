"""tools/reproduce.py finds a number that changed and a table that it does not know, and what is cheap is the same."""

import re
import sys
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def reproduce():
    """The tool and its modules, which lie beside the package."""
    before = set(sys.modules)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "tools")
        import reproduce

        yield reproduce
    tools = {file.stem for file in (ROOT / "tools").glob("*.py")} | {"reproduction"}
    for name in [name for name in set(sys.modules) - before if name.partition(".")[0] in tools]:
        del sys.modules[name]


@pytest.fixture
def changed(reproduce, monkeypatch):
    """Changes what a document says."""
    modules = [module for name, module in sys.modules.items() if name.startswith("reproduction.")]

    def change(document, old, new):
        text = (ROOT / document).read_text(encoding="utf-8")
        assert old in text

        def text_of(name):
            return text.replace(old, new) if name == document else (ROOT / name).read_text(encoding="utf-8")

        for module in [*modules, reproduce]:
            if hasattr(module, "text_of"):
                monkeypatch.setattr(module, "text_of", text_of)

    return change


def differing(reproduce, part):
    return [finding for finding in reproduce.findings(part, False) if finding.state == "differs"]


# What is quoted is built again ----------------------------------------------------------------------------------------


def test_every_table_and_picture_has_a_part(reproduce):
    assert list(reproduce.without_part()) == []
    for document, name in reproduce.TABLES:
        assert name in reproduce.tables_of(reproduce.text_of(document))
    assert set(reproduce.TABLES.values()) <= set(reproduce.PARTS)


def test_no_document_is_left_out(reproduce):
    written = {file for file in ROOT.glob("*/*.md") if "<!-- end " in file.read_text(encoding="utf-8")}
    assert written <= {ROOT / document for document in reproduce.DOCUMENTS}


def test_a_table_without_a_part_is_found(reproduce, changed):
    changed("docs/store.md", "## The attributes", "<!-- sizes -->\n| a |\n<!-- end sizes -->\n## The attributes")
    (finding,) = reproduce.without_part()
    assert finding.what == "docs/store.md, table 'sizes'"


def test_a_measurement_in_no_list_is_found(reproduce, changed):
    changed("docs/store.md", "## The arrays", "Opening it takes 12.5 ms.\n\n## The arrays")
    (finding,) = differing(reproduce, "prose")
    assert "Opening it takes 12.5 ms" in finding.what
    assert "in no list" in finding.detail


def test_the_parts_are_those_of_the_document(reproduce):
    text = (ROOT / "docs" / "reproducing.md").read_text(encoding="utf-8")
    cells = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", text.partition("| part |")[2], re.MULTILINE)
    assert {name for cell in cells for name in re.findall(r"\w+", cell)} == set(reproduce.PARTS)


# A number that changed ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["counts", "prose", "names", "plan"])
def test_what_is_cheap_is_the_same(reproduce, part):
    found = list(reproduce.findings(part, False))
    assert {finding.state for finding in found} <= {"same", "same but for noise", "not rebuilt"}, found
    assert "same" in {finding.state for finding in found}


@pytest.mark.parametrize(
    ("part", "document", "old", "new", "says"),
    [
        ("counts", "README.md", "compares 143 cases", "compares 142 cases", "it says “compares 142 cases"),
        (
            "counts",
            "CHANGELOG.md",
            "and eight others are downloaded",
            "and nine others are downloaded",
            "and nine others",
        ),
        ("prose", "docs/scaling.md", "13.5 days of one core", "13.4 days of one core", "it says “With"),
        ("prose", "docs/scaling.md", "| 3.9 ms |", "| 4.0 ms |", "said: | an image of 32×32"),
        ("prose", "docs/performance.md", "took 12.0 ms instead", "took 12.1 ms instead", "no such sentence"),
        ("names", "docs/migrating.md", "### Sorting\n", "### Order\n", "said: ### Order"),
    ],
)
def test_a_changed_number_is_found(reproduce, changed, part, document, old, new, says):
    changed(document, old, new)
    found = differing(reproduce, part)
    assert any(says in finding.detail for finding in found), found


def test_a_row_of_another_measured_table_is_found_where_it_is_quoted(reproduce, changed):
    changed("docs/performance.md", "4.11 times as fast", "4.21 times as fast")
    assert [finding.what for finding in differing(reproduce, "prose")] == ["docs/incremental.md, table 'in short'"]


def test_other_noise_of_a_network_is_no_difference_and_another_verdict_is(reproduce):
    table = reproduce.tables_of(reproduce.text_of("docs/compatibility.md"))["agreement"]
    agreement = reproduce.exact.agreement
    row = "| batch_larger_than_the_map | octave | 0 | 7.9e-07 | 0 | 7.6e-07 | - | 0 1e-05 0 1e-05 | agrees |"
    assert row in table
    assert agreement(table, table).state == "same"
    noise = agreement(table, table.replace(row, row.replace("7.9e-07", "8.1e-07")))
    assert (noise.state, noise.detail) == ("same but for noise", "1 rows, within their tolerances")
    for other in (
        row.replace("agrees", "differs"),
        row.replace("| octave | 0 |", "| octave | 1 |"),
        "",
        f"{row}\n{row}",
    ):
        assert agreement(table, table.replace(row, other)).state == "differs"
    assert agreement(table, table.replace(row, row.replace("1e-05", "1e-04"))).state == "differs"


def test_pictures(reproduce, monkeypatch, tmp_path):
    monkeypatch.setattr(reproduce.exact, "ROOT", tmp_path)
    monkeypatch.setattr(reproduce.exact, "REBUILT", tmp_path / "rebuilt")
    picture = Image.new("L", (100, 100))
    picture.save(tmp_path / "x.png")

    def state(pixels=0):
        other = picture.copy()
        for k in range(pixels):
            other.putpixel((k, 0), 255)
        other.save(tmp_path / "other.png")
        return reproduce.exact.picture("x.png", (tmp_path / "other.png").read_bytes()).state

    assert [state(0), state(1), state(100)] == ["same", "same but for noise", "differs"]
    assert reproduce.exact.picture("y.png", (tmp_path / "x.png").read_bytes()).state == "differs"


def test_files_of_the_cases(reproduce, tmp_path):
    same_files = reproduce.fixtures.same_files
    case = tmp_path / "cases" / "mask_odd"
    case.mkdir(parents=True)
    for file in (ROOT / "compat_fixtures" / "cases" / "mask_odd").glob("*.*"):
        (case / file.name).write_bytes(file.read_bytes())
    assert same_files("x", tmp_path, "cases/mask_odd/*.*").state == "same"
    (case / "X.json").write_text("{}")
    assert same_files("x", tmp_path, "cases/mask_odd/*.*").state == "differs"
    (case / "X.json").unlink()
    assert "X.json" in same_files("x", tmp_path, "cases/mask_odd/*.*").detail


# What is measured -----------------------------------------------------------------------------------------------------


def row(measure, value, unit="ratio", bar=None):
    return {"part": "loop", "measure": measure, "value": value, "unit": unit, "bar": bar, "detail": ""}


def test_ratios_are_compared_and_times_shown(reproduce):
    said = [
        ["a / b", "0.500", "≤ 0.6 reached", ""],
        ["c / d (batch 16), per image", "0.500", "", ""],
        ["e / f", "0.500", "≤ 0.52 reached", ""],
        ["seconds", "1.2 s", "", ""],
        ["gone", "1.2 s", "", ""],
    ]
    now = [row("a / b", 0.56, bar=0.6), row("c / d (batch 1), per image", 0.42), row("e / f", 0.53, bar=0.52)]
    now += [row("seconds", 40.0, "s"), row("new", 1.0, "s")]
    found = {finding.what: (finding.state, finding.detail) for finding in reproduce.measured.compared(said, now)}
    assert found == {
        "a / b": ("as measured", "0.500 → 0.56"),
        "c / d (batch 16), per image": ("differs", "0.500 → 0.42"),
        "e / f": ("differs", "0.500 → 0.53: ≤ 0.52 is not reached"),
        "seconds": ("shown", "1.2 s → 40"),
        "gone": ("differs", "it is not measured any more"),
        "new": ("differs", "it is in no row of the table"),
    }


def test_what_was_measured_is_kept_until_the_code_changes(reproduce, monkeypatch, tmp_path):
    measured = reproduce.measured
    runs = []
    results = tmp_path / "results.json"
    results.write_text('{"rows": [], "machine": "a machine"}')
    monkeypatch.setattr(measured, "_MEASURED", tmp_path / "measured")
    monkeypatch.setattr(measured, "_RESULTS", results)
    monkeypatch.setattr(measured.subprocess, "run", lambda command, **_: runs.append(command))
    states = iter(["1", "1", "2"])
    monkeypatch.setattr(measured, "fingerprint", lambda: next(states))
    first, second, third = (measured.measured("painting") for _ in range(3))
    assert first == second
    assert (third["machine"], third["fingerprint"]) == ("a machine", "2")
    assert len(runs) == 2


def test_what_the_benchmarks_need_is_what_their_document_says(reproduce):
    assert reproduce.measured.packages(["painting", "names"]) == []
    assert {"torch==2.14.1", "captum", "efficientnet-lite-pytorch"} <= set(reproduce.measured.packages(["rivals"]))


# The command ----------------------------------------------------------------------------------------------------------


def test_the_command_says_what_differs_and_leaves_the_tree_alone(reproduce, changed, capsys):
    before = {file: file.stat().st_mtime_ns for file in (ROOT / "docs").rglob("*")}
    assert reproduce.main(["--only", "counts", "loop"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "counts        same               README.md, “compares 143 cases with references”"
    assert out[-1] == f"{len(out) - 2} same, 1 not rebuilt"
    changed("README.md", "compares 143 cases", "compares 14 cases")
    assert reproduce.main(["--only", "counts"]) == 1
    assert "differs            README.md, “compares 143 cases" in capsys.readouterr().out
    assert {file: file.stat().st_mtime_ns for file in (ROOT / "docs").rglob("*")} == before


def test_a_part_that_fails_differs_and_the_next_one_runs(reproduce, monkeypatch, capsys):
    monkeypatch.setitem(reproduce.PARTS, "names", lambda measure: iter([1 / 0]))
    assert reproduce.main(["--only", "names", "counts"]) == 1
    out = capsys.readouterr().out
    assert "the part 'names': it failed: ZeroDivisionError" in out
    assert "compares 143 cases" in out
