"""What open_maps gives of a store: maps, means, datasets; and what Zarr alone reads of it."""

import json
import subprocess
import sys

import numpy as np
import pytest

from occlusion_sensitivity import explain_images
from occlusion_sensitivity.many.layout import checksum

SIZE = (12, 10)
NAMES = ["one", "two", "three", "four"]


def test_mean_maps(net, images, store):
    """Of all images, the first class of each; of a class, wherever it is; none without one."""
    maps = explain_images(net, images, store, NAMES, channels="best 2", Stride=2, OutputUpsampling="none")
    each, channels = np.stack(list(maps)).astype(np.float64), maps.table()["channel"]
    np.testing.assert_allclose(maps.mean_map(), each[..., 0].mean(axis=0), rtol=1e-6)
    for channel in np.unique(channels).tolist():
        of_class = [each[k, ..., rank] for k, rank in np.argwhere(channels == channel)]
        np.testing.assert_allclose(maps.mean_map(NAMES[channel - 1]), np.mean(of_class, axis=0), rtol=1e-6)
    absent = set(range(1, 5)) - set(channels.ravel().tolist())
    assert absent
    assert np.isnan(maps.mean_map(NAMES[absent.pop() - 1])).all()
    with pytest.raises(ValueError, match="label must be a class name of the network, but is 'five'"):
        maps.mean_map("five")
    with pytest.raises(TypeError, match="label must be a class name, but is 3"):
        maps.mean_map(3)
    before = maps.mean_map()
    import zarr

    group = zarr.open_group(store, mode="r+")
    group["drops"][2, 0, 1, 1] = np.nan
    group["checksum"][2] = checksum(
        {name: group[name][2:3] for name in ("sha256", "channel", "score", "size", "drops")}, 0
    )
    others = [0, 1, 3, 4]
    np.testing.assert_allclose(maps.mean_map(), each[others, ..., 0].mean(axis=0), rtol=1e-6)
    assert not np.array_equal(before, maps.mean_map())


def test_places_of_images(net, images, store):
    maps = explain_images(net, images, store)
    np.testing.assert_array_equal(maps[-1], maps[4])
    np.testing.assert_array_equal(maps[np.int64(2)], list(maps)[2])
    for place, error, message in (
        (5, IndexError, "i must be from 0 to 4, but is 5"),
        (-6, IndexError, "i must be from 0 to 4, but is -6"),
        ("a", TypeError, "i must be the number of an image, from 0, but is 'a'"),
        (slice(2), TypeError, "i must be the number of an image"),
        (True, TypeError, "i must be the number of an image"),
    ):
        with pytest.raises(error, match=message):
            maps[place]


def test_a_dataset_of_xarray(net, images, store):
    maps = explain_images(net, images, store, NAMES, channels=[2, 4], faithfulness=5)
    found, table = maps.to_xarray(), maps.table()
    assert found["map"].dims == ("image", "row", "column", "class")
    np.testing.assert_array_equal(found["map"][3], maps[3])
    for name in ("channel", "score", "peak", "deletion_area", "insertion_area", "state"):
        np.testing.assert_array_equal(found[name], table[name])
    np.testing.assert_array_equal(found["label"], table["class"])
    assert json.loads(found.attrs["how"]) == maps.attributes


def test_zarr_alone_reads_it(net, images, store):
    """As docs/store.md says."""
    maps = explain_images(net, images, store, channels=[3, 1])
    code = (
        "import json, sys, zarr; g = zarr.open_group(sys.argv[1], mode='r');"
        "print(json.dumps([sorted(g.array_keys()), g['drops'][2].tolist(), g['channel'][2].tolist(), "
        "g.attrs['options'], list(g['drops'].metadata.dimension_names), int(g['state'][2])]))"
    )
    command = [sys.executable, "-W", "error", "-c", code, str(store)]
    keys, drops, channels, options, dimensions, state = json.loads(
        subprocess.run(command, capture_output=True, check=True).stdout
    )
    assert keys == ["channel", "checksum", "drops", "error", "name", "score", "sha256", "size", "state"]
    np.testing.assert_array_equal(np.float32(drops).transpose(1, 2, 0), maps.drops(2))
    assert (channels, dimensions, state) == ([3, 1], ["image", "class", "row", "column"], 1)
    assert options["MaskSize"] == "auto"
