"""Weights in files beside an ONNX file: in its own folder only, lest a file that somebody sent reads others."""

import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ..arguments import shown
from .nodes import tensors_of

if TYPE_CHECKING:
    from onnx import ModelProto

# The name under which a tensor has its file, as it stands in an ONNX file.
_LOCATION = b"location"


def may_have(path: Path) -> bool:
    """Whether any tensor of the file may lie elsewhere; its bytes are searched, so that onnx need not be imported."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return content.find(_LOCATION) >= 0
    except (OSError, ValueError):  # ValueError: an empty file
        return False


def check(path: Path, model: "ModelProto") -> None:
    """Raise ValueError unless all data outside of the file is in files of its folder, or of folders in that.

    ONNX Runtime before 1.25 reads any file that a network names, and takes some names for addresses of memory.
    """
    folder = path.parent
    for location in sorted(set(_locations(model))):
        try:
            file = (folder / location).resolve()
            inside = file.is_relative_to(folder.resolve()) and file.is_file()
        except (OSError, ValueError, RuntimeError):  # a NUL character, too long a name, links in a circle
            inside = False
        if Path(location).is_absolute() or ".." in Path(location).parts or not inside:
            msg = (
                f"{path} cannot be opened as an ONNX network: its data must be in files of its own folder, but some "
                f"are in {shown(location)}, which is outside of it or missing."
            )
            raise ValueError(msg)


def _locations(model: "ModelProto") -> Iterator[str]:
    for tensor in tensors_of(model):
        for entry in tensor.external_data:
            if entry.key == "location":
                yield entry.value
