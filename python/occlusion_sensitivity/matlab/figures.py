"""Figures, and the axes in them."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..arguments import (
    as_text,
    expected,
    numbers,
    positive_integer,
    positive_integers,
    shown,
    text_choice,
    texts_in,
    truth,
)
from ..name_values import NameValues
from .axes import BAR, HELD, PLACE, axes_first, is_axes, is_figure, kept, pyplot

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["axis", "close", "figure", "gca", "gcf", "hold", "subplot"]

# Options of a figure that concern its window on a screen alone: they change nothing here.
WINDOW_OPTIONS = (
    *("DockControls", "MenuBar", "Name", "NumberTitle", "Renderer", "Resize", "ToolBar", "Units", "Visible"),
    *("WindowState", "WindowStyle"),
)
_FIGURE_OPTIONS = ("Position", "OuterPosition", "Color", *WINDOW_OPTIONS)
_AXIS_WORDS = ("auto", "equal", "fill", "ij", "image", "manual", "normal", "off", "on", "square", "tight", "xy")


def figure(*arguments: object, **options: object) -> "Figure":
    """A new figure, or one that there is; current from now on.

    Parameters
    ----------
    n : int or matplotlib.figure.Figure, optional
        Its number, or the figure.
    Position, OuterPosition : (left, bottom, width, height), optional
        The last two are its size in pixels, or with ``Units="normalized"`` in parts of 1920×1080; the first two, where
        it is on the screen, change nothing.
    Color : text or (red, green, blue), optional
        Behind the axes.
    Visible, Name, NumberTitle, MenuBar, ToolBar, DockControls, Renderer, Resize, Units, WindowState, WindowStyle
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
    for name in WINDOW_OPTIONS:
        if name in given and as_text(given.value(name)) is None:
            given.read(name, None, truth, "a text, or true or false")
    units = as_text(given.value("Units", "pixels"))
    size = None
    for name in ("OuterPosition", "Position"):
        if name in given:
            size = given.read(name, None, _size, units == "normalized")
    colour = given.read("Color", None, colour_of) if "Color" in given else None
    if is_figure(first):
        plt.figure(first)
    else:
        plt.figure(None if first is None else positive_integer("n", first))
    current: Figure = plt.gcf()
    if size is not None:
        current.set_size_inches(size[0] / current.dpi, size[1] / current.dpi)
    if colour is not None:
        current.set_facecolor(colour)
    return current


def _size(name: str, value: object, normalized: bool) -> tuple[float, float]:
    allowed = "[left bottom width height], the last two positive"
    values = [float(x) for x in numbers(name, value, allowed).tolist()]
    if len(values) != 4 or not all(math.isfinite(x) for x in values) or min(values[2:]) <= 0 or max(values) > 2**15:
        raise ValueError(expected(name, allowed, value))
    return (values[2] * 1920, values[3] * 1080) if normalized else (values[2], values[3])


def colour_of(name: str, value: object) -> Any:
    from matplotlib.colors import is_color_like, to_rgb

    colour = as_text(value)
    found: Any = colour if colour is not None else tuple(np.ravel(np.asarray(value)).tolist())
    if not is_color_like(found):
        raise ValueError(expected(name, "the name of a colour or [red green blue] of 0…1", value))
    return to_rgb(found)


def gcf() -> "Figure":
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


def gca() -> "Axes":
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
    which : "all", int, or matplotlib.figure.Figure, optional

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
    if not which:
        if plt.get_fignums():
            plt.close(plt.gcf())
        return
    for word in which:
        if as_text(word) is not None:
            text_choice("close", word, ("all", "force", "hidden"))
            plt.close("all")
        elif is_figure(word):
            plt.close(word)
        else:
            plt.close(positive_integer("close", word))


def subplot(m: object, n: object = None, p: object = None) -> "Axes":
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
    cells = np.array(positive_integers("p", p, "a cell of the grid, or several")) - 1
    if cells.max() >= rows * cols:
        raise ValueError(expected("p", f"at most {rows * cols}, the axes of the grid", p))
    row, col = cells // cols, cells % cols
    place = (rows, cols, int(row.min()) * cols + int(col.min()) + 1, int(row.max()) * cols + int(col.max()) + 1)
    current = pyplot().gcf()
    for axes in current.axes:
        if kept(axes, PLACE, None) == place:
            pyplot().sca(axes)
            return axes
    made: Axes = current.add_subplot(rows, cols, place[2:])
    for axes in list(current.axes):
        other = kept(axes, PLACE, None)
        if other is not None and _overlap(place, other):
            if kept(axes, BAR, None) is not None:
                axes.__dict__[BAR].remove()
            axes.remove()
    setattr(made, PLACE, place)
    pyplot().sca(made)
    return made


def _overlap(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether two places share more than an edge."""
    (left, right, top, bottom), (x0, x1, y0, y1) = _rectangle(one), _rectangle(other)
    return min(right, x1) - max(left, x0) > 1e-9 and min(bottom, y1) - max(top, y0) > 1e-9


def _rectangle(place: tuple[int, ...]) -> tuple[float, ...]:
    rows, cols, first, last = place
    (row0, col0), (row1, col1) = divmod(first - 1, cols), divmod(last - 1, cols)
    return col0 / cols, (col1 + 1) / cols, row0 / rows, (row1 + 1) / rows


def hold(*arguments: object) -> None:
    """Whether an axes keeps what is drawn: ``hold("on")``, ``hold("off")``, ``hold()`` to toggle.

    Parameters
    ----------
    ax : matplotlib.axes.Axes, optional
        The current one by default.
    state : {"on", "off"} or bool, optional

    Raises
    ------
    TypeError, ValueError
        If state is another text or value.

    Notes
    -----
    MATLAB: ``hold on``, ``hold(ax,"off")``

    Python: ``hold("on")``, ``hold(ax, "off")``

    Differs: nothing.

    Examples
    --------
    >>> import matplotlib; matplotlib.use("agg")
    >>> hold("on")
    """
    axes, rest = axes_first(arguments)
    if len(rest) > 1:
        msg = f"hold takes an axes and a state, but got {shown(arguments)}."
        raise ValueError(msg)
    if not rest:
        on = not kept(axes, HELD, False)
    elif as_text(rest[0]) is None:
        on = truth("hold", rest[0], '"on", "off", true or false')
    else:
        on = text_choice("hold", rest[0], ("on", "off")) == "on"
    setattr(axes, HELD, on)


def axis(*arguments: object) -> NDArray[np.float64] | None:
    """Limits and looks of an axes.

    Parameters
    ----------
    ax : matplotlib.axes.Axes, optional
        The current one by default.
    words : text, or several
        "on" and "off": whether lines and numbers are drawn. "equal": one unit is as long along both axes; "image" also
        fits the limits; "square"; "normal", "fill" and "auto" fill the place. "tight" and "auto" fit the limits,
        "manual" keeps them. "ij": rows count down; "xy": up.
    limits : [xmin xmax ymin ymax], instead

    Returns
    -------
    limits : numpy.ndarray
        Where nothing but an axes is given; else None.

    Raises
    ------
    TypeError, ValueError
        If there is another word, or limits are not in order.

    Notes
    -----
    MATLAB: ``axis image off``, ``axis(ax,"off")``, ``axis([0 10 0 5])``

    Python: ``axis("image", "off")``, ``axis(ax, "off")``, ``axis([0, 10, 0, 5])``

    Differs: nothing.

    Examples
    --------
    >>> import matplotlib; matplotlib.use("agg")
    >>> axis([0, 10, 0, 5])
    >>> axis()
    array([ 0., 10.,  0.,  5.])
    """
    axes, rest = axes_first(arguments)
    if not rest:
        return np.array([*sorted(axes.get_xlim()), *sorted(axes.get_ylim())])
    if texts_in(rest[0]) is None:
        allowed = "words such as off, image or equal, or limits [xmin xmax ymin ymax]"
        limits = numbers("axis", rest[0], allowed).astype(float).tolist()
        if len(limits) != 4 or not (limits[0] < limits[1] and limits[2] < limits[3]) or not np.isfinite(limits).all():
            raise ValueError(expected("axis", f"{allowed} in order", rest[0]))
        down = axes.yaxis_inverted()
        axes.set_xlim(limits[0], limits[1])
        axes.set_ylim(*(limits[:1:-1] if down else limits[2:]))
        return None
    words = [word for part in rest for text in (texts_in(part) or [""]) for word in text.split()]
    for word in [text_choice("axis", word, _AXIS_WORDS) for word in words]:
        _apply(axes, word)
    return None


def _apply(axes: "Axes", word: str) -> None:
    if word in ("on", "off"):
        axes.set_axis_on() if word == "on" else axes.set_axis_off()
    elif word in ("ij", "xy"):
        if axes.yaxis_inverted() != (word == "ij"):
            axes.invert_yaxis()
    elif word == "square":
        axes.set_box_aspect(1)
    elif word in ("equal", "image"):
        axes.set_aspect("equal", adjustable="datalim" if word == "equal" and not axes.images else "box")
    elif word in ("normal", "fill", "auto"):
        axes.set_box_aspect(None)
        axes.set_aspect("auto")
    if word in ("image", "tight", "auto"):
        _fit_limits(axes)


def _fit_limits(axes: "Axes") -> None:
    """As narrow as what is drawn; pictures with their whole pixels."""
    if not axes.images:
        axes.autoscale(tight=True)
        return
    edges = np.array([image.get_extent() for image in axes.images])
    down = axes.yaxis_inverted()
    axes.set_xlim(edges[:, :2].min(), edges[:, :2].max())
    low, high = edges[:, 2:].min(), edges[:, 2:].max()
    axes.set_ylim(*((high, low) if down else (low, high)))
