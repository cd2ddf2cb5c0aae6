"""Image input layers: what they do with an image, and what they refuse."""

import numpy as np
import pytest

import networks
import reference
from occlusion_sensitivity import imageInputLayer, importNetworkFromONNX, occlusionSensitivity

RNG = np.random.default_rng(3)
PER_CHANNEL = RNG.random(3) * 100
PER_PIXEL = RNG.random((6, 7, 3)) * 100 + 1


@pytest.mark.parametrize(
    ("options", "formula"),
    [
        ({"Normalization": "none"}, lambda x: x),
        ({"Normalization": "zerocenter", "Mean": PER_CHANNEL}, lambda x: x - PER_CHANNEL),
        ({"Mean": PER_CHANNEL.reshape(1, 1, 3)}, lambda x: x - PER_CHANNEL),
        ({"Mean": PER_PIXEL}, lambda x: x - PER_PIXEL),
        ({"Mean": 7}, lambda x: x - 7),
        (
            {"Normalization": "zscore", "Mean": PER_PIXEL, "StandardDeviation": PER_CHANNEL},
            lambda x: (x - PER_PIXEL) / PER_CHANNEL,
        ),
        ({"Normalization": "rescale-symmetric", "Min": 0, "Max": 255}, lambda x: 2 * x / 255 - 1),
        (
            {"Normalization": "rescale-zero-one", "Min": [1, 2, 3], "Max": 100},
            lambda x: (x - [1, 2, 3]) / (100 - np.array([1, 2, 3])),
        ),
        ({"normal": "RESCALE-Z", "Min": 0.0, "Max": PER_PIXEL}, lambda x: x / PER_PIXEL),
    ],
)
@pytest.mark.parametrize("channels_last", [False, True])
def test_masks_are_laid_on_the_raw_image(tmp_path, options, formula, channels_last):
    weight = RNG.normal(size=(2, 6, 7, 3)).astype(np.float32)
    file = networks.linear(tmp_path / "net.onnx", weight)
    if channels_last:
        file = networks.channels_last(tmp_path / "last.onnx", np.random.default_rng(1), size=(6, 7))
        weight = np.random.default_rng(1).normal(size=(126, 3)).astype(np.float32) / 8
        weight = weight.T.reshape(3, 6, 7, 3)
    net = importNetworkFromONNX(file, InputLayer=imageInputLayer([6, 7, 3], **options))
    assert net.Layers[0].Name == "input"
    X = np.random.default_rng(4).integers(0, 256, (6, 7, 3)).astype(np.uint8)

    def score(image):
        return np.einsum("khwc,hwc->k", weight.astype(float), formula(image.astype(float)))[np.newaxis]

    np.testing.assert_allclose(net.predict(X), score(X), rtol=1e-4)
    for fill in (None, 20):
        expected = reference.score_map(score, X, [1, 2], mask=[2, 3], stride=[2, 2], fill=fill)
        given = {} if fill is None else {"MaskValue": fill}
        found = occlusionSensitivity(net, X, [1, 2], MaskSize=[2, 3], Stride=2, **given)
        np.testing.assert_allclose(found, expected, rtol=0, atol=3e-5 * np.ptp(expected))


def test_the_image_is_normalised_once_per_call_and_fill(tmp_path, monkeypatch):
    layer = imageInputLayer([6, 7, 3], Mean=0)
    calls = []
    real = type(layer).normalized
    monkeypatch.setattr(type(layer), "normalized", lambda self, image: calls.append(1) or real(self, image))
    net = importNetworkFromONNX(networks.linear(tmp_path / "net.onnx", np.ones((1, 6, 7, 3))), InputLayer=layer)
    occlusionSensitivity(net, np.ones((6, 7, 3)), 1, Stride=1)
    assert len(calls) == 2


@pytest.mark.parametrize(
    ("size", "options", "message"),
    [
        (6, {}, "^inputSize must be"),
        ([6, 7, 3, 1], {}, "^inputSize must be"),
        ([6, 0, 3], {}, "^inputSize must be"),
        ("6", {}, "^inputSize must be"),
        ([6, 7, 3], {"Normalization": "z"}, "^Normalization 'z' is ambiguous: it may be zerocenter, zscore"),
        ([6, 7, 3], {"Normalization": 3}, "^Normalization must be one of"),
        (
            [6, 7, 3],
            {"Mean": [1, 2]},
            "^Mean must be one finite number, 3 of them, or an array of 1×1×3 or 6×7×3, but is",
        ),
        ([6, 7, 3], {"Mean": np.ones((7, 6, 3))}, "^Mean must be"),
        ([6, 7, 3], {"Mean": float("nan")}, "^Mean must be"),
        ([6, 7, 3], {"Mean": "auto"}, "^Mean must be"),
        ([6, 7, 3], {"Mean": 1e300}, "^Mean must be"),
        ([6, 7, 3], {"StandardDeviation": [1, 0, 1]}, "^StandardDeviation must be positive, but is"),
        ([6, 7, 3], {"Min": 1, "Max": 1}, "^Max must be greater than Min, 1, but is 1"),
        ([6, 7, 3], {"Name": 3}, "^Name must be text"),
        ([6, 7, 3], {"Average": 3}, "^The option name must be one of"),
    ],
)
def test_bad_layers(size, options, message):
    with pytest.raises((ValueError, TypeError), match=message):
        imageInputLayer(size, **options)


def test_a_grey_mean_per_pixel_may_have_two_axes():
    assert imageInputLayer([4, 5], Mean=np.ones((4, 5))).Mean.shape == (4, 5, 1)


@pytest.mark.parametrize(("index", "shown"), [("relu", "'relu'"), (1.5, "1.5"), (None, "None"), (slice(0.5, 2), "0.5")])
def test_layers_are_indexed_by_whole_numbers(tmp_path, index, shown):
    net = importNetworkFromONNX(networks.convolutional(tmp_path / "a.onnx", np.random.default_rng(0)))
    with pytest.raises(
        TypeError, match=rf"^net\.Layers is indexed by whole numbers, from 0 on, but is asked for {shown}\."
    ):
        net.Layers[index]


def test_layers_that_there_are_not(tmp_path):
    net = importNetworkFromONNX(networks.convolutional(tmp_path / "a.onnx", np.random.default_rng(0)))
    for index in (7, -8, np.int64(10**9)):
        with pytest.raises(
            IndexError, match=rf"^net\.Layers has 7 layers, net\.Layers\[0\] … net\.Layers\[6\], but no {index}\."
        ):
            net.Layers[index]
    assert [layer.Type for layer in net.Layers[np.int64(-2) :]] == ["Gemm", "Softmax"]
    assert net.Layers[np.int8(1)].Type == "Conv"


def test_a_layer_that_does_not_fit_the_file(tmp_path):
    file = networks.linear(tmp_path / "net.onnx", np.ones((1, 6, 7, 3)))
    with pytest.raises(
        ValueError, match="^InputLayer must be for images of 6×7×3, the input size of the file, but is for 6×7×1"
    ):
        importNetworkFromONNX(file, InputLayer=imageInputLayer([6, 7]))
    with pytest.raises(TypeError, match="^InputLayer must be an image input layer from imageInputLayer, but is"):
        importNetworkFromONNX(file, InputLayer=[6, 7, 3])
    net = importNetworkFromONNX(file, InputLayer=imageInputLayer([6, 7, 3]))
    with pytest.raises(
        ValueError, match='^The image input layer has no Mean, which its "zerocenter" normalisation needs'
    ):
        net.predict(np.ones((6, 7, 3)))


def test_a_layer_gives_an_open_network_its_size(tmp_path):
    layer = imageInputLayer([12, 14, 2], Normalization="none")
    net = importNetworkFromONNX(networks.spatial(tmp_path / "net.onnx", RNG), InputLayer=layer)
    assert net.Layers[0].InputSize == (12, 14, 2)
    with pytest.raises(ValueError, match="^X must be 12×14×2"):
        net.predict(np.ones((8, 8, 2)))
