"""Stores into which maps do not go: of another network, other options, another release, and what is no store."""

import numpy as np
import pytest

import networks
from occlusion_sensitivity import explain_images, imageInputLayer, importNetworkFromONNX, open_maps

SIZE = (12, 10)
NAMES = ["one", "two", "three", "four"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"MaskSize": 4}, r"options.MaskSize is 'auto' there and \[4, 4\] here"),
        ({"MaskValue": 0}, r"options.MaskValue is 'auto' there and \[0.0, 0.0, 0.0\] here"),
        ({"OutputUpsampling": "nearest"}, "options.OutputUpsampling is 'bicubic' there and 'nearest' here"),
        ({"channels": "best 2"}, "channels is 'best 1' there and 'best 2' here"),
        ({"channels": [1]}, r"channels is 'best 1' there and \[1\] here"),
        ({"pixel_range": 1}, "preprocessing.pixel_range is 255.0 there and 1.0 here"),
        ({"fit": "crop"}, "preprocessing.fit is 'squash' there and 'crop' here"),
        ({"mean": 0.5}, r"network.normalization is 'none' there and 'zscore' here"),
        ({"layer": "relu"}, r"network.outputs is \['prob'\] there and \['relu'\] here"),
        ({"classNames": NAMES}, "class_names is .* there and .*'four'.* here"),
    ],
)
def test_maps_made_in_another_way_are_refused(net, images, store, change, told):
    before = np.stack(list(explain_images(net, images, store)))
    with pytest.raises(ValueError, match=rf"store: '.*' holds maps that were made in another way: .*{told}"):
        explain_images(net, images, store, **change)
    np.testing.assert_array_equal(np.stack(list(open_maps(store))), before)


def test_another_network_is_refused(net, images, store, tmp_path, network_file):
    explain_images(net, images, store)
    other = networks.convolutional(tmp_path / "other.onnx", np.random.default_rng(9))
    with pytest.raises(ValueError, match=r"network.file is 'net.onnx' there and 'other.onnx' here; network.sha256.net"):
        explain_images(importNetworkFromONNX(other), images, store)
    layer = imageInputLayer([12, 10, 3], Normalization="zerocenter", Mean=np.full((12, 10, 3), 7.0))
    with pytest.raises(
        ValueError, match="network.normalization is 'none' there .* network.Mean is None there and 'SHA-256"
    ):
        explain_images(importNetworkFromONNX(network_file, InputLayer=layer), images, store)


def test_a_release_with_other_numbers_is_refused(net, images, store, monkeypatch):
    explain_images(net, images, store)
    monkeypatch.setattr("occlusion_sensitivity.many.plan.NUMBERS", 2)
    with pytest.raises(ValueError, match="numbers is 1 there and 2 here"):
        explain_images(net, images, store)


def test_places_that_are_no_store(net, images, tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a.txt").write_text("")
    with pytest.raises(ValueError, match="store must be the path of a folder, as maps.zarr, but is "):
        explain_images(net, images, tmp_path / "file")
    with pytest.raises(ValueError, match="store: '.*full' holds other things"):
        explain_images(net, images, tmp_path / "full")
    assert [file.name for file in (tmp_path / "full").iterdir()] == ["a.txt"]
    with pytest.raises(FileNotFoundError, match="store: there is no folder '.*nowhere' for 'maps.zarr'"):
        explain_images(net, images, tmp_path / "nowhere" / "maps.zarr")
    with pytest.raises(ValueError, match="store must be a folder on a disk of this machine, but is 's3://bucket"):
        explain_images(net, images, "s3://bucket/maps.zarr")
    with pytest.raises(TypeError, match="store must be the path of a folder, as maps.zarr, but is 7"):
        explain_images(net, images, 7)
    import zarr

    zarr.create_group(tmp_path / "other.zarr", attributes={"a": 1})
    with pytest.raises(ValueError, match="store: '.*other.zarr' holds other things"):
        explain_images(net, images, tmp_path / "other.zarr")
    (tmp_path / "empty").mkdir()
    assert len(explain_images(net, images, tmp_path / "empty")) == 5
