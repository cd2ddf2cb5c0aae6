"""Incremental inference: the geometry, the kernel, when it is used, and what a network says of it."""

import multiprocessing
import pickle
import re
from importlib.resources import files

import numpy as np
import pytest
from onnx import helper

import networks
import reference
from incremental_checks import all_stages, are_equal, listen, maps, reasons
from occlusion_sensitivity import (
    imagePretrainedNetwork,
    importNetworkFromONNX,
    imread,
    imresize,
    inference,
    occlusionSensitivity,
)
from occlusion_sensitivity.devices.cpu import cut_crops
from occlusion_sensitivity.incremental.divided import DividedNetwork
from occlusion_sensitivity.incremental.positions import Extent, Window


@pytest.mark.parametrize("seed", range(200))
def test_reach_of_several_windows(seed):
    """No position that a changed pixel reaches is left out; of windows without gaps none is too many."""
    rng = np.random.default_rng(seed)
    length = int(rng.integers(5, 40))
    start = int(rng.integers(0, length))
    end = int(rng.integers(start + 1, length + 1))
    changed = [start <= position < end for position in range(length)]
    extent, has_gaps = Extent(), False
    for _ in range(rng.integers(1, 4)):
        kernel, stride, dilation = int(rng.integers(1, 5)), int(rng.integers(1, 4)), int(rng.integers(1, 3))
        span = (kernel - 1) * dilation + 1
        before, after = (int(n) for n in rng.integers(0, span, 2))
        if length + before + after < span:
            continue
        length_out = (length + before + after - span) // stride + 1
        has_gaps |= dilation > 1 or stride > span
        changed = reference.reached(changed, kernel, stride, dilation, before, length_out)
        extent = extent.through(Window(kernel, stride, dilation, before, length, length_out))
        length = length_out
        first, last = extent.reach(np.array([start]), np.array([end]), length)
        reached = [first[0] <= position < last[0] for position in range(length)]
        assert all(found for found, is_changed in zip(reached, changed, strict=True) if is_changed), seed
        # Clipping on the way makes the true reach smaller at most.
        if not has_gaps and any(changed) and not changed[0] and not changed[-1]:
            assert reached == changed, seed


@pytest.mark.parametrize("seed", range(100))
def test_crops(seed):
    rng = np.random.default_rng(seed)
    planes, rows, cols, depth = (int(n) for n in rng.integers(1, 7, 4))
    count = int(rng.integers(0, 4))
    whole = rng.normal(size=(planes, rows, cols, depth)).astype(np.float32)
    ends = [np.sort(rng.integers(0, n + 1, (count, 2)), axis=1) for n in (rows, cols)]
    boxes = np.concatenate(ends, axis=1).astype(np.int32)
    origins = (boxes[:, [0, 2]] - rng.integers(0, 3, (count, 2))).astype(np.int32)
    patch_size = [int(max((boxes[:, 2 * axis + 1] - origins[:, axis]).max(initial=0), 1)) for axis in (0, 1)]
    is_shared = bool(rng.random() < 0.3) or count == 1
    patches = rng.normal(size=(1 if is_shared else count, planes, *patch_size, depth)).astype(np.float32)
    size = [int(n) for n in rng.integers(0, 12, 2)]
    starts = rng.integers(-8, 8, (count, 2)).astype(np.int32)
    crops = np.full((count, planes, *size, depth), np.nan, dtype=np.float32)
    cut_crops(whole, patches, origins, boxes, starts, -7.0, crops)
    for k in range(count):
        patch = patches[0 if is_shared else k]
        expected = reference.crop(whole, patch, origins[k], boxes[k], starts[k], size, -7.0)
        np.testing.assert_array_equal(crops[k], expected, err_msg=f"seed {seed}, crop {k}")


def arguments(**changes):
    given = {
        "whole": np.zeros((2, 5, 6, 3), dtype=np.float32),
        "patches": np.zeros((4, 2, 2, 2, 3), dtype=np.float32),
        "origins": np.ones((4, 2), dtype=np.int32),
        "pasted": np.tile(np.array([1, 3, 1, 3], dtype=np.int32), (4, 1)),
        "starts": np.zeros((4, 2), dtype=np.int32),
        "fill": 0.0,
        "crops": np.zeros((4, 2, 3, 3, 3), dtype=np.float32),
    }
    return tuple({**given, **changes}.values())


@pytest.mark.parametrize(
    "changes",
    [
        {"whole": np.zeros((2, 5, 6), dtype=np.float32)},
        {"patches": np.zeros((3, 2, 2, 2, 3), dtype=np.float32)},
        {"patches": np.zeros((4, 1, 2, 2, 3), dtype=np.float32)},
        {"crops": np.zeros((4, 2, 3, 3, 2), dtype=np.float32)},
        {"crops": np.zeros((4, 2, 3, 3), dtype=np.float32)},
        {"origins": np.zeros((3, 2), dtype=np.int32)},
        {"origins": np.full((4, 2), 2, dtype=np.int32)},
        {"origins": np.full((4, 2), -(2**31), dtype=np.int32)},
        {"pasted": np.tile(np.array([1, 4, 1, 3], dtype=np.int32), (4, 1))},
        {"pasted": np.tile(np.array([1, 3, 1, 7], dtype=np.int32), (4, 1))},
        {"pasted": np.zeros((4, 3), dtype=np.int32)},
        {"starts": np.full((4, 2), 2**31 - 1, dtype=np.int32)},
        {"starts": np.zeros((4, 1), dtype=np.int32)},
    ],
)
def test_crops_outside_of_what_is_there(changes):
    cut_crops(*arguments())
    with pytest.raises(ValueError, match="must"):
        cut_crops(*arguments(**changes))


# When it is used -----------------------------------------------------------------------------------------------------


def convolutional(tmp_path, **how):
    return networks.convolutional(tmp_path / "network.onnx", np.random.default_rng(0), size=(24, 20), **how)


X = np.random.default_rng(1).uniform(size=(24, 20, 3)).astype(np.float32)
OPTIONS = {"MaskSize": 4, "Stride": 2, "OutputUpsampling": "none"}


@pytest.mark.parametrize("clipping", ["on", "off"])
def test_the_embedded_network(clipping):
    """Bit for bit, and it is incremental."""
    coffee = imresize(imread(files("occlusion_sensitivity") / "data" / "coffee.jpg"), [224, 224])
    nets = [imagePretrainedNetwork(*inference)[0] for inference in ((), ("efficientnet-lite0", "Inference", "incr"))]
    expected, found = (occlusionSensitivity(net, coffee, [968, 505], MaskClipping=clipping) for net in nets)
    np.testing.assert_array_equal(found, expected)
    net = nets[1]
    assert inference.state(net.network).gain > 1.3


@pytest.mark.parametrize("batch", ["N", 1])
@pytest.mark.parametrize("spatial", [False, True])
def test_it_is_incremental(tmp_path, monkeypatch, caplog, batch, spatial):
    all_stages(monkeypatch)
    listen(caplog)
    file = convolutional(tmp_path, batch=batch)
    nets = [importNetworkFromONNX(file, Inference=how) for how in ("exhaustive", "incremental")]
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
    nets = [importNetworkFromONNX(file, Inference=how) for how in ("exhaustive", "incremental")]
    rng = np.random.default_rng(2)
    ways = [((20, 24), 5, 3), ((20, 24), 9, 2), ((31, 17), 5, 3), ((20, 24), 5, 3), ((20, 24), 1, 7)]
    for size, mask, stride in ways:
        image = rng.uniform(0, 255, (*size, 3)).astype(np.float32)
        found = [occlusionSensitivity(net, image, [1, 2], MaskSize=mask, Stride=stride) for net in nets]
        assert are_equal(*found), (size, mask, stride)
    assert reasons(caplog) == []


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


@pytest.mark.parametrize("mini_batch", [1, 2, 3, 128])
def test_mini_batches(tmp_path, monkeypatch, mini_batch):
    all_stages(monkeypatch)
    file = convolutional(tmp_path)
    found = maps(file, X, {**OPTIONS, "MiniBatchSize": mini_batch})
    assert are_equal(*found)


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


def test_a_plan_that_does_not_pay(tmp_path, caplog):
    """Masks as large as the image."""
    listen(caplog)
    found = maps(convolutional(tmp_path), X, {**OPTIONS, "MaskSize": [24, 20]})
    np.testing.assert_array_equal(*found)
    assert "times as fast" in reasons(caplog)[0]


def test_stages_that_give_other_scores(tmp_path, monkeypatch, caplog):
    """The map is that of whole images all the same, and so are those that follow."""
    all_stages(monkeypatch)
    listen(caplog)
    file = convolutional(tmp_path)
    rest = DividedNetwork.rest
    monkeypatch.setattr(DividedNetwork, "rest", lambda *given: rest(*given) * np.float32(1.001))
    exhaustive, incremental = (importNetworkFromONNX(file, Inference=how) for how in ("exhaustive", "incremental"))
    expected = occlusionSensitivity(exhaustive, X, 1, **OPTIONS)
    with pytest.warns(RuntimeWarning, match="gave other scores"):
        np.testing.assert_array_equal(occlusionSensitivity(incremental, X, 1, **OPTIONS), expected)
    np.testing.assert_array_equal(occlusionSensitivity(incremental, X, 1, **OPTIONS), expected)
    assert "other scores" in reasons(caplog)[-1]


def test_stages_that_fail(tmp_path, monkeypatch, caplog):
    listen(caplog)
    file = convolutional(tmp_path)
    monkeypatch.setattr(DividedNetwork, "whole", lambda *given: [][0])
    np.testing.assert_array_equal(*maps(file, X, OPTIONS))
    assert "its stages fail" in reasons(caplog)[0]


def test_what_net_says(tmp_path, monkeypatch):
    net = importNetworkFromONNX(convolutional(tmp_path), Inference="incremental")
    assert repr(net).splitlines()[-1] == "    Inference: incremental (not planned before the first map)"
    all_stages(monkeypatch)
    occlusionSensitivity(net, X, 1, **OPTIONS)
    assert re.fullmatch(
        r"    Inference: incremental \(\d+\.\d times as fast expected with the last masks\)", repr(net).splitlines()[-1]
    )
    other = importNetworkFromONNX(flattened(tmp_path), Inference="incremental")
    occlusionSensitivity(other, X, 1, **OPTIONS)
    assert repr(other).splitlines()[-1] == "    Inference: incremental (exhaustive, as it begins with Flatten)"
    assert "Inference" not in repr(importNetworkFromONNX(convolutional(tmp_path)))


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
        found = pool.apply(in_a_fork)
    np.testing.assert_array_equal(found, expected)


INHERITED = []


def in_a_fork():
    return occlusionSensitivity(INHERITED.pop(), X, 1, **OPTIONS)


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
