"""Figures, and the axes in them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from ..arguments import (
    as_array,
    as_text,
    expected,
    numbers,
    positive_integer,
    positive_integers,
    text_choice,
    truth,
)
from ..name_values import NameValues
from .axes import BAR, LAYOUT, PLACE, is_axes, is_figure, kept, pyplot, remove_colorbar
from .option_types import FigureOptions

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["close", "figure", "gca", "gcf", "subplot"]

# Options of a figure that concern its window on a screen alone: they change nothing here.
_SWITCH = ("on", "off")
WINDOW_OPTIONS = {
    "DockControls": _SWITCH,
    "MenuBar": ("none", "figure"),
    "Name": (),
    "NumberTitle": _SWITCH,
    "Renderer": ("painters", "opengl", "zbuffer"),
    "Resize": _SWITCH,
    "ToolBar": ("auto", "figure", "none"),
    "Visible": _SWITCH,
    "WindowState": ("normal", "maximized", "minimized", "fullscreen"),
    "WindowStyle": ("normal", "modal", "docked", "alwaysontop"),
}
# MATLAB's names of colours, of which matplotlib has darker ones.
_COLOURS = {
    **dict.fromkeys(("r", "red"), (1, 0, 0)),
    **dict.fromkeys(("g", "green"), (0, 1, 0)),
    **dict.fromkeys(("b", "blue"), (0, 0, 1)),
    **dict.fromkeys(("c", "cyan"), (0, 1, 1)),
    **dict.fromkeys(("m", "magenta"), (1, 0, 1)),
    **dict.fromkeys(("y", "yellow"), (1, 1, 0)),
}
# MATLAB's margins and gaps of a grid of axes.
_GRID = {"left": 0.13, "right": 0.905, "bottom": 0.11, "top": 0.925, "wspace": 0.316, "hspace": 0.389}
_MOST_CELLS = 10_000
# Units of a figure's size → how many of them are an inch, but for the first two.
_UNITS = {"pixels": 0.0, "normalized": 0.0, "inches": 1.0, "centimeters": 2.54, "points": 72.0}
_FIGURE_OPTIONS = ("Position", "OuterPosition", "Units", "Color", *WINDOW_OPTIONS)


def figure(*arguments: object, **options: Unpack[FigureOptions]) -> Figure:
    """A new figure, or one that there is; current from now on.

    Parameters
    ----------
    n : int or matplotlib.figure.Figure, optional
        Its number, or the figure.
    Position, OuterPosition : (left, bottom, width, height), optional
        The last two are its size; the first two, where it is on the screen, change nothing.
    Units : {"pixels", "normalized", "inches", "centimeters", "points"}, default "pixels"
        Of the size; "normalized" is in parts of 1920×1080 pixels.
    Color : text or (red, green, blue), optional
        Behind the axes.
    Visible, Name, NumberTitle, MenuBar, ToolBar, DockControls, Renderer, Resize, WindowState, WindowStyle
        Concern the window on a screen, and change nothing.

    Returns
    -------
    fig : matplotlib.figure.Figure

    Raises
    ------
    TypeError, ValueError
        If an argument is outside the values listed above.

    Notes
    -----
    MATLAB: ``figure``, ``fig = figure("Visible","off","Position",[0 0 900 300])``

    Python: ``figure()``, ``fig = figure("Visible", "off", "Position", [0, 0, 900, 300])``

    Differs: figures are matplotlib's: ``plt.show()`` shows them. Options of a window are taken and change nothing.

    Examples
    --------
    >>> import matplotlib; matplotlib.use("agg")
    >>> figure("Position", [0, 0, 300, 200]).axes
    []
    """
    rest = list(arguments)
    plt = pyplot()
    first = rest.pop(0) if rest and as_text(rest[0]) is None else None
    given = NameValues.parse(rest, options, _FIGURE_OPTIONS)
    for name, words in WINDOW_OPTIONS.items():
        if name in given:
            given.read(name, None, _window_option, words)
    units = given.read("Units", "pixels", text_choice, tuple(_UNITS))
    size = None
    for name in ("OuterPosition", "Position"):
        if name in given:
            size = given.read(name, None, _size, units)
    colour = given.read("Color", None, colour_of) if "Color" in given else None
    if is_figure(first):
        plt.figure(first)
    else:
        plt.figure(None if first is None else positive_integer("n", first))
    current: Figure = plt.gcf()
    if size is not None:
        inch = _UNITS[units] or current.dpi
        current.set_size_inches(size[0] / inch, size[1] / inch)
    if colour is not None:
        current.set_facecolor(colour)
    return current


def _window_option(name: str, value: object, words: tuple[str, ...]) -> None:
    if words == _SWITCH and as_text(value) is None:
        truth(name, value, '"on", "off", true or false')
    elif words:
        text_choice(name, value, words)
    elif as_text(value) is None:
        raise TypeError(expected(name, "a text", value))


def _size(name: str, value: object, units: str) -> tuple[float, float]:
    """Width and height, in pixels or in their own unit."""
    allowed = "[left bottom width height], the last two of a pixel or more"
    values = [float(x) for x in numbers(name, value, allowed).tolist()]
    if len(values) != 4 or not all(math.isfinite(x) for x in values):
        raise ValueError(expected(name, allowed, value))
    width, height = (values[2] * 1920, values[3] * 1080) if units == "normalized" else values[2:]
    least = 1 if units in ("pixels", "normalized") else 0.02 * _UNITS[units]
    if not least <= min(width, height) or max(width, height) > 2**15:
        raise ValueError(expected(name, allowed, value))
    return width, height


def colour_of(name: str, value: object) -> Any:
    from matplotlib.colors import is_color_like, to_rgb

    allowed = "the name of a colour or [red green blue] of 0…1"
    text = as_text(value)
    if text is not None:
        found: Any = _COLOURS.get(text.lower(), text)
        if not is_color_like(found) or text.lower() == "none":
            raise ValueError(expected(name, allowed, value))
        return to_rgb(found)
    array = as_array(value)
    if array is None or array.dtype.kind not in "uif" or array.size != 3 or not ((array >= 0) & (array <= 1)).all():
        raise ValueError(expected(name, allowed, value))
    return tuple(float(x) for x in array.ravel())


def gcf() -> Figure:
    """The current figure; a new one where there is none.

    Notes
    -----
    MATLAB: ``gcf``

    Python: ``gcf()``

    Differs: nothing.

    Examples
    --------
    >>> import matplotlib; matplotlib.use("agg")
    >>> gcf() is figure()
    False
    """
    return pyplot().gcf()  # type: ignore[no-any-return]


def gca() -> Axes:
    """The current axes; a new one where there is none.

    Notes
    -----
    MATLAB: ``gca``

    Python: ``gca()``

    Differs: nothing.

    Examples
    --------
    >>> import matplotlib; matplotlib.use("agg")
    >>> gca() is gca()
    True
    """
    return pyplot().gca()  # type: ignore[no-any-return]


def close(*which: object) -> None:
    """Close figures: the current one, or those that are given.

    Parameters
    ----------
    which : "all", int, matplotlib.figure.Figure, or a list of these, optional
        "force" and "hidden" beside them change nothing.

    Raises
    ------
    TypeError, ValueError
        If it is none of these.

    Notes
    -----
    MATLAB: ``close``, ``close(fig)``, ``close all``

    Python: ``close()``, ``close(fig)``, ``close("all")``

    Differs: nothing.

    Examples
    --------
    >>> import matplotlib; matplotlib.use("agg")
    >>> close("all")
    """
    plt = pyplot()
    words = {word.lower() for word in map(as_text, which) if word is not None}
    if not words <= {"all", "force", "hidden"}:
        raise ValueError(expected("close", "one of all, force, hidden, or a figure", which[0]))
    named = [part for part in which if as_text(part) is None]
    if "all" in words:
        plt.close("all")
    elif not named and plt.get_fignums():
        plt.close(plt.gcf())
    for part in named:
        for each in part if isinstance(part, list | tuple) else [part]:
            plt.close(each if is_figure(each) else positive_integer("close", each))


def subplot(m: object, n: object = None, p: object = None) -> Axes:
    """Axes in a grid of `m` rows and `n` columns; current from now on.

    Parameters
    ----------
    m, n : int
        The grid; ``subplot(221)`` is ``subplot(2, 2, 1)``.
    p : int or vector of int
        Which cell, from 1 and row by row; of several, the axes spans all of them.

    Returns
    -------
    ax : matplotlib.axes.Axes
        The one that is at this place already, or a new one, for which those are deleted that it would overlap.

    Raises
    ------
    TypeError, ValueError
        If an argument is outside the values listed above.

    Notes
    -----
    MATLAB: ``subplot(2,2,1)``, ``subplot(221)``, ``subplot(2,2,[1 3])``

    Python: ``subplot(2, 2, 1)``, ``subplot(221)``, ``subplot(2, 2, [1, 3])``

    Differs: ``subplot("Position",…)`` is matplotlib's ``gcf().add_axes``.

    Examples
    --------
    >>> import matplotlib; matplotlib.use("agg")
    >>> subplot(1, 2, 2).get_title()
    ''
    """
    if is_axes(m) and n is None and p is None:
        pyplot().sca(m)
        return m  # type: ignore[return-value]
    if n is None and p is None:
        code = positive_integer("mnp", m)
        if not 111 <= code <= 999 or "0" in str(code):
            raise ValueError(expected("mnp", "three digits of 1 to 9", m))
        m, n, p = (int(digit) for digit in str(code))
    rows, cols = positive_integer("m", m), positive_integer("n", n)
    if rows * cols > _MOST_CELLS:
        raise ValueError(expected("m and n", f"a grid of at most {_MOST_CELLS} axes", [m, n]))
    cells = np.array(positive_integers("p", p, "a cell of the grid, or several")) - 1
    if cells.max() >= rows * cols:
        raise ValueError(expected("p", f"at most {rows * cols}, the axes of the grid", p))
    row, col = cells // cols, cells % cols
    row0, row1, col0, col1 = int(row.min()), int(row.max()) + 1, int(col.min()), int(col.max()) + 1
    place = (rows, cols, row0, row1, col0, col1)
    current = pyplot().gcf()
    if kept(current, LAYOUT, None) is not None:  # in whose place the grid comes
        current.clear()
        current.set_layout_engine("none")
        setattr(current, LAYOUT, None)
    for axes in current.axes:
        if kept(axes, PLACE, None) == place:
            pyplot().sca(axes)
            return axes
    grid = current.add_gridspec(rows, cols, **_GRID)
    made: Axes = current.add_subplot(grid[row0:row1, col0:col1])
    for axes in list(current.axes):
        if axes is not made and axes in current.axes and not _is_bar(axes, current) and _overlap(axes, made, place):
            remove_colorbar(axes)
            axes.remove()
    setattr(made, PLACE, place)
    pyplot().sca(made)
    return made


def _is_bar(axes: Axes, figure: Figure) -> bool:
    bars = [kept(other, BAR, None) for other in figure.axes]
    return any(bar is not None and bar.ax is axes for bar in bars)


def _overlap(axes: Axes, made: Axes, place: tuple[int, ...]) -> bool:
    """Whether two axes share more than an edge: by their cells, or where they are drawn."""
    other = kept(axes, PLACE, None)
    if other is None:
        one, two = axes.get_position(), made.get_position()
        left, right, top, bottom = one.x0, one.x1, one.y0, one.y1
        x0, x1, y0, y1 = two.x0, two.x1, two.y0, two.y1
    else:
        (left, right, top, bottom), (x0, x1, y0, y1) = _rectangle(other), _rectangle(place)
    return bool(min(right, x1) - max(left, x0) > 1e-9 and min(bottom, y1) - max(top, y0) > 1e-9)


def _rectangle(place: tuple[int, ...]) -> tuple[float, ...]:
    rows, cols, row0, row1, col0, col1 = place
    return col0 / cols, col1 / cols, row0 / rows, row1 / rows
