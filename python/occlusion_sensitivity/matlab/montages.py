"""Several pictures in one."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
from numpy.typing import NDArray

from ..arguments import as_array, as_text, expected, numbers, positive_integers, text_choice
from ..name_values import NameValues
from ..pictures import imread, in_colour
from ..resizing import imresize
from .arrays import mat2gray
from .casts import im2double, im2uint8, one_picture, picture_array
from .datastores import imageDatastore
from .drawing import imshow
from .figures import colour_of
from .option_types import ImshowpairOptions, ImtileOptions, MontageOptions
from .pictures import im2gray, ind2rgb

if TYPE_CHECKING:
    from .drawing import DrawnImage

__all__ = ["imshowpair", "imtile", "montage"]

_TILE_OPTIONS = ("BackgroundColor", "BorderSize", "ThumbnailSize")
# Which picture each of red, green and blue shows: 1, 2, or none.
_CHANNELS = {"green-magenta": (2, 1, 2), "red-cyan": (1, 2, 2)}
_METHODS = ("falsecolor", "blend", "diff", "montage", "checkerboard")
# Fields of a checkerboard along each axis.
_FIELDS = 8
# What stands for a place without a picture.
_FREE = np.zeros((0, 0))
# More values than this are no picture that anything could show.
_MOST_VALUES = 2**32


def imtile(*arguments: object, **options: Unpack[ImtileOptions]) -> NDArray[Any]:
    """Pictures side by side, as one.

    Parameters
    ----------
    images : array, H×W, H×W×N or H×W×C×N; list of arrays or of files' names; imageDatastore; or several arrays
        Of one channel or three; grey ones become colour ones beside those. Of one array H×W×N, each plane is a grey
        picture, also where N is 3; in a list, H×W×3 is a picture in colours, and [] leaves its place free.
    map : array_like, m×3, optional
        Behind the pictures: the colours of which those without colours hold the places.
    Frames : vector of int, optional
        Which pictures, from 1.
    GridSize : (int, int), optional
        Rows and columns; one may be NaN. By default as many as make the whole about square.
    ThumbnailSize : (int, int), optional
        Rows and columns of each picture, one of which may be NaN; those of the first by default. Another shape is kept,
        with the background around it.
    BorderSize : int or (int, int), default 0
        Rows and columns of background at each edge of each picture.
    BackgroundColor : text or (red, green, blue), default "black"

    Returns
    -------
    tiles : numpy.ndarray of the pictures' class
        Of double where their classes differ; logical ones as uint8.

    Raises
    ------
    TypeError, ValueError, FileNotFoundError
        If there are no pictures, or an option is outside of the values listed above.

    Notes
    -----
    MATLAB: ``tiles = imtile(imds)``, ``imtile({A,B,C},"GridSize",[1 3])``

    Python: ``tiles = imtile(imds)``, ``imtile([A, B, C], "GridSize", [1, 3])``

    Differs: nothing.

    Examples
    --------
    >>> imtile([np.zeros((4, 5)), np.ones((4, 5))], "GridSize", [1, 2]).shape
    (4, 10)
    """
    pictures, rest = _pictures(arguments)
    given = NameValues.parse(rest, options, ("Frames", "GridSize", *_TILE_OPTIONS))
    return _tiled(given.read("Frames", None, _chosen, pictures), given, "GridSize")


def montage(*arguments: object, **options: Unpack[MontageOptions]) -> DrawnImage:
    """Show several pictures side by side.

    Parameters
    ----------
    images, map
        As :func:`imtile` takes them.
    Indices : vector of int, optional
        Which pictures, from 1.
    Size : (int, int), optional
        Rows and columns of the grid; one may be NaN.
    DisplayRange : (float, float), optional
        What is black and what is white of grey pictures; [] for their smallest and largest value.
    ThumbnailSize, BorderSize, BackgroundColor
        As imtile takes them.
    Interpolation, Parent
        As imshow takes them.

    Returns
    -------
    image : matplotlib.image.AxesImage

    Raises
    ------
    TypeError, ValueError, FileNotFoundError
        If there are no pictures, or an option is outside of the values listed above.

    Notes
    -----
    MATLAB: ``montage(imds)``, ``montage({A,B},"Size",[1 2])``

    Python: ``montage(imds)``, ``montage([A, B], "Size", [1, 2])``

    Differs: without ThumbnailSize the first picture's size is taken, however large it is.

    Examples
    --------
    >>> import matplotlib; matplotlib.use("agg")
    >>> montage([np.zeros((4, 5)), np.ones((4, 5))], Size=[1, 2]).CData.shape
    (4, 10)
    """
    pictures, rest = _pictures(arguments)
    shown_by = ("DisplayRange", "Interpolation", "Parent")
    given = NameValues.parse(rest, options, ("Indices", "Size", *shown_by, *_TILE_OPTIONS))
    tiles = _tiled(given.read("Indices", None, _chosen, pictures), given, "Size")
    return imshow(tiles, **_passed_on(given, shown_by))


def imshowpair(A: object, B: object, *arguments: object, **options: Unpack[ImshowpairOptions]) -> DrawnImage:
    """Show two pictures in one, to compare them.

    Parameters
    ----------
    A, B : array_like, H×W or H×W×3
        The smaller one is filled with zeros at its right and below; NaN is shown as 0.
    method : {"falsecolor", "blend", "diff", "montage", "checkerboard"}, default "falsecolor"
        Third argument. "falsecolor": both grey, in different colours, grey where they agree; "blend": half of each
        where both are; "diff": how far they are apart; "montage": side by side; "checkerboard": fields of each.
    ColorChannels : {"green-magenta", "red-cyan"} or (int, int, int), default "green-magenta"
        Of "falsecolor": which picture, 1 or 2, is in red, green and blue; 0 for none.
    Scaling : {"independent", "joint", "none"}, default "independent"
        Whether the range of each, of both together, or of their class becomes 0…1.
    Interpolation, Parent
        As imshow takes them.

    Returns
    -------
    image : matplotlib.image.AxesImage

    Raises
    ------
    TypeError, ValueError
        If A or B is no picture, or an option is outside of the values listed above.

    Notes
    -----
    MATLAB: ``imshowpair(A,B)``, ``imshowpair(A,B,"montage")``

    Python: ``imshowpair(A, B)``, ``imshowpair(A, B, "montage")``

    Differs: a checkerboard has 8×8 fields; spatial references are not taken.

    Examples
    --------
    >>> import matplotlib; matplotlib.use("agg")
    >>> imshowpair([[0, 1]], [[1, 1]]).CData.shape
    (1, 2, 3)
    """
    rest = list(arguments)
    method = text_choice("method", rest.pop(0), _METHODS) if len(rest) % 2 else "falsecolor"
    given = NameValues.parse(rest, options, ("ColorChannels", "Interpolation", "Parent", "Scaling"))
    scaling = given.read("Scaling", "independent", text_choice, ("independent", "joint", "none"))
    channels = given.read("ColorChannels", "green-magenta", _channels)
    pair = [_in_bytes(_checked(name, value)) for name, value in (("A", A), ("B", B))]
    common = tuple(min(picture.shape[axis] for picture in pair) for axis in (0, 1))
    if method in ("falsecolor", "diff"):
        pair = [im2gray(picture) for picture in pair]
    one, other = _of_one_size(_scaled(pair, scaling))
    if method == "falsecolor":
        sources = (np.zeros(one.shape), one, other)
        fused = np.stack([sources[channel] for channel in channels], axis=2)
    elif method == "diff":
        fused = mat2gray(np.abs(one - other)) if np.ptp(one - other) else np.abs(one - other)
    else:
        one, other = _of_one_depth([one, other])
        fused = _checkered(one, other) if method == "checkerboard" else np.concatenate([one, other], axis=1)
        if method == "blend":
            fused = one + other  # beyond either, it is zero
            fused[: common[0], : common[1]] /= 2
    return imshow(fused, **_passed_on(given, ("Interpolation", "Parent")))


def _passed_on(given: NameValues, names: Sequence[str]) -> dict[str, Any]:
    """The options of these names, for another function, as they were typed."""
    return {given.typed(name): given.value(name) for name in names if name in given}


def _checkered(one: NDArray[Any], other: NDArray[Any]) -> NDArray[Any]:
    row, col = (np.arange(length) * _FIELDS // length for length in one.shape[:2])
    first = (row[:, np.newaxis] + col) % 2 == 0
    return np.where(first if one.ndim == 2 else first[:, :, np.newaxis], one, other)


def _scaled(pair: Sequence[NDArray[Any]], scaling: str) -> list[NDArray[np.float64]]:
    """Both in double, 0…1."""
    pair = [np.where(np.isnan(picture), picture.dtype.type(0), picture) for picture in pair]
    if scaling == "none":
        return [im2double(picture).clip(0, 1) for picture in pair]
    finite = [picture[np.isfinite(picture)].astype(np.float64) for picture in pair]
    ranges = [(float(known.min(initial=np.inf)), float(known.max(initial=-np.inf))) for known in finite]
    if scaling == "joint":
        low, high = min(low for low, _ in ranges), max(high for _, high in ranges)
        ranges = [(low, high)] * 2
    # A flat picture has no range: it stays as it is, within 0…1.
    return [
        mat2gray(picture, [low, high]) if low < high else im2double(picture).clip(0, 1)
        for picture, (low, high) in zip(pair, ranges, strict=True)
    ]


def _of_one_size(pair: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
    rows, cols = (max(picture.shape[axis] for picture in pair) for axis in (0, 1))
    wider = [[(0, rows - p.shape[0]), (0, cols - p.shape[1]), *[(0, 0)] * (p.ndim - 2)] for p in pair]
    return [np.pad(picture, edges) for picture, edges in zip(pair, wider, strict=True)]


def _of_one_depth(pictures: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
    """All grey, or all in colour."""
    if all(picture.ndim == 2 for picture in pictures):
        return list(pictures)
    return [in_colour(picture) for picture in pictures]


def _channels(name: str, value: object) -> tuple[int, ...]:
    if as_text(value) is not None:
        return _CHANNELS[text_choice(name, value, tuple(_CHANNELS))]
    allowed = '"green-magenta", "red-cyan" or three of 0, 1 and 2, among them 1 and 2'
    found = numbers(name, value, allowed).tolist()
    if len(found) != 3 or not {1, 2} <= set(found) <= {0, 1, 2}:
        raise ValueError(expected(name, allowed, value))
    return tuple(int(x) for x in found)


# Tiles ---------------------------------------------------------------------------------------------------------------


def _pictures(arguments: Sequence[object]) -> tuple[list[NDArray[Any]], list[object]]:
    """The pictures of all leading arguments, and the options behind them."""
    count = next((k for k, a in enumerate(arguments) if k and isinstance(a, str)), len(arguments))
    leading, rest = list(arguments[:count]), list(arguments[count:])
    table = leading.pop() if len(leading) == 2 and _is_table(leading[1]) and not _is_table(leading[0]) else None
    pictures = [picture for source in leading for picture in _of_source(source, alone=len(leading) == 1)]
    if not any(picture.size for picture in pictures):
        first = arguments[0] if arguments else None
        raise TypeError(expected("images", "pictures: arrays, files' names, or an imageDatastore", first))
    if table is not None:
        pictures = [ind2rgb(p, table) if p.ndim == 2 and p.size else p for p in pictures]  # type: ignore[arg-type]
    return [_in_bytes(picture) for picture in pictures], rest


def _is_table(value: Any) -> bool:
    array = as_array(value)
    if array is None or array.ndim != 2 or array.shape[1] != 3:
        return False
    return array.dtype.kind == "f" or (array.dtype.kind == "i" and not isinstance(value, np.ndarray))


def _is_empty(value: object) -> bool:
    array = as_array(value)
    return array is not None and array.size == 0


def _of_source(source: Any, *, alone: bool = False) -> list[NDArray[Any]]:
    """The pictures of an argument, or of a part of a list; `alone`: it is the only argument."""
    if isinstance(source, imageDatastore):
        return [_checked("images", source.image(k)) for k in range(1, len(source) + 1)]
    if isinstance(source, os.PathLike) or as_text(source) is not None:
        return [imread(as_text(source) or source)]
    array = as_array(source)
    if isinstance(source, list | tuple) or (array is not None and array.ndim and array.dtype.kind in "UO"):
        return [picture for part in source for picture in ([_FREE] if _is_empty(part) else _of_source(part))]
    stack = picture_array("images", source)
    if alone and stack.ndim == 3:  # as in MATLAB, even where there are three
        stack = stack[:, :, np.newaxis]
    if stack.ndim == 4:
        return [_checked("images", stack[..., k]) for k in range(stack.shape[3])]
    return [_checked("images", stack)]


def _checked(name: str, value: object) -> NDArray[Any]:
    return one_picture(name, value, "pictures, H×W, H×W×3 or H×W×C×N with C of 1 or 3")


def _in_bytes(picture: NDArray[Any]) -> NDArray[Any]:
    """A logical picture in black and white; others as they are."""
    return im2uint8(picture) if picture.dtype == np.bool_ else picture


def _chosen(name: str, value: object, pictures: list[NDArray[Any]]) -> list[NDArray[Any]]:
    if value is None:
        return pictures
    allowed = f"numbers of the {len(pictures)} pictures, from 1"
    found = positive_integers(name, value, allowed)
    if max(found) > len(pictures):
        raise ValueError(expected(name, allowed, value))
    return [pictures[k - 1] for k in found]


def _tiled(pictures: list[NDArray[Any]], given: NameValues, size_name: str) -> NDArray[Any]:
    places = [k for k, picture in enumerate(pictures) if picture.size]
    shown = [pictures[k] for k in places] or [np.zeros((1, 1))]
    if len({picture.dtype for picture in shown}) > 1:
        shown = [im2double(picture) for picture in shown]
    colour = given.read("BackgroundColor", "black", colour_of)
    if len(set(colour)) > 1 or any(picture.ndim == 3 for picture in shown):
        shown = [in_colour(picture) for picture in shown]
    rows, cols = given.read("ThumbnailSize", None, _thumbnail, shown[0].shape)
    borders = given.read("BorderSize", 0, _border)
    high, wide = rows + 2 * borders[0], cols + 2 * borders[1]
    grid = given.read(size_name, None, _grid, len(pictures), (rows, cols))
    tiles = _background(colour, (grid[0] * high, grid[1] * wide), shown[0])
    for k, picture in zip(places, shown, strict=False):
        row, col = divmod(k, grid[1])
        fitted = _fitted(picture, rows, cols)
        top = row * high + borders[0] + (rows - fitted.shape[0]) // 2
        left = col * wide + borders[1] + (cols - fitted.shape[1]) // 2
        tiles[top : top + fitted.shape[0], left : left + fitted.shape[1]] = fitted
    return tiles


def _background(colour: Sequence[float], size: tuple[int, int], like: NDArray[Any]) -> NDArray[Any]:
    if size[0] * size[1] * like[0, 0].size > _MOST_VALUES:
        msg = f"All pictures together would have {size[0]}×{size[1]} pixels; a smaller ThumbnailSize makes fewer."
        raise ValueError(msg)
    whole = like.dtype.kind in "ui"
    black, white = (np.iinfo(like.dtype).min, np.iinfo(like.dtype).max) if whole else (0, 1)
    channels = black + np.array(colour if like.ndim == 3 else colour[0]) * (white - black)
    filled = np.empty((*size, *like.shape[2:]), dtype=like.dtype)
    filled[...] = np.round(channels) if whole else channels
    return filled


def _fitted(picture: NDArray[Any], rows: int, cols: int) -> NDArray[Any]:
    """The picture as large as fits, in its own shape."""
    if picture.shape[:2] == (rows, cols):
        return picture
    scale = min(rows / picture.shape[0], cols / picture.shape[1])
    size = [min(most, max(1, round(scale * length))) for most, length in zip((rows, cols), picture.shape, strict=False)]
    return imresize(picture, size)


def _sizes(name: str, value: object, allowed: str) -> tuple[float, float]:
    found = [float(x) for x in numbers(name, value, allowed).tolist()]
    known = [x for x in found if not math.isnan(x)]
    if len(found) not in (1, 2) or not known or not all(x >= 1 and x == math.floor(x) and x < 2**20 for x in known):
        raise ValueError(expected(name, allowed, value))
    return found[0], found[-1]


def _thumbnail(name: str, value: object, shape: Sequence[int]) -> tuple[int, int]:
    if value is None or np.size(np.asarray(value, dtype=object)) == 0:
        return shape[0], shape[1]
    rows, cols = _sizes(name, value, "[rows columns] in whole pixels, one of which may be NaN")
    if math.isnan(rows):
        rows = max(1, round(cols * shape[0] / shape[1]))
    if math.isnan(cols):
        cols = max(1, round(rows * shape[1] / shape[0]))
    return int(rows), int(cols)


def _border(name: str, value: object) -> tuple[int, int]:
    allowed = "a whole number of pixels, 0 or more, or [rows columns] of them"
    found = numbers(name, value, allowed).tolist()
    if len(found) not in (1, 2) or not all(0 <= x < 2**15 and x == math.floor(x) for x in found):
        raise ValueError(expected(name, allowed, value))
    return int(found[0]), int(found[-1])


def _grid(name: str, value: object, count: int, tile: tuple[int, int]) -> tuple[int, int]:
    if value is None or np.size(np.asarray(value, dtype=object)) == 0:
        cols = math.ceil(math.sqrt(tile[0] * count / tile[1]))  # about as wide as high
        return math.ceil(count / cols), cols
    rows, columns = _sizes(name, value, "[rows columns], one of which may be NaN")
    if math.isnan(rows):
        rows = math.ceil(count / columns)
    if math.isnan(columns):
        columns = math.ceil(count / rows)
    if rows * columns < count:
        raise ValueError(expected(name, f"a grid of at least {count} places", value))
    return int(rows), int(columns)
