"""Score maps → colours over a photograph. Arrays in, arrays out; no library is needed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import as_array, expected, numeric_array, size_text
from .colormaps import ColourMap, jet
from .images import ImageLike, check_order_of_axes
from .pictures import in_colour, in_eight_bits
from .resizing import imresize

Style = Literal["overlay", "contours", "side-by-side", "spotlight"]
STYLES: tuple[Style, ...] = ("overlay", "contours", "side-by-side", "spotlight")
Colormap = Literal["jet", "diverging"]
COLORMAPS: tuple[Colormap, ...] = ("jet", "diverging")
DEFAULT_OPACITY = 0.6

Picture = NDArray[np.uint8]

# Blue and vermilion of Okabe and Ito, which readers of every colour vision tell apart, from dark ends to a grey middle.
_DIVERGING = ((0.0, 0.2, 0.45), (0.0, 0.45, 0.7), (0.95, 0.95, 0.95), (0.84, 0.37, 0.0), (0.5, 0.13, 0.0))
# From this share of the strongest drop on, colours are as opaque as they get; below, they fade into the photograph.
FULLY_COLOURED = 0.5
# How much of the light is left where the map is zero, or below.
_DARKEST = 0.25
_ROWS_AT_ONCE = 64
# Drops below this share of the score are what single precision leaves of none.
_NO_DROP = 1e-6


def diverging(m: int = 256) -> ColourMap:
    """Blue for what is below zero, grey for zero, vermilion for what is above."""
    places = np.linspace(0, 1, len(_DIVERGING))
    return np.stack([np.interp(np.linspace(0, 1, m), places, shade) for shade in np.transpose(_DIVERGING)], axis=1)


@dataclass(frozen=True, slots=True)
class Scale:
    """Which colour a drop has, and how strong it is: the same in all maps that are compared.

    Attributes
    ----------
    colours : numpy.ndarray of double, shape (m, 3)
        Red, green and blue, 0…1, from `low` to `high`.
    low, high : float
        With jet, zero is its first colour: what is below zero is not coloured. In diverging colours zero is the middle.
        Both are zero where nothing changes the score.
    """

    colours: ColourMap
    low: float
    high: float

    @classmethod
    def of(cls, drops: NDArray[Any], colormap: Colormap, *, is_flat: bool = False) -> Self:
        """The scale on which the strongest of the drops has the last colour."""
        finite = np.asarray(drops, dtype=np.float64)[np.isfinite(drops)]
        if colormap == "diverging":
            strongest = 0.0 if is_flat else float(np.abs(finite).max(initial=0.0))
            return cls(diverging(), -strongest, strongest)
        return cls(jet(), 0.0, 0.0 if is_flat else float(finite.max(initial=0.0)))

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing that could be coloured."""
        return self.high <= 0

    def places(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """Where values lie between low and high, 0…1; NaN where zero does."""
        if self.is_empty:
            return np.zeros(values.shape, dtype=np.float32)
        with np.errstate(over="ignore", invalid="ignore"):
            drops = np.nan_to_num(values, nan=0.0).astype(np.float64)  # single has no limits as small as may be given
            shares = (drops - self.low) / (self.high - self.low)
        return np.asarray(np.clip(shares, 0, 1), dtype=np.float32)

    def strengths(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """How far values are from zero, 0…1: 1 is the strongest drop, or the strongest rise if it has a colour."""
        zero = self.places(np.zeros(1))[0]
        return np.asarray(np.abs(self.places(values) - zero) / (1 - zero))

    def colours_of(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """The colours of values, shape (…, 3), 0…1."""
        last = len(self.colours) - 1
        return self.colours.astype(np.float32)[np.round(self.places(values) * last).astype(np.intp)]

    def opacities(self, values: NDArray[Any], opacity: float) -> NDArray[np.float32]:
        """How far the colours of values cover the photograph, 0…`opacity`."""
        return np.asarray(np.minimum(self.strengths(values) / np.float32(FULLY_COLOURED), 1) * np.float32(opacity))

    def values(self, count: int = 256) -> NDArray[np.float64]:
        """Values from low to high."""
        return np.linspace(self.low, self.high, count)


def is_flat(drops: NDArray[Any], score: float) -> bool:
    """Whether no mask changes the score."""
    finite = drops[np.isfinite(drops)]
    return bool(finite.size and np.abs(finite).max() <= _NO_DROP * abs(score))


def overlaid(picture: Picture, values: NDArray[Any], scale: Scale, opacity: float) -> Picture:
    """The picture, H×W×3, under the colours of H×W values."""

    def over(rows: slice) -> NDArray[np.float32]:
        opacities = scale.opacities(values[rows], opacity)[..., np.newaxis]
        return np.asarray(picture[rows] * (1 - opacities) + 255 * opacities * scale.colours_of(values[rows]))

    return _painted(values.shape, over)


def mapped(values: NDArray[Any], scale: Scale) -> Picture:
    """The colours of values alone, H×W×3."""
    return _painted(values.shape, lambda rows: 255 * scale.colours_of(values[rows]))


def spotlit(picture: Picture, values: NDArray[Any], scale: Scale) -> Picture:
    """The picture, H×W×3, dark where the map is low."""

    def lit(rows: slice) -> NDArray[np.float32]:
        light = _DARKEST + (1 - _DARKEST) * scale.strengths(np.maximum(values[rows], 0))
        return np.asarray(picture[rows] * light[..., np.newaxis])

    return _painted(values.shape, lit)


def _painted(size: tuple[int, ...], paint: Callable[[slice], NDArray[np.float32]]) -> Picture:
    """A picture painted some rows at a time: in single, a large one is four times as large."""
    found = np.empty((*size, 3), dtype=np.uint8)
    for first in range(0, size[0], _ROWS_AT_ONCE):
        rows = slice(first, first + _ROWS_AT_ONCE)
        found[rows] = _in_bytes(paint(rows))
    return found


def bar_colours(style: Style, scale: Scale, opacity: float, picture: Picture) -> ColourMap:
    """The colours from low to high as they lie over a picture of this brightness: those of the colour bar."""
    values = scale.values()[np.newaxis]
    grey = np.full((1, values.size, 3), round(float(picture.mean())), dtype=np.uint8)
    if style == "overlay":
        shown = overlaid(grey, values, scale, opacity)
    elif style == "spotlight":
        shown = spotlit(np.full_like(grey, 255), values, scale)
    else:
        shown = mapped(values, scale)
    return np.asarray(shown[0] / 255.0)


def as_picture(X: NDArray[Any], original: NDArray[Any] | None = None) -> Picture:
    """An image of any class as a picture, H×W×3 in 8 bits.

    Floating-point numbers are taken as 0…1 where they lie there, as 0…255 where they lie there, and are stretched
    otherwise; the first three of more than three channels are red, green and blue. Where X was resized, which takes its
    numbers beyond theirs, those of the `original` are what counts.
    """
    if X.ndim == 3:
        X = X[..., 0] if X.shape[2] < 3 else X[..., :3]
    if X.dtype == np.bool_:
        X = X.astype(np.uint8) * np.uint8(255)
    if X.dtype not in (np.uint8, np.uint16):
        X = _stretched(X, X if original is None else original)
    return in_colour(in_eight_bits(X))


def enlarged(picture: Picture, times: int) -> Picture:
    """Each pixel as a square of so many."""
    return picture if times == 1 else picture.repeat(times, axis=0).repeat(times, axis=1)


def brought_to(size: tuple[int, int], drops: NDArray[Any], method: str) -> NDArray[np.float32]:
    """A map in another size, by the package's own imresize; with the method "none", each value a rectangle."""
    found = imresize(np.asarray(drops, dtype=np.float32), list(size), "nearest" if method == "none" else method)
    return np.asarray(found, dtype=np.float32)


def _stretched(X: NDArray[Any], original: NDArray[Any]) -> Picture:
    finite = original[np.isfinite(original)].astype(np.float64)
    low, high = float(finite.min(initial=np.inf)), float(finite.max(initial=-np.inf))
    if low >= 0 and high <= 255:
        low, high = 0.0, 1.0 if high <= 1 and original.dtype.kind == "f" else 255.0
    shares = np.clip((np.nan_to_num(X.astype(np.float64), nan=low) - low) / ((high - low) or 1.0), 0, 1)
    return _in_bytes(255 * shares)


def _in_bytes(values: NDArray[Any]) -> Picture:
    return np.clip(np.round(values), 0, 255).astype(np.uint8)


def checked_picture(X: ImageLike) -> NDArray[Any]:
    """An image as an array that :func:`as_picture` takes."""
    image = as_array(X)
    if image is None or image.dtype.kind not in "buif":
        raise TypeError(expected("X", "a numeric or logical array, H×W or H×W×C", X))
    if image.ndim not in (2, 3) or 0 in image.shape:
        msg = f"X must be one image, H×W or H×W×C, but is {size_text(image.shape)}."
        raise ValueError(msg)
    check_order_of_axes("X", image.shape)
    # imresize takes fewer classes.
    if image.dtype.name not in ("bool", "uint8", "uint16", "int8", "int16", "float32", "float64"):
        return image.astype(np.float64)
    return image


def checked_maps(scoreMap: ArrayLike) -> NDArray[np.float32]:
    """One score map or several as rows × columns × K."""
    allowed = "a numeric array, rows×columns or rows×columns×K"
    maps = numeric_array(scoreMap)
    if maps is None:
        raise TypeError(expected("scoreMap", allowed, scoreMap))
    if maps.ndim not in (2, 3) or 0 in maps.shape:
        msg = f"scoreMap must be {allowed}, but is {size_text(maps.shape)}."
        raise ValueError(msg)
    with np.errstate(over="ignore"):  # drops beyond single
        return np.asarray(maps.reshape(*maps.shape[:2], -1), dtype=np.float32)
