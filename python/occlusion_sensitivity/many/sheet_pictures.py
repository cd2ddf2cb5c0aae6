"""The pictures of a contact sheet: where each image's photograph is by now, and that under its maps."""

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..arguments import shown
from ..drawings import Ground
from ..framing import Fit, Frame, shown_size
from ..painting import DEFAULT_OPACITY, Picture, Scale, brought_to, checked_picture, is_flat, mapped, overlaid
from ..pictures import encoded
from ..resizing import imresize
from .maps import Maps
from .sources import Source, source_named, sources_of

# The longest sides of the two pictures of a map, of a map without its photograph, and of a mean map; and what a
# photograph of fewer pixels is enlarged to.
_LARGE, _SMALL, _ALONE, _MEAN, _SMALLEST = 1000, 200, 480, 160, 240
_QUALITY = 85
# Pixels of each dash of the line around what the network saw.
_DASH = 8

# Why a map is alone, as "the picture …".
GONE, CHANGED, UNREADABLE, NO_FILE = "is not to be found", "has changed since", "cannot be read", "was in no file"


class Photographs:
    """Where the photographs are of which a store has the maps.

    Parameters
    ----------
    images : object
        As :func:`sources_of` takes them: those of the same names are taken. None where all are where they were.
    """

    def __init__(self, maps: Maps, images: object, typed: str) -> None:
        self._folder = str(maps.attributes["folder"])
        self._sources = None if images is None else sources_of(images, typed)
        self._places = {} if self._sources is None else {name: k for k, name in enumerate(self._sources.names)}
        if self._sources is not None and not self._places.keys() & set(maps.names):
            names = ", ".join(shown(name) for name in maps.names[:2])
            msg = (
                f"{typed} must be images of the store, whose names are {names} …; but {shown(images)} has none of them."
            )
            raise ValueError(msg)

    def source(self, name: str) -> Source | None:
        """That of the image of that name; None where there is none."""
        if self._sources is not None and name in self._places:
            return self._sources.source(self._places[name])
        return source_named(name, self._folder)


def photograph(source: Source | None, digest: str) -> tuple[NDArray[Any] | None, str]:
    """The pixels of the photograph of that SHA-256; or None, and why."""
    if source is None:
        return None, NO_FILE
    try:
        now, pixels = source.photograph()
        return (checked_picture(pixels()), "") if now == digest else (None, CHANGED)
    except OSError:
        return None, GONE
    except (ValueError, TypeError, RuntimeError, MemoryError):
        return None, UNREADABLE


@dataclass(frozen=True, slots=True)
class Look:
    """How the maps of a store lie over the photographs.

    Attributes
    ----------
    input_size : (int or None, int or None)
        Rows and columns of the network's image.
    method : str
        By which imresize makes a map of the drops.
    """

    input_size: tuple[int | None, int | None]
    fit: Fit
    method: str

    @classmethod
    def of(cls, attributes: Mapping[str, Any]) -> Self:
        rows, cols = attributes["network"]["input_size"][:2]
        return cls((rows, cols), attributes["preprocessing"]["fit"], attributes["options"]["OutputUpsampling"])

    def drawn(
        self,
        photograph: NDArray[Any] | None,
        size: tuple[int, int],
        drops: NDArray[np.float32],
        scores: NDArray[np.float64],
    ) -> Iterator[Picture]:
        """A photograph under the map of each class; or the maps alone.

        Parameters
        ----------
        photograph : numpy.ndarray, H×W or H×W×C, or None
        size : (int, int)
            Its rows and columns.
        drops : numpy.ndarray of single, rows×columns×K
            On the mask grid. The colours of all K go from zero to the strongest of them.
        scores : numpy.ndarray of double, shape (K,)
        """
        classes = range(len(scores))
        scale = Scale.of(drops, "jet", is_flat=all(is_flat(drops[..., k], float(scores[k])) for k in classes))
        frame = Frame.of(size, self.input_size, self.fit)
        if photograph is None:
            row0, row1, col0, col1 = frame.seen
            alone = _in_pixels(_ALONE, (row1 - row0, col1 - col0))
            for k in classes:
                yield mapped(brought_to(alone, drops[..., k], self.method), scale)
            return
        ground = Ground.drawn(photograph, photograph, frame, _LARGE, smallest=_SMALLEST)
        for k in classes:
            picture = overlaid(ground.picture, ground.map_of(drops[..., k], self.method), scale, DEFAULT_OPACITY)
            if not ground.frame.sees_all:
                _outline(picture, ground.frame.seen)
            yield picture

    def mean(self, drops: NDArray[np.float32], scale: Scale) -> Picture:
        """A mean map, in the aspect of the network's image."""
        rows, cols = self.input_size
        size = (rows, cols) if rows and cols else (drops.shape[0], drops.shape[1])
        return mapped(brought_to(_in_pixels(_MEAN, size), drops, self.method), scale)


def _in_pixels(longest_side: int, size: tuple[int, int]) -> tuple[int, int]:
    """The size of that aspect with that longest side."""
    rows, cols = (max(1, round(longest_side * length / max(size))) for length in size)
    return rows, cols


def large(picture: Picture) -> bytes:
    """As a JPEG file."""
    return encoded(picture, "JPEG", quality=_QUALITY)


def small(picture: Picture) -> bytes:
    """As a JPEG file of few pixels."""
    return encoded(imresize(picture, list(shown_size(picture.shape[:2], _SMALL))), "JPEG", quality=_QUALITY)


def _outline(picture: Picture, seen: tuple[int, int, int, int]) -> None:
    """Draw a line of black and white dashes around the part that the network saw."""
    row0, row1, col0, col1 = seen
    part = picture[row0:row1, col0:col1]
    for edge in (part[:2], part[-2:], part[:, :2].swapaxes(0, 1), part[:, -2:].swapaxes(0, 1)):
        edge[:] = _dashes(edge.shape[1])[:, np.newaxis]


@functools.lru_cache(maxsize=8)
def _dashes(length: int) -> NDArray[np.uint8]:
    return (np.arange(length) // _DASH % 2 * 255).astype(np.uint8)
