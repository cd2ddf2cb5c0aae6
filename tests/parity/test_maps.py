"""Maps of small real networks against the plain reference, which runs one image at a time."""

import numpy as np
import pytest

import reference
from occlusion_sensitivity import occlusionSensitivity

N_CASES = 210


def random_case(seed, real):
    """A random image and random options: as the package takes them, and as the reference does."""
    rng = np.random.default_rng(seed)
    height, width, depth = real.input_size
    image = rng.random((height, width, depth)) * real.pixel_range
    # Structure at a coarse scale, so that masks matter.
    image *= rng.random((4, 4, 1)).repeat(-(-height // 4), 0).repeat(-(-width // 4), 1)[:height, :width]
    X = (
        image.astype(rng.choice([np.float32, np.float64]))
        if real.pixel_range == 1
        else np.round(image).astype(np.uint8)
    )
    if depth == 1 and rng.random() < 0.5:
        X = X[:, :, 0]
    n_classes = real.score(image.astype(np.float32)).shape[1]
    channels = rng.choice(n_classes, size=rng.integers(1, min(n_classes, 4) + 1)) + 1

    typed, plain = {}, {}
    if rng.random() < 0.7:
        mask = rng.integers(1, [height // 2, width // 2], endpoint=True)
        if rng.random() < 0.15:
            mask = np.array([height, width])
        typed["MaskSize"] = int(mask.min()) if rng.random() < 0.3 else mask.tolist()
        plain["mask"] = list(np.broadcast_to(typed["MaskSize"], 2))
    if rng.random() < 0.6:
        stride = rng.integers(max(2, height // 12), height + 8, size=2)
        typed["Stride"] = float(stride[0]) if rng.random() < 0.3 else stride
        plain["stride"] = [int(s) for s in np.broadcast_to(typed["Stride"], 2)]
    if rng.random() < 0.6:
        fill = rng.random(depth) * real.pixel_range
        typed["MaskValue"] = float(fill[0]) if rng.random() < 0.5 else fill
        plain["fill"] = typed["MaskValue"]
    if rng.random() < 0.7:
        plain["upsampling"] = typed["OutputUpsampling"] = str(rng.choice(["bicubic", "nearest", "none"]))
    if rng.random() < 0.6:
        plain["clipping"] = bool(rng.random() < 0.4)
        typed["MaskClipping"] = "on" if plain["clipping"] else "off"
    if rng.random() < 0.5:
        typed["MiniBatchSize"] = int(rng.integers(1, 20))
    return X, channels, typed, plain


@pytest.mark.parity
@pytest.mark.parametrize("name", ["digits", "cifar", "vww"])
@pytest.mark.parametrize("seed", range(N_CASES // 3))
def test_map_equals_the_reference(real_networks, name, seed):
    real = real_networks[name]
    X, channels, typed, plain = random_case([seed, len(name)], real)
    expected = reference.score_map(real.score, X, channels, **plain)
    found = occlusionSensitivity(real.net, X, channels, **typed)
    assert found.dtype == np.float32
    assert found.shape == expected.shape
    span = np.ptp(expected)
    # Two steps of single where scores are near 1: a smaller span of a map is all noise.
    atol = max(1e-5 * span, 1.2e-7)
    np.testing.assert_allclose(found, expected, rtol=0, atol=atol, err_msg=f"{typed} {channels}")
