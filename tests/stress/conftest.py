"""How long the package is tried under load: a few seconds, or OCCLUSION_STRESS=20 times as long."""

import os

import numpy as np
import pytest

import networks
from occlusion_sensitivity import importNetworkFromONNX


@pytest.fixture
def rounds():
    return int(os.environ.get("OCCLUSION_STRESS", "1"))


@pytest.fixture
def rng():
    """Random numbers whose seed is printed where a test fails."""
    seed = int(os.environ.get("OCCLUSION_STRESS_SEED", np.random.SeedSequence().entropy % 2**32))
    print(f"OCCLUSION_STRESS_SEED={seed}")
    return np.random.default_rng(seed)


@pytest.fixture
def files(tmp_path):
    """Networks of every kind of session: images together, a fixed batch that is opened, images that go alone."""
    rng = np.random.default_rng(0)
    return [
        networks.convolutional(tmp_path / "together.onnx", rng),
        networks.convolutional(tmp_path / "fixed.onnx", rng, batch=1),
        networks.batch_mixing(tmp_path / "alone.onnx", size=(12, 10)),
    ]


@pytest.fixture
def nets(files):
    return [importNetworkFromONNX(file) for file in files]
