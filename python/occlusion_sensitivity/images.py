"""An image as typed → a single array, height × width × channels, that fits the network."""

from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import numeric_array, on_host, shown, size_text


class HasArray(Protocol):
    """A tensor of PyTorch's, or another object that NumPy makes an array of."""

    def __array__(self) -> Any: ...


class HasArrayInterface(Protocol):
    """A picture of Pillow's, or another object whose memory NumPy reads."""

    @property
    def __array_interface__(self) -> Any: ...


# What users have images in.
ImageLike: TypeAlias = ArrayLike | HasArray | HasArrayInterface
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
    if array.size == 0:
        msg = f"X must not be empty, but is {size_text(array.shape)}."
        raise ValueError(msg)
    if array.ndim not in (2, 3):
        msg = f"X must be one image, H×W or H×W×C, but has {array.ndim} dimensions: {size_text(array.shape)}."
        raise ValueError(f"{msg} {_way_to_fit(X, array.shape, input_size)}".rstrip())
    size = array.shape if array.ndim == 3 else (*array.shape, 1)
    if not fits(size, input_size):
        raise ValueError(_wrong_size(X, size, input_size))
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


def check_order_of_axes(name: str, shape: tuple[int, ...]) -> None:
    """Raise ValueError for the shape of a picture, H×W×C, whose channels come first."""
    few = (1, 3, 4)
    if len(shape) == 3 and shape[0] in few and shape[2] not in few:
        msg = f"{name} must be H×W×C, but is {size_text(shape)}: {name}.transpose(1, 2, 0) makes it fit."
        raise ValueError(msg)


def fits(size: InputSize, allowed: InputSize) -> bool:
    """Whether images of `size` are allowed; None allows any length."""
    return all(limit in (None, length) for length, limit in zip(size, allowed, strict=True))


def _wrong_size(X: object, size: tuple[int, ...], input_size: InputSize) -> str:
    msg = f"X must be {size_text(input_size)}, the input size of net, but is {size_text(size)}."
    channels = input_size[2]
    if channels in (None, size[2]):
        return f"{msg} {_made_fit('X', size, input_size)}"
    no_way = "Its channels must fit first; imresize changes rows and columns only."
    return f"{msg} {_way_to_fit(X, size, input_size) or no_way}"


def _way_to_fit(X: object, shape: tuple[int, ...], input_size: InputSize) -> str:
    """What makes an image for the network of an array with its axes in another order, or with one too many."""
    is_tensor = hasattr(X, "permute")  # PyTorch's, whose transpose takes two axes
    array = "X" if is_tensor or isinstance(X, np.ndarray) else "np.asarray(X)"
    images = [(array, shape)] if len(shape) == 3 else []
    if len(shape) == 4:
        images = [(f"{array}[0]", shape[1:]), (f"{array}[:, :, :, 0]", shape[:3])]
        images = images[::-1] if shape[0] != 1 == shape[3] else images
    ways = []
    for written, (first, second, third) in images:
        turned = f"{written}.{'permute' if is_tensor else 'transpose'}(1, 2, 0)"
        ways += [(written, (first, second, third)), (turned, (second, third, first))]
    if input_size[2] is not None:
        ways = [way for way in ways if way[1][2] == input_size[2]]
    # An image of the right size before one that has to be resized.
    ways.sort(key=lambda way: not fits(way[1], input_size))
    return _made_fit(*ways[0], input_size) if ways else ""


def _made_fit(written: str, size: tuple[int, ...], input_size: InputSize) -> str:
    if fits((size[0], size[1], size[2]), input_size):
        return f"{written} makes it fit."
    rows, cols, _ = input_size
    return f"imresize({written}, [{rows or size[0]}, {cols or size[1]}]) makes it fit."
