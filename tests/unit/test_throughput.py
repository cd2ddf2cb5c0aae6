"""The graph rewritten for speed computes what it computed; what cannot be rewritten safely is left alone."""

from collections import Counter

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import networks
from network_checks import check_map
from occlusion_sensitivity import importNetworkFromONNX, occlusionSensitivity
from occlusion_sensitivity.network import graph, throughput

C = 6
SHAPE = ["N", C, 7, 9]


def rewritten(file):
    """How many nodes of each type the rewritten graph has."""
    model = onnx.load(file)
    throughput.rewrite(model)
    onnx.checker.check_model(model, full_check=True)
    return Counter(node.op_type for node in model.graph.node)


def outputs(file, X, **options):
    return importNetworkFromONNX(file, **options).predict(X)


def assert_same(file, X):
    plain, fast = outputs(file, X, Optimize=False), outputs(file, X)
    np.testing.assert_allclose(fast, plain, rtol=0, atol=4e-6 * np.abs(plain).max())


def image(rng, shape=SHAPE):
    return rng.normal(size=(*shape[2:], shape[1])) * 20


# Normalisation across channels ----------------------------------------------------------------------------------------


def lrn(file, shape=SHAPE, *, element=TensorProto.FLOAT, **attributes):
    node = helper.make_node("LRN", ["input"], ["normalized"], name="lrn", **attributes)
    return networks.save(file, [node], {}, {"input": shape}, {"normalized": ["N", *shape[1:]]}, element=element)


@pytest.mark.parametrize("size", [1, 3, 5, 11, 13])
@pytest.mark.parametrize("beta", [0.75, 0.5, 1.0])
def test_lrn(tmp_path, size, beta):
    file = lrn(tmp_path / "a.onnx", size=size, alpha=0.02, beta=beta, bias=1.5)
    found = rewritten(file)
    assert found["LRN"] == 0
    assert found["Conv"] == 1
    assert_same(file, image(np.random.default_rng(size)))


EXTREME = [(name, value) for name in ("alpha", "bias") for value in (3e38, 1e30, 1e-30, 1e-45)]


# A power of nearly 0 is 1 either way.
@pytest.mark.parametrize(("name", "value"), [*EXTREME, ("beta", 3e38), ("beta", 1e30)])
def test_lrn_of_extreme_attributes_is_left_alone(tmp_path, name, value):
    """Between 0, infinity and NaN, the one way to compute it and the other would end differently."""
    file = lrn(tmp_path / "a.onnx", **{"size": 3, "alpha": 0.02, "beta": 0.75, "bias": 1.0, name: value})
    assert rewritten(file)["LRN"] == 1


@pytest.mark.parametrize(("name", "value"), [("alpha", [0.1, 0.2]), ("beta", "0.75"), ("size", [3]), ("bias", 1)])
def test_attributes_of_another_class_are_refused_as_onnx_runtime_does(tmp_path, name, value):
    file = lrn(tmp_path / "a.onnx", **{"size": 3, "alpha": 0.02, name: value})
    with pytest.raises(ValueError, match=r"a\.onnx cannot be opened as an ONNX network"):
        importNetworkFromONNX(file)
    with pytest.raises(ValueError, match=f"a.onnx cannot be opened .* attribute {name} of LRN must be"):
        graph.loaded(file)


@pytest.mark.parametrize("size_of_values", [1, 100])
def test_lrn_is_exact_in_single(tmp_path, size_of_values):
    """x / (bias + alpha/size Σx²)^beta in double, of activations as they are in the middle of a network."""
    file = lrn(tmp_path / "a.onnx", ["N", 192, 8, 8], size=5, alpha=1e-4, beta=0.75, bias=1.0)
    X = np.maximum(np.random.default_rng(0).normal(size=(8, 8, 192)) * size_of_values, 0).astype(np.float32)
    squares = np.pad(X.astype(np.float64) ** 2, [(0, 0), (0, 0), (2, 2)])
    sums = sum(squares[..., k : k + 192] for k in range(5))
    exact = X / (1 + np.float64(np.float32(1e-4)) / 5 * sums) ** 0.75
    found = importNetworkFromONNX(file).predict(X)
    np.testing.assert_allclose(found, exact, rtol=4e-7, atol=0)


def test_lrn_with_the_defaults_of_its_attributes(tmp_path):
    file = lrn(tmp_path / "a.onnx", size=5)
    assert rewritten(file)["LRN"] == 0
    assert_same(file, image(np.random.default_rng(0)) * 50)


@pytest.mark.parametrize(
    ("how", "shape"),
    [
        ({"bias": 0.0}, SHAPE),
        ({"alpha": -0.1}, SHAPE),
        ({"beta": 0.0}, SHAPE),
        ({"size": 4}, SHAPE),
        ({"element": TensorProto.DOUBLE}, SHAPE),
        ({}, ["N", "channels", 7, 9]),
        ({}, ["N", 1025, 2, 2]),
    ],
)
def test_lrn_that_is_left_alone(tmp_path, how, shape):
    assert rewritten(lrn(tmp_path / "a.onnx", shape, **{"size": 3, **how})) == {"LRN": 1}


# Scale and shift of each channel --------------------------------------------------------------------------------------


def scalings(file, rng, followers, *, shape=SHAPE, outputs=("result",), normalization=None, opset=9):
    """BatchNormalization, then `followers`: (operator, constant), the constant first where it is in lower case; with a
    third entry, the axes of an Unsqueeze on the constant's way."""
    statistics = {
        "scale": rng.uniform(0.5, 2, C),
        "bias": rng.normal(size=C),
        "mean": rng.normal(size=C),
        "variance": rng.uniform(0.5, 2, C),
    }
    constants = {name: value.astype(np.float32) for name, value in statistics.items()}
    nodes = [helper.make_node("BatchNormalization", ["input", *statistics], ["bn"], name="bn", **(normalization or {}))]
    tensor = "bn"
    for k, (operator, constant, *axes) in enumerate(followers):
        name, result = f"constant{k}", f"t{k}"
        constants[name] = np.float32(constant)
        if axes:
            nodes.append(helper.make_node("Unsqueeze", [name], [f"{name}.unsqueezed"], axes=axes[0]))
            name = f"{name}.unsqueezed"
        inputs = [name, tensor] if operator.islower() else [tensor, name]
        nodes.append(helper.make_node(operator.capitalize(), inputs, [result], name=result))
        tensor = result
    nodes.append(helper.make_node("Relu", [tensor], ["result"], name="relu"))
    results = {name: ["N", *shape[1:]] for name in outputs}
    return networks.save(file, nodes, constants, {"input": shape}, results, opset=opset)


def column(rng):
    return rng.uniform(0.5, 2, (C, 1, 1))


MERGED = {
    "mul, add": lambda rng: [("Mul", column(rng)), ("Add", column(rng))],
    "add, mul": lambda rng: [("Add", column(rng)), ("Mul", column(rng))],
    "the constant first": lambda rng: [("mul", column(rng)), ("add", column(rng))],
    "four axes": lambda rng: [("Mul", column(rng)[np.newaxis]), ("Add", column(rng)[np.newaxis])],
    "one number": lambda rng: [("Mul", 1.5), ("Add", [0.25]), ("Mul", [[[2.0]]])],
    "unsqueezed": lambda rng: [("Mul", rng.uniform(1, 2, C), [1, 2]), ("Add", rng.normal(size=C), [1, 2])],
    "add alone": lambda rng: [("Add", column(rng))],
}


@pytest.mark.parametrize("followers", MERGED)
def test_scalings_are_merged(tmp_path, followers):
    rng = np.random.default_rng(len(followers))
    file = scalings(tmp_path / "a.onnx", rng, MERGED[followers](rng), normalization={"epsilon": 0.01})
    found = rewritten(file)
    assert (found["BatchNormalization"], found["Mul"], found["Add"]) == (1, 0, 0)
    assert_same(file, image(rng))


LEFT_ALONE = {
    "a vector lies along the last axis": lambda rng: [("Mul", rng.uniform(1, 2, 9))],
    "a constant of each pixel": lambda rng: [("Add", rng.normal(size=(1, 1, 7, 9)))],
    "unsqueezed to lie along the rows": lambda rng: [("Mul", rng.uniform(1, 2, 7), [0, 2])],
    "another operator": lambda rng: [("Sub", column(rng))],
    "a constant of more axes": lambda rng: [("Add", column(rng)[np.newaxis, np.newaxis])],
}


@pytest.mark.parametrize("followers", LEFT_ALONE)
def test_what_is_no_scaling_of_channels_is_left_alone(tmp_path, followers):
    rng = np.random.default_rng(len(followers))
    chain = LEFT_ALONE[followers](rng)
    shape = ["N", C, 7, 9]
    model = onnx.load(scalings(tmp_path / "a.onnx", rng, chain, shape=shape, outputs=()))
    before = Counter(node.op_type for node in model.graph.node)
    throughput.rewrite(model)
    assert Counter(node.op_type for node in model.graph.node) == before


def test_only_what_comes_before_is_merged(tmp_path):
    rng = np.random.default_rng(0)
    file = scalings(tmp_path / "a.onnx", rng, [("Mul", column(rng)), ("Add", rng.normal(size=9)), ("Add", column(rng))])
    found = rewritten(file)
    assert (found["Mul"], found["Add"]) == (0, 2)
    assert_same(file, image(rng))


def test_a_tensor_that_is_used_twice_stays(tmp_path):
    """By another node, or as an output of the graph."""
    rng = np.random.default_rng(0)
    file = scalings(tmp_path / "a.onnx", rng, [("Mul", column(rng)), ("Add", column(rng))], outputs=("t0",))
    assert rewritten(file)["Add"] == 1
    assert_same(file, image(rng))
    model = onnx.load(scalings(tmp_path / "b.onnx", rng, [("Mul", column(rng))], outputs=("sum",)))
    model.graph.node.append(helper.make_node("Sum", ["bn", "result"], ["sum"], name="sum"))
    onnx.save(model, tmp_path / "b.onnx")
    assert rewritten(tmp_path / "b.onnx")["Mul"] == 1
    assert_same(tmp_path / "b.onnx", image(rng))


def test_a_normalisation_of_each_pixel_is_left_alone(tmp_path):
    rng = np.random.default_rng(0)
    file = scalings(tmp_path / "a.onnx", rng, [("Mul", column(rng))], normalization={"spatial": 0}, opset=7)
    model = onnx.load(file)
    throughput.rewrite(model)
    assert Counter(node.op_type for node in model.graph.node)["Mul"] == 1


# In the package -------------------------------------------------------------------------------------------------------


def caffe_like(file, rng):
    """LRN, and a normalisation with a scaling behind it, between a convolution and a classifier."""
    kernel = rng.normal(size=(C, 3, 3, 3)).astype(np.float32) / 40
    statistics = {name: rng.uniform(0.5, 2, C).astype(np.float32) for name in ("scale", "bias", "mean", "variance")}
    constants = {
        "kernel": kernel,
        **statistics,
        "factor": column(rng).astype(np.float32),
        "weight": rng.normal(size=(C * 12 * 10, 4)).astype(np.float32) / 20,
    }
    nodes = [
        helper.make_node("Conv", ["input", "kernel"], ["conv"], name="conv", pads=[1, 1, 1, 1]),
        helper.make_node("LRN", ["conv"], ["lrn"], name="lrn", size=3, alpha=0.1, bias=2.0),
        helper.make_node("BatchNormalization", ["lrn", *statistics], ["bn"], name="bn"),
        helper.make_node("Mul", ["bn", "factor"], ["scaled"], name="scaled"),
        helper.make_node("Relu", ["scaled"], ["relu"], name="relu"),
        helper.make_node("Flatten", ["relu"], ["flat"], name="flat"),
        helper.make_node("MatMul", ["flat", "weight"], ["logits"], name="logits"),
        helper.make_node("Softmax", ["logits"], ["prob"], name="prob", axis=1),
    ]
    outputs = {"prob": ["N", 4], "relu": ["N", C, 12, 10]}
    return networks.save(file, nodes, constants, {"input": ["N", 3, 12, 10]}, outputs, constants_as_inputs=True)


def operators(net):
    """Of the graph that the network's session was opened with."""
    model = net.network.file.model()
    graph = (onnx.load_from_string(model) if isinstance(model, bytes) else onnx.load(model)).graph
    return Counter(node.op_type for node in graph.node)


def test_maps_agree_with_and_without(tmp_path):
    rng = np.random.default_rng(0)
    file = caffe_like(tmp_path / "a.onnx", rng)
    X = rng.integers(0, 256, (12, 10, 3)).astype(np.uint8)
    maps = {}
    for optimize in (True, False):
        net = importNetworkFromONNX(file, Optimize=optimize)
        net.OutputNames = "prob"
        assert (operators(net)["LRN"], operators(net)["Mul"]) == ((0, 2) if optimize else (1, 1))
        maps[optimize] = occlusionSensitivity(net, X, [1, 4], MaskSize=4, Stride=2)
    assert np.ptp(maps[False]) > 0.01
    np.testing.assert_allclose(maps[True], maps[False], rtol=0, atol=1e-5 * np.ptp(maps[False]))


def test_every_layer_can_still_be_scored(tmp_path):
    rng = np.random.default_rng(1)
    file = caffe_like(tmp_path / "a.onnx", rng)
    X = rng.integers(0, 256, (12, 10, 3)).astype(np.uint8)
    plain, fast = importNetworkFromONNX(file, Optimize=False), importNetworkFromONNX(file)
    assert [layer.Name for layer in fast.Layers] == [layer.Name for layer in plain.Layers]
    for layer in ("conv", "lrn", "bn", "scaled", "relu", "logits"):
        plain.OutputNames = fast.OutputNames = layer
        expected = plain.predict(X)
        np.testing.assert_allclose(fast.predict(X), expected, rtol=0, atol=2e-6 * np.abs(expected).max(), err_msg=layer)


def test_what_only_other_outputs_need_is_not_computed(tmp_path):
    net = importNetworkFromONNX(caffe_like(tmp_path / "a.onnx", np.random.default_rng(0)), Optimize=False)
    assert net.OutputNames == ["prob", "relu"]
    net.OutputNames = "relu"
    assert operators(net) == {"Conv": 1, "LRN": 1, "BatchNormalization": 1, "Mul": 1, "Relu": 1}
    net.OutputNames = ["prob", "relu"]
    assert operators(net)["Softmax"] == 1


def test_a_fixed_batch_is_opened_and_rewritten(tmp_path):
    node = helper.make_node("LRN", ["input"], ["normalized"], name="lrn", size=3, alpha=0.1)
    file = networks.save(tmp_path / "a.onnx", [node], {}, {"input": [1, 3, 8, 9]}, {"normalized": [1, 3, 8, 9]})
    check_map(file, (8, 9, 3))


def test_files_with_nothing_to_rewrite_are_opened_as_they_are(tmp_path):
    file = networks.convolutional(tmp_path / "a.onnx", np.random.default_rng(0))
    assert not throughput.may_pay(file)
    assert importNetworkFromONNX(file).network.file.model() == str(file)
    (tmp_path / "empty").write_bytes(b"")
    assert not throughput.may_pay(tmp_path / "empty")
    assert not throughput.may_pay(tmp_path / "absent")


def test_optimize_is_checked(tmp_path):
    file = networks.convolutional(tmp_path / "a.onnx", np.random.default_rng(0))
    with pytest.raises(TypeError, match="Optimize must be true or false, but is 'yes'"):
        importNetworkFromONNX(file, Optimize="yes")
