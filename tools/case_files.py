"""How the files of compat_fixtures/cases are written; occlusion_sensitivity.parity and read_array.m read them."""

import json
from pathlib import Path

import numpy as np

FIXTURES = Path(__file__).parents[1] / "compat_fixtures"
CASES = FIXTURES / "cases"


def references(case: Path, source: str) -> Path:
    """Where the references of that source lie, beside those of others."""
    folder = case / "references" / source
    folder.mkdir(parents=True, exist_ok=True)
    return folder


# Enough digits for every value to come back as it was.
_DIGITS = {"single": "%.9g", "double": "%.17g"}
_CLASS = {"float32": "single", "float64": "double"}


def write_array(file: Path, array: np.ndarray) -> None:
    file.write_text(f"{_array_text(array)}\n", encoding="ascii", newline="\n")


def write_json(file: Path, content: dict) -> None:
    """`content` with one field a line; the fields of a list of layers, too. Arrays stand in their own form."""
    file.write_text(f"{_text(content)}\n", encoding="utf-8", newline="\n")


def _text(value: object) -> str:
    if isinstance(value, np.ndarray):
        return _array_text(value)
    if isinstance(value, dict):
        return "{" + ",\n ".join(f"{json.dumps(key)}: {_text(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, list):
        return "[" + (",\n" if any(isinstance(entry, dict) for entry in value) else ", ").join(map(_text, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _array_text(array: np.ndarray) -> str:
    """MATLAB's class, size and order of values: down the columns, one column a line."""
    kind = _CLASS.get(array.dtype.name, array.dtype.name)
    size = array.shape if array.ndim > 1 else (array.shape[0], 1)
    # MATLAB's order: the first index runs fastest, the last one slowest.
    lines = array.reshape(size, order="C").reshape(size[0], -1, order="F").T
    texts = [", ".join(_DIGITS.get(kind, "%d") % value for value in line.tolist()) for line in lines]
    return f'{{"class": "{kind}", "size": {json.dumps(list(size))}, "values": [\n' + ",\n".join(texts) + "\n]}"
