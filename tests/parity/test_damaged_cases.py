"""Parity cases whose files are of another form than this package's: said for each case, and nothing raised."""

import hashlib
import json
import os
import re
import shutil
from pathlib import Path

import pytest

from occlusion_sensitivity.parity.cases import run_cases

FIXTURES = Path(__file__).parents[2] / "compat_fixtures"
NAME = "mask_odd"


@pytest.fixture
def copy(tmp_path):
    """One case alone."""
    shutil.copytree(FIXTURES / "cases" / NAME, tmp_path / "cases" / NAME)
    entry = json.loads((FIXTURES / "manifest.json").read_text("utf-8"))["cases"][NAME]
    save(tmp_path, {NAME: entry})
    return tmp_path


def save(folder, cases):
    (folder / "manifest.json").write_text(json.dumps({"cases": cases}), encoding="utf-8")


def entry_of(folder):
    return json.loads((folder / "manifest.json").read_text("utf-8"))["cases"][NAME]


def problem(folder):
    return " ".join({result.problem for result in run_cases(folder)})


def test_the_copy_agrees(copy):
    assert problem(copy) == ""


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        ("case.json", {"options": ["MaskSize"]}, "fails: its files are damaged: AttributeError"),
        ("case.json", {"kind": ["imresize"]}, "fails: "),
        ("X.json", {"values": [10**400]}, "fails: its files are damaged: OverflowError"),
        ("X.json", {"class": "uint8", "values": [256, 1]}, "fails: "),  # NumPy 1 takes 256 for 0
        ("X.json", {"class": "a b"}, "fails: class must be one of int8, "),
        ("X.json", {"class": []}, "fails: "),
        ("X.json", {"size": [3, 5]}, "fails: cannot reshape array"),
    ],
)
def test_json_of_another_form(copy, file, change, message):
    path, entry = copy / "cases" / NAME / file, entry_of(copy)
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **change}), encoding="utf-8")
    entry["files"][file] = hashlib.sha256(path.read_bytes()).hexdigest()
    save(copy, {NAME: entry})
    assert problem(copy).startswith(message)


@pytest.mark.parametrize("name", ["", ".", "..", "../../elsewhere", "/etc", "a/b"])
def test_a_name_that_leads_out_of_the_folder(copy, name):
    save(copy, {name: entry_of(copy)})
    with pytest.raises(ValueError, match=rf"manifest.json' is damaged: .*{re.escape(repr(name))} is no name of a case"):
        problem(copy)


@pytest.mark.skipif(os.name != "posix", reason="Windows says otherwise that there is no such folder")
def test_a_name_that_no_folder_can_have(copy):
    save(copy, {"a" * 300: entry_of(copy)})
    assert "fails: [Errno 36] File name too long" in problem(copy)
