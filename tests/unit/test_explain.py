"""explain: the numbers of occlusionSensitivity, from a photograph as users have it."""

import copy
import os
import pickle

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

import networks
from occlusion_sensitivity import explain, imageInputLayer, importNetworkFromONNX, imresize, occlusionSensitivity
from occlusion_sensitivity.matlab import DAGNetwork

SEED = 15
NAMES = ["cat", "dog", "bird", "Fish"]


@pytest.fixture
def rng():
    print(f"seed {SEED}")
    return np.random.default_rng(SEED)


@pytest.fixture
def file(tmp_path, rng):
    """12×10×3, four classes."""
    return networks.convolutional(tmp_path / "net.onnx", rng)


@pytest.fixture
def net(file):
    return importNetworkFromONNX(file)


@pytest.fixture
def photograph(rng):
    return rng.integers(0, 256, (60, 40, 3)).astype(np.uint8)


def test_the_numbers_are_those_of_the_function(net, photograph):
    result = explain(photograph, net, channel=3, pixel_range=1, MaskSize=4, Stride=[3, 2], MaskClipping="off")
    X = imresize(photograph, [12, 10]) * np.float32(1 / 255)
    how = {"MaskSize": 4, "Stride": [3, 2], "MaskClipping": "off"}
    np.testing.assert_array_equal(result.map, occlusionSensitivity(net, X, 3, **how))
    np.testing.assert_array_equal(result.grid, occlusionSensitivity(net, X, 3, OutputUpsampling="none", **how))
    np.testing.assert_allclose(result.scores, net.predict(X)[0, [2]])
    assert result.channels == [3]
    assert result.classes == ["channel 3"]
    np.testing.assert_array_equal(result.photograph, photograph)


def test_several_classes_in_the_same_runs(net, photograph):
    runs = []
    result = explain(
        photograph, net, NAMES, label=["FISH", " cat "], progress=lambda *done: runs.append(done), Stride=3
    )
    alone = []
    explain(photograph, net, NAMES, label="cat", progress=lambda *done: alone.append(done), Stride=3)
    assert runs == alone
    assert runs[-1][0] == runs[-1][1]
    assert result.classes == ["Fish", "cat"]
    assert result.channels == [4, 1]
    X = imresize(photograph, [12, 10])
    np.testing.assert_array_equal(result.map, occlusionSensitivity(net, X, [4, 1], Stride=3))
    assert result.map.shape == (12, 10, 2)
    assert result.grid.shape == (4, 4, 2)


def test_the_best_classes(net, photograph):
    result = explain(photograph, net, NAMES, top=4, pixel_range=1)
    assert sorted(result.channels) == [1, 2, 3, 4]
    assert list(result.scores) == sorted(result.scores, reverse=True)
    assert [name for name, _ in result.best(2)] == result.classes[:2]
    assert explain(photograph, net, NAMES, pixel_range=1).channels == result.channels[:1]


def test_the_middle_is_seen_unsquashed(net, photograph):
    result = explain(photograph, net, channel=1, fit="crop")
    # 60×40 for 12×10: 48×40 from row 6 on
    X = imresize(photograph[6:54], [12, 10])
    np.testing.assert_array_equal(result.map, occlusionSensitivity(net, X, 1))
    assert result.boxes[..., :2].min() == 6
    assert result.boxes[..., :2].max() == 54
    assert result.boxes[..., 2:].min() == 0
    assert result.boxes[..., 2:].max() == 40


def test_mean_and_std_are_the_normalisation_of_an_input_layer(file, net, photograph):
    mean, std = [0.4, 0.5, 0.6], [0.2, 0.3, 0.4]
    layer = imageInputLayer([12, 10, 3], Normalization="zscore", Mean=mean, StandardDeviation=std)
    X = imresize(photograph, [12, 10]) * np.float32(1 / 255)
    expected = occlusionSensitivity(importNetworkFromONNX(file, InputLayer=layer), X, 2, MaskValue=0.5)
    how = {"mean": mean, "std": std, "pixel_range": 1}
    np.testing.assert_array_equal(explain(photograph, net, channel=2, MaskValue=0.5, **how).map, expected)
    # Instead of that of the network's own layer.
    other = importNetworkFromONNX(file, InputLayer=imageInputLayer([12, 10, 3], Mean=7))
    np.testing.assert_array_equal(explain(photograph, other, channel=2, MaskValue=0.5, **how).map, expected)


@pytest.mark.parametrize(("mean", "std"), [(5, None), (None, 2), ([1, 2, 3], 2)])
def test_mean_or_std_alone(file, net, photograph, mean, std):
    layer = imageInputLayer([12, 10, 3], Normalization="zscore", Mean=mean or 0, StandardDeviation=std or 1)
    X = imresize(photograph, [12, 10])
    expected = occlusionSensitivity(importNetworkFromONNX(file, InputLayer=layer), X, 1)
    np.testing.assert_array_equal(explain(photograph, net, channel=1, mean=mean, std=std).map, expected)


def test_another_layer_is_scored(file, net, photograph):
    result = explain(photograph, net, NAMES, layer="relu", channel=6)
    scored = importNetworkFromONNX(file)
    scored.OutputNames = "relu"
    np.testing.assert_array_equal(result.map, occlusionSensitivity(scored, imresize(photograph, [12, 10]), 6))
    assert result.classes == ["channel 6"]  # its channels are no classes
    assert result.score_name == "score"
    assert net.OutputNames == ["prob"]


def test_networks_that_hold_their_class_names(net, photograph):
    result = explain(photograph, DAGNetwork(net, Classes=NAMES), label="DOG")
    assert result.classes == ["dog"]
    assert result.score_name == "probability"


def test_photographs_as_users_have_them(net, photograph, tmp_path):
    expected = explain(photograph, net, channel=1).map
    Image.fromarray(photograph).save(tmp_path / "a.png")
    with_alpha = np.dstack([photograph, np.full(photograph.shape[:2], 9, np.uint8)])
    for given in (tmp_path / "a.png", str(tmp_path / "a.png"), Image.fromarray(photograph), with_alpha):
        np.testing.assert_array_equal(explain(given, net, channel=1).map, expected)
    # Numbers of the user's own are taken as they are.
    X = imresize(photograph.astype(np.float32), [12, 10])
    for given in (photograph.astype(np.float32), photograph.astype(np.float32).tolist()):
        found = explain(given, net, channel=1).map
        assert abs(found - occlusionSensitivity(net, X, 1)).max() < 1e-6


def test_pixels_of_16_bits_are_those_of_8(net, photograph):
    expected = explain(photograph, net, channel=1, Stride=3)
    deep = explain(photograph.astype(np.uint16) * 257, net, channel=1, Stride=3)
    np.testing.assert_array_equal(deep.map, expected.map)
    assert deep._repr_png_() == expected._repr_png_()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.bool_, np.float64])
def test_grey_in_one_channel_is_grey(net, photograph, dtype):
    grey = (photograph[..., 0] > 127).astype(dtype)
    expected = explain(grey, net, channel=1, Stride=3)
    found = explain(grey[..., np.newaxis], net, channel=1, Stride=3)
    np.testing.assert_array_equal(found.map, expected.map)
    assert found.photograph.shape == (60, 40)


@pytest.mark.parametrize("dtype", [np.float16, np.longdouble, np.int64, np.uint64, np.uint32, np.int8])
def test_numbers_of_other_classes_are_taken_as_they_are(net, photograph, dtype):
    photograph = photograph // 2
    result = explain(photograph.astype(dtype), net, channel=1, Stride=3)
    np.testing.assert_array_equal(result.map, explain(photograph.astype(float), net, channel=1, Stride=3).map)
    result.draw(ax=Figure().subplots(), longest_side=30)


@pytest.mark.parametrize("ending", ["png", "svg", "pdf", "html"])
def test_file_names_that_are_no_unicode(net, photograph, tmp_path, ending):
    file = os.path.join(os.fsencode(tmp_path), b"\xff\xfe.png")
    with open(file, "wb") as stream:
        Image.fromarray(photograph).save(stream, "PNG")
    result = explain(os.fsdecode(file), net, ["a", "b\ud800", "c", "d"], channel=2, Stride=5)
    result.save(tmp_path / f"a.{ending}")
    result.page().save(tmp_path / "b.html")
    assert (tmp_path / f"a.{ending}").stat().st_size > 1000


def test_a_grey_photograph(net, rng):
    grey = rng.integers(0, 65536, (30, 40)).astype(np.uint16)
    X = np.repeat(imresize(np.round(grey / 257).astype(np.uint8), [12, 10])[..., np.newaxis], 3, axis=2)
    np.testing.assert_array_equal(explain(grey, net, channel=1).map, occlusionSensitivity(net, X, 1))


@pytest.mark.parametrize("ending", [".jpg", ".png", ".webp", ".tiff"])
@pytest.mark.parametrize("orientation", range(10))
def test_photographs_are_turned_upright(net, tmp_path, ending, orientation):
    upright = np.zeros((48, 32, 3), dtype=np.uint8)
    upright[:24, :16] = 250  # the upper left is white, the upper right red
    upright[:24, 16:, 0] = 250
    lying = {
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.swapaxes(0, 1),
        6: np.rot90(upright, 1),  # turned clockwise, it is upright
        7: np.rot90(upright, 2).swapaxes(0, 1),
        8: np.rot90(upright, -1),
    }.get(orientation, upright)
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if ending == ".webp" else {"quality": 98, "subsampling": 0} if ending == ".jpg" else {}
    Image.fromarray(np.ascontiguousarray(lying)).save(tmp_path / f"x{ending}", exif=exif, **options)
    result = explain(tmp_path / f"x{ending}", net, channel=1)
    assert result.photograph.shape == upright.shape
    assert np.abs(result.photograph.astype(int) - upright).mean() < 2
    with Image.open(tmp_path / f"x{ending}") as picture:
        np.testing.assert_array_equal(explain(picture, net, channel=1).photograph, result.photograph)


def test_the_strongest_mask(net, photograph):
    result = explain(photograph, net, channel=1, pixel_range=1, Stride=3, MaskSize=4)
    row, col = np.unravel_index(result.grid.argmax(), result.grid.shape)
    peak = result.peak()
    assert peak.drop == result.grid.max()
    # Masks of 4 pixels around 0, 3, 6, … of 12 and of 10, cut, in 60×40 pixels.
    expected = [
        np.clip([3 * place - 2, 3 * place + 2], 0, n) * factor for place, n, factor in ((row, 12, 5), (col, 10, 4))
    ]
    assert peak.box == (*expected[0], *expected[1])
    assert (peak.row, peak.column) == tuple(int(np.mean(ends)) + 1 for ends in expected)
    in_image = result.peak(frame="network")
    assert in_image.box == (*expected[0] / 5, *expected[1] / 4)


def test_an_overshoot_is_no_drop(tmp_path):
    """Four masks beside each other take a quarter of the score each: bicubic upsampling goes beyond it."""
    weight = np.zeros((1, 12, 10, 3))
    weight[0, 4:8, 4:8] = 1 / 255 / 48
    net = importNetworkFromONNX(networks.linear(tmp_path / "one.onnx", weight))
    white = np.full((12, 10, 3), 255, dtype=np.uint8)
    result = explain(white, net, channel=1, MaskValue=0, MaskSize=2, Stride=2, MaskClipping="off")
    (score,) = result.scores
    assert score == pytest.approx(1)
    assert result.map.max() > 0.28
    assert result.peak().drop == pytest.approx(0.25)


@pytest.mark.parametrize("how", ["draw", "peak", "drops", "is_flat"])
@pytest.mark.parametrize(("k", "error"), [(1, ValueError), (-1, ValueError), (0.5, TypeError), ("a", TypeError)])
def test_a_class_that_is_not_there(net, photograph, how, k, error):
    result = explain(photograph, net, channel=3, Stride=5)
    with pytest.raises(error, match="k must be an integer from 0 to 0, but is"):
        getattr(result, how)(k=k)


def test_bad_arguments_of_the_result(net, photograph):
    result = explain(photograph, net, channel=3, Stride=5)
    with pytest.raises(ValueError, match="frame must be one of photograph, network, but is 'x'."):
        result.peak(frame="x")
    assert result.peak(frame="NETWORK") == result.peak(frame="network")
    with pytest.raises(ValueError, match="count must be a positive integer, but is -1."):
        result.best(-1)


def test_a_map_is_flat_where_no_mask_changes_the_score(tmp_path, photograph):
    weight = np.zeros((2, 12, 10, 3))
    weight[1, 0, 0] = 1
    net = importNetworkFromONNX(networks.linear(tmp_path / "flat.onnx", weight, bias=np.array([3.0, 0.0])))
    result = explain(photograph, net, channel=[1, 2])
    assert result.is_flat(0)
    assert not result.is_flat(1)


def test_scores_are_probabilities_only_if_they_are(net, photograph, tmp_path, rng):
    assert explain(photograph, net, channel=1).score_name == "probability"
    linear = networks.linear(tmp_path / "linear.onnx", rng.normal(size=(4, 12, 10, 3)))
    assert explain(photograph, importNetworkFromONNX(linear), channel=1).score_name == "score"


def test_the_result_travels(net, photograph):
    result = explain(photograph, net, NAMES, channel=2)
    for other in (pickle.loads(pickle.dumps(result)), copy.deepcopy(result)):
        np.testing.assert_array_equal(other.map, result.map)
        assert other.page()[:100] == result.page()[:100]
        assert other.peak() == result.peak()
    assert "dog" in repr(result)
    assert "map" in dir(result)
    assert "network" not in dir(result)


NET = "net"


@pytest.mark.parametrize(
    ("given", "options", "error", "message"),
    [
        (
            np.zeros((3, 40, 50)),
            {},
            ValueError,
            "but is 3×40×50: photograph.transpose(1, 2, 0) makes it fit.",
        ),
        (
            np.zeros((5, 4, 2), np.uint8),
            {},
            ValueError,
            "photograph must be H×W, H×W×3 or H×W×4 in uint8, but is 5×4×2.",
        ),
        (np.zeros((0, 4, 3)), {}, ValueError, "photograph must not be empty, but is 0×4×3."),
        (np.zeros(7), {}, TypeError, "photograph must be a picture file, an image of Pillow's, or an array H×W"),
        (np.full((4, 4), np.nan), {}, ValueError, "photograph must be finite, but 16 of its values are not."),
        ("nowhere.png", {}, FileNotFoundError, "photograph: there is no file 'nowhere.png'."),
        (3.5, {}, TypeError, "photograph must be"),
        (None, {}, TypeError, "photograph must be"),
        (NET, {"channel": 5}, ValueError, "channel must be an integer from 1 to 4, or several, but is 5."),
        (NET, {"channel": 1, "top": 2}, ValueError, "One of channel, top says what is explained; 2 are given."),
        (NET, {"label": "cow"}, ValueError, "label must be a class name of the network, but is 'cow'"),
        (NET, {"label": 3}, TypeError, "label must be a class name or several, but is 3."),
        (NET, {"top": 5}, ValueError, "top must be an integer from 1 to 4, but is 5."),
        (NET, {"fit": "stretch"}, ValueError, "fit must be one of squash, crop, but is 'stretch'."),
        (NET, {"pixel_range": -1}, ValueError, "pixel_range must be a positive number, but is -1."),
        (NET, {"mean": [1, 2]}, ValueError, "mean must be one number or one for each of the 3 channels"),
        (NET, {"std": 0}, ValueError, "std must be a positive number or one for each channel, but is 0."),
        (NET, {"std": "x"}, TypeError, "std must be a positive number or one for each channel, but is 'x'."),
        (NET, {"layer": "nothing"}, ValueError, "layer"),
        (NET, {"layer": 3}, TypeError, "layer must be the name of a layer, but is 3."),
        (NET, {"progress": 3}, TypeError, "progress must be True, False or a function of (done, total), but is 3."),
        (NET, {"MaskSzie": 3}, ValueError, "The option name must be one of MaskSize"),
        (NET, {"MaskSize": 0}, ValueError, 'MaskSize must be "auto", a positive integer or [rows columns], but is 0.'),
        (
            NET,
            {"classNames": ["a"]},
            ValueError,
            "classNames must hold a name for each of the 4 channels",
        ),
    ],
)
def test_bad_arguments(net, photograph, given, options, error, message):
    given = photograph if isinstance(given, str) and given == NET else given
    with pytest.raises(error) as raised:
        explain(given, net, **{"classNames": NAMES, **options})
    assert message in str(raised.value)


@pytest.mark.parametrize("ending", [".gif", ".png", ".webp"])
def test_a_film_is_no_photograph(net, tmp_path, photograph, ending):
    frames = [Image.fromarray(photograph), Image.fromarray(photograph[::-1])]
    frames[0].save(tmp_path / f"film{ending}", save_all=True, append_images=frames[1:], duration=100)
    with pytest.raises(ValueError, match="it is a film of 2 pictures; saved as a picture of its own"):
        explain(tmp_path / f"film{ending}", net, channel=1)


def test_a_network_of_four_channels(tmp_path, rng):
    net = importNetworkFromONNX(networks.linear(tmp_path / "four.onnx", rng.normal(size=(2, 12, 10, 4))))
    X = rng.integers(0, 256, (24, 20, 4)).astype(np.uint8)
    expected = occlusionSensitivity(net, imresize(X, [12, 10]), 2)
    np.testing.assert_array_equal(explain(X, net, channel=2).map, expected)


def test_undecided_is_not_flat(tmp_path, photograph):
    """Two classes with 49.5 and 50.5 % are no sign of wrong values."""
    bias = np.log(np.array([0.495, 0.505]))
    file = networks.linear(tmp_path / "two.onnx", np.zeros((2, 12, 10, 3)), bias=bias, softmax=True)
    assert explain(photograph, importNetworkFromONNX(file)).score_name == "probability"


def test_a_file_of_nothing(net, tmp_path):
    (tmp_path / "empty.png").write_bytes(b"")
    with pytest.raises(ValueError, match=r"empty.png' cannot be read as a picture"):
        explain(tmp_path / "empty.png", net, channel=1)


def test_a_label_needs_names(net, photograph):
    with pytest.raises(ValueError, match="label 'cat' needs the names of the channels: classNames"):
        explain(photograph, net, label="cat")
