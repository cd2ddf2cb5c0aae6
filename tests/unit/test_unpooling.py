"""Networks that MATLAB exported with max unpooling layers (SegNet), against a plain max unpooling in NumPy."""

import numpy as np
import onnx
import pytest
from onnx import helper

import networks
import reference
from network_checks import goes_together
from occlusion_sensitivity import importNetworkFromONNX, occlusionSensitivity

RNG = np.random.default_rng(5)
DEPTH, CLASSES = 2, 3


def unpooled(x, size=2, stride=2):
    """Each maximum of a C×H×W array where it was, zero elsewhere: max pooling and unpooling in one."""
    result = np.zeros_like(x)
    for channel, rows, cols in np.ndindex(len(x), *((n - size) // stride + 1 for n in x.shape[1:])):
        row, col = rows * stride, cols * stride
        window = x[channel, row : row + size, col : col + size]
        r, c = np.unravel_index(window.argmax(), window.shape)
        result[channel, row + r, col + c] = window.max()
    return result


def segnet(file, *, size=(7, 8), batch=1, opset=9, inputs=("pool_indices", "pool/size"), pool=None, unpool=None, **how):
    """A pair of pooling layers as MATLAB's exporter writes it, a convolution of one pixel behind it."""
    unpool = unpool or {}
    nodes = [
        helper.make_node("Relu", ["input"], ["relu"], name="relu"),
        helper.make_node(
            "MaxPool",
            ["relu"],
            ["pool_out", "pool_indices"],
            name="pool",
            **(pool or {"kernel_shape": [2, 2], "strides": [2, 2], "pads": [0, 0, 0, 0]}),
        ),
        helper.make_node(
            "MaxUnpool", ["pool_out", *inputs], ["unpool"], name="unpool", domain="com.mathworks", **unpool
        ),
        helper.make_node("Conv", ["unpool", "kernel"], ["score"], name="score"),
    ]
    kernel = {"kernel": np.random.default_rng(3).normal(size=(CLASSES, DEPTH, 1, 1)).astype(np.float32)}
    height, width = size
    networks.save(
        file,
        nodes,
        {**kernel, **how.pop("constants", {})},
        {"input": [batch, DEPTH, height, width]},
        {"score": [batch, CLASSES, height, width]},
        opset=opset,
    )
    model = onnx.load(file)
    model.opset_import.append(helper.make_opsetid("com.mathworks", 1))
    onnx.save(model, file)
    return file


def expected_score(image):
    """(H, W, C) → (1, K, H, W)"""
    kernel = np.random.default_rng(3).normal(size=(CLASSES, DEPTH, 1, 1)).astype(np.float32)
    x = unpooled(np.maximum(image, 0).transpose(2, 0, 1))
    return np.einsum("kc,chw->khw", kernel[:, :, 0, 0], x)[np.newaxis]


@pytest.mark.parametrize("opset", [7, 8, 9, 13, 22])
@pytest.mark.parametrize("batch", [1, "N"])
@pytest.mark.parametrize("optimize", [True, False])
def test_a_segnet_of_matlab(tmp_path, opset, batch, optimize):
    net = importNetworkFromONNX(segnet(tmp_path / "net.onnx", batch=batch, opset=opset), Optimize=optimize)
    X = np.random.default_rng(1).normal(size=(7, 8, DEPTH)).astype(np.float32)
    np.testing.assert_allclose(net.predict(X), expected_score(X)[0].transpose(1, 2, 0), rtol=1e-5, atol=1e-6)
    expected = reference.score_map(expected_score, X, [1, 3])
    found = occlusionSensitivity(net, X, [1, 3])
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * np.ptp(expected))
    assert goes_together(net)


def test_images_of_any_size(tmp_path):
    net = importNetworkFromONNX(segnet(tmp_path / "net.onnx", size=("H", "W"), batch="N"))
    for size in ((7, 8), (6, 5)):
        X = np.random.default_rng(1).normal(size=(*size, DEPTH)).astype(np.float32)
        np.testing.assert_allclose(net.predict(X), expected_score(X)[0].transpose(1, 2, 0), rtol=1e-5, atol=1e-6)


def test_layers_around_the_unpooling(tmp_path):
    net = importNetworkFromONNX(segnet(tmp_path / "net.onnx"))
    assert [layer.Type for layer in net.Layers[1:]] == ["Relu", "MaxPool", "MaxUnpool", "Conv"]
    X = np.random.default_rng(1).normal(size=(7, 8, DEPTH)).astype(np.float32)
    x = np.maximum(X, 0).transpose(2, 0, 1)
    for name, expected in (("unpool", unpooled(x)), ("relu", x)):
        net.OutputNames = name
        np.testing.assert_array_equal(net.predict(X), expected.transpose(1, 2, 0))
    net.OutputNames = "pool"
    assert net.OutputNames == ["pool_out"]


SIZE = {"constants": {"size": np.array([1, DEPTH, 8, 8], dtype=np.int64)}, "size": (8, 8)}
KERNEL = {"kernel_shape": [2, 2], "strides": [2, 2]}


@pytest.mark.parametrize(
    "how",
    [
        {"inputs": ["pool_indices"]},
        {"inputs": ["pool_indices"], "unpool": {**KERNEL, "pads": [0, 0, 0, 0]}},
        {"inputs": ["pool_indices", "size"], **SIZE},
        {"inputs": ["pool_indices", "size"], "unpool": KERNEL, **SIZE},
        {"inputs": ["pool_indices", ""]},
    ],
)
def test_forms_that_say_the_same(tmp_path, how):
    net = importNetworkFromONNX(segnet(tmp_path / "net.onnx", **how))
    X = np.random.default_rng(1).normal(size=(*how.get("size", (7, 8)), DEPTH)).astype(np.float32)
    np.testing.assert_allclose(net.predict(X), expected_score(X)[0].transpose(1, 2, 0), rtol=1e-5, atol=1e-6)


def test_indices_of_another_node_with_a_kernel(tmp_path):
    indices = {"own": np.arange(0, DEPTH * 64, 4, dtype=np.int64).reshape(1, DEPTH, 4, 4)}
    file = segnet(tmp_path / "net.onnx", size=(8, 8), inputs=["own"], constants=indices, unpool=KERNEL)
    net = importNetworkFromONNX(file)
    net.OutputNames = "unpool"
    X = np.random.default_rng(1).normal(size=(8, 8, DEPTH)).astype(np.float32)
    pooled = np.maximum(X, 0).transpose(2, 0, 1).reshape(DEPTH, 4, 2, 4, 2).max(axis=(2, 4))
    expected = np.zeros(DEPTH * 64, np.float32)
    expected[::4] = pooled.ravel()
    np.testing.assert_array_equal(net.predict(X), expected.reshape(DEPTH, 8, 8).transpose(1, 2, 0))


def test_padded_pooling(tmp_path):
    pool = {"kernel_shape": [2, 2], "strides": [2, 2], "pads": [1, 0, 0, 0]}
    net = importNetworkFromONNX(segnet(tmp_path / "net.onnx", pool=pool))
    net.OutputNames = "unpool"
    X = np.random.default_rng(1).random((7, 8, DEPTH)).astype(np.float32)
    padded = unpooled(np.pad(X.transpose(2, 0, 1), ((0, 0), (1, 0), (0, 0))))
    np.testing.assert_array_equal(net.predict(X), padded[:, 1:].transpose(1, 2, 0))


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (
            {"inputs": ["pool/indices", "pool/size"]},
            r"net\.onnx cannot be opened as an ONNX network: The size of what MaxUnpool 'unpool' gives must be known",
        ),
        ({"inputs": []}, "MaxUnpool 'unpool' must have a tensor and its indices as inputs"),
        (
            {"pool": {"kernel_shape": [2, 2], "strides": [2, 2], "storage_order": 1}},
            "The indices of MaxUnpool 'unpool' must go along the rows",
        ),
    ],
)
@pytest.mark.parametrize("optimize", [True, False])
def test_where_the_size_is_not_known(tmp_path, how, message, optimize):
    with pytest.raises(ValueError, match=message) as error:
        importNetworkFromONNX(segnet(tmp_path / "net.onnx", **how), Optimize=optimize)
    assert "Operators that ONNX does not have" not in str(error.value)


def test_other_operators_of_matlab_are_named(tmp_path):
    file = segnet(tmp_path / "net.onnx")
    model = onnx.load(file)
    model.graph.node[0].domain, model.graph.node[0].op_type = "com.mathworks", "Placeholder"
    onnx.save(model, file)
    with pytest.raises(ValueError, match=r"Operators that ONNX does not have: com\.mathworks\.Placeholder\.$"):
        importNetworkFromONNX(file)


# What stands in the way of opset 9 ------------------------------------------------------------------------------------


def with_batch_normalization(file, spatial):
    size = (DEPTH,) if spatial else (DEPTH, 7, 8)
    rng = np.random.default_rng(4)
    names = ("scale", "bias", "mean", "variance")
    segnet(file, opset=8, constants={name: rng.random(size).astype(np.float32) + 0.5 for name in names})
    model = onnx.load(file)
    nodes = list(model.graph.node)
    nodes[0].output[0] = "rectified"
    nodes.insert(1, helper.make_node("BatchNormalization", ["rectified", *names], ["relu"], name="bn", spatial=spatial))
    nodes.insert(2, helper.make_node("Upsample", ["relu"], ["larger"], scales=[1.0, 1.0, 2.0, 1.0]))
    nodes[3].input[0] = "larger"
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    model.graph.output[0].type.tensor_type.shape.dim[2].dim_value = 14
    onnx.save(model, file)
    weights = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    return [weights[name][:, np.newaxis, np.newaxis] for name in names] if spatial else None


def test_attributes_that_opset_9_no_longer_has(tmp_path):
    scale, bias, mean, variance = with_batch_normalization(tmp_path / "net.onnx", 1)
    net = importNetworkFromONNX(tmp_path / "net.onnx")
    net.OutputNames = "unpool"
    X = np.random.default_rng(1).normal(size=(7, 8, DEPTH)).astype(np.float32)
    x = (np.maximum(X, 0).transpose(2, 0, 1) - mean) / np.sqrt(variance + 1e-5) * scale + bias
    expected = unpooled(np.repeat(x, 2, axis=1)).transpose(1, 2, 0)
    np.testing.assert_allclose(net.predict(X), expected, rtol=1e-5, atol=1e-6)


def test_a_statistic_per_pixel_is_refused(tmp_path):
    with_batch_normalization(tmp_path / "net.onnx", 0)
    with pytest.raises(ValueError, match="BatchNormalization 'bn' must have a statistic for each channel, but"):
        importNetworkFromONNX(tmp_path / "net.onnx")
