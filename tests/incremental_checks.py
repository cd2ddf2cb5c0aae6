"""Maps of random networks, exhaustively and incrementally."""

import logging

import numpy as np

import networks
import occlusion_sensitivity.incremental.plan
import occlusion_sensitivity.inference
from occlusion_sensitivity import importNetworkFromONNX, occlusionSensitivity
from random_networks import RandomNetwork

TOLERANCE = 1e-6  # of a map's range
# An image, and options of its map.
X = np.random.default_rng(1).uniform(size=(24, 20, 3)).astype(np.float32)
OPTIONS = {"MaskSize": 4, "Stride": 2, "OutputUpsampling": "none"}


def all_stages(monkeypatch):
    """Let every plan pay, and cutting cost nothing: as many stages as can be are computed where masks reach."""
    monkeypatch.setattr(occlusion_sensitivity.inference, "LEAST_GAIN", 0.0)
    monkeypatch.setattr(occlusion_sensitivity.incremental.plan, "run_work", lambda stages: np.zeros(len(stages) + 1))
    monkeypatch.setattr(occlusion_sensitivity.incremental.plan, "cut_work", lambda layer, size: 0.0)


def case(seed, file):
    """A network, an image, and options of its map."""
    rng = np.random.default_rng(seed)
    network = RandomNetwork(rng, spatial=seed % 4 == 0)
    network.save(file)
    X = rng.uniform(size=(*network.size, network.channels)).astype(np.float32)
    options = {
        "MaskSize": [int(rng.integers(1, n + 1)) for n in network.size],
        "Stride": [int(rng.integers(1, 7)) for _ in network.size],
        "MaskClipping": bool(rng.random() < 0.6),
        "MaskValue": 0,
        "OutputUpsampling": "none",
    }
    return X, options


def convolutional(tmp_path, **how):
    return networks.convolutional(tmp_path / "network.onnx", np.random.default_rng(0), size=(24, 20), **how)


def both(file):
    """The network, to be evaluated exhaustively and incrementally."""
    return [importNetworkFromONNX(file, Inference=how) for how in ("exhaustive", "incremental")]


def maps(file, X, options):
    """The map of two channels, exhaustively and incrementally."""
    return [occlusionSensitivity(net, X, [1, 2], **options) for net in both(file)]


def are_equal(exhaustive, incremental):
    return bool(np.abs(exhaustive - incremental).max() <= TOLERANCE * max(np.ptp(exhaustive), 1e-6))


def reasons(caplog):
    """Why maps were computed exhaustively."""
    return [record.getMessage() for record in caplog.records if "exhaustively" in record.getMessage()]


def listen(caplog):
    caplog.set_level(logging.INFO, logger="occlusion_sensitivity")
