"""Files of results: which endings there are, whether one can be written, and the numbers in one."""

import errno
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .arguments import expected, shown
from .files import check_writable
from .name_values import NameValues
from .packages import missing
from .plotting import FORMATS

NUMBERS = (".npy", ".csv", ".mat")
PAGES = (".html", ".htm")
ENDINGS = (*FORMATS, *PAGES, *NUMBERS)
# Options of a drawing that a page has, too.
_OF_PAGES = ("colormap", "opacity", "longest_side")
# More are too small to be seen.
MOST_CLASSES = 20


def checked_output(
    name: str,
    typed: object,
    drawing: NameValues,
    inputs: Sequence[Path] = (),
    endings: Sequence[str] = ENDINGS,
) -> Path:
    """The output's path, refused before anything is computed if it could not be written, or is an input.

    `drawing` are the options of a drawing that are given: they must be of use for the ending.
    """
    if not isinstance(typed, str | os.PathLike):
        raise TypeError(expected(name, "the path of a file", typed))
    if "\0" in os.fspath(typed):
        raise ValueError(expected(name, "the path of a file, without a NUL", os.fspath(typed)))
    output = Path(typed)
    ending = output.suffix.lower()
    if ending not in endings:
        raise ValueError(expected(name, f"a file that ends in {', '.join(endings)}", os.fspath(typed)))
    useless = [option for option in drawing if ending in NUMBERS or (ending in PAGES and option not in _OF_PAGES)]
    if useless:
        pictures = (*FORMATS, *PAGES) if useless[0] in _OF_PAGES else tuple(FORMATS)
        what = "holds numbers" if ending in NUMBERS else "is a page"
        msg = f"{drawing.typed(useless[0])} is for {', '.join(pictures)}, but {shown(os.fspath(typed))} {what}."
        raise ValueError(msg)
    try:
        is_folder = output.parent.is_dir()
        if is_folder and output.exists() and any(output.samefile(file) for file in inputs):
            msg = f"{name} must be a file of its own, but {shown(os.fspath(typed))} is an input."
            raise ValueError(msg)
        if output.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if is_folder:
            check_writable(output.parent)
    except OSError as error:
        msg = f"{name}: {shown(os.fspath(typed))} cannot be written: {error.strerror}."
        raise ValueError(msg) from error
    if not is_folder:
        msg = f"{name}: there is no folder {shown(str(output.parent))}."
        raise FileNotFoundError(msg)
    return output


def check_holds(output: Path, count: int) -> None:
    """Raise ValueError unless a file of that ending can hold the maps of so many classes."""
    ending = output.suffix.lower()
    most = {".csv": 1, **dict.fromkeys((*FORMATS, *PAGES), MOST_CLASSES)}.get(ending, count)
    if count > most:
        held = "one class" if most == 1 else f"at most {most} classes"
        msg = f"{shown(str(output))} holds the map of {held}, not of {count}: .npy and .mat hold those of all."
        raise ValueError(msg)


def encoded_numbers(ending: str, score_map: NDArray[np.float32]) -> bytes:
    """A map, or several, as the content of a .npy, .csv or .mat file."""
    buffer = io.BytesIO()
    if ending == ".npy":
        np.save(buffer, score_map)
    elif ending == ".csv":
        np.savetxt(buffer, score_map, fmt="%.9g", delimiter=",")
    else:
        savemat = _savemat()
        savemat(buffer, {"scoreMap": score_map})
    return buffer.getvalue()


def _savemat() -> Any:
    try:
        from scipy.io import savemat
    except ImportError as error:
        raise missing("Writing .mat needs", "SciPy", "pictures", error) from error
    return savemat
