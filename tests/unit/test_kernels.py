"""The binding refuses what its kernels could not survive."""

import numpy as np
import pytest

from kernel_checks import unaligned
from occlusion_sensitivity import _core

IMAGE = np.arange(2 * 5 * 6 * 1, dtype=np.float32).reshape(2, 5, 6, 1)


def batch(n=3):
    return np.full((n, 2, 5, 6, 1), -1, dtype=np.float32)


@pytest.mark.parametrize("depth", [1, 4])
def test_copy_boxes_copies_the_boxes_and_nothing_else(depth):
    rng = np.random.default_rng(0)
    image = rng.random((3, 7, 8, depth), dtype=np.float32)
    boxes = np.array([[0, 0, 0, 0], [0, 7, 0, 8], [2, 5, 7, 8], [6, 7, 1, 4]], dtype=np.int32)
    found = np.full((5, *image.shape), -1, dtype=np.float32)
    _core.copy_boxes(image, boxes, found)
    expected = np.full_like(found, -1)
    for k, (row0, row1, col0, col1) in enumerate(boxes):
        expected[k, :, row0:row1, col0:col1] = image[:, row0:row1, col0:col1]
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    "box", [[-1, 2, 0, 1], [0, 6, 0, 1], [3, 2, 0, 1], [0, 1, -1, 1], [0, 1, 0, 7], [0, 1, 5, 4], [0, 2**31 - 1, 0, 1]]
)
def test_boxes_outside_the_image(box):
    untouched = batch()
    with pytest.raises(ValueError, match="boxes must lie inside the image"):
        _core.copy_boxes(IMAGE, np.array([box], dtype=np.int32), untouched)
    assert (untouched == -1).all()


@pytest.mark.parametrize(
    ("image", "boxes", "target"),
    [
        (IMAGE[0], np.zeros((1, 4), np.int32), batch()),
        (IMAGE, np.zeros(4, np.int32), batch()),
        (IMAGE, np.zeros((1, 3), np.int32), batch()),
        (IMAGE, np.zeros((4, 4), np.int32), batch(3)),
        (IMAGE, np.zeros((1, 4), np.int32), batch()[:, :, :4].copy()),
        (IMAGE, np.zeros((1, 4), np.int32), batch()[0]),
    ],
)
def test_shapes_that_do_not_fit(image, boxes, target):
    with pytest.raises(ValueError, match="must have shape"):
        _core.copy_boxes(image, boxes, target)


@pytest.mark.parametrize(
    "arguments",
    [
        (IMAGE.astype(float), np.zeros((1, 4), np.int32), batch()),
        (IMAGE, np.zeros((1, 4), np.int64), batch()),
        (IMAGE[:, ::-1], np.zeros((1, 4), np.int32), batch()),
        (IMAGE, np.zeros((1, 4), np.int32), batch().astype(float)),
        (None, np.zeros((1, 4), np.int32), batch()),
    ],
)
def test_no_array_is_converted_in_silence(arguments):
    with pytest.raises(TypeError):
        _core.copy_boxes(*arguments)


def test_a_read_only_batch():
    frozen = batch()
    frozen.flags.writeable = False
    with pytest.raises(ValueError, match="not writeable"):
        _core.copy_boxes(IMAGE, np.zeros((1, 4), np.int32), frozen)


@pytest.mark.parametrize(
    ("image", "resized", "scales", "method"),
    [
        (np.zeros((2, 3)), np.zeros((2, 3, 1)), (1, 1), "bicubic"),
        (np.zeros((2, 3, 1)), np.zeros((2, 3, 2)), (1, 1), "bicubic"),
        (np.zeros((0, 3, 1)), np.zeros((2, 3, 1)), (1, 1), "bicubic"),
        (np.zeros((2, 3, 1)), np.zeros((2, 0, 1)), (1, 1), "bicubic"),
        (np.zeros((2, 3, 1)), np.zeros((2, 3, 1)), (0, 1), "bicubic"),
        (np.zeros((2, 3, 1)), np.zeros((2, 3, 1)), (1, float("nan")), "bicubic"),
        (np.zeros((2, 3, 1)), np.zeros((2, 3, 1)), (1, 1), "box"),
    ],
)
def test_imresize_refuses(image, resized, scales, method):
    with pytest.raises(ValueError, match="must"):
        _core.imresize(image, resized, *scales, method, True, 2)


@pytest.mark.parametrize("which", range(3))
def test_arrays_that_are_not_aligned_to_their_class(which):
    arguments = [IMAGE, np.zeros((1, 4), np.int32), batch()]
    arguments[which] = unaligned(arguments[which])
    with pytest.raises(ValueError, match="arrays must be aligned to their class"):
        _core.copy_boxes(*arguments)
    for image, resized in ((unaligned(IMAGE[0]), IMAGE[0].copy()), (IMAGE[0], unaligned(IMAGE[0]))):
        with pytest.raises(ValueError, match="arrays must be aligned to their class"):
            _core.imresize(image, resized, 1, 1, "bicubic", True, 1)


@pytest.mark.parametrize("threads", [0, -1])
def test_no_threads(threads):
    with pytest.raises(ValueError, match="threads must be positive"):
        _core.imresize(IMAGE[0], IMAGE[0].copy(), 1, 1, "bicubic", True, threads)
