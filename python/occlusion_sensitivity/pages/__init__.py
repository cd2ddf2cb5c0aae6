"""Pages to explore: a photograph under its maps, in one HTML file that needs nothing else. Bokeh draws them."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import __version__
from ..arguments import checked_text, expected, numeric_array, shown, size_text, text_choice, texts_in
from ..drawings import SMALLEST_SIDE, Drawing, Ground, caption, class_title, scale_of
from ..framing import Frame
from ..images import ImageLike
from ..name_values import NameValues
from ..option_types import Number, Texts
from ..packages import is_installed
from ..painting import Colormap, Scale, checked_maps, checked_picture
from .page import Content, Page, page_with

if TYPE_CHECKING:
    from ..explanation import Explanation

_PACKAGES = ("onnxruntime", "onnxruntime-gpu", "numpy")


def map_page(
    scoreMap: ArrayLike,
    X: ImageLike,
    *,
    classNames: Texts | None = None,
    boxes: ArrayLike | None = None,
    details: Mapping[str, object] | None = None,
    title: str = "Occlusion sensitivity",
    upsampling: Literal["bicubic", "nearest"] = "bicubic",
    colormap: Colormap = "jet",
    opacity: Number = 0.6,
    longest_side: int | np.integer[Any] = 1600,
) -> Page:
    """Make a page to explore of one map or several over their image.

    Parameters
    ----------
    scoreMap : array_like, rows×columns or rows×columns×K
        Maps of any size, as occlusionSensitivity gives them; :func:`imresize` brings them to the size of X. Those of
        ``OutputUpsampling="none"`` make the smallest page.
    X : array_like, H×W or H×W×C
        The image: uint8, uint16, logical, or numbers of 0…1 or 0…255.
    classNames : str or vector of str, optional
        What the K maps are called.
    boxes : array_like, rows×columns×4, optional
        The mask of each value of scoreMap: row0, row1, col0, col1 in pixels of X, between pixels, from 0. The nearest
        is shown at the pointer.
    details : mapping of str to object, optional
        What is listed below the picture.
    title : str
    upsampling : {"bicubic", "nearest"}, default "bicubic"
    colormap : {"jet", "diverging"}, default "jet"
    opacity : float, default 0.6
        At which the slider stands first.
    longest_side : int, default 1600
        The most pixels of a side of the image in the page.

    Returns
    -------
    page : Page
        The text of the page, a str; ``page.save("map.html")`` writes it, a notebook shows it.

    Raises
    ------
    TypeError, ValueError
        If an argument is outside the values listed above.
    ImportError
        If Bokeh is missing.

    Notes
    -----
    This function is this package's own; MATLAB has none like it. The page needs no network: Bokeh is in it.

    Examples
    --------
    >>> import numpy as np
    >>> page = map_page(np.eye(4), np.zeros((40, 60), dtype=np.uint8), title="An example")
    >>> page[:15], len(page) < 3_000_000
    ('<!DOCTYPE html>', True)
    """
    image = checked_picture(X)
    grids = checked_maps(scoreMap)
    names = _names(classNames, grids.shape[2])
    title = checked_text("title", title)
    if details is not None and not isinstance(details, Mapping):
        raise TypeError(expected("details", "a mapping of names to what is listed", details))
    given = {"colormap": colormap, "opacity": opacity, "longest_side": longest_side}
    drawing = Drawing.parse(NameValues.of(given))
    size = (image.shape[0], image.shape[1])
    frame = Frame.of(size, size, "squash")
    ground = Ground.drawn(image, image, frame, drawing.longest_side, smallest=SMALLEST_SIDE)
    scale = Scale.of(grids, drawing.colormap)
    return page_with(
        Content(
            picture=ground.picture,
            frame=ground.frame,
            photograph_size=size,
            grids=grids,
            method=text_choice("upsampling", upsampling, ("bicubic", "nearest")),
            boxes=_checked_boxes(boxes, grids.shape[:2]),
            scale=scale,
            opacity=drawing.opacity,
            classes=names,
            score_name="score",
            legend=_legend(scale, "score", is_flat=not grids.any()),
            title=title,
            subtitle="" if len(names) > 1 else names[0],
            details=[(str(name), str(value)) for name, value in (details or {}).items()],
        )
    )


def page_of(explanation: Explanation, drawing: Drawing) -> Page:
    """The page of an explanation."""
    base = Ground.of(explanation, drawing, drawing.longest_side, smallest=SMALLEST_SIDE)
    rows, cols = explanation.photograph.shape[:2]
    grids = explanation.grid.reshape(*explanation.grid.shape[:2], -1)
    method = explanation.options.output_upsampling
    classes = [class_title(explanation, k) for k in range(len(explanation.classes))]
    scale = scale_of(explanation, drawing)
    is_flat = all(explanation.is_flat(k) for k in range(len(classes)))
    return page_with(
        Content(
            picture=base.picture,
            frame=base.frame,
            photograph_size=(rows, cols),
            grids=grids,
            method="nearest" if method == "none" else method,
            boxes=explanation.boxes.reshape(-1, 4),
            scale=scale,
            opacity=drawing.opacity,
            classes=classes,
            score_name=explanation.score_name,
            legend=_legend(scale, explanation.score_name, is_flat=is_flat),
            title=explanation.name if len(classes) > 1 else f"{explanation.name}: {explanation.classes[0]}",
            subtitle=caption(explanation),
            details=_details(explanation),
        )
    )


def _legend(scale: Scale, score_name: str, *, is_flat: bool) -> str:
    if scale.is_empty:
        return f"No mask {'changes' if is_flat else 'lowers'} the {score_name}."
    return f"Drop of the {score_name} under a mask, in the colours over the picture"


def _details(explanation: Explanation) -> list[tuple[str, str]]:
    """How an explanation was made."""
    options, preprocessing = explanation.options, explanation.preprocessing
    sizes = {"Mask": options.mask_size, "Stride": options.stride, "Mask grid": explanation.mask_grid.shape}
    found = [
        ("Photograph", explanation.name),
        ("Its size", f"{size_text(explanation.photograph.shape[:2])} pixels"),
        ("Its SHA-256", explanation.sha256 or "not of a file"),
        ("Network", explanation.network.file.path.name),
        *_digests(explanation),
        ("Scored", ", ".join(tensor.name for tensor in explanation.network.outputs)),
        ("Its image", f"{size_text(options.input_size)} pixels, {preprocessing.fit}"),
        ("Pixel range", f"0 to {preprocessing.pixel_range:g}"),
        *((name, f"{size_text(size)}") for name, size in sizes.items()),
        ("Mask value", ", ".join(f"{value:g}" for value in options.fill)),
        ("Mask clipping", "on" if options.mask_clipping else "off"),
        ("Upsampling", options.output_upsampling),
        ("occlusion-sensitivity", __version__),
        *((package, importlib.metadata.version(package)) for package in _PACKAGES if is_installed(package)),
        ("Python", platform.python_version()),
    ]
    statistics = {"Mean": preprocessing.mean, "Standard deviation": preprocessing.std}
    return [*found, *((name, shown(value.tolist())) for name, value in statistics.items() if value is not None)]


def _digests(explanation: Explanation) -> list[tuple[str, str]]:
    """The SHA-256 of the network's files; none where they are no longer what was run."""
    try:
        (_, first), *others = explanation.network.file.digests().items()
    except (OSError, RuntimeError):
        return []
    return [("Its SHA-256", first), *((f"SHA-256 of {name}", digest) for name, digest in others)]


def _names(classNames: ArrayLike | None, count: int) -> list[str]:
    if classNames is None:
        return [""] if count == 1 else [f"map {k}" for k in range(1, count + 1)]
    names = texts_in(classNames)
    if names is None:
        raise TypeError(expected("classNames", "a text for each map", classNames))
    if len(names) != count:
        msg = f"classNames must hold a name for each of the {count} maps, but holds {len(names)}."
        raise ValueError(msg)
    return names


def _checked_boxes(boxes: ArrayLike | None, grid: tuple[int, ...]) -> NDArray[np.float64]:
    if boxes is None:
        return np.empty((0, 4))
    size = (*grid, 4)
    array = numeric_array(boxes)
    if array is None:
        raise TypeError(expected("boxes", f"a numeric array of {size_text(size)}", boxes))
    if array.shape != size or not np.isfinite(array).all():
        allowed = f"finite, of {size_text(size)}: four numbers for each value of scoreMap"
        msg = f"boxes must be {allowed}; but is {shown(boxes)}."
        raise ValueError(msg)
    return array.reshape(-1, 4).astype(np.float64)
