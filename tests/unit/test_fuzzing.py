"""The fuzzing: what counts as a finding, that cases come again, and that files which once made trouble no longer do."""

import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from random import Random

import numpy as np
import pytest

from occlusion_sensitivity import imresize
from occlusion_sensitivity.grid import mask_grid
from occlusion_sensitivity.network.session import OutOfMemoryError
from occlusion_sensitivity.notices import warn_user

FUZZ = Path(__file__).parents[2] / "fuzz"


@pytest.fixture(autouse=True)
def fuzz_is_imported(monkeypatch):
    monkeypatch.syspath_prepend(FUZZ)


def raised_by(call):
    try:
        call()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def out_of_memory():
    raise OutOfMemoryError("too much")


@pytest.mark.parametrize(
    "call",
    [
        lambda: imresize(np.zeros((2, 2)), -1),
        lambda: imresize("no image", 2),
        lambda: imresize(),  # Python itself says what is missing
        lambda: np.zeros(1 << 50),
    ],
)
def test_documented_errors_are_no_findings(call):
    import harness

    assert harness.problem_with(raised_by(call)) is None


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        (lambda: {}["x"], "a KeyError: 'x'"),
        (lambda: mask_grid(None), "a AttributeError"),
        (lambda: np.zeros(2).reshape(3), "a ValueError in others' words"),
        (lambda: "é".encode("ascii"), "a UnicodeEncodeError"),
    ],
)
def test_other_errors_are_findings(call, problem):
    import harness

    assert harness.problem_with(raised_by(call)).startswith(problem)


def test_warnings_are_findings_unless_they_are_for_the_user():
    import harness

    with harness.no_warnings_from_inside():
        exec(compile("warn_user('for the user')", FUZZ / "of_a_harness.py", "exec"), {"warn_user": warn_user})
    message = r"^a RuntimeWarning from unit/test_fuzzing\.py:\d+: overflow"
    with pytest.raises(harness.FindingError, match=message), harness.no_warnings_from_inside():
        np.float32([3e38]) * np.float32(10)


@pytest.mark.parametrize("name", ["network_files", "calls", "mat_files", "parity_folders", "pictures"])
def test_a_seed_makes_the_same_case_again_and_another_one_another(name):
    import importlib

    made = importlib.import_module(name).HARNESS
    first, again, other = (made.case(Random(seed)) for seed in (5, 5, 6))
    assert first == again != other


# The driver -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def driver(tmp_path, monkeypatch):
    """fuzz/run.py with cases that are told what to do: the n-th line of `script` is what the n-th one does."""
    import run

    def follow(script):
        lines = textwrap.dedent(script).strip().splitlines()
        code = "import ctypes, json, sys, time\nnumber, seconds = 0, 0\n"
        for seed, line in enumerate(lines):
            code += f"print(json.dumps({{'seed': {seed}, 'verdict': 'begun'}}), flush=True)\n{line}\n"
            code += f"print(json.dumps({{'seed': {seed}, 'verdict': said, 'text': 'so'}}), flush=True)\n"
        (tmp_path / "trials.py").write_text("said = 'result'\n" + code)
        (tmp_path / "work" / "case").mkdir(parents=True, exist_ok=True)
        count = run.Count("pictures")
        trials = run.Trials([], tmp_path / "log")
        return count, run.follow(trials, count, tmp_path / "work", until=time.monotonic() + 60)

    for name, value in (("HERE", tmp_path), ("BUILD", tmp_path), ("FINDINGS", tmp_path / "findings")):
        monkeypatch.setattr(run, name, value)
    monkeypatch.setattr(run, "LONGEST", 0.5)
    monkeypatch.setattr(run, "LONGEST_WAIT", 5.0)
    return follow


def test_what_comes_of_cases_is_counted(driver):
    count, last = driver(
        """
        said = 'result'
        said = 'error'
        said = 'finding'
        said = 'result'
        """
    )
    assert (count.results, count.errors, count.findings, last) == (2, 1, ["case 2: so []"], None)


@pytest.mark.skipif(os.name != "posix", reason="signals are those of POSIX")
def test_a_process_that_ends_is_a_finding(driver):
    count, last = driver("pass\nctypes.string_at(0)")
    assert (count.results, count.findings, last) == (1, ["case 1: the process ended, or did not: SIGSEGV"], "1")


@pytest.mark.parametrize("hanging", ["while True: pass", "time.sleep(60)"])
def test_a_case_that_hangs_is_a_finding(driver, hanging):
    count, last = driver(f"pass\n{hanging}")
    assert (count.results, count.findings, last) == (1, ["case 1: the process ended, or did not: more than 0 s"], "1")


def test_a_library_that_ends_the_process_is_listed_apart(driver, tmp_path):
    folder = tmp_path / "scipy"
    folder.mkdir()
    (folder / "library.py").write_text("import ctypes\ndef read():\n    ctypes.string_at(0)\n")
    count, last = driver(f"sys.path.insert(0, {str(folder)!r}); import library; library.read()")
    assert count.findings == []
    ((where, times),) = count.failures.items()
    assert where.startswith("scipy ")
    assert where.endswith(": SIGSEGV")
    assert (times, last) == (1, "0")


def test_a_library_that_does_not_come_back_is_listed_apart(driver, tmp_path):
    folder = tmp_path / "onnxruntime"
    folder.mkdir()
    (folder / "library.py").write_text("def run():\n    while True:\n        pass\n")
    count, last = driver(f"sys.path.insert(0, {str(folder)!r}); import library; library.run()")
    ((where, times),) = count.failures.items()
    assert where.startswith("onnxruntime ")
    assert where.endswith(", run: more than 0 s")
    assert (count.findings, times, last) == ([], 1, "0")


def test_what_once_made_trouble_no_longer_does():
    command = [sys.executable, FUZZ / "run.py", "--regressions"]
    files = sorted(FUZZ.glob("regressions/**/*"))
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout
    rows = [line.split() for line in found.stdout.splitlines() if line[:1].isalpha()]
    cases = {name: int(count) for name, count, *_ in rows if name != "harness"}
    assert sum(cases.values()) == sum(1 for _ in FUZZ.glob("regressions/*/*/"))
    assert sorted(FUZZ.glob("regressions/**/*")) == files
