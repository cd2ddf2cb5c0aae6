"""Drawing maps over pictures, without a display: matplotlib's figures, never its pyplot."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from .colormaps import jet
from .framing import Box
from .lettering import DPI, broken, drawable, lettered, text_width
from .packages import missing
from .painting import Picture, Scale, Style, bar_colours

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import ListedColormap
    from matplotlib.figure import Figure

# What the SHA-256 of a photograph is called in a PNG file of its map.
PHOTOGRAPH = "Photograph-SHA256"
FORMATS = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".pdf": "pdf", ".svg": "svg"}
# Below this width of a figure, what is written no longer fits.
_NARROWEST = 460
# The shares of the strongest drop at which contours run.
_LEVELS = (0.25, 0.5, 0.75)


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One picture of a figure, and what is drawn on it. Places are in its pixels, from its upper left corner.

    Attributes
    ----------
    values : numpy.ndarray or None
        The map whose contours are drawn.
    box : (float, float, float, float) or None
        row0, row1, col0, col1 of the mask that is outlined.
    seen : (float, float, float, float) or None
        The part that the network saw, where that is not all.
    """

    picture: Picture
    title: str = ""
    values: NDArray[np.float32] | None = None
    box: Box | None = None
    seen: Box | None = None


@dataclass(frozen=True, slots=True)
class Bar:
    """The colour bar of a figure."""

    colours: NDArray[np.float64]
    scale: Scale
    label: str
    goes_below: bool

    @classmethod
    def of(
        cls, style: Style, scale: Scale, opacity: float, picture: Picture, drops: NDArray[Any], label: str
    ) -> "Bar | None":
        """None where there are no colours."""
        if scale.is_empty:
            return None
        lowest = float(np.min(drops[np.isfinite(drops)], initial=0.0))
        return cls(bar_colours(style, scale, opacity, picture), scale, label, lowest < scale.low)

    def draw(self, axes: "Axes", *, own_axes: bool) -> None:
        """Draw it into `axes`, or beside them."""
        from matplotlib.cm import ScalarMappable
        from matplotlib.colors import ListedColormap, Normalize

        colours = ListedColormap(self.colours)
        mappable = ScalarMappable(Normalize(self.scale.low, self.scale.high), colours)
        where: dict[str, Any] = {"cax": axes} if own_axes else {"ax": axes}
        extend = "min" if self.goes_below else "neither"
        bar = axes.figure.colorbar(mappable, **where, extend=extend, extendfrac=0.04)
        text, families = lettered(self.label)
        bar.set_label(text, fontfamily=families, parse_math=False)


def draw_panel(axes: "Axes", panel: Panel, scale: Scale, unit: float) -> None:
    """Draw a panel into axes; `unit` is the width of the thinnest line, in points."""
    rows, cols = panel.picture.shape[:2]
    # With an alpha channel: matplotlib makes floating-point numbers of a picture without one.
    opaque = np.dstack([panel.picture, np.full((rows, cols), 255, dtype=np.uint8)])
    axes.imshow(opaque, interpolation="none", extent=(0, cols, rows, 0), aspect="equal")
    if panel.values is not None:
        _draw_contours(axes, panel.values, scale, unit)
    axes.set(xlim=(0, cols), ylim=(rows, 0))
    if panel.seen is not None:
        _outline(axes, panel.seen, unit, dashes=(4, 3))
    if panel.box is not None:
        _outline(axes, panel.box, 1.4 * unit)
    axes.set_axis_off()


def _draw_contours(axes: "Axes", values: NDArray[np.float32], scale: Scale, unit: float) -> None:
    from matplotlib.patheffects import withStroke

    rows, cols = values.shape
    finite = values[np.isfinite(values)]
    low, high = float(finite.min(initial=np.inf)), float(finite.max(initial=-np.inf))
    wanted = [sign * share * scale.high for sign in ((-1, 1) if scale.low < 0 else (1,)) for share in _LEVELS]
    levels = sorted(level for level in wanted if low < level < high)
    if not levels or min(rows, cols) < 2:
        return
    lines = axes.contour(
        np.arange(cols) + 0.5,
        np.arange(rows) + 0.5,
        np.ma.masked_invalid(values),
        levels=levels,
        colors=[tuple(map(float, colour)) for colour in scale.colours_of(np.array(levels))],
        linewidths=1.6 * unit,
        linestyles="solid",
    )
    lines.set(path_effects=[withStroke(linewidth=3.2 * unit, foreground="black", alpha=0.55)])


def _outline(axes: "Axes", box: Box, width: float, dashes: tuple[float, float] | None = None) -> None:
    """A white line with a black edge, which is seen on every photograph and beside it; cut to the picture."""
    from matplotlib.patches import Rectangle

    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    row0, row1 = np.clip(box[:2], top, bottom)
    col0, col1 = np.clip(box[2:], left, right)
    for colour, thickness in (("black", 2.2 * width), ("white", width)):
        style: Any = (0, dashes) if dashes is not None and colour == "white" else "solid"
        axes.add_patch(
            Rectangle(
                (col0, row0),
                col1 - col0,
                row1 - row0,
                fill=False,
                color=colour,
                linewidth=thickness,
                linestyle=style,
                clip_on=False,
            )
        )


def map_figure(panels: Sequence[Sequence[Panel]], scale: Scale, bar: Bar | None, caption: str) -> "Figure":
    """Rows of panels of one size, pixel for pixel, with titles, a colour bar on the right, and a caption below."""
    check_installed()
    layout = _Layout.of(panels, bar, caption)
    figure = new_figure((layout.width / DPI, layout.height / DPI), layout=None)
    high, wide = panels[0][0].picture.shape[:2]
    # In a picture of few rows, thick lines would leave nothing to see.
    unit = min(layout.font, min(high, wide) / 5) / 12
    for row, titles, top in zip(panels, layout.titles, layout.tops, strict=True):
        for column, (panel, title) in enumerate(zip(row, titles, strict=True)):
            left = layout.left + column * (wide + layout.pad)
            draw_panel(layout.axes(figure, left, top, wide, high), panel, scale, unit)
            place = (left + wide / 2, layout.height - top + layout.pad // 2)
            _write(figure, title, place, layout.font, ha="center", va="bottom")
    if bar is not None:
        _draw_bar(figure, bar, layout, layout.tops[-1] + high - layout.tops[0])
    _write(figure, layout.words, (layout.pad, layout.pad * 0.6), layout.small, ha="left", va="bottom", alpha=0.75)
    return figure


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """Where everything of a figure is, in pixels from its upper left corner.

    Attributes
    ----------
    font, small : float
        Sizes of the text and of the caption; every other measure follows from them.
    titles : list of list of list of str
        The lines above each panel.
    tops : list of int
        The first row of each row of panels.
    right : int
        Where the panels end.
    lowest_bar : int
        The least height of the colour bar: its label is as long.
    """

    width: int
    height: int
    font: float
    small: float
    pad: int
    left: int
    right: int
    tops: list[int]
    titles: list[list[list[str]]]
    words: list[str]
    lowest_bar: int

    @classmethod
    def of(cls, panels: Sequence[Sequence[Panel]], bar: Bar | None, caption: str) -> "_Layout":
        high, wide = panels[0][0].picture.shape[:2]
        font = 15 * float(np.clip(max(high, wide) / 900, 0.9, 1.8))
        pad = round(font)
        beside = round(8.5 * font) if bar is not None else 0
        columns = max(map(len, panels))
        block = columns * wide + (columns - 1) * pad
        width = max(block + beside + 2 * pad, _NARROWEST)
        left = max(pad, (width - beside - block) // 2)

        room = max(wide, width - 2 * pad - beside) if columns == 1 else wide
        titles = [[_lines(panel.title, room, font) for panel in row] for row in panels]
        tops, bottom = [], pad // 2
        for row in titles:
            tops.append(bottom + round(1.35 * font * max(map(len, row))) + pad // 2)
            bottom = tops[-1] + high + pad // 2
        lowest_bar = round(max(9 * font, text_width(bar.label, 0.8 * font))) if bar is not None else 0
        bottom = max(bottom, tops[0] + lowest_bar, round(12 * font))

        words, small = _smaller(caption, width - 2 * pad, 0.8 * font)
        height = bottom + pad // 2 + round(1.35 * small * len(words)) + (pad if words else 0)
        return cls(
            width=width, height=height, font=font, small=small, pad=pad, left=left, right=left + block, tops=tops,
            titles=titles, words=words, lowest_bar=lowest_bar,
        )  # fmt: skip

    def axes(self, figure: "Figure", left: float, top: float, wide: float, high: float) -> "Axes":
        """New axes at a place in pixels."""
        height = self.height
        return figure.add_axes((left / self.width, 1 - (top + high) / height, wide / self.width, high / height))


def _draw_bar(figure: "Figure", bar: Bar, layout: _Layout, high: int) -> None:
    """Draw the colour bar beside panels of that height."""
    font, high = layout.font, max(high, layout.lowest_bar)
    axes = layout.axes(figure, layout.right + round(1.2 * font), layout.tops[0], 1.2 * font, high)
    bar.draw(axes, own_axes=True)
    points = 0.8 * font * 72 / DPI
    axes.tick_params(labelsize=points, width=font / 20, length=font / 4)
    axes.yaxis.label.set_fontsize(points)
    axes.yaxis.get_offset_text().set_fontsize(points)


def _lines(text: str, width: float, size: float) -> list[str]:
    return broken(text, width, size) if text else []


def _smaller(text: str, width: float, size: float) -> tuple[list[str], float]:
    """A text in one line, somewhat smaller if that makes it fit; else in lines. And its size."""
    for smaller in (size, 0.85 * size):
        lines = _lines(text, width, smaller)
        if len(lines) < 2:
            break
    return lines, smaller


def _write(figure: "Figure", lines: Sequence[str], place: tuple[float, float], size: float, **how: Any) -> None:
    """Write lines at a place in pixels from the lower left corner."""
    if not lines:
        return
    text, families = lettered("\n".join(lines))
    width, height = figure.get_size_inches() * DPI
    figure.text(
        *(place[0] / width, place[1] / height),
        text,
        fontsize=size * 72 / DPI,
        fontfamily=families,
        parse_math=False,
        linespacing=1.2,
        **how,
    )


def encoded_figure(figure: "Figure", form: str, about: Mapping[str, str] | None = None) -> bytes:
    """A figure as the content of a file, without the time at which it was written; a PNG file says `about` what."""
    options: dict[str, dict[str, Any]] = {
        "png": {"metadata": about},
        "jpeg": {"pil_kwargs": {"quality": 92}},
        "pdf": {"metadata": {"CreationDate": None}},
        "svg": {"metadata": {"Date": None}},
    }
    buffer = io.BytesIO()
    figure.savefig(buffer, format=form, dpi=DPI, **options[form])
    return buffer.getvalue()


def comparison_png(reference: NDArray[Any], found: NDArray[Any], source: str) -> bytes:
    """A reference's map, this package's, and their difference side by side, as a PNG file.

    Parameters
    ----------
    reference, found : rows × columns (× K), the same shape; of several maps the one that differs most is drawn.
    source : who computed the reference.
    """
    one, other = (maps.astype(np.float64).reshape(*maps.shape[:2], -1) for maps in (reference, found))
    apart = other - one
    k = int(np.argmax(np.nan_to_num(np.abs(apart), nan=np.inf).max(axis=(0, 1))))
    figure = new_figure((10.5, 3.0), layout=None)
    low, high = float(np.nanmin(one[..., k])), float(np.nanmax(one[..., k]))
    panels = ((source, one, low, high), ("here", other, low, high), ("here - " + source, apart, None, None))
    for axes, (title, maps, smallest, largest) in zip(figure.subplots(1, 3), panels, strict=True):
        shown = axes.imshow(maps[..., k], cmap=_jet(), vmin=smallest, vmax=largest, interpolation="nearest")
        figure.colorbar(shown, ax=axes)
        axes.set_title(drawable(title if maps.shape[2] == 1 else f"{title}, map {k + 1}"), parse_math=False)
        axes.set_axis_off()
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=70)
    return buffer.getvalue()


def check_installed() -> None:
    """Raise an ImportError that says how to install matplotlib, unless it is there."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise missing("Drawing needs", "matplotlib", "pictures", error) from error


def new_figure(size: tuple[float, float], layout: Literal["constrained"] | None = "constrained") -> "Figure":
    """A figure of its own, not pyplot's: nothing global is touched, and no display is needed."""
    check_installed()
    from matplotlib.figure import Figure

    return Figure(figsize=size, layout=layout)


def _jet() -> "ListedColormap":
    from matplotlib.colors import ListedColormap

    return ListedColormap(jet())
