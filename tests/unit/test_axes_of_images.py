"""An image with its axes in another order, or with one too many, is told what makes it fit: that, run, does."""

import numpy as np
import pytest

from occlusion_sensitivity import imresize
from occlusion_sensitivity.images import checked_image

ANY = (None, None, 3)


class Converted:
    """An object of somebody's that NumPy makes an array of."""

    def __init__(self, array):
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return self.array


class Tensor(Converted):
    """With the two names of PyTorch's tensors that have to do with axes, and their meaning."""

    def __getitem__(self, index):
        return Tensor(self.array[index])

    def permute(self, *axes):
        return Tensor(self.array.transpose(axes))

    def transpose(self, first, second):
        return Tensor(self.array.swapaxes(first, second))


def way_to_fit(X, input_size):
    with pytest.raises(ValueError, match="^X must be .* makes it fit\\.$") as error:
        checked_image(X, input_size)
    return str(error.value).removesuffix(" makes it fit.").rpartition(". ")[2]


@pytest.mark.parametrize("kind", [np.asarray, np.ndarray.tolist, Converted, Tensor], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize(
    ("shape", "input_size", "way"),
    [
        ((3, 6, 8), (6, 8, 3), "X.transpose(1, 2, 0)"),
        ((3, 6, 8), ANY, "X.transpose(1, 2, 0)"),
        ((1, 6, 8), (6, 8, 1), "X.transpose(1, 2, 0)"),
        ((3, 7, 9), (6, 8, 3), "imresize(X.transpose(1, 2, 0), [6, 8])"),
        ((3, 7, 9), (None, 8, 3), "imresize(X.transpose(1, 2, 0), [7, 8])"),
        ((1, 6, 8, 3), (6, 8, 3), "X[0]"),
        ((1, 6, 8, 3), ANY, "X[0]"),
        ((1, 6, 8, 3), (None, None, None), "X[0]"),
        ((1, 7, 9, 3), (6, 8, 3), "imresize(X[0], [6, 8])"),
        ((1, 3, 6, 8), (6, 8, 3), "X[0].transpose(1, 2, 0)"),
        ((5, 6, 8, 3), (6, 8, 3), "X[0]"),
        ((6, 8, 3, 5), (6, 8, 3), "X[:, :, :, 0]"),
        ((6, 8, 3, 1), (None, None, None), "X[:, :, :, 0]"),
    ],
)
def test_what_is_said_makes_it_fit(kind, shape, input_size, way):
    X = kind(np.arange(np.prod(shape), dtype=np.float32).reshape(shape))
    said = way_to_fit(X, input_size)
    if kind is np.asarray:
        assert said == way
    if kind is Tensor:
        assert said == way.replace("transpose", "permute")
    image = checked_image(eval(said, {"X": X, "np": np, "imresize": imresize}), input_size)
    expected = eval(way, {"X": np.asarray(X, np.float32), "imresize": imresize})
    np.testing.assert_allclose(image, expected, rtol=1e-6)


@pytest.mark.parametrize(("shape", "size"), [((6, 8), (6, 8, 3)), ((6, 8, 4), (6, 8, 3)), ((3, 6, 8), (6, 8, 4))])
def test_where_no_order_of_the_axes_has_the_channels(shape, size):
    with pytest.raises(
        ValueError, match=r"net, but is .*\. Its channels must fit first; imresize changes rows and col"
    ):
        checked_image(np.zeros(shape), size)


@pytest.mark.parametrize("shape", [(6,), (1, 1, 6, 8, 3), (2, 6, 8, 4)])
def test_what_is_no_image_in_any_way(shape):
    with pytest.raises(ValueError, match=rf"has {len(shape)} dimensions: \d+(×\d+)*\.$"):
        checked_image(np.zeros(shape), (6, 8, 3))
