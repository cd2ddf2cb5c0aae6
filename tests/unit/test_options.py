"""Arguments as typed: both spellings, abbreviations, numbers, and what is refused."""

import re

import numpy as np
import pytest

from occlusion_sensitivity.name_values import NameValues
from occlusion_sensitivity.options import OPTION_NAMES, OcclusionOptions, parse_channels, round_half_away

IMAGE = np.arange(20 * 30 * 3, dtype=np.float32).reshape(20, 30, 3)


def parsed(*pairs, **keywords):
    return OcclusionOptions.parse(NameValues.parse(pairs, keywords, OPTION_NAMES), IMAGE)


def test_defaults():
    options = parsed()
    assert options.input_size == (20, 30)
    assert options.mask_size == (4, 6)
    assert options.stride == (2, 3)
    assert options.fill.tolist() == [898.5, 899.5, 900.5]
    assert options.fill.dtype == np.float32
    assert options.output_upsampling == "bicubic"
    assert options.mask_clipping is True
    assert options.mini_batch_size == 128
    assert options.execution_environment == "auto"


def test_both_spellings_mixed_in_any_case():
    options = parsed("masksize", [3, 4], "STRIDE", 5, MaskCl="OFF", output="Near")
    assert options.mask_size == (3, 4)
    assert options.stride == (5, 5)
    assert options.mask_clipping is False
    assert options.output_upsampling == "nearest"


@pytest.mark.parametrize(
    ("value", "pixels"),
    [
        (3, (3, 3)),
        (3.0, (3, 3)),
        (np.int8(3), (3, 3)),
        (np.float64(3), (3, 3)),
        (np.array(3), (3, 3)),
        (np.array([[3]]), (3, 3)),
        ([3, 4], (3, 4)),
        ((3, 4.0), (3, 4)),
        (np.array([[3], [4]]), (3, 4)),
        (range(3, 5), (3, 4)),
    ],
)
def test_sizes_are_matlab_numbers(value, pixels):
    assert parsed(MaskSize=value).mask_size == pixels
    assert parsed(Stride=value).stride == pixels


@pytest.mark.parametrize(
    "value",
    [0, -1, 1.5, float("nan"), float("inf"), [], [1, 2, 3], [[1, 2], [3, 4]], [2, 0], True, [True, 2], "big", None, 1j]
    + [{}, object(), [1, [2, 3]], ["3"], b"3", "", np.array(["auto", "auto"])],
)
@pytest.mark.parametrize("name", ["MaskSize", "Stride"])
def test_bad_sizes(name, value):
    with pytest.raises((ValueError, TypeError), match=f'^{name} must be "auto", a positive integer or'):
        parsed(**{name: value})


@pytest.mark.parametrize("value", [21, [20, 31], [21, 1], 10**400, pytest.param(10**5000, id="huge"), 1e300])
def test_mask_beyond_the_image(value):
    with pytest.raises(ValueError, match=r"^MaskSize must be at most the input size, 20×30, but is "):
        parsed(MaskSize=value)


def test_an_error_names_the_option_as_typed():
    with pytest.raises(ValueError, match=r"^masks must be .*, but is 0\.$"):
        parsed("masks", 0)


@pytest.mark.parametrize(("value", "fill"), [(7, [7, 7, 7]), ([1, 2.5, 3], [1, 2.5, 3]), (np.uint8([[9]]), [9, 9, 9])])
def test_mask_value(value, fill):
    options = parsed(MaskValue=value)
    assert options.fill.tolist() == fill
    assert options.fill.dtype == np.float32


@pytest.mark.parametrize(
    "value", [[1, 2], [1, 2, 3, 4], float("nan"), [1, 2, float("inf")], 1e39, "mean", True, None, []]
)
def test_bad_mask_value(value):
    with pytest.raises(
        (ValueError, TypeError), match=r'^MaskValue must be "auto", a finite number or a vector with one'
    ):
        parsed(MaskValue=value)


def test_automatic_fill_is_the_mean_of_each_channel_summed_in_double():
    """Sums that single does not hold: 2²⁴ + 1 is 2²⁴ there, and so is that with two more ones, one after another."""
    image = np.ones((2, 2, 2), dtype=np.float32)
    image[0, 0] = [2**24, 3.0]
    in_single = np.float32(2**24)
    for _ in range(3):
        in_single += np.float32(1)
    expected = np.float32([(2**24 + 3) / 4, 6 / 4])
    assert in_single / 4 != expected[0]
    assert image.mean(axis=(0, 1))[0] != expected[0]  # what NumPy gives by itself
    assert OcclusionOptions.parse(NameValues(), image).fill.tolist() == expected.tolist()


def test_automatic_fill_of_an_integer_image_is_not_rounded():
    assert OcclusionOptions.parse(NameValues(), np.float32([[[0], [1]]])).fill.tolist() == [0.5]


@pytest.mark.parametrize(
    ("value", "on"),
    [
        ("on", True),
        ("off", False),
        ("OF", False),
        (True, True),
        (False, False),
        (1, True),
        (0.0, False),
        (np.True_, True),
    ]
    + [(np.array([False]), False), (np.array("off"), False)],
)
def test_mask_clipping(value, on):
    assert parsed(MaskClipping=value).mask_clipping is on


@pytest.mark.parametrize("value", ["o", "true", 2, -1, None, [1, 0], float("nan"), "", [1, [2]]])
def test_bad_mask_clipping(value):
    with pytest.raises((ValueError, TypeError), match="^MaskClipping"):
        parsed(MaskClipping=value)


@pytest.mark.parametrize("value", [0, -3, 2.5, [1, 2], float("nan"), float("inf"), "128", True, None])
def test_bad_mini_batch_size(value):
    with pytest.raises((ValueError, TypeError), match="^MiniBatchSize must be a positive integer, but is"):
        parsed(MiniBatchSize=value)


@pytest.mark.parametrize("value", ["cubic", "n", "", 1, None, True, ["bicubic", "none"]])
def test_bad_upsampling(value):
    with pytest.raises((ValueError, TypeError), match="^OutputUpsampling"):
        parsed(OutputUpsampling=value)


@pytest.mark.parametrize("value", ["tpu", "", 1, None])
def test_bad_environment(value):
    with pytest.raises((ValueError, TypeError), match="^ExecutionEnvironment"):
        parsed(ExecutionEnvironment=value)


def test_ambiguous_name_lists_the_candidates():
    with pytest.raises(ValueError, match="'mask' is ambiguous: it may be MaskSize, MaskValue, MaskClipping"):
        parsed("mask", 3)


def test_unknown_name_lists_the_names():
    with pytest.raises(ValueError, match=f"must be one of {', '.join(OPTION_NAMES)}, but is 'Size'"):
        parsed(Size=3)


@pytest.mark.parametrize("pairs", [("MaskSize",), ("MaskSize", 3, "Stride")])
def test_name_without_a_value(pairs):
    with pytest.raises(ValueError, match=f"needs a value, but {pairs[-1]!r} has none"):
        parsed(*pairs)


@pytest.mark.parametrize("pairs", [(3, "MaskSize"), (None, 1), (["MaskSize"], 3)])
def test_a_name_that_is_no_text(pairs):
    with pytest.raises(TypeError, match="^The option name must be one of"):
        parsed(*pairs)


def test_the_same_name_twice():
    with pytest.raises(ValueError, match="^MaskSize must be given once, but is given as MaskSize and as masks"):
        parsed("MaskSize", 3, masks=4)
    with pytest.raises(ValueError, match="^Stride must be given once"):
        parsed(Stride=1, stride=2)


@pytest.mark.parametrize(
    ("value", "channels"),
    [
        (1, [0]),
        (10.0, [9]),
        ([3, 1, 3], [2, 0, 2]),
        (np.uint8([[5, 6]]), [4, 5]),
        (np.array(2), [1]),
        (range(1, 3), [0, 1]),
    ],
)
def test_channels_are_counted_from_one(value, channels):
    assert parse_channels(value, 10).tolist() == channels


@pytest.mark.parametrize("value", [0, -1, 1.5, 11, [1, 11], [], float("nan"), True, None, 1j, [[1, 2], [3, 4]], 10**30])
def test_bad_channels_name_the_number_of_channels(value):
    with pytest.raises((ValueError, TypeError), match=r"^channelIdx must be .*1 to 10 .*, but is"):
        parse_channels(value, 10)


def test_a_long_value_is_not_printed_whole():
    with pytest.raises(ValueError, match=re.escape("but is an array of 100000 int64.")):
        parsed(MaskSize=np.arange(100000))


@pytest.mark.parametrize(("value", "rounded"), [(0.5, 1), (1.5, 2), (2.5, 3), (0.49999999999999994, 0), (4.4, 4)])
def test_round_is_half_away_from_zero(value, rounded):
    assert round_half_away(value) == rounded
