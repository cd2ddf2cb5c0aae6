"""Networks: every kind of file gives the map that the plain reference gives, one image at a time."""

import subprocess
import sys

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

import networks
import reference
from occlusion_sensitivity import dlnetwork, importNetworkFromONNX, occlusionSensitivity
from occlusion_sensitivity.network import session as session_module


def one_at_a_time(file, *, channels_last=False, dtype=np.float32):
    """(H, W, C) → (1, K, …) through the untouched file."""
    runtime = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    name = runtime.get_inputs()[0].name

    def score(image):
        tensor = image if channels_last else image.transpose(2, 0, 1)
        return runtime.run(None, {name: tensor[np.newaxis].astype(dtype)})[0].astype(np.float32)

    return score


def check_map(file, size, *, n_channels=2, tolerance=1e-5, **how):
    """The map of the file equals the reference's; returns the network."""
    net = importNetworkFromONNX(file)
    X = np.random.default_rng(5).random(size, dtype=np.float32)
    channels = list(range(1, n_channels + 1))
    expected = reference.score_map(one_at_a_time(file, **how), X, channels, mask=[3, 4], stride=[2, 3])
    found = occlusionSensitivity(net, X, channels, MaskSize=[3, 4], Stride=[2, 3])
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * np.ptp(expected))
    return net


def goes_together(net):
    """Whether images were seen not to influence each other, and now go through the network together."""
    (session,) = net._session._together.values()
    return session is not None


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
    together = net.run(np.stack([net.arranged(np.float32(x)) for x in (X, X / 2)]))
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


@pytest.mark.parametrize("opset", [7, 9, 11, 13, 17, 21])
def test_opsets(tmp_path, opset):
    check_map(networks.convolutional(tmp_path / "net.onnx", RNG, opset=opset), (12, 10, 3))


@pytest.mark.parametrize("batch", ["N", 1])
def test_ir_3_with_initializers_among_the_inputs(tmp_path, batch):
    file = networks.convolutional(
        tmp_path / "net.onnx",
        RNG,
        opset=8,
        ir_version=3,
        constants_as_inputs=True,
        batch=batch,
        reshape=[1, -1] if batch == 1 else None,
    )
    net = check_map(file, (12, 10, 3))
    assert net.InputNames == ["input"]
    assert goes_together(net)


@pytest.mark.parametrize("element", [TensorProto.FLOAT16, TensorProto.DOUBLE])
def test_float16_and_double_networks(tmp_path, element):
    dtype = helper.tensor_dtype_to_np_dtype(element)
    weight = np.random.default_rng(2).integers(-3, 4, size=(2, 6, 7, 1))
    file = networks.linear(tmp_path / "net.onnx", weight, dtype=dtype, element=element)
    check_map(file, (6, 7), dtype=dtype, tolerance=2e-3 if dtype == np.float16 else 1e-5)


def test_integer_input_takes_rounded_pixels(tmp_path):
    nodes = [
        helper.make_node("Cast", ["input"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Flatten", ["float"], ["flat"], axis=1),
        helper.make_node("MatMul", ["flat", "weight"], ["score"]),
    ]
    file = networks.save(
        tmp_path / "net.onnx",
        nodes,
        {"weight": np.eye(4, dtype=np.float32)},
        {"input": ["N", 1, 2, 2]},
        {"score": ["N", 4]},
    )
    model = onnx.load(file)
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.UINT8
    onnx.save(model, file)
    net = importNetworkFromONNX(file)
    assert net.predict([[0.4, 0.6], [254.6, 300]]).tolist() == [[0, 1, 255, 255]]


def test_channels_last_is_recognised(tmp_path):
    net = check_map(networks.channels_last(tmp_path / "net.onnx", RNG), (9, 11, 3), channels_last=True)
    assert net.Layers[0].InputSize == (9, 11, 3)


@pytest.mark.parametrize(
    ("shape", "input_size"),
    [([3, 40, 50], (40, 50, 3)), ([6, 9, 5], (9, 5, 6)), ([1, 20, 4], (20, 4, 1)), ([8, 7, 3], (8, 7, 3))]
    + [(["H", "W", 3], (None, None, 3)), ([3, "H", "W"], (None, None, 3)), (["C", 7, 9], (7, 9, None))],
)
def test_the_order_of_the_axes_is_taken_from_the_shape(tmp_path, shape, input_size):
    nodes = [helper.make_node("GlobalMaxPool", ["input"], ["score"])]
    file = networks.save(tmp_path / "net.onnx", nodes, {}, {"input": ["N", *shape]}, {"score": None})
    assert importNetworkFromONNX(file).Layers[0].InputSize == input_size


def test_input_data_formats_decide_where_the_shapes_do_not(tmp_path):
    file = networks.channels_last(tmp_path / "net.onnx", RNG, size=(3, 3), depth=3)
    assert importNetworkFromONNX(file).predict(np.ones((3, 3, 3))).shape == (1, 3)
    X = np.random.default_rng(0).random((3, 3, 3)).astype(np.float32)
    expected = one_at_a_time(file, channels_last=True)(X)
    np.testing.assert_allclose(importNetworkFromONNX(file, "InputData", "bssc").predict(X), expected, rtol=1e-5)
    with pytest.raises(ValueError, match="^InputDataFormats must be BCSS or BSSC, but is 'BC'"):
        importNetworkFromONNX(file, InputDataFormats="BC")


def test_mnist_network_with_channels_last(shared):
    file = shared / "networks" / "dianna-mnist01.onnx"
    net = importNetworkFromONNX(file)
    assert net.Layers[0].InputSize == (28, 28, 1)
    X = np.zeros((28, 28), np.uint8)
    X[5:23, 8:20] = np.random.default_rng(0).integers(0, 255, (18, 12))
    expected = reference.score_map(one_at_a_time(file, channels_last=True), X, [1, 2])
    np.testing.assert_allclose(occlusionSensitivity(net, X, [1, 2]), expected, rtol=0, atol=1e-5 * np.ptp(expected))


@pytest.mark.parametrize("size", [("H", "W"), (12, 14)])
def test_spatial_output_is_summed_over_its_positions(tmp_path, size):
    file = networks.spatial(tmp_path / "net.onnx", RNG, size=size)
    net = check_map(file, (12, 14, 2), n_channels=3)
    X = np.ones((12, 14, 2), np.float32)
    np.testing.assert_allclose(net.predict(X), one_at_a_time(file)(X)[0].transpose(1, 2, 0), rtol=1e-6)


def test_open_height_and_width_take_images_of_any_size(tmp_path):
    net = importNetworkFromONNX(networks.spatial(tmp_path / "net.onnx", RNG))
    assert net.Layers[0].InputSize == (None, None, 2)
    for size in ((12, 14), (7, 30)):
        assert occlusionSensitivity(net, np.ones((*size, 2)), 1).shape == size
    with pytest.raises(ValueError, match=r"^X must be any×any×2, the input size of net, but is 12×14×3\."):
        occlusionSensitivity(net, np.ones((12, 14, 3)), 1)


def test_output_of_unknown_length(tmp_path):
    nodes = [helper.make_node("Flatten", ["input"], ["score"], axis=1)]
    file = networks.save(tmp_path / "net.onnx", nodes, {}, {"input": ["N", 1, 3, 4]}, {"score": ["N", None]})
    net = importNetworkFromONNX(file)
    assert occlusionSensitivity(net, np.ones((3, 4)), 12, MaskValue=0, OutputUpsampling="none").shape == (3, 4)
    with pytest.raises(ValueError, match="^channelIdx must be .*1 to 12"):
        occlusionSensitivity(net, np.ones((3, 4)), 13)


def test_regression_value_without_a_channel_axis(tmp_path):
    nodes = [helper.make_node("ReduceMean", ["input"], ["value"], axes=[1, 2, 3], keepdims=0)]
    file = networks.save(tmp_path / "net.onnx", nodes, {}, {"input": ["N", 1, 4, 4]}, {"value": ["N"]})
    net = importNetworkFromONNX(file)
    assert net.predict(np.full((4, 4), 2.0)).tolist() == [[2.0]]
    X = np.zeros((4, 4))
    X[0, 0] = 16
    found = occlusionSensitivity(net, X, 1, MaskSize=1, Stride=1, MaskValue=0, OutputUpsampling="none")
    assert found[0, 0] == 1
    assert np.count_nonzero(found) == 1
    with pytest.raises(ValueError, match="^channelIdx must be .*1 to 1 "):
        occlusionSensitivity(net, X, 2)


def test_a_linear_network_has_a_map_in_closed_form(tmp_path):
    rng = np.random.default_rng(9)
    weight = rng.integers(-5, 6, size=(3, 8, 9, 2))
    X = rng.integers(0, 256, size=(8, 9, 2)).astype(np.uint8)
    net = importNetworkFromONNX(networks.linear(tmp_path / "net.onnx", weight))
    fill = [10, 200]
    found = occlusionSensitivity(net, X, [3, 1], MaskSize=[3, 2], Stride=2, MaskValue=fill, OutputUpsampling="none")
    boxes, shape = reference.boxes((8, 9), (3, 2), (2, 2), True)
    lost = weight[[2, 0]] * (X.astype(int) - np.array(fill))
    expected = np.array([[part[r0:r1, c0:c1].sum() for part in lost] for r0, r1, c0, c1 in boxes])
    assert found.tolist() == expected.reshape(*shape, 2).tolist()


def test_one_session_serves_a_network(tmp_path, monkeypatch):
    opened = []
    real = session_module._opened
    monkeypatch.setattr(session_module, "_opened", lambda *how: opened.append(how) or real(*how))
    net = importNetworkFromONNX(networks.convolutional(tmp_path / "net.onnx", RNG))
    for _ in range(3):
        occlusionSensitivity(net, np.ones((12, 10, 3)), 1)
    assert len(opened) == 1


def two_outputs(file):
    nodes = [
        helper.make_node("Flatten", ["input"], ["flat"], axis=1),
        helper.make_node("Relu", ["flat"], ["positive"]),
    ]
    return networks.save(file, nodes, {}, {"input": ["N", 1, 3, 4]}, {"flat": ["N", 12], "positive": ["N", 12]})


def test_several_outputs_need_a_choice(tmp_path):
    net = importNetworkFromONNX(two_outputs(tmp_path / "net.onnx"))
    X = -np.ones((3, 4))
    with pytest.raises(ValueError, match=r"^net must have one output, but its OutputNames are flat, positive\."):
        occlusionSensitivity(net, X, 1)
    net.OutputNames = "positive"
    assert net.predict(X).max() == 0
    net.OutputNames = ["flat"]
    assert net.predict(X).max() == -1
    with pytest.raises(
        ValueError, match=r"^OutputNames must be layers of the network, but 'positiv' is none\. Closest: positive\."
    ):
        net.OutputNames = "positiv"
    for bad in ([], None, 5, ["flat", 5]):
        with pytest.raises(TypeError, match="^OutputNames must be the name of a layer or several of them, but is"):
            net.OutputNames = bad
    assert net.OutputNames == ["flat"]


def test_missing_file():
    with pytest.raises(FileNotFoundError, match="^modelfile: there is no file 'nowhere.onnx'"):
        importNetworkFromONNX("nowhere.onnx")


@pytest.mark.parametrize("value", [None, 3, ["net.onnx"], b"net.onnx"])
def test_a_path_that_is_no_path(value):
    with pytest.raises(TypeError, match="^modelfile must be the path of a file, but is"):
        importNetworkFromONNX(value)


def test_a_folder(tmp_path):
    with pytest.raises(ValueError, match="^modelfile must be the path of a file, but is"):
        importNetworkFromONNX(tmp_path)


@pytest.mark.parametrize("content", [b"", b"not a network", bytes(range(256)) * 20, b"\x08\x07"])
def test_not_an_onnx_file(tmp_path, content):
    file = tmp_path / "net.onnx"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=r"net\.onnx cannot be opened as an ONNX network: "):
        importNetworkFromONNX(file)


def test_truncated_file(tmp_path):
    file = networks.convolutional(tmp_path / "net.onnx", RNG)
    content = file.read_bytes()
    for length in range(0, len(content), 97):
        file.write_bytes(content[:length])
        with pytest.raises(ValueError, match=r"net\.onnx cannot be opened as an ONNX network: "):
            importNetworkFromONNX(file)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"a": ["N", 1, 3, 4], "b": ["N", 1, 3, 4]}, "must have exactly one input, but has 2: a, b"),
        ({"a": ["N", 12], "b": ["N", 12]}, "must have exactly one input"),
        ({"a": ["N", 12]}, r"must be an image, .* but a is tensor\(float\), N×12"),
        ({"a": ["N", 3, 4]}, r"must be an image, .* N×3×4"),
        ({"a": None}, r"must be an image, .* of no or unknown shape"),
        ({"a": ["N", 1, 2, 3, 4]}, "must be an image"),
    ],
)
def test_networks_without_one_image_input(tmp_path, inputs, message):
    nodes = [helper.make_node("Sum", list(inputs), ["score"])]
    file = networks.save(tmp_path / "net.onnx", nodes, {}, inputs, {"score": None})
    with pytest.raises(ValueError, match=message):
        importNetworkFromONNX(file)


def test_text_input(tmp_path):
    nodes = [helper.make_node("Identity", ["a"], ["score"])]
    file = networks.save(
        tmp_path / "net.onnx", nodes, {}, {"a": ["N", 1, 3, 4]}, {"score": None}, element=TensorProto.STRING
    )
    with pytest.raises(ValueError, match=r"must be an image, .* but a is tensor\(string\)"):
        importNetworkFromONNX(file)


def test_integer_output(tmp_path):
    nodes = [helper.make_node("ArgMax", ["input"], ["class"], axis=1)]
    file = networks.save(tmp_path / "net.onnx", nodes, {}, {"input": ["N", 2, 3, 4]}, {})
    model = onnx.load(file)
    model.graph.output.append(helper.make_tensor_value_info("class", TensorProto.INT64, None))
    onnx.save(model, file)
    with pytest.raises(ValueError, match=r"must be a tensor of floats, but class is tensor\(int64\)"):
        importNetworkFromONNX(file).predict(np.ones((3, 4, 2)))


def test_output_without_a_batch(tmp_path):
    nodes = [helper.make_node("ReduceMean", ["input"], ["score"], axes=[0, 2, 3], keepdims=0)]
    file = networks.save(tmp_path / "net.onnx", nodes, {}, {"input": ["N", 2, 3, 4]}, {"score": [2]})
    with pytest.raises(ValueError, match="must give as many observations at its output 'score'"):
        importNetworkFromONNX(file).predict(np.ones((3, 4, 2)))


def test_a_network_that_fails_while_running(tmp_path):
    nodes = [
        helper.make_node("Flatten", ["input"], ["flat"], axis=1),
        helper.make_node("ReduceSum", ["flat"], ["sum"], keepdims=0),
        helper.make_node("Cast", ["sum"], ["index"], to=TensorProto.INT64),
        helper.make_node("Gather", ["flat", "index"], ["score"], axis=1),
    ]
    file = networks.save(tmp_path / "net.onnx", nodes, {}, {"input": ["N", 1, 3, 4]}, {"score": ["N"]})
    with pytest.raises(RuntimeError, match=r"net\.onnx fails on 1 image\(s\) at once: "):
        importNetworkFromONNX(file).predict(np.full((3, 4), 100.0))


def test_the_class_is_dlnetwork(tmp_path):
    assert type(importNetworkFromONNX(networks.convolutional(tmp_path / "net.onnx", RNG))) is dlnetwork


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
    assert not net._session._together
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


# Files that are gone, damaged, or say what is not so ------------------------------------------------------------------


def test_a_file_that_is_gone_after_the_import(tmp_path, monkeypatch):
    X = np.random.default_rng(1).random((12, 10, 3))
    monkeypatch.chdir(tmp_path)
    expected = occlusionSensitivity(importNetworkFromONNX(fixed_batch(tmp_path / "there.onnx")), X, 1)
    relative = importNetworkFromONNX("there.onnx")
    net = importNetworkFromONNX(fixed_batch(tmp_path / "gone.onnx"))
    (tmp_path / "gone.onnx").unlink()
    monkeypatch.chdir("/")
    np.testing.assert_allclose(occlusionSensitivity(net, X, 1), expected, rtol=0, atol=1e-5 * np.ptp(expected))
    assert not goes_together(net)
    occlusionSensitivity(relative, X, 1)
    assert goes_together(relative)


def fixed_batch(file):
    return networks.convolutional(file, np.random.default_rng(0), batch=1, reshape=[1, -1])


def test_without_onnx_a_fixed_batch_goes_one_by_one(tmp_path, monkeypatch):
    net = importNetworkFromONNX(fixed_batch(tmp_path / "net.onnx"))
    monkeypatch.setitem(sys.modules, "onnx", None)
    occlusionSensitivity(net, np.random.default_rng(1).random((12, 10, 3)), 1)
    assert not goes_together(net)
    with pytest.raises(ImportError, match=r'needs onnx .*pip install "occlusion-sensitivity\[cpu\]"'):
        net.OutputNames = "relu"


def test_channels_last_with_a_spatial_output(tmp_path):
    nodes = [helper.make_node("MatMul", ["input", "weight"], ["score"])]
    weight = {"weight": RNG.normal(size=(3, 5)).astype(np.float32)}
    file = networks.save(tmp_path / "net.onnx", nodes, weight, {"input": ["N", 12, 9, 3]}, {"score": ["N", 12, 9, 5]})
    net = importNetworkFromONNX(file)
    X = np.random.default_rng(1).random((12, 9, 3), dtype=np.float32)
    np.testing.assert_allclose(net.predict(X), X @ weight["weight"], rtol=1e-5)
    expected = reference.score_map(lambda image: (image @ weight["weight"]).transpose(2, 0, 1)[np.newaxis], X, [5, 2])
    np.testing.assert_allclose(occlusionSensitivity(net, X, [5, 2]), expected, rtol=0, atol=1e-5 * np.ptp(expected))
    with pytest.raises(ValueError, match="^channelIdx must be .*1 to 5 "):
        occlusionSensitivity(net, X, 6)


def test_more_channels_declared_than_computed(tmp_path):
    nodes = [
        helper.make_node("Flatten", ["input"], ["flat"], axis=1),
        helper.make_node("Compress", ["flat", "chosen"], ["score"], axis=1),
    ]
    chosen = {"chosen": np.arange(16) < 3}
    file = networks.save(tmp_path / "net.onnx", nodes, chosen, {"input": ["N", 1, 4, 4]}, {"score": ["N", 5]})
    with pytest.raises(ValueError, match="'score' has 5 channels, but it has 3"):
        occlusionSensitivity(importNetworkFromONNX(file), np.ones((4, 4)), 5)


def test_a_network_without_an_output(tmp_path):
    file = networks.linear(tmp_path / "net.onnx", np.ones((3, 4, 4, 1)))
    model = onnx.load(file)
    del model.graph.output[:]
    onnx.save(model, file)
    with pytest.raises(ValueError, match=r"net\.onnx(: the network must have an output| cannot be opened)"):
        importNetworkFromONNX(file)


def test_an_input_of_length_zero(tmp_path):
    nodes = [helper.make_node("Flatten", ["input"], ["score"], axis=1)]
    file = networks.save(tmp_path / "net.onnx", nodes, {}, {"input": ["N", 0, 4, 4]}, {"score": ["N", None]})
    with pytest.raises(ValueError, match="must be an image, .* N×0×4×4"):
        importNetworkFromONNX(file)


def test_damaged_files_never_crash_the_interpreter(tmp_path):
    """Random bytes changed, in a process of its own: ValueError or a network, no crash and no other exception."""
    networks.convolutional(tmp_path / "net.onnx", np.random.default_rng(0))
    code = """
import sys, numpy as np
from pathlib import Path
from occlusion_sensitivity import importNetworkFromONNX
content = Path("net.onnx").read_bytes()
for seed in range(150):
    rng = np.random.default_rng(seed)
    damaged = bytearray(content)
    for position in rng.integers(0, len(content), 4):
        damaged[position] = rng.integers(256)
    Path("damaged.onnx").write_bytes(damaged)
    try:
        importNetworkFromONNX("damaged.onnx")
    except ValueError:
        pass
    except Exception as error:
        print(seed, repr(error))
print("done")
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "done", (done.returncode, done.stdout, done.stderr)


# Inner layers and old files ---------------------------------------------------------------------------------------


def test_an_inner_layer_is_scored_by_node_or_tensor_name(tmp_path):
    rng = np.random.default_rng(7)
    file = networks.convolutional(tmp_path / "net.onnx", rng)
    model = onnx.load(file)
    model.graph.node[1].name = "my_relu"
    onnx.save(model, file)
    kernel = onnx.numpy_helper.to_array(model.graph.initializer[0])
    X = rng.random((12, 10, 3), dtype=np.float32)

    def activation(image):
        padded = np.pad(image.astype(float), ((1, 1), (1, 1), (0, 0)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(0, 1))
        return np.einsum("hwcij,kcij->khw", windows, kernel).clip(0)[np.newaxis]

    expected = reference.score_map(activation, X, [1, 6])
    for name in ("my_relu", "relu"):
        net = importNetworkFromONNX(file)
        net.OutputNames = name
        assert net.OutputNames == ["relu"]
        np.testing.assert_allclose(occlusionSensitivity(net, X, [1, 6]), expected, rtol=0, atol=1e-5 * np.ptp(expected))
        assert net.predict(X).shape == (12, 10, 6)
        net.OutputNames = "prob"
        assert net.predict(X).shape == (1, 4)
    with pytest.raises(ValueError, match=r"^OutputNames must be layers .* but 'my_rel' is none\. Closest: my_relu"):
        net.OutputNames = "my_rel"


def test_layers_are_the_nodes_of_the_graph(tmp_path):
    net = importNetworkFromONNX(networks.convolutional(tmp_path / "net.onnx", RNG))
    assert [layer.Name for layer in net.Layers] == ["input", "conv", "relu", "pool", "flat", "logits", "prob"]
    assert [layer.Type for layer in net.Layers[1:3]] == ["Conv", "Relu"]
    assert net.Layers[-1].Name == "prob"
    assert len(net.Layers) == 7
    table = repr(net.Layers).splitlines()
    assert table[0] == "7 layers:"
    assert table[1].split() == ["0", "input", "Image", "Input", "12×10×3", "images"]


def old_matlab_file(file, rng, *, batch=1):
    """As MATLAB's exporter of 2018 wrote it: opset 6, IR 3, mean subtracted, Gemm fed by N×C×H×W, old attributes."""
    arrays = {
        "imageinput_AvgImg": rng.random((1, 1, 6, 8)).astype(np.float32),
        "conv_W": rng.normal(size=(5, 1, 3, 3)).astype(np.float32),
        "conv_B": rng.normal(size=5).astype(np.float32),
        "batchnorm_scale": rng.random(5).astype(np.float32),
        "batchnorm_B": rng.normal(size=5).astype(np.float32),
        "batchnorm_mean": rng.normal(size=5).astype(np.float32),
        "batchnorm_var": rng.random(5).astype(np.float32) + 0.5,
        "offset_B": rng.normal(size=5).astype(np.float32),
        "fc_W": rng.normal(size=(3, 240)).astype(np.float32) / 8,
        "fc_B": rng.normal(size=3).astype(np.float32),
    }
    nodes = [
        helper.make_node("Sub", ["imageinput", "imageinput_AvgImg"], ["imageinput_Sub"], name="imageinput_Sub"),
        helper.make_node("Conv", ["imageinput_Sub", "conv_W", "conv_B"], ["conv"], name="conv", pads=[1, 1, 1, 1]),
        helper.make_node(
            "BatchNormalization",
            ["conv", "batchnorm_scale", "batchnorm_B", "batchnorm_mean", "batchnorm_var"],
            ["batchnorm"],
            name="batchnorm",
            epsilon=1e-5,
            is_test=1,
            consumed_inputs=[0, 0, 0, 1, 1],
        ),
        helper.make_node("Add", ["batchnorm", "offset_B"], ["offset"], name="offset", broadcast=1, axis=1),
        helper.make_node("Relu", ["offset"], ["relu"], name="relu"),
        helper.make_node("Dropout", ["relu"], ["drop"], name="drop", is_test=1, ratio=0.5),
        helper.make_node("Gemm", ["drop", "fc_W", "fc_B"], ["fc"], name="fc", transB=1, broadcast=1),
        helper.make_node("Softmax", ["fc"], ["softmax"], name="softmax", axis=1),
    ]
    inputs, outputs = {"imageinput": [batch, 1, 6, 8]}, {"softmax": [batch, 3, 1, 1] if batch == 1 else [batch, 3]}
    networks.save(file, nodes, arrays, inputs, outputs, opset=6, ir_version=3, constants_as_inputs=True)
    return file, arrays


@pytest.mark.parametrize("batch", [1, "N"])
def test_a_file_of_matlab_2018(tmp_path, batch):
    file, w = old_matlab_file(tmp_path / "net.onnx", np.random.default_rng(11), batch=batch)
    with pytest.raises(Exception, match=r"(?s)."):
        onnxruntime.InferenceSession(file)

    def score(image):
        x = np.pad(image[:, :, 0] - w["imageinput_AvgImg"][0, 0], 1).astype(float)
        windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3))
        x = np.einsum("hwij,kij->khw", windows, w["conv_W"][:, 0]) + w["conv_B"][:, None, None]
        scale = w["batchnorm_scale"] / np.sqrt(w["batchnorm_var"] + 1e-5)
        x = (x - w["batchnorm_mean"][:, None, None]) * scale[:, None, None] + w["batchnorm_B"][:, None, None]
        x = (x + w["offset_B"][:, None, None]).clip(0).reshape(-1)
        e = np.exp(w["fc_W"] @ x + w["fc_B"])
        return (e / e.sum())[np.newaxis]

    net = importNetworkFromONNX(file)
    X = np.random.default_rng(1).random((6, 8)).astype(np.float32) * 2
    np.testing.assert_allclose(net.predict(X), score(X[..., np.newaxis]), rtol=1e-4)
    expected = reference.score_map(score, X, [1, 2, 3])
    np.testing.assert_allclose(occlusionSensitivity(net, X, [1, 2, 3]), expected, rtol=0, atol=1e-5 * np.ptp(expected))
    assert net.InputNames == ["imageinput"]
    assert net.OutputNames == ["softmax"]
    net.OutputNames = "batchnorm"
    assert net.predict(X).shape == (6, 8, 5)
