"""How the positions of one tensor depend on those of another, along one axis. Whole numbers; ends are excluded."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

# A start and an end for each box: positions as arrays of int64, one value a box.
Positions = NDArray[np.int64]
# Of boxes and places: row, column, … as the kernels take them.
Integers = NDArray[np.int32]
# Images, and parts of them.
Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Window:
    """What an output position reads of the input: position o reads o·stride - before + k·dilation, for 0 ≤ k < kernel.

    Attributes
    ----------
    before : int
        The padding before the first position.
    length, length_out : int
        Of the whole input and the whole output. Padding behind the last position, and whether lengths are rounded up,
        show in them alone.
    """

    kernel: int
    stride: int
    dilation: int
    before: int
    length: int
    length_out: int

    @property
    def span(self) -> int:
        """From the first position that is read to the last."""
        return (self.kernel - 1) * self.dilation + 1

    @property
    def is_point(self) -> bool:
        """Whether each position reads itself alone."""
        return self.kernel == self.stride == 1 and self.before == 0 and self.length == self.length_out

    @property
    def reads_outside(self) -> bool:
        """Whether positions outside the input are read: padding, or what a length that was rounded up adds."""
        return self.before > 0 or self.need(self.length_out - 1, self.length_out)[1] > self.length

    def need(self, start: int, end: int) -> tuple[int, int]:
        """What outputs from `start` to `end` read; it may lie outside the input."""
        return start * self.stride - self.before, (end - 1) * self.stride - self.before + self.span


@dataclass(frozen=True, slots=True)
class Extent:
    """Which positions of a tensor a box of changed pixels reaches: position p depends on pixels p·stride + low …
    p·stride + high.

    It is exact along every path from the image, as roundings of roundings are one rounding, and of several paths the
    widest.
    """

    stride: int = 1
    low: int = 0
    high: int = 0

    def through(self, window: Window) -> Self:
        """That of the window's output, whose input has this one."""
        first, end = window.need(0, 1)
        return type(self)(
            self.stride * window.stride, self.low + self.stride * first, self.high + self.stride * (end - 1)
        )

    def joined(self, other: Self) -> Self:
        """What either reaches, of two tensors of equal strides."""
        return type(self)(self.stride, min(self.low, other.low), max(self.high, other.high))

    def reach(self, start: Positions, end: Positions, length: int) -> tuple[Positions, Positions]:
        """Of changed pixels from `start` to `end`, in a tensor of that length. Empty where nothing is reached."""
        first = np.clip(_ceil_div(start - self.high, self.stride), 0, length)
        last = np.minimum((end - 1 - self.low) // self.stride, length - 1)
        return first, np.maximum(last + 1, first)


def _ceil_div(numerator: Positions, denominator: int) -> Positions:
    return -(-numerator // denominator)
