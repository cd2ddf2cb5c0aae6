"""Where a stage is computed for masks, and what it reads for that."""

from dataclasses import dataclass

import numpy as np

from .operators import Size
from .positions import Extent, Integers, Positions, Window
from .stages import Layer, Stage


@dataclass(frozen=True, slots=True)
class Place:
    """What of a stage is computed for masks, in one size for all of them.

    Attributes
    ----------
    size : (int, int)
        Of what is computed.
    starts : (masks, 2)
        Where it begins in the whole.
    crop_size, crop_starts
        The same of what the first node reads.
    reach : (masks, 4)
        What of it a mask can have changed, and is right.
    """

    size: Size
    starts: Integers
    crop_size: Size
    crop_starts: Integers
    reach: Integers

    def of(self, masks: slice) -> "Place":
        """Of some of the masks."""
        return Place(self.size, self.starts[masks], self.crop_size, self.crop_starts[masks], self.reach[masks])


def place_of(stage: Stage, layer: Layer, boxes: Integers) -> Place:
    """Where the stage, which gives tensors like `layer`, is computed for boxes."""
    is_padded = stage.read.fill is None
    row0, row1, col0, col1 = boxes.T.astype(np.int64)
    rows = _along(stage.read.rows, layer.rows, row0, row1, is_padded=is_padded)
    cols = _along(stage.read.cols, layer.cols, col0, col1, is_padded=is_padded)
    return Place(
        (rows.size, cols.size),
        _columns(rows.starts, cols.starts),
        (rows.crop_size, cols.crop_size),
        _columns(rows.crop_starts, cols.crop_starts),
        _columns(*rows.reach, *cols.reach),
    )


def whole_place(stage: Stage) -> Place:
    """All of the stage, for one image."""
    windows = (stage.read.rows, stage.read.cols)
    crops = [(0, w.length) if stage.read.fill is None else w.need(0, w.length_out) for w in windows]
    (row0, row1), (col0, col1) = crops
    starts, nothing = np.zeros((1, 2), dtype=np.int32), np.zeros((1, 4), dtype=np.int32)
    crop_starts = np.array([[row0, col0]], dtype=np.int32)
    return Place(
        (windows[0].length_out, windows[1].length_out), starts, (row1 - row0, col1 - col0), crop_starts, nothing
    )


def _columns(*values: Positions) -> Integers:
    return np.ascontiguousarray(np.stack(values, axis=1), dtype=np.int32)


@dataclass(frozen=True, slots=True)
class _Along:
    """A :class:`Place` along one axis."""

    size: int
    starts: Positions
    crop_size: int
    crop_starts: Positions
    reach: tuple[Positions, Positions]


def _along(window: Window, extent: Extent, start: Positions, end: Positions, *, is_padded: bool) -> _Along:
    """Where a stage is computed for spans of changed pixels.

    With `is_padded`, the operator pads crops as it pads the whole: each begins at a multiple of the stride, its length
    differs from that of the whole by a multiple, and it ends at the edge of the whole wherever padding is needed.
    """
    length, stride = window.length_out, window.stride
    reach = extent.reach(start, end, length)
    size = max(int((reach[1] - reach[0]).max(initial=0)), 1)
    starts = np.clip(reach[0], 0, length - size)
    if not is_padded:
        first, last = window.need(0, size)
        return _Along(size, starts, last - first, starts * stride + first, reach)
    crop_starts = np.maximum(starts * stride - window.before, 0) // stride * stride
    crop_ends = np.minimum((starts + size - 1) * stride - window.before + window.span, window.length)
    # So many strides less than the whole; none, where the whole has room for no more.
    fewer = min((window.length - int((crop_ends - crop_starts).max())) // stride, length - 1)
    crop_size = window.length - fewer * stride
    crop_starts = np.minimum(crop_starts, window.length - crop_size)
    return _Along(length - fewer, crop_starts // stride, crop_size, crop_starts, reach)
