"""What is installed, where it came from, and the commands that install what is missing."""

import importlib.metadata
import json
import os
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

_OURS = "occlusion-sensitivity"
# The extras with ONNX Runtime, of which a user takes one: its two packages overwrite each other's files.
RUNTIME = ("cpu", "gpu")

_ON_WINDOWS = os.name == "nt"


def is_installed(distribution: str) -> bool:
    try:
        importlib.metadata.distribution(distribution)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def missing(who_needs: str, package: str, extras: str | tuple[str, str], error: Exception) -> ImportError:
    """The error that says what needs `package`, and the command that installs it; of two extras, either."""
    if isinstance(extras, str):
        return ImportError(f"{who_needs} {package} ({error}): {install_command(extras)}.")
    cpu, gpu = (install_command(extra) for extra in extras)
    return ImportError(f"{who_needs} {package} ({error}): {cpu} or, for NVIDIA GPUs, {gpu}.")


def install_command(extra: str) -> str:
    return f"pip install {_requirement(extra)}"


def new_environment_command(extra: str) -> str:
    """The command that installs the package into a virtual environment of its own: nothing that works is touched."""
    if _ON_WINDOWS:
        return rf"py -m venv {extra} && {extra}\Scripts\python -m {install_command(extra)}"
    return f"python3 -m venv {extra} && {extra}/bin/python -m {install_command(extra)}"


def gpu_command() -> str:
    """The command that installs all that a GPU needs besides its driver."""
    return new_environment_command("gpu") if is_installed("onnxruntime") else install_command("gpu")


def _requirement(extra: str) -> str:
    """The package with that extra, as pip's arguments: from where it was installed, as it may be on no index."""
    by_name = f"{_OURS}[{extra}]"
    source = _source()
    url = str(source.get("url", ""))
    subdirectory = f"#subdirectory={source['subdirectory']}" if "subdirectory" in source else ""
    if "vcs_info" in source:
        vcs = source["vcs_info"]
        return _quoted(f"{by_name} @ {vcs['vcs']}+{url}@{vcs['commit_id']}{subdirectory}")
    path = Path(url2pathname(urlsplit(url).path)) if url.startswith("file:") else None
    is_folder = "dir_info" in source
    if not url or (path and not os.path.exists(path / "pyproject.toml" if is_folder else path)):
        return _quoted(by_name)
    if not path or not is_folder:
        return _quoted(f"{by_name} @ {url}{subdirectory}")
    here = path.samefile(os.curdir)
    editable = "-e " if source["dir_info"].get("editable") else ""
    return editable + _quoted(f".[{extra}]" if here else f"{path}[{extra}]")


def _source() -> dict[str, Any]:
    """What pip recorded of where the package came from (PEP 610): nothing where that was an index."""
    try:
        recorded = importlib.metadata.distribution(_OURS).read_text("direct_url.json")
    except importlib.metadata.PackageNotFoundError:
        return {}
    source: dict[str, Any] = json.loads(recorded) if recorded else {}
    return source


def _quoted(argument: str) -> str:
    """For every shell where double quotes do, as they nearly always do: on Windows, whose paths have backslashes."""
    is_read_otherwise = not _ON_WINDOWS and set(argument) & set('"$`\\!')
    return shlex.quote(argument) if is_read_otherwise else f'"{argument}"'
