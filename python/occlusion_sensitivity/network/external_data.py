"""Weights in files beside an ONNX file: in its own folder only, lest a file that somebody sent reads others."""

import mmap
from pathlib import Path
from typing import TYPE_CHECKING

from ..arguments import shown
from .nodes import as_text, tensors_of

if TYPE_CHECKING:
    from onnx import ModelProto, TensorProto

# The name under which a tensor has its file, as it stands in an ONNX file.
_LOCATION = b"location"
# What the standard knows of data beside the file.
_KEYS = ("location", "offset", "length", "checksum", "basepath")
# In names that ONNX Runtime takes for addresses of memory.
_ADDRESS = "_ORT_MEM_ADDR_"


def may_have(path: Path) -> bool:
    """Whether any tensor of the file may lie elsewhere; its bytes are searched, so that onnx need not be imported."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return content.find(_LOCATION) >= 0
    except (OSError, ValueError):  # ValueError: an empty file
        return False


def check(path: Path, model: "ModelProto") -> None:
    """Raise ValueError unless all data outside of the file are in files of its folder, or of folders in that.

    Where the file is a link, as in the cache of a hub, the folder of what it leads to is as good. ONNX Runtime before
    1.25 reads any file that a network names, and takes some names for addresses of memory.
    """
    folders = {path.parent.resolve(), path.resolve().parent}
    for location in _locations(model):
        try:
            file = (path.parent / location).resolve()
            inside = file.is_file() and any(file.is_relative_to(folder) for folder in folders)
        except (OSError, ValueError, RuntimeError):  # a NUL character, too long a name, links in a circle
            inside = False
        named = Path(location)
        if not inside or named.is_absolute() or ".." in named.parts or _ADDRESS in location:
            msg = (
                f"{path} cannot be opened as an ONNX network: its data must be in files of its own folder, but some "
                f"are in {shown(location)}, which is outside of it or missing."
            )
            raise ValueError(msg)


def files(path: Path, model: "ModelProto") -> list[Path]:
    """The files that hold data of the model, whose places were checked."""
    return [path.parent / location for location in _locations(model)]


def load(path: Path, model: "ModelProto") -> None:
    """Bring the data into the model, which then needs no files beside it."""
    from onnx import load_external_data_for_model

    for tensor in tensors_of(model):  # of others, onnx warns
        known = [entry for entry in tensor.external_data if entry.key in _KEYS]
        if len(known) < len(tensor.external_data):
            del tensor.external_data[:]
            tensor.external_data.extend(known)
    try:
        load_external_data_for_model(model, str(path.parent))
    except Exception as error:  # of the reader of external data
        msg = f"{path} cannot be opened as an ONNX network: {error}"
        raise ValueError(msg) from error
    left = [tensor.name for tensor in tensors_of(model) if _is_outside(tensor)]
    if left:  # of kinds that onnx does not read: without the file's folder, they would be looked for elsewhere
        msg = f"{path} cannot be edited, which this needs: the data of {shown(left[0])} are not inside the file."
        raise ValueError(msg)


def _locations(model: "ModelProto") -> list[str]:
    return sorted({_location(tensor) for tensor in tensors_of(model) if _is_outside(tensor)})


def _is_outside(tensor: "TensorProto") -> bool:
    from onnx import TensorProto

    return bool(tensor.data_location == TensorProto.EXTERNAL)


def _location(tensor: "TensorProto") -> str:
    # Of several, whichever a reader takes: they are looked at as one name that no file has.
    return "\0".join(as_text(entry.value) for entry in tensor.external_data if entry.key == "location")
