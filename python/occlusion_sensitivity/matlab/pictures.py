"""Pictures as files and arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import expected, positive_integer
from ..colormaps import gray
from ..images import ImageLike
from ..pictures import imread
from ..resizing import imresize
from .arrays import is_of_python, real_array
from .casts import im2double, picture_array, rounded
from .outputs import outputs

__all__ = ["gray2ind", "im2gray", "imread", "imresize", "ind2rgb", "rgb2gray"]

# The luminance of red, green and blue (NTSC), as the inverse of the matrix from RGB to YIQ has it.
_LUMINANCE = np.linalg.inv([[1.0, 0.956, 0.621], [1.0, -0.272, -0.647], [1.0, -1.106, 1.703]])[0]


def gray2ind(I: ImageLike, n: object = None, *, nargout: object = None) -> Any:  # noqa: E741
    """A grey picture as places in a colour map of `n` greys.

    Parameters
    ----------
    I : array_like, H×W, of uint8, uint16, int16, single or double of 0…1, or logical
    n : int of 1…65536, default 64, for logical 2
    nargout : {1, 2}, default 1

    Returns
    -------
    X : numpy.ndarray of uint8, or for more than 256 greys uint16
        Counted from 0.
    map : numpy.ndarray of double, n×3
        With ``nargout=2``: the greys.

    Raises
    ------
    TypeError, ValueError
        If I is no grey picture, or n outside of the values listed above.

    Notes
    -----
    MATLAB: ``ind2rgb(gray2ind(map,256),jet(256))``, ``[X,map] = gray2ind(I,n)``

    Python: ``ind2rgb(gray2ind(map, 256), jet(256))``, ``X, map = gray2ind(I, n, nargout=2)``

    Differs: one output comes unless ``nargout=2``.

    Examples
    --------
    >>> gray2ind([[0, 0.5, 1]], 256)
    array([[  0, 128, 255]], dtype=uint8)
    """
    picture = picture_array("I", I)
    if picture.ndim != 2:
        msg = f"I must be a grey picture, H×W, but has shape {picture.shape}."
        raise ValueError(msg)
    count = (2 if picture.dtype == np.bool_ else 64) if n is None else positive_integer("n", n)
    if count > 65536:
        raise ValueError(expected("n", "1 to 65536", n))
    places = rounded(im2double(picture).clip(0, 1) * (count - 1), np.uint8 if count <= 256 else np.uint16)
    return outputs("gray2ind", nargout, 1, X=places, map=gray(count))


def ind2rgb(X: ImageLike, map: ArrayLike) -> NDArray[np.float64]:
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
    places, table = real_array("X", X), colour_map("map", map, "an m×3 array of 0…1")
    if places.ndim != 2:
        msg = f"X must be a matrix, H×W, but has shape {places.shape}."
        raise ValueError(msg)
    counted = not is_of_python(X) and places.dtype.kind in "uib"
    first = np.nan_to_num(np.trunc(places.astype(np.float64)), nan=1.0) - (0 if counted else 1)
    colours: NDArray[Any] = table[first.clip(0, len(table) - 1).astype(np.intp)]
    return colours


def rgb2gray(RGB: ImageLike) -> NDArray[Any]:
    """The luminance of a colour picture.

    Parameters
    ----------
    RGB : array_like, H×W×3 of uint8, uint16, int16, single or double; or m×3, a colour map of 0…1

    Returns
    -------
    I : numpy.ndarray of RGB's class, H×W
        Of a colour map: a colour map of greys, m×3.

    Raises
    ------
    TypeError, ValueError
        If RGB is of another class or shape.

    Notes
    -----
    MATLAB: ``rgb2gray(RGB)``

    Python: ``rgb2gray(RGB)``

    Differs: nothing; a grey picture is an error, as in MATLAB, which ``im2gray`` takes.

    Examples
    --------
    >>> rgb2gray(np.uint8([[[255, 0, 0], [0, 255, 0]]]))
    array([[ 76, 150]], dtype=uint8)
    """
    picture = picture_array("RGB", RGB)
    if picture.dtype == np.bool_:
        raise TypeError(expected("RGB", "a picture of uint8, uint16, int16, single or double", RGB))
    if picture.ndim == 2 and picture.shape[1] == 3 and picture.dtype.kind == "f":
        return np.repeat((picture @ _LUMINANCE).clip(0, 1)[:, np.newaxis], 3, axis=1).astype(picture.dtype)
    if picture.ndim != 3 or picture.shape[2] != 3:
        msg = f"RGB must be a colour picture, H×W×3, but has shape {picture.shape}; im2gray takes grey ones, too."
        raise ValueError(msg)
    return _grey(picture)


def im2gray(X: ImageLike) -> NDArray[Any]:
    """The luminance of a colour picture; a grey one as it is.

    Parameters
    ----------
    X : array_like, H×W or H×W×3 of uint8, uint16, int16, single or double

    Returns
    -------
    J : numpy.ndarray of X's class, H×W

    Raises
    ------
    TypeError, ValueError
        If X is of another class or shape.

    Notes
    -----
    MATLAB: ``im2gray(I)``

    Python: ``im2gray(I)``

    Differs: nothing.

    Examples
    --------
    >>> im2gray(np.uint8([[1, 2]]))
    array([[1, 2]], dtype=uint8)
    """
    picture = picture_array("X", X)
    if picture.ndim == 2:
        return picture
    if picture.ndim != 3 or picture.shape[2] not in (1, 3):
        msg = f"X must be a picture, H×W or H×W×3, but has shape {picture.shape}."
        raise ValueError(msg)
    return picture[:, :, 0] if picture.shape[2] == 1 else _grey(picture)


def _grey(picture: NDArray[Any]) -> NDArray[Any]:
    grey = picture.astype(np.float64) @ _LUMINANCE
    cast: NDArray[Any] = rounded(grey, picture.dtype) if picture.dtype.kind in "ui" else grey.astype(picture.dtype)
    return cast


def colour_map(name: str, value: Any, allowed: str) -> NDArray[np.float64]:
    """`value` as red, green and blue of 0…1, m×3."""
    table = real_array(name, value).astype(np.float64)
    if table.ndim != 2 or table.shape[1] != 3 or not len(table) or not ((table >= 0) & (table <= 1)).all():
        raise ValueError(expected(name, allowed, value))
    return table
