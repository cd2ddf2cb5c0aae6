"""The device itself: its kernels give the bits of the host's."""

import numpy as np
import pytest

from kernel_checks import random_boxes, same_bits
from occlusion_sensitivity import imresize
from occlusion_sensitivity.devices.cpu import CPU

CLASSES = ["bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "float32", "float64"]


def test_arrays_go_there_and_come_back(device):
    array = np.arange(12.0).reshape(3, 4)
    there = device.upload(array.T)
    assert not isinstance(there, np.ndarray)
    assert device.upload(there).data.ptr == there.data.ptr
    same_bits(device.to_host(there), array.T.copy())
    with pytest.raises(TypeError, match="Implicit conversion to a NumPy array is not allowed"):
        np.asarray(there)


@pytest.mark.parametrize("seed", range(10))
def test_copy_boxes(device, seed):
    rng = np.random.default_rng(seed)
    image = rng.random(rng.integers(1, 9, size=4), dtype=np.float32)
    boxes = random_boxes(rng, rng.integers(0, 6), *image.shape[1:3])
    expected = np.full((len(boxes) + 1, *image.shape), -1, dtype=np.float32)
    batch = device.upload(expected)
    device.copy_boxes(device.upload(image), boxes, batch)
    CPU.copy_boxes(image, boxes, expected)
    same_bits(device.to_host(batch), expected)


@pytest.mark.parametrize("box", [[-1, 2, 0, 1], [0, 6, 0, 1], [3, 2, 0, 1], [0, 1, -1, 1], [0, 1, 0, 7], [0, 1, 5, 4]])
def test_boxes_outside_the_image(device, box):
    image, batch = (
        device.upload(np.zeros((2, 5, 6, 1), np.float32)),
        device.upload(np.ones((1, 2, 5, 6, 1), np.float32)),
    )
    with pytest.raises(ValueError, match="boxes must lie inside the image"):
        device.copy_boxes(image, np.array([box], dtype=np.int32), batch)
    assert (device.to_host(batch) == 1).all()


@pytest.mark.parametrize("shape", [(1, 2, 5, 6, 1), (3, 2, 6, 5, 1)])
def test_a_batch_that_does_not_fit(device, shape):
    image, batch = device.upload(np.zeros((2, 5, 6, 1), np.float32)), device.upload(np.ones(shape, np.float32))
    with pytest.raises(ValueError, match="batch must have shape"):
        device.copy_boxes(image, np.zeros((2, 4), dtype=np.int32), batch)


@pytest.mark.parametrize("shape", [(3, 5), (2, 4, 1), (1, 3, 4, 5), (4, 2, 2, 2, 2)])
def test_channel_totals(device, shape):
    rng = np.random.default_rng(len(shape))
    channels = rng.integers(0, shape[1], size=4)
    # Sums of small whole numbers are the same in every order.
    output = rng.integers(-99, 99, size=shape).astype(np.float32)
    same_bits(
        device.to_host(device.channel_totals(device.upload(output), channels)), CPU.channel_totals(output, channels)
    )
    fractions = rng.normal(size=shape).astype(np.float32)
    found = device.to_host(device.channel_totals(device.upload(fractions), channels))
    np.testing.assert_allclose(found, CPU.channel_totals(fractions, channels), rtol=0, atol=1e-13)


def test_totals_of_channels_that_come_last(device):
    output = np.random.default_rng(0).integers(0, 99, size=(2, 3, 4, 5)).astype(np.float32)
    found = device.channel_totals(np.moveaxis(device.upload(output), -1, 1), np.array([4, 0]))
    same_bits(device.to_host(found), output.sum(axis=(1, 2), dtype=np.float64)[:, [4, 0]])


@pytest.mark.parametrize("method", ["nearest", "bilinear", "bicubic", "box", "lanczos2", "lanczos3"])
@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.parametrize("target", [[7, 9], [30, 4], [3, 50], [12, 10], 0.3, 2.7, [12, 31]])
def test_imresize_stays_on_the_device(device, kind, method, target):
    A = (np.random.default_rng(0).random((12, 10, 3)) * 200 - 50).clip(0 if kind.startswith("u") else -50).astype(kind)
    found = imresize(device.upload(A), target, method)
    assert not isinstance(found, np.ndarray)
    same_bits(device.to_host(found), imresize(A, target, method))


def test_an_image_of_the_same_size_is_a_copy(device):
    A = device.upload(np.ones((2, 3)))
    copy = imresize(A, [2, 3])
    copy[...] = 5
    assert (device.to_host(A) == 1).all()


def test_only_arrays_in_c_order_have_an_address(device):
    array = device.upload(np.zeros((3, 4), np.float32))
    assert device.address(array[1:]) == device.address(array) + 16
    for other in (device, CPU):
        given = array if other is device else np.zeros((3, 4))
        with pytest.raises(ValueError, match="C order"):
            other.address(np.moveaxis(given, 0, 1))


def test_memory_is_given_back(device):
    array = device.upload(np.ones(5))
    device.free_memory()
    assert device.to_host(array).sum() == 5
