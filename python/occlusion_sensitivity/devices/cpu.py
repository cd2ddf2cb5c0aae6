"""Host memory and the C++ kernels: the only module that imports the extension."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _core

# At the default of MiniBatchSize a CPU would gain nothing over this many images at once, only hold more memory.
LARGEST_BATCH = 8


def copy_boxes(image: NDArray[np.float32], boxes: NDArray[np.int32], batch: NDArray[np.float32]) -> None:
    """Copy box k of `image` into image k of `batch`, in place, for each of the n boxes.

    Parameters
    ----------
    image : shape (planes, height, width, depth)
    boxes : shape (n, 4)
    batch : shape (at least n, planes, height, width, depth)
    """
    _core.copy_boxes(image, boxes, batch)


def imresize(
    image: NDArray[Any], rows: int, cols: int, scale: tuple[float, float], method: str, *, antialiasing: bool
) -> NDArray[Any]:
    """`image`, shape (height, width, depth), C order, resized to (rows, cols, depth)."""
    resized = np.empty((rows, cols, image.shape[2]), dtype=image.dtype)
    _core.imresize(image, resized, *scale, method, antialiasing)
    return resized
