"""Tiled layouts: axes in a grid that is filled tile by tile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from ..arguments import as_text, expected, positive_integer, positive_integers, shown, text_choice
from ..name_values import NameValues
from .axes import LAYOUT, is_figure, pyplot
from .option_types import TiledlayoutOptions

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["nexttile", "tiledlayout"]

# MATLAB's words → the room between tiles, and around them in inches.
_SPACING = {"loose": 0.1, "normal": 0.1, "compact": 0.03, "tight": 0.01, "none": 0.0}
_MOST_TILES = 10_000
_PADDING = {"loose": 0.25, "normal": 0.25, "compact": 0.06, "tight": 0.02, "none": 0.0}


class TiledLayout:
    """A grid of tiles in a figure, made by :func:`tiledlayout`; ``title(t, …)`` and ``xlabel(t, …)`` stand around it.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
    GridSize : (int, int)
        Rows and columns.
    TileSpacing, Padding : {"loose", "compact", "tight", "none"}
        Room between the tiles, and around them.
    """

    def __init__(self, figure: Figure, size: tuple[int, int] | None) -> None:
        self.figure = figure
        self._flow = size is None
        self._size = size or (1, 1)
        self._grid: Any = None
        figure.set_layout_engine("constrained")
        self._engine: Any = figure.get_layout_engine()
        self._tiles: list[tuple[Axes, int, tuple[int, int]]] = []  # axes, first tile from 0, rows and columns

    @property
    def GridSize(self) -> tuple[int, int]:
        return self._size

    @property
    def TileSpacing(self) -> str:
        return self._spacing

    @TileSpacing.setter
    def TileSpacing(self, value: object) -> None:
        self._spacing = text_choice("TileSpacing", value, tuple(_SPACING))
        room = _SPACING[self._spacing]
        self._engine.set(wspace=room, hspace=room)

    @property
    def Padding(self) -> str:
        return self._padding

    @Padding.setter
    def Padding(self, value: object) -> None:
        self._padding = text_choice("Padding", value, tuple(_PADDING))
        room = _PADDING[self._padding] / 2
        self._engine.set(w_pad=room, h_pad=room)

    def __setattr__(self, name: str, value: object) -> None:
        if not name.startswith("_") and name not in ("figure", "TileSpacing", "Padding"):
            msg = f"A layout has TileSpacing and Padding to be set, but no {name}."
            raise AttributeError(msg)
        object.__setattr__(self, name, value)

    def next(self, tile: int | None, span: tuple[int, int]) -> Axes:
        """The axes of a tile, from 0; a new one at the first free place where there is none, or none is named."""
        if tile is not None:
            for axes, first, _ in self._tiles:
                if first == tile:
                    return axes
        wanted = self._free(span) if tile is None else tile
        while wanted is None or not self._is_inside(wanted, span):
            if not self._flow:
                return self._full(tile, span)
            self._grow()
            wanted = self._free(span) if tile is None else tile
        axes = self.figure.add_subplot(self._cells(wanted, span))
        self._tiles.append((axes, wanted, span))
        return axes

    def _full(self, tile: int | None, span: tuple[int, int]) -> Axes:
        rows, cols = self._size
        if tile is None:
            msg = f"There is no free place of {span[0]}×{span[1]} tiles left in the layout of {rows}×{cols}."
            raise ValueError(msg)
        raise ValueError(expected("tilelocation", f"a tile of the layout, 1 to {rows * cols}, with its span", tile + 1))

    def _is_inside(self, first: int, span: tuple[int, int]) -> bool:
        rows, cols = self._size
        row, col = divmod(first, cols)
        return row + span[0] <= rows and col + span[1] <= cols

    def _taken(self) -> set[tuple[int, int]]:
        cols = self._size[1]
        return {
            (first // cols + row, first % cols + col)
            for _, first, span in self._tiles
            for row in range(span[0])
            for col in range(span[1])
        }

    def _free(self, span: tuple[int, int]) -> int | None:
        rows, cols = self._size
        taken = self._taken()
        for first in range(rows * cols):
            row, col = divmod(first, cols)
            wanted = {(row + r, col + c) for r in range(span[0]) for c in range(span[1])}
            if self._is_inside(first, span) and not wanted & taken:
                return first
        return None

    def _grow(self) -> None:
        """One more column or row, whichever there are fewer of; tiles keep their order."""
        rows, cols = self._size
        self._size = (rows, cols + 1) if cols <= rows else (rows + 1, cols)
        old, self._tiles = self._tiles, []
        for axes, _, span in old:
            first = self._free(span)
            while first is None:
                self._size = (self._size[0] + 1, self._size[1])
                first = self._free(span)
            self._tiles.append((axes, first, span))
        for axes, first, span in self._tiles:
            axes.set_subplotspec(self._cells(first, span))

    def _cells(self, first: int, span: tuple[int, int]) -> Any:
        # One grid for all tiles: matplotlib keeps tiles of several apart from each other in nothing.
        if self._grid is None or self._grid.get_geometry() != self._size:
            self._grid = self.figure.add_gridspec(*self._size)
        row, col = divmod(first, self._size[1])
        return self._grid[row : row + span[0], col : col + span[1]]


def tiledlayout(*arguments: object, **options: Unpack[TiledlayoutOptions]) -> TiledLayout:
    """A layout of tiles in the current figure, in the place of what is in it; :func:`nexttile` fills it.

    Parameters
    ----------
    fig : matplotlib.figure.Figure, optional
        First argument; the current one by default.
    m, n : int
        Rows and columns; or "flow", the default, for a grid that grows with its tiles.
    TileSpacing, Padding : {"loose", "compact", "tight", "none"}, default "loose"
        Room between the tiles, and around them.

    Returns
    -------
    t : TiledLayout

    Raises
    ------
    TypeError, ValueError
        If an argument is outside the values listed above.

    Notes
    -----
    MATLAB: ``t = tiledlayout(2,3,"TileSpacing","compact")``

    Python: ``t = tiledlayout(2, 3, "TileSpacing", "compact")``

    Differs: "flow" lays its tiles out as square as can be, whatever the figure's shape.

    Examples
    --------
    >>> import matplotlib; matplotlib.use("agg")
    >>> t = tiledlayout(1, 2)
    >>> nexttile() is nexttile(1)
    True
    """
    rest = list(arguments)
    current = pyplot().gcf()
    if rest and is_figure(rest[0]):
        current = rest.pop(0)
    size: tuple[int, int] | None = None
    if rest and as_text(rest[0]) is None:
        if len(rest) < 2:
            raise ValueError(expected("The grid", "rows and columns, two positive integers", rest[0]))
        size = positive_integer("m", rest.pop(0)), positive_integer("n", rest.pop(0))
    elif rest and str(as_text(rest[0])).lower() == "flow":
        rest.pop(0)
    given = NameValues.parse(rest, options, ("TileSpacing", "Padding"))
    between = given.read("TileSpacing", "loose", text_choice, tuple(_SPACING))
    around = given.read("Padding", "loose", text_choice, tuple(_PADDING))
    current.clear()
    layout = TiledLayout(current, size)
    layout.TileSpacing, layout.Padding = between, around
    setattr(current, LAYOUT, layout)
    return layout


def nexttile(*arguments: object) -> Axes:
    """Axes in the next free tile of a layout, or in one that is named; current from now on.

    Parameters
    ----------
    t : TiledLayout, optional
        That of the current figure by default; a new one that grows where there is none.
    tilelocation : int, optional
        Which tile, from 1 and row by row.
    span : (int, int), optional
        How many rows and columns of tiles the axes covers.

    Returns
    -------
    ax : matplotlib.axes.Axes

    Raises
    ------
    TypeError, ValueError
        If an argument is of another kind, or there is no such place.

    Notes
    -----
    MATLAB: ``nexttile``, ``ax = nexttile(3)``, ``nexttile([2 1])``, ``nexttile(t)``

    Python: ``nexttile()``, ``ax = nexttile(3)``, ``nexttile([2, 1])``, ``nexttile(t)``

    Differs: nothing.

    Examples
    --------
    >>> import matplotlib; matplotlib.use("agg")
    >>> t = tiledlayout(2, 2)
    >>> nexttile([2, 1]).get_title()
    ''
    """
    rest = list(arguments)
    plt = pyplot()
    if rest and isinstance(rest[0], TiledLayout):
        layout = rest.pop(0)
    else:
        layout = getattr(plt.gcf(), LAYOUT, None)
        if layout is None or layout.figure is not plt.gcf():
            layout = tiledlayout("flow")
    assert isinstance(layout, TiledLayout)
    tile, span = None, (1, 1)
    for part in rest:
        values = positive_integers("tilelocation or span", part, "a positive integer, or [rows columns]")
        if len(values) == 1 and tile is None:
            if values[0] > _MOST_TILES:
                raise ValueError(expected("tilelocation", f"at most {_MOST_TILES}", part))
            tile = values[0] - 1
        elif len(values) == 2 and span == (1, 1):
            span = (values[0], values[1])
        else:
            msg = f"nexttile takes a layout, a tile and a span, but got {shown(arguments)}."
            raise ValueError(msg)
    axes = layout.next(tile, span)
    plt.sca(axes)
    return axes
