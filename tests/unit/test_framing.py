"""Which part of a photograph the network sees, and where its masks lie there."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import reference
from occlusion_sensitivity.framing import Frame, shown_size

LENGTHS = st.integers(1, 3000)
SIZES = st.tuples(LENGTHS, LENGTHS)


@given(SIZES, SIZES)
def test_the_crop_is_the_largest_part_of_the_aspect_in_the_middle(size, image_size):
    row0, row1, col0, col1 = Frame.of(size, image_size, "crop").seen
    rows, cols = reference.middle_of_aspect(size, image_size)
    assert abs((row1 - row0) - max(rows, 1)) <= 0.5
    assert abs((col1 - col0) - max(cols, 1)) <= 0.5
    assert row0 >= 0
    assert col0 >= 0
    assert abs(row0 - (size[0] - row1)) <= 1
    assert abs(col0 - (size[1] - col1)) <= 1


@given(SIZES, SIZES)
def test_squashed_the_network_sees_all(size, image_size):
    frame = Frame.of(size, image_size, "squash")
    assert frame.sees_all
    assert frame.seen == (0, size[0], 0, size[1])
    assert frame.image_size == image_size


def test_a_network_of_any_size_sees_the_photograph_as_it_is():
    for fit in ("squash", "crop"):
        frame = Frame.of((30, 40), (None, None), fit)
        assert frame.sees_all
        assert frame.image_size == (30, 40)


def test_boxes_in_the_photograph():
    frame = Frame.of((400, 800), (200, 200), "crop")
    assert frame.seen == (0, 400, 200, 600)
    np.testing.assert_array_equal(frame.in_photograph(np.array([[0, 200, 0, 200]])), [[0, 400, 200, 600]])
    np.testing.assert_array_equal(frame.in_photograph(np.array([[10, 20, 30, 50]])), [[20, 40, 260, 300]])
    squashed = Frame.of((400, 800), (200, 200), "squash")
    np.testing.assert_array_equal(squashed.in_photograph(np.array([[10, 20, 30, 50]])), [[20, 40, 120, 200]])


@given(SIZES, SIZES, SIZES)
def test_in_another_size_the_same_part_is_seen(size, image_size, other):
    frame = Frame.of(size, image_size, "crop")
    row0, row1, col0, col1 = frame.scaled(other).seen
    assert 0 <= row0 < row1 <= other[0]
    assert 0 <= col0 < col1 <= other[1]
    assert abs(row0 - min(frame.seen[0] * other[0] / size[0], other[0] - 1)) <= 1
    assert abs(col1 - max(frame.seen[3] * other[1] / size[1], 1)) <= 1


@pytest.mark.parametrize(
    ("size", "side", "shown"),
    [
        ((4000, 6000), 1600, (1067, 1600)),
        ((300, 400), 1600, (300, 400)),
        ((5000, 3), 1600, (1600, 1)),
        ((1, 1), 1, (1, 1)),
    ],
)
def test_the_size_in_which_a_picture_is_drawn(size, side, shown):
    assert shown_size(size, side) == shown


def test_boxes_between_pixels_are_so_exactly():
    """2960 pixels for 224: 154 of these are 2035 of those, and the mask begins in row 2036, not in 2035."""
    found = Frame.of((2960, 2960), (224, 224), "squash").in_photograph(np.array([[154, 224, 0, 154]]))
    assert found.tolist() == [[2035.0, 2960.0, 0.0, 2035.0]]
