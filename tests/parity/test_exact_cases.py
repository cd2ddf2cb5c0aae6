"""The exact references come out of their tool again, bit for bit."""

import filecmp
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RESULTS = ("boxes.json", "map.json", "scoreMap.json", "reference.json")

pytestmark = pytest.mark.parity


def test_the_tool_writes_the_committed_files(tmp_path):
    cases = sorted((ROOT / "compat_fixtures" / "cases").glob("exact_*"))
    assert len(cases) == 12
    # Without the tests: no rule comes from there.
    shutil.copytree(ROOT / "tools", tmp_path / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    for case in cases:
        copy = shutil.copytree(case, tmp_path / "compat_fixtures" / "cases" / case.name)
        shutil.rmtree(copy / "references")
    subprocess.run([sys.executable, tmp_path / "tools" / "compute_exact_cases.py"], check=True)
    for case in cases:
        copy = tmp_path / "compat_fixtures" / "cases" / case.name / "references" / "exact"
        committed = case / "references" / "exact"
        assert filecmp.cmpfiles(committed, copy, RESULTS, shallow=False) == (list(RESULTS), [], [])


def test_the_manifest_is_current(tmp_path):
    """Tolerances and hashes are those that tools/write_manifest.py gives the committed files."""
    shutil.copytree(ROOT / "tools", tmp_path / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "compat_fixtures" / "cases", tmp_path / "compat_fixtures" / "cases")
    subprocess.run([sys.executable, tmp_path / "tools" / "write_manifest.py"], check=True)
    assert filecmp.cmp(
        tmp_path / "compat_fixtures" / "manifest.json", ROOT / "compat_fixtures" / "manifest.json", shallow=False
    )
