"""Boxes → how far each lowers the score: paint, run, restore, one mini-batch after another."""

import math
import warnings
from collections.abc import Callable, Generator
from contextlib import closing
from functools import reduce
from queue import SimpleQueue

import numpy as np
from numpy.typing import NDArray

from .devices import DeviceArray
from .images import Image
from .mini_batches import in_order, parts_of, runs_and_images
from .network.dlnetwork import dlnetwork
from .network.session import OutOfMemoryError

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
) -> DeviceArray:
    """total(original) - total(occluded) for each box and channel, shape (boxes, channels), in single, on net's device.

    The same occluded image goes through the network once. A mini-batch that does not fit into memory is halved.
    """
    # The original is one more occluded image: the first, as no box sorts before the empty one.
    boxes = np.concatenate([_NO_PIXELS, _seen(boxes, image, fill)])
    distinct, image_of_box = np.unique(boxes, axis=0, return_inverse=True)
    filled = np.broadcast_to(fill, image.shape)
    drops = _image_drops(net, net.arranged(image), net.arranged(filled), distinct, channels, mini_batch_size, progress)
    of_boxes = image_of_box.reshape(-1)[1:]
    if np.array_equal(of_boxes, np.arange(1, len(drops))):  # as nearly always: no copy
        return drops[1:]
    return drops[net.device.upload(of_boxes)]


def _seen(boxes: NDArray[np.int32], image: Image, fill: NDArray[np.float32]) -> NDArray[np.int32]:
    """The boxes, emptied where the fill changes no pixel."""
    changed = np.zeros((image.shape[0] + 1, image.shape[1] + 1), dtype=np.int64)
    differs = reduce(np.logical_or, np.moveaxis(image != fill, 2, 0))  # any(axis=2) takes three times as long
    changed[1:, 1:] = differs.cumsum(axis=0).cumsum(axis=1)
    row0, row1, col0, col1 = boxes.T
    count = changed[row1, col1] - changed[row0, col1] - changed[row1, col0] + changed[row0, col0]
    return np.where((count > 0)[:, np.newaxis], boxes, 0)


def _image_drops(
    net: dlnetwork,
    original: DeviceArray,
    filled: DeviceArray,
    boxes: NDArray[np.int32],
    channels: NDArray[np.intp],
    mini_batch_size: int,
    progress: Progress | None,
) -> DeviceArray:
    """score_drops, with the image and one that is all fill as the network wants them; the first box is empty."""
    wanted = math.prod(runs_and_images(net.device, original, min(mini_batch_size, len(boxes))))
    at_once = wanted if _tried_together(net, original, filled) else 1
    drops = np.empty_like(original, shape=(len(boxes), len(channels)))
    first = 0
    while first < len(boxes):
        if at_once < wanted:  # here, where no error holds on to arrays any more
            net.device.free_memory()
        try:
            with closing(_all_totals(net, original, filled, boxes[first:], channels, at_once)) as runs_totals:
                for totals in runs_totals:
                    if first == 0:
                        original_totals = totals[0]
                    drops[first : first + len(totals)] = original_totals - totals
                    first += len(totals)
                    if progress is not None:
                        progress(first, len(boxes))
        except (MemoryError, OutOfMemoryError) as error:
            if at_once == 1:
                msg = f"There is not enough memory, not even for one image at a time: {error}"
                raise RuntimeError(msg) from error
            at_once = math.prod(runs_and_images(net.device, original, at_once // 2))
    if at_once < wanted:
        _warn(at_once, wanted)
    return drops


def _all_totals(
    net: dlnetwork,
    original: DeviceArray,
    filled: DeviceArray,
    boxes: NDArray[np.int32],
    channels: NDArray[np.intp],
    at_once: int,
) -> Generator[DeviceArray]:
    """The totals with each box covered, shape (boxes of a run, channels) for one run after another."""
    runs, images = runs_and_images(net.device, original, at_once)
    batches: SimpleQueue[DeviceArray] = SimpleQueue()
    for _ in range(runs):
        batches.put(np.repeat(original[np.newaxis], images, axis=0))

    def totals(part: NDArray[np.int32]) -> DeviceArray:
        batch = batches.get()  # it holds originals, and does again
        try:
            net.device.copy_boxes(filled, part, batch)
            found = net.device.channel_totals(net.run(batch, len(part)), channels)
            net.device.copy_boxes(original, part, batch)
            return found
        finally:
            batches.put(batch)

    return in_order(totals, (boxes[part] for part in parts_of(len(boxes), runs, images)), runs)


def _tried_together(net: dlnetwork, original: DeviceArray, filled: DeviceArray) -> bool:
    """Whether there was memory to see if images may go together."""
    try:
        net.try_together(original, filled)
    except (MemoryError, OutOfMemoryError):
        return False
    return True


def _warn(at_once: int, wanted: int) -> None:
    images = "1 image goes" if at_once == 1 else f"{at_once} images go"
    msg = (
        f"A mini-batch of {wanted} images did not fit into memory: {images} through the network at once now. "
        f"The map is the same; MiniBatchSize={at_once} saves the attempts."
    )
    warnings.warn(msg, RuntimeWarning, stacklevel=6)
