"""What montage, imtile and imshowpair take beside lists of like pictures."""

import math

import numpy as np
import pytest
from PIL import Image

from occlusion_sensitivity import matlab as m

pytestmark = pytest.mark.usefixtures("headless")

GREY = np.uint8(np.arange(12).reshape(3, 4) * 20)
COLOUR = np.uint8(np.random.default_rng(0).integers(0, 256, (3, 4, 3)))
TABLE = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.5, 1.0]])
PLACES = np.uint8([[0, 1, 2, 9]])


def row(*arguments, **options):
    return m.imtile(*arguments, GridSize=[1, np.nan], **options)


def test_a_map_of_several_channels_is_a_picture_for_each():
    maps = np.random.default_rng(0).random((4, 5, 7))
    tiles = row(maps)
    assert tiles.shape == (4, 35)
    for k in range(7):
        np.testing.assert_array_equal(tiles[:, 5 * k : 5 * k + 5], maps[:, :, k])
    np.testing.assert_array_equal(m.montage(maps, Size=[1, np.nan]).CData, tiles)
    np.testing.assert_array_equal(row(maps[:, :, np.newaxis]), tiles)
    np.testing.assert_array_equal(row(maps, Frames=[7, 1]), np.hstack([maps[:, :, 6], maps[:, :, 0]]))


def test_three_planes_are_a_picture_in_colours_in_a_list_only():
    np.testing.assert_array_equal(row(COLOUR), np.hstack([COLOUR[:, :, k] for k in range(3)]))
    np.testing.assert_array_equal(row([COLOUR]), COLOUR)
    np.testing.assert_array_equal(row(COLOUR[..., np.newaxis]), COLOUR)
    np.testing.assert_array_equal(row(COLOUR[:, :, :1]), COLOUR[:, :, 0])


def test_a_place_stays_free():
    for free in ([], np.zeros((0, 0)), np.uint8([])):
        tiles = row([GREY, free, GREY])
        assert tiles.dtype == np.uint8
        np.testing.assert_array_equal(tiles, np.hstack([GREY, np.zeros_like(GREY), GREY]))
    np.testing.assert_array_equal(row([[], COLOUR], BackgroundColor="w")[:, :4], np.full_like(COLOUR, 255))


def test_pictures_without_colours_are_places_in_a_map(tmp_path):
    colours = TABLE[[[0, 1, 2, 2]]]
    np.testing.assert_array_equal(row(PLACES, TABLE), colours)
    np.testing.assert_array_equal(row(PLACES, [[0, 0, 0], [1, 0, 0], [0, 1, 1]]), np.ceil(colours))
    np.testing.assert_array_equal(row([PLACES, PLACES], TABLE), np.hstack([colours, colours]))
    np.testing.assert_array_equal(row(np.float64(PLACES) + 1, TABLE), colours)
    np.testing.assert_array_equal(row(PLACES == 1, TABLE), TABLE[[[0, 1, 0, 0]]])
    np.testing.assert_array_equal(row([GREY, COLOUR], TABLE)[:, 4:], m.im2double(COLOUR))
    Image.fromarray(PLACES).save(tmp_path / "x.png")
    for source in (str(tmp_path / "x.png"), np.array(str(tmp_path / "x.png")), m.imageDatastore(tmp_path)):
        np.testing.assert_array_equal(row(source, TABLE), colours)
    np.testing.assert_array_equal(m.montage(PLACES, TABLE).CData, colours)


def test_the_grid_of_every_number_of_pictures_is_about_square():
    """The columns are the root of rows · count / columns, rounded up: exactly, where that is a square."""
    for rows, cols, count in ((25, 3, 27), (50, 6, 27), (3, 4, 12), (7, 7, 49), (2, 9, 5)):
        squared = rows * count
        wide = next(k for k in range(1, 100) if k * k * cols >= squared)
        tiles = m.imtile(np.zeros((rows, cols, count)))
        assert tiles.shape == (math.ceil(count / wide) * rows, wide * cols), (rows, cols, count)


def test_the_background_of_a_class_with_a_sign_is_black():
    assert row([np.int16([[7]])], BorderSize=1)[0, 0] == -32768
    assert row([np.int16([[7]])], BorderSize=1, BackgroundColor="w")[0, 0] == 32767


def test_a_blend_is_whole_where_only_one_picture_is():
    tall, wide = np.full((4, 1), 0.5), np.ones((2, 3))
    blend = m.imshowpair(tall, wide, "blend", Scaling="none").CData
    assert blend.tolist() == [[0.75, 1, 1], [0.75, 1, 1], [0.5, 0, 0], [0.5, 0, 0]]


@pytest.mark.parametrize("method", ["falsecolor", "blend", "diff", "montage", "checkerboard"])
def test_pairs_with_unknown_values(method):
    A, B = np.array([[np.nan, 1.0, 0.5]]), np.array([[0.0, np.inf, -np.inf]])
    for pair in ((A, B), (B, A), (A * np.nan, A)):
        for scaling in ("independent", "joint", "none"):
            shown = m.imshowpair(*pair, method, Scaling=scaling).CData
            assert np.isfinite(shown).all()
            assert shown.min() >= 0
            assert shown.max() <= 1
    assert m.imshowpair(A, A, "falsecolor").CData[0, :, 1].tolist() == [0, 1, 0.5]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: m.imtile([[], []]), TypeError, "^images must be pictures"),
        (lambda: m.imtile(np.zeros((2, 2, 1, 0))), TypeError, "^images must be pictures"),
        (lambda: m.imtile(np.zeros((2, 2, 2, 5))), ValueError, "^images must be pictures, .* but has shape"),
        (lambda: m.imtile([GREY, [[1], [1, 2]]]), ValueError, "^images must be pictures, .* but has shape"),
        (lambda: m.imtile([GREY, None]), TypeError, "^images must be an array of real numbers, but is None"),
        (lambda: m.imtile(GREY, [[0, 0, 2]]), ValueError, "^map must be an m×3 array of 0…1"),
        (lambda: m.imtile([GREY], GridSize=[2**19] * 2), ValueError, "^All pictures together would have 1572864×"),
        (lambda: m.imtile([GREY], ThumbnailSize=[2**19] * 2), ValueError, "^All pictures .* a smaller ThumbnailSize"),
    ],
)
def test_bad_pictures(call, error, message):
    with pytest.raises(error, match=message):
        call()
