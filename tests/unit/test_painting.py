"""The colours of drops over a photograph, held to the plain reference."""

import numpy as np
import pytest

import reference
from occlusion_sensitivity.colormaps import jet
from occlusion_sensitivity.painting import (
    COLORMAPS,
    Scale,
    as_picture,
    bar_colours,
    brought_to,
    diverging,
    mapped,
    overlaid,
    spotlit,
)

SEED = 15


@pytest.fixture
def rng():
    print(f"seed {SEED}")
    return np.random.default_rng(SEED)


@pytest.mark.parametrize("colormap", COLORMAPS)
@pytest.mark.parametrize("opacity", [0.0, 0.6, 1.0])
def test_the_overlay_is_the_reference(rng, colormap, opacity):
    picture = rng.integers(0, 256, (70, 9, 3)).astype(np.uint8)  # more rows than are painted at a time
    drops = rng.normal(size=(70, 9)).astype(np.float32)
    drops[3, 4] = np.nan
    scale = Scale.of(drops[:40], colormap)  # so that some lie beyond it
    expected = reference.overlay(picture, drops, scale.colours, scale.low, scale.high, opacity)
    # A half may be rounded either way, and a colour between two of the table may be either.
    apart = np.abs(overlaid(picture, drops, scale, opacity) - expected)
    assert np.median(apart) <= 0.5
    assert apart.max() <= 0.5 + 255 * opacity / 60


@pytest.mark.parametrize("colormap", COLORMAPS)
def test_where_the_map_is_zero_the_photograph_is_as_it_was(rng, colormap):
    picture = rng.integers(0, 256, (6, 7, 3)).astype(np.uint8)
    drops = np.zeros((6, 7), dtype=np.float32)
    drops[2, 3] = 0.4
    found = overlaid(picture, drops, Scale.of(drops, colormap), 0.6)
    assert (found != picture).any(axis=2).sum() == 1
    assert (found[2, 3] != picture[2, 3]).any()


def test_zero_has_the_same_colour_in_every_map(rng):
    for k in range(20):
        drops = rng.normal(size=(5, 5)) * 10.0 ** rng.integers(-6, 6) + rng.normal()
        drops[0, 0] = abs(drops).max() + 1  # at least one drop
        zero = np.zeros((1, 1))
        assert (Scale.of(drops, "jet").colours_of(zero)[0, 0] == np.float32(jet()[0])).all(), k
        middle = Scale.of(drops, "diverging").colours_of(zero)[0, 0]
        assert np.ptp(middle) < 0.02, k  # grey


def test_drop_and_rise_have_different_colours():
    scale = Scale.of(np.array([[-1.0, 1.0]]), "diverging")
    (rise, drop) = scale.colours_of(np.array([-0.6, 0.6]))
    assert drop[0] > drop[2] + 0.4
    assert rise[2] > rise[0] + 0.4
    # What a reader without red cones sees (Viénot 1999, linear light): they stay apart in blue and yellow.
    for colours in (diverging(),):
        linear = colours**2.2
        blue, yellow = linear[64, 2] - linear[64, :2].mean(), linear[192, 2] - linear[192, :2].mean()
        assert blue - yellow > 0.3


def test_a_scale_spans_the_drops_of_all_maps():
    drops = np.array([[[0.1, 0.4]], [[-0.9, np.nan]]])
    assert (Scale.of(drops, "jet").low, Scale.of(drops, "jet").high) == (0.0, 0.4)
    assert (Scale.of(drops, "diverging").low, Scale.of(drops, "diverging").high) == (-0.9, 0.9)


@pytest.mark.parametrize("drops", [np.zeros((3, 3)), np.full((3, 3), np.nan), np.full((3, 3), -0.5)])
def test_nothing_is_coloured_where_nothing_drops(rng, drops):
    picture = rng.integers(0, 256, (3, 3, 3)).astype(np.uint8)
    scale = Scale.of(drops, "jet")
    assert scale.is_empty
    np.testing.assert_array_equal(overlaid(picture, drops, scale, 0.6), picture)
    assert mapped(drops, scale).shape == (3, 3, 3)


def test_the_colour_bar_has_the_colours_that_lie_over_the_picture():
    """Over a picture of one grey, each value's pixel has its colour of the bar."""
    grey = np.full((1, 256, 3), 90, dtype=np.uint8)
    drops = np.linspace(0, 0.8, 256)[np.newaxis]
    scale = Scale.of(drops, "jet")
    for style, painted in (("overlay", overlaid(grey, drops, scale, 0.6)), ("side-by-side", mapped(drops, scale))):
        bar = bar_colours(style, scale, 0.6, grey)
        assert np.abs(255 * bar - painted[0]).max() <= 1.5, style


@pytest.mark.parametrize("colormap", ["jet", "diverging"])
def test_the_spotlight_is_dark_where_the_map_is_low(colormap):
    picture = np.full((1, 3, 3), 200, dtype=np.uint8)
    drops = np.array([[-1.0, 0.0, 1.0]])
    dark, low, bright = spotlit(picture, drops, Scale.of(drops, colormap))[0, :, 0].tolist()
    assert dark == low == 50
    assert bright == 200


@pytest.mark.parametrize(
    ("X", "first"),
    [
        (np.array([[0, 255]], np.uint8), [0, 255]),
        (np.array([[0, 65535]], np.uint16), [0, 255]),
        (np.array([[False, True]]), [0, 255]),
        (np.array([[0.0, 1.0]]), [0, 255]),
        (np.array([[0.0, 255.0]]), [0, 255]),
        (np.array([[0, 1]], np.int32), [0, 1]),
        (np.array([[-1.0, 3.0]]), [0, 255]),
        (np.array([[-5.0, -5.0]]), [0, 0]),
        (np.array([[300.0, 300.0]]), [0, 0]),
    ],
)
def test_images_of_every_class_as_pictures(X, first):
    picture = as_picture(X)
    assert picture.dtype == np.uint8
    assert picture.shape == (1, 2, 3)
    assert picture[0, :, 0].tolist() == first


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 6])
def test_images_of_other_channels(rng, channels):
    X = rng.integers(0, 256, (4, 5, channels)).astype(np.uint8)
    shown = as_picture(X)
    assert shown.shape == (4, 5, 3)
    np.testing.assert_array_equal(shown, X[..., :3] if channels >= 3 else np.repeat(X[..., :1], 3, axis=2))


def test_a_map_is_brought_to_a_size_by_imresize(rng):
    drops = rng.normal(size=(3, 4)).astype(np.float32)
    np.testing.assert_allclose(brought_to((20, 30), drops, "bicubic"), reference.imresize(drops, [20, 30]), atol=1e-6)
    np.testing.assert_array_equal(brought_to((6, 8), drops, "none"), drops.repeat(2, axis=0).repeat(2, axis=1))
