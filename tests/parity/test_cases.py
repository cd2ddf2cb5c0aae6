"""The parity cases: all agree, they cover what they claim, and a changed file is seen."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from occlusion_sensitivity.options import OPTION_NAMES
from occlusion_sensitivity.parity.cases import array_in, run_cases

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "compat_fixtures"
MANIFEST = json.loads((FIXTURES / "manifest.json").read_text("utf-8"))["cases"]
CALLS = {}
for case_name in MANIFEST:
    description = json.loads((FIXTURES / "cases" / case_name / "case.json").read_text("utf-8"))
    if description["kind"] == "occlusionSensitivity":
        CALLS[case_name] = description

pytestmark = pytest.mark.parity


def references(name):
    """The folders of the case's references, one for each source."""
    return sorted((FIXTURES / "cases" / name / "references").iterdir())


def content(name, file):
    """An input of the case, or a result of any of its sources; None where none has it."""
    folder = FIXTURES / "cases" / name
    found = (where / file for where in (folder, *references(name)) if (where / file).exists())
    file = next(found, None)
    return None if file is None else json.loads(file.read_text("utf-8"))


def array(name, file):
    return array_in(content(name, file))


@pytest.mark.parametrize("name", MANIFEST)
def test_case(name):
    results = list(run_cases(FIXTURES, [name]))
    assert {result.source for result in results} == set(MANIFEST[name]["references"])
    for result in results:
        assert not result.problem
        assert {stage.name: stage.difference for stage in result.stages if not stage.agrees} == {}
        # A case compares each stage that it has a tolerance for, or else a refusal.
        assert {stage.name for stage in result.stages} == set(result.tolerance)
        assert bool(result.stages) != bool(result.refusal)


def test_every_folder_is_in_the_manifest():
    assert {folder.name for folder in (FIXTURES / "cases").iterdir()} == set(MANIFEST)


# What the cases claim to be ------------------------------------------------------------------------------------------


def test_every_option_and_choice():
    typed = [case["options"] for case in CALLS.values()]
    given = {name: [options[name] for options in typed if name in options] for name in OPTION_NAMES}
    for name in ("MaskSize", "Stride", "MaskValue"):
        assert {type(value) for value in given[name]} >= {int, list, str}, name
    assert {str(value) for value in given["OutputUpsampling"]} == {"bicubic", "nearest", "none"}
    assert {str(value) for value in given["MaskClipping"]} == {"on", "off", "True", "False", "0", "1"}
    assert {"auto", "cpu"} == set(given["ExecutionEnvironment"])
    assert min(given["MiniBatchSize"]) == 1
    assert any(not options for options in typed)


def test_every_class_and_kind_of_image():
    images = [array(name, "X.json") for name in CALLS]
    integers = {f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)}
    assert {image.dtype.name for image in images} == {*integers, "float32", "float64"}
    assert {image.shape[2] if image.ndim == 3 else 1 for image in images} == {1, 2, 3, 4, 5}
    assert any(image.shape[0] == 1 for image in images)
    assert any(image.shape[1] == 1 for image in images)
    assert sum(image.shape[0] != image.shape[1] for image in images) > 40
    assert sum(image.shape[0] == image.shape[1] > 20 for image in images) >= 4


def test_most_maps_are_really_enlarged():
    """A stride of one leaves nothing for imresize to do; where classes and channels are the point, there is more."""
    same, enlarged = set(), set()
    for name, case in CALLS.items():
        if content(name, "map.json") is not None and case["options"].get("OutputUpsampling") != "none":
            kind = same if array(name, "map.json").shape[:2] == array(name, "X.json").shape[:2] else enlarged
            kind.add(name)
    assert len(enlarged) > 4 * len(same)
    points = ("class_", "channels_", "fill_", "batch_of", "layer_", "label", "z", "rescale", "square")
    assert {name for name in same if name.startswith(points)} == set()


def test_enough_cases():
    assert len(MANIFEST) >= 140


def test_every_geometry():
    seen = set()
    for name in CALLS:
        if content(name, "boxes.json") is None:
            continue
        size = array(name, "X.json").shape
        first_row, last_row, first_col, last_col = array(name, "boxes.json").T
        lengths = {int(length) for length in (*(last_row - first_row + 1), *(last_col - first_col + 1))}
        seen |= {"odd" if length % 2 else "even" for length in lengths}
        seen.add("clipped" if len(set(last_row - first_row)) + len(set(last_col - first_col)) > 2 else "whole")
        if (first_row == 1).all() and (last_row == size[0]).all() and (last_col - first_col + 1 == size[1]).all():
            seen.add("all of the image")
        if len(first_row) == 1:
            seen.add("one position")
    assert seen == {"odd", "even", "clipped", "whole", "all of the image", "one position"}
    assert CALLS["refused_mask_larger_than_the_image"]["refused"]


def test_every_kind_of_output():
    channels = [case["channelIdx"] for case in CALLS.values()]
    assert {len(one) for one in channels} >= {1, 2, 3}
    assert any(len(set(one)) < len(one) for one in channels)
    types = {layer["Type"] for name in CALLS for layer in content(name, "network.json")["Layers"]}
    assert len(types) == 10
    scored = {
        next(layer["Type"] for layer in network["Layers"] if layer["Name"] == network["OutputNames"])
        for network in (content(name, "network.json") for name in CALLS)
    }
    assert scored == {
        *("softmax", "fullyconnected", "relu", "convolution", "globalaveragepooling", "batchnorm", "crosschannelnorm")
    }


def test_the_sources_are_who_computed_them():
    tools = {"matlab": "MATLAB ", "octave": "GNU Octave ", "exact": "rational ", "documentation": "figures and doc"}
    for name, entry in MANIFEST.items():
        assert [folder.name for folder in references(name)] == list(entry["references"]), name
        for folder in references(name):
            recorded = json.loads((folder / "reference.json").read_text("utf-8"))
            known = entry["references"][folder.name]
            assert (folder.name, known["tool"]) == (recorded["source"], recorded["tool"]), name
            assert known["tool"].startswith(tools[folder.name]), name
            assert set(known["reasons"]) == set(known["tolerance"]), name
    sources = {source for entry in MANIFEST.values() for source in entry["references"]}
    assert {"exact", "documentation"} < sources
    assert len(CALLS) >= 40


def test_the_maps_can_tell():
    """A map as flat as float noise would agree with anything."""
    for name in CALLS:
        if content(name, "map.json") is not None and name != "fill_of_a_constant_image":
            drops = array(name, "map.json")
            flat = drops.reshape(*drops.shape[:2], -1)
            size = np.ptp(flat, axis=(0, 1)) if flat[..., 0].size > 1 else np.abs(flat).max(axis=(0, 1))
            assert (size > 0.02).all(), name


@pytest.mark.parametrize("name", CALLS)
def test_the_onnx_file_is_the_described_network(name):
    model = onnx.load(FIXTURES / "cases" / name / "network.onnx")
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    network = content(name, "network.json")
    assert {node.name for node in model.graph.node} >= {layer["Name"] for layer in network["Layers"][1:]}
    for layer in network["Layers"]:
        weights = array_in(layer["Weights"]) if "Weights" in layer else None
        if layer["Type"] == "convolution":
            np.testing.assert_array_equal(constants[f"{layer['Name']}.Weights"], weights.transpose(3, 2, 0, 1))
        if layer["Type"] == "fullyconnected":
            columns = weights.transpose(3, 1, 2, 0).reshape(-1, len(weights))
            np.testing.assert_array_equal(constants[f"{layer['Name']}.Weights"], columns)
        if weights is not None:
            np.testing.assert_array_equal(constants[f"{layer['Name']}.Bias"], array_in(layer["Bias"]).reshape(-1))


# Changed files -------------------------------------------------------------------------------------------------------

WATCHED = ["mask_odd", "exact_even_mask", "imresize_uint8_shrunk", "published_jet", "refused_fill"]


@pytest.fixture
def copy(tmp_path):
    """A few cases, alone, as they are before somebody with MATLAB runs them."""
    known = json.loads(json.dumps({name: MANIFEST[name] for name in WATCHED}))
    for name in WATCHED:
        shutil.copytree(FIXTURES / "cases" / name, tmp_path / "cases" / name)
        shutil.rmtree(tmp_path / "cases" / name / "references" / "matlab", ignore_errors=True)
        known[name]["references"].pop("matlab", None)
    (tmp_path / "manifest.json").write_text(json.dumps({"cases": known}), encoding="utf-8")
    return tmp_path


def verdicts(folder, source=None):
    """Name → what is wrong with it, of whichever source; "" where nothing is."""
    found = {}
    for result in run_cases(folder, source=source):
        found[result.name] = found.get(result.name) or result.problem
    return found


def every_file():
    """(case, file below its folder) of the watched cases."""
    for name in WATCHED:
        yield from ((name, file) for file in MANIFEST[name]["files"])
        for source, reference in MANIFEST[name]["references"].items():
            if source == "matlab":  # which the copy has not
                continue
            yield from ((name, f"references/{source}/{file}") for file in reference["files"])


def test_an_unchanged_copy_agrees(copy):
    assert verdicts(copy) == dict.fromkeys(WATCHED, "")


@pytest.mark.parametrize(("name", "file"), list(every_file()))
def test_an_altered_file_is_seen(copy, name, file):
    path = copy / "cases" / name / file
    path.write_bytes(path.read_bytes() + b"\n")
    assert verdicts(copy) == {**dict.fromkeys(WATCHED, ""), name: f"{path.name} altered"}


@pytest.mark.parametrize(("name", "file"), list(every_file()))
def test_a_deleted_file_is_seen(copy, name, file):
    path = copy / "cases" / name / file
    path.unlink()
    assert verdicts(copy) == {**dict.fromkeys(WATCHED, ""), name: f"{path.name} missing"}


def edited(copy, name, change):
    """The manifest, with one entry changed."""
    manifest = json.loads((copy / "manifest.json").read_text("utf-8"))
    change(manifest["cases"][name])
    (copy / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return verdicts(copy)[name]


def test_a_case_that_compares_nothing_does_not_agree(copy):
    def without_results(entry):
        for source, reference in entry["references"].items():
            for file in ("boxes.json", "map.json", "scoreMap.json"):
                (copy / "cases" / "mask_odd" / "references" / source / file).unlink()
                del reference["files"][file]

    def without_tolerances(entry):
        for reference in entry["references"].values():
            reference["tolerance"].clear()

    assert edited(copy, "mask_odd", without_results) == "compares no boxes, call, imresize, map"
    assert edited(copy, "exact_even_mask", without_tolerances) == "fails: 'boxes' is missing"


def test_a_refusal_for_another_reason_does_not_agree(copy, monkeypatch):
    def fails(*_, **__):
        raise ValueError("no network")

    monkeypatch.setattr("occlusion_sensitivity.parity.cases.occlusionSensitivity", fails)
    assert verdicts(copy)["refused_fill"] == "refused for another reason than MaskValue: no network"


def test_a_deleted_case_is_seen(copy):
    shutil.rmtree(copy / "cases" / "mask_odd")
    assert "boxes.json" in verdicts(copy)["mask_odd"]
    assert "missing" in verdicts(copy)["mask_odd"]


def test_what_the_manifest_does_not_know_is_seen(copy):
    (copy / "cases" / "mask_odd" / "more.json").write_text("{}", encoding="utf-8")
    (copy / "cases" / "stranger").mkdir()
    (copy / "cases" / "refused_fill" / "references" / "octave" / "more.json").write_text("{}", encoding="utf-8")
    found = verdicts(copy)
    assert found["mask_odd"] == found["refused_fill"] == "more.json not in manifest.json"
    assert found["stranger"] == "is not in manifest.json"


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "{}", '{"cases": 3}', '{"cases": {}}', '{"cases": {"mask_odd": {}}}', "{", "\xff"),
        '{"cases": {"mask_odd": {"files": {}, "references": {}}}}',
        '{"cases": {"mask_odd": {"files": {}, "references": {"octave": {}}}}}',
        '{"cases": {"mask_odd": {"files": {}, "references": [1]}}}',
        '{"cases": {"a": {"files": {}, "references": {"octave": {"files": {}, "tool": [], "tolerance": {}}}}}}',
        '{"cases": {"a": {"files": {}, "references": {"octave": {"files": {}, "tool": "x", "tolerance": {"a": ""}}}}}}',
    ],
)
def test_a_damaged_manifest_is_an_error(copy, text):
    (copy / "manifest.json").write_text(text, encoding="latin-1")
    with pytest.raises(ValueError, match=r"CASES: '.*manifest.json' is damaged"):
        list(run_cases(copy))


def test_no_manifest_and_no_such_case(copy):
    with pytest.raises(ValueError, match="CASES must be names of parity cases.* is 'nothing'"):
        list(run_cases(copy, ["nothing"]))
    (copy / "manifest.json").unlink()
    with pytest.raises(FileNotFoundError, match="CASES: .* is no folder of parity cases"):
        list(run_cases(copy))


# As somebody with MATLAB will leave it --------------------------------------------------------------------------------


def relabelled(folder, change=lambda name, file, content: content):
    """What a run in MATLAB writes, simulated: Octave's references once more under MATLAB's name."""
    for name in WATCHED:
        theirs = folder / "cases" / name / "references" / "octave"
        if not theirs.is_dir():
            continue
        ours = shutil.copytree(theirs, theirs.with_name("matlab"))
        for file in ours.iterdir():
            found = change(name, file.name, json.loads(file.read_text("utf-8")))
            if file.name == "reference.json":
                found = {"source": "matlab", "tool": "MATLAB 99.9 (simulated)"}
            file.write_text(json.dumps(found), encoding="utf-8")
    shutil.copytree(ROOT / "tools", folder / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "compat_fixtures").mkdir()
    (folder / "cases").rename(folder / "compat_fixtures" / "cases")
    subprocess.run([sys.executable, folder / "tools" / "write_manifest.py"], check=True)
    return folder / "compat_fixtures"


def test_references_of_several_sources_lie_side_by_side(copy):
    fixtures = relabelled(copy)
    results = list(run_cases(fixtures))
    assert all(result.agrees for result in results)
    both = {name: {result.source for result in results if result.name == name} for name in WATCHED}
    assert both["mask_odd"] == {"matlab", "octave"}
    assert both["exact_even_mask"] == {"exact", "matlab", "octave"}
    assert both["published_jet"] == {"documentation"}
    tolerance = {result.source: result.tolerance["map"] for result in results if result.name == "mask_odd"}
    assert tolerance == {"octave": 1e-5, "matlab": 1e-4}
    alone = list(run_cases(fixtures, source="matlab"))
    assert {result.source for result in alone} == {"matlab"}
    assert {result.name for result in alone} == set(WATCHED) - {"published_jet"}
    with pytest.raises(ValueError, match="^--source must be one of documentation, exact, matlab, octave, .* 'python'"):
        list(run_cases(fixtures, source="python"))


def test_a_source_that_has_no_references(copy):
    with pytest.raises(ValueError, match="^--source must be one of documentation, exact, octave, the sources of"):
        list(run_cases(copy, source="matlab"))


def test_one_rule_that_matlab_has_otherwise(copy):
    """Seen in MATLAB's references and in no others, from the stage on where it starts."""

    def one_column_further(name, file, content):
        if (name, file) == ("mask_odd", "boxes.json"):
            content["values"] = [value + (value > 3) for value in content["values"]]
        return content

    results = {(r.name, r.source): r for r in run_cases(relabelled(copy, one_column_further))}
    assert [key for key, result in results.items() if not result.agrees] == [("mask_odd", "matlab")]
    assert results["mask_odd", "matlab"].first_difference.name == "boxes"


@pytest.mark.parametrize("file", ["map.json", "scoreMap.json"])
@pytest.mark.parametrize("change", [{"class": "double"}, {"size": None}])
def test_the_class_and_the_size_of_a_map_count(copy, file, change):
    """MATLAB may refute that maps are single, and where axes of length one are."""

    def other_kind(name, found, content):
        if (name, found) == ("mask_odd", file):
            content |= {"size": [*content["size"], 1]} if "size" in change else change
        return content

    results = list(run_cases(relabelled(copy, other_kind), ["mask_odd"], source="matlab"))
    assert [stage.name for stage in results[0].stages if not stage.agrees] == ["map" if file == "map.json" else "call"]


def test_a_refusal_is_compared_in_class(copy):
    """An error that names the argument, or none at all; one that names another argument is another error."""
    words = {
        "": "does not name MaskValue",
        "Expected MaskValue to have 3 elements.": "names MaskValue",
    }
    for message, expected in words.items():
        folder = shutil.copytree(copy, copy.with_name(f"said-{len(message)}"))
        fixtures = relabelled(
            folder,
            lambda name, file, content, said=message: (
                {"identifier": "nnet:occlusion", "message": said or "Bad."} if file == "error.json" else content
            ),
        )
        (result,) = run_cases(fixtures, ["refused_fill"], source="matlab")
        assert result.agrees
        assert result.refusal.startswith("nnet:occlusion ")
        assert result.refusal.endswith(f"[{expected}]")
    fixtures = relabelled(
        copy,
        lambda name, file, content: (
            {"identifier": "", "message": "Stride must be positive."} if file == "error.json" else content
        ),
    )
    (result,) = run_cases(fixtures, ["refused_fill"], source="matlab")
    assert result.problem == "the reference refuses for another reason than MaskValue: Stride must be positive."
