"""Which part of a photograph the network sees, and where something of the network's image lies in the photograph."""

from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

Fit = Literal["squash", "crop"]
# row0, row1, col0, col1, ends excluded; in a picture that was made larger or smaller, between pixels
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Frame:
    """A photograph, and the part of it that becomes the network's image.

    Attributes
    ----------
    size : (int, int)
        Rows and columns of the photograph.
    seen : (int, int, int, int)
        The part: row0, row1, col0, col1, ends excluded.
    image_size : (int, int)
        Rows and columns of the network's image.
    """

    size: tuple[int, int]
    seen: tuple[int, int, int, int]
    image_size: tuple[int, int]

    @classmethod
    def of(cls, size: tuple[int, int], input_size: tuple[int | None, int | None], fit: Fit) -> Self:
        """The frame of a photograph for a network's input, of which None takes any length.

        "squash" makes the whole photograph the image, whatever its aspect; "crop" takes the largest part in its middle
        that has the aspect of the image.
        """
        rows, cols = size
        high, wide = input_size
        image_size = (high or rows, wide or cols)
        if fit == "squash" or high is None or wide is None:
            return cls(size, (0, rows, 0, cols), image_size)
        seen_rows, seen_cols = min(rows, round(cols * high / wide)), min(cols, round(rows * wide / high))
        row, col = (rows - max(seen_rows, 1)) // 2, (cols - max(seen_cols, 1)) // 2
        return cls(size, (row, row + max(seen_rows, 1), col, col + max(seen_cols, 1)), image_size)

    @property
    def sees_all(self) -> bool:
        return self.seen == (0, self.size[0], 0, self.size[1])

    def cut(self, photograph: NDArray[Any]) -> NDArray[Any]:
        """The part that is seen."""
        row0, row1, col0, col1 = self.seen
        return photograph[row0:row1, col0:col1]

    def in_photograph(self, boxes: NDArray[Any]) -> NDArray[np.float64]:
        """Boxes in pixels of the network's image, shape (…, 4), in pixels of the photograph."""
        row0, row1, col0, col1 = self.seen
        lengths, offsets = np.array([row1 - row0] * 2 + [col1 - col0] * 2), np.array([row0, row0, col0, col0])
        # Multiplied first, what lies between two pixels does so exactly.
        return np.asarray(boxes * lengths / np.repeat(self.image_size, 2) + offsets)

    def scaled(self, size: tuple[int, int]) -> Self:
        """The frame of the same photograph in another size, the seen part rounded to its pixels, at least one."""
        row0, row1 = _scaled(self.seen[:2], size[0] / self.size[0], size[0])
        col0, col1 = _scaled(self.seen[2:], size[1] / self.size[1], size[1])
        return type(self)(size, (row0, row1, col0, col1), self.image_size)


def _scaled(span: tuple[int, int], factor: float, length: int) -> tuple[int, int]:
    first = min(round(span[0] * factor), length - 1)
    return first, max(first + 1, round(span[1] * factor))


def shown_size(size: tuple[int, int], longest_side: int) -> tuple[int, int]:
    """The size in which a picture is drawn: its own, but at most `longest_side` pixels."""
    factor = min(1.0, longest_side / max(size))
    rows, cols = (max(1, round(length * factor)) for length in size)
    return rows, cols
