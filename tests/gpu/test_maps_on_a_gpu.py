"""Whole maps on the device: against the plain reference, and against the CPU for every kind of network."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import networks
import reference
from network_checks import goes_together
from occlusion_sensitivity import explain, importNetworkFromONNX, imresize, occlusionSensitivity
from occlusion_sensitivity import matlab as m
from parity.test_maps import random_case

# Of the range of the map. A GPU adds the products of a convolution in another order; the CPU's own bound is 1e-5.
TOLERANCE = 1e-4


def on_gpu(*arguments, **options):
    return occlusionSensitivity(*arguments, **options, ExecutionEnvironment="gpu")


def on_cpu(*arguments, **options):
    return occlusionSensitivity(*arguments, **options, ExecutionEnvironment="cpu")


def assert_close(found, expected, **how):
    assert type(found) is np.ndarray
    assert found.dtype == np.float32
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=0, atol=TOLERANCE * np.ptp(expected), **how)


@pytest.mark.parity
@pytest.mark.parametrize("name", ["digits", "cifar", "vww"])
@pytest.mark.parametrize("seed", range(1000, 1010))
def test_map_equals_the_reference(device, real_networks, name, seed):
    real = real_networks[name]
    X, channels, typed, plain = random_case([seed, len(name)], real)
    expected = reference.score_map(real.score, X, channels, **plain)
    assert_close(on_gpu(real.net, X, channels, **typed), expected, err_msg=f"seed {seed}: {typed} {channels}")


def save_of_class(file, element, kind):
    """Flatten, then a product in single; a network that takes and, for floats, gives another class."""
    weight = np.random.default_rng(0).normal(size=(30, 2)).astype(np.float32)
    nodes = [
        helper.make_node("Flatten", ["input"], ["flat"]),
        helper.make_node("Cast", ["flat"], ["single"], to=TensorProto.FLOAT),
        helper.make_node("MatMul", ["single", "weight"], ["score"]),
    ]
    networks.save(file, nodes, {"weight": weight}, {"input": ["N", 1, 6, 5]}, {"score": ["N", 2]})
    model = onnx.load(file)
    model.graph.input[0].type.tensor_type.elem_type = element
    if kind == "f":
        model.graph.node[2].output[0] = "product"
        model.graph.node.append(helper.make_node("Cast", ["product"], ["score"], to=element))
        model.graph.output[0].type.tensor_type.elem_type = element
    onnx.save(model, file)
    return file


@pytest.mark.parametrize(
    ("element", "kind"),
    [(TensorProto.FLOAT16, "f"), (TensorProto.DOUBLE, "f"), (TensorProto.UINT8, "i"), (TensorProto.INT8, "i")],
)
def test_networks_of_other_classes(device, tmp_path, element, kind):
    net = importNetworkFromONNX(save_of_class(tmp_path / "net.onnx", element, kind))
    X = np.random.default_rng(1).random((6, 5)) * 300 - 100
    how = {"MaskSize": 2, "Stride": 1, "MaskValue": 3.5, "OutputUpsampling": "none"}
    # Half precision has 11 bits, and both sides round at the same places but for a sum's order.
    bound = 2e-3 if element == TensorProto.FLOAT16 else TOLERANCE
    expected = on_cpu(net, X, [1, 2], **how)
    assert np.ptp(expected) > 0
    np.testing.assert_allclose(on_gpu(net, X, [1, 2], **how), expected, rtol=0, atol=bound * np.ptp(expected))


def unknown_shape(file):
    """An output whose shape only the run knows: the nonzero pixels of each image are kept in place by a Where."""
    nodes = [
        helper.make_node("Shape", ["input"], ["shape"]),
        helper.make_node("ConstantOfShape", ["shape"], ["zeros"]),
        helper.make_node("Max", ["input", "zeros"], ["score"]),
    ]
    return networks.save(file, nodes, {}, {"input": ["N", 2, 6, 5]}, {"score": None})


RNG = np.random.default_rng(7)
KINDS = {
    "open batch": lambda file: networks.convolutional(file, RNG, size=(12, 10)),
    "batch of one": lambda file: networks.convolutional(file, RNG, size=(12, 10), batch=1, reshape=[1, -1]),
    "batch of three": lambda file: networks.convolutional(file, RNG, size=(12, 10), batch=3),
    "channels last": lambda file: networks.channels_last(file, RNG),
    "spatial output": lambda file: networks.spatial(file, RNG),
    "images that mix": networks.batch_mixing,
    "unknown shape": unknown_shape,
}
SIZES = {
    "channels last": (9, 11, 3),
    "spatial output": (7, 8, 2),
    "images that mix": (5, 6),
    "unknown shape": (6, 5, 2),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mini_batch_size", [1, 5, 128])
def test_every_kind_of_network(device, tmp_path, kind, mini_batch_size):
    net = importNetworkFromONNX(KINDS[kind](tmp_path / "net.onnx"))
    X = np.random.default_rng(5).normal(size=SIZES.get(kind, (12, 10, 3))).astype(np.float32)
    how = {"MaskSize": [3, 4], "Stride": [2, 3], "OutputUpsampling": "none", "MiniBatchSize": mini_batch_size}
    assert_close(on_gpu(net, X, [1, 2], **how), on_cpu(net, X, [1, 2], **how))
    assert net.network.on(device).device is device
    assert goes_together(net, device) == (kind != "images that mix" and mini_batch_size > 1)


def test_an_inner_layer(device, tmp_path):
    net = importNetworkFromONNX(networks.convolutional(tmp_path / "net.onnx", RNG))
    net.OutputNames = "pool"
    X = RNG.random((12, 10, 3))
    assert_close(on_gpu(net, X, [1, 6], OutputUpsampling="nearest"), on_cpu(net, X, [1, 6], OutputUpsampling="nearest"))


def test_the_normalisation_of_an_input_layer(device, tmp_path):
    layer = m.imageInputLayer([12, 10, 3], Normalization="zscore", Mean=[1, 2, 3], StandardDeviation=[2, 3, 4])
    net = importNetworkFromONNX(networks.convolutional(tmp_path / "net.onnx", RNG), InputLayer=layer)
    X = RNG.random((12, 10, 3))
    assert_close(on_gpu(net, X, 1), on_cpu(net, X, 1))


def test_arrays_of_the_gpu_go_in_everywhere(device, real_networks):
    real = real_networks["cifar"]
    net = real.net
    X = np.random.default_rng(3).random(real.input_size, dtype=np.float32)
    there = m.gpuArray(X)
    assert not isinstance(there, np.ndarray)
    np.testing.assert_array_equal(m.gather(there), X)
    expected = on_cpu(net, X, 3)
    for environment in ("auto", "gpu", "cpu"):
        assert_close(occlusionSensitivity(net, there, 3, ExecutionEnvironment=environment), expected)
    scores = m.predict(net, m.single(there))
    assert type(scores) is np.ndarray
    np.testing.assert_allclose(scores, m.predict(net, X), rtol=0, atol=1e-5)
    np.testing.assert_allclose(
        m.predict(m.DAGNetwork(net, Classes=[str(k) for k in range(10)]), there), scores, atol=1e-5
    )
    assert m.scores2label(m.gpuArray(scores), range_names := [f"class {k}" for k in range(10)])[0] in range_names


def test_minibatchpredict(device, real_networks):
    real = real_networks["cifar"]
    images = np.random.default_rng(3).random((*real.input_size, 5), dtype=np.float32)
    expected = m.minibatchpredict(real.net, images)
    for size in (1, 2, 128):
        found = m.minibatchpredict(real.net, m.gpuArray(images), MiniBatchSize=size)
        assert type(found) is np.ndarray
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


def test_casts_stay_on_the_gpu(device):
    values = [-3.0, 0.5, 2.5, 300.0, np.nan]
    for cast in (m.single, m.double, m.uint8):
        found = cast(m.gpuArray(values))
        assert not isinstance(found, np.ndarray)
        np.testing.assert_array_equal(m.gather(found), cast(values))
        assert found.dtype == cast(values).dtype


def test_functions_of_the_host_take_arrays_of_the_gpu(device):
    values = np.array([[0.0, 2.0], [4.0, 8.0]])
    there = m.gpuArray(values)
    assert m.find(there).tolist() == [2, 3, 4]
    for function in (m.rescale, m.mat2gray):
        np.testing.assert_array_equal(function(there), function(values))
    np.testing.assert_array_equal(imresize(values, m.gpuArray([4, 3])), imresize(values, [4, 3]))


def test_what_is_no_array_of_numbers(device):
    for bad in ("photo.png", [[1, 2], [3]], None):
        with pytest.raises(TypeError, match="^X must be an array of real numbers"):
            m.gpuArray(bad)
    complex_numbers = m.gpuArray(np.zeros((2, 2))).astype(np.complex64)
    for function in (m.gpuArray, m.single, m.double, m.uint8, m.find):
        with pytest.raises(TypeError, match="^X must be an array of real numbers"):
            function(complex_numbers)
    with pytest.raises(TypeError, match="^A must be an array of"):
        imresize(complex_numbers, 2)


def test_images_of_another_size(device, real_networks):
    with pytest.raises(ValueError, match="^X must be 32×32×3, the input size of net"):
        on_gpu(real_networks["cifar"].net, m.gpuArray(np.zeros((32, 30, 3))), 1)


def test_threads_share_a_network(device, tmp_path):
    net = importNetworkFromONNX(networks.convolutional(tmp_path / "net.onnx", RNG))
    images = [np.random.default_rng(k).random((12, 10, 3), dtype=np.float32) for k in range(4)]
    expected = [on_cpu(net, X, 1) for X in images]
    with ThreadPoolExecutor(4) as pool:
        for found, one in zip(pool.map(lambda X: on_gpu(net, X, 1), images), expected, strict=True):
            assert_close(found, one)


def test_a_photograph_is_explained_on_the_device(device, tmp_path):
    net = importNetworkFromONNX(networks.convolutional(tmp_path / "net.onnx", np.random.default_rng(0)))
    photograph = np.random.default_rng(1).integers(0, 256, (60, 40, 3)).astype(np.uint8)
    found, expected = (
        explain(photograph, net, channel=[2, 4], pixel_range=1, ExecutionEnvironment=where) for where in ("gpu", "cpu")
    )
    assert_close(found.map, expected.map)
    assert_close(found.grid, expected.grid)
