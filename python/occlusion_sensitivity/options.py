"""Arguments as typed → OcclusionOptions: after this, nothing is "auto", a text or a scalar."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Self, cast

import numpy as np
from numpy.typing import NDArray

from .arguments import as_text, expected, is_auto, numbers, positive_integer, positive_integers, text_choice, truth
from .images import Image

OPTION_NAMES = (
    "MaskSize",
    "Stride",
    "MaskValue",
    "OutputUpsampling",
    "MaskClipping",
    "MiniBatchSize",
    "ExecutionEnvironment",
)
DEFAULT_MINI_BATCH_SIZE = 128

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
    def parse(cls, typed: Mapping[str, tuple[str, object]], image: Image) -> Self:
        """The options as typed (full name → name as typed, value) for an image of height × width × channels."""

        def given(name: str, default: object) -> tuple[str, object]:
            return typed.get(name, (name, default))

        rows, cols, _ = image.shape
        return cls(
            input_size=(rows, cols),
            mask_size=_mask_size(*given("MaskSize", "auto"), (rows, cols)),
            stride=_pixels(*given("Stride", "auto"), (rows, cols), 0.1),
            fill=_fill(*given("MaskValue", "auto"), image),
            output_upsampling=cast(
                Upsampling, text_choice(*given("OutputUpsampling", "bicubic"), ("bicubic", "nearest", "none"))
            ),
            mask_clipping=_on_off(*given("MaskClipping", "on")),
            mini_batch_size=positive_integer(*given("MiniBatchSize", DEFAULT_MINI_BATCH_SIZE)),
            execution_environment=cast(
                Environment, text_choice(*given("ExecutionEnvironment", "auto"), ("auto", "gpu", "cpu"))
            ),
        )


def parse_channels(value: object, n_channels: int) -> NDArray[np.intp]:
    """channelIdx as typed (1-based) → 0-based channels."""
    allowed = f"a positive integer or a vector of them, 1 to {n_channels} (the channels of net's output)"
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


def _on_off(name: str, value: object) -> bool:
    if as_text(value) is not None:
        return text_choice(name, value, ("on", "off")) == "on"
    return truth(name, value, '"on", "off", true or false')
