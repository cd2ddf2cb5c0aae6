"""Tables of colours, the values that they stand for, and opacity."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import FunctionType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import colormaps
from ..arguments import as_text, expected, numbers, positive_integer, shown, text_choice
from ..colormaps import autumn, bone, cool, copper, gray, hot, hsv, jet, pink, spring, summer, winter
from .arrays import real_array
from .axes import (
    GREY,
    LIMITS,
    TABLE,
    axes_first,
    coloured,
    is_axes,
    is_figure,
    is_image,
    kept,
    matrices,
    on_top,
    pyplot,
)
from .pictures import colour_map

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Written out, the colour maps of colormaps.py too: type checkers add no list of another folder's module to this one.
__all__ = ["alpha", "caxis", "clim", "colormap", "parula", "turbo"]
__all__ += ["autumn", "bone", "cool", "copper", "gray", "hot", "hsv", "jet", "pink", "spring", "summer", "winter"]


def parula(m: object = 256) -> NDArray[np.float64]:
    """matplotlib's viridis, which stands in for MATLAB's parula: from dark blue over green to yellow.

    Notes
    -----
    MATLAB: ``colormap(parula)``, ``parula(m)``

    Python: ``colormap(parula)``, ``parula(m)``

    Differs: the colours are viridis's: those of parula are not published for others' use.

    Examples
    --------
    >>> parula(2).shape
    (2, 3)
    """
    return _resampled("viridis", m)


def turbo(m: object = 256) -> NDArray[np.float64]:
    """The colour map turbo, from dark blue over green to dark red.

    Notes
    -----
    MATLAB: ``colormap(turbo)``, ``turbo(m)``

    Python: ``colormap(turbo)``, ``turbo(m)``

    Differs: the table is matplotlib's.

    Examples
    --------
    >>> turbo(2).shape
    (2, 3)
    """
    return _resampled("turbo", m)


def _resampled(name: str, m: object) -> NDArray[np.float64]:
    known = _matplotlib_map(name)
    places = np.linspace(0, len(known) - 1, positive_integer("m", m))
    columns = [np.interp(places, np.arange(len(known)), column) for column in known.T]
    return np.stack(columns, axis=1)


def _matplotlib_map(name: str) -> NDArray[np.float64]:
    pyplot()
    from matplotlib import colormaps as known

    return np.asarray(known[name](np.arange(256) / 255))[:, :3]


def table_of(name: str, colours: object) -> NDArray[np.float64]:
    """A colour map by name, as a function or by numbers, as an m×3 array."""
    allowed = "a name such as jet, a function such as jet, or an m×3 array of 0…1"
    text = as_text(colours)
    if text is not None:
        lower = "parula" if text.lower() == "default" else text.lower()
        if lower in _MAPS:
            return _MAPS[lower]()
        pyplot()
        from matplotlib import colormaps as known

        if text not in known:
            raise ValueError(expected(name, allowed, text))
        return _matplotlib_map(text)
    if isinstance(colours, FunctionType):
        colours = colours()
    return colour_map(name, colours, allowed)


# MATLAB's names of colour maps.
_MAPS: dict[str, Callable[[], NDArray[np.float64]]] = {
    **{name: getattr(colormaps, name) for name in colormaps.__all__},
    "parula": parula,
    "turbo": turbo,
}


def colour_table(owner: Axes | Figure) -> NDArray[np.float64]:
    """The table of an axes, else that of its figure, else MATLAB's default."""
    own: NDArray[np.float64] | None = kept(owner, TABLE, None)
    if own is None and is_axes(owner):
        own = kept(owner.figure, TABLE, None)
    return parula() if own is None else own


def recolour(axes: Axes) -> None:
    """Give every matrix its colours: the table's; grey to a picture of imshow that has something drawn over it.

    MATLAB colours both. A grey picture in the colours of the map over it shows neither.
    """
    from matplotlib.colors import ListedColormap

    table = colour_table(axes)
    own = coloured(axes)
    for image in matrices(axes):
        grey = kept(image, GREY, "") == "grey" or image not in own
        colours = gray(256) if grey else table
        # What is NaN has the first colour.
        image.set_cmap(ListedColormap(colours).with_extremes(bad=tuple(colours[0])))


def colormap(*arguments: object) -> NDArray[np.float64] | None:
    """Set the colours of a figure's or an axes' matrices, or give them.

    Parameters
    ----------
    target : matplotlib.axes.Axes or matplotlib.figure.Figure, optional
        First argument; the current figure by default.
    map : text, function, or array of m×3
        A name of MATLAB's or of matplotlib's, ``jet`` itself, or red, green and blue of 0…1.

    Returns
    -------
    map : numpy.ndarray of double, m×3
        The colours of the target, or of the current axes, where no map is given; else None.

    Raises
    ------
    TypeError, ValueError
        If the map is none of these.

    Notes
    -----
    MATLAB: ``colormap jet``, ``colormap(ax,hot(64))``, ``cmap = colormap``

    Python: ``colormap("jet")``, ``colormap(ax, hot(64))``, ``cmap = colormap()``

    Differs: a grey picture with something drawn over it keeps its greys.

    Examples
    --------
    >>> import matplotlib; matplotlib.use("agg")
    >>> colormap("jet")
    >>> colormap(jet(64))
    >>> colormap().shape
    (64, 3)
    """
    rest = list(arguments)
    target: Any = rest.pop(0) if rest and (is_axes(rest[0]) or is_figure(rest[0])) else None
    if not rest:
        return colour_table(pyplot().gca() if target is None else target)
    if len(rest) > 1:
        msg = f"colormap takes an axes or a figure, and a map, but got {shown(arguments)}."
        raise ValueError(msg)
    table = table_of("colormap", rest[0])
    target = pyplot().gcf() if target is None else target
    setattr(target, TABLE, table)
    for axes in [target] if is_axes(target) else target.axes:
        if is_axes(target) or kept(axes, TABLE, None) is None:
            for image in matrices(axes):
                if kept(image, GREY, ""):
                    setattr(image, GREY, "coloured")
            recolour(axes)
    return None


def caxis(*arguments: object) -> NDArray[np.float64] | None:
    """The same as :func:`clim`, by its older name.

    Notes
    -----
    MATLAB: ``caxis([0 1])``, ``caxis auto``

    Python: ``caxis([0, 1])``, ``caxis("auto")``

    Differs: nothing.

    Examples
    --------
    >>> import matplotlib; matplotlib.use("agg")
    >>> caxis([0, 1])
    """
    return clim(*arguments)


def clim(*arguments: object) -> NDArray[np.float64] | None:
    """Set the values of the first and the last colour of an axes, or give them.

    Parameters
    ----------
    ax : matplotlib.axes.Axes, optional
        The current one by default.
    limits : (float, float), "auto" or "manual", optional

    Returns
    -------
    limits : numpy.ndarray
        Where none are given; else None.

    Raises
    ------
    TypeError, ValueError
        If the limits are none of these.

    Notes
    -----
    MATLAB: ``clim([0 1])``, ``clim(ax,[0 1])``, ``clim auto``

    Python: ``clim([0, 1])``, ``clim(ax, [0, 1])``, ``clim("auto")``

    Differs: nothing.

    Examples
    --------
    >>> import matplotlib; matplotlib.use("agg")
    >>> clim([0, 1])
    >>> clim()
    array([0., 1.])
    """
    axes, rest = axes_first(arguments)
    drawn = coloured(axes)
    if not rest:
        known = kept(axes, LIMITS, None) or (drawn[-1].get_clim() if drawn else (0.0, 1.0))
        return np.array(known, dtype=np.float64)
    if as_text(rest[0]) is not None:
        word = text_choice("clim", rest[0], ("auto", "manual"))
        setattr(axes, LIMITS, tuple(drawn[-1].get_clim()) if word == "manual" and drawn else None)
        if word == "auto":
            for image in drawn:
                image.autoscale()
        return None
    ends = limits_of("clim", rest[0])
    if len(rest) > 1:
        raise ValueError(expected("clim", "[low high], in this order", rest[0]))
    setattr(axes, LIMITS, ends)
    for image in drawn:
        image.set_clim(*ends)
    return None


def alpha(*arguments: object) -> None:
    """Set the opacity of the matrix that is on top in an axes, or of an image.

    Parameters
    ----------
    target : matplotlib.axes.Axes or matplotlib.image.AxesImage, optional
        The current axes by default.
    value : float of 0…1, array of the matrix's shape, "clear" or "opaque"

    Raises
    ------
    TypeError, ValueError
        If there is no matrix, or the value is none of these.

    Notes
    -----
    MATLAB: ``alpha(0.5)``, ``alpha(h,0.5)``

    Python: ``alpha(0.5)``, ``alpha(h, 0.5)``

    Differs: it is the image on top that is meant, not everything in the axes.

    Examples
    --------
    >>> import matplotlib; matplotlib.use("agg")
    >>> from occlusion_sensitivity.matlab import imagesc
    >>> drawn = imagesc([[1, 2], [3, 4]])
    >>> alpha(0.5)
    """
    rest: list[Any] = list(arguments)
    image: Any = rest.pop(0) if rest and is_image(rest[0]) else None
    if image is None:
        axes, rest = axes_first(rest)
        image = on_top(axes.images, "alpha")
    if len(rest) != 1:
        msg = f"alpha takes an axes or an image, and an opacity, but got {shown(arguments)}."
        raise ValueError(msg)
    value = rest[0]
    if as_text(value) is not None:
        value = {"clear": 0.0, "opaque": 1.0}[text_choice("value", value, ("clear", "opaque"))]
    image.set_alpha(opacity_of("value", value, np.shape(image.get_array())[:2]))


def limits_of(name: str, value: object) -> tuple[float, float]:
    """The values of the first and the last colour."""
    ends = numbers(name, value, "[low high]").tolist()
    if len(ends) != 2 or not ends[0] < ends[1] or not np.isfinite(ends).all():
        raise ValueError(expected(name, "[low high], in this order", value))
    return float(ends[0]), float(ends[1])


def opacity_of(name: str, value: object, shape: Sequence[int]) -> float | NDArray[np.float64]:
    """An opacity for all pixels, or one for each."""
    allowed = f"a number of 0…1 or an array of {shape[0]}×{shape[1]} of them"
    array = real_array(name, value)
    if array.size != 1 and array.shape != tuple(shape):
        raise ValueError(expected(name, allowed, value))
    if not ((array >= 0) & (array <= 1)).all():
        raise ValueError(expected(name, allowed, value))
    return float(array.reshape(())) if array.size == 1 else array.astype(np.float64)
