"""Whether the stages of a network give the scores that whole images have: seen on a handful of masks."""

import numpy as np
from numpy.typing import NDArray

from ..devices.cpu import CPU
from ..exhaustive import Exhaustive
from ..mini_batches import in_mini_batches
from ..network.network import Network
from ..network.session import OutOfMemoryError
from ..perturbations import Boxes, is_no_box
from .divided import NotDivisibleError
from .engine import Incremental
from .positions import Integers

Totals = NDArray[np.float64]
# How far totals may be apart: float noise, as a share of a channel's largest total, of the largest of all, and of what
# the masks set apart.
_NOISE_OF_CHANNEL, _NOISE_OF_OUTPUT, _SHARE = 3e-6, 3e-7, 1e-5


def some_boxes(boxes: Integers) -> Integers:
    """No mask, and those nearest the corners, the edges and the middle."""
    masks = boxes[~is_no_box(boxes)]
    centres = (masks[:, [0, 2]] + masks[:, [1, 3]]) / 2
    low, high = centres.min(axis=0), centres.max(axis=0)
    wanted = [low, high, (low + high) / 2, np.array([low[0], high[1]]), np.array([(low[0] + high[0]) / 2, low[1]])]
    chosen = sorted({int(np.abs(centres - place).sum(axis=1).argmin()) for place in wanted})
    return np.concatenate([np.zeros((1, 4), dtype=np.int32), masks[chosen]])


def totals_of_whole_images(network: Network, images: Boxes, channels: NDArray[np.intp]) -> Totals:
    """What the totals have to be; NotDivisibleError where images do not go through the network together."""
    exhaustive = Exhaustive(network, images, channels)
    # No more of them than elsewhere: what ONNX Runtime needs for a run, it keeps.
    together = exhaustive.largest_run or len(images)
    try:
        totals = exhaustive.prepared(1, {together})
        if not network.goes_together(images.original, together):
            raise NotDivisibleError("its images were not seen to go through it together")
        parts = [slice(first, min(first + together, len(images))) for first in range(0, len(images), together)]
        return np.concatenate([totals(part) for part in parts])
    except (MemoryError, OutOfMemoryError) as error:
        raise NotDivisibleError("there is not enough memory to compare it with whole images") from error


def totals_of_stages(engine: Incremental) -> Totals:
    """The totals of all images of an engine."""
    count = len(engine.order)
    parts = in_mini_batches(engine.prepared, count, count, CPU, engine.largest_run, ends=engine.ends)
    return np.concatenate([totals for _, totals in parts])[np.argsort(engine.order)]


def are_equal(found: Totals, expected: Totals) -> bool:
    """Whether totals, images × channels, are the same but for float noise."""
    is_number = np.isfinite(expected)
    sizes = np.where(is_number, np.abs(expected), 0.0).max(axis=0)
    highest, lowest = (np.where(is_number, expected, sign * -np.inf) for sign in (1, -1))
    ranges = np.maximum(highest.max(axis=0) - lowest.min(axis=0), 0.0)
    bound = _NOISE_OF_CHANNEL * sizes + _NOISE_OF_OUTPUT * sizes.max() + _SHARE * ranges
    with np.errstate(invalid="ignore"):
        same = (found == expected) | (np.isnan(found) & np.isnan(expected))
        near = is_number & (np.abs(found - expected) <= bound)
    return bool((same | near).all())
