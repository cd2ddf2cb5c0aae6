"""Arguments as typed → OcclusionOptions, CurveOptions: after this, nothing is "auto", a text or a scalar."""

import math
from dataclasses import dataclass
from typing import Literal, Self, cast

import numpy as np
from numpy.typing import NDArray

from .arguments import (
    as_text,
    expected,
    is_auto,
    numbers,
    numeric_array,
    positive_integer,
    positive_integers,
    text_choice,
    truth,
)
from .images import Image
from .name_values import NameValues

# MATLAB's, which a call that was exported there may have.
MATLAB_OPTIONS = (
    "MaskSize",
    "Stride",
    "MaskValue",
    "OutputUpsampling",
    "MaskClipping",
    "MiniBatchSize",
    "ExecutionEnvironment",
)
# Those of this package alone.
OWN_OPTIONS: tuple[str, ...] = ()
OPTION_NAMES = (*MATLAB_OPTIONS, *OWN_OPTIONS)
# Of deletion and insertion.
CURVE_OPTIONS = ("NumSteps", "MaskValue", "MiniBatchSize", "ExecutionEnvironment")
DEFAULT_MINI_BATCH_SIZE = 128
# A step is 5 % of the pixels, then. An automatic mask covers 4 %: smaller steps tell little that the map knows.
DEFAULT_NUM_STEPS = 20

Upsampling = Literal["bicubic", "nearest", "none"]
Environment = Literal["auto", "gpu", "cpu"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OcclusionOptions:
    """What a call asks for. Sizes are (rows, columns) in pixels; every field is final.

    Attributes
    ----------
    fill : numpy.ndarray of float32, shape (channels,)
        What a mask puts in the place of each channel, in the units of X.
    mini_batch_size : int
        The most images that go through the network at once.
    """

    input_size: tuple[int, int]
    mask_size: tuple[int, int]
    stride: tuple[int, int]
    fill: NDArray[np.float32]
    output_upsampling: Upsampling
    mask_clipping: bool
    mini_batch_size: int
    execution_environment: Environment

    @classmethod
    def parse(cls, options: NameValues, image: Image) -> Self:
        """The options as typed, for an image of height × width × channels."""
        rows, cols, _ = image.shape
        upsampling = options.read("OutputUpsampling", "bicubic", text_choice, ("bicubic", "nearest", "none"))
        return cls(
            input_size=(rows, cols),
            mask_size=options.read("MaskSize", "auto", _mask_size, (rows, cols)),
            stride=options.read("Stride", "auto", _pixels, (rows, cols), 0.1),
            fill=options.read("MaskValue", "auto", _fill, image),
            output_upsampling=cast(Upsampling, upsampling),
            mask_clipping=options.read("MaskClipping", "on", _on_off),
            mini_batch_size=options.read("MiniBatchSize", DEFAULT_MINI_BATCH_SIZE, positive_integer),
            execution_environment=_environment(options),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveOptions:
    """What a call of deletion or insertion asks for; fill and mini_batch_size are those of OcclusionOptions.

    Attributes
    ----------
    num_steps : int
        How many steps there are from no covered pixel to all of them; at most one for each pixel.
    """

    num_steps: int
    fill: NDArray[np.float32]
    mini_batch_size: int
    execution_environment: Environment

    @classmethod
    def parse(cls, options: NameValues, image: Image) -> Self:
        """The options as typed, for an image of height × width × channels."""
        pixels = image.shape[0] * image.shape[1]
        return cls(
            num_steps=options.read("NumSteps", min(DEFAULT_NUM_STEPS, pixels), _num_steps, pixels),
            fill=options.read("MaskValue", "auto", _fill, image),
            mini_batch_size=options.read("MiniBatchSize", DEFAULT_MINI_BATCH_SIZE, positive_integer),
            execution_environment=_environment(options),
        )


def parse_channels(value: object, n_channels: int) -> NDArray[np.intp]:
    """channelIdx as typed (1-based) → 0-based channels."""
    allowed = f"a positive integer or a vector of them, 1 to {n_channels} (the channels of net's output)"
    array = numeric_array(value)
    if array is not None and array.size == 0:
        msg = f"channelIdx must be {allowed}, but is empty: find(label == classNames) is, where no class has that name."
        raise ValueError(msg)
    channels = positive_integers("channelIdx", value, allowed)
    if max(channels) > n_channels:
        raise ValueError(expected("channelIdx", allowed, value))
    return np.array(channels, dtype=np.intp) - 1


def round_half_away(value: float) -> int:
    """MATLAB's round for value ≥ 0. floor(value + 0.5) would take 0.49999999999999994 to 1."""
    whole = math.floor(value)
    return whole + (value - whole >= 0.5)


def _pixels(name: str, value: object, size: tuple[int, int], share: float) -> tuple[int, int]:
    """(rows, columns) from "auto" (`share` of the image, at least 1), a scalar or a pair."""
    if is_auto(value):
        rows, cols = (max(1, round_half_away(share * length)) for length in size)
        return rows, cols
    allowed = '"auto", a positive integer or [rows columns]'
    pixels = positive_integers(name, value, allowed)
    if len(pixels) > 2:
        raise ValueError(expected(name, allowed, value))
    return pixels[0], pixels[-1]


def _mask_size(name: str, value: object, size: tuple[int, int]) -> tuple[int, int]:
    mask = _pixels(name, value, size, 0.2)
    if mask[0] > size[0] or mask[1] > size[1]:
        raise ValueError(expected(name, f"at most the input size, {size[0]}×{size[1]}", value))
    return mask


def _fill(name: str, value: object, image: Image) -> NDArray[np.float32]:
    n_channels = image.shape[2]
    if is_auto(value):
        return np.asarray(image.mean(axis=(0, 1), dtype=np.float64), dtype=np.float32)
    allowed = f'"auto", a finite number or a vector with one for each of the {n_channels} input channels'
    vector = numbers(name, value, allowed)
    with np.errstate(over="ignore"):
        values = vector.astype(np.float32)
    if values.size not in (1, n_channels) or not np.isfinite(values).all():
        raise ValueError(expected(name, allowed, value))
    return np.broadcast_to(values, (n_channels,)).copy()


def _num_steps(name: str, value: object, pixels: int) -> int:
    num_steps = positive_integer(name, value)
    if num_steps > pixels:
        raise ValueError(expected(name, f"a positive integer of at most {pixels}, the number of pixels of X", value))
    return num_steps


def _environment(options: NameValues) -> Environment:
    environment = options.read("ExecutionEnvironment", "auto", text_choice, ("auto", "gpu", "cpu"))
    return cast(Environment, environment)


def _on_off(name: str, value: object) -> bool:
    if as_text(value) is not None:
        return text_choice(name, value, ("on", "off")) == "on"
    return truth(name, value, '"on", "off", true or false')
