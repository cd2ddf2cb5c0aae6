"""What the tests of networks share: the plain way through a file, and the comparison of a whole map with it."""

import numpy as np
import onnxruntime

import reference
from occlusion_sensitivity import importNetworkFromONNX, occlusionSensitivity
from occlusion_sensitivity.devices.cpu import CPU


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


def goes_together(net, device=CPU):
    """Whether images were seen not to influence each other, and now go through the network together."""
    together = net.network.on(device)._together
    assert together._sizes
    return any(max(sizes, default=1) > 1 and key not in together._never for key, sizes in together._sizes.items())
