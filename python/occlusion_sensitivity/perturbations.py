"""Ways to change an image, each painted into a batch and taken away again. Boxes are one kind."""

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
        self._filled = filled
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
                self._device.copy_boxes(self._filled, np.array([box], dtype=np.int32), batch)
            found.append(batch[0])
        return found

    def paint(self, part: slice, batch: DeviceArray) -> None:
        self._device.copy_boxes(self._filled, self.boxes[part], batch)

    def restore(self, part: slice, batch: DeviceArray) -> None:
        self._device.copy_boxes(self.original, self.boxes[part], batch)
