"""The parity cases from nothing: their inputs, their exact references, those of Octave, and the manifest."""

import filecmp
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from .documents import REBUILT, ROOT
from .findings import DIFFERS, SAME, Finding, absent

FIXTURES = ROOT / "compat_fixtures"
_COPY = REBUILT / "fixtures" / "compat_fixtures"
_TOOLS = _COPY.with_name("tools")


def inputs() -> Iterator[Finding]:
    """Drawn again from the seeds."""
    _clean()
    (_COPY / "cases").mkdir(parents=True)
    _run(sys.executable, _TOOLS / "write_case_inputs.py")
    yield same_files("the inputs of the cases", _COPY, "cases/*/*.*")


def exact() -> Iterator[Finding]:
    yield from _again("exact", sys.executable, _TOOLS / "compute_exact_cases.py")


def octave() -> Iterator[Finding]:
    program = shutil.which("octave-cli")
    if program is None:
        yield from absent(["the references of GNU Octave"], "needs GNU Octave (Debian's octave)")
        return
    yield from _again("octave", program, "--norc", "--no-history", _COPY / "generate_fixtures.m")


def manifest() -> Iterator[Finding]:
    _clean()
    shutil.copytree(FIXTURES / "cases", _COPY / "cases")
    _run(sys.executable, _TOOLS / "write_manifest.py")
    yield same_files("the manifest", _COPY, "manifest.json")


def same_files(what: str, folder: Path, pattern: str) -> Finding:
    """The files of both folders, byte for byte."""
    now, said = ({file.relative_to(root) for file in root.glob(pattern)} for root in (folder, FIXTURES))
    different = now ^ said | {file for file in now & said if not filecmp.cmp(folder / file, FIXTURES / file, False)}
    if different:
        detail = (
            f"{len(different)} of {len(now | said)} files, the first {min(different)}; the new ones are in {folder}"
        )
        return Finding(what, DIFFERS, detail)
    return Finding(what, SAME, f"{len(now)} files")


def _again(source: str, *command: object) -> Iterator[Finding]:
    """The references of a source, computed where those of it are gone."""
    _clean()
    shutil.copytree(FIXTURES, _COPY)
    for folder in _COPY.glob(f"cases/*/references/{source}"):
        shutil.rmtree(folder)
    _run(*command)
    yield same_files(f"the references of source {source!r}", _COPY, f"cases/*/references/{source}/*")


def _clean() -> None:
    """The tools write beside themselves: a copy of them does so in the copy."""
    shutil.rmtree(_COPY.parent, ignore_errors=True)
    shutil.copytree(ROOT / "tools", _TOOLS, ignore=shutil.ignore_patterns("__pycache__"))


def _run(*command: object) -> None:
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
