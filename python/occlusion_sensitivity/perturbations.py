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
    most_changed : DeviceArray
        One that differs from it as much as any version may: to see whether images influence each other.
    """

    original: DeviceArray
    most_changed: DeviceArray

    def __len__(self) -> int: ...

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
        self.original = original
        self.most_changed = filled
        self.boxes = boxes

    def __len__(self) -> int:
        return len(self.boxes)

    def paint(self, part: slice, batch: DeviceArray) -> None:
        self._device.copy_boxes(self.most_changed, self.boxes[part], batch)

    def restore(self, part: slice, batch: DeviceArray) -> None:
        self._device.copy_boxes(self.original, self.boxes[part], batch)
