"""Files as exporters write them: MATLAB 2024, other kinds of outputs and images, data beside the file."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import networks
import reference
from network_checks import check_map, goes_together, one_at_a_time
from occlusion_sensitivity import importNetworkFromONNX, occlusionSensitivity

RNG = np.random.default_rng(3)


def matlab_2024_file(file, *, size=(9, 13), n_channels=4):
    """Opset 14, IR 9, a named batch, a mean subtracted, "same" padding computed in the graph, Conv and Flatten last."""
    node = helper.make_node
    constants = {
        "imageinput_Mean": (RNG.random((1, 3, 1, 1)) * 100).astype(np.float32),
        "conv_W": RNG.normal(size=(6, 3, 3, 3)).astype(np.float32) / 20,
        "conv_B": RNG.normal(size=6).astype(np.float32),
        "fc_W": RNG.normal(size=(n_channels, 6, -(-size[0] // 2), -(-size[1] // 2))).astype(np.float32) / 20,
        "fc_B": RNG.normal(size=n_channels).astype(np.float32),
        **{
            name: np.int64(value)
            for name, value in {"starts": [2], "ends": [4], "axes": [0], "no_pads": [0, 0]}.items()
        },
        **{
            name: np.float32(value)
            for name, value in {"stride": [2, 2], "one": [1, 1], "kernel": [3, 3], "two": [2, 2]}.items()
        },
        "none": np.float32([0, 0]),
    }
    nodes = [
        node("Sub", ["imageinput", "imageinput_Mean"], ["imageinput_Sub"], name="imageinput_Sub"),
        # total = max((ceil(n/s) - 1)*s + k - n, 0); before = floor(total/2)
        node("Shape", ["imageinput_Sub"], ["shape"]),
        node("Slice", ["shape", "starts", "ends", "axes"], ["spatial"]),
        node("Cast", ["spatial"], ["n"], to=TensorProto.FLOAT),
        node("Div", ["n", "stride"], ["quotient"]),
        node("Ceil", ["quotient"], ["out"]),
        node("Sub", ["out", "one"], ["steps"]),
        node("Mul", ["steps", "stride"], ["covered"]),
        node("Add", ["covered", "kernel"], ["needed"]),
        node("Sub", ["needed", "n"], ["missing"]),
        node("Max", ["missing", "none"], ["total"]),
        node("Div", ["total", "two"], ["half"]),
        node("Floor", ["half"], ["before"]),
        node("Sub", ["total", "before"], ["after"]),
        node("Cast", ["before"], ["before_int"], to=TensorProto.INT64),
        node("Cast", ["after"], ["after_int"], to=TensorProto.INT64),
        node("Concat", ["no_pads", "before_int", "no_pads", "after_int"], ["pads"], axis=0),
        node("Pad", ["imageinput_Sub", "pads"], ["conv_Pad"]),
        node("Conv", ["conv_Pad", "conv_W", "conv_B"], ["conv"], name="conv", strides=[2, 2]),
        node("Relu", ["conv"], ["relu"], name="relu"),
        node("Conv", ["relu", "fc_W", "fc_B"], ["fc"], name="fc"),
        node("Flatten", ["fc"], ["fc_Flatten"], name="fc_Flatten"),
        node("Softmax", ["fc_Flatten"], ["softmax"], name="softmax"),
    ]
    inputs, outputs = {"imageinput": ["BatchSize", 3, *size]}, {"softmax": ["BatchSize", n_channels]}
    return networks.save(file, nodes, constants, inputs, outputs, opset=14, ir_version=9)


def test_a_file_of_matlab_2024(tmp_path):
    net = check_map(matlab_2024_file(tmp_path / "net.onnx"), (9, 13, 3), n_channels=4)
    assert goes_together(net)
    assert net.InputNames == ["imageinput"]
    assert net.OutputNames == ["softmax"]
    assert net.Layers[0].InputSize == (9, 13, 3)
    net.OutputNames = "relu"
    assert net.predict(np.ones((9, 13, 3))).shape == (5, 7, 6)


@pytest.mark.parametrize("ending", ["Identity", "Sigmoid", "Tanh"])
def test_logits_and_other_endings(tmp_path, ending):
    weight = {"weight": RNG.normal(size=(60, 2)).astype(np.float32) / 8}
    nodes = [
        helper.make_node("Flatten", ["input"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weight"], ["logits"]),
        helper.make_node(ending, ["logits"], ["score"]),
    ]
    file = networks.save(tmp_path / "net.onnx", nodes, weight, {"input": ["N", 2, 6, 5]}, {"score": ["N", 2]})
    check_map(file, (6, 5, 2))


@pytest.mark.parametrize("depth", [1, 3, 4, 7])
def test_images_of_any_number_of_channels(tmp_path, depth):
    file = networks.convolutional(tmp_path / "net.onnx", RNG, depth=depth)
    check_map(file, (12, 10, depth) if depth > 1 else (12, 10))


def test_a_fixed_batch_with_a_shuffle_of_channels(tmp_path):
    """As PyTorch writes ShuffleNet for a single image."""
    node = helper.make_node
    constants = {
        "kernel": RNG.normal(size=(6, 3, 1, 1)).astype(np.float32),
        "apart": np.int64([1, 2, 3, 12, 10]),
        "joined": np.int64([1, 6, 12, 10]),
        "weight": RNG.normal(size=(720, 2)).astype(np.float32) / 8,
        "flat_shape": np.int64([1, -1]),
    }
    nodes = [
        node("Conv", ["input", "kernel"], ["conv"]),
        node("Reshape", ["conv", "apart"], ["groups"]),
        node("Transpose", ["groups"], ["swapped"], perm=[0, 2, 1, 3, 4]),
        node("Reshape", ["swapped", "joined"], ["shuffled"]),
        node("Relu", ["shuffled"], ["relu"]),
        node("Reshape", ["relu", "flat_shape"], ["flat"]),
        node("MatMul", ["flat", "weight"], ["score"]),
    ]
    file = networks.save(tmp_path / "net.onnx", nodes, constants, {"input": [1, 3, 12, 10]}, {"score": [1, 2]})
    assert goes_together(check_map(file, (12, 10, 3)))


@pytest.mark.parametrize("batch", ["N", 1])
def test_data_beside_the_file(tmp_path, batch):
    plain = networks.convolutional(tmp_path / "plain.onnx", RNG, batch=batch, reshape=[1, -1] if batch == 1 else None)
    file = tmp_path / "net.onnx"
    onnx.save(onnx.load(plain), file, save_as_external_data=True, location="weights.bin", size_threshold=64)
    assert (tmp_path / "weights.bin").exists()
    X = np.random.default_rng(1).random((12, 10, 3), dtype=np.float32)
    expected = reference.score_map(one_at_a_time(plain), X, [1, 2])
    net = importNetworkFromONNX(file)
    np.testing.assert_allclose(occlusionSensitivity(net, X, [1, 2]), expected, rtol=0, atol=1e-5 * np.ptp(expected))
    net.OutputNames = "relu"
    assert net.predict(X).shape == (12, 10, 6)


@pytest.mark.parametrize("location", ["../weights.bin", "missing.bin", None])
def test_data_outside_the_folder_is_refused(tmp_path, location):
    (tmp_path / "model").mkdir()
    plain = networks.convolutional(tmp_path / "plain.onnx", RNG)
    file = tmp_path / "model" / "net.onnx"
    onnx.save(onnx.load(plain), file, save_as_external_data=True, location="weights.bin", size_threshold=64)
    (tmp_path / "model" / "weights.bin").rename(tmp_path / "weights.bin")
    model = onnx.load(file, load_external_data=False)
    for tensor in model.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":
                entry.value = location or str(tmp_path / "weights.bin")
    file.write_bytes(model.SerializeToString())
    with pytest.raises(ValueError, match=r"net\.onnx cannot be opened as an ONNX network: "):
        importNetworkFromONNX(file)


def test_an_unknown_operator_is_named(tmp_path):
    nodes = [helper.make_node("Frobnicate", ["input"], ["score"])]
    file = networks.save(tmp_path / "net.onnx", nodes, {}, {"input": ["N", 1, 3, 4]}, {"score": ["N", 2]})
    with pytest.raises(ValueError, match=r"net\.onnx cannot be opened as an ONNX network: .*Frobnicate"):
        importNetworkFromONNX(file)


def test_an_opset_newer_than_onnx_runtime(tmp_path):
    file = networks.convolutional(tmp_path / "net.onnx", RNG)
    model = onnx.load(file)
    model.opset_import[0].version = 999
    onnx.save(model, file)
    with pytest.raises(ValueError, match=r"net\.onnx cannot be opened as an ONNX network: .*999"):
        importNetworkFromONNX(file)
