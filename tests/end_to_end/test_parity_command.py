"""occlusion-sensitivity parity: the table, the words, the page, and what is refused."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import hdf5storage
import numpy as np
import pytest
from scipy.io import loadmat, savemat

import networks
from occlusion_sensitivity import importNetworkFromONNX, occlusionSensitivity
from occlusion_sensitivity.cli import main

COMMAND = str(Path(sys.executable).with_name("occlusion-sensitivity"))
FIXTURES = Path(__file__).parents[2] / "compat_fixtures"
EXPORTED = Path(__file__).parents[1] / "data" / "exported"


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def run(*arguments):
    return subprocess.run([COMMAND, "parity", *arguments], capture_output=True, text=True, check=False, timeout=300)


def rows(output):
    """Name → cells of a printed table."""
    lines = [re.split(r"\s{2,}", line) for line in output.splitlines()]
    return {cells[0]: cells for cells in lines if len(cells) >= 4}


def test_the_cases_that_come_with_the_package():
    done = run()
    assert done.returncode == 0, done.stdout + done.stderr
    manifest = json.loads((FIXTURES / "manifest.json").read_text("utf-8"))["cases"]
    found = rows(done.stdout)
    assert set(found) == {"case", *manifest}
    assert found["case"] == ["case", "source", "boxes", "map", "imresize", "call", "colours", "tolerances", "verdict"]
    listed = [re.split(r"\s{2,}", line)[:2] for line in done.stdout.splitlines()]
    for name, entry in manifest.items():
        assert [cells[1] for cells in listed if cells[0] == name] == list(entry["references"])
    assert done.stdout.splitlines()[-1] == f"All {len(manifest)} cases agree."
    assert done.stderr == ""


def test_names_and_patterns():
    found = rows(run("mask_odd", "published_*").stdout)
    assert len(found) == 1 + 1 + 4
    assert found["mask_odd"][-1] == "agrees"
    assert float(found["mask_odd"][3]) < 1e-5
    assert found["mask_odd"][6] == "-"  # no colours


def test_the_folder_here_comes_before_the_packages(tmp_path):
    shutil.copytree(FIXTURES / "cases" / "mask_odd", tmp_path / "compat_fixtures" / "cases" / "mask_odd")
    entry = json.loads((FIXTURES / "manifest.json").read_text("utf-8"))["cases"]["mask_odd"]
    (tmp_path / "compat_fixtures" / "manifest.json").write_text(json.dumps({"cases": {"mask_odd": entry}}))
    done = run()
    assert "Cases: compat_fixtures." in done.stdout
    assert done.stdout.endswith("The 1 case agrees.\n")
    (tmp_path / "compat_fixtures" / "cases" / "mask_odd" / "references" / "octave" / "map.json").unlink()
    done = run()
    assert done.returncode == 1
    assert rows(done.stdout)["mask_odd"][-1] == "map.json missing"
    assert done.stdout.endswith("0 of 1 case agree, 1 DO NOT.\n")


def test_one_source_alone():
    found = rows(run("--source", "exact").stdout)
    assert {cells[1] for name, cells in found.items() if name != "case"} == {"exact"}
    done = run("mask_odd", "--source", "nobody")
    assert done.returncode == 1
    assert re.search("--source must be one of documentation, exact, .*octave, the sources of", done.stderr)


def test_what_the_reference_said_of_an_error():
    done = run("refused_fill")
    assert "refused_fill: occlusionSensitivity:MaskValue MaskValue must have one value" in done.stdout
    assert "[names MaskValue]" in done.stdout


def test_a_map_of_another_class():
    """MATLAB's own call would say so: that maps are single is this package's choice."""
    exported({"scoreMap": loadmat(EXPORTED / "octave.mat")["scoreMap"].astype(np.float64)})
    assert "the map is of class double in Octave, and single here" in explained()


def test_folders(capsys):
    assert main(["parity", str(FIXTURES / "cases" / "mask_odd")]) == 0
    assert len(rows(capsys.readouterr().out)) == 2


def test_the_page():
    done = run("mask_odd", "refused_fill", "imresize_double", "published_jet", "--html", "page.html")
    assert done.returncode == 0
    assert done.stdout.endswith("Written: page.html\n")
    page = Path("page.html").read_text("utf-8")
    assert page.count("<img ") == 2
    assert page.count("<tr>") == 1 + 4 + 3
    assert "agrees (refused)" in page
    assert "http" not in page.replace("<!DOCTYPE html>", "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing"], "CASES must be names of parity cases, .mat files or folders, but none of .* is 'nothing'"),
        (["nothing.mat"], "CASES: there is no file 'nothing.mat'"),
        (["."], "CASES: '.' is no folder of parity cases: it has no manifest.json"),
        (["mask_odd", "--html", "page.png"], "--html must be a file that ends in .html, .htm, but is 'page.png'"),
        (["mask_odd", "--html", "no/page.html"], "--html: there is no folder 'no'"),
    ],
)
def test_what_is_refused(arguments, message, tmp_path):
    done = run(*arguments)
    assert done.returncode == 1
    assert re.search(message, done.stderr), done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_help_says_where_export_case_is():
    help_text = run("--help").stdout
    folder = Path(re.search(r"lies in\s+(\S+)", help_text)[1])
    assert (folder / "export_case.m").is_file()
    assert (folder / "functions" / "measure_boxes.m").is_file()


# A user's own call ---------------------------------------------------------------------------------------------------


def exported(changed=None, *, version="7", without=()):
    """The call that Octave exported, changed, here."""
    shutil.copy(EXPORTED / "octave.onnx", "octave.onnx")
    variables = {
        name: value for name, value in loadmat(EXPORTED / "octave.mat", mat_dtype=True).items() if name[0] != "_"
    }
    variables = {name: value for name, value in {**variables, **(changed or {})}.items() if name not in without}
    if version == "7":
        savemat("case.mat", variables)
    else:
        texts = {name: str(value[0]) for name, value in variables.items() if value.dtype.kind == "U"}
        hdf5storage.savemat("case.mat", {**variables, **texts}, format="7.3", appendmat=False)
    return variables


def explained():
    done = run("case.mat")
    assert done.stderr == ""
    (words,) = [line for line in done.stdout.splitlines() if line.startswith("case.mat: ")]
    assert done.returncode == (0 if "gives the numbers" in words else 1)
    return words.removeprefix("case.mat: ")


@pytest.mark.parametrize("version", ["7", "7.3"])
def test_an_exported_call_agrees(version):
    exported(version=version)
    assert explained() == "This package gives the numbers of Octave: boxes, network, map, imresize, call agree."


def test_only_what_is_needed():
    exported(without=("boxes", "totals", "map", "source", "tool", "network", "OutputNames"))
    shutil.copy("octave.onnx", "case.onnx")
    assert explained() == "This package gives the numbers of the reference: call agree."


def test_matlabs_texts_and_numbers_are_taken():
    """A uint8 image stored as double, sizes as integers, texts."""
    variables = exported(without=("MaskClipping",))
    X = variables["X"].astype(np.float64)
    exported({"X": X, "MaskClipping": "off", "OutputUpsampling": "bicubic", "MaskSize": np.int32([[4, 3]])})
    assert "agree." in explained()


def boxes_lower(variables):
    return {"boxes": variables["boxes"] + np.int32([1, 1, 0, 0])}


def test_boxes_that_differ():
    variables = exported()
    exported(boxes_lower(variables))
    assert explained() == (
        "The difference starts with the boxes, so MaskSize, Stride or MaskClipping do not mean the same: mask 1 covers "
        "rows 2 to 5, columns 1 to 3 in Octave, and rows 1 to 4, columns 1 to 3 here."
    )


def test_another_number_of_masks():
    variables = exported()
    exported({"boxes": variables["boxes"][:-2]})
    words = explained()
    assert "The difference starts with the boxes" in words
    assert "Octave has 14 masks, this package 16." in words


def test_another_network():
    exported()
    shutil.copy(FIXTURES / "cases" / "channels_twice" / "network.onnx", "octave.onnx")
    words = explained()
    assert words.startswith("The boxes agree; the difference starts with the network's outputs: for the image without")
    assert "The ONNX file holds another network, or its input is normalised otherwise." in words


def test_another_fill():
    exported({"MaskValue": np.array([[20, 31, 200.0]])})
    words = explained()
    assert (
        "the difference starts with the occluded images, so the fill (MaskValue) may not mean the same: row " in words
    )


def test_another_upsampling():
    variables = exported()
    score_map = variables["scoreMap"].copy()
    score_map[4, 7, 1] += 0.01 * np.ptp(score_map)
    exported({"scoreMap": score_map})
    words = explained()
    assert "The map before upsampling agrees; the difference starts with the upsampling: row 5, column 8" in words
    assert "entry 2 of channelIdx" in words


def test_another_result_without_its_stages():
    variables = exported()
    exported({"scoreMap": variables["scoreMap"][:-1]}, without=("map", "boxes", "totals"))
    assert "the map has shape (12, 12, 2) in Octave, and (13, 12, 2) here." in explained()


def test_float_noise_of_a_large_score_is_no_difference():
    """A score of 1000 that a mask moves by some hundredths: single holds it to 6e-5."""
    rng = np.random.default_rng(0)
    weight = rng.normal(size=(1, 8, 9, 1)) / 1000
    networks.linear(Path("case.onnx"), weight, bias=np.array([1000.0]))
    X = rng.random((8, 9))
    how = {"MaskSize": 3.0, "Stride": 2.0, "OutputUpsampling": "none"}
    score_map = occlusionSensitivity(importNetworkFromONNX("case.onnx"), X, 1, **how)
    assert np.ptp(score_map) < 0.05
    noisy = np.float32(score_map + rng.uniform(-6e-5, 6e-5, size=score_map.shape))
    call = {"X": X, "channelIdx": 1.0, "scoreMap": noisy, **how}
    savemat("case.mat", call)
    assert "the difference is in the whole call" in explained()
    savemat("case.mat", {**call, "totals": 1000 + np.sum(weight[0, ..., 0] * X)})
    assert explained() == "This package gives the numbers of the reference: network, call agree."


def test_numbers_that_overflow_agree_with_nothing():
    exported({"scoreMap": loadmat(EXPORTED / "octave.mat")["scoreMap"].astype(float) * 0 + [[[1.5e308, -1.5e308]]]})
    assert run("case.mat").returncode == 1


def test_a_file_that_cannot_be_read_leaves_the_others():
    exported()
    Path("bad.mat").write_bytes(b"")
    done = run("bad.mat", "case.mat", "mask_odd")
    assert done.returncode == 1
    found = rows(done.stdout)
    assert found["bad.mat"][-1].startswith("fails: 'bad.mat' cannot be read as a .mat file")
    assert (found["case.mat"][-1], found["mask_odd"][-1]) == ("agrees", "agrees")


@pytest.mark.parametrize(
    ("changed", "without", "message"),
    [
        (
            {},
            ["X"],
            "case.mat: variable X must be a numeric array, but is missing or of another class; found: ",
        ),
        ({}, ["scoreMap"], "case.mat: variable scoreMap must be a numeric array"),
        ({"X": "a text"}, [], "case.mat: variable X must be a numeric array, but is 'a text'"),
        ({"X": np.zeros((5, 5, 3))}, [], "X must be 13×12×3, the input size of net, but is 5×5×3"),
        ({"channelIdx": np.array([[1.0]])}, [], "must hold a number for each of the 1 channels|rows × columns × 1"),
        ({"channelIdx": np.array([[9.0, 1]])}, [], "channelIdx must be a positive integer or a vector of them, 1 to 4"),
        ({"MaskSize": np.array([[2.5]])}, [], "MaskSize must be"),
        ({"network": "absent.onnx"}, [], "case.mat: the network must be beside it, but there is no file 'case.onnx'"),
        ({"OutputNames": "nothing"}, [], "OutputNames must be layers of the network, but 'nothing' is none"),
        ({"totals": np.zeros((1, 5))}, [], "totals must hold a number for each of the 2 channels"),
        ({"map": np.zeros((4, 4))}, [], r"map must be rows × columns × 2 .* but has shape \(4, 4\)"),
        ({"boxes": np.zeros((3, 3))}, [], "boxes must be an array n×4 of whole numbers"),
        ({"boxes": np.full((16, 4), np.nan)}, [], "boxes must be an array n×4 of whole numbers"),
        ({"OutputUpsampling": {"a": 1}}, [], "variable OutputUpsampling is of a class that only MATLAB reads"),
    ],
)
def test_damaged_exports(changed, without, message):
    exported(changed, without=without)
    done = run("case.mat")
    assert done.returncode == 1
    assert re.search(message, done.stderr + done.stdout), done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("content", [b"", b"text", bytes(1000)])
def test_no_mat_file(content):
    Path("case.mat").write_bytes(content)
    done = run("case.mat")
    assert done.returncode == 1
    assert "'case.mat' cannot be read as a .mat file" in done.stdout
