"""An explanation → figures: which panels there are, and what stands on them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import checked_text, expected, numbers, positive_integer, positive_number, size_text, text_choice
from .framing import Box, Frame, shown_size
from .images import ImageLike
from .lettering import lettered, score_text
from .name_values import NameValues
from .option_types import Number
from .outputs import PAGES, check_holds, encoded_numbers
from .painting import (
    COLORMAPS,
    DEFAULT_OPACITY,
    STYLES,
    Colormap,
    Picture,
    Scale,
    Style,
    as_picture,
    brought_to,
    checked_maps,
    checked_picture,
    enlarged,
    mapped,
    overlaid,
    spotlit,
)
from .plotting import FORMATS, PHOTOGRAPH, Bar, Panel, check_installed, draw_panel, encoded_figure, map_figure
from .resizing import imresize

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from .explanation import Explanation

OPTION_NAMES = ("style", "colormap", "opacity", "frame", "longest_side")
# A picture that is smaller is drawn larger, pixel by pixel, so that what is written beside it fits.
SMALLEST_SIDE = 480
_LONGEST_SIDE = 20_000
_PANELS_IN_A_ROW = 5
FRAMES = ("photograph", "network")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """How an explanation is drawn. Every field is final; see Explanation.save."""

    style: Style
    colormap: Colormap
    opacity: float
    frame: Literal["photograph", "network"]
    longest_side: int

    @classmethod
    def parse(cls, given: NameValues) -> Self:
        return cls(
            style=given.read("style", "overlay", text_choice, STYLES),
            colormap=given.read("colormap", "jet", text_choice, COLORMAPS),
            opacity=given.read("opacity", DEFAULT_OPACITY, checked_opacity),
            frame=cast(Literal["photograph", "network"], given.read("frame", "photograph", text_choice, FRAMES)),
            longest_side=given.read("longest_side", 1600, _side),
        )


def checked_opacity(name: str, value: object) -> float:
    allowed = "a number from 0 to 1"
    vector = numbers(name, value, allowed)
    if vector.size != 1 or not 0 <= vector[0] <= 1:
        raise ValueError(expected(name, allowed, value))
    return float(vector[0])


def _side(name: str, value: object) -> int:
    side = positive_integer(name, value)
    if side > _LONGEST_SIDE:
        raise ValueError(expected(name, f"an integer from 1 to {_LONGEST_SIDE}", value))
    return side


@dataclass(frozen=True, slots=True)
class Ground:
    """The picture that is drawn on, and where the network's image lies in it."""

    picture: Picture
    frame: Frame

    @classmethod
    def of(cls, explanation: Explanation, drawing: Drawing, longest_side: int, *, smallest: int) -> Self:
        pixels, frame = explanation.photograph, explanation.frame
        if drawing.frame == "network":
            pixels, frame = explanation.image, Frame.of(frame.image_size, frame.image_size, "squash")
        return cls.drawn(pixels, explanation.photograph, frame, longest_side, smallest=smallest)

    @classmethod
    def drawn(
        cls, pixels: NDArray[Any], original: NDArray[Any], frame: Frame, longest_side: int, *, smallest: int
    ) -> Self:
        """Pixels in the size in which they are drawn; what their numbers mean, those of the original say."""
        rows, cols = shown_size(pixels.shape[:2], longest_side)
        if (rows, cols) != pixels.shape[:2]:
            pixels = imresize(pixels, [rows, cols])
        times = max(1, smallest // max(rows, cols))
        return cls(enlarged(as_picture(pixels, original), times), frame.scaled((rows * times, cols * times)))

    def values(self, explanation: Explanation, k: int) -> NDArray[np.float32]:
        """The map of a class in the size of the picture; NaN where the network did not see it."""
        return self.map_of(explanation.drops(k), explanation.options.output_upsampling)

    def map_of(self, drops: NDArray[np.float32], method: str) -> NDArray[np.float32]:
        """The same of drops on the mask grid; of K classes H×W×K."""
        row0, row1, col0, col1 = self.frame.seen
        found = np.full((*self.picture.shape[:2], *drops.shape[2:]), np.nan, dtype=np.float32)
        found[row0:row1, col0:col1] = brought_to((row1 - row0, col1 - col0), drops, method)
        return found

    def box(self, explanation: Explanation, k: int) -> Box | None:
        """The strongest mask; None where none lowers the score."""
        peak = explanation.peak(k, "network")
        if peak is None or peak.drop <= 0 or explanation.is_flat(k):
            return None
        row0, row1, col0, col1 = self.frame.in_photograph(np.array(peak.box)).tolist()
        return row0, row1, col0, col1

    @property
    def seen(self) -> Box | None:
        return None if self.frame.sees_all else self.frame.seen

    def panel(self, explanation: Explanation, drawing: Drawing, scale: Scale, k: int) -> Panel:
        """A class in one panel."""
        values, name = self.values(explanation, k), class_title(explanation, k)
        box = self.box(explanation, k)
        return _panel(drawing, self.picture, values, scale, title=name, box=box, seen=self.seen)

    def side_by_side(self, explanation: Explanation, drawing: Drawing, scale: Scale, k: int) -> list[Panel]:
        """The photograph, the map of a class, and one over the other."""
        overlay = dataclasses.replace(drawing, style="overlay")
        return [
            Panel(picture=self.picture, title=explanation.name),
            Panel(picture=mapped(self.values(explanation, k), scale), title="map"),
            self.panel(explanation, overlay, scale, k),
        ]


def scale_of(explanation: Explanation, drawing: Drawing) -> Scale:
    """One scale for all classes of an explanation, of the drops of the mask grid."""
    flat = all(explanation.is_flat(k) for k in range(len(explanation.classes)))
    return Scale.of(explanation.grid, drawing.colormap, is_flat=flat)


def figure_of(explanation: Explanation, drawing: Drawing) -> Figure:
    """The picture of an explanation: one panel, a strip of classes, or a row for each class side by side."""
    count = len(explanation.classes)
    beside = drawing.style == "side-by-side"
    one = count == 1 and not beside
    longest = drawing.longest_side if one else max(drawing.longest_side // 2, 1)
    ground = Ground.of(explanation, drawing, longest, smallest=SMALLEST_SIDE if one else SMALLEST_SIDE // 2)
    scale = scale_of(explanation, drawing)
    if beside:
        panels = [ground.side_by_side(explanation, drawing, scale, k) for k in range(count)]
    else:
        strip = [ground.panel(explanation, drawing, scale, k) for k in range(count)]
        panels = [strip[k : k + _PANELS_IN_A_ROW] for k in range(0, count, _PANELS_IN_A_ROW)]
    bar = _bar(explanation, drawing, ground, scale)
    return map_figure(panels, scale, bar, caption(explanation))


def draw_map(
    scoreMap: ArrayLike,
    X: ImageLike,
    *,
    style: Style = "overlay",
    colormap: Colormap = "jet",
    opacity: Number = DEFAULT_OPACITY,
    limit: Number | None = None,
    box: ArrayLike | None = None,
    title: str = "",
    label: str = "drop of the score under the mask",
    upsampling: Literal["bicubic", "nearest"] = "bicubic",
    ax: Axes | None = None,
) -> Axes:
    """Draw a map over its image, into axes of matplotlib.

    Parameters
    ----------
    scoreMap : array_like, rows×columns
        A map of any size, as occlusionSensitivity gives it; :func:`imresize` brings it to the size of X.
    X : array_like, H×W or H×W×C
        The image: uint8, uint16, logical, or numbers of 0…1 or 0…255.
    style : {"overlay", "contours", "spotlight"}, default "overlay"
        The map's colours over the image, which show it where the map is near zero; lines at 25, 50 and 75 % of the
        strongest drop; the image, dark where the map is low.
    colormap : {"jet", "diverging"}, default "jet"
        MATLAB's colours from zero to the strongest drop; or grey for zero, vermilion for drops and blue for rises.
    opacity : float, default 0.6
        How far the strongest colours cover the image, 0 to 1.
    limit : float, optional
        The drop that has the last colour; by default the largest of scoreMap. A common one makes maps comparable.
    box : (row0, row1, col0, col1), optional
        A rectangle of X that is outlined, between pixels, from 0: the strongest mask, for instance.
    title, label : str
        Above the image, and beside the colour bar.
    upsampling : {"bicubic", "nearest"}, default "bicubic"
    ax : matplotlib.axes.Axes, optional
        Where it is drawn; by default into a new figure of pyplot's, which a notebook shows.

    Returns
    -------
    ax : matplotlib.axes.Axes

    Raises
    ------
    TypeError, ValueError
        If an argument is outside the values listed above.
    ImportError
        If matplotlib is missing.

    Notes
    -----
    This function is this package's own; in MATLAB, imshow and imagesc with AlphaData do it.

    Examples
    --------
    >>> import numpy as np
    >>> from matplotlib.figure import Figure
    >>> ax = draw_map(np.eye(4), np.zeros((40, 60), dtype=np.uint8), title="An example", ax=Figure().subplots())
    >>> ax.get_title()
    'An example'
    """
    maps = checked_maps(scoreMap)
    if maps.shape[2] > 1:
        msg = f"scoreMap must be one map, but is {size_text(maps.shape)}: scoreMap[:, :, 0] is the first of them."
        raise ValueError(msg)
    picture = as_picture(checked_picture(X))
    how = Drawing.parse(NameValues.of({"style": style, "colormap": colormap, "opacity": opacity}))
    values = brought_to(
        (picture.shape[0], picture.shape[1]),
        maps[..., 0],
        text_choice("upsampling", upsampling, ("bicubic", "nearest")),
    )
    scale = Scale.of(maps if limit is None else np.array([positive_number("limit", limit)]), how.colormap)
    outlined = None if box is None else _checked_box(box)
    title, label = checked_text("title", title), checked_text("label", label)
    panel = _panel(how, picture, values, scale, title=title, box=outlined)
    bar = Bar.of(how.style, scale, how.opacity, picture, maps, label)
    return panel_on(ax, panel, scale, bar)


def _checked_box(box: ArrayLike) -> Box:
    allowed = "four finite numbers, row0, row1, col0, col1"
    vector = numbers("box", box, allowed).astype(np.float64)
    if vector.size != 4 or not np.isfinite(vector).all():
        raise ValueError(expected("box", allowed, box))
    row0, row1, col0, col1 = vector.tolist()
    return row0, row1, col0, col1


def drawn_on(explanation: Explanation, drawing: Drawing, k: int, axes: Axes | None) -> Axes:
    """The panel of a class in axes; where none are given, in those of a new figure of pyplot's."""
    ground = Ground.of(explanation, drawing, drawing.longest_side, smallest=1)
    scale = scale_of(explanation, drawing)
    panel = ground.panel(explanation, drawing, scale, k)
    bar = _bar(explanation, drawing, ground, scale)
    return panel_on(axes, panel, scale, bar)


def panel_on(axes: Axes | None, panel: Panel, scale: Scale, bar: Bar | None) -> Axes:
    """A panel with its title and its colour bar in axes."""
    check_installed()
    from matplotlib.axes import Axes

    if axes is not None and not isinstance(axes, Axes):
        raise TypeError(expected("ax", "axes of matplotlib", axes))
    if axes is None:
        from matplotlib import pyplot

        axes = pyplot.subplots(layout="constrained")[1]
    draw_panel(axes, panel, scale, 1.0)
    if panel.title:
        text, families = lettered(panel.title)
        axes.set_title(text, fontfamily=families, parse_math=False, wrap=True)
    if bar is not None:
        bar.draw(axes, own_axes=False)
    return axes


def _panel(drawing: Drawing, picture: Picture, values: NDArray[np.float32], scale: Scale, **more: Any) -> Panel:
    """The picture and its map in one panel, with what else stands on it."""
    if drawing.style == "side-by-side":
        msg = 'style "side-by-side" is for figures: Explanation.save writes one. Axes take one of the other styles.'
        raise ValueError(msg)
    if drawing.style == "contours":
        return Panel(picture=picture, values=values, **more)
    if drawing.style == "spotlight":
        return Panel(picture=spotlit(picture, values, scale), **more)
    return Panel(picture=overlaid(picture, values, scale, drawing.opacity), **more)


def _bar(explanation: Explanation, drawing: Drawing, ground: Ground, scale: Scale) -> Bar | None:
    label = f"drop of the {explanation.score_name} under the mask"
    return Bar.of(drawing.style, scale, drawing.opacity, ground.picture, explanation.grid, label)


def class_title(explanation: Explanation, k: int) -> str:
    """The k-th class with its score, and whether any mask lowers that."""
    name, score, peak = explanation.classes[k], explanation.scores[k], explanation.peak(k)
    found = f"{name}: {explanation.score_name} {score_text(score)}"
    if explanation.is_flat(k):
        return f"{found} · no mask changes it"
    return found if peak is None or peak.drop > 0 else f"{found} · no mask lowers it"


def caption(explanation: Explanation) -> str:
    """The one line below a picture."""
    options = explanation.options
    mask, stride = ("×".join(map(str, size)) for size in (options.mask_size, options.stride))
    size = "×".join(map(str, options.input_size))
    shown = [
        f"{name}, {explanation.score_name} {score_text(score)}"
        for name, score in zip(explanation.classes, explanation.scores, strict=True)
    ]
    classes = shown[0] if len(shown) == 1 else f"{len(shown)} classes"
    network = explanation.network.file.path.stem
    return f"{explanation.name} · {network} · {classes} · mask {mask}, stride {stride} of {size} pixels"


def encoded(explanation: Explanation, output: Path, drawing: Drawing) -> bytes:
    """An explanation as the content of a file, by its ending."""
    ending = output.suffix.lower()
    check_holds(output, len(explanation.classes))
    if ending in FORMATS:
        about = {} if explanation.sha256 is None else {PHOTOGRAPH: explanation.sha256}
        return encoded_figure(figure_of(explanation, drawing), FORMATS[ending], about)
    if ending in PAGES:
        from .pages import page_of

        return page_of(explanation, drawing).encode(errors="replace")
    return encoded_numbers(ending, explanation.map)
