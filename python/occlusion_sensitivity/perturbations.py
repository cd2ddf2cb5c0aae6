"""Ways to change an image, each painted into a batch and taken away again: boxes, and pixels by their rank in a map."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .devices import Device, DeviceArray


class Perturbations(Protocol):
    """Changed versions of one image, as an engine makes them: part after part, in batches that hold the original.

    Attributes
    ----------
    original : DeviceArray
        The image as the network wants it, on its device.
    """

    original: DeviceArray

    def __len__(self) -> int: ...

    def samples(self) -> list[DeviceArray]:
        """The original and versions that differ from it widely: to see whether images influence each other."""

    def paint(self, part: slice, batch: DeviceArray) -> None:
        """Change image k of `batch`, which holds originals, into the k-th version of the part."""

    def restore(self, part: slice, batch: DeviceArray) -> None:
        """Make those images of `batch` originals again."""


class Boxes:
    """An image with one box at a time covered by the fill.

    Parameters
    ----------
    original, filled : DeviceArray
        The image, and one that is all fill, as the network wants them.
    boxes : numpy.ndarray of int32, shape (n, 4)
        row0, row1, col0, col1, ends excluded, inside the image; an empty one changes nothing.
    """

    def __init__(self, device: Device, original: DeviceArray, filled: DeviceArray, boxes: NDArray[np.int32]) -> None:
        self._device = device
        self.filled = filled
        self.original = original
        self.boxes = boxes

    def __len__(self) -> int:
        return len(self.boxes)

    def samples(self) -> list[DeviceArray]:
        """All, the upper half, the left half, the one with the other, and their quarter in common covered."""
        _, height, width, _ = self.original.shape
        rows, cols = -(-height // 2), -(-width // 2)
        whole, upper, left = (0, height, 0, width), (0, rows, 0, width), (0, height, 0, cols)
        covered = [[whole], [upper], [left], [upper, left], [(0, rows, 0, cols)]]
        found = [self.original]
        for boxes in covered:
            batch = self.original[np.newaxis].copy()
            for box in boxes:
                self._device.copy_boxes(self.filled, np.array([box], dtype=np.int32), batch)
            found.append(batch[0])
        return found

    def paint(self, part: slice, batch: DeviceArray) -> None:
        self._device.copy_boxes(self.filled, self.boxes[part], batch)

    def restore(self, part: slice, batch: DeviceArray) -> None:
        self._device.copy_boxes(self.original, self.boxes[part], batch)


def is_no_box(boxes: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Which boxes hold no pixel."""
    row0, row1, col0, col1 = boxes.T
    return np.asarray((row0 >= row1) | (col0 >= col1))


def distinct_rows(rows: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.intp]]:
    """The different rows in order, and which of them each row is.

    As np.unique(axis=0), which compares structures, and makes a TypeError of Ctrl-C at the wrong moment.
    """
    order = np.lexsort(rows.T[::-1])
    ordered = rows[order]
    is_new = np.concatenate([[True], (ordered[1:] != ordered[:-1]).any(axis=1)])
    which = np.empty(len(rows), dtype=np.intp)
    which[order] = np.cumsum(is_new) - 1
    return ordered[is_new], which


class Ranked:
    """An image with the pixels of some ranks covered by the fill, those of one of several maps at a time.

    Parameters
    ----------
    original, filled : DeviceArray
        The image, and one that is all fill, as the network wants them.
    ranks : numpy.ndarray of int32, shape (maps, height, width)
        The place of each pixel in the order of each map, from 0.
    spans : numpy.ndarray of int32, shape (n, 3)
        map, rank0, rank1, the end excluded; an empty one changes nothing.
    """

    def __init__(
        self,
        device: Device,
        original: DeviceArray,
        filled: DeviceArray,
        ranks: NDArray[np.int32],
        spans: NDArray[np.int32],
    ) -> None:
        self._filled = filled
        # Whether the channels are planes or the depth, a pixel has one rank for all of them.
        self._ranks = device.upload(ranks[:, np.newaxis, :, :, np.newaxis])
        self.original = original
        self.spans = spans

    def __len__(self) -> int:
        return len(self.spans)

    def samples(self) -> list[DeviceArray]:
        """By the first map: all, the first half, the other half, the half in the middle, and the first quarter."""
        pixels = self.original.shape[1] * self.original.shape[2]
        quarter, half, most = (-(-pixels * share // 4) for share in (1, 2, 3))
        covered = [(0, pixels), (0, half), (half, pixels), (quarter, most), (0, quarter)]
        return [self.original, *(self._covered(0, *ranks) for ranks in covered)]

    def paint(self, part: slice, batch: DeviceArray) -> None:
        for k, span in enumerate(self.spans[part].tolist()):
            batch[k] = self._covered(*span)

    def restore(self, part: slice, batch: DeviceArray) -> None:
        batch[: part.stop - part.start] = self.original

    def _covered(self, which: int, rank0: int, rank1: int) -> DeviceArray:
        ranks = self._ranks[which]
        return np.where((ranks >= rank0) & (ranks < rank1), self._filled, self.original)
