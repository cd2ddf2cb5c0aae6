"""Boxes → how far each lowers the score: paint, run, restore, one mini-batch after another."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .devices import cpu
from .images import Image
from .network.dlnetwork import dlnetwork

# Told how many of how many images have gone through the network.
Progress = Callable[[int, int], None]

_NO_PIXELS = np.zeros((1, 4), dtype=np.int32)


def score_drops(
    net: dlnetwork,
    image: Image,
    fill: NDArray[np.float32],
    boxes: NDArray[np.int32],
    channels: NDArray[np.intp],
    mini_batch_size: int,
    progress: Progress | None = None,
) -> NDArray[np.float32]:
    """total(original) - total(occluded) for each box and channel, shape (boxes, channels)."""
    original = net.arranged(image)
    filled = net.arranged(np.broadcast_to(fill, image.shape))
    # The original is one more occluded image, whose box is empty.
    boxes = np.concatenate([_NO_PIXELS, boxes])
    net.try_together(original, filled)
    at_once = min(mini_batch_size, cpu.LARGEST_BATCH, len(boxes))
    batch = np.repeat(original[np.newaxis], at_once, axis=0)
    drops = np.empty((len(boxes), len(channels)), dtype=np.float32)
    for first in range(0, len(boxes), at_once):
        part = boxes[first : first + at_once]
        cpu.copy_boxes(filled, part, batch)
        totals = channel_totals(net.run(batch[: len(part)]), channels)
        cpu.copy_boxes(original, part, batch)
        if first == 0:
            original_totals = totals[0]
        drops[first : first + len(part)] = original_totals - totals
        if progress is not None:
            progress(first + len(part), len(boxes))
    return drops[1:]


def channel_totals(output: NDArray[np.float32], channels: NDArray[np.intp]) -> NDArray[np.float64]:
    """The sum of each channel over its spatial positions: (n, K, …) → (n, channels)."""
    chosen = output[:, channels]
    return np.asarray(chosen.reshape(*chosen.shape[:2], -1).sum(axis=2, dtype=np.float64))
