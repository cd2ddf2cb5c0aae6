"""Where the masks lie: options → boxes, one per value of the map."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .options import OcclusionOptions


@dataclass(frozen=True, slots=True)
class MaskGrid:
    """The masks, row by row.

    Attributes
    ----------
    boxes : numpy.ndarray of int32, shape (n, 4)
        row0, row1, col0, col1 of each mask: 0-based pixels, ends excluded, cut to the image.
    shape : (int, int)
        Vertical and horizontal positions; n is their product.
    """

    boxes: NDArray[np.int32]
    shape: tuple[int, int]


def mask_grid(options: OcclusionOptions) -> MaskGrid:
    """The mask grid of `options`: behaviour as in docs/compatibility.md, "Mask positions"."""
    rows, cols = (
        _spans(length, mask, stride, clipping=options.mask_clipping)
        for length, mask, stride in zip(options.input_size, options.mask_size, options.stride, strict=True)
    )
    shape = (len(rows), len(cols))
    boxes = np.empty((*shape, 4), dtype=np.int32)
    boxes[..., :2] = rows[:, np.newaxis]
    boxes[..., 2:] = cols
    return MaskGrid(boxes.reshape(-1, 4), shape)


def _spans(length: int, mask: int, stride: int, *, clipping: bool) -> NDArray[np.int32]:
    """(first, end) pixel of the masks along one axis, 0-based, end excluded."""
    if clipping:
        # The centres are 0, stride, …; the centre of an even mask is the second of its middle pixels.
        first = np.array(range(0, length, stride)) - mask // 2
    else:
        first = np.array(range(0, length - mask + 1, stride))
    return np.stack([first, first + mask], axis=1).clip(0, length).astype(np.int32)
