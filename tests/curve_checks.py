"""What the tests of deletion and insertion share: random maps, and the comparison with the plain reference."""

import numpy as np

import reference
from occlusion_sensitivity import deletion, insertion


def random_maps(rng, shape):
    """Values with ties, NaN and infinities among them."""
    maps = rng.integers(-3, 4, size=shape).astype(rng.choice([np.float32, np.float64]))
    maps[rng.random(shape) < 0.5] += rng.normal()
    maps[rng.random(shape) < 0.1] = np.nan
    maps[rng.random(shape) < 0.05] = -np.inf
    maps[rng.random(shape) < 0.05] = np.inf
    return maps


def check_curves(net, score, size, seed, n_channels=3, tolerance=1e-5, **how):
    """Both curves of a random image, random maps and random options are the reference's, within float noise."""
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    X = rng.random(size)
    channels = rng.integers(1, n_channels, size=rng.integers(1, 4), endpoint=True)
    maps = random_maps(rng, (*size[:2], len(channels)))
    fill = rng.random(size[2]) if rng.random() < 0.5 else None
    n_steps = int(rng.integers(1, size[0] * size[1], endpoint=True))
    typed = {"NumSteps": n_steps, "MaskValue": "auto" if fill is None else fill, "MiniBatchSize": rng.integers(1, 40)}
    for function in (deletion, insertion):
        curve = function(net, X, maps if len(channels) > 1 else maps[..., 0], channels, **typed, **how)
        scores, area = curve.scores.reshape(n_steps + 1, -1), np.reshape(curve.area, -1)
        for k, channel in enumerate(channels):
            plain = {"fill": fill, "inserted": function is insertion}
            expected = reference.curve(score, X, maps[..., k], channel, n_steps, **plain)
            bound = tolerance * max(np.ptp(expected[1]), 1e-3)
            for found, one in zip((curve.shares, scores[:, k], area[k]), expected, strict=True):
                np.testing.assert_allclose(found, one, rtol=1e-14, atol=bound)
