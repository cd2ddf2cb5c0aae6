"""deletion and insertion: curves by hand, what is taken, warned of and refused."""

import re

import numpy as np
import pytest

import networks
from occlusion_sensitivity import deletion, importNetworkFromONNX, insertion, options
from occlusion_sensitivity.matlab import DAGNetwork
from occlusion_sensitivity.network.network import Network
from occlusion_sensitivity.option_types import FaithfulnessOptions

BOTH = pytest.mark.parametrize("function", [deletion, insertion])


# By hand -------------------------------------------------------------------------------------------------------------

NUMBERS = np.array([[1, 2, 3], [4, 5, 6]])
# Strongest first: 2 and 5, which are equal; 1 and 3, which are; 6; and 4, of which nothing is known.
MAP = np.array([[7, np.inf, 7], [np.nan, np.inf, -np.inf]])


@pytest.fixture(scope="module")
def summing(tmp_path_factory):
    """Channel 1 is the sum of a 2×3 image, channel 2 ten times as much."""
    weight = np.ones((2, 2, 3, 1)) * np.reshape([1, 10], (2, 1, 1, 1))
    return importNetworkFromONNX(networks.linear(tmp_path_factory.mktemp("net") / "net.onnx", weight))


@pytest.mark.parametrize(
    ("function", "num_steps", "shares", "scores", "area"),
    [
        (deletion, 6, np.arange(7) / 6, [21, 19, 14, 13, 10, 4, 0], 11.75),
        (insertion, 6, np.arange(7) / 6, [0, 2, 7, 8, 11, 17, 21], 9.25),
        # One and a half pixels are two, four and a half are five.
        (deletion, 4, [0, 2 / 6, 3 / 6, 5 / 6, 1], [21, 14, 13, 4, 0], 11.25),
        (insertion, 4, [0, 2 / 6, 3 / 6, 5 / 6, 1], [0, 7, 8, 17, 21], 9.75),
        (deletion, 1, [0, 1], [21, 0], 10.5),
    ],
)
def test_a_curve_by_hand(summing, function, num_steps, shares, scores, area):
    curve = function(summing, NUMBERS, MAP, 1, NumSteps=num_steps, MaskValue=0)
    assert (curve.shares.dtype, curve.scores.dtype, type(curve.area)) == (np.float64, np.float64, float)
    np.testing.assert_allclose(curve.shares, shares, rtol=1e-15)
    assert curve.scores.tolist() == scores
    assert curve.area == pytest.approx(area, rel=1e-14)


def test_the_fill_by_hand(summing):
    """3.5 is the mean; one pixel more in the other's place."""
    assert deletion(summing, NUMBERS, MAP, 1).scores.tolist() == [21, 22.5, 21, 23.5, 24, 21.5, 21]
    assert insertion(summing, NUMBERS, MAP, 1, MaskValue=10).scores.tolist() == [60, 52, 47, 38, 31, 27, 21]


def test_each_channel_follows_its_own_map(summing):
    maps = np.stack([MAP, NUMBERS, -NUMBERS], axis=2)
    curve = deletion(summing, NUMBERS, maps, [1, 2, 1], NumSteps=6, MaskValue=0)
    assert curve.scores.T.tolist() == [
        [21, 19, 14, 13, 10, 4, 0],
        [210, 150, 100, 60, 30, 10, 0],
        [21, 20, 18, 15, 11, 6, 0],
    ]
    assert curve.area.dtype == np.float64
    np.testing.assert_allclose(curve.area, [11.75, 455 / 6, 80.5 / 6], rtol=1e-14)


@pytest.mark.parametrize(("n_pixels", "steps"), [(6, 6), (19, 19), (20, 20), (50176, 20)])
def test_twenty_steps_unless_there_are_fewer_pixels(n_pixels, steps):
    parsed = options.CurveOptions.parse(options.NameValues(), np.zeros((1, n_pixels, 1), np.float32))
    assert parsed.num_steps == steps


# What is taken, warned of and refused --------------------------------------------------------------------------------


def test_both_spellings_in_any_case(summing):
    expected = deletion(summing, NUMBERS, MAP, 1, NumSteps=4, MaskValue=0)
    for found in (
        deletion(summing, NUMBERS, MAP, 1, "NumSteps", 4.0, "MaskValue", [0]),
        deletion(summing, NUMBERS, MAP, 1, "numsteps", np.int8(4), maskvalue=0, MINI=1, executionenvironment="CPU"),
    ):
        assert found.scores.tolist() == expected.scores.tolist()
        assert found.area == expected.area


def test_the_options_are_those_that_type_checkers_know():
    assert FaithfulnessOptions.__optional_keys__ == set(options.CURVE_OPTIONS)


@pytest.mark.parametrize("kind", ["int8", "uint8", "int64", "uint64", "f4", "f8", ">f4", ">i2"])
def test_maps_of_every_class(summing, kind):
    values = np.array([[3, 1, 4], [1, 5, 9]])
    expected = deletion(summing, NUMBERS, values.tolist(), 1, NumSteps=6, MaskValue=0)
    assert expected.scores.tolist() == [21, 15, 10, 7, 6, 4, 0]
    for score_map in (values, np.asfortranarray(values), values[..., np.newaxis]):
        found = deletion(summing, NUMBERS, score_map.astype(kind), 1, NumSteps=6, MaskValue=0)
        assert found.scores.tolist() == expected.scores.tolist()


def test_a_map_in_double_is_not_rounded(summing):
    """1 + 2⁻⁴⁰ is 1 in single."""
    values = np.array([[1, 1 + 2.0**-40, 0], [0, 0, 0]])
    assert deletion(summing, NUMBERS, values, 1, MaskValue=0).scores[:3].tolist() == [21, 19, 18]


def test_labels_and_layers_of_a_classifier(summing):
    net = DAGNetwork(summing, Classes=["one", "ten"])
    expected = insertion(summing, NUMBERS, MAP, 2).scores.tolist()
    assert insertion(net, NUMBERS, MAP, "ten").scores.tolist() == expected
    assert insertion(net, NUMBERS, MAP, summing.OutputNames[0], 2).scores.tolist() == expected


@pytest.fixture(scope="module")
def logarithmic(tmp_path_factory):
    """The logarithm of the sum of a 2×3 image."""
    nodes = [
        networks.helper.make_node("Flatten", ["input"], ["flat"]),
        networks.helper.make_node("MatMul", ["flat", "ones"], ["sum"]),
        networks.helper.make_node("Log", ["sum"], ["score"]),
    ]
    file = tmp_path_factory.mktemp("net") / "net.onnx"
    constants = {"ones": np.ones((6, 1), np.float32)}
    return importNetworkFromONNX(networks.save(file, nodes, constants, {"input": ["N", 1, 2, 3]}, {"score": ["N", 1]}))


@pytest.mark.parametrize(("fill", "count", "area"), [(0, 1, -np.inf), (-9, 5, np.nan)])
def test_scores_that_are_no_numbers(logarithmic, fill, count, area):
    message = f"NaN or infinite for some images: so are {count} of 7 scores of the curve"
    with pytest.warns(RuntimeWarning, match=message) as caught:
        curve = deletion(logarithmic, NUMBERS, NUMBERS, 1, MaskValue=fill)
    assert [one.filename for one in caught] == [__file__]
    assert curve.scores[0] == pytest.approx(np.log(21), rel=1e-6)
    np.testing.assert_equal(curve.area, area)


def test_no_score_is_a_number(logarithmic):
    with pytest.warns(RuntimeWarning, match="NaN or infinite for all images: so are 7 of 7 scores of the curve"):
        assert np.isnan(deletion(logarithmic, -NUMBERS, NUMBERS, 1).area)


@BOTH
@pytest.mark.parametrize(
    ("shape", "channels", "message"),
    [
        ((5, 6), 1, "scoreMap must be 2×3, the size of X, but is 5×6. imresize(scoreMap, [2, 3]) makes it fit."),
        ((3, 2), 1, "scoreMap must be 2×3, the size of X, but is 3×2. imresize(scoreMap, [2, 3]) makes it fit."),
        ((2, 3, 2), 1, "scoreMap must be 2×3, the size of X, but is 2×3×2."),
        ((6,), 1, "scoreMap must be 2×3, the size of X, but is 6."),
        ((1, 2, 3, 1), 1, "scoreMap must be 2×3, the size of X, but is 1×2×3×1."),
        ((0, 3), 1, "scoreMap must be 2×3, the size of X, but is 0×3."),
        ((2, 3), [1, 2], "scoreMap must be 2×3×2, a map of the size of X for each channel, but is 2×3."),
        (
            (4, 4, 2),
            [1, 2],
            "scoreMap must be 2×3×2, a map of the size of X for each channel, but is 4×4×2. "
            "imresize(scoreMap, [2, 3]) makes it fit.",
        ),
    ],
)
def test_maps_that_do_not_fit(summing, function, shape, channels, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        function(summing, NUMBERS, np.zeros(shape), channels)


@pytest.mark.parametrize("bad", ["map.png", None, [[1, 2], [3]], np.zeros((2, 3), bool), np.zeros((2, 3), complex)])
def test_maps_of_another_class(summing, bad):
    with pytest.raises(TypeError, match="^scoreMap must be 2×3, the size of X, of a numeric class .*, but is "):
        deletion(summing, NUMBERS, bad, 1)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("NumSteps", 0, "NumSteps must be a positive integer, but is 0."),
        ("numsteps", 2.5, "numsteps must be a positive integer, but is 2.5."),
        ("NumSteps", [1, 2], "NumSteps must be a positive integer, but is [1, 2]."),
        ("NumSteps", "all", "NumSteps must be a positive integer, but is 'all'."),
        ("NumSteps", 7, "NumSteps must be a positive integer of at most 6, the number of pixels of X, but is 7."),
        ("MaskValue", [1, 2], 'MaskValue must be "auto", a finite number or a vector with one for each of the 1 input'),
        ("MiniBatchSize", 0, "MiniBatchSize must be a positive integer, but is 0."),
        ("ExecutionEnvironment", "tpu", "ExecutionEnvironment must be one of auto, gpu, cpu, but is 'tpu'."),
        ("Stride", 2, "The option name must be one of NumSteps, MaskValue, MiniBatchSize, ExecutionEnvironment"),
    ],
)
def test_options_that_are_refused(summing, monkeypatch, name, value, message):
    monkeypatch.setattr(Network, "run", lambda *_: pytest.fail("the network ran"))
    for function in (deletion, insertion):
        with pytest.raises((ValueError, TypeError)) as error:
            function(summing, NUMBERS, MAP, 1, **{name: value})
        assert str(error.value).startswith(message)


def test_other_arguments_that_are_refused(summing):
    with pytest.raises(TypeError, match="^net must be a dlnetwork"):
        deletion("net.onnx", NUMBERS, MAP, 1)
    with pytest.raises(ValueError, match="^X must be 2×3×1, the input size of net"):
        deletion(summing, NUMBERS.T, MAP, 1)
    with pytest.raises(ValueError, match="^channelIdx must be .*1 to 2 .*but is 3"):
        insertion(summing, NUMBERS, MAP, 3)
    with pytest.raises(ValueError, match="needs a value, but 'NumSteps' has none"):
        insertion(summing, NUMBERS, MAP, 1, "NumSteps")
