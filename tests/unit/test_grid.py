"""Mask positions: section 3 of the behaviour file, against the plain loops of the reference."""

import numpy as np
import pytest

import reference
from occlusion_sensitivity.grid import mask_grid
from occlusion_sensitivity.name_values import NameValues
from occlusion_sensitivity.options import OcclusionOptions


def grid_of(size, **typed):
    image = np.zeros((*size, 1), dtype=np.float32)
    return mask_grid(OcclusionOptions.parse(NameValues.of(typed), image))


def test_default_grid_of_a_224_image_is_11_by_11():
    grid = grid_of((224, 224))
    assert grid.shape == (11, 11)
    assert grid.boxes[0].tolist() == [0, 23, 0, 23]  # a mask of 45, its centre on the corner pixel
    assert grid.boxes[12].tolist() == [0, 45, 0, 45]
    assert grid.boxes[-1].tolist() == [198, 224, 198, 224]


@pytest.mark.parametrize(("mask", "stride", "positions"), [(52, 20, 12), (45, 18, 13)])
def test_published_map_sizes(mask, stride, positions):
    assert grid_of((224, 224), MaskSize=mask, Stride=stride).shape == (positions, positions)


def test_an_even_mask_has_its_centre_in_the_second_middle_pixel():
    assert grid_of((10, 10), MaskSize=4, Stride=3).boxes[0].tolist() == [0, 2, 0, 2]


def test_stride_beyond_the_image_gives_one_position_per_axis():
    assert grid_of((7, 9), Stride=[100, 10**30]).shape == (1, 1)
    assert grid_of((7, 9), Stride=1000, MaskClipping="off").shape == (1, 1)


def test_mask_as_large_as_the_image():
    grid = grid_of((6, 5), MaskSize=[6, 5], Stride=1, MaskClipping="off")
    assert grid.boxes.tolist() == [[0, 6, 0, 5]]
    assert grid_of((6, 5), MaskSize=[6, 5], Stride=[6, 5]).boxes.tolist() == [[0, 3, 0, 3]]


def test_image_one_pixel_high():
    grid = grid_of((1, 40), MaskClipping="off")
    assert grid.shape == (1, 9)
    assert grid.boxes[1].tolist() == [0, 1, 4, 12]


@pytest.mark.parametrize("seed", range(300))
def test_boxes_equal_the_reference(seed):
    rng = np.random.default_rng(seed)
    size = rng.integers(1, 40, size=2)
    mask = rng.integers(1, size, endpoint=True)
    stride = rng.integers(1, 50, size=2)
    clipping = bool(rng.random() < 0.5)
    grid = grid_of(size, MaskSize=mask, Stride=stride, MaskClipping=clipping)
    boxes, shape = reference.boxes(size, mask, stride, clipping)
    assert grid.shape == shape
    assert grid.boxes.dtype == np.int32
    assert grid.boxes.tolist() == [list(box) for box in boxes]


@pytest.mark.parametrize("length", range(1, 60))
def test_automatic_sizes_equal_the_reference(length):
    options = OcclusionOptions.parse(NameValues(), np.zeros((length, 224, 1), dtype=np.float32))
    assert options.mask_size == (reference.automatic(0.2, length), 45)
    assert options.stride == (reference.automatic(0.1, length), 22)
