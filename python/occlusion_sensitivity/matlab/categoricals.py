"""Class labels."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np

from ..arguments import as_array, begins, expected, on_host, truth
from ..name_values import NameValues
from ..strings import UNDEFINED, Label, Labels, String, StringArray, as_strings
from .option_types import CategoricalOptions

__all__ = ["categorical", "categories"]

_OPTIONS = ("Ordinal", "Protected")
# What MATLAB takes for a missing value.
_NO_CATEGORY = (UNDEFINED, "", "NaN", "<missing>")


def categorical(A: object, *arguments: object, **options: Unpack[CategoricalOptions]) -> Any:
    """`A` as class labels: a Label for a single value, Labels for an array.

    Parameters
    ----------
    A : text, number, or array or list of them
    valueset : vector of text or numbers, optional
        Second argument: the categories, in this order; by default those of A, if it has some, else its different
        values, sorted. What is in no category, "" and NaN become ``<undefined>``, which equals nothing.
    catnames : vector of text, optional
        Third argument: names of the categories, one for each of `valueset`.
    Ordinal, Protected : False, optional
        Ordered categories are not taken.

    Returns
    -------
    labels : Label (a str) or Labels (a NumPy array of text)
        A Label is an index, too: ``scores[0, label]`` is the score of its class.

    Raises
    ------
    TypeError, ValueError
        If A or the categories are no texts or numbers, a category is there twice, or the numbers of `valueset` and
        `catnames` differ.

    Notes
    -----
    MATLAB: ``categorical(["cat" "dog"])``

    Python: ``categorical(["cat", "dog"])``

    Differs: categories have no order of size: Ordinal=true is refused.

    Examples
    --------
    >>> categorical(["dog", "cat", "dog"]) == "dog"
    array([ True, False,  True])
    >>> categories(categorical(["dog", "cat"]))
    StringArray(['cat', 'dog'], dtype='<U3')
    """
    count = next((k for k, part in enumerate(arguments) if begins(part, _OPTIONS)), len(arguments))
    if count > 2:
        msg = f"categorical takes values, a valueset and catnames, but got {count + 1} arguments."
        raise TypeError(msg)
    valueset, catnames = (*arguments[:count], None, None)[:2]
    given = NameValues.parse(arguments[count:], options, _OPTIONS)
    for name in _OPTIONS:
        if given.read(name, False, truth, "false"):
            raise ValueError(expected(given.typed(name), "false: categories have no order and may change", True))
    texts = _texts("A", A)
    known = _categories_of(A, texts) if valueset is None else _listed("valueset", valueset)
    names = known if catnames is None else _listed("catnames", catnames)
    if len(names) != len(known):
        msg = f"catnames must be as many as the categories, {len(known)}, but are {len(names)}."
        raise ValueError(msg)
    named = dict(zip(known, names, strict=True))
    if isinstance(texts, str):
        return Label(named.get(texts.strip(), UNDEFINED), names)
    labels = [named.get(text.strip(), UNDEFINED) for text in np.ravel(np.asarray(texts)).tolist()]
    return Labels(np.array(labels, dtype=np.str_).reshape(texts.shape), names)


def _texts(name: str, value: object) -> String | StringArray:
    found = as_strings(on_host(value))
    if found is None:
        raise TypeError(expected(name, "texts or numbers", value))
    return found


def _listed(name: str, value: object) -> list[str]:
    """Categories that the user lists."""
    found: list[str] = [text.strip() for text in np.ravel(np.asarray(_texts(name, value))).tolist()]
    if len(set(found)) < len(found):
        raise ValueError(expected(name, "different from each other", found))
    return found


def _categories_of(A: object, texts: String | StringArray) -> list[str]:
    """The categories that A has, or its different values in order: those of numbers by size."""
    if isinstance(A, Label | Labels):
        return list(A.categories)
    numbers = as_array(on_host(A))
    assert numbers is not None
    if numbers.dtype.kind in "buif":
        ordered = np.ravel(np.asarray(as_strings(np.unique(numbers)))).tolist()
    else:
        ordered = sorted({text.strip() for text in np.ravel(np.asarray(texts)).tolist()})
    return list(dict.fromkeys(text for text in ordered if text not in _NO_CATEGORY))


def categories(A: object) -> StringArray:
    """The categories of class labels, in their order.

    Parameters
    ----------
    A : Label or Labels
        As classify, scores2label, categorical, or the Labels of an imageDatastore give them.

    Returns
    -------
    names : StringArray

    Raises
    ------
    TypeError
        If A is no categorical.

    Notes
    -----
    MATLAB: ``categories(labels)``

    Python: ``categories(labels)``

    Differs: an array of text comes, not a cell array.

    Examples
    --------
    >>> categories(categorical("cat", ["dog", "cat"]))
    StringArray(['dog', 'cat'], dtype='<U3')
    """
    if not isinstance(A, Label | Labels):
        raise TypeError(expected("A", "a categorical", A))
    return StringArray(list(A.categories))
