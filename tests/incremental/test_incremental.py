"""Incremental inference: when it is used, and what a network says of it."""

import dataclasses
import multiprocessing
import pickle
import re
import tempfile
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files

import numpy as np
import pytest
from onnx import helper

import networks
from incremental_checks import OPTIONS, X, all_stages, are_equal, both, convolutional, listen, maps, reasons
from occlusion_sensitivity import (
    imagePretrainedNetwork,
    importNetworkFromONNX,
    imread,
    imresize,
    inference,
    occlusionSensitivity,
)
from occlusion_sensitivity.incremental.divided import DividedNetwork


@pytest.mark.parametrize("clipping", ["on", "off"])
def test_the_embedded_network(caplog, clipping):
    """Bit for bit, and it is incremental."""
    listen(caplog)
    coffee = imresize(imread(files("occlusion_sensitivity") / "data" / "coffee.jpg"), [224, 224])
    nets = [imagePretrainedNetwork(*inference)[0] for inference in ((), ("efficientnet-lite0", "Inference", "incr"))]
    expected, found = (occlusionSensitivity(net, coffee, [968, 505], MaskClipping=clipping) for net in nets)
    np.testing.assert_array_equal(found, expected)
    assert inference.state(nets[1].network).gain > 1.3
    assert reasons(caplog) == []


@pytest.mark.parametrize("batch", ["N", 1])
@pytest.mark.parametrize("spatial", [False, True])
def test_it_is_incremental(tmp_path, monkeypatch, caplog, batch, spatial):
    all_stages(monkeypatch)
    listen(caplog)
    file = convolutional(tmp_path, batch=batch)
    nets = both(file)
    if spatial:
        for net in nets:
            net.OutputNames = "relu"
    found = [occlusionSensitivity(net, X, 1, **OPTIONS) for net in nets]
    assert are_equal(*found)
    assert reasons(caplog) == []


def test_maps_of_several_images_and_sizes(tmp_path, monkeypatch, caplog):
    """One network, images of changing sizes, masks of changing sizes."""
    all_stages(monkeypatch)
    listen(caplog)
    file = networks.fully_convolutional(tmp_path / "network.onnx", np.random.default_rng(0))
    nets = both(file)
    rng = np.random.default_rng(2)
    ways = [((20, 24), 5, 3), ((20, 24), 9, 2), ((31, 17), 5, 3), ((20, 24), 5, 3), ((20, 24), 1, 7)]
    for size, mask, stride in ways:
        image = rng.uniform(0, 255, (*size, 3)).astype(np.float32)
        found = [occlusionSensitivity(net, image, [1, 2], MaskSize=mask, Stride=stride) for net in nets]
        assert are_equal(*found), (size, mask, stride)
    assert reasons(caplog) == []


def test_masks_that_differ_from_image_to_image_are_divided_for_once(tmp_path, monkeypatch):
    """Where they change nothing, masks are left out: in a black frame, if they are black."""
    divisions = []
    divide = DividedNetwork.__init__
    monkeypatch.setattr(DividedNetwork, "__init__", lambda *given: divisions.append(1) or divide(*given))
    for pays in (False, True):
        divisions.clear()
        if pays:
            all_stages(monkeypatch)
        net = importNetworkFromONNX(convolutional(tmp_path), Inference="incremental")
        for rows in range(2, 8):
            image = X.copy()
            image[:rows] = 0
            occlusionSensitivity(net, image, 1, MaskValue=0, **OPTIONS)
        assert len(divisions) == 1


def test_nothing_is_left_behind(tmp_path, monkeypatch):
    """Neither files, nor a second session for networks that do not say how many channels they give."""
    all_stages(monkeypatch)
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    constants = {"kernel": np.random.default_rng(0).normal(size=(300, 3, 9, 9)).astype(np.float32)}  # a large one
    nodes = [
        helper.make_node("Conv", ["image", "kernel"], ["y"], pads=[4, 4, 4, 4]),
        helper.make_node("GlobalAveragePool", ["y"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"]),
        helper.make_node("Shape", ["flat"], ["shape"]),
        helper.make_node("Reshape", ["flat", "shape"], ["score"]),
    ]
    outputs = {"score": ["N", "channels"]}
    file = networks.save(tmp_path / "n.onnx", nodes, constants, {"image": ["N", 3, 24, 20]}, outputs)
    net = importNetworkFromONNX(file, Inference="incremental")
    for _ in range(2):
        occlusionSensitivity(net, X, 1, **OPTIONS)
        assert list(folder.iterdir()) == []
        assert net.network.places.on(net.network.device).session._as_it_is is None


@pytest.mark.parametrize("mini_batch", [1, 2, 3, 128])
def test_mini_batches(tmp_path, monkeypatch, caplog, mini_batch):
    all_stages(monkeypatch)
    listen(caplog)
    file = convolutional(tmp_path)
    found = maps(file, X, {**OPTIONS, "MiniBatchSize": mini_batch})
    assert are_equal(*found)
    assert reasons(caplog) == []


def test_the_weights_are_held_once(tmp_path, monkeypatch):
    all_stages(monkeypatch)
    net = importNetworkFromONNX(convolutional(tmp_path), Inference="incremental")
    occlusionSensitivity(net, X, 1, **OPTIONS)
    session = net.network.places.on(net.network.device).session
    assert session._as_it_is is None
    assert session._with_open_batch is None
    assert net.predict(X).shape == (1, 4)  # it is opened again


def flattened(tmp_path):
    return networks.linear(tmp_path / "network.onnx", np.random.default_rng(0).normal(size=(2, 24, 20, 3)))


def squeezed(tmp_path):
    """Squeeze and excite first of all: everything reaches everywhere."""
    nodes = [
        helper.make_node("GlobalAveragePool", ["image"], ["mean"]),
        helper.make_node("Mul", ["image", "mean"], ["scaled"]),
        helper.make_node("Flatten", ["scaled"], ["score"], axis=1),
    ]
    return networks.save(tmp_path / "network.onnx", nodes, {}, {"image": ["N", 3, 24, 20]}, {"score": ["N", 1440]})


def mixing(tmp_path):
    nodes = [
        helper.make_node("Conv", ["image", "kernel"], ["conv"]),
        helper.make_node("Flatten", ["conv"], ["flat"], axis=1),
        helper.make_node("Softmax", ["flat"], ["score"], axis=0),
    ]
    constants = {"kernel": np.random.default_rng(0).normal(size=(2, 3, 3, 3)).astype(np.float32)}
    return networks.save(
        tmp_path / "network.onnx", nodes, constants, {"image": ["N", 3, 24, 20]}, {"score": ["N", 792]}
    )


@pytest.mark.parametrize(
    ("network", "reason"),
    [
        (flattened, "it begins with Flatten"),
        (squeezed, "it begins with GlobalAveragePool"),
        (mixing, "not seen to go through it together"),
    ],
)
def test_networks_that_are_evaluated_exhaustively(tmp_path, monkeypatch, caplog, network, reason):
    all_stages(monkeypatch)
    listen(caplog)
    exhaustive, incremental = maps(network(tmp_path), X, OPTIONS)
    np.testing.assert_array_equal(exhaustive, incremental)
    (said,) = reasons(caplog)
    assert reason in said


def test_channels_last(tmp_path, monkeypatch, caplog):
    listen(caplog)
    file = networks.channels_last(tmp_path / "network.onnx", np.random.default_rng(0), size=(24, 20))
    found = maps(file, X, OPTIONS)
    np.testing.assert_array_equal(*found)
    assert "N×H×W×C" in reasons(caplog)[0]


def test_channels_last_and_a_transposition_first(tmp_path, monkeypatch, caplog):
    all_stages(monkeypatch)
    listen(caplog)
    file = networks.transposed_first(tmp_path / "network.onnx", np.random.default_rng(0))
    image = X * np.array([1, 2, 3], dtype=np.float32)
    exhaustive, incremental = maps(file, image, {**OPTIONS, "MaskValue": [0.1, 0.2, 0.3]})
    assert are_equal(exhaustive, incremental)
    assert np.ptp(exhaustive) > 0.1
    assert reasons(caplog) == []


def test_a_plan_that_does_not_pay(tmp_path, caplog):
    """Masks as large as the image."""
    listen(caplog)
    found = maps(convolutional(tmp_path), X, {**OPTIONS, "MaskSize": [24, 20]})
    np.testing.assert_array_equal(*found)
    assert "times as fast" in reasons(caplog)[0]


def test_masks_for_which_other_stages_are_best(tmp_path, caplog, monkeypatch):
    """Those that are open are the best for small masks; large ones would be exhaustive with them."""
    listen(caplog)
    net = importNetworkFromONNX(convolutional(tmp_path), Inference="incremental")
    asked = []
    planned = DividedNetwork.planned

    def with_gains(divided, boxes, threads, count=None):
        plan = planned(divided, boxes, threads, count)
        mask = int((boxes[:, 1] - boxes[:, 0]).max())
        asked.append((mask, count))
        gain = 2.0 if mask == 5 else 0.9 if count else 1.5
        return dataclasses.replace(plan, seconds=1.0, exhaustive_seconds=gain)

    monkeypatch.setattr(DividedNetwork, "planned", with_gains)
    for mask in (5, 9, 9):
        occlusionSensitivity(net, X, 1, MaskSize=mask, Stride=4)
    assert reasons(caplog) == []
    of_large = [count is None for mask, count in asked if mask == 9]
    assert of_large[:2] == [False, True]
    assert inference.state(net.network).gain == 1.5


def test_what_net_says(tmp_path, monkeypatch):
    net = importNetworkFromONNX(convolutional(tmp_path), Inference="incremental")
    words = r"exhaustive with the default masks, as 0\.\d+ times as fast is expected"
    assert re.fullmatch(rf"    Inference: incremental \({words}\)", repr(net).splitlines()[-1])
    assert occlusionSensitivity(net, X, 1, **OPTIONS).shape == (12, 10)
    of_any_size = networks.fully_convolutional(tmp_path / "any.onnx", np.random.default_rng(0))
    of_any_size = importNetworkFromONNX(of_any_size, Inference="incremental")
    assert repr(of_any_size).splitlines()[-1] == "    Inference: incremental (not planned before the first map)"
    all_stages(monkeypatch)
    net = importNetworkFromONNX(convolutional(tmp_path), Inference="incremental")
    assert "times as fast expected with the default masks" in repr(net)
    occlusionSensitivity(net, X, 1, **OPTIONS)
    assert re.fullmatch(
        r"    Inference: incremental \(\d+\.\d times as fast expected with the last masks\)", repr(net).splitlines()[-1]
    )
    other = importNetworkFromONNX(flattened(tmp_path), Inference="incremental")
    occlusionSensitivity(other, X, 1, **OPTIONS)
    assert repr(other).splitlines()[-1] == "    Inference: incremental (exhaustive, as it begins with Flatten)"
    assert "Inference" not in repr(importNetworkFromONNX(convolutional(tmp_path)))


def test_what_net_says_of_outputs_and_of_images_that_do_not_go_together(tmp_path, monkeypatch):
    all_stages(monkeypatch)
    net = importNetworkFromONNX(convolutional(tmp_path), Inference="incremental")
    net.OutputNames = ["relu", "prob"]
    assert repr(net).endswith("    Inference: incremental (once one of its outputs is chosen)")
    net = importNetworkFromONNX(mixing(tmp_path), Inference="incremental")
    occlusionSensitivity(net, X, 1, **OPTIONS)
    assert "exhaustive, as its images were not seen to go through it together" in repr(net)


def test_several_threads_on_one_network(tmp_path, monkeypatch, caplog):
    """Images of two sizes, masks of two sizes, mini-batches: each map is what it is alone."""
    all_stages(monkeypatch)
    listen(caplog)
    file = networks.fully_convolutional(tmp_path / "network.onnx", np.random.default_rng(0))
    exhaustive, incremental = both(file)
    rng = np.random.default_rng(3)
    calls = []
    for k in range(24):
        image = rng.uniform(0, 255, ((20, 24, 3), (31, 17, 3))[k // 2 % 2]).astype(np.float32)
        calls.append((image, {"MaskSize": 4 + k % 2, "Stride": 3, "MiniBatchSize": (1, 7, 128)[k % 3]}))
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda call: occlusionSensitivity(incremental, call[0], [1, 2], **call[1]), calls))
    for (image, how), score_map in zip(calls, found, strict=True):
        assert are_equal(occlusionSensitivity(exhaustive, image, [1, 2], **how), score_map)
    assert reasons(caplog) == []


def test_masks_that_do_not_pay_are_planned_once(tmp_path, monkeypatch):
    net = importNetworkFromONNX(convolutional(tmp_path), Inference="incremental")
    occlusionSensitivity(net, X, 1, MaskSize=[24, 20], Stride=3)
    monkeypatch.setattr(inference, "DividedNetwork", None)
    occlusionSensitivity(net, X, 1, MaskSize=[24, 20], Stride=3)
    assert "exhaustive with the last masks" in repr(net)


def test_it_goes_on_in_a_forked_process(tmp_path, monkeypatch):
    all_stages(monkeypatch)
    net = importNetworkFromONNX(convolutional(tmp_path), Inference="incremental")
    INHERITED.append(net)
    expected = occlusionSensitivity(net, X, 1, **OPTIONS)
    with multiprocessing.get_context("fork").Pool(1) as pool:
        found, is_incremental = pool.apply(in_a_fork)
    np.testing.assert_array_equal(found, expected)
    assert is_incremental


INHERITED = []


def in_a_fork():
    net = INHERITED.pop()
    return occlusionSensitivity(net, X, 1, **OPTIONS), inference.state(net.network)._sessions is not None


def test_it_travels(tmp_path):
    net = importNetworkFromONNX(convolutional(tmp_path), "inference", "inc")
    assert net.network.inference == "incremental"
    assert pickle.loads(pickle.dumps(net)).network.inference == "incremental"
    net.OutputNames = "relu"
    assert net.network.inference == "incremental"


@pytest.mark.parametrize("value", ["fast", 1, None])
def test_what_is_no_inference(tmp_path, value):
    with pytest.raises((TypeError, ValueError), match="Inference must be one of exhaustive, incremental"):
        importNetworkFromONNX(convolutional(tmp_path), Inference=value)
