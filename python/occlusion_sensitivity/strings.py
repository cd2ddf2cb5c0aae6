"""Texts as MATLAB's string arrays and categoricals have them: compared element by element, joined with numbers by +."""

import functools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, SupportsFloat

import numpy as np
from numpy.typing import NDArray

from .arguments import as_array, expected

# What MATLAB shows for an element that is in no category; it equals nothing, not even itself.
UNDEFINED = "<undefined>"


class _Texts:
    """What one text and several have in common: their comparison, and their sum."""

    __slots__ = ()

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

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return _of_numpy(ufunc, method, inputs, options)


class String(_Texts, str):
    """One text, as MATLAB's string scalar.

    It is a str. Beyond that, ``==`` with a list or an array of texts compares each of them, and ``+`` takes numbers,
    written as :func:`number_text` does, and arrays.
    """

    __slots__ = ()

    __hash__ = str.__hash__


class StringArray(_Texts, np.ndarray[Any, np.dtype[np.str_]]):  # NDArray is no class from NumPy 2.5 on
    """Several texts, as MATLAB's string array: a NumPy array of text whose elements are :class:`String`."""

    def __new__(cls, texts: Any) -> "StringArray":
        return np.asarray(texts, dtype=np.str_).view(cls)

    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        return self._element(str(found)) if isinstance(found, str) else found

    def __setitem__(self, index: Any, value: Any) -> None:
        texts = as_strings(value)
        if texts is None:
            raise TypeError(expected("An element", "a text", value))
        longest, room = np.asarray(texts).dtype.itemsize, self.dtype.itemsize
        if longest > room:
            msg = (
                f"An element of this array has room for {room // 4} characters, not for {longest // 4}: fill a list, "
                "and make string(list) of it."
            )
            raise ValueError(msg)
        super().__setitem__(index, np.asarray(texts))

    def __iter__(self) -> Iterator[Any]:
        return (self[k] for k in range(len(self)))

    def _element(self, text: str) -> String:
        return String(text)

    def lower(self) -> "StringArray":
        return StringArray(np.char.lower(np.asarray(self)))

    def upper(self) -> "StringArray":
        return StringArray(np.char.upper(np.asarray(self)))

    def strip(self) -> "StringArray":
        return StringArray(np.char.strip(np.asarray(self)))

    def replace(self, old: str, new: str) -> "StringArray":
        return StringArray(np.char.replace(np.asarray(self), str(old), str(new)))


def _text_method(name: str) -> Callable[..., String]:
    """str's method of that name, whose result compares and joins as this one does."""
    method = getattr(str, name)

    @functools.wraps(method)
    def of_string(self: String, *arguments: Any, **options: Any) -> String:
        return String(method(self, *arguments, **options))

    return of_string


for _name in (
    *("__getitem__", "__mul__", "__rmul__", "capitalize", "casefold", "center", "format", "ljust", "lower", "lstrip"),
    *("removeprefix", "removesuffix", "replace", "rjust", "rstrip", "strip", "swapcase", "title", "upper", "zfill"),
):
    setattr(String, _name, _text_method(_name))


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

    def __setitem__(self, index: Any, value: Any) -> None:
        texts = as_strings(value)
        unknown = set(np.ravel(np.asarray(texts)).tolist()) - {*self.categories, UNDEFINED} if texts is not None else ()
        if unknown:
            raise ValueError(expected("A label", f"one of the categories {', '.join(self.categories[:9])}", value))
        super().__setitem__(index, value)

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
    array = own_elements(value)
    if array is None or array.dtype.kind not in "OUbuif":
        return None
    if array.dtype.kind != "U":
        array = np.array([_element_text(x) for x in array.flat], dtype=np.str_).reshape(array.shape)
    return String(array.item()) if array.ndim == 0 else StringArray(array)


def own_elements(value: Any) -> NDArray[Any] | None:
    """`value` as an array; of a list of texts and numbers, each stays what it is. None for what holds anything else."""
    array = as_array(value)
    if array is None:
        return None
    if isinstance(value, list | tuple) and array.dtype.kind == "U":
        array = np.array(value, dtype=object)  # NumPy would write the numbers in its own way
    if array.dtype.kind != "O":
        return array
    known = (str, bool, int, float, np.number, np.bool_)
    return array if all(isinstance(x, known) for x in array.flat) else None


def _element_text(value: Any) -> str:
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    return str(value) if isinstance(value, str) else number_text(value)


def _equal(text: Any, other: object) -> Any:
    """Whether the texts are the same, for each of them; None where `other` is no text."""
    if isinstance(text, str) and isinstance(other, str):
        return str.__eq__(text, other) and str.__ne__(text, UNDEFINED)
    array = own_elements(other)
    if array is None:  # nothing that a text can be
        return None
    strings = as_strings(array) if array.size else StringArray(array)
    if strings is None:
        return None
    others = np.asarray(strings)
    texts = np.asarray(str(text) if isinstance(text, str) else text)
    shape = _common_shape(texts, others, "compared")
    if not others.size or not texts.size:
        return np.zeros(shape, dtype=np.bool_)
    same = np.asarray((texts == others) & (texts != UNDEFINED), dtype=np.bool_)
    return same if shape else bool(same)


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
    _common_shape(one, other, "joined")
    return StringArray(np.char.add(one, other))


def _common_shape(one: NDArray[Any], other: NDArray[Any], done: str) -> tuple[int, ...]:
    try:
        return np.broadcast_shapes(one.shape, other.shape)
    except ValueError as error:
        msg = f"Texts that are {done} must be as many, or one, but are of {one.shape} and {other.shape}."
        raise ValueError(msg) from error


def _of_numpy(ufunc: Any, method: str, inputs: Sequence[Any], options: dict[str, Any]) -> Any:
    """NumPy's own function of plain arrays; what adds texts to numbers joins them."""
    if ufunc is np.add and method == "__call__" and not options:
        return _joined(*inputs)
    plain = [np.asarray(str(x)) if isinstance(x, String) else np.asarray(x) for x in inputs]
    return getattr(ufunc, method)(*plain, **options)
