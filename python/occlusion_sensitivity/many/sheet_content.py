"""What a contact sheet says of the images of a store, of all of them together, and of how they were explained."""

import base64
import functools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..lettering import score_text
from ..outputs import MOST_CLASSES
from ..painting import DEFAULT_OPACITY, Scale, bar_colours
from .arrays import mean_drops
from .maps import Maps
from .work import CURVES

# Mean maps of so many classes, and so many failures, are in the page; and so many values of a list.
_MOST_MEANS, _MOST_FAILURES, _MOST_VALUES = 24, 1000, 20
# Of a curve in the page, a byte each: what stands for its highest value, and for one that is not finite.
_HIGHEST, _NO_VALUE = 254, 255
# Steps of a colour bar.
_STEPS = 16
# Attributes that are no part of how a map was made.
_NOT_LISTED = ("format", "format_version", "numbers", "class_names")
_ORDINALS = {1: "", 2: "2nd ", 3: "3rd "}


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean map of a class, or of all images.

    Attributes
    ----------
    name : str
        Of the class; empty for all images, the first class of each.
    count : int
        Of how many maps.
    """

    name: str
    count: int
    drops: NDArray[np.float32]
    scale: Scale

    @property
    def strongest(self) -> str:
        """The drop that has the last colour; empty where there is none."""
        return "" if self.scale.is_empty else score_text(self.scale.high)


class Shown:
    """The images of a store that a sheet shows: those that have a map.

    Attributes
    ----------
    table : numpy.ndarray
        Of all images.
    places : list of int
        Those that have a map, by their places in the store.
    ranks : int
        How many classes are shown of each.
    """

    def __init__(self, maps: Maps) -> None:
        self.maps = maps
        self.table = maps.table()
        self.places: list[int] = np.flatnonzero(self.table["state"] == "done").tolist()
        self._class_count = int(maps.stored.array("channel").shape[1])
        self.ranks = min(self._class_count, MOST_CLASSES)

    def column(self, name: str) -> NDArray[Any]:
        """A column of the table: images × ranks."""
        return self.table[name].reshape(len(self.table), self._class_count)[self.places, : self.ranks]

    def stem(self, k: int, rank: int) -> str:
        """The file of a picture, without its ending."""
        return str(k) if self.ranks == 1 else f"{k}-{rank + 1}"

    def links(self) -> Iterable[tuple[str, str]]:
        """The name of each image and the file of its large picture."""
        return ((self.maps.names[k], f"large/{self.stem(k, 0)}.jpg") for k in self.places)

    @functools.cached_property
    def _labels(self) -> dict[int, str]:
        """The names of the channels that are shown; with their numbers where several have one name."""
        channels = np.unique(self.column("channel")).tolist()
        names = {channel: self.maps.classes[channel - 1] for channel in channels}
        counts = Counter(names.values())
        return {
            channel: name if counts[name] == 1 else f"{name} (channel {channel})" for channel, name in names.items()
        }

    @functools.cached_property
    def means(self) -> list[Mean]:
        """The mean map of all images, and those of the classes that most images have."""
        if not self.places:
            return []
        channels, counts = np.unique(self.column("channel"), return_counts=True)
        most = channels[np.argsort(-counts, kind="stable")[:_MOST_MEANS]].tolist() if len(channels) > 1 else []
        means, of = mean_drops(self.maps, [None, *most])
        names = ["", *(self._labels[channel] for channel in most)]
        return [Mean(*one, Scale.of(one[2], "jet")) for one in zip(names, of, means, strict=True)]

    def content(self) -> dict[str, Any]:
        """What the page says by itself."""
        states = Counter(self.table["state"].tolist())
        network = self.maps.attributes["network"]["file"]
        failures = list(self.maps.failed.items())
        return {
            "title": f"{Path(self.maps.place).name}: {_counted(len(self.places), 'occlusion map')}",
            "network": network,
            "count": _counted(len(self.table), "image"),
            "failed": states["failed"],
            "to_do": states["to do"],
            "failures": failures[:_MOST_FAILURES],
            "ranks": self.ranks,
            "left_out": self._class_count - self.ranks,
            "means": self.means,
            "has_curves": self._has_curves,
            "classes": len(self._labels),
            "over": _gradient(bar_colours("overlay", _UNIT, DEFAULT_OPACITY, np.full((1, 1, 3), 128, dtype=np.uint8))),
            "pure": _gradient(_UNIT.colours_of(_UNIT.values(_STEPS))),
            "made": made(self.maps.attributes),
        }

    def data(self, folder: str, alone: Mapping[int, str]) -> dict[str, Any]:
        """What the script lays out: of each image's property a list, of a class's one for each rank."""
        names = self.maps.names
        return {
            "folder": folder,
            "places": self.places,
            "names": [names[k] for k in self.places],
            "sha256": [str(digest) for digest in self.table["sha256"][self.places]],
            "views": self._views(),
            "classes": self._labels,
            "channels": self.column("channel").T.tolist(),
            "scores": _numbers(self.column("score")),
            "peaks": _numbers(self.column("peak")),
            "alone": alone,
            "areas": {name: _numbers(self.column(f"{name}_area")) for name in CURVES if self._has_curves},
            "curves": self._curves(),
        }

    def _views(self) -> list[str]:
        """What the classes of an image are called, where there are several."""
        channels = self.maps.attributes["channels"]
        if isinstance(channels, list):
            return [self._labels.get(channel, "") for channel in channels[: self.ranks]]
        return [f"{_ORDINALS.get(rank, f'{rank}th ')}highest score" for rank in range(1, self.ranks + 1)]

    @property
    def _has_curves(self) -> bool:
        return self.maps.attributes.get("faithfulness") is not None

    def _curves(self) -> dict[str, Any] | None:
        """The curves of each rank and image, and their mean for the first rank; None where the store has none."""
        if not self._has_curves or not self.places:
            return None
        # images × ranks × curves × steps
        values = np.stack([self.maps.stored.read(name)[self.places, : self.ranks] for name in CURVES], axis=2)
        is_finite = np.isfinite(values[:, 0])
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = values[:, 0].sum(axis=0, where=is_finite) / is_finite.sum(axis=0)
        each = [[_in_bytes(curves) for curves in values[:, rank]] for rank in range(self.ranks)]
        return {"names": CURVES, "each": each, "mean": _in_bytes(mean)}


# Of a map whose strongest drop is 1.
_UNIT = Scale.of(np.ones(1), "jet")


def made(attributes: Mapping[str, Any]) -> list[tuple[str, list[tuple[str, str]]]]:
    """How maps were made: of each part its name, and what is in it."""
    listed = {name: value for name, value in attributes.items() if name not in _NOT_LISTED}
    parts = {name: value for name, value in listed.items() if isinstance(value, Mapping)}
    plain = {name: value for name, value in listed.items() if name not in parts}
    return [("", _entries(plain)), *((_words(name), _entries(part)) for name, part in parts.items())]


def _entries(part: Mapping[str, Any]) -> list[tuple[str, str]]:
    found = []
    for name, value in part.items():
        if isinstance(value, Mapping):
            found += [(f"{_words(name)} of {inner}", _text(one)) for inner, one in value.items()]
        elif value is not None:
            found.append((_words(name), _text(value)))
    return found


def _words(name: str) -> str:
    return "SHA-256" if name == "sha256" else name.replace("_", " ")


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, Sequence) or isinstance(value, str):
        return f"{value:g}" if isinstance(value, float) else str(value)
    more = f", … ({len(value)})" if len(value) > _MOST_VALUES else ""
    return ", ".join(_text(one) for one in value[:_MOST_VALUES]) + more


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _numbers(values: NDArray[Any]) -> list[list[float | None]]:
    """Images × ranks as a list for each rank, in six digits; None for what is not finite."""
    return [[float(f"{x:.6g}") if np.isfinite(x) else None for x in rank] for rank in values.T.tolist()]


def _in_bytes(curves: NDArray[np.float64]) -> list[Any]:
    """Curves × steps as low, high, and a byte for each value between them."""
    finite = np.isfinite(curves)
    low = float(curves.min(where=finite, initial=0.0))
    high = float(curves.max(where=finite, initial=0.0))
    shares = (np.where(finite, curves, low) - low) / ((high - low) or 1.0)
    codes = np.where(finite, np.round(shares * _HIGHEST), _NO_VALUE).astype(np.uint8)
    return [float(f"{low:.6g}"), float(f"{high:.6g}"), base64.b64encode(codes.tobytes()).decode("ascii")]


def _gradient(colours: NDArray[Any]) -> str:
    """Colours from left to right, in CSS."""
    chosen = colours[np.linspace(0, len(colours) - 1, _STEPS).round().astype(int)]
    return f"linear-gradient(to right, {', '.join(_hex(colour) for colour in chosen)})"


def _hex(colour: NDArray[Any]) -> str:
    return "#" + "".join(f"{round(255 * float(part)):02x}" for part in colour)
