"""What an issue should say of the machine: versions, devices, threads."""

import importlib.metadata
import math
import os
import platform
from collections.abc import Sequence

from . import threads
from .execution import gpu_problem

# What is installed together: the package's own needs, and those of its extras.
_GROUPS = (
    ("networks", ("onnxruntime", "onnxruntime-gpu", "onnx")),
    ("pictures", ("pillow", "matplotlib", "scipy", "bokeh", "tqdm", "pooch")),
    ("many", ("dask", "distributed", "fsspec", "zarr")),
    ("parity", ("h5py",)),
)


def about() -> list[tuple[str, str]]:
    """Name and value of each line; nothing of a user's files, and no name of the machine."""
    package = importlib.metadata.version("occlusion-sensitivity")
    libc = " ".join(platform.libc_ver()).strip()
    found = [
        ("occlusion-sensitivity", package),
        ("Python", f"{platform.python_version()} ({platform.python_implementation()})"),
        ("system", ", ".join(filter(None, (platform.system(), platform.release(), platform.machine(), libc)))),
        ("NumPy", importlib.metadata.version("numpy")),
    ]
    found += [(name, _versions(packages)) for name, packages in _GROUPS]
    return [*found, ("GPU", _gpu()), ("processors", _processors())]


def _versions(packages: Sequence[str]) -> str:
    versions = []
    for name in packages:
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            if not name.endswith("-gpu"):
                versions.append(f"no {name}")
    return ", ".join(versions)


def _gpu() -> str:
    try:
        problem = gpu_problem()
    except Exception as error:  # of drivers, which say it in their own ways
        problem = str(error)
    return "works" if problem is None else f"not used: {problem}"


def _processors() -> str:
    quota = threads.quota_of_the_process()
    limit = "no quota" if math.isinf(quota) else f"a quota of {quota:g}"
    variable = os.environ.get(threads.VARIABLE)
    set_to = f", {threads.VARIABLE}={variable}" if variable else ""
    try:
        used = f"{threads.of_the_process()} threads are used"
    except ValueError as error:  # of the variable
        used = str(error)
    return f"{os.cpu_count()}, of which the process may use {len(threads.processors())}, {limit}{set_to}: {used}"
