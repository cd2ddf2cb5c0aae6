"""Two runs on one store: the second is refused, and the first goes on."""

import threading

import pytest

from faults import Run, differing

REFUSED = r"^store: another run is writing '.*maps\.zarr'. It has to end before this one can go on.$"


def test_in_another_process_and_in_the_same(scene, tmp_path):
    store = tmp_path / "maps.zarr"
    run = Run(scene, store, seconds=0.02)
    assert run.until_computed(30)
    with pytest.raises(RuntimeError, match=REFUSED):
        scene.explain(store)
    other = Run(scene, store)
    assert other.end() == 1
    assert other.computed == []
    run.succeeds()
    assert len(run.computed) == 150
    assert differing(store, scene.reference) == []


def test_in_the_same_process(scene, tmp_path):
    store = tmp_path / "maps.zarr"
    refused = []

    def again(done, total):
        try:
            scene.explain(store)
        except RuntimeError as error:
            refused.append(str(error))

    scene.explain(store, progress=again)
    assert refused
    assert "another run is writing" in refused[0]
    threads = [threading.Thread(target=again, args=(0, 0)) for _ in range(3)]
    refused.clear()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) < 3
    assert differing(store, scene.reference) == []
