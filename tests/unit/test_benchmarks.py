"""What the benchmark shows, and the networks it runs; never how long they take."""

import json
import re
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def benchmarks(monkeypatch):
    """The modules of benchmarks, which lie beside the package."""
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    import parts
    import tables
    import topologies

    yield parts, tables, topologies
    # Not what they import: extension modules cannot be loaded twice.
    for name in {file.stem for file in (ROOT / "benchmarks").glob("*.py")}.intersection(sys.modules):
        del sys.modules[name]


def test_rows_say_whether_the_bar_was_reached(benchmarks):
    parts, tables, _ = benchmarks
    row = parts.ratio_row("loop", "ours / theirs", parts_summary(), 1.02)
    assert row.value == pytest.approx(1.01)
    assert tables.verdict(row) == "≤ 1.02 reached"
    worse = parts.ratio_row("loop", "ours / theirs", parts_summary(), 1.0)
    assert tables.verdict(worse) == "≤ 1 NOT reached"
    assert tables.verdict(parts.Row("loop", "measure", 1.0, "s", "")) == ""
    assert tables.markdown([worse]).splitlines()[-1] == (
        "| ours / theirs | 1.010 | ≤ 1 NOT reached | 1010.0 ms against 1000.0 ms; 0.900 … 1.100 in 3 pairs |"
    )


def parts_summary():
    return {"ours": 1.01, "theirs": 1.0, "ratio": 1.01, "least": 0.9, "most": 1.1, "pairs": 3}


def test_times_are_divided_by_the_images(benchmarks):
    """Twice the images in the same time are half the time an image."""
    parts, _, _ = benchmarks
    assert parts.ratio_row("rivals", "m", parts_summary(), per=(20, 10)).value == pytest.approx(0.505)


def test_medians_of_pairs(benchmarks):
    import measuring

    found = measuring.summary([(2.0, 1.0), (3.0, 2.0), (10.0, 2.0)])
    assert found == {"ours": 3.0, "theirs": 2.0, "ratio": 2.0, "least": 1.5, "most": 5.0, "pairs": 3}


def test_rounds_begin_with_each_side_in_turn(benchmarks, monkeypatch):
    import measuring

    monkeypatch.setattr(measuring, "_QUIET", 0)
    order = []
    sides = [lambda name=name, seconds=seconds: order.append(name) or seconds for name, seconds in (("a", 3), ("b", 2))]
    assert measuring.rounds(sides, 3) == [[3, 3, 3], [2, 2, 2]]
    assert order == ["a", "b", "b", "a", "a", "b"]


def test_the_rival_is_the_fastest_of_the_others(benchmarks):
    import measuring

    found = measuring.against_the_fastest([[2.0, 2.0, 2.0], [4.0, 4.0, 4.0], [1.0, 1.0, 8.0]])
    assert (found["theirs"], found["ratio"]) == (1.0, 2.0)


def test_the_growth_of_memory_is_that_of_the_worst_process(benchmarks):
    import many

    row = many.growth_row("through Dask", [[100.0, 50.0, 60.0], [110.0, 80.0, 60.0]])
    assert (row.value, row.unit, row.reached) == (30.0, "MB", False)
    assert row.detail == "the call's process: 100 → 110 MB, a worker: 50 → 80 MB, a worker: 60 → 60 MB"


def test_a_store_that_is_made_without_a_network_is_whole(benchmarks):
    """Of more than one chunk; it is checked inside that a run finds nothing to do, and that all is done."""
    import many

    found = json.loads(many.large_store(70))
    assert found["files"] > 10
    assert found["size"] > 70 * 121 * 4 / 1e6


@pytest.mark.parametrize("name", ["googlenet", "squeezenet"])
def test_networks_with_random_weights(benchmarks, name):
    """Finite, different for different images, and not so sure that no mask could tell."""
    _, _, topologies = benchmarks
    model = topologies.topology(name)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (source,) = session.get_inputs()
    images = np.random.default_rng(1).integers(0, 256, (2, 3, 14, 14)).repeat(16, 2).repeat(16, 3)
    (scores,) = session.run(None, {source.name: images.astype(np.float32)})
    scores = scores.reshape(2, -1)
    np.testing.assert_allclose(scores.sum(axis=1), 1, rtol=1e-4)
    assert scores.max() < 0.9
    assert np.abs(scores[0] - scores[1]).max() > 1e-4


def test_the_document_has_its_tables(benchmarks):
    _, tables, _ = benchmarks
    text = tables.DOCUMENT.read_text(encoding="utf-8")
    for name in dict.fromkeys(re.findall(r"<!-- (?!end |machine)(.+) -->", text)):
        table = text.partition(f"<!-- {name} -->")[2].partition(f"<!-- end {name} -->")[0].strip()
        assert table.startswith("| measure | value | aimed at | |"), name
        assert len(table.splitlines()) > 2, name
    assert "Python 3" in text.partition("<!-- machine -->")[2].partition("<!-- end machine -->")[0]
