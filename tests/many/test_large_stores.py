"""Stores of several chunks, many of which are read at once."""

import numpy as np
import pytest

from occlusion_sensitivity import explain_images
from occlusion_sensitivity.many import run
from occlusion_sensitivity.many import store as store_module
from occlusion_sensitivity.many.layout import IN_A_CHUNK

COUNT = 2 * IN_A_CHUNK + 10


@pytest.mark.parametrize("at_once", [IN_A_CHUNK, 2 * IN_A_CHUNK, 16 * IN_A_CHUNK])
@pytest.mark.parametrize("array", ["drops", "sha256", "state"])
def test_a_damaged_chunk_costs_its_own_images_alone(net, tmp_path, monkeypatch, array, at_once):
    monkeypatch.setattr(store_module, "AT_ONCE", at_once)
    store = tmp_path / "maps.zarr"
    images = np.random.default_rng(2).integers(0, 256, (COUNT, 12, 10, 3)).astype(np.uint8)
    before = explain_images(net, images, store, Stride=5)
    maps, table = np.stack(list(before)), before.table()
    second = store / array / "c" / "1"
    (chunk,) = [second] if second.is_file() else [file for file in second.rglob("*") if file.is_file()]
    chunk.write_bytes(chunk.read_bytes()[:-3])

    explained = []
    outcome_of = run.outcome_of
    monkeypatch.setattr(run, "outcome_of", lambda job, source: explained.append(source) or outcome_of(job, source))
    after = explain_images(net, images, store, Stride=5)
    assert len(explained) == IN_A_CHUNK
    np.testing.assert_array_equal(np.stack(list(after)), maps)
    np.testing.assert_array_equal(after.table(), table)
