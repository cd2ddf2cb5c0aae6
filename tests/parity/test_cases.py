"""The parity cases: all agree, they cover what they claim, and a changed file is seen."""

import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from occlusion_sensitivity.options import OPTION_NAMES
from occlusion_sensitivity.parity.cases import array_in, run_cases

FIXTURES = Path(__file__).parents[2] / "compat_fixtures"
MANIFEST = json.loads((FIXTURES / "manifest.json").read_text("utf-8"))["cases"]
CALLS = {}
for case_name in MANIFEST:
    description = json.loads((FIXTURES / "cases" / case_name / "case.json").read_text("utf-8"))
    if description["kind"] == "occlusionSensitivity":
        CALLS[case_name] = description

pytestmark = pytest.mark.parity


def content(name, file):
    return json.loads((FIXTURES / "cases" / name / file).read_text("utf-8"))


def array(name, file):
    return array_in(content(name, file))


@pytest.mark.parametrize("name", MANIFEST)
def test_case(name):
    (result,) = run_cases(FIXTURES, [name])
    assert not result.problem
    assert {stage.name: stage.difference for stage in result.stages if not stage.agrees} == {}
    # A case compares each stage that it has a tolerance for, or else a refusal.
    assert {stage.name for stage in result.stages} == set(result.tolerance)
    assert bool(result.stages) != result.refused


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


def test_every_geometry():
    seen = set()
    for name in CALLS:
        if not (FIXTURES / "cases" / name / "boxes.json").exists():
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
    assert len(types) == 8
    scored = {
        next(layer["Type"] for layer in network["Layers"] if layer["Name"] == network["OutputNames"])
        for network in (content(name, "network.json") for name in CALLS)
    }
    assert scored == {"softmax", "fullyconnected", "relu", "convolution", "globalaveragepooling"}


def test_the_sources_are_who_computed_them():
    tools = {"matlab": "MATLAB ", "octave": "GNU Octave ", "exact": "rational ", "documentation": "figures and doc"}
    for name, entry in MANIFEST.items():
        recorded = content(name, "reference.json")
        assert (entry["source"], entry["tool"]) == (recorded["source"], recorded["tool"]), name
        assert entry["tool"].startswith(tools[entry["source"]]), name
        assert set(entry["reasons"]) == set(entry["tolerance"]), name
    sources = [entry["source"] for entry in MANIFEST.values()]
    assert {"exact", "documentation"} < set(sources)
    assert len(CALLS) >= 40


def test_the_maps_can_tell():
    """A map as flat as float noise would agree with anything."""
    for name in CALLS:
        if (FIXTURES / "cases" / name / "map.json").exists() and name != "fill_of_a_constant_image":
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
    """A few cases, alone."""
    for name in WATCHED:
        shutil.copytree(FIXTURES / "cases" / name, tmp_path / "cases" / name)
    manifest = {"cases": {name: MANIFEST[name] for name in WATCHED}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return tmp_path


def verdicts(folder):
    return {result.name: result.problem for result in run_cases(folder)}


def test_an_unchanged_copy_agrees(copy):
    assert verdicts(copy) == dict.fromkeys(WATCHED, "")


@pytest.mark.parametrize(("name", "file"), [(name, file) for name in WATCHED for file in MANIFEST[name]["files"]])
def test_an_altered_file_is_seen(copy, name, file):
    path = copy / "cases" / name / file
    path.write_bytes(path.read_bytes() + b"\n")
    assert verdicts(copy) == {**dict.fromkeys(WATCHED, ""), name: f"{file} altered"}


@pytest.mark.parametrize(("name", "file"), [(name, file) for name in WATCHED for file in MANIFEST[name]["files"]])
def test_a_deleted_file_is_seen(copy, name, file):
    (copy / "cases" / name / file).unlink()
    assert verdicts(copy) == {**dict.fromkeys(WATCHED, ""), name: f"{file} missing"}


def edited(copy, name, change):
    """The manifest, with one entry changed."""
    manifest = json.loads((copy / "manifest.json").read_text("utf-8"))
    change(manifest["cases"][name])
    (copy / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return verdicts(copy)[name]


def test_a_case_that_compares_nothing_does_not_agree(copy):
    def without_results(entry):
        for file in ("boxes.json", "map.json", "scoreMap.json"):
            (copy / "cases" / "mask_odd" / file).unlink()
            del entry["files"][file]

    assert edited(copy, "mask_odd", without_results) == "compares no boxes, call, imresize, map"
    assert edited(copy, "exact_even_mask", lambda entry: entry["tolerance"].clear()) == "fails: 'boxes' is missing"


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
    found = verdicts(copy)
    assert found["mask_odd"] == "more.json not in manifest.json"
    assert found["stranger"] == "is not in manifest.json"


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"cases": 3}', '{"cases": {}}', '{"cases": {"mask_odd": {}}}', "{", "\xff"]
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
