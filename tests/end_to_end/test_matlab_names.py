"""The names of a migrated script, each behaving as in MATLAB."""

import numpy as np
import pytest

import networks
from occlusion_sensitivity import importNetworkFromONNX
from occlusion_sensitivity import matlab as m

pytestmark = pytest.mark.usefixtures("headless")


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


@pytest.mark.parametrize("function", [m.single, m.double, m.uint8, m.find, m.rescale, m.mat2gray])
@pytest.mark.parametrize("bad", ["a", [[1], [1, 2]], 1j, None, {}])
def test_what_is_no_number_is_refused_by_name(function, bad):
    with pytest.raises(TypeError, match="^[XA] must be an array of real numbers, but is"):
        function(bad)


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
