"""Class labels."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..arguments import expected, on_host
from ..strings import UNDEFINED, Label, Labels, String, StringArray, as_strings

__all__ = ["categorical", "categories"]


def categorical(A: object, valueset: ArrayLike | None = None, catnames: ArrayLike | None = None) -> Any:
    """`A` as class labels: a Label for a single value, Labels for an array.

    Parameters
    ----------
    A : text, number, or array or list of them
    valueset : vector of text or numbers, optional
        The categories, in this order; the different values of A, sorted, by default. What is in no category becomes
        ``<undefined>``, which equals nothing.
    catnames : vector of text, optional
        Names of the categories, one for each of `valueset`.

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

    Differs: Ordinal and Protected are not taken.

    Examples
    --------
    >>> categorical(["dog", "cat", "dog"]) == "dog"
    array([ True, False,  True])
    >>> categories(categorical(["dog", "cat"]))
    StringArray(['cat', 'dog'], dtype='<U3')
    """
    texts = _texts("A", A)
    if valueset is None:
        numeric = np.asarray(on_host(A)).dtype.kind in "buif"
        values = as_strings(np.unique(np.asarray(on_host(A)) if numeric else np.asarray(texts)))
        known = [text for text in np.ravel(np.asarray(values)).tolist() if text != UNDEFINED]
    else:
        known = np.ravel(np.asarray(_texts("valueset", valueset))).tolist()
    names = known if catnames is None else np.ravel(np.asarray(_texts("catnames", catnames))).tolist()
    if len(names) != len(known):
        msg = f"catnames must be as many as the categories, {len(known)}, but are {len(names)}."
        raise ValueError(msg)
    if len(set(known)) < len(known) or len(set(names)) < len(names):
        raise ValueError(
            expected("catnames" if catnames is not None else "valueset", "different from each other", names)
        )
    named = dict(zip(known, names, strict=True))
    if isinstance(texts, str):
        return Label(named.get(texts, UNDEFINED), names)
    labels = [named.get(text, UNDEFINED) for text in np.ravel(np.asarray(texts)).tolist()]
    return Labels(np.array(labels, dtype=np.str_).reshape(texts.shape), names)


def _texts(name: str, value: object) -> String | StringArray:
    found = as_strings(on_host(value))
    if found is None:
        raise TypeError(expected(name, "texts or numbers", value))
    return found


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
