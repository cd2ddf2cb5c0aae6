"""Texts as MATLAB's string arrays and categoricals have them: compared element by element, joined with numbers by +."""

import math
from collections.abc import Iterator, Sequence
from typing import Any, SupportsFloat

import numpy as np
from numpy.typing import NDArray

from .arguments import as_array

# What MATLAB shows for an element that is in no category; it equals nothing, not even itself.
UNDEFINED = "<undefined>"


class String(str):
    """One text, as MATLAB's string scalar.

    It is a str. Beyond that, ``==`` with a list or an array of texts compares each of them, and ``+`` takes numbers,
    written as :func:`number_text` does, and arrays.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> Any:
        equal = _equal(self, other)
        return NotImplemented if equal is None else equal

    def __ne__(self, other: object) -> Any:
        equal = _equal(self, other)
        return NotImplemented if equal is None else _negated(equal)

    __hash__ = str.__hash__

    def __add__(self, other: object) -> Any:
        return _joined(self, other)

    def __radd__(self, other: object) -> Any:
        return _joined(other, self)


class StringArray(NDArray[np.str_]):
    """Several texts, as MATLAB's string array: a NumPy array of text whose elements are :class:`String`."""

    def __new__(cls, texts: Any) -> "StringArray":
        return np.asarray(texts, dtype=np.str_).view(cls)

    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        return self._element(str(found)) if isinstance(found, str) else found

    def __iter__(self) -> Iterator[Any]:
        return (self[k] for k in range(len(self)))

    def _element(self, text: str) -> String:
        return String(text)

    def __eq__(self, other: object) -> Any:
        equal = _equal(self, other)
        return NotImplemented if equal is None else equal

    def __ne__(self, other: object) -> Any:
        equal = _equal(self, other)
        return NotImplemented if equal is None else _negated(equal)

    def __add__(self, other: object) -> Any:
        return _joined(self, other)

    def __radd__(self, other: object) -> Any:
        return _joined(other, self)


class Label(String):
    """One class label, as MATLAB's categorical scalar: a text that knows its categories.

    As an index it is the place of its category: ``scores[0, label]`` is MATLAB's ``score(label)``.

    Parameters
    ----------
    text : str
    categories : sequence of str
        In their order.
    place : int, optional
        Which of them it is, from 0, where two have one name.

    Attributes
    ----------
    categories : tuple of str
    """

    __slots__ = ("categories", "place")
    categories: tuple[str, ...]
    place: int | None

    def __new__(cls, text: str, categories: Sequence[str], place: int | None = None) -> "Label":
        label = super().__new__(cls, text)
        label.categories, label.place = tuple(categories), place
        return label

    def __getnewargs__(self) -> tuple[str, tuple[str, ...], int | None]:  # type: ignore[override]
        return str(self), self.categories, self.place

    def __index__(self) -> int:
        if self.place is not None:
            return self.place
        found = [place for place, name in enumerate(self.categories) if name == str(self)]
        if len(found) != 1:
            many = "several categories have" if found else "no category has"
            msg = f"A label must be of one category to be an index, but {many} the name {str(self)!r}."
            raise TypeError(msg)
        return found[0]


class Labels(StringArray):
    """Several class labels, as MATLAB's categorical array: its elements are :class:`Label`.

    Attributes
    ----------
    categories : tuple of str
        The categories in their order.
    """

    categories: tuple[str, ...] = ()

    def __new__(cls, texts: Any, categories: Sequence[str]) -> "Labels":
        labels = super().__new__(cls, texts)
        assert isinstance(labels, Labels)
        labels.categories = tuple(categories)
        return labels

    def __array_finalize__(self, source: Any) -> None:
        self.categories = getattr(source, "categories", ())

    def __reduce__(self) -> Any:
        return Labels, (np.asarray(self), self.categories)

    def _element(self, text: str) -> Label:
        return Label(text, self.categories)


def number_text(value: SupportsFloat) -> str:
    """A number as MATLAB's string() and num2str() write it: whole ones with all digits, others with 5 or more."""
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        return str(int(value))
    number = float(value)
    if not math.isfinite(number):
        return "NaN" if math.isnan(number) else "Inf" if number > 0 else "-Inf"
    if number == int(number) and abs(number) < 1e15:
        return str(int(number))
    return f"{number:.{significant_digits(number)}g}"


def significant_digits(largest: float) -> int:
    """As many as leave four behind the point, but 5 at least and 16 at most."""
    return min(max(math.floor(math.log10(abs(largest))) + 5, 5), 16) if largest else 5


def as_strings(value: Any) -> "String | StringArray | None":
    """`value` as MATLAB's string: texts as they are, numbers as :func:`number_text`, logicals as true and false."""
    if isinstance(value, str):
        return String(value)
    array = as_array(value)
    if array is None:
        return None
    mixed = array.dtype.kind == "O" and all(isinstance(x, str | float | int | np.number) for x in array.flat)
    if mixed or array.dtype.kind in "buif":
        array = np.array([_element_text(x) for x in array.flat], dtype=np.str_).reshape(array.shape)
    if array.dtype.kind != "U":
        return None
    return String(array.item()) if array.ndim == 0 else StringArray(array)


def _element_text(value: Any) -> str:
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    return str(value) if isinstance(value, str) else number_text(value)


def _equal(text: "String | StringArray", other: object) -> Any:
    """Whether the texts are the same, for each of them; None where `other` is no text."""
    if isinstance(text, str) and isinstance(other, str):
        return str.__eq__(text, other) and str.__ne__(text, UNDEFINED)
    others = as_array(other)
    if others is None:
        return None
    if others.dtype.kind not in "UO" and others.size:
        return None if isinstance(text, str) else np.zeros(text.shape, dtype=np.bool_)
    texts = np.asarray(str(text) if isinstance(text, str) else text)
    try:
        shape = np.broadcast_shapes(texts.shape, others.shape)
    except ValueError as error:
        msg = f"Texts that are compared must be as many, or one, but are of {texts.shape} and {others.shape}."
        raise ValueError(msg) from error
    if not others.size or not texts.size:
        return np.zeros(shape, dtype=np.bool_)
    return np.asarray((texts == others) & (texts != UNDEFINED), dtype=np.bool_)


def _negated(equal: Any) -> Any:
    return not equal if isinstance(equal, bool) else ~equal


def _joined(first: Any, second: Any) -> Any:
    """The texts one behind the other; with an array, for each of its elements."""
    parts = [as_strings(first), as_strings(second)]
    if parts[0] is None or parts[1] is None:
        return NotImplemented
    if isinstance(parts[0], str) and isinstance(parts[1], str):
        return String(str.__add__(parts[0], parts[1]))
    one, other = (np.asarray(part) for part in parts)
    return StringArray(np.char.add(one, other))
