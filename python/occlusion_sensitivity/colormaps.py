"""MATLAB's colour maps, as numbers: m×3, red, green and blue of 0…1. By MATLAB's rules; no library is needed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .arguments import expected, positive_integer

__all__ = ["autumn", "bone", "cool", "copper", "gray", "hot", "hsv", "jet", "pink", "spring", "summer", "winter"]

# More than any picture shows.
_MOST_COLOURS = 2**20
ColourMap = NDArray[np.float64]


def jet(m: object = 256) -> ColourMap:
    """MATLAB's colour map from dark blue over cyan, yellow and red to dark red.

    Parameters
    ----------
    m : int, default 256
        Number of colours.

    Returns
    -------
    map : numpy.ndarray of double, shape (m, 3)
        Red, green and blue, 0…1.

    Raises
    ------
    TypeError, ValueError
        If m is no positive integer.

    Notes
    -----
    Source: MATLAB's jet; the rule is in docs/compatibility.md, "Pictures".

    MATLAB: ``colormap(jet)``, ``jet(m)``

    Python: ``colormap(jet)``, ``jet(m)``

    Differs: without m there are 256 colours, whatever the current figure has; so it is for all colour maps.

    Examples
    --------
    >>> jet(4)
    array([[0., 0., 1.],
           [0., 1., 1.],
           [1., 1., 0.],
           [1., 0., 0.]])
    """
    count = _count(m)
    n = -(-count // 4)
    hill = np.concatenate([np.arange(1, n + 1), np.full(n - 1, n), np.arange(n, 0, -1)]) / n
    first_green = -(-n // 2) - (count % 4 == 1)  # 0-based
    colours = np.zeros((count, 3))
    for channel, first in ((0, first_green + n), (1, first_green), (2, first_green - n)):
        rows = np.arange(len(hill)) + first
        inside = (rows >= 0) & (rows < count)
        colours[rows[inside], channel] = hill[inside]
    return colours


def gray(m: object = 256) -> ColourMap:
    """MATLAB's colour map from black to white; see :func:`jet`.

    Notes
    -----
    MATLAB: ``colormap(gray)``, ``gray(m)``

    Python: ``colormap(gray)``, ``gray(m)``

    Differs: nothing.

    Examples
    --------
    >>> gray(3)[1]
    array([0.5, 0.5, 0.5])
    """
    share = _shares(m)
    return _columns(share, share, share)


def hot(m: object = 256) -> ColourMap:
    """MATLAB's colour map from black over red and yellow to white; see :func:`jet`.

    Notes
    -----
    MATLAB: ``colormap(hot)``, ``hot(m)``

    Python: ``colormap(hot)``, ``hot(m)``

    Differs: nothing.

    Examples
    --------
    >>> hot(8)[2]
    array([1., 0., 0.])
    """
    count = _count(m)
    n = 3 * count // 8
    rise = np.arange(1, n + 1) / n if n else np.zeros(0)
    rest = count - 2 * n
    return _columns(
        np.concatenate([rise, np.ones(count - n)]),
        np.concatenate([np.zeros(n), rise, np.ones(rest)]),
        np.concatenate([np.zeros(2 * n), np.arange(1, rest + 1) / rest]),
    )


def cool(m: object = 256) -> ColourMap:
    """MATLAB's colour map from cyan to magenta; see :func:`jet`.

    Notes
    -----
    MATLAB: ``colormap(cool)``, ``cool(m)``

    Python: ``colormap(cool)``, ``cool(m)``

    Differs: nothing.

    Examples
    --------
    >>> cool(2)[0]
    array([0., 1., 1.])
    """
    share = _shares(m)
    return _columns(share, 1 - share, 1)


def spring(m: object = 256) -> ColourMap:
    """MATLAB's colour map from magenta to yellow; see :func:`jet`.

    Notes
    -----
    MATLAB: ``colormap(spring)``, ``spring(m)``

    Python: ``colormap(spring)``, ``spring(m)``

    Differs: nothing.

    Examples
    --------
    >>> spring(2)[1]
    array([1., 1., 0.])
    """
    share = _shares(m)
    return _columns(1, share, 1 - share)


def summer(m: object = 256) -> ColourMap:
    """MATLAB's colour map from green to yellow; see :func:`jet`.

    Notes
    -----
    MATLAB: ``colormap(summer)``, ``summer(m)``

    Python: ``colormap(summer)``, ``summer(m)``

    Differs: nothing.

    Examples
    --------
    >>> summer(2)[0]
    array([0. , 0.5, 0.4])
    """
    share = _shares(m)
    return _columns(share, 0.5 + share / 2, 0.4)


def autumn(m: object = 256) -> ColourMap:
    """MATLAB's colour map from red to yellow; see :func:`jet`.

    Notes
    -----
    MATLAB: ``colormap(autumn)``, ``autumn(m)``

    Python: ``colormap(autumn)``, ``autumn(m)``

    Differs: nothing.

    Examples
    --------
    >>> autumn(2)[0]
    array([1., 0., 0.])
    """
    return _columns(1, _shares(m), 0)


def winter(m: object = 256) -> ColourMap:
    """MATLAB's colour map from blue to green; see :func:`jet`.

    Notes
    -----
    MATLAB: ``colormap(winter)``, ``winter(m)``

    Python: ``colormap(winter)``, ``winter(m)``

    Differs: nothing.

    Examples
    --------
    >>> winter(2)[0]
    array([0., 0., 1.])
    """
    share = _shares(m)
    return _columns(0, share, 0.5 + (1 - share) / 2)


def bone(m: object = 256) -> ColourMap:
    """MATLAB's colour map from black to white, a little blue; see :func:`jet`.

    Notes
    -----
    MATLAB: ``colormap(bone)``, ``bone(m)``

    Python: ``colormap(bone)``, ``bone(m)``

    Differs: nothing.

    Examples
    --------
    >>> bone(8)[-1]
    array([1., 1., 1.])
    """
    return (7 * gray(m) + np.fliplr(hot(m))) / 8


def copper(m: object = 256) -> ColourMap:
    """MATLAB's colour map from black to the colour of copper; see :func:`jet`.

    Notes
    -----
    MATLAB: ``colormap(copper)``, ``copper(m)``

    Python: ``colormap(copper)``, ``copper(m)``

    Differs: nothing.

    Examples
    --------
    >>> copper(2)[1]
    array([1.    , 0.7812, 0.4975])
    """
    return np.minimum(1, gray(m) * [1.25, 0.7812, 0.4975])


def pink(m: object = 256) -> ColourMap:
    """MATLAB's colour map from dark red to white, as old photographs are toned; see :func:`jet`.

    Notes
    -----
    MATLAB: ``colormap(pink)``, ``pink(m)``

    Python: ``colormap(pink)``, ``pink(m)``

    Differs: nothing.

    Examples
    --------
    >>> pink(8)[-1]
    array([1., 1., 1.])
    """
    return np.sqrt((2 * gray(m) + hot(m)) / 3)


def hsv(m: object = 256) -> ColourMap:
    """MATLAB's colour map round the circle of hues, from red to red; see :func:`jet`.

    Notes
    -----
    MATLAB: ``colormap(hsv)``, ``hsv(m)``

    Python: ``colormap(hsv)``, ``hsv(m)``

    Differs: nothing.

    Examples
    --------
    >>> hsv(3)
    array([[1., 0., 0.],
           [0., 1., 0.],
           [0., 0., 1.]])
    """
    hue = 6 * np.arange(_count(m)) / _count(m)
    return _columns(*(np.clip(np.abs((hue + turn) % 6 - 3) - 1, 0, 1) for turn in (0, 4, 2)))


def _count(m: object) -> int:
    count = positive_integer("m", m)
    if count > _MOST_COLOURS:
        raise ValueError(expected("m", f"at most {_MOST_COLOURS}", m))
    return count


def _shares(m: object) -> ColourMap:
    """Equal steps from 0 to 1; a single 0 for one colour."""
    count = _count(m)
    return np.arange(count) / max(count - 1, 1)


def _columns(*columns: Any) -> ColourMap:
    return np.stack(np.broadcast_arrays(*columns, *[np.zeros(1)])[:3], axis=1).astype(np.float64)
