"""MATLAB's .mat files → arrays and texts: SciPy reads version 7 and older, h5py version 7.3."""

import inspect
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..packages import missing
from . import mat_elements

if TYPE_CHECKING:
    import h5py

Variable = NDArray[Any] | str

# What MATLAB calls its classes → NumPy's.
CLASSES = {
    **{f"{sign}int{bits}": f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)},
    "single": "float32",
    "double": "float64",
    "logical": "bool",
}


def read_mat(file: Path, names: Collection[str]) -> dict[str, Variable]:
    """Those variables of a .mat file that are named: arrays in MATLAB's shape and class, texts as str.

    What the file does not have is left out.

    Raises
    ------
    ValueError
        If the file is no .mat file or damaged, or a variable is of another class (cell, struct, string, complex).
    ImportError
        If SciPy is missing, or h5py for a file of version 7.3.
    """
    try:
        return (_read_hdf5 if _is_hdf5(file) else _read_level_5)(file, names)
    except ImportError:
        raise
    except Exception as error:  # a damaged file may fail anywhere in its reader, with any exception
        msg = f"{str(file)!r} cannot be read as a .mat file: {error}"
        raise ValueError(msg) from error


def _is_hdf5(file: Path) -> bool:
    """Whether HDF5's signature stands where MATLAB leaves it: behind a header of 512 bytes."""
    signature = b"\x89HDF\r\n\x1a\n"
    with file.open("rb") as stream:
        start = stream.read(512 + len(signature))
    return start[512:] == signature or start.startswith(signature)


def _read_level_5(file: Path, names: Collection[str]) -> dict[str, Variable]:
    try:
        from scipy.io import loadmat, whosmat
    except ImportError as error:
        raise missing("Reading .mat files needs", "SciPy", "parity", error) from error
    mat_elements.check(file)
    variables: dict[str, Variable] = {}
    # Doubles that are whole numbers are stored as such: the class stands beside them.
    kinds = {name: kind for name, _, kind in whosmat(file)}
    if not any(kinds):  # or one without a name: what some of SciPy's releases make of a file of zeros
        raise ValueError("it holds no variables")
    for name in names:  # the contents of others are not even read
        if kinds.get(name, "char") not in ("char", *CLASSES):
            raise _other_class(name)
    # SciPy from 1.18 on warns of sparse logicals, which are refused here, unless it is told what to make of them.
    sparse: dict[str, Any] = {"spmatrix": False} if "spmatrix" in inspect.signature(loadmat).parameters else {}
    content = loadmat(file, variable_names=list(names), chars_as_strings=True, **sparse)
    for name in names:
        value = content.get(name)
        if value is None:
            continue
        kind = kinds.get(name, "")
        if not isinstance(value, np.ndarray):  # a sparse matrix, also one that SciPy lists as logical
            raise _other_class(name)
        if kind == "char" and value.size <= 1:
            variables[name] = str(value.reshape(-1)[0]) if value.size else ""
        elif kind in CLASSES and value.dtype.kind in "biuf":  # and no other for complex numbers
            variables[name] = _in_class(value, kind)
        else:
            raise _other_class(name)
    return variables


def _read_hdf5(file: Path, names: Collection[str]) -> dict[str, Variable]:
    try:
        import h5py
    except ImportError as error:
        raise missing("Reading .mat files of version 7.3 needs", "h5py", "parity", error) from error
    variables: dict[str, Variable] = {}
    with h5py.File(file, "r") as content:
        for name in names:
            item = content.get(name)
            if item is None:
                continue
            variable = _variable(item) if isinstance(item, h5py.Dataset) else None
            if variable is None:
                raise _other_class(name)
            variables[name] = variable
    return variables


def _other_class(name: str) -> ValueError:
    return ValueError(
        f"variable {name} is of a class that only MATLAB reads (a cell, a struct, a string object): "
        "numbers, logicals and char are read; char(…) makes char of a string."
    )


def _variable(item: "h5py.Dataset") -> Variable | None:
    kind = item.attrs.get("MATLAB_class", b"")
    kind = kind.decode("ascii", "replace") if isinstance(kind, bytes) else str(kind)
    if item.attrs.get("MATLAB_empty", 0):
        # The dataset holds the size instead.
        empty = np.zeros([int(n) for n in np.atleast_1d(item[()])], dtype=CLASSES.get(kind, "float64"))
        return "" if kind == "char" else empty
    if kind == "char" and item.dtype.kind in "iu":
        # UTF-16 code units, across the columns of the only row.
        return np.asarray(item[()]).reshape(-1).astype("<u2").tobytes().decode("utf-16-le")
    if kind in CLASSES or (not kind and item.dtype.kind in "biuf"):
        # HDF5's order of axes is the reverse of MATLAB's.
        return np.ascontiguousarray(_in_class(np.asarray(item[()]).T, kind))
    return None


def _in_class(array: NDArray[Any], kind: str) -> NDArray[Any]:
    # A damaged file may have numbers that its class cannot hold.
    with np.errstate(invalid="ignore", over="ignore"):
        return array.astype(CLASSES.get(kind, array.dtype), copy=False)
