"""Pictures as files and arrays."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import expected
from ..pictures import imread
from ..resizing import imresize
from .arrays import real_array

__all__ = ["imread", "imresize", "ind2rgb"]


def ind2rgb(X: ArrayLike, map: ArrayLike) -> NDArray[np.float64]:
    """A picture of places in a colour map, in colours.

    Parameters
    ----------
    X : array_like, H×W
        Single and double count from 1, integers and logicals from 0; what lies beyond the map has its first or last
        colour.
    map : array_like, m×3
        Red, green and blue of 0…1.

    Returns
    -------
    RGB : numpy.ndarray of double, H×W×3

    Raises
    ------
    TypeError, ValueError
        If X is no matrix of numbers, or the map no m×3 array of 0…1.

    Notes
    -----
    MATLAB: ``RGB = ind2rgb(im2uint8(map),jet(256))``

    Python: ``RGB = ind2rgb(im2uint8(map), jet(256))``

    Differs: nothing.

    Examples
    --------
    >>> ind2rgb(np.uint8([[0, 1]]), [[0, 0, 0], [1, 0, 0]])[0, 1]
    array([1., 0., 0.])
    """
    places, table = real_array("X", X), real_array("map", map).astype(np.float64)
    if places.ndim != 2:
        msg = f"X must be a matrix, H×W, but has shape {places.shape}."
        raise ValueError(msg)
    if table.ndim != 2 or table.shape[1:] != (3,) or not len(table) or not ((table >= 0) & (table <= 1)).all():
        raise ValueError(expected("map", "an m×3 array of 0…1", map))
    counted = isinstance(X, np.ndarray | np.generic) and places.dtype.kind in "uib"
    first = np.nan_to_num(np.trunc(places.astype(np.float64)), nan=1.0) - (0 if counted else 1)
    colours: NDArray[Any] = table[first.clip(0, len(table) - 1).astype(np.intp)]
    return colours
