"""Arguments as MATLAB users type them: texts, numbers, files. Every error names the argument."""

import difflib
import math
import os
import re
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Choice = TypeVar("Choice", bound=str)

# The classes that MATLAB calls numeric, int8 … uint64, single, double, as NumPy abbreviates them.
_NUMERIC_CLASSES = frozenset("bhilqBHILQfd")
# A whole number that no argument allows, and that a double holds.
_BEYOND = 10**300
# From this likeness on, of 0…1, a name may be meant by another text, and a word by another.
_CLOSE, _CLOSE_WORD = 0.75, 0.8


def shown(value: object) -> str:
    """`value` for an error message: short, whatever it is."""
    if isinstance(value, np.ndarray) and value.size > 8:
        return f"an array of {size_text(value.shape)} {value.dtype}"
    try:
        text = repr(value.tolist()) if isinstance(value, np.ndarray | np.generic) else repr(value)
    except Exception:  # a value whose own repr fails, a number of more digits than Python prints
        text = f"a {type(value).__name__}"
    return text if len(text) <= 120 else f"{text[:100]}… ({type(value).__name__})"


def size_text(shape: Iterable[int | None]) -> str:
    return "×".join("any" if length is None else str(length) for length in shape) or "1"


def expected(name: str, allowed: str, value: object) -> str:
    """The one form of this package's messages about an argument."""
    return f"{name} must be {allowed}, but is {shown(value)}."


def text_choice(name: str, value: object, choices: Sequence[Choice]) -> Choice:
    """The one of `choices` that `value` is or begins, whatever its case."""
    text = as_text(value)
    if text is None:
        raise TypeError(expected(name, f"one of {', '.join(choices)}", value))
    lower = text.lower()
    found = [c for c in choices if c.lower() == lower] or [c for c in choices if c.lower().startswith(lower)]
    if not found:
        raise ValueError(expected(name, f"one of {', '.join(choices)}", text))
    if len(found) > 1:
        msg = f"{name} {text!r} is ambiguous: it may be {', '.join(found)}."
        raise ValueError(msg)
    return found[0]


def begins(value: object, names: Sequence[str]) -> bool:
    """Whether `value` is a text that begins one of `names`, whatever its case."""
    text = as_text(value)
    return bool(text) and any(name.lower().startswith(str(text).lower()) for name in names)


def as_text(value: object) -> str | None:
    """`value` as text if it is one: str, or a NumPy array that holds a single text."""
    if isinstance(value, np.ndarray) and value.size == 1 and value.dtype.kind in "UT":
        value = value.reshape(()).item()
    return str(value) if isinstance(value, str) else None


def checked_text(name: str, value: object) -> str:
    text = as_text(value)
    if text is None:
        raise TypeError(expected(name, "a text", value))
    return text


def as_array(value: Any) -> NDArray[Any] | None:
    """`value` as an array on the host; None for what NumPy cannot make one of."""
    try:
        return np.asarray(on_host(value))
    except Exception:  # a ragged sequence, an object whose own conversion fails
        return None


def is_on_gpu(value: object) -> bool:
    """Whether `value` is an array in the memory of a GPU: CuPy's, or another library's of the same protocol."""
    return hasattr(value, "__cuda_array_interface__")


def on_host(value: Any) -> Any:
    """`value` itself, or a copy on the host of an array of CuPy's, which NumPy converts in silence nowhere."""
    return value.get() if is_on_gpu(value) and hasattr(value, "get") else value


def texts_in(value: object) -> list[str] | None:
    """The texts of a text or a vector of them: str, sequences, text arrays, categorical-like; None: no texts."""
    text = as_text(value)
    if text is not None:
        return [text]
    array = as_array(value)
    texts = [] if array is None else np.atleast_1d(array).ravel().tolist()
    return texts if texts and all(isinstance(text, str) for text in texts) else None


def channel_named(name: str, label: str, class_names: Sequence[str], way_out: str) -> int:
    """The channel, from 1, of the class `label`; `way_out` says how to choose a channel otherwise."""
    found = [k for k, class_name in enumerate(class_names, start=1) if class_name == label]
    return _only_channel(name, label, found, class_names, way_out)


def channel_in_any_case(name: str, label: str, class_names: Sequence[str], way_out: str) -> int:
    """As :func:`channel_named`; where no class has exactly that name, case and blanks around it do not matter."""
    found = [k for k, class_name in enumerate(class_names, start=1) if class_name == label]
    folded = label.strip().casefold()
    found = found or [k for k, known in enumerate(class_names, start=1) if known.strip().casefold() == folded]
    return _only_channel(name, label, found, class_names, way_out)


def _only_channel(name: str, label: str, found: list[int], class_names: Sequence[str], way_out: str) -> int:
    if len(found) == 1:
        return found[0]
    if found:
        msg = f"{name} {shown(label)} is the name of the channels {found}; {way_out}."
        raise ValueError(msg)
    msg = f"{name} must be a class name of the network, but is {shown(label)}"
    if re.fullmatch(r"[+-]?\d+(\.0*)?", label.strip()):
        msg = f"{msg}. If that is the number of a channel, {way_out}."
        raise ValueError(msg)
    closest = _closest(label, class_names)
    if not closest:
        msg = f"{msg}, and none of its {len(class_names)} class names is close to that."
        raise ValueError(msg)
    msg = f"{msg}. Closest: {', '.join(closest)}."
    raise ValueError(msg)


def _closest(label: str, class_names: Sequence[str]) -> list[str]:
    """The names, five at most and the closest first, that may be meant by `label`, whatever the case.

    They have all of its words; where none has, they consist of some of them, or a letter or two are other ones.
    """
    folded, meant = label.strip().casefold(), _words(label)
    words = {name: _words(name) for name in class_names}
    likeness = {name: difflib.SequenceMatcher(None, name.strip().casefold(), folded).ratio() for name in words}
    found = [name for name in words if meant and meant <= words[name]]
    if not found:
        known = sorted(set().union(*words.values()))
        alike = [set(difflib.get_close_matches(word, known, n=9, cutoff=_CLOSE_WORD)) for word in meant]
        found = [
            name
            for name, own in words.items()
            if likeness[name] >= _CLOSE or (own and own <= meant) or (alike and all(own & one for one in alike))
        ]
    return sorted(found, key=lambda name: -likeness[name])[:5]


def _words(text: str) -> set[str]:
    return set(re.findall(r"[^\W_]+", text.casefold()))


def is_auto(value: object) -> bool:
    """Whether `value` is the text "auto" or a beginning of it."""
    text = as_text(value)
    return bool(text) and "auto".startswith(str(text).lower())


def numbers(name: str, value: object, allowed: str) -> NDArray[np.generic]:
    """`value` as a vector of real numbers of its own class: a scalar, a sequence, or an array with one long axis."""
    vector = numeric_array(value)
    if vector is None:
        raise TypeError(expected(name, allowed, value))
    if vector.size == 0 or max(vector.shape, default=1) != vector.size:
        raise ValueError(expected(name, allowed, value))
    return vector.reshape(-1)


def numeric_array(value: object) -> NDArray[np.generic] | None:
    """`value` as an array if its class is one of MATLAB's numeric classes; never bool, text, complex or objects."""
    array = as_array(value)
    if array is None:
        return None
    if array.dtype.kind == "O" and not isinstance(value, np.ndarray) and _all_integers(array):
        # Python's integers beyond 64 bits, and beyond double; never an array of objects
        doubles = [float(max(min(x, _BEYOND), -_BEYOND)) for x in array.ravel().tolist()]
        array = np.array(doubles).reshape(array.shape)
    # A list is numeric only if each of its elements is: NumPy takes [True, 2] for integers.
    if not isinstance(value, np.ndarray) and isinstance(value, Sequence) and _holds_bool(value):
        return None
    return array if array.dtype.char in _NUMERIC_CLASSES else None


def _all_integers(array: NDArray[np.generic]) -> bool:
    return all(isinstance(x, int) and not isinstance(x, bool) for x in array.ravel().tolist())


def _holds_bool(value: Sequence[object]) -> bool:
    if isinstance(value, str | range):
        return False
    return any(isinstance(x, bool | np.bool_) or (isinstance(x, list | tuple) and _holds_bool(x)) for x in value)


def existing_file(name: str, value: object) -> Path:
    """The path of a regular file."""
    if not isinstance(value, str | os.PathLike):
        raise TypeError(expected(name, "the path of a file", value))
    typed = os.fspath(value)
    try:
        file = Path(value)
        kind = file.stat().st_mode if typed else None
    except FileNotFoundError:
        kind = None
    except (OSError, ValueError) as error:  # too long a name, a folder that may not be read, a NUL character
        reason = error.strerror if isinstance(error, OSError) else error
        msg = f"{name}: there is no file {shown(typed)} that can be read: {reason}."
        raise FileNotFoundError(msg) from error
    if kind is None:
        msg = f"{name}: there is no file {shown(typed)}."
        raise FileNotFoundError(msg)
    if not stat.S_ISREG(kind):
        raise ValueError(expected(name, "the path of a file", typed))
    return file


def positive_integers(name: str, value: object, allowed: str) -> tuple[int, ...]:
    """A vector of positive whole numbers; 45.0 is one, 45.5 is not."""
    vector = numbers(name, value, allowed).tolist()
    if not all(math.isfinite(x) and x == int(x) and x >= 1 for x in vector):
        raise ValueError(expected(name, allowed, value))
    return tuple(int(x) for x in vector)


def positive_integer(name: str, value: object) -> int:
    allowed = "a positive integer"
    integers = positive_integers(name, value, allowed)
    if len(integers) != 1:
        raise ValueError(expected(name, allowed, value))
    return integers[0]


def positive_number(name: str, value: object) -> float:
    allowed = "a positive number"
    vector = numbers(name, value, allowed)
    if vector.size != 1 or not np.isfinite(vector).all() or not vector[0] > 0:
        raise ValueError(expected(name, allowed, value))
    return float(vector[0])


def truth(name: str, value: object, allowed: str) -> bool:
    """true or false as MATLAB takes it: a bool, 1 or 0."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, np.ndarray) and value.dtype == np.bool_:
        value = value.astype(np.uint8)
    array = numeric_array(value)
    if array is None:
        raise TypeError(expected(name, allowed, value))
    if array.size != 1 or array.reshape(()).item() not in (0, 1):
        raise ValueError(expected(name, allowed, value))
    return bool(array.reshape(()).item())
