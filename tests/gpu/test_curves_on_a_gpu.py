"""deletion and insertion on the device: against the plain reference, and the same bits in every image."""

import numpy as np
import pytest

import networks
from curve_checks import check_curves
from kernel_checks import same_bits
from network_checks import one_at_a_time
from occlusion_sensitivity import deletion, importNetworkFromONNX, insertion
from occlusion_sensitivity import matlab as m
from occlusion_sensitivity.devices.cpu import CPU
from occlusion_sensitivity.perturbations import Ranked

# Of the range of the scores, as for maps.
TOLERANCE = 1e-4


@pytest.mark.parametrize("seed", range(200, 206))
def test_curves_are_the_references(device, tmp_path, seed):
    file = networks.convolutional(tmp_path / "net.onnx", np.random.default_rng(0), size=(6, 8))
    how = {"tolerance": TOLERANCE, "ExecutionEnvironment": "gpu"}
    check_curves(importNetworkFromONNX(file), one_at_a_time(file), (6, 8, 3), seed, **how)


@pytest.mark.parametrize("kind", ["channels last", "images that mix"])
def test_other_networks(device, tmp_path, kind):
    file, size, channels_last = tmp_path / "net.onnx", (9, 11, 3), kind == "channels last"
    if channels_last:
        networks.channels_last(file, np.random.default_rng(0))
    else:
        size = (5, 6, 1)
        networks.batch_mixing(file)
    how = {"n_channels": 2, "tolerance": TOLERANCE, "ExecutionEnvironment": "gpu"}
    check_curves(importNetworkFromONNX(file), one_at_a_time(file, channels_last=channels_last), size, 206, **how)


@pytest.mark.parametrize("shape", [(3, 5, 6, 1), (1, 5, 6, 3)])
def test_the_same_images_as_on_the_host(device, shape):
    seed = sum(shape)
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    original, filled = rng.random((2, *shape), dtype=np.float32)
    ranks = np.stack([rng.permutation(30).reshape(5, 6) for _ in range(2)]).astype(np.int32)
    spans = np.int32([[0, 0, 0], [0, 0, 9], [1, 7, 30], [1, 0, 30], [0, 29, 30]])
    of_host = Ranked(CPU, original, filled, ranks, spans)
    there = Ranked(device, device.upload(original), device.upload(filled), ranks, spans)
    for found, expected in zip(there.samples(), of_host.samples(), strict=True):
        same_bits(device.to_host(found), expected)
    expected = np.repeat(original[np.newaxis], 6, axis=0)  # one more, as where the last mini-batch is filled up
    batch = device.upload(expected)
    of_host.paint(slice(0, 5), expected)
    there.paint(slice(0, 5), batch)
    assert not isinstance(batch, np.ndarray)
    same_bits(device.to_host(batch), expected)
    there.restore(slice(0, 5), batch)
    same_bits(device.to_host(batch), np.repeat(original[np.newaxis], 6, axis=0))


def test_arrays_of_the_gpu_go_in(device, real_networks):
    net = real_networks["cifar"].net
    rng = np.random.default_rng(0)
    X, maps = rng.random((32, 32, 3), dtype=np.float32), rng.random((32, 32, 2))
    for function in (deletion, insertion):
        expected = function(net, X, maps, [3, 7], ExecutionEnvironment="cpu")
        found = function(net, m.gpuArray(X), m.gpuArray(maps), m.gpuArray([3, 7]), MaskValue=m.gpuArray(X.mean((0, 1))))
        assert type(found.scores) is np.ndarray
        np.testing.assert_allclose(found.scores, expected.scores, rtol=0, atol=TOLERANCE)
        np.testing.assert_allclose(found.area, expected.area, rtol=0, atol=TOLERANCE)
