"""The .cu files, unchanged, as C++ of the host: built where a test asks for them, called through ctypes."""

import atexit
import ctypes
import functools
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pytest

HEADER = Path(__file__).with_name("host_launch.hpp")
ROOT = Path(__file__).parents[2]
OPTIONS = ("-std=c++17", "--fmad=false", f"-I{ROOT / 'cpp' / 'include'}")
WARNINGS = ("-Wall", "-Wextra", "-Werror")


def compiler():
    """The C++ compiler. A test that asks for it where there is none is skipped: a wheel is tested without one, too."""
    named = os.environ.get("CXX", "c++")
    if shutil.which(named) is None:
        why = f"needs a C++ compiler, and there is no {named} (the environment variable CXX names another)"
        pytest.skip(why, allow_module_level=True)
    return named


class Launch(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint) for name in ("blocks", "threads", "first", "end")]


class HostKernels:
    """The kernels of one .cu file."""

    def __init__(self, source, options):
        assert "--fmad=false" in options
        self._library = ctypes.CDLL(_built(source, tuple(options)))

    def launch(self, kernel, blocks, threads, arguments, first=0, end=None):
        """Run blocks first … end - 1 of a grid. Arguments as CuPy takes them: addresses, Python's int and float."""
        values = [_as_c(argument) for argument in arguments]
        pointers = (ctypes.c_void_p * len(values))(*(ctypes.addressof(value) for value in values))
        launch = Launch(blocks, threads, first, blocks if end is None else end)
        getattr(self._library, f"launch_{kernel}")(ctypes.byref(launch), pointers)


def kernels_of(name):
    """The kernels of cuda/`name`.cu."""
    return HostKernels((ROOT / "cuda" / f"{name}.cu").read_text(encoding="utf-8"), OPTIONS)


class Address(int):
    """An address among the arguments of a kernel, beside numbers."""


def address_of(array, offset=0):
    """Where an array begins, or would begin `offset` elements before: for indices beyond the memory that is there."""
    assert array.flags.c_contiguous
    return Address(array.ctypes.data - offset * array.itemsize)


def _as_c(argument):
    if isinstance(argument, Address):
        return ctypes.c_void_p(argument % 2**64)
    if type(argument) is int:
        return ctypes.c_longlong(argument)
    if type(argument) is float:
        return ctypes.c_double(argument)
    if isinstance(argument, np.ndarray):
        return ctypes.c_void_p(address_of(argument))
    raise TypeError(f"kernels take arrays, int and float, not {type(argument)}")


@functools.cache
def _built(source, options):
    folder = _folder()
    number = len(list(folder.glob("*.cu")))
    file = folder / f"kernels{number}.cu"
    file.write_text(source, encoding="utf-8")
    flags = [*(option for option in options if option.startswith(("-I", "-D"))), "-include", HEADER]
    expanded = _compiled("-x", "c++", "-std=c++17", "-E", *flags, file)
    names = re.findall(r'extern "C"\s+void (\w+)\(', expanded)
    launchers = "".join(f"LAUNCHER({name})\n" for name in names)
    file.with_suffix(".cpp").write_text(f'#include "{file}"\n{launchers}', encoding="utf-8")
    library = file.with_suffix(".so")
    _compiled(
        *("-std=c++17", "-O2", "-ffp-contract=off", "-shared", "-fPIC", *WARNINGS, *flags),
        *(file.with_suffix(".cpp"), "-o", library),
    )
    return str(library)


def _compiled(*arguments):
    done = subprocess.run([compiler(), *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@functools.cache
def _folder():
    folder = tempfile.mkdtemp(prefix="occlusion-kernels-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)
