"""Graphs in which something has to be seen before a part of them is computed incrementally."""

import numpy as np
import pytest
from onnx import helper

import networks
from incremental_checks import OPTIONS, X, all_stages, are_equal, both, listen, maps, reasons
from occlusion_sensitivity import importNetworkFromONNX, occlusionSensitivity
from occlusion_sensitivity.incremental.divided import DividedNetwork


def test_a_tensor_that_is_read_near_and_at_its_positions(tmp_path, monkeypatch, caplog):
    """y + conv(y), which ONNX Runtime makes one node of where channels come in blocks."""
    all_stages(monkeypatch)
    listen(caplog)
    rng = np.random.default_rng(0)
    shapes = {"first": (16, 3, 3, 3), "second": (16, 16, 3, 3), "weight": (16 * 480, 2)}
    constants = {name: rng.normal(size=shape).astype(np.float32) / 30 for name, shape in shapes.items()}
    nodes = [
        helper.make_node("Conv", ["near", "first"], ["y"], pads=[1, 1, 1, 1]),
        helper.make_node("Conv", ["y", "second"], ["conv"], pads=[1, 1, 1, 1]),
        helper.make_node("Add", ["conv", "y"], ["sum"]),
        helper.make_node("Flatten", ["sum"], ["flat"], axis=1),
        helper.make_node("Gemm", ["flat", "weight"], ["score"]),
    ]
    inputs, outputs = {"near": ["N", 3, 24, 20]}, {"score": ["N", 2]}
    found = maps(networks.save(tmp_path / "network.onnx", nodes, constants, inputs, outputs), X, OPTIONS)
    assert are_equal(*found)
    assert reasons(caplog) == []


def divided(file, folder):
    return DividedNetwork(importNetworkFromONNX(file).network, (3, 24, 20), folder)


def scores(*nodes, constants, file, names, opset=13):
    """A network of those nodes, and of a product with weights for each of the tensors."""
    rng = np.random.default_rng(1)
    nodes = list(nodes)
    for k, (name, values) in enumerate(dict(names).items()):
        nodes.append(helper.make_node("Flatten", [name], [f"flat{k}"]))
        weights = values if isinstance(values, np.ndarray) else rng.normal(size=(values, 2)) / np.sqrt(values)
        constants[f"weights{k}"] = weights.astype(np.float32)
        nodes.append(helper.make_node("MatMul", [f"flat{k}", f"weights{k}"], [f"score{k}"]))
    nodes.append(helper.make_node("Sum", [f"score{k}" for k in range(len(names))], ["score"]))
    return networks.save(file, nodes, constants, {"image": ["N", 3, 24, 20]}, {"score": ["N", 2]}, opset=opset)


def test_a_rest_that_reads_the_image(tmp_path, monkeypatch, caplog):
    """In one place, where none of the masks lies that are compared."""
    all_stages(monkeypatch)
    listen(caplog)
    constants = {"kernel": np.random.default_rng(0).normal(size=(4, 3, 3, 3)).astype(np.float32)}
    place = np.zeros((3, 24, 20, 2))
    place[:, 5:7, 14:16] = 1
    conv = helper.make_node("Conv", ["image", "kernel"], ["y"], pads=[1, 1, 1, 1])
    names = {"y": 4 * 480, "image": place.reshape(-1, 2)}
    exhaustive, incremental = maps(scores(conv, constants=constants, file=tmp_path / "n.onnx", names=names), X, OPTIONS)
    assert are_equal(exhaustive, incremental)
    assert reasons(caplog) == []


@pytest.mark.parametrize(("kernel", "how"), [(2, {"auto_pad": "VALID", "ceil_mode": 1}), (3, {"ceil_mode": 1})])
def test_pooling_that_rounds_up(tmp_path, monkeypatch, caplog, kernel, how):
    """ONNX Runtime does so with auto_pad as well: seen on an image of which only the last row counts."""
    all_stages(monkeypatch)
    listen(caplog)
    constants = {"kernel": np.full((16, 3, 1, 1), 0.5, dtype=np.float32), "w": np.full((16, 2), 0.1, dtype=np.float32)}
    nodes = [
        helper.make_node("Conv", ["image", "kernel"], ["y"]),
        helper.make_node("MaxPool", ["y"], ["pool"], kernel_shape=[kernel] * 2, strides=[3, 3], **how),
        helper.make_node("GlobalMaxPool", ["pool"], ["largest"]),
        helper.make_node("Flatten", ["largest"], ["flat"]),
        helper.make_node("Gemm", ["flat", "w"], ["score"]),
    ]
    file = networks.save(tmp_path / "n.onnx", nodes, constants, {"image": ["N", 3, 31, 31]}, {"score": ["N", 2]})
    nets = both(file)
    for row, col in ((15, 15), (30, 12)):
        image = np.full((31, 31, 3), 0.1, dtype=np.float32)
        image[row, col] = 1
        found = [occlusionSensitivity(net, image, [1, 2], MaskSize=3, Stride=2, MaskValue=0) for net in nets]
        np.testing.assert_array_equal(*found)
    assert reasons(caplog) == []


def quantised(operator):
    """What makes steps: of a convolution's output, or of what follows."""
    if operator == "QuantizeLinear":
        nodes = [
            helper.make_node("QuantizeLinear", ["y", "scale"], ["steps"]),
            helper.make_node("DequantizeLinear", ["steps", "scale"], ["z"]),
        ]
    elif operator == "Cast":
        nodes = [helper.make_node("Cast", ["y"], ["steps"], to=6), helper.make_node("Cast", ["steps"], ["z"], to=1)]
    elif operator == "CastLike":
        nodes = [
            helper.make_node("CastLike", ["y", "half"], ["half y"]),
            helper.make_node("Cast", ["half y"], ["z"], to=1),
        ]
    elif operator == "If":
        branch = helper.make_graph(
            [helper.make_node("Floor", ["y"], ["floor"])], "b", [], [helper.make_tensor_value_info("floor", 1, None)]
        )
        nodes = [helper.make_node("If", ["yes"], ["z"], then_branch=branch, else_branch=branch)]
    elif operator == "Greater":
        nodes = [
            helper.make_node("Greater", ["y", "scale"], ["is"]),
            helper.make_node("Where", ["is", "y", "scale"], ["z"]),
        ]
    else:
        nodes = [helper.make_node(operator, ["y"], ["z"])]
    return nodes, {"scale": np.float32(0.1), "yes": np.array(True), "half": np.float16(1)}


@pytest.mark.parametrize(
    "operator",
    [
        "Round",
        "Sign",
        "Floor",
        "Ceil",
        "ThresholdedRelu",
        "Shrink",
        "QuantizeLinear",
        "Cast",
        "CastLike",
        "If",
        "Greater",
    ],
)
def test_steps_of_float_noise(tmp_path, monkeypatch, caplog, operator):
    all_stages(monkeypatch)
    listen(caplog)
    nodes, constants = quantised(operator)
    constants["kernel"] = np.random.default_rng(0).normal(size=(6, 3, 3, 3)).astype(np.float32)
    conv = helper.make_node("Conv", ["image", "kernel"], ["y"], pads=[1, 1, 1, 1])
    file = scores(conv, *nodes, constants=constants, file=tmp_path / "n.onnx", names={"z": 6 * 480}, opset=15)
    np.testing.assert_array_equal(*maps(file, X, OPTIONS))
    (said,) = reasons(caplog)
    assert f"it has {operator}, which makes steps" in said


def test_steps_of_a_size_do_not_matter(tmp_path, monkeypatch, caplog):
    """Exporters compute sizes in the graph."""
    all_stages(monkeypatch)
    listen(caplog)
    constants = {
        "kernel": np.random.default_rng(0).normal(size=(6, 3, 3, 3)).astype(np.float32),
        "two": np.float32(2.0),
        "axes": np.array([2, 3]),
        "zeros": np.array([0, 0]),
    }
    nodes = [
        helper.make_node("Conv", ["image", "kernel"], ["x"], pads=[1, 1, 1, 1]),
        helper.make_node("Shape", ["x"], ["shape"]),
        helper.make_node("Gather", ["shape", "axes"], ["size"]),
        helper.make_node("Cast", ["size"], ["float"], to=1),
        helper.make_node("Div", ["float", "two"], ["half"]),
        helper.make_node("Floor", ["half"], ["floor"]),
        helper.make_node("Cast", ["floor"], ["end"], to=7),
        helper.make_node("Slice", ["x", "zeros", "end", "axes"], ["y"]),
    ]
    file = scores(*nodes, constants=constants, file=tmp_path / "n.onnx", names={"y": 6 * 120})
    assert are_equal(*maps(file, X, OPTIONS))
    assert reasons(caplog) == []
    assert divided(file, tmp_path).ended_by == "Slice"


@pytest.mark.parametrize("channels", [3, 16])
def test_no_number_before_the_largest_of_several(tmp_path, monkeypatch, caplog, channels):
    """What that gives depends on where NaN stands, which a first image without NaN does not show."""
    all_stages(monkeypatch)
    listen(caplog)
    constants = {
        "kernel": np.random.default_rng(0).normal(size=(channels, 3, 3, 3)).astype(np.float32) / 9,
        "bias": np.ones(channels, dtype=np.float32),
        "zero": np.float32(0),
    }
    nodes = [
        helper.make_node("Conv", ["image", "kernel", "bias"], ["y"], pads=[1, 1, 1, 1]),
        helper.make_node("Sqrt", ["y"], ["root"]),
        helper.make_node("MaxPool", ["root"], ["pool"], kernel_shape=[2, 3], strides=[1, 2], pads=[0, 1, 1, 1]),
        helper.make_node("Clip", ["pool", "zero"], ["clipped"]),
        helper.make_node("IsNaN", ["clipped"], ["is_nan"]),
        helper.make_node("Where", ["is_nan", "zero", "clipped"], ["z"]),
        helper.make_node("GlobalAveragePool", ["z"], ["mean"]),
    ]
    file = scores(*nodes, constants=constants, file=tmp_path / "n.onnx", names={"mean": channels})
    nets = both(file)
    for change in (0, 4):
        image = X.copy()
        image[8:16, 8:16] -= change
        found = [occlusionSensitivity(net, image, [1, 2], **{**OPTIONS, "MaskValue": 0.5}) for net in nets]
        assert are_equal(*found)
    assert reasons(caplog) == []


def test_a_constant_that_makes_three_channels_of_one(tmp_path, monkeypatch, caplog):
    all_stages(monkeypatch)
    listen(caplog)
    constants = {
        "one": np.ones((1, 3, 1, 1), dtype=np.float32),
        "mean": np.array([0.1, 0.2, 0.3], dtype=np.float32).reshape(3, 1, 1),
        "kernel": np.random.default_rng(0).normal(size=(6, 3, 3, 3)).astype(np.float32),
    }
    nodes = [
        helper.make_node("Conv", ["image", "one"], ["grey"]),
        helper.make_node("Sub", ["grey", "mean"], ["three"]),
        helper.make_node("Conv", ["three", "kernel"], ["y"], pads=[1, 1, 1, 1]),
    ]
    file = scores(*nodes, constants=constants, file=tmp_path / "n.onnx", names={"y": 6 * 480})
    assert are_equal(*maps(file, X, OPTIONS))
    assert reasons(caplog) == []


def test_a_dropout_ends_nothing(tmp_path, monkeypatch, caplog):
    """With an output that nobody asks for, as old exporters write it."""
    all_stages(monkeypatch)
    constants = {name: np.random.default_rng(0).normal(size=(3, 3, 3, 3)).astype(np.float32) for name in ("a", "b")}
    nodes = [
        helper.make_node("Conv", ["image", "a"], ["x"], pads=[1, 1, 1, 1]),
        helper.make_node("Dropout", ["x"], ["dropped", "mask"]),
        helper.make_node("Conv", ["dropped", "b"], ["y"], pads=[1, 1, 1, 1]),
    ]
    file = scores(*nodes, constants=constants, file=tmp_path / "n.onnx", names={"y": 3 * 480})
    found = divided(file, tmp_path)
    assert [node.op_type for stage in found.division.stages for node in stage.nodes].count("Conv") == 2
    assert found.ended_by == "Flatten"


@pytest.mark.parametrize("opset", [10, 13, 18])
def test_padding_of_its_own(tmp_path, monkeypatch, caplog, opset):
    """As converters from Keras write it: before a convolution, and, with zeros, before a maximum."""
    all_stages(monkeypatch)
    listen(caplog)
    rng = np.random.default_rng(0)
    constants = {
        "kernel": rng.normal(size=(8, 3, 3, 3)).astype(np.float32),
        "amounts": np.array([0, 0, 1, 2, 0, 0, 2, 0]),
        "of two": np.array([1, 0, 1, 2]),
        "axes": np.array([2, -1]),
        "value": np.float32(0.25),
    }
    pads = {
        10: [{"pads": [0, 0, 1, 2, 0, 0, 2, 0]}, {"pads": [0, 0, 1, 0, 0, 0, 1, 2], "value": 0.25}],
        13: [["amounts"], ["amounts", "value"]],
        18: [["amounts", "", ""], ["of two", "value", "axes"]],
    }[opset]
    first, second = (([], given) if isinstance(given, dict) else (given, {}) for given in pads)
    nodes = [
        helper.make_node("Pad", ["image", *first[0]], ["padded"], **first[1]),
        helper.make_node("Conv", ["padded", "kernel"], ["conv"], strides=[2, 2]),
        helper.make_node("Pad", ["conv", *second[0]], ["once more"], **second[1]),
        helper.make_node("MaxPool", ["once more"], ["pool"], kernel_shape=[3, 3]),
        helper.make_node("GlobalAveragePool", ["pool"], ["y"]),
    ]
    used = {name: value for name, value in constants.items() if any(name in node.input for node in nodes)}
    file = scores(*nodes, constants=used, file=tmp_path / "n.onnx", names={"y": 8}, opset=opset)
    exhaustive, incremental = maps(file, X, OPTIONS)
    assert are_equal(exhaustive, incremental)
    assert np.ptp(exhaustive) > 0
    assert reasons(caplog) == []
    assert divided(file, tmp_path).ended_by == "GlobalAveragePool"


@pytest.mark.parametrize(
    ("amounts", "how"),
    [([0, 0, 1, 1, 0, 0, 1, 1], {"mode": "reflect"}), ([0, 1, 0, 0, 0, 0, 0, 0], {}), ([0, 0, -1, 0, 0, 0, 0, 0], {})],
)
def test_padding_that_ends_the_stages(tmp_path, monkeypatch, amounts, how):
    all_stages(monkeypatch)
    constants = {"kernel": np.random.default_rng(0).normal(size=(8, 3, 3, 3)).astype(np.float32)}
    constants["amounts"] = np.array(amounts)
    nodes = [
        helper.make_node("Conv", ["image", "kernel"], ["conv"], pads=[1, 1, 1, 1]),
        helper.make_node("Pad", ["conv", "amounts"], ["padded"], **how),
        helper.make_node("GlobalAveragePool", ["padded"], ["y"]),
    ]
    file = scores(*nodes, constants=constants, file=tmp_path / "n.onnx", names={"y": 8 + amounts[1]})
    assert are_equal(*maps(file, X, OPTIONS))
    assert divided(file, tmp_path).ended_by == "Pad"


def test_layers_of_uneven_padding_are_added(tmp_path, monkeypatch, caplog):
    """As residual networks of TensorFlow do; ONNX Runtime reshapes them for that, where channels are in blocks."""
    all_stages(monkeypatch)
    listen(caplog)
    rng = np.random.default_rng(0)
    shapes = {"first": (32, 3, 3, 3), "uneven": (32, 32, 3, 3), "short": (32, 32, 1, 1), "last": (32, 32, 3, 3)}
    constants = {name: rng.normal(size=shape).astype(np.float32) / 9 for name, shape in shapes.items()}
    nodes = [
        helper.make_node("Conv", ["image", "first"], ["x"], pads=[1, 1, 1, 1]),
        helper.make_node("Conv", ["x", "uneven"], ["a"], strides=[2, 2], pads=[0, 0, 1, 1]),
        helper.make_node("Conv", ["x", "short"], ["b"], strides=[2, 2]),
        helper.make_node("Add", ["a", "b"], ["sum"]),
        helper.make_node("Relu", ["sum"], ["relu"]),
        helper.make_node("Conv", ["relu", "last"], ["z"], pads=[1, 1, 1, 1]),
    ]
    file = scores(*nodes, constants=constants, file=tmp_path / "n.onnx", names={"z": 32 * 120})
    assert are_equal(*maps(file, X, OPTIONS))
    assert reasons(caplog) == []
    division = divided(file, tmp_path).division
    assert sum(node.op_type == "Conv" for stage in division.stages for node in stage.nodes) == 4
    assert [node.op_type for node in division.rest] in ([], ["ReorderOutput"])
