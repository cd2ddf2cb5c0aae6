"""Bars of colours beside axes."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from ..arguments import as_text, expected, numbers, text_choice
from ..lettering import drawable
from ..name_values import NameValues
from ..strings import as_strings
from .axes import BAR, axes_first, matrices, on_top, remove_colorbar
from .colours import clim
from .labels import font_size, lines_of
from .option_types import ColorbarOptions

__all__ = ["colorbar"]

# MATLAB's place of a colour bar → matplotlib's side, or a rectangle inside of the axes.
_OUTSIDE = {"eastoutside": "right", "westoutside": "left", "northoutside": "top", "southoutside": "bottom"}
_INSIDE = {
    "east": ((0.92, 0.05, 0.04, 0.9), "vertical"),
    "west": ((0.04, 0.05, 0.04, 0.9), "vertical"),
    "north": ((0.05, 0.92, 0.9, 0.04), "horizontal"),
    "south": ((0.05, 0.04, 0.9, 0.04), "horizontal"),
}
_LOCATIONS = (*_OUTSIDE, *_INSIDE)


class ColorBar:
    """The handle of a colour bar, with MATLAB's names: ``bar.Label.String = "drop"``, ``bar.Ticks = [0, 1]``.

    Attributes
    ----------
    mappable : matplotlib.image.AxesImage
        Whose colours it shows.
    Label : Label
        ``Label.String`` is the text beside it.
    Ticks : numpy.ndarray
        The values with a mark.
    TickLabels : list of str
        What is written there.
    Limits : numpy.ndarray
        The smallest and the largest value.
    Location : str
        Where it is, as MATLAB says it.
    """

    def __init__(self, bar: Any, location: str) -> None:
        self._bar = bar
        self._location = location
        self._label = BarLabel(bar)

    @property
    def mappable(self) -> Any:
        return self._bar.mappable

    @property
    def Location(self) -> str:
        return self._location

    @property
    def Label(self) -> BarLabel:
        return self._label

    @property
    def Ticks(self) -> NDArray[np.float64]:
        return np.asarray(self._bar.get_ticks(), dtype=np.float64)

    @Ticks.setter
    def Ticks(self, values: object) -> None:
        empty = np.size(np.asarray(values, dtype=object)) == 0
        self._bar.set_ticks([] if empty else _numbers("Ticks", values))

    @property
    def TickLabels(self) -> list[str]:
        return [text.get_text() for text in self._bar.ax.get_yticklabels() + self._bar.ax.get_xticklabels()]

    @TickLabels.setter
    def TickLabels(self, values: object) -> None:
        self._bar.set_ticks(self.Ticks, labels=_tick_labels("TickLabels", values, len(self.Ticks)))
        for text in self._bar.ax.get_yticklabels() + self._bar.ax.get_xticklabels():
            text.set_parse_math(False)

    @property
    def Limits(self) -> NDArray[np.float64]:
        return np.array(self.mappable.get_clim(), dtype=np.float64)

    @Limits.setter
    def Limits(self, values: object) -> None:
        clim(self.mappable.axes, values)

    def __setattr__(self, name: str, value: object) -> None:
        if not name.startswith("_") and name not in ("FontSize", "Limits", "Ticks", "TickLabels"):
            msg = f"A colour bar has Label, Ticks, TickLabels, Limits and FontSize to be set, but no {name}."
            raise AttributeError(msg)
        object.__setattr__(self, name, value)

    @property
    def FontSize(self) -> float:
        return float(self._bar.ax.yaxis.get_tick_params().get("labelsize", 10))

    @FontSize.setter
    def FontSize(self, value: object) -> None:
        self._bar.ax.tick_params(labelsize=font_size("FontSize", value))

    def remove(self) -> None:
        """Take it away, and give the axes its place back."""
        self._bar.remove()


class BarLabel:
    """The text beside a colour bar.

    Attributes
    ----------
    String : str
    FontSize : float
    """

    def __init__(self, bar: Any) -> None:
        self._bar = bar

    @property
    def _text(self) -> Any:
        axis = self._bar.ax.yaxis if self._bar.orientation == "vertical" else self._bar.ax.xaxis
        return axis.label

    @property
    def String(self) -> str:
        return str(self._text.get_text())

    @String.setter
    def String(self, value: object) -> None:
        self._text.set_parse_math(False)
        self._bar.set_label(drawable(lines_of("String", value)))

    @property
    def FontSize(self) -> float:
        return float(self._text.get_fontsize())

    @FontSize.setter
    def FontSize(self, value: object) -> None:
        self._text.set_fontsize(font_size("FontSize", value))

    def __setattr__(self, name: str, value: object) -> None:
        if name not in ("String", "FontSize", "_bar"):
            msg = f"The label of a colour bar has String and FontSize to be set, but no {name}."
            raise AttributeError(msg)
        object.__setattr__(self, name, value)


def colorbar(*arguments: object, **options: Unpack[ColorbarOptions]) -> ColorBar | None:
    """A bar of the colours of the matrix that is on top in an axes.

    Parameters
    ----------
    ax : matplotlib.axes.Axes, optional
        The current one by default.
    location : text, default "eastoutside"
        "eastoutside", "westoutside", "northoutside", "southoutside"; "east", "west", "north" and "south" lie inside.
        "off" takes the bar away. Also as ``Location=``.
    Ticks : vector of float, optional
        The values with a mark.
    TickLabels : vector of text, optional
        What is written there.
    FontSize : float, optional
        In points.
    Direction : {"normal", "reverse"}, default "normal"
        "reverse" begins with the largest value.

    Returns
    -------
    bar : ColorBar
        With MATLAB's names: ``bar.Label.String = "drop"``. None for "off".

    Raises
    ------
    TypeError, ValueError
        If there is no matrix, or an option is outside of the values listed above.

    Notes
    -----
    MATLAB: ``colorbar``, ``c = colorbar(ax,"southoutside")``, ``c.Label.String = "drop"``

    Python: ``colorbar()``, ``c = colorbar(ax, "southoutside")``, ``c.Label.String = "drop"``

    Differs: it needs a matrix in the axes.

    Examples
    --------
    >>> import matplotlib; matplotlib.use("agg")
    >>> from occlusion_sensitivity.matlab import imagesc
    >>> drawn = imagesc([[1, 2], [3, 4]])
    >>> colorbar().mappable is drawn
    True
    """
    axes, rest = axes_first(arguments)
    if len(rest) == 1 and str(as_text(rest[0])).lower() in ("off", "hide", "delete"):
        remove_colorbar(axes)
        return None
    if len(rest) % 2 and as_text(rest[0]) is not None:
        rest = ["Location", *rest]
    given = NameValues.parse(rest, options, ("Location", "Ticks", "TickLabels", "FontSize", "Direction"))
    location = given.read("Location", "eastoutside", text_choice, _LOCATIONS)
    ticks = given.read("Ticks", None, _numbers) if "Ticks" in given else None
    size = given.read("FontSize", None, font_size) if "FontSize" in given else None
    reverse = given.read("Direction", "normal", text_choice, ("normal", "reverse")) == "reverse"
    if ticks is not None and "TickLabels" in given:
        given.read("TickLabels", None, _tick_labels, len(ticks))
    image = on_top(matrices(axes), "colorbar")
    remove_colorbar(axes)
    if location in _OUTSIDE:
        bar = axes.figure.colorbar(image, ax=axes, location=_OUTSIDE[location])
    else:
        place, orientation = _INSIDE[location]
        bar = axes.figure.colorbar(image, cax=axes.inset_axes(place), orientation=orientation)
    _be_opaque(bar)
    # matplotlib gives the bar the opacity of the matrix whenever that changes.
    image.callbacks.connect("changed", lambda _: _be_opaque(bar))
    setattr(axes, BAR, bar)
    handle = ColorBar(bar, location)
    if ticks is not None:
        handle.Ticks = ticks
    if "TickLabels" in given:
        handle.TickLabels = given.value("TickLabels")
    if size is not None:
        handle.FontSize = size
    if reverse:
        (bar.ax.invert_yaxis if bar.orientation == "vertical" else bar.ax.invert_xaxis)()
    return handle


def _be_opaque(bar: Any) -> None:
    """As in MATLAB, whatever the opacity of the matrix."""
    if bar.solids is not None:
        bar.solids.set_alpha(1)


def _tick_labels(name: str, value: object, count: int) -> list[str]:
    texts = as_strings(value)
    labels = [] if texts is None else [drawable(text) for text in np.ravel(np.asarray(texts)).tolist()]
    if texts is None or len(labels) not in (0, count):
        raise ValueError(expected(name, f"a text for each of the {count} Ticks, or none", value))
    return labels or [""] * count


def _numbers(name: str, value: object) -> list[float]:
    allowed = "finite numbers in order"
    found: list[float] = numbers(name, value, allowed).astype(np.float64).tolist()
    if not np.isfinite(found).all() or sorted(found) != found:
        raise ValueError(expected(name, allowed, value))
    return found
