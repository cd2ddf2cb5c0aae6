""".mat files of calls that MATLAB may have exported: of all versions, changed in their elements or as bytes."""

import io
import struct
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import h5py
import numpy as np
from scipy.io import savemat

import networks
from harness import Case
from mutations import changed_bytes
from occlusion_sensitivity import importNetworkFromONNX, occlusionSensitivity
from occlusion_sensitivity.parity.exported import explanation, run_exported

ROOT = Path(__file__).parents[1]

NAME = "call.mat"
NETWORK = "call.onnx"
_HEADER = 128
_COMPRESSED, _MATRIX = 15, 14
# Of whole numbers where an element's size or a length stands.
_SIZES = (0, 1, 2, 3, 7, 8, 9, 16, 255, 65535, 2**31 - 1, 2**31, 2**32 - 1)


class MatFiles:
    def __init__(self) -> None:
        exported = ROOT / "tests" / "data" / "exported"
        self._octave = (exported / "octave.mat").read_bytes(), (exported / "octave.onnx").read_bytes()
        self._network, self._variables = _call()

    def case(self, random: Random) -> Case:
        kind = random.random()
        if kind < 0.2:
            content, network = self._octave
            content = _changed_elements(content, random) if random.random() < 0.5 else changed_bytes(content, random)
            return {NAME: content, NETWORK: network}
        variables = dict(self._variables)
        if random.random() < 0.5:
            _change_variable(variables, random)
        if kind < 0.3:
            content = changed_bytes(_version_7_3(variables, random), random)
        elif kind < 0.4:
            content = _version_7_3(variables, random)
        else:
            content = _version_5(variables, random)
            if random.random() < 0.7:
                content = _changed_elements(content, random)
            elif random.random() < 0.5:
                content = changed_bytes(content, random)
        return {NAME: content, NETWORK: self._network}

    def run(self, folder: Path, random: Random) -> str:
        result = run_exported(str(folder / NAME))
        words = explanation(result)
        if result.problem:
            return f"says: {words}"[:150]
        return "agrees" if result.agrees else "differs"


def _call() -> tuple[bytes, dict[str, Any]]:
    """A network, and the variables of a call as export_case.m writes them."""
    with tempfile.TemporaryDirectory() as folder:
        file = networks.convolutional(Path(folder, NETWORK), np.random.default_rng(0))
        net = importNetworkFromONNX(file)
        X = np.random.default_rng(1).integers(0, 256, (12, 10, 3), dtype=np.uint8)
        score_map = occlusionSensitivity(net, X, [1, 2], MaskSize=4, Stride=3)
        return file.read_bytes(), {
            "source": "matlab",
            "tool": "MATLAB R2026a",
            "network": NETWORK,
            "OutputNames": "prob",
            "layerKind": "softmaxLayer",
            "layerPosition": 1.0,
            "X": X,
            "channelIdx": np.array([[1.0, 2.0]]),
            "MaskSize": 4.0,
            "Stride": 3.0,
            "MaskClipping": "on",
            "MaskValue": "auto",
            "MiniBatchSize": 128.0,
            "scoreMap": score_map,
            "totals": np.array([[0.5], [0.2]]),
            "boxes": np.array([[1, 2, 1, 2]], dtype=np.int32),
            "map": np.zeros((4, 4, 2), dtype=np.float32),
        }


def _change_variable(variables: dict[str, Any], random: Random) -> None:
    """A variable of another class, size or value; or none."""
    name = random.choice(sorted(variables))
    odd = [
        *(
            np.nan,
            np.inf,
            -1.0,
            0.0,
            1e300,
            "",
            "text",
            "../x.onnx",
            np.zeros((0, 0)),
            np.zeros((0, 3)),
            np.ones((2, 3, 4, 5)),
        ),
        *(np.array([[1 + 2j]]), np.array([["a", "b"]]), True, np.int8(-5), np.uint64(2**63), np.array([[np.nan, 1.0]])),
        *(
            np.array([[1, "a"]], dtype=object),
            {"field": 1.0},
            np.full((12, 10, 3), np.nan),
            np.zeros((12, 10)),
            "é" * 100,
        ),
    ]
    if random.random() < 0.15:
        del variables[name]
    else:
        variables[name] = random.choice(odd)


def _version_5(variables: dict[str, Any], random: Random) -> bytes:
    buffer = io.BytesIO()
    if random.random() < 0.1:  # version 4 has matrices and text only
        plain = {
            name: value for name, value in variables.items() if np.ndim(value) <= 2 and not isinstance(value, dict)
        }
        plain = {
            name: value for name, value in plain.items() if np.asarray(value).dtype.kind == "f" or _is_ascii(value)
        }
        savemat(buffer, plain, format="4")
    else:
        savemat(buffer, variables, do_compression=random.random() < 0.5)
    return buffer.getvalue()


def _is_ascii(value: object) -> bool:
    return isinstance(value, str) and value.isascii() and value != ""


def _version_7_3(variables: dict[str, Any], random: Random) -> bytes:
    """As MATLAB writes it: HDF5 behind 512 bytes, axes reversed, the class in an attribute."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", userblock_size=512) as file:
        for name, value in variables.items():
            text = isinstance(value, str)
            array = np.array([list(value.encode("utf-16-le")[::2])], dtype=np.uint16) if text else np.atleast_2d(value)
            if isinstance(value, dict) or array.dtype.kind in "OUc":
                file.create_group(name).attrs["MATLAB_class"] = np.bytes_("struct")
                continue
            packed = array.size > 1 and random.random() < 0.3
            data = file.create_dataset(name, data=array.T, compression="gzip" if packed else None)
            kinds = {"float64": "double", "float32": "single", "bool": "logical"}
            kind = "char" if text else kinds.get(array.dtype.name, array.dtype.name)
            if random.random() < 0.05:
                kind = random.choice(("cell", "struct", "char", "double", "", "int8", "é"))
            data.attrs["MATLAB_class"] = np.bytes_(kind.encode("utf-8"))
            if array.size == 0 or random.random() < 0.02:
                data.attrs["MATLAB_empty"] = np.uint8(1)
    content = bytearray(buffer.getvalue())
    content[:19] = b"MATLAB 7.3 MAT-file"
    return bytes(content)


# The elements of versions 5 and 7 -------------------------------------------------------------------------------------


def _changed_elements(content: bytes, random: Random) -> bytes:
    """A tag (class and size) or a number of one element changed, also inside of compressed ones."""
    order = "<" if content[126:128] == b"IM" else ">"
    found = list(_elements(content, _HEADER, len(content), order))
    if not found:
        return changed_bytes(content, random)
    at, kind, size = random.choice(found)
    if kind == _COMPRESSED:
        try:
            inner = zlib.decompress(content[at + 8 : at + 8 + size])
        except zlib.error:
            return changed_bytes(content, random)
        inside = list(_elements(inner, 0, len(inner), order))
        packed = zlib.compress(_changed_element(inner, random.choice(inside), order, random) if inside else inner)
        return content[:at] + struct.pack(f"{order}II", _COMPRESSED, len(packed)) + packed + content[at + 8 + size :]
    return _changed_element(content, (at, kind, size), order, random)


def _changed_element(content: bytes, element: tuple[int, int, int], order: str, random: Random) -> bytes:
    at, _, size = element
    changed = bytearray(content)
    how = random.randrange(4)
    if how == 0:
        struct.pack_into(f"{order}I", changed, at, random.choice((*range(20), 255, 2**31)))
    elif how == 1:
        struct.pack_into(f"{order}I", changed, at + 4, random.choice((*_SIZES, size + 1, max(size - 1, 0))) % 2**32)
    elif how == 2 and size >= 4:
        place = at + 8 + 4 * random.randrange(min(size // 4, 16))
        if place + 4 <= len(changed):
            struct.pack_into(f"{order}I", changed, place, random.choice(_SIZES) % 2**32)
    else:
        inside = bytes(changed[at : at + 8 + min(size, 64)])
        changed[at : at + len(inside)] = changed_bytes(inside, random)
    return bytes(changed)


def _elements(content: bytes, at: int, end: int, order: str) -> Iterator[tuple[int, int, int]]:
    """Place, class and size of each element, those inside of matrices included."""
    while at + 8 <= end:
        kind, size = struct.unpack_from(f"{order}II", content, at)
        if kind >> 16:  # a small element: its size stands in the upper half, its data in the place of the size
            yield at, kind, 0
            at += 8
            continue
        yield at, kind, size
        if kind == _MATRIX:
            yield from _elements(content, at + 8, min(at + 8 + size, end), order)
        at += 8 + (size if kind == _COMPRESSED else -(-size // 8) * 8)


HARNESS = MatFiles()
