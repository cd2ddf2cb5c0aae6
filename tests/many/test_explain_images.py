"""explain_images and open_maps: what is in the store, and when it is computed."""

import numpy as np
import pytest

import networks
from occlusion_sensitivity import explain_images, importNetworkFromONNX, occlusionSensitivity, open_maps

SIZE = (12, 10, 3)


@pytest.fixture
def net(tmp_path):
    return importNetworkFromONNX(networks.convolutional(tmp_path / "net.onnx", np.random.default_rng(0)))


@pytest.fixture
def images():
    return np.random.default_rng(1).integers(0, 256, (5, *SIZE)).astype(np.uint8)


def test_the_maps_are_those_of_occlusion_sensitivity(net, images, tmp_path):
    maps = explain_images(net, images, tmp_path / "maps.zarr")
    assert len(maps) == 5
    for k, image in enumerate(images):
        scores = net.predict(image)
        row = maps.table()[k]
        assert row["channel"] == scores.argmax() + 1
        assert row["score"] == scores.max()
        np.testing.assert_array_equal(maps[k], occlusionSensitivity(net, image, int(row["channel"])))
    np.testing.assert_array_equal(np.stack(list(open_maps(tmp_path / "maps.zarr"))), maps.to_dask().compute())
