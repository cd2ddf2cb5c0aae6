"""The text of a page: Bokeh's plot, and the data from which the script makes the maps."""

import base64
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arguments import expected
from ..files import write_named
from ..framing import Frame
from ..packages import missing
from ..painting import FULLY_COLOURED, Picture, Scale
from ..pictures import encoded
from ..resizing import imresize

# Of a page of one photograph: its quality is the best with which it fits.
_LARGEST_PAGE = 2_900_000
_QUALITIES = (90, 80, 65, 50, 35, 20)


class Page(str):
    """A page in HTML: a text, which a notebook shows as what it is."""

    __slots__ = ()

    def save(self, file: str | os.PathLike[str]) -> None:
        """Write it to a file, whole or not at all; FileNotFoundError or RuntimeError where it cannot be written."""
        if not isinstance(file, str | os.PathLike):
            raise TypeError(expected("file", "the path of a file", file))
        write_named("file", Path(file), self.encode())

    def __repr__(self) -> str:
        # Beside the page itself, a notebook keeps this.
        return f"Page of {len(self)} characters"

    def _repr_html_(self) -> str:
        quoted = self.replace("&", "&amp;").replace('"', "&quot;")
        return f'<iframe srcdoc="{quoted}" style="width: 100%; height: 900px; border: 0"></iframe>'


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What is in a page.

    Attributes
    ----------
    frame : Frame
        Of the picture as it is drawn.
    photograph_size : (int, int)
        Whose pixels are told.
    grids : numpy.ndarray, shape (rows, columns, classes)
        The drops; imresize with `method` makes the maps of them.
    boxes : numpy.ndarray, shape (n, 4)
        The masks in pixels of the photograph, one for each place of the grid; or none.
    legend : str
        What stands below the colour bar, which is empty where nothing is coloured.
    """

    picture: Picture
    frame: Frame
    photograph_size: tuple[int, int]
    grids: NDArray[np.float32]
    method: str
    boxes: NDArray[np.float64]
    scale: Scale
    opacity: float
    classes: Sequence[str]
    score_name: str
    legend: str
    title: str
    subtitle: str
    details: Sequence[tuple[str, str]]


def page_with(content: Content) -> Page:
    """The page: its text around Bokeh's plot, and the data from which the script makes the maps."""
    try:
        from bokeh.embed import components
        from bokeh.resources import Resources
        from jinja2 import Environment
        from markupsafe import Markup
    except ImportError as error:
        raise missing("Pages need", "Bokeh", "pages", error) from error
    library = Resources(mode="inline", components=["bokeh"]).render_js()
    data = json.dumps(_data(content), allow_nan=False).replace("<", "\\u003c")
    # A letter of the photograph's address stands for six bits.
    room = (_LARGEST_PAGE - len(library) - len(data)) * 3 // 4
    script, div = components(_plot(content, _photograph(content.picture, room)))
    high, wide = content.picture.shape[:2]
    text = (
        Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
        .from_string(_part("page.html"))
        .render(
            title=content.title,
            subtitle=content.subtitle,
            legend=content.legend,
            classes=content.classes,
            opacity=round(100 * content.opacity),
            aspect=f"{wide / high:.5f}",
            details=content.details,
            style=Markup(style()),
            library=Markup(library),
            plot=Markup(div),
            plot_script=Markup(script),
            data=Markup(data),
            script=Markup(_part("page.js")),
        )
    )
    # A file's name may hold bytes that are no text.
    return Page(text.encode(errors="replace").decode())


def style() -> str:
    """The style of this project's pages: light and dark, on a screen and on a phone."""
    return _part("page.css")


def _part(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")


def _plot(content: Content, photograph: str) -> Any:
    """The photograph, the map over it, which the script fills, and the outline of a mask. Row 0 is on top."""
    from bokeh.models import ColumnDataSource, LinearColorMapper, Range1d
    from bokeh.plotting import figure

    high, wide = content.picture.shape[:2]
    row0, row1, col0, col1 = content.frame.seen
    plot = figure(
        name="plot",
        sizing_mode="scale_width",
        aspect_ratio=wide / high,
        width=wide,
        height=high,
        x_range=Range1d(start=0, end=wide),
        y_range=Range1d(start=high, end=0),
        tools="",
        toolbar_location=None,
        min_border=0,
        outline_line_color=None,
        background_fill_alpha=0,
        border_fill_alpha=0,
    )
    plot.axis.visible = False
    plot.grid.visible = False
    plot.image_url(url=[photograph], x=0, y=0, w=wide, h=high, anchor="top_left")
    low, top = content.scale.low, content.scale.high
    mapper = LinearColorMapper(
        name="colours", palette=["#00000000"], low=low, high=top if top > low else low + 1, nan_color="#00000000"
    )
    empty = ColumnDataSource({"image": [np.zeros((1, 1), dtype=np.float32)]})
    shape: dict[str, Any] = {"x": col0, "y": row0, "dw": col1 - col0, "dh": row1 - row0, "color_mapper": mapper}
    plot.image(name="map", image="image", source=empty, **shape)
    for name, colour, width in (("mask-edge", "black", 4.5), ("mask", "white", 2)):
        lines: dict[str, Any] = {"line_color": colour, "line_width": width, "fill_color": None}
        outline = plot.quad(left=[0], right=[0], top=[0], bottom=[0], **lines)
        outline.name, outline.visible = name, False
    if not content.frame.sees_all:
        for colour, dash in (("black", "solid"), ("white", "dashed")):
            plot.quad(left=col0, right=col1, top=row0, bottom=row1, fill_color=None, line_color=colour, line_dash=dash)
    return plot


def _photograph(picture: Picture, room: int) -> str:
    """The picture as an address that holds it, in so many bytes if it can be."""
    for quality in _QUALITIES:
        content = encoded(picture, "JPEG", quality=quality)
        if len(content) <= room:
            break
    return f"data:image/jpeg;base64,{base64.b64encode(content).decode('ascii')}"


def _data(content: Content) -> dict[str, Any]:
    """What the script needs."""
    row0, row1, col0, col1 = content.frame.seen
    high, wide = content.picture.shape[:2]
    scale = content.scale
    values = scale.values(256)
    return {
        "grids": [_in_bytes(content.grids[..., k]) for k in range(content.grids.shape[2])],
        "grid_size": content.grids.shape[:2],
        "weights": [
            _weights(after, before, content.method)
            for after, before in zip((row1 - row0, col1 - col0), content.grids.shape[:2], strict=True)
        ],
        **_boxes(content.boxes, content.grids.shape[1]),
        "size": (high, wide),
        "seen_from": (row0, col0),
        "seen_size": (row1 - row0, col1 - col0),
        "photograph_per_pixel": (content.photograph_size[0] / high, content.photograph_size[1] / wide),
        "score_name": content.score_name,
        "colours": [_hex(colour) for colour in scale.colours_of(values)],
        "strengths": np.round(scale.strengths(values).astype(np.float64), 6).tolist(),
        "fully_coloured": FULLY_COLOURED,
        "grey": round(float(content.picture.mean())),
        "low": scale.low,
        "high": scale.high,
        "is_empty": scale.is_empty,
    }


def _in_bytes(grid: NDArray[np.float32]) -> str:
    """Numbers of single precision, in a third of the room that their digits take; what is not finite is NaN."""
    numbers = np.where(np.isfinite(grid), grid, np.float32(np.nan)).astype("<f4")
    return base64.b64encode(numbers.tobytes()).decode("ascii")


def _boxes(boxes: NDArray[np.float64], columns: int) -> dict[str, Any]:
    """Masks in rows and columns as the spans of these, which are few; others, or none, as a list."""
    boxes = np.round(boxes, 3)
    down, across = boxes[::columns, :2], boxes[:columns, 2:]
    grid = np.concatenate([down.repeat(columns, axis=0), np.tile(across, (len(down), 1))], axis=1)
    if len(boxes) and np.array_equal(grid, boxes):
        return {"boxes": None, "spans": (down.tolist(), across.tolist())}
    return {"boxes": boxes.tolist()}


def _weights(after: int, before: int, method: str) -> dict[str, Any]:
    """How imresize adds `before` values up to each of `after`: as many places and weights for each, some of them 0."""
    weights = np.asarray(imresize(np.eye(before), [after, before], method))
    count = int(np.count_nonzero(weights, axis=1).max())
    indices = np.argsort(weights == 0, axis=1, kind="stable")[:, :count]
    chosen = np.take_along_axis(weights, indices, axis=1)
    return {"count": count, "indices": indices.ravel().tolist(), "weights": np.round(chosen, 9).ravel().tolist()}


def _hex(colour: NDArray[np.float32]) -> str:
    return "#" + "".join(f"{round(255 * float(part)):02x}" for part in colour)
