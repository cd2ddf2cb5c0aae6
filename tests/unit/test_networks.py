"""Networks: every kind of file gives the map that the plain reference gives, one image at a time."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

import networks
import reference
from network_checks import check_map, goes_together, one_at_a_time
from occlusion_sensitivity import dlnetwork, imageInputLayer, importNetworkFromONNX, occlusionSensitivity

RNG = np.random.default_rng(3)


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


def test_scores_beyond_single_come_without_words_of_numpy(tmp_path):
    """Doubles that no single holds are infinite; the one warning is the package's own."""
    file = networks.linear(
        tmp_path / "net.onnx", np.full((2, 3, 4, 1), 1e300), dtype=np.float64, element=TensorProto.DOUBLE
    )
    net = importNetworkFromONNX(file)
    assert np.isinf(net.predict(np.ones((3, 4)))).all()
    with pytest.warns(RuntimeWarning, match="NaN") as caught:
        occlusionSensitivity(net, np.ones((3, 4)), 1, MaskValue=0)
    assert [Path(warning.filename).name for warning in caught] == ["test_networks.py"]


@pytest.mark.parametrize("element", [TensorProto.FLOAT16, TensorProto.UINT8])
def test_pixels_that_the_class_of_the_input_cannot_hold(tmp_path, element):
    """Infinity and NaN, of a normalisation that leaves the range of single."""
    nodes = [
        helper.make_node("Cast", ["input"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Flatten", ["float"], ["score"]),
    ]
    file = networks.save(tmp_path / "net.onnx", nodes, {}, {"input": ["N", 1, 2, 2]}, {"score": ["N", 4]})
    model = onnx.load(file)
    model.graph.input[0].type.tensor_type.elem_type = element
    onnx.save(model, file)
    layer = imageInputLayer([2, 2], Normalization="zscore", Mean=-3e38, StandardDeviation=1e-30)
    scores = importNetworkFromONNX(file, InputLayer=layer).predict(np.full((2, 2), 3e38))
    assert np.isinf(scores).all() if element == TensorProto.FLOAT16 else scores.tolist() == [[255] * 4]


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


def test_output_names_keep_their_order(tmp_path):
    net = importNetworkFromONNX(two_outputs(tmp_path / "net.onnx"))
    for names in (["positive", "flat"], ["flat", "positive"]):
        net.OutputNames = names
        assert net.OutputNames == names


def test_the_class_is_dlnetwork(tmp_path):
    assert type(importNetworkFromONNX(networks.convolutional(tmp_path / "net.onnx", RNG))) is dlnetwork


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
