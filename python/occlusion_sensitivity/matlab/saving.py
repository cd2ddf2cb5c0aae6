"""Figures and pictures as files."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
from numpy.typing import NDArray

from ..arguments import as_text, expected, numbers, shown, text_choice
from ..files import write_named
from ..images import ImageLike
from ..name_values import NameValues
from ..pictures import as_bitmap, encoded, in_colour
from .arrays import is_of_python, real_array
from .axes import BAR, is_axes, is_figure, kept
from .casts import im2double, im2uint8, one_picture, picture_array, rounded
from .figures import colour_of
from .layouts import TiledLayout
from .option_types import ExportgraphicsOptions, ImwriteOptions
from .pictures import colour_map

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["exportgraphics", "imwrite", "saveas"]

# MATLAB's name of a figure's format → matplotlib's.
_FIGURE_FORMATS = {
    **{name: name for name in ("bmp", "pdf", "png", "svg")},
    **dict.fromkeys(("jpg", "jpeg"), "jpg"),
    **dict.fromkeys(("tif", "tiff", "tiffn"), "tif"),
    **dict.fromkeys(("eps", "epsc", "epsc2"), "eps"),
}
_VECTORS = ("pdf", "svg", "eps")
# The ending of a picture's file → Pillow's name of its format.
_PICTURE_FORMATS = {
    "png": "PNG",
    **dict.fromkeys(("jpg", "jpeg"), "JPEG"),
    **dict.fromkeys(("tif", "tiff"), "TIFF"),
    "bmp": "BMP",
    "gif": "GIF",
    **dict.fromkeys(("pbm", "pgm", "ppm", "pnm"), "PPM"),
}
_COMPRESSIONS = {"none": None, "packbits": "packbits", "lzw": "tiff_lzw", "deflate": "tiff_adobe_deflate"}
_DOTS_PER_INCH = 150
_OF_MATLAB = ("fig", "m")
# Pixels along an axis: below the first, matplotlib draws; up to the others, the formats have a place for the number.
_MOST_DRAWN = 2**16
_MOST_WRITTEN = {"JPEG": 65500, "GIF": 65535}


def saveas(fig: object, filename: str | os.PathLike[str], formattype: object = None) -> None:
    """Write a figure to a file.

    Parameters
    ----------
    fig : matplotlib.figure.Figure, or an axes of it
    filename : str or os.PathLike
        Its ending says the format: .png, .jpg, .jpeg, .tif, .tiff, .bmp, .pdf, .svg or .eps.
    formattype : text, optional
        The format, whatever the ending; where there is none, it is added.

    Raises
    ------
    TypeError, ValueError
        If fig is no figure, or the format another one.
    FileNotFoundError, RuntimeError
        If there is no such folder, or the file cannot be written. Nothing is half written.

    Notes
    -----
    MATLAB: ``saveas(gcf,"map.png")``, ``saveas(fig,"map","pdf")``

    Python: ``saveas(gcf(), "map.png")``, ``saveas(fig, "map", "pdf")``

    Differs: .fig and .m files are MATLAB's own and are not written; pictures have 150 pixels an inch.

    Examples
    --------
    >>> import matplotlib; matplotlib.use("agg")
    >>> from occlusion_sensitivity.matlab import figure
    >>> saveas(figure(), "map.fig")
    Traceback (most recent call last):
    ...
    ValueError: filename: .fig files are MATLAB's own and are not written; 'map.fig' may be .png or .pdf.
    """
    figure = _figure_of("fig", fig)
    file = _path(filename)
    if formattype is not None:
        _refuse_of_matlab("formattype", str(as_text(formattype)).lower(), formattype)
        kind = _FIGURE_FORMATS[text_choice("formattype", formattype, tuple(_FIGURE_FORMATS))]
        file = file if file.suffix else file.with_suffix(f".{kind}")
    else:
        kind = _kind(file, filename)
    write_named("filename", file, _content(figure, kind, dpi=_DOTS_PER_INCH))


def exportgraphics(
    obj: object, filename: str | os.PathLike[str], *nameValuePairs: object, **options: Unpack[ExportgraphicsOptions]
) -> None:
    """Write a figure, an axes or a layout to a file, cut close to what is drawn.

    Parameters
    ----------
    obj : matplotlib.figure.Figure, matplotlib.axes.Axes or TiledLayout
        Of an axes, only it is written, with its colour bar and labels.
    filename : str or os.PathLike
        Its ending says the format: .png, .jpg, .jpeg, .tif, .tiff, .bmp, .pdf, .svg or .eps.
    Resolution : int, default 150
        Pixels an inch.
    ContentType : {"auto", "vector", "image"}, default "auto"
        "vector" is for .pdf, .svg and .eps, "image" for the others.
    BackgroundColor : "current", "none", text or (red, green, blue), default "current"
        "none" is transparent.

    Raises
    ------
    TypeError, ValueError
        If obj is none of these, or an option is outside of the values listed above.
    FileNotFoundError, RuntimeError
        If there is no such folder, or the file cannot be written. Nothing is half written.

    Notes
    -----
    MATLAB: ``exportgraphics(gca,"map.png","Resolution",300)``

    Python: ``exportgraphics(gca(), "map.png", "Resolution", 300)``

    Differs: nothing is appended to a file, and colours are RGB.

    Examples
    --------
    >>> import matplotlib; matplotlib.use("agg")
    >>> from occlusion_sensitivity.matlab import gca
    >>> exportgraphics(gca(), "map.png", Resolution=0)
    Traceback (most recent call last):
    ...
    ValueError: Resolution must be a number of pixels an inch, 1 to 2400, but is 0.
    """
    figure = _figure_of("obj", obj)
    file = _path(filename)
    kind = _kind(file, filename)
    given = NameValues.parse(nameValuePairs, options, ("Resolution", "ContentType", "BackgroundColor"))
    dpi = given.read("Resolution", _DOTS_PER_INCH, _resolution)
    content = given.read("ContentType", "auto", text_choice, ("auto", "vector", "image"))
    if content != "auto" and (content == "vector") != (kind in _VECTORS):
        allowed = f'"auto" or "{"vector" if kind in _VECTORS else "image"}" for {file.suffix}'
        raise ValueError(expected(given.typed("ContentType"), allowed, given.value("ContentType")))
    background = given.value("BackgroundColor", "current")
    style: dict[str, Any] = {}
    word = (as_text(background) or "").lower()
    if word == "none":
        style["facecolor"] = "none"
    elif word != "current":
        style["facecolor"] = colour_of(given.typed("BackgroundColor"), background)
    style["bbox_inches"] = _box_of(obj) if is_axes(obj) else "tight"
    write_named("filename", file, _content(figure, kind, dpi=dpi, pad_inches=0.02, **style))


def _box_of(axes: Any) -> Any:
    """What an axes covers with its labels and its colour bar, in inches."""
    from matplotlib.transforms import Bbox

    figure = axes.figure
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer() if hasattr(figure.canvas, "get_renderer") else None
    bar = kept(axes, BAR, None)
    parts = [axes] if bar is None else [axes, bar.ax]
    drawn = [box for box in (part.get_tightbbox(renderer) for part in parts) if box is not None]
    boxes = drawn or [axes.get_window_extent(renderer)]  # of an invisible axes, its place
    return Bbox.union(boxes).transformed(figure.dpi_scale_trans.inverted()).padded(0.02)


def _content(figure: Figure, kind: str, *, dpi: float, **style: Any) -> bytes:
    width, height = (round(inches * dpi) for inches in figure.get_size_inches())
    if kind not in _VECTORS and max(width, height) >= _MOST_DRAWN:
        msg = f"The figure would have {width}×{height} pixels; less than {_MOST_DRAWN} along each axis can be drawn."
        raise ValueError(msg)
    buffer = io.BytesIO()
    style.setdefault("facecolor", figure.get_facecolor())  # whatever matplotlib's settings say
    try:
        figure.savefig(buffer, format="png" if kind == "bmp" else kind, dpi=dpi, **style)
    except (MemoryError, RuntimeError) as error:  # a font of no pixel is FreeType's RuntimeError
        msg = f"The figure cannot be drawn in {width}×{height} pixels: {str(error) or 'there is too little memory'}."
        raise RuntimeError(msg) from error
    return as_bitmap(buffer.getvalue()) if kind == "bmp" else buffer.getvalue()


def _figure_of(name: str, value: object) -> Figure:
    if isinstance(value, TiledLayout):
        return value.figure
    if is_figure(value):
        return value  # type: ignore[return-value]
    figure: Any = getattr(value, "figure", None)
    if not is_figure(figure):
        raise TypeError(expected(name, "a figure, an axes or a layout", value))
    found: Figure = figure
    return found


def _path(filename: object) -> Path:
    text = os.fspath(filename) if isinstance(filename, os.PathLike) else as_text(filename)
    if not isinstance(text, str) or not text or "\0" in text or not _is_encodable(text):
        raise TypeError(expected("filename", "the name of a file", filename))
    return Path(text)


def _is_encodable(text: str) -> bool:
    try:
        os.fsencode(text)
    except UnicodeEncodeError:  # half of a character
        return False
    return True


def _kind(file: Path, filename: object) -> str:
    ending = file.suffix[1:].lower()
    _refuse_of_matlab("filename", ending, os.fspath(file))
    if ending not in _FIGURE_FORMATS:
        allowed = "in .bmp, .eps, .jpeg, .jpg, .pdf, .png, .svg, .tif or .tiff"
        msg = f"filename must end {allowed}, but is {shown(os.fspath(file) if ending or filename else filename)}."
        raise ValueError(msg)
    return _FIGURE_FORMATS[ending]


def _refuse_of_matlab(name: str, form: str, value: object) -> None:
    if form in _OF_MATLAB:
        msg = f"{name}: .{form} files are MATLAB's own and are not written; {shown(value)} may be .png or .pdf."
        raise ValueError(msg)


def _resolution(name: str, value: object) -> float:
    allowed = "a number of pixels an inch, 1 to 2400"
    dots = numbers(name, value, allowed).tolist()
    if len(dots) != 1 or not 1 <= dots[0] <= 2400:
        raise ValueError(expected(name, allowed, value))
    return float(dots[0])


def imwrite(A: ImageLike, *arguments: object, **options: Unpack[ImwriteOptions]) -> None:
    """Write a picture to a file.

    Parameters
    ----------
    A : array_like, H×W or H×W×3
        uint8; single and double of 0…1; logical; or uint16, grey, for PNG and TIFF.
    map : array_like, m×3, optional
        Second argument: `A` holds places in it, which single and double count from 1 and integers from 0. JPEG and PPM
        files, which have no map, become RGB.
    filename : str or os.PathLike
        Its ending says the format: .png, .jpg, .jpeg, .tif, .tiff, .bmp, .gif, .pgm, .ppm, .pbm or .pnm.
    fmt : text, optional
        Behind the name: the format, whatever the ending.
    Quality : float of 0…100, default 75
        Of a JPEG file.
    BitDepth : {8, 16}, optional
        Of a PNG file, 16 for grey pictures; of a JPEG file, 8. By default 16 for uint16, 1 for logical, else 8.
    Alpha : array_like, H×W, optional
        Opacity, for PNG: 0…1, or uint8.
    Compression : {"packbits", "none", "lzw", "deflate"}, default "packbits"
        Of a TIFF file.

    Raises
    ------
    TypeError, ValueError
        If A is no such picture, the format has no such pictures, or an option is outside of the values listed above.
    FileNotFoundError, RuntimeError
        If there is no such folder, or the file cannot be written. Nothing is half written.

    Notes
    -----
    MATLAB: ``imwrite(X,"x.png")``, ``imwrite(X,jet(256),"x.png")``

    Python: ``imwrite(X, "x.png")``, ``imwrite(X, jet(256), "x.png")``

    Differs: BitDepth is 8 or 16; colour pictures of 16 bits are not written, and nothing is appended to a file.

    Examples
    --------
    >>> imwrite([[0, 1]], "map.png", Quality=5)
    Traceback (most recent call last):
    ...
    ValueError: Quality is an option of JPEG files, but 'map.png' is PNG.
    """
    rest = list(arguments)
    table = rest.pop(0) if rest and as_text(rest[0]) is None and not isinstance(rest[0], os.PathLike) else None
    if not rest:
        raise TypeError(expected("filename", "the name of a file", table))
    file = _path(rest.pop(0))
    ending = file.suffix[1:].lower()
    if len(rest) % 2:
        ending = text_choice("fmt", rest.pop(0), tuple(_PICTURE_FORMATS))
    if ending not in _PICTURE_FORMATS:
        known = [f".{name}" for name in _PICTURE_FORMATS]
        msg = f"filename must end in {', '.join(known[:-1])} or {known[-1]}, but is {shown(str(file))}."
        raise ValueError(msg)
    form = _PICTURE_FORMATS[ending]
    given = NameValues.parse(rest, options, ("Quality", "Alpha", "BitDepth", "Compression"))
    of_forms = {"Quality": ("JPEG",), "Alpha": ("PNG",), "BitDepth": ("PNG", "JPEG"), "Compression": ("TIFF",)}
    for name, forms in of_forms.items():
        if name in given and form not in forms:
            of = " and ".join(forms)
            raise ValueError(f"{given.typed(name)} is an option of {of} files, but {str(file)!r} is {form}.")
    if "Alpha" in given and table is not None:
        msg = f"{given.typed('Alpha')} and a map must not be given both; ind2rgb(A, map) makes a picture in colours."
        raise ValueError(msg)
    depth = given.read("BitDepth", None, _depth, form, indexed=table is not None) if "BitDepth" in given else None
    pixels = _pixels(A, form, depth, indexed=table is not None)
    style: dict[str, Any] = {}
    if form == "JPEG":
        style = {"quality": round(given.read("Quality", 75, _quality)), "subsampling": "4:2:0"}
    elif form == "TIFF":
        style["compression"] = _COMPRESSIONS[given.read("Compression", "packbits", text_choice, tuple(_COMPRESSIONS))]
    if "Alpha" in given:
        pixels = given.read("Alpha", None, _with_opacity, pixels)
    colours = None if table is None else _colours(table, pixels)
    if colours is not None and form in ("JPEG", "PPM"):
        pixels, colours = colours[pixels], None
    most = _MOST_WRITTEN.get(form)
    if most is not None and max(pixels.shape[:2]) > most:
        msg = f"A must have at most {most} pixels along each axis for {form} files, but has shape {pixels.shape}."
        raise ValueError(msg)
    write_named("filename", file, encoded(pixels, form, colours, **style))


def _pixels(A: ImageLike, form: str, depth: int | None, *, indexed: bool) -> NDArray[Any]:
    """The picture in a class that the format has."""
    if picture_array("A", A).dtype == np.int16:
        raise TypeError(expected("A", "a picture of uint8, uint16, single, double or logical", A))
    picture = one_picture("A", A, f"a picture, {'H×W' if indexed else 'H×W or H×W×3'}")
    if indexed and picture.ndim == 3:
        msg = f"A must be a picture, H×W, but has shape {picture.shape}."
        raise ValueError(msg)
    if indexed:
        places = picture.astype(np.float64) - (picture.dtype.kind == "f")
        if not ((places >= 0) & (places <= 255)).all():
            raise ValueError(expected("A", "places of at most 256 colours", A))
        return rounded(places, np.uint8)  # type: ignore[no-any-return]
    if form == "GIF" and picture.ndim == 3:
        msg = f"A must be grey or have a map for GIF files, which have no RGB pictures, but has shape {picture.shape}."
        raise ValueError(msg)
    if depth == 8:
        return im2uint8(picture)
    if depth == 16:
        picture = rounded(im2double(picture) * 65535, np.uint16)
    if picture.dtype == np.bool_:
        if picture.ndim == 3 or form in ("JPEG", "GIF"):
            return im2uint8(picture)
        return picture
    if picture.dtype == np.uint16:
        if picture.ndim == 3 or form not in ("PNG", "TIFF"):
            msg = f"A of 16 bits must be grey, and for a PNG or TIFF file, not {form}; im2uint8(A) makes 8 bits of it."
            raise ValueError(msg)
        return picture
    return im2uint8(picture)


def _depth(name: str, value: object, form: str, *, indexed: bool) -> int:
    depths, allowed = ((8,), "8") if form == "JPEG" or indexed else ((8, 16), "8 or 16")
    allowed += f" for a {form} file{' with a map' if indexed else ''}"
    bits = numbers(name, value, allowed).tolist()
    if len(bits) != 1 or bits[0] not in depths:
        raise ValueError(expected(name, allowed, value))
    return int(bits[0])


def _quality(name: str, value: object) -> float:
    allowed = "a number of 0 to 100"
    found = numbers(name, value, allowed).tolist()
    if len(found) != 1 or not 0 <= found[0] <= 100:
        raise ValueError(expected(name, allowed, value))
    return max(1.0, float(found[0]))


def _with_opacity(name: str, value: object, pixels: NDArray[Any]) -> NDArray[np.uint8]:
    alpha = real_array(name, value)
    if alpha.shape != pixels.shape[:2] or pixels.dtype == np.uint16:
        raise ValueError(expected(name, f"an opacity for each of {pixels.shape[:2]} pixels of 8 bits", value))
    colour = in_colour(im2uint8(pixels))
    alpha = alpha.astype(np.float64) if is_of_python(value) else alpha
    return np.concatenate([colour, im2uint8(alpha)[:, :, np.newaxis]], axis=2)


def _colours(table: object, pixels: NDArray[Any]) -> NDArray[np.uint8]:
    allowed = "an m×3 array of 0…1 with at most 256 colours"
    colours = colour_map("map", table, allowed)
    if len(colours) > 256:
        raise ValueError(expected("map", allowed, table))
    if pixels.max() >= len(colours):
        raise ValueError(expected("A", f"places of the {len(colours)} colours of the map", pixels))
    return im2uint8(colours)
