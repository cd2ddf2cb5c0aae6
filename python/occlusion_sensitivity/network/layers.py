"""Layers as a dlnetwork shows them, and what the first one does with an image."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, NoReturn, TypeVar, Unpack, overload

import numpy as np
from numpy.typing import NDArray

from ..arguments import expected, numeric_array, positive_integers, shown, size_text, text_choice
from ..images import Image
from ..listing import public_names
from ..name_values import NameValues
from ..option_types import ImageInputLayerOptions
from ..strings import StringArray

NORMALIZATIONS = ("zerocenter", "zscore", "rescale-symmetric", "rescale-zero-one", "none")
OPTION_NAMES = ("Name", "Normalization", "Mean", "StandardDeviation", "Min", "Max")

# Normalization → the two statistics it needs.
_STATISTICS = {
    "zscore": ("Mean", "StandardDeviation"),
    "rescale-symmetric": ("Min", "Max"),
    "rescale-zero-one": ("Min", "Max"),
}

Statistic = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class ImageInputLayer:
    """The layer that takes the image. Made by :func:`~occlusion_sensitivity.imageInputLayer`.

    Attributes
    ----------
    Name : str
    InputSize : (int or None, int or None, int or None)
        Height, width and channels; None where the network takes any.
    Normalization : {"zerocenter", "zscore", "rescale-symmetric", "rescale-zero-one", "none"}
    Mean, StandardDeviation, Min, Max : numpy.ndarray of single or None
        Statistics of the training images, 1×1×C or H×W×C.
    """

    Name: str
    # Any: most networks take one size, and code for these need not ask for None.
    InputSize: tuple[int | Any, int | Any, int | Any]
    Normalization: str = "none"
    Mean: Statistic | None = None
    StandardDeviation: Statistic | None = None
    Min: Statistic | None = None
    Max: Statistic | None = None

    @property
    def Type(self) -> str:
        return "Image Input"

    def __dir__(self) -> list[str]:
        return public_names(object.__dir__(self), ("normalized",))

    def normalized(self, image: Image) -> Image:
        """The image, height × width × channels, as the rest of the network takes it; in single, as MATLAB does it."""
        if self.Normalization == "none":
            return image
        with np.errstate(over="ignore", invalid="ignore"):  # statistics may be of any size
            return self._by_statistics(image)

    def _by_statistics(self, image: Image) -> Image:
        if self.Normalization == "zerocenter":
            return image - self._statistic("Mean")
        first, second = (self._statistic(name) for name in _STATISTICS[self.Normalization])
        if self.Normalization == "zscore":
            return (image - first) / second
        share = (image - first) / (second - first)
        return share if self.Normalization == "rescale-zero-one" else 2 * share - 1

    def _statistic(self, name: str) -> Statistic:
        statistic: Statistic | None = getattr(self, name)
        if statistic is None:
            msg = f'The image input layer has no {name}, which its "{self.Normalization}" normalisation needs.'
            raise ValueError(msg)
        return statistic


@dataclass(frozen=True, slots=True)
class Layer:
    """A node of the graph.

    Attributes
    ----------
    Name : str
        The node's name; its first output's where it has none.
    Type : str
        The ONNX operator.
    """

    Name: str
    Type: str


@dataclass(frozen=True, slots=True)
class ClassificationOutputLayer:
    """The last layer of a DAGNetwork or SeriesNetwork.

    Attributes
    ----------
    Name : str
    Classes : StringArray (a NumPy array of text)
        The class names in the order of the channels.
    """

    Name: str
    Classes: StringArray
    Type: str = field(default="Classification Output")


AnyLayer = ImageInputLayer | Layer | ClassificationOutputLayer


LastLayer = TypeVar("LastLayer", bound=AnyLayer, covariant=True)


class LayerArray(Sequence[AnyLayer], Generic[LastLayer]):
    """The layers of a network; 0-based, ``Layers[-1]`` is the last. Printed, it is a table.

    The graph is read when a layer behind the first is asked for.
    """

    def __init__(self, first: ImageInputLayer, others: Callable[[], Sequence[AnyLayer]]) -> None:
        self._first = first
        self._others = others

    def __dir__(self) -> list[str]:
        return public_names(super().__dir__())

    def _all(self) -> list[AnyLayer]:
        return [self._first, *self._others()]

    # The first layer and the last are known by their kinds, so that what they have needs no cast. mypy finds a literal
    # before int incompatible with Sequence's int, which it is not.
    @overload  # type: ignore[override]
    def __getitem__(self, index: Literal[0]) -> ImageInputLayer: ...
    @overload
    def __getitem__(self, index: Literal[-1]) -> LastLayer: ...
    @overload
    def __getitem__(self, index: int) -> AnyLayer: ...
    @overload
    def __getitem__(self, index: slice) -> list[AnyLayer]: ...
    def __getitem__(self, index: int | slice) -> AnyLayer | list[AnyLayer]:
        if isinstance(index, slice):
            return self._all()[_checked_slice(index)]
        at = _whole(index)
        if at == 0:
            return self._first
        layers = self._all()
        if not -len(layers) <= at < len(layers):
            msg = f"net.Layers has {len(layers)} layers, net.Layers[0] … net.Layers[{len(layers) - 1}], but no {at}."
            raise IndexError(msg)
        return layers[at]

    def __len__(self) -> int:
        return len(self._all())

    def __iter__(self) -> Iterator[AnyLayer]:
        return iter(self._all())

    def __call__(self, index: object) -> NoReturn:
        """MATLAB's parentheses: a TypeError that says what takes their place."""
        k = int(index) if isinstance(index, int | np.integer) and not isinstance(index, bool) else 0
        here = f"net.Layers({k}) is net.Layers[{k - 1}]" if k > 0 else "net.Layers(k) is net.Layers[k - 1]"
        msg = f"{here} here: Python indexes with brackets and counts from 0. net.Layers(end) is net.Layers[-1]."
        raise TypeError(msg)

    def __reduce__(self) -> tuple[object, ...]:
        # What is printed, not the network that it is read from.
        first, *others = self._all()
        return _listed, (first, others)

    def __repr__(self) -> str:
        rows = [(str(k), layer.Name, layer.Type, _details(layer)) for k, layer in enumerate(self)]
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        lines = (
            f"  {k:>{widths[0]}}  {name:<{widths[1]}}  {kind:<{widths[2]}}  {rest}" for k, name, kind, rest in rows
        )
        return "\n".join([f"{len(rows)} layers:", *(line.rstrip() for line in lines)])


def _checked_slice(which: slice) -> slice:
    return slice(*(None if part is None else _whole(part) for part in (which.start, which.stop, which.step)))


def _whole(index: object) -> int:
    try:
        return operator.index(index)  # type: ignore[arg-type]
    except TypeError:
        msg = f"net.Layers is indexed by whole numbers, from 0 on, but is asked for {shown(index)}."
        if isinstance(index, str):
            msg = f"{msg} By name: next(layer for layer in net.Layers if layer.Name == {shown(index)})."
        raise TypeError(msg) from None


def _listed(first: ImageInputLayer, others: Sequence[AnyLayer]) -> LayerArray[Any]:
    return LayerArray(first, lambda: others)


def _details(layer: AnyLayer) -> str:
    if isinstance(layer, ImageInputLayer):
        normalised = "" if layer.Normalization == "none" else f' with "{layer.Normalization}" normalization'
        return f"{size_text(layer.InputSize)} images{normalised}"
    if isinstance(layer, ClassificationOutputLayer):
        first = ", ".join(layer.Classes[:2])
        return f"{first} and {len(layer.Classes) - 2} other classes" if len(layer.Classes) > 2 else first
    return ""


def imageInputLayer(
    inputSize: object, *nameValuePairs: object, **options: Unpack[ImageInputLayerOptions]
) -> ImageInputLayer:
    """An image input layer, for ``importNetworkFromONNX(file, InputLayer=…)``.

    Parameters
    ----------
    inputSize : (int, int) or (int, int, int)
        Height, width and channels of the images; one channel where none are given.
    Name : str, default "imageinput"
    Normalization : {"zerocenter", "zscore", "rescale-symmetric", "rescale-zero-one", "none"}, default "zerocenter"
        What is done with every image before the network: X - Mean; (X - Mean) / StandardDeviation; the range Min…Max
        brought to -1…1 or to 0…1; nothing.
    Mean, StandardDeviation, Min, Max : float, vector of C, or array of 1×1×C or H×W×C, optional
        Statistics of the training images: one for all, one per channel, or one per pixel. Those that the
        normalisation uses are needed once an image goes through the network.

    Returns
    -------
    layer : ImageInputLayer

    Raises
    ------
    TypeError, ValueError
        If an argument is outside the values listed above.

    Notes
    -----
    MATLAB: ``layer = imageInputLayer([28 28 1],Normalization="rescale-zero-one",Min=0,Max=255)``

    Python: ``layer = imageInputLayer([28, 28, 1], Normalization="rescale-zero-one", Min=0, Max=255)``

    Differs: it is given to importNetworkFromONNX, as InputLayer; a normalisation whose statistics are missing is an
    error where an image goes through it, as nothing is trained here. Source: MATLAB's imageInputLayer. Options take
    both name-value spellings.

    Examples
    --------
    >>> layer = imageInputLayer([28, 28, 1], Normalization="rescale-zero-one", Min=0, Max=255)
    >>> layer.InputSize
    (28, 28, 1)
    """
    allowed = "[height width] or [height width channels]"
    size = positive_integers("inputSize", inputSize, allowed)
    if len(size) not in (2, 3):
        raise ValueError(expected("inputSize", allowed, inputSize))
    height, width, channels = (*size, 1)[:3]
    given = NameValues.parse(nameValuePairs, options, OPTION_NAMES)
    layer_name = given.value("Name", "imageinput")
    if not isinstance(layer_name, str):
        raise TypeError(expected(given.typed("Name"), "text", layer_name))
    statistics = {
        name: given.read(name, None, _statistic, (height, width, channels))
        for name in OPTION_NAMES[2:]
        if name in given
    }
    deviation, low, high = (statistics.get(name) for name in ("StandardDeviation", "Min", "Max"))
    if deviation is not None and not (deviation > 0).all():
        raise ValueError(expected(given.typed("StandardDeviation"), "positive", given.value("StandardDeviation")))
    if low is not None and high is not None and not (high > low).all():
        allowed = f"greater than Min, {shown(given.value('Min'))}"
        raise ValueError(expected(given.typed("Max"), allowed, given.value("Max")))
    return ImageInputLayer(
        Name=layer_name,
        InputSize=(height, width, channels),
        Normalization=given.read("Normalization", "zerocenter", text_choice, NORMALIZATIONS),
        **statistics,
    )


def _statistic(name: str, value: object, size: tuple[int, int, int]) -> Statistic:
    height, width, channels = size
    allowed = f"one finite number, {channels} of them, or an array of 1×1×{channels} or {height}×{width}×{channels}"
    array = numeric_array(value)
    if array is None:
        raise TypeError(expected(name, allowed, value))
    if array.ndim == 2 and channels == 1 and array.shape == (height, width):
        array = array[:, :, np.newaxis]
    elif array.size in (1, channels) and max(array.shape, default=1) == array.size:
        array = np.broadcast_to(array.reshape(1, 1, -1), (1, 1, channels))
    with np.errstate(over="ignore"):
        statistic = array.astype(np.float32)
    if statistic.shape not in ((1, 1, channels), size) or not np.isfinite(statistic).all():
        raise ValueError(expected(name, allowed, value))
    return statistic
