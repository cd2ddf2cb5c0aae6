"""Boxes → how far each lowers the score. What is the same whatever engine finds the totals, is here."""

from collections.abc import Callable, Collection, Generator, Sequence
from functools import reduce
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from . import inference
from .devices import Device, DeviceArray
from .exhaustive import Exhaustive
from .images import Image
from .mini_batches import Progress, in_mini_batches
from .network.network import Network
from .perturbations import Boxes, Perturbations, distinct_rows

_NO_PIXELS = np.zeros((1, 4), dtype=np.int32)


class Engine(Protocol):
    """A way to find the totals of perturbed images.

    Attributes
    ----------
    largest_run : int or None
        How many images are worth being in one run; None for any number.
    order : numpy.ndarray of intp
        The images in the order in which they are best taken; a part is so many of them. The first stays the first.
    ends : sequence of int
        Where in this order parts end, as what comes next does not go well with what was before.
    """

    largest_run: int | None
    ends: Sequence[int]
    order: NDArray[np.intp]

    def prepared(self, runs: int, sizes: Collection[int]) -> Callable[[slice], DeviceArray]:
        """Get ready for so many runs at once, of so many images; what is given finds the totals of a part.

        Their shape is (images, channels).
        """


def score_drops(
    network: Network,
    image: Image,
    fill: NDArray[np.float32],
    boxes: NDArray[np.int32],
    channels: NDArray[np.intp],
    mini_batch_size: int,
    progress: Progress | None = None,
) -> tuple[DeviceArray, DeviceArray]:
    """How far each box lowers the score of each channel. The same occluded image goes through the network once.

    Returns
    -------
    drops : DeviceArray of single, shape (boxes, channels)
        total(original) - total(occluded).
    totals : DeviceArray of double, shape (channels,)
        Of the original.
    """
    # The original is one more occluded image: the first, as no box sorts before the empty one.
    boxes = np.concatenate([_NO_PIXELS, _emptied_where_nothing_changes(boxes, image, fill)])
    distinct, image_of_box = distinct_rows(boxes)
    device, original = network.device, network.arranged(image)
    images = Boxes(device, original, network.arranged(np.broadcast_to(fill, image.shape)), distinct)
    engine = inference.engine(network, images, channels)
    try:
        drops, of_original = _drops_of_images(engine, images, device, len(channels), mini_batch_size, progress)
    except RuntimeError as error:
        if isinstance(engine, Exhaustive):
            raise
        engine = inference.engine_after(error, network, images, channels)
        drops, of_original = _drops_of_images(engine, images, device, len(channels), mini_batch_size, progress)
    of_boxes = image_of_box[1:]
    if np.array_equal(of_boxes, np.arange(1, len(drops))):  # as nearly always: no copy
        return drops[1:], of_original
    return drops[device.upload(of_boxes)], of_original


def _drops_of_images(
    engine: Engine, images: Boxes, device: Device, n_channels: int, mini_batch_size: int, progress: Progress | None
) -> tuple[DeviceArray, DeviceArray]:
    """How far the totals of each image are below those of the first, which is the original; and those."""
    drops = np.empty_like(images.original, shape=(len(images), n_channels))
    for part, totals in _in_parts(engine, device, len(images), mini_batch_size, progress):
        if part.start == 0:
            of_original = totals[0]
        with np.errstate(invalid="ignore"):  # infinite scores
            drops[device.upload(engine.order[part])] = of_original - totals
    return drops, of_original


def totals_in_parts(
    network: Network,
    images: Perturbations,
    channels: NDArray[np.intp],
    mini_batch_size: int,
    progress: Progress | None = None,
) -> Generator[tuple[slice, DeviceArray]]:
    """The totals of perturbed images, part after part, each of shape (images, channels) in double, on the device.

    A mini-batch that does not fit into memory is halved.
    """
    engine = Exhaustive(network, images, channels)
    return _in_parts(engine, network.device, len(images), mini_batch_size, progress)


def _in_parts(
    engine: Engine, device: Device, count: int, mini_batch_size: int, progress: Progress | None
) -> Generator[tuple[slice, DeviceArray]]:
    how = (device, engine.largest_run, progress, engine.ends)
    return in_mini_batches(engine.prepared, count, mini_batch_size, *how)


def _emptied_where_nothing_changes(
    boxes: NDArray[np.int32], image: Image, fill: NDArray[np.float32]
) -> NDArray[np.int32]:
    """The boxes, those made empty under which the fill changes no pixel."""
    changed = np.zeros((image.shape[0] + 1, image.shape[1] + 1), dtype=np.int64)
    differs = reduce(np.logical_or, np.moveaxis(image != fill, 2, 0))  # any(axis=2) takes three times as long
    changed[1:, 1:] = differs.cumsum(axis=0).cumsum(axis=1)
    row0, row1, col0, col1 = boxes.T
    count = changed[row1, col1] - changed[row0, col1] - changed[row1, col0] + changed[row0, col0]
    return np.where((count > 0)[:, np.newaxis], boxes, 0)
