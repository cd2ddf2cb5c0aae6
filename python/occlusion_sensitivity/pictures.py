"""Picture files ⇄ arrays. The only module that imports Pillow."""

import io
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from .arguments import existing_file, shown
from .packages import missing

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

# What is read, by Pillow's names; nothing that starts another program (EPS), and no document or film.
_FORMATS = (
    *("PNG", "JPEG", "TIFF", "GIF", "BMP", "DIB", "WEBP", "AVIF", "JPEG2000", "PPM", "ICO", "PCX", "SGI", "PSD"),
    *("DDS", "ICNS", "QOI", "XBM"),
    "TGA",  # last: it has no signature
)
# The endings of such files, without those that other files have as well (.ico, .dds).
EXTENSIONS = (
    *(".png", ".jpg", ".jpeg", ".tif", ".tiff", ".gif", ".bmp", ".webp", ".avif", ".jp2", ".jpx", ".j2k"),
    *(".pbm", ".pgm", ".ppm", ".pnm", ".pcx", ".tga"),
)
# What Pillow calls the pictures whose 16 bits it keeps.
_SIXTEEN_BITS = ("I;16", "I;16B", "I;16L", "I;16N", "I")
# Where several frames are a film, not pages, sizes or views of one picture.
_FILMS = ("GIF", "PNG", "WEBP", "AVIF")
# EXIF's Orientation: the tag, and what makes each of its values upright.
_ORIENTATION = 0x0112
_UPRIGHT: dict[object, Callable[[NDArray[Any]], NDArray[Any]]] = {
    2: lambda X: X[:, ::-1],
    3: lambda X: X[::-1, ::-1],
    4: lambda X: X[::-1],
    5: lambda X: X.swapaxes(0, 1),
    6: lambda X: X.swapaxes(0, 1)[:, ::-1],
    7: lambda X: X[::-1, ::-1].swapaxes(0, 1),
    8: lambda X: X.swapaxes(0, 1)[::-1],
}
# So many rows are converted at a time: in double, a large photograph is eight times as large.
_ROWS_AT_ONCE = 64


def imread(filename: str | os.PathLike[str]) -> "NDArray[Any]":
    """Read a picture file.

    Parameters
    ----------
    filename : str or os.PathLike
        A picture: PNG, JPEG, TIFF, GIF, BMP, WebP, AVIF, JPEG 2000, PBM, PGM, PPM, ICO, ICNS, DDS,
        QOI, XBM, TGA, PCX, SGI or PSD.

    Returns
    -------
    X : numpy.ndarray of uint8, for grey pictures of 16 bits uint16
        H×W for a grey picture, else H×W×3 RGB. Transparency is left out; the pixels are in the file's order, whatever
        the orientation written beside them (but Pillow turns those of TIFF files).

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is no picture, is damaged, has more than about 179 million pixels, or is a colour picture of
        16 bits a channel (Pillow reads 8 of them).
    ImportError
        If Pillow is missing.

    Notes
    -----
    MATLAB: ``X = imread(file)``

    Python: ``X = imread(file)``

    Differs: pictures with a colour table come as RGB, what is transparent as it is without transparency, and of several
    frames the first.

    Examples
    --------
    >>> imread("no_such_file.png")
    Traceback (most recent call last):
    ...
    FileNotFoundError: filename: there is no file 'no_such_file.png'.
    """
    return _read(existing_file("filename", filename), _pixels)


def upright(file: Path) -> NDArray[Any]:
    """A photograph as :func:`imread` gives it, but turned and mirrored as its EXIF says; ValueError for a film."""
    return _read(file, _upright_pixels)


def upright_content(content: bytes, name: str) -> NDArray[Any]:
    """A photograph in the same way, from the content of its file; errors name it."""
    return _read_from(lambda: io.BytesIO(content), name, _upright_pixels)


def upright_picture(picture: Any) -> NDArray[Any]:
    """An image of Pillow's in the same way, as it is now: whatever it was read from, and unchanged."""
    try:
        return _upright_pixels(picture.copy())
    except Exception as error:
        msg = f"{shown(picture)} cannot be read as a picture: {error}"
        raise ValueError(msg) from error


def in_eight_bits(X: NDArray[Any]) -> NDArray[np.uint8]:
    """A picture of :func:`imread` in uint8."""
    return _by_rows(X, lambda rows: np.round(rows / 257.0), X.shape) if X.dtype == np.uint16 else X


def in_channels(X: NDArray[Any], n_channels: int) -> NDArray[np.uint8]:
    """A picture in 8 bits and with as many channels as a network takes: 1 (grey) or 3 (RGB)."""
    X = in_eight_bits(X)
    if n_channels == 3:
        return in_colour(X)
    if n_channels == 1:
        # ITU-R BT.601, the luma of MATLAB's rgb2gray and of Pillow's mode "L"
        weights = np.array([0.299, 0.587, 0.114])
        return X if X.ndim == 2 else _by_rows(X, lambda rows: np.round(rows @ weights), X.shape[:2])
    msg = f"A picture has 1 or 3 channels, but the network takes {n_channels}."
    raise ValueError(msg)


def _by_rows(
    X: NDArray[Any], converted: Callable[[NDArray[Any]], NDArray[Any]], shape: tuple[int, ...]
) -> NDArray[np.uint8]:
    """What `converted` makes of a picture, of that shape, some rows at a time."""
    found = np.empty(shape, dtype=np.uint8)
    for first in range(0, len(X), _ROWS_AT_ONCE):
        rows = slice(first, first + _ROWS_AT_ONCE)
        found[rows] = converted(X[rows])
    return found


def in_colour(X: NDArray[Any]) -> NDArray[Any]:
    """A picture as H×W×3: a grey one in three channels of its grey."""
    return X if X.ndim == 3 else np.repeat(X[:, :, np.newaxis], 3, axis=2)


def _read(file: Path, how: "Callable[[Picture], NDArray[Any]]") -> NDArray[Any]:
    return _read_from(lambda: file.open("rb"), str(file), how)


def _read_from(opened: Callable[[], BinaryIO], name: str, how: "Callable[[Picture], NDArray[Any]]") -> NDArray[Any]:
    """What `how` finds in the picture; ValueError where it cannot be read."""
    try:
        with opened() as stream, _opened(stream) as picture:
            return how(picture)
    except ImportError:
        raise
    except Exception as error:  # a damaged file may fail anywhere in its decoder, with any exception
        msg = f"{name!r} cannot be read as a picture: {error}"
        raise ValueError(msg) from error


def _pixels(picture: "Picture") -> NDArray[Any]:
    if _is_deep_colour(picture):
        msg = "it has 16 bits for each of several channels, of which Pillow reads 8"
        raise ValueError(msg)
    picture.load()
    if picture.mode in _SIXTEEN_BITS:
        return _sixteen_bits(np.asarray(picture))
    if picture.mode == "F":
        msg = "its pixels are floating-point numbers"
        raise ValueError(msg)
    if picture.mode in ("L", "RGB"):  # without the copy that convert makes
        return np.asarray(picture)
    grey = picture.mode in ("1", "LA", "La")
    # Left out; of a table of transparencies, Pillow would warn.
    picture.info.pop("transparency", None)
    return np.asarray(picture.convert("L" if grey else "RGB"))


def _upright_pixels(picture: "Picture") -> NDArray[Any]:
    frames = getattr(picture, "n_frames", 1)
    if picture.format in _FILMS and frames > 1:
        msg = f"it is a film of {frames} pictures; saved as a picture of its own, one of them can be explained"
        raise ValueError(msg)
    X = _pixels(picture)
    try:
        # After the pixels, as some decoders turn them, and take the tag away then.
        orientation = picture.getexif().get(_ORIENTATION)
    except Exception:  # what is written beside the pixels is damaged; they are not
        orientation = None
    turn = _UPRIGHT.get(orientation)
    return X if turn is None else turn(X)


def _opened(stream: BinaryIO) -> "Picture":
    """What Image.open does, without its warnings: from half of the pixels on that it refuses, it warns.

    Filters of warnings belong to the whole process; large photographs are large.
    """
    try:
        from PIL import Image
    except ImportError as error:
        raise missing("Reading pictures needs", "Pillow", "pictures", error) from error
    for load_decoders in (Image.preinit, Image.init):  # the usual ones, which is faster; all of them
        load_decoders()
        for form in _FORMATS:
            picture = _opened_as(form, stream) if form in Image.OPEN else None
            if picture is not None:
                return picture
    msg = f"it is none of {', '.join(_FORMATS)}, or damaged"
    raise ValueError(msg)


def _opened_as(form: str, stream: BinaryIO) -> "Picture | None":
    """The picture, if it is of that format."""
    from PIL import Image

    made, accepts = Image.OPEN[form]
    stream.seek(0)
    try:
        accepted = True if accepts is None else accepts(stream.read(16))
        if isinstance(accepted, str) or not accepted:  # a text says why not
            return None
        stream.seek(0)
        # Without a name: Pillow maps files of some that it knows into memory, those of turned TIFF files wrongly.
        picture = made(stream, "")
    except (SyntaxError, IndexError, TypeError, KeyError, EOFError, struct.error):  # another format's file
        return None
    pixels, most = picture.width * picture.height, Image.MAX_IMAGE_PIXELS
    if most is not None and pixels > 2 * most:  # where Pillow itself refuses
        msg = f"it has {pixels} pixels, more than {2 * most}: this may be a decompression bomb"
        raise ValueError(msg)
    return picture


def _sixteen_bits(pixels: NDArray[Any]) -> NDArray[np.uint16]:
    if pixels.min() < 0 or pixels.max() > 65535:
        msg = f"its pixels reach from {pixels.min()} to {pixels.max()}, beyond 16 bits"
        raise ValueError(msg)
    return pixels.astype(np.uint16)


def _is_deep_colour(picture: "Picture") -> bool:
    if picture.mode in _SIXTEEN_BITS:
        return False
    decoders = [tile[3] for tile in getattr(picture, "tile", None) or ()]
    # PNG and TIFF name the order of the bytes; PPM gives the largest value.
    return any(
        ";16" in str(part) or (isinstance(part, int) and picture.format == "PPM" and part > 255)
        for decoder in decoders
        for part in (decoder if isinstance(decoder, tuple) else (decoder,))
    )


def encoded(pixels: NDArray[Any], form: str, table: NDArray[np.uint8] | None = None, **options: Any) -> bytes:
    """A picture as the content of a file.

    Parameters
    ----------
    pixels : uint8, H×W, H×W×3 (RGB) or H×W×4 (with alpha); uint16 or bool, H×W
    form : str
        Pillow's name of the format.
    table : uint8, m×3, optional
        The colours of which `pixels` hold the places.
    options
        Pillow's, of that format.
    """
    try:
        from PIL import Image
    except ImportError as error:
        raise missing("Writing pictures needs", "Pillow", "pictures", error) from error
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    if table is not None:
        picture.putpalette(table.tobytes())
    buffer = io.BytesIO()
    picture.save(buffer, format=form, **options)
    return buffer.getvalue()


def written_in_png(file: Path, name: str) -> str | None:
    """The text of that name in a PNG file; None where there is none, or no such file."""
    from PIL import Image

    try:
        with Image.open(file, formats=["PNG"]) as picture:
            text = picture.info.get(name)
    except (OSError, SyntaxError, ValueError):
        return None
    return text if isinstance(text, str) else None


def as_bitmap(png: bytes) -> bytes:
    """A PNG file as a BMP file, without transparency."""
    from PIL import Image

    with Image.open(io.BytesIO(png)) as picture:
        buffer = io.BytesIO()
        picture.convert("RGB").save(buffer, format="BMP")
    return buffer.getvalue()
