"""An image as typed → a single array, height × width × channels, that fits the network."""

import numpy as np
from numpy.typing import NDArray

from .arguments import numeric_array, on_host, shown, size_text

Image = NDArray[np.float32]
# Height, width and channels of a network's input; None where it takes any.
InputSize = tuple[int | None, int | None, int | None]


def checked_image(X: object, input_size: InputSize) -> Image:
    """`X` in single, shape (height, width, channels), C order.

    Parameters
    ----------
    X : array_like, H×W or H×W×C
        int8 … uint64, single or double; finite; on the host or on a GPU.
    input_size : (int or None, int or None, int or None)
        Height, width and channels of the network's input; None where it takes any.

    Raises
    ------
    TypeError
        If X is not an array of one of those classes.
    ValueError
        If X has the wrong size, is empty, or holds NaN or Inf.
    """
    X = on_host(X)
    array = numeric_array(X)
    if array is None:
        kind = str(np.asarray(X).dtype) if isinstance(X, np.ndarray | np.generic) else type(X).__name__
        msg = f"X must be a numeric array (int8 … uint64, single or double), H×W or H×W×C, but is {kind}."
        raise TypeError(msg)
    if array.ndim not in (2, 3):
        msg = f"X must be one image, H×W or H×W×C, but has {array.ndim} dimensions: {size_text(array.shape)}."
        raise ValueError(msg)
    size = array.shape if array.ndim == 3 else (*array.shape, 1)
    if 0 in size:
        msg = f"X must not be empty, but is {size_text(array.shape)}."
        raise ValueError(msg)
    if not fits(size, input_size):
        raise ValueError(_wrong_size(input_size, size))
    with np.errstate(over="ignore"):
        image = np.require(array.reshape(size), np.float32, ["C", "A"])  # in C order, and aligned to its class
    if not np.isfinite(image).all():
        row, col, channel = np.argwhere(~np.isfinite(image))[0]
        value = array.reshape(size)[row, col, channel]
        msg = (
            f"X must be finite in single, but X[{row}, {col}, {channel}] is {shown(value)} "
            f"({np.count_nonzero(~np.isfinite(image))} such values)."
        )
        raise ValueError(msg)
    return image


def fits(size: InputSize, allowed: InputSize) -> bool:
    """Whether images of `size` are allowed; None allows any length."""
    return all(limit in (None, length) for length, limit in zip(size, allowed, strict=True))


def _wrong_size(input_size: tuple[int | None, ...], size: tuple[int, ...]) -> str:
    rows, cols, channels = input_size
    msg = f"X must be {size_text(input_size)}, the input size of net, but is {size_text(size)}."
    if channels not in (None, size[2]):
        return f"{msg} Its channels must fit first; imresize changes rows and columns only."
    return f"{msg} imresize(X, [{rows or size[0]}, {cols or size[1]}]) makes it fit."
