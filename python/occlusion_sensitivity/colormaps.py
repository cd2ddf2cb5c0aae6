"""MATLAB's colour map jet, as numbers."""

import numpy as np
from numpy.typing import NDArray

from .arguments import positive_integer


def jet(m: object = 256) -> NDArray[np.float64]:
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

    Examples
    --------
    >>> jet(4)
    array([[0., 0., 1.],
           [0., 1., 1.],
           [1., 1., 0.],
           [1., 0., 0.]])
    """
    count = positive_integer("m", m)
    n = -(-count // 4)
    hill = np.concatenate([np.arange(1, n + 1), np.full(n - 1, n), np.arange(n, 0, -1)]) / n
    first_green = -(-n // 2) - (count % 4 == 1)  # 0-based
    colours = np.zeros((count, 3))
    for channel, first in ((0, first_green + n), (1, first_green), (2, first_green - n)):
        rows = np.arange(len(hill)) + first
        inside = (rows >= 0) & (rows < count)
        colours[rows[inside], channel] = hill[inside]
    return colours
