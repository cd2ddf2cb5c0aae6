"""Images together: only where they do not influence each other, and with the same map everywhere."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import networks
import reference
from network_checks import check_map, goes_together, one_at_a_time
from occlusion_sensitivity import importNetworkFromONNX, occlusionSensitivity
from occlusion_sensitivity.devices.cpu import Cpu
from occlusion_sensitivity.network import session as session_module

RNG = np.random.default_rng(3)


def test_open_batch(tmp_path):
    net = check_map(networks.convolutional(tmp_path / "net.onnx", RNG), (12, 10, 3))
    assert goes_together(net)
    assert net.Layers[0].InputSize == (12, 10, 3)
    assert net.Layers[0].Name == "input"
    assert net.InputNames == ["input"]
    assert net.OutputNames == ["prob"]
    assert repr(net).splitlines() == [
        "dlnetwork with 1 input, 12×10×3 images:",
        "   InputNames: input",
        "  OutputNames: prob",
    ]


@pytest.mark.parametrize("reshape", [None, [1, 180], [1, -1], [-1, 180]])
@pytest.mark.parametrize("reshape_node", [False, True])
def test_batch_fixed_at_one_is_opened(tmp_path, reshape, reshape_node):
    file = networks.convolutional(tmp_path / "net.onnx", RNG, batch=1, reshape=reshape, reshape_node=reshape_node)
    net = check_map(file, (12, 10, 3))
    assert goes_together(net)


def test_a_shape_constant_shared_with_another_node_is_left_alone(tmp_path):
    # The same constant reshapes the image's way (to be opened) and a weight (not to be touched).
    weight = np.random.default_rng(0).normal(size=(6, 5, 1)).astype(np.float32)
    nodes = [
        helper.make_node("Reshape", ["input", "shape"], ["flat"]),
        helper.make_node("Reshape", ["weight", "shape"], ["row"]),
        helper.make_node("Mul", ["flat", "row"], ["product"]),
        helper.make_node("ReduceSum", ["product", "axis"], ["score"], keepdims=1),
    ]
    constants = {"shape": np.int64([1, -1]), "weight": weight, "axis": np.int64([1])}
    file = networks.save(tmp_path / "net.onnx", nodes, constants, {"input": [1, 1, 6, 5]}, {"score": [1, 1]})
    net = check_map(file, (6, 5), n_channels=1)
    assert goes_together(net)


def test_where_the_batch_cannot_be_opened_images_go_one_by_one(tmp_path):
    # Expand puts a constant batch of 1 beside the images: two together fail.
    nodes = [
        helper.make_node("Flatten", ["input"], ["flat"], axis=1),
        helper.make_node("Expand", ["token", "shape"], ["expanded"]),
        helper.make_node("Concat", ["flat", "expanded"], ["joined"], axis=1),
        helper.make_node("MatMul", ["joined", "weight"], ["score"]),
    ]
    constants = {
        "token": np.float32([[3]]),
        "shape": np.int64([1, 1]),
        "weight": RNG.normal(size=(31, 2)).astype(np.float32),
    }
    file = networks.save(tmp_path / "net.onnx", nodes, constants, {"input": [1, 1, 6, 5]}, {"score": [1, 2]})
    assert not goes_together(check_map(file, (6, 5)))


def test_images_that_influence_each_other_go_one_by_one(tmp_path):
    net = check_map(networks.batch_mixing(tmp_path / "net.onnx"), (5, 6))
    assert not goes_together(net)


def test_a_reshape_that_mixes_a_fixed_batch_is_found_out(tmp_path):
    # [1, -1] after a transposition that puts the rows first: opened, it would take the rows for images.
    nodes = [
        helper.make_node("Transpose", ["input"], ["rows"], perm=[2, 0, 1, 3]),
        helper.make_node("Reshape", ["rows", "shape"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weight"], ["score"]),
    ]
    constants = {"shape": np.int64([1, -1]), "weight": RNG.normal(size=(30, 2)).astype(np.float32)}
    file = networks.save(tmp_path / "net.onnx", nodes, constants, {"input": [1, 1, 6, 5]}, {"score": [1, 2]})
    assert not goes_together(check_map(file, (6, 5)))


def test_batch_fixed_at_three(tmp_path):
    file = networks.convolutional(tmp_path / "net.onnx", RNG, batch=3)
    net = importNetworkFromONNX(file)
    alone = importNetworkFromONNX(networks.convolutional(tmp_path / "open.onnx", np.random.default_rng(0)))
    X = np.random.default_rng(1).random((12, 10, 3))
    assert net.predict(X).shape == alone.predict(X).shape == (1, 4)
    scores = np.concatenate([net.predict(X), net.predict(X / 2)])
    together = net.network.run(np.stack([net.network.arranged(np.float32(x)) for x in (X, X / 2)]))
    np.testing.assert_allclose(together, scores, rtol=1e-5)


def test_batch_fixed_at_three_that_cannot_be_opened(tmp_path):
    nodes = [
        helper.make_node("Flatten", ["input"], ["flat"], axis=1),
        helper.make_node("Add", ["flat", "offsets"], ["added"]),
        helper.make_node("MatMul", ["added", "weight"], ["score"]),
    ]
    # The offset has the fixed batch in its shape, the same value in each of its rows.
    constants = {
        "offsets": np.repeat(RNG.normal(size=(1, 30)).astype(np.float32), 3, axis=0),
        "weight": RNG.normal(size=(30, 2)).astype(np.float32),
    }
    file = networks.save(tmp_path / "net.onnx", nodes, constants, {"input": [3, 1, 6, 5]}, {"score": [3, 2]})
    net = importNetworkFromONNX(file)
    X = np.random.default_rng(1).random((6, 5)).astype(np.float32)

    def score(image):
        return (image.reshape(1, 30) + constants["offsets"][:1]) @ constants["weight"]

    expected = reference.score_map(score, X, [1, 2])
    for size in (1, 2, 3, 8):
        found = occlusionSensitivity(net, X, [1, 2], MiniBatchSize=size)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * np.ptp(expected))
    assert not goes_together(net)


def test_one_session_serves_a_network(tmp_path, monkeypatch):
    opened = []
    real = session_module._opened
    monkeypatch.setattr(session_module, "_opened", lambda *how: opened.append(how) or real(*how))
    net = importNetworkFromONNX(networks.convolutional(tmp_path / "net.onnx", RNG))
    for _ in range(3):
        occlusionSensitivity(net, np.ones((12, 10, 3)), 1)
    assert len(opened) == 1


# What mixes images without showing it easily --------------------------------------------------------------------------


def mixing_reshape(file, front):
    """Fixed batch of 1. Opened, its Reshape would deal the pixels of all images to all images."""
    nodes = [
        *front,
        helper.make_node("Transpose", ["front"], ["swapped"], perm=[1, 0, 2, 3]),
        helper.make_node("Reshape", ["swapped", "shape"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weight"], ["score"]),
    ]
    weight = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
    constants = {"shape": np.int64([1, 60]), "weight": weight}
    return networks.save(file, nodes, constants, {"input": [1, 2, 6, 5]}, {"score": [1, 3]})


def test_mixing_shows_on_the_images_of_the_call(tmp_path):
    # Dead on positive pixels: any check on invented images of 0…1 or 0…255 would see nothing.
    front = [helper.make_node("Neg", ["input"], ["negative"]), helper.make_node("Relu", ["negative"], ["front"])]
    file = mixing_reshape(tmp_path / "net.onnx", front)
    net = importNetworkFromONNX(file)
    X = np.random.default_rng(1).normal(size=(6, 5, 2)).astype(np.float32)
    expected = reference.score_map(one_at_a_time(file), X, [1, 2, 3])
    np.testing.assert_allclose(occlusionSensitivity(net, X, [1, 2, 3]), expected, rtol=0, atol=1e-5 * np.ptp(expected))
    assert not goes_together(net)


def test_images_that_tell_nothing_go_one_by_one_and_others_are_tried(tmp_path):
    front = [helper.make_node("Neg", ["input"], ["negative"]), helper.make_node("Relu", ["negative"], ["front"])]
    net = importNetworkFromONNX(mixing_reshape(tmp_path / "net.onnx", front))
    assert (occlusionSensitivity(net, np.ones((6, 5, 2)), 1, MaskValue=2) == 0).all()
    assert not net.network._together._sizes
    occlusionSensitivity(net, -np.ones((6, 5, 2)), 1, MaskValue=2)
    assert not goes_together(net)


def test_only_images_of_the_call_go_through_the_network(tmp_path):
    """A table of 16 entries: any pixel beyond 15 is an error."""
    nodes = [
        helper.make_node("Cast", ["input"], ["index"], to=TensorProto.INT64),
        helper.make_node("Gather", ["table", "index"], ["entry"]),
        helper.make_node("Flatten", ["entry"], ["score"], axis=1),
    ]
    table = {"table": np.arange(16, dtype=np.float32) ** 2}
    file = networks.save(tmp_path / "net.onnx", nodes, table, {"input": ["N", 1, 2, 2]}, {"score": ["N", 4]})
    found = occlusionSensitivity(
        importNetworkFromONNX(file), [[1, 15], [3, 4]], 2, MaskSize=1, Stride=1, MaskValue=0, OutputUpsampling="none"
    )
    assert found.tolist() == [[0, 225], [0, 0]]


@pytest.mark.parametrize("batch", ["N", 1])
def test_only_the_scored_output_counts(tmp_path, batch):
    nodes = [
        helper.make_node("Flatten", ["input"], ["score"], axis=1),
        helper.make_node("ReduceMean", ["input"], ["loss"], keepdims=0),
        helper.make_node("ArgMax", ["score"], ["class"], axis=1),
    ]
    file = networks.save(
        tmp_path / "net.onnx", nodes, {}, {"input": [batch, 1, 3, 4]}, {"score": [batch, 12], "loss": []}
    )
    model = onnx.load(file)
    model.graph.output.append(helper.make_tensor_value_info("class", TensorProto.INT64, [batch, 1]))
    onnx.save(model, file)
    net = importNetworkFromONNX(file)
    net.OutputNames = "score"
    X = np.arange(12.0).reshape(3, 4)
    assert occlusionSensitivity(net, X, 12, MaskSize=1, Stride=1, MaskValue=0).max() == 11
    assert goes_together(net)


@pytest.mark.parametrize("fixed", [2, 3])
def test_a_fixed_batch_whose_images_mix(tmp_path, fixed):
    """The score subtracts the mean over the batch: an image alone is one that fills the batch."""
    nodes = [
        helper.make_node("Flatten", ["input"], ["flat"], axis=1),
        helper.make_node("ReduceMean", ["flat"], ["mean"], axes=[0], keepdims=1),
        helper.make_node("Mul", ["flat", "mean"], ["product"]),
        helper.make_node("MatMul", ["product", "weight"], ["score"]),
    ]
    weight = {"weight": RNG.normal(size=(30, 2)).astype(np.float32)}
    file = networks.save(tmp_path / "net.onnx", nodes, weight, {"input": [fixed, 1, 6, 5]}, {"score": [fixed, 2]})
    X = np.random.default_rng(1).random((6, 5)).astype(np.float32)
    expected = reference.score_map(lambda image: image.reshape(1, 30) ** 2 @ weight["weight"], X, [1, 2])
    for size in (1, fixed, 8):
        net = importNetworkFromONNX(file)
        found = occlusionSensitivity(net, X, [1, 2], MiniBatchSize=size)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * np.ptp(expected))


def test_mixing_in_a_small_channel_beside_large_ones(tmp_path):
    """Four numbers in the thousands, and two scores of which a part comes from the other images."""
    node = helper.make_node
    nodes = [
        node("Flatten", ["input"], ["flat"]),
        node("MatMul", ["flat", "to_boxes"], ["boxes"]),
        node("MatMul", ["flat", "to_scores"], ["scores"]),
        node("ReduceMean", ["scores"], ["mean"], axes=[0], keepdims=1),
        node("Sub", ["scores", "mean"], ["centred"]),
        node("Add", ["scores", "centred"], ["mixed"]),
        node("Sigmoid", ["mixed"], ["probabilities"]),
        node("Concat", ["boxes", "probabilities"], ["output"], axis=1),
    ]
    rng = np.random.default_rng(0)
    constants = {
        "to_boxes": rng.normal(size=(30, 4)).astype(np.float32) * 3000,
        "to_scores": rng.normal(size=(30, 2)).astype(np.float32) / 10,
    }
    file = networks.save(tmp_path / "net.onnx", nodes, constants, {"input": ["N", 1, 6, 5]}, {"output": ["N", 6]})
    assert not goes_together(check_map(file, (6, 5), n_channels=6))


def test_a_graph_that_takes_three_images_at_most(tmp_path, monkeypatch):
    """A table of three rows, of which the first N are added: more images fail, three do not."""
    node = helper.make_node
    nodes = [
        node("Flatten", ["input"], ["flat"]),
        node("Shape", ["flat"], ["shape"]),
        node("Slice", ["shape", "first", "second", "axis"], ["n"]),
        node("Slice", ["table", "first", "n", "axis"], ["rows"]),
        node("Add", ["flat", "rows"], ["score"]),
    ]
    constants = {
        "first": np.int64([0]),
        "second": np.int64([1]),
        "axis": np.int64([0]),
        "table": np.ones((3, 30), "f4"),
    }
    file = networks.save(tmp_path / "net.onnx", nodes, constants, {"input": ["N", 1, 6, 5]}, {"score": ["N", 30]})
    monkeypatch.setattr(Cpu, "runs_at_once", 1)
    monkeypatch.setattr(Cpu, "largest_run", lambda device, image: 4)
    assert not goes_together(check_map(file, (6, 5), n_channels=30))


@pytest.mark.parametrize("size", [1, 8])
def test_a_network_in_training_is_refused(tmp_path, size):
    """Its batch normalisation learns from each image: the same image gives another output each time."""
    names = ("scale", "offset", "mean", "variance")
    values = (np.ones(2), np.zeros(2), np.zeros(2), np.ones(2))
    nodes = [
        helper.make_node("Dropout", ["input", "ratio", "training"], ["dropped"]),
        helper.make_node("BatchNormalization", ["dropped", *names], ["normalised"]),
        helper.make_node("Flatten", ["normalised"], ["score"]),
    ]
    constants = {name: value.astype(np.float32) for name, value in zip(names, values, strict=True)}
    constants |= {"ratio": np.float32(0.5), "training": np.bool_(True)}
    file = networks.save(tmp_path / "net.onnx", nodes, constants, {"input": ["N", 2, 6, 5]}, {"score": ["N", 60]})
    X = np.random.default_rng(1).random((6, 5, 2))
    with pytest.raises(ValueError, match=r"net\.onnx gives different outputs for the same image"):
        occlusionSensitivity(importNetworkFromONNX(file), X, 1, MiniBatchSize=size)


def test_threads_share_a_network(tmp_path):
    node = helper.make_node
    nodes = [node("Conv", ["input", "kernel"], ["conv"]), node("GlobalAveragePool", ["conv"], ["score"])]
    kernel = {"kernel": RNG.normal(size=(4, 3, 3, 3)).astype(np.float32)}
    file = networks.save(tmp_path / "net.onnx", nodes, kernel, {"input": [1, 3, "H", "W"]}, {"score": [1, 4, 1, 1]})
    net = importNetworkFromONNX(file)
    images = [np.random.default_rng(k).random((8 + k, 9, 3), dtype=np.float32) for k in range(4)]
    expected = [occlusionSensitivity(importNetworkFromONNX(file), X, 1) for X in images]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(5):
            for found, one in zip(pool.map(lambda X: occlusionSensitivity(net, X, 1), images), expected, strict=True):
                np.testing.assert_allclose(found, one, rtol=0, atol=1e-5 * np.ptp(one))
