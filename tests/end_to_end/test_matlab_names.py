"""The names of a migrated script, each behaving as in MATLAB, and the example of the page."""

import runpy
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image

import networks
from occlusion_sensitivity import importNetworkFromONNX
from occlusion_sensitivity import matlab as m

EXAMPLE = Path(__file__).parents[2] / "examples" / "explain_photograph.py"


@pytest.fixture(autouse=True)
def headless():
    mpl.use("agg")
    from matplotlib import pyplot

    yield pyplot
    pyplot.close("all")


def drawn(pyplot):
    """The pixels of the current figure, RGB."""
    canvas = pyplot.gcf().canvas
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3]


def test_the_example_of_the_page(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["explain_photograph.py", str(tmp_path / "picture.png")])
    names = runpy.run_path(str(EXAMPLE))
    assert names["label"] == "espresso"
    assert names["channel"].tolist() == [968]
    assert names["scoreMap"].shape == (224, 224)
    with Image.open(tmp_path / "picture.png") as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    assert (pixels[..., 0] - pixels[..., 2] > 120).sum() > 100  # red over the coffee
    assert (pixels[..., 2] - pixels[..., 0] > 60).sum() > 1000  # blue over the table


def test_the_example_stands_beside_its_matlab_lines():
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    for command in ("imagePretrainedNetwork", "imread", "imresize", "predict", "scores2label", "occlusionSensitivity"):
        matlab = next(k for k, line in enumerate(lines) if line.startswith("#") and command in line)
        assert command in lines[matlab + 1]


def test_every_name_is_exported():
    asked = [
        "imagePretrainedNetwork",
        "importNetworkFromONNX",
        "importONNXNetwork",
        "imageInputLayer",
        "dlnetwork",
        "DAGNetwork",
        "SeriesNetwork",
        "dag2dlnetwork",
        "imread",
        "imresize",
        "imshow",
        "imagesc",
        "figure",
        "hold",
        "colormap",
        "colorbar",
        "alpha",
        "title",
        "subplot",
        "predict",
        "minibatchpredict",
        "forward",
        "scores2label",
        "canUseGPU",
        "gpuArray",
        "gather",
        "single",
        "double",
        "uint8",
        "string",
        "find",
        "rescale",
        "mat2gray",
        "jet",
        "occlusionSensitivity",
    ]
    assert sorted(asked) == sorted(m.__all__)
    assert all(callable(getattr(m, name)) for name in asked)


def test_jet():
    table = m.jet()
    assert table.shape == (256, 3)
    assert table[0].tolist() == [0, 0, 0.515625]
    assert table[127].tolist() == [0.5, 1, 0.5]
    assert table[255].tolist() == [0.5, 0, 0]
    for count in range(1, 70):
        n = -(-count // 4)
        u = [*range(1, n + 1), *[n] * (n - 1), *range(n, 0, -1)]
        green = -(-n // 2) - (count % 4 == 1) + 1
        expected = np.zeros((count, 3))
        for channel, first in ((0, green + n), (1, green), (2, green - n)):
            for k, value in enumerate(u):
                if 1 <= first + k <= count:
                    expected[first + k - 1, channel] = value / n
        np.testing.assert_array_equal(m.jet(count), expected)
    with pytest.raises(ValueError, match="^m must be a positive integer"):
        m.jet(0)


def test_casts():
    assert m.single([1, 2]).dtype == np.float32
    assert m.double(np.uint8([1])).dtype == np.float64
    assert m.uint8([-1, 0.49999999999999994, 0.5, 1.5, 254.5, 300, np.nan, np.inf]).tolist() == [
        0,
        0,
        1,
        2,
        255,
        255,
        0,
        255,
    ]
    assert (m.string("b") == np.array(["a", "b"])).tolist() == [False, True]
    assert m.string(np.array(["a", "b"])).tolist() == ["a", "b"]
    assert m.string(3) == "3"


def test_find():
    assert m.find([0, 3, 0, 1]).tolist() == [2, 4]
    assert m.find([[0, 1, 1], [1, 0, 0]]).tolist() == [2, 3, 5]
    assert m.find([1, 1, 1], 2).tolist() == [1, 2]
    assert m.find([0, 1, 1, 1], 2, "last").tolist() == [3, 4]
    assert m.find(np.array(["a", "b"]) == "c").tolist() == []


def test_rescale_and_mat2gray():
    assert m.rescale([2, 4, 6]).tolist() == [0, 0.5, 1]
    assert m.rescale([2, 4, 6], -1, 1).tolist() == [-1, 0, 1]
    assert m.rescale([2, 4, 6], "InputMin", 4).tolist() == [0, 0, 1]
    assert m.rescale([5, 5], 2, 3).tolist() == [2, 2]
    assert m.rescale(np.float32([1, 2])).dtype == np.float32
    with pytest.raises(ValueError, match="takes both limits"):
        m.rescale([1, 2], 1)
    with pytest.raises(ValueError, match="must be in order"):
        m.rescale([1, 2], 1, 0)
    assert m.mat2gray([1, 2, 3]).tolist() == [0, 0.5, 1]
    assert m.mat2gray([-5, 5, 50], [0, 10]).tolist() == [0, 0.5, 1]
    assert m.mat2gray([0.25, 0.25]).tolist() == [0.25, 0.25]


def test_nan_is_left_out():
    np.testing.assert_array_equal(m.rescale([1, np.nan, 3]), [0, np.nan, 1])
    np.testing.assert_array_equal(m.mat2gray([1, np.nan, 3]), [0, np.nan, 1])
    assert m.scores2label([0.5, np.nan, 0.9], ["a", "b", "c"])[0] == "c"


@pytest.mark.parametrize("function", [m.single, m.double, m.uint8, m.find, m.rescale, m.mat2gray, m.imshow, m.imagesc])
@pytest.mark.parametrize("bad", ["a", [[1], [1, 2]], 1j, None, {}])
def test_what_is_no_number_is_refused_by_name(function, bad):
    with pytest.raises(TypeError, match="^[XAC] must be an array of real numbers, but is"):
        function(bad)


def test_a_colour_bar_goes_with_its_picture(headless):
    m.imagesc([[1, 2], [3, 4]])
    m.colorbar()
    m.colorbar()
    assert len(headless.gcf().axes) == 2
    m.imagesc([[100, 200], [300, 400]])
    assert len(headless.gcf().axes) == 1


def test_imagesc_with_limits(headless):
    assert m.imagesc([[1, 2], [3, 4]], [0, 8], "AlphaData", 0.5).get_clim() == (0, 8)
    for bad in ([8, 0], [1], [1, 2, 3]):
        with pytest.raises(ValueError, match="^clims must be"):
            m.imagesc([[1, 2], [3, 4]], bad)


def test_gpu_names():
    assert m.canUseGPU() is False
    assert m.gather([1, 2]).tolist() == [1, 2]
    with pytest.raises(RuntimeError, match="^gpuArray needs a GPU"):
        m.gpuArray([1])


def test_prediction(tmp_path):
    net = importNetworkFromONNX(networks.convolutional(tmp_path / "net.onnx", np.random.default_rng(0)))
    X = np.random.default_rng(1).random((12, 10, 3, 5))
    each = np.concatenate([m.predict(net, X[..., k]) for k in range(5)])
    for size in (1, 2, 128):
        np.testing.assert_allclose(m.minibatchpredict(net, X, MiniBatchSize=size), each, rtol=1e-5)
    np.testing.assert_array_equal(m.forward(net, X[..., 0]), each[:1])
    assert m.minibatchpredict(net, X[..., 0]).shape == (1, 4)
    labels, scores = m.scores2label(each, ["a", "b", "c", "d"])
    assert labels.tolist() == [["a", "b", "c", "d"][k] for k in each.argmax(1)]
    np.testing.assert_array_equal(scores, each.max(1))
    label, score = m.scores2label(each[:1], np.array(["a", "b", "c", "d"]))
    assert isinstance(label, str)
    assert score == each[0].max()
    with pytest.raises(ValueError, match="^scores must have a column for each of the 3 classNames, but has shape"):
        m.scores2label(each, ["a", "b", "c"])
    with pytest.raises(TypeError, match="^classNames must be a vector of text"):
        m.scores2label(each, [1, 2, 3, 4])
    with pytest.raises(ValueError, match="^X must be images"):
        m.minibatchpredict(net, np.ones((12, 10, 3, 0)))
    with pytest.raises(TypeError, match="^net must be"):
        m.predict("net", X[..., 0])


def test_spatial_outputs_of_several_images(tmp_path):
    net = importNetworkFromONNX(networks.spatial(tmp_path / "net.onnx", np.random.default_rng(0)))
    X = np.random.default_rng(1).random((8, 6, 2, 3))
    found = m.minibatchpredict(net, X)
    assert found.shape == (4, 3, 3, 3)
    for k in range(3):
        np.testing.assert_allclose(found[..., k], m.predict(net, X[..., k]), rtol=1e-5, atol=1e-6)


def test_imagesc_colours_as_matlab_does(headless):
    C = np.array([[0.0, 0.25, 0.5], [0.999, 1.0, 0.123]])
    image = m.imagesc(C)
    m.colormap("jet")
    indices = np.minimum(255, np.floor(256 * C)).astype(int)
    np.testing.assert_allclose(image.to_rgba(C)[..., :3], m.jet()[indices])
    assert list(image.get_extent()) == [0.5, 3.5, 2.5, 0.5]
    m.colormap(m.jet(4))
    np.testing.assert_allclose(image.to_rgba(C)[0, 0, :3], [0, 0, 1])


def test_hold_keeps_what_is_drawn(headless):
    m.imshow(np.zeros((4, 6), np.uint8))
    m.hold("on")
    m.imagesc([[1, 2], [3, 4]], AlphaData=0.5)
    axes = headless.gca()
    assert len(axes.images) == 2
    assert axes.get_xlim() == (0.5, 6.5)
    m.hold("off")
    m.imagesc([[1, 2], [3, 4]])
    assert len(headless.gca().images) == 1
    m.hold()
    m.imagesc([[1, 2], [3, 4]])
    assert len(headless.gca().images) == 2


def test_a_grey_picture_keeps_its_greys(headless):
    grey = m.imshow(np.uint8([[0, 51], [102, 255]]))
    m.colormap("jet")
    shown = np.asarray(grey.get_array())
    assert shown[..., 0].tolist() == shown[..., 2].tolist() == [[0, 0.2], [0.4, 1]]


@pytest.mark.parametrize(
    ("X", "top"), [(np.uint16([[65535]]), 1), ([[0.5]], 0.5), ([[True]], 1), (np.ones((1, 1, 3)), 1)]
)
def test_imshow_of_every_class(headless, X, top):
    assert np.max(m.imshow(X).get_array()) == top


def test_imshow_with_limits(headless):
    assert np.asarray(m.imshow([[1, 2], [3, 5]], []).get_array())[..., 0].tolist() == [[0, 0.25], [0.5, 1]]
    assert np.asarray(m.imshow(np.uint8([[0, 20]]), [10, 30]).get_array())[..., 0].tolist() == [[0, 0.5]]
    assert m.figure(3).number == 3


def test_alpha_colorbar_title_subplot_figure(headless):
    first = m.figure()
    m.subplot(1, 2, 2)
    image = m.imagesc([[1, 2], [3, 4]])
    m.alpha(0.25)
    assert image.get_alpha() == 0.25
    m.alpha([[0, 1], [0.5, 1]])
    assert m.title("a$_b$").get_text() == "a$_b$"
    bar = m.colorbar()
    assert bar.mappable is image
    assert drawn(headless).std() > 0
    assert m.figure() is not first


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: m.imshow(np.ones((2, 2, 4))), ValueError, "^X must be a picture"),
        (lambda: m.imshow([["a"]]), TypeError, "^X must be an array of real numbers"),
        (lambda: m.imagesc(np.ones(3)), ValueError, "^C must be a matrix"),
        (lambda: m.imagesc([[1, 2]], AlphaData=2), ValueError, "^AlphaData must be"),
        (lambda: m.imagesc([[1, 2]], AlphaData="half"), TypeError, "^AlphaData must be"),
        (lambda: m.imagesc([[1, 2]], "AlphaData"), ValueError, "needs a value"),
        (lambda: m.colormap("no such map"), ValueError, "^colormap must be"),
        (lambda: m.colormap([[1, 2]]), ValueError, "^colormap must be"),
        (lambda: m.colorbar(), ValueError, "^colorbar needs a matrix"),
        (lambda: m.alpha(0.5), ValueError, "^alpha needs a matrix"),
        (lambda: m.hold("maybe"), ValueError, "^hold must be one of on, off"),
        (lambda: m.subplot(1, 2, 3), ValueError, "^p must be at most 2"),
        (lambda: m.subplot(2, 2, [1, 2]), ValueError, "^p must be a positive integer"),
        (lambda: m.rescale([]), ValueError, "^A must be an array with numbers in it"),
        (lambda: m.mat2gray([1, 2], [0]), ValueError, "^limits must be"),
        (lambda: m.scores2label(None, ["a"]), TypeError, "^scores must be"),
    ],
)
def test_bad_pictures(headless, call, error, message):
    with pytest.raises(error, match=message):
        call()
