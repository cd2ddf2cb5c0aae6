"""A photograph → the image that a network takes; and whether its values seem to be what the network expects."""

import dataclasses
import os
from dataclasses import dataclass
from typing import Any, Self, cast

import numpy as np
from numpy.typing import NDArray

from .arguments import as_array, existing_file, expected, numbers, positive_number, shown, size_text, text_choice
from .framing import Fit, Frame
from .images import Image, InputSize, check_order_of_axes
from .name_values import NameValues
from .network.layers import ImageInputLayer, Statistic
from .network.network import Network
from .pictures import in_channels, in_eight_bits, upright, upright_picture
from .resizing import imresize

# Numbers of 0…1 may go as far beyond, where bicubic resizing has overshot.
_LARGEST_OF_ONE = 1.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Preprocessing:
    """How a photograph becomes a network's image.

    Attributes
    ----------
    pixel_range : float
        Pixels of 0…255 become 0…pixel_range. An array of floating-point numbers is left as it is.
    mean, std : numpy.ndarray or None
        What is taken off each channel afterwards, and what it is divided by.
    """

    fit: Fit
    pixel_range: float
    mean: NDArray[np.float64] | None
    std: NDArray[np.float64] | None

    @classmethod
    def parse(cls, given: NameValues) -> Self:
        return cls(
            fit=cast(Fit, given.read("fit", "squash", text_choice, ("squash", "crop"))),
            pixel_range=given.read("pixel_range", 255.0, positive_number),
            mean=given.read("mean", None, _statistic),
            std=given.read("std", None, _statistic, is_positive=True),
        )

    def normalizing(
        self, network: Network, layer: ImageInputLayer, given: NameValues
    ) -> tuple[Network, ImageInputLayer]:
        """The network and its input layer, with mean and std instead of the layer's normalisation, if given."""
        if self.mean is None and self.std is None:
            return network, layer
        channels = layer.InputSize[2]
        for name, value in (("mean", self.mean), ("std", self.std)):
            if value is not None and channels is not None and len(value) not in (1, channels):
                allowed = f"one number or one for each of the {channels} channels"
                raise ValueError(expected(given.typed(name), allowed, value))
        mean, std = (
            np.asarray(default if value is None else value, dtype=np.float32).reshape(1, 1, -1)
            for value, default in ((self.mean, [0.0]), (self.std, [1.0]))
        )
        layer = dataclasses.replace(layer, Normalization="zscore", Mean=mean, StandardDeviation=std)
        return network.normalizing(layer.normalized), layer


def _statistic(name: str, value: object, *, is_positive: bool = False) -> NDArray[np.float64] | None:
    if value is None:
        return None
    allowed = f"a {'positive' if is_positive else 'finite'} number or one for each channel"
    vector = numbers(name, value, allowed).astype(np.float64)
    if not np.isfinite(vector).all() or (is_positive and not (vector > 0).all()):
        raise ValueError(expected(name, allowed, value))
    return vector


def photograph_of(photograph: object) -> NDArray[Any]:
    """The pixels of what was given: a file, a picture of Pillow's, or an array; H×W or H×W×C, upright."""
    if isinstance(photograph, str | os.PathLike):
        return upright(existing_file("photograph", photograph))
    if hasattr(photograph, "getexif") and hasattr(photograph, "mode"):
        return upright_picture(photograph)
    X = as_array(photograph)
    if X is None or X.dtype.kind not in "buif" or X.ndim not in (2, 3):
        allowed = "a picture file, an image of Pillow's, or an array H×W or H×W×C"
        raise TypeError(expected("photograph", allowed, photograph))
    if 0 in X.shape:
        msg = f"photograph must not be empty, but is {size_text(X.shape)}."
        raise ValueError(msg)
    check_order_of_axes("photograph", X.shape)
    if not np.isfinite(X).all():
        msg = f"photograph must be finite, but {np.count_nonzero(~np.isfinite(X))} of its values are not."
        raise ValueError(msg)
    X = X[..., 0] if X.ndim == 3 and X.shape[2] == 1 else X
    if X.dtype == np.bool_:
        X = X.astype(np.uint8) * np.uint8(255)
    if X.dtype not in (np.uint8, np.uint16):
        return X if X.dtype in (np.float32, np.float64) else X.astype(np.float64)
    if X.ndim == 3 and X.shape[2] not in (3, 4):
        msg = f"photograph must be H×W, H×W×3 or H×W×4 in {X.dtype}, but is {size_text(X.shape)}."
        raise ValueError(msg)
    return X


def network_image(
    photograph: NDArray[Any], input_size: InputSize, preprocessing: Preprocessing
) -> tuple[Frame, NDArray[Any], Image | NDArray[Any]]:
    """Where the network's image lies in the photograph, that image as a picture, and as the network takes it."""
    rows, cols, channels = input_size
    frame = Frame.of(photograph.shape[:2], (rows, cols), preprocessing.fit)
    seen = frame.cut(photograph)
    if photograph.dtype not in (np.uint8, np.uint16):
        # Numbers of the user's own: whoever has them, has scaled them.
        picture = imresize(_in_as_many(seen, channels), list(frame.image_size))
        return frame, picture, picture
    if seen.ndim == 3 and seen.shape[2] == 4 and channels == 4:
        seen = in_eight_bits(seen)
    else:  # without transparency
        seen = in_channels(seen if seen.ndim == 2 else seen[..., :3], channels or 3)
    picture = imresize(seen, list(frame.image_size))
    image = picture if preprocessing.pixel_range == 255 else picture * np.float32(preprocessing.pixel_range / 255)
    return frame, picture, image


def _in_as_many(X: NDArray[Any], channels: int | None) -> NDArray[Any]:
    """A grey array as many times as the network has channels."""
    return X if X.ndim == 3 or channels in (None, 1) else np.repeat(X[..., np.newaxis], channels, axis=2)


def totals_of(network: Network, image: Image) -> NDArray[np.float64]:
    """The score of each channel for an image; of outputs with several positions, their sum."""
    output = network.device.to_host(network.run(network.arranged(image)[np.newaxis]))
    return np.asarray(output[0].reshape(output.shape[1], -1).sum(axis=1, dtype=np.float64))


def are_probabilities(totals: NDArray[np.float64]) -> bool:
    """Whether the scores of all classes are what a softmax gives."""
    if totals.size < 2 or not np.isfinite(totals).all():
        return False
    return bool(totals.min() >= 0 and abs(totals.sum() - 1) < 1e-3)


def doubt(
    network: Network, layer: ImageInputLayer, image: Image, totals: NDArray[np.float64], given: NameValues
) -> str | None:
    """Why the values of the image hardly fit what the network takes, and the option that mends it; None if they may."""
    low, high = float(image.min()), float(image.max())
    values = f"The values of the photograph, {low:.4g} to {high:.4g}, hardly fit what the network takes: "
    other = 255 if high <= _LARGEST_OF_ONE else 1
    typed = given.typed("pixel_range")
    mending = f"{typed} {other}" if typed.startswith("--") else f"{typed}={other}, for a picture in uint8,"
    mean, std = layer.Mean, layer.StandardDeviation
    if layer.Normalization == "zscore" and mean is not None and std is not None and high > 2 and _are_of_one(mean, std):
        return f"{values}its mean is {_listed(mean)}, as of pixels of 0…1. {mending} makes them that."
    if low > 1 - _LARGEST_OF_ONE and _sees_nothing(network, image, totals, 255 if other == 255 else 1 / 255):
        return (
            f"{values}the scores are nearly those of no picture at all, which with pixels of 0…{other} they are not. "
            f"{mending} gives it those."
        )
    if _are_flat(totals):
        options = f"{mending} or {given.typed('mean')} and {given.typed('std')}"
        return f"{values}the scores are nearly the same for all {totals.size} classes. {options} may mend it."
    return None


def _are_of_one(mean: Statistic, std: Statistic) -> bool:
    return bool(0 < mean.max() <= 1 and std.max() <= 1)


def _listed(statistic: Statistic) -> str:
    return shown([round(float(x), 4) for x in statistic.ravel()[:4]])


def _sees_nothing(network: Network, image: Image, totals: NDArray[np.float64], factor: float) -> bool:
    """Whether the picture hardly changes the probabilities, but does with its values times `factor`."""
    if not are_probabilities(totals):
        return False
    here = _apart(totals, totals_of(network, np.full_like(image, image.mean())))
    if here > 0.1:  # as nearly always: one run of the network more
        return False
    other = image * np.float32(factor)
    there = _apart(totals_of(network, other), totals_of(network, np.full_like(other, other.mean())))
    return there > 0.2 and here < 0.1 * there


def _apart(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    return float(np.abs(one - other).max())


def _are_flat(totals: NDArray[np.float64]) -> bool:
    """Whether no class stands out: by half a percent of probability, or four times the share that each class has."""
    if totals.size < 2 or not np.isfinite(totals).all():
        return False
    spread = float(np.ptp(totals))
    if are_probabilities(totals):
        return spread < min(0.005, 4 / totals.size)
    return spread <= 1e-3 * float(np.abs(totals).max())
