"""occlusionSensitivity: the whole function, and what it refuses."""

import numpy as np
import pytest

import networks
import reference
from kernel_checks import unaligned
from occlusion_sensitivity import importNetworkFromONNX, imresize, occlusionSensitivity
from occlusion_sensitivity.network.network import Network
from occlusion_sensitivity.options import OPTION_NAMES


@pytest.fixture(scope="module")
def net(tmp_path_factory):
    """Linear, 10×12×3, five channels; integer weights, so that small maps are exact."""
    weight = np.random.default_rng(0).integers(-4, 5, size=(5, 10, 12, 3))
    return importNetworkFromONNX(networks.linear(tmp_path_factory.mktemp("net") / "net.onnx", weight))


X = np.random.default_rng(1).integers(0, 256, size=(10, 12, 3)).astype(np.uint8)


@pytest.mark.parametrize(
    ("upsampling", "channels", "shape"),
    [
        ("bicubic", 1, (10, 12)),
        ("nearest", [1], (10, 12)),
        ("none", 1, (10, 12)),
        ("bicubic", [1, 5, 5], (10, 12, 3)),
        ("none", [2, 1], (10, 12, 2)),
    ],
)
def test_shape_and_class(net, upsampling, channels, shape):
    found = occlusionSensitivity(net, X, channels, OutputUpsampling=upsampling)
    assert found.shape == shape
    assert found.dtype == np.float32
    assert isinstance(found, np.ndarray)


def test_map_rows_are_vertical_positions(net):
    assert occlusionSensitivity(net, X, 1, Stride=[5, 2], OutputUpsampling="none").shape == (2, 6)


def test_a_vector_of_channels_equals_each_alone(net):
    together = occlusionSensitivity(net, X, [4, 2, 4])
    for k, channel in enumerate([4, 2, 4]):
        np.testing.assert_array_equal(together[..., k], occlusionSensitivity(net, X, channel))


@pytest.mark.parametrize(
    "dtype", ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "f4", "f8"]
)
def test_every_class_of_image(net, dtype):
    small = (X % 100).astype(dtype)
    np.testing.assert_array_equal(occlusionSensitivity(net, small, 1), occlusionSensitivity(net, X % 100, 1))


def test_any_memory_layout(net):
    expected = occlusionSensitivity(net, X, 1)
    frozen = X.copy()
    frozen.flags.writeable = False
    for same in (np.asfortranarray(X), X[::-1][::-1], X.astype(">i4"), frozen, X.tolist()):
        np.testing.assert_array_equal(occlusionSensitivity(net, same, 1), expected)


def test_the_image_is_not_changed(net):
    image = X.astype(np.float32)
    occlusionSensitivity(net, image, 1)
    np.testing.assert_array_equal(image, X.astype(np.float32))


def test_both_spellings_give_the_same_map(net):
    expected = occlusionSensitivity(net, X, 2, MaskSize=3, Stride=[2, 4], MaskClipping="off")
    for found in (
        occlusionSensitivity(net, X, 2, "MaskSize", 3, "Stride", [2, 4], "MaskClipping", "off"),
        occlusionSensitivity(net, X, 2, "masks", 3, stride=[2, 4], MASKCLIPPING=False),
    ):
        np.testing.assert_array_equal(found, expected)


def test_positive_where_the_region_supports_the_channel(tmp_path):
    weight = np.zeros((1, 6, 6, 1))
    weight[0, :3] = 1
    weight[0, 3:] = -1
    one = importNetworkFromONNX(networks.linear(tmp_path / "net.onnx", weight))
    found = occlusionSensitivity(one, np.ones((6, 6)), 1, MaskSize=1, Stride=1, MaskValue=0, OutputUpsampling="none")
    assert (found[:3] == 1).all()
    assert (found[3:] == -1).all()


def test_automatic_fill_of_an_integer_image_is_its_unrounded_mean(tmp_path):
    one = importNetworkFromONNX(networks.linear(tmp_path / "net.onnx", np.ones((1, 1, 2, 1))))
    found = occlusionSensitivity(one, np.uint8([[0, 1]]), 1, MaskSize=1, Stride=1, OutputUpsampling="none")
    assert found.tolist() == [[-0.5, 0.5]]


def test_words_one_pixel_high(tmp_path):
    """A sequence 1×N×C with clipping off: always whole masks."""
    weight = np.random.default_rng(4).normal(size=(2, 1, 20, 5)).astype(np.float32)
    one = importNetworkFromONNX(networks.linear(tmp_path / "net.onnx", weight))
    words = np.random.default_rng(5).normal(size=(1, 20, 5)).astype(np.float32)
    found = occlusionSensitivity(one, words, [1, 2], MaskClipping="off")
    expected = reference.score_map(
        lambda image: np.einsum("khwc,hwc->k", weight.astype(float), image)[np.newaxis], words, [1, 2], clipping=False
    )
    assert found.shape == (1, 20, 2)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * np.ptp(expected))


def test_gpu_is_refused_plainly(net):
    with pytest.raises(RuntimeError, match='^ExecutionEnvironment must be "auto" or "cpu", but is "gpu"'):
        occlusionSensitivity(net, X, 1, ExecutionEnvironment="gpu")
    occlusionSensitivity(net, X, 1, ExecutionEnvironment="cpu")


@pytest.mark.parametrize("bad", [None, "net.onnx", np.zeros(3), {}])
def test_net_of_another_kind(bad):
    with pytest.raises(TypeError, match="^net must be a dlnetwork"):
        occlusionSensitivity(bad, X, 1)


@pytest.mark.parametrize("shape", [(12, 10, 3), (10, 12), (10, 12, 1), (10, 12, 4), (224, 224, 3), (1, 1)])
def test_x_of_another_size(net, shape):
    typed = "×".join(str(n) for n in (*shape, 1)[:3])
    with pytest.raises(ValueError, match=f"^X must be 10×12×3, the input size of net, but is {typed}.*imresize"):
        occlusionSensitivity(net, np.zeros(shape), 1)


@pytest.mark.parametrize("shape", [(), (3,), (10, 12, 3, 1)])
def test_x_that_is_no_image(net, shape):
    with pytest.raises(ValueError, match="^X must be one image, H×W or H×W×C, but has"):
        occlusionSensitivity(net, np.zeros(shape), 1)


@pytest.mark.parametrize("shape", [(0, 12, 3), (10, 0, 3), (10, 12, 0), (0, 0)])
def test_empty_x(net, shape):
    with pytest.raises(ValueError, match="^X must not be empty, but is "):
        occlusionSensitivity(net, np.zeros(shape), 1)


@pytest.mark.parametrize("dtype", ["bool", "c8", "O", "U3", "S2", "f2", "M8[s]", "V4"])
def test_x_of_another_class(net, dtype):
    bad = np.zeros((10, 12, 3), dtype=dtype)
    if dtype == "O":
        bad[:] = None
    with pytest.raises(TypeError, match="^X must be a numeric array"):
        occlusionSensitivity(net, bad, 1)


@pytest.mark.parametrize("bad", ["photo.png", None, [[1, 2], [3]], {}, [["a"]], [[True]]])
def test_x_that_is_no_array(net, bad):
    with pytest.raises(TypeError, match="^X must be a numeric array"):
        occlusionSensitivity(net, bad, 1)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e39])
def test_x_that_is_not_finite_in_single(net, value):
    bad = X.astype(float)
    bad[2, 3, 1] = value
    with pytest.raises(ValueError, match=r"^X must be finite in single, but X\[2, 3, 1\] is .* \(1 such values\)"):
        occlusionSensitivity(net, bad, 1)


@pytest.mark.parametrize("label", ["espresso", np.array("espresso"), ["espresso", "cup"], np.array(["espresso"])])
def test_a_label_is_answered_with_the_way_to_the_channel(net, label):
    with pytest.raises(TypeError, match=r"^channelIdx must be .* but is the labels? .*classNames"):
        occlusionSensitivity(net, X, label)


def test_channel_beyond_the_output(net):
    with pytest.raises(ValueError, match=r"^channelIdx must be .*1 to 5 .*but is 6\.$"):
        occlusionSensitivity(net, X, 6)


def test_layer_name_syntax_is_not_for_a_dlnetwork(net):
    with pytest.raises(TypeError, match="^channelIdx must be"):
        occlusionSensitivity(net, X, "layer", 3)


@pytest.mark.parametrize("name", OPTION_NAMES)
def test_every_option_is_checked_before_the_network_runs(net, name, monkeypatch):
    monkeypatch.setattr(Network, "run", lambda *_: pytest.fail("the network ran"))
    with pytest.raises((ValueError, TypeError), match=f"^{name}"):
        occlusionSensitivity(net, X, 1, **{name: float("nan")})


def test_an_interrupted_call_leaves_the_network_usable(net, monkeypatch):
    expected = occlusionSensitivity(net, X, 1)

    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Network, "run", interrupted)
        with pytest.raises(KeyboardInterrupt):
            occlusionSensitivity(net, X, 1)
    np.testing.assert_array_equal(occlusionSensitivity(net, X, 1), expected)


@pytest.mark.parametrize("dtype", [object, bool, complex, "U1"])
def test_images_of_numeric_classes_only(net, dtype):
    """Python's integers in an array of objects as little as anything else."""
    with pytest.raises(TypeError, match="^X must be a numeric array"):
        occlusionSensitivity(net, np.ones((10, 12, 3)).astype(dtype), 1)
    with pytest.raises(TypeError, match="^MaskValue must be"):
        occlusionSensitivity(net, X, 1, MaskValue=np.ones(3).astype(dtype))


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint16])
def test_images_that_are_not_aligned_to_their_class(net, dtype):
    image = X.astype(dtype)
    how = {"MaskValue": unaligned(np.float32([1, 2, 3]))}
    np.testing.assert_array_equal(
        occlusionSensitivity(net, unaligned(image), 1, **how), occlusionSensitivity(net, image, 1, **how)
    )
    np.testing.assert_array_equal(net.predict(unaligned(image)), net.predict(image))
    np.testing.assert_array_equal(imresize(unaligned(image), [7, 31]), imresize(image, [7, 31]))
