"""Clusters that go away, that have no workers, whose workers see other files."""

import shutil
import sys
import threading
import time

import numpy as np
import pytest
from distributed import Client

import networks
from faults import DaskCluster, Run, differing, done_and_right, rows, seeded
from occlusion_sensitivity.many import cluster


def test_the_scheduler_is_gone(scene, tmp_path):
    """Half a minute later at most it is said, and what is finished is kept."""
    with DaskCluster(tmp_path, [tmp_path, tmp_path]) as dask:
        run = Run(scene, tmp_path / "maps.zarr", dask.address, seconds=0.02, file=dask.plan)
        assert run.until_computed(seeded().randrange(1, 100))
        dask.scheduler.kill()
        killed = time.monotonic()
        assert run.end() == 1
        assert time.monotonic() - killed < 30
    assert "RuntimeError: client: the scheduler of the cluster is gone. What is finished is in the store" in run.printed
    finished = done_and_right(run.store, scene.reference)
    assert len(finished) >= run.reported
    again = Run(scene, run.store).succeeds()
    assert finished.isdisjoint(again.computed)
    assert differing(run.store, scene.reference) == []


def test_workers_that_see_other_files(scene, tmp_path):
    """The network travels by its content, and so do the pictures; nothing stays with the workers."""
    nothing, another = tmp_path / "nothing", tmp_path / "another"
    nothing.mkdir()
    another.mkdir()
    networks.convolutional(another / scene.network.name, np.random.default_rng(9))
    with DaskCluster(tmp_path, [nothing, another]) as dask:
        store = tmp_path / "maps.zarr"
        # Each process has its own folder there.
        run = Run(
            scene, store, dask.address, images="/proc/self/cwd/photos", place=scene.folder, file=dask.plan
        ).succeeds()
        assert "done" in run.printed
        assert "failed" not in run.printed
        assert len(set(run.log("working"))) == 2
        assert list(dask.temporary.rglob("occlusion-sensitivity-*")) == []
        with Client(dask.address, set_as_default=False) as client:
            plugins = client.run(lambda dask_worker: list(dask_worker.plugins)).values()
        assert [name for names in plugins for name in names if "occlusion" in name] == []
    assert rows(store) == rows(scene.reference)


def test_workers_come_later(scene, tmp_path):
    with DaskCluster(tmp_path) as dask:
        run = Run(scene, tmp_path / "maps.zarr", dask.address, file=dask.plan)
        time.sleep(4)
        assert run.computed == []
        dask.add_worker(tmp_path)
        run.succeeds()
    assert differing(run.store, scene.reference) == []


def test_workers_that_end_as_soon_as_they_are_started(scene, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    with pytest.raises(RuntimeError, match="client: the workers end as soon as they are started, with exit status 1"):
        scene.explain(tmp_path / "maps.zarr", client=2)
    assert scene.explain(tmp_path / "maps.zarr").done == list(range(150))


def test_nobody_is_there_for_a_while(scene, tmp_path, monkeypatch):
    """Which is told once, each time."""
    monkeypatch.setattr(cluster, "_WARNING", 0.5)
    with DaskCluster(tmp_path, is_watched=False) as dask:
        later = threading.Timer(3, dask.add_worker, [tmp_path])
        later.start()
        with pytest.warns(RuntimeWarning, match="client: the cluster has no workers. The run goes on") as told:
            scene.explain(tmp_path / "maps.zarr", client=dask.address)
        later.join()
    assert len(told) == 1
    assert differing(tmp_path / "maps.zarr", scene.reference) == []


def test_a_scheduler_that_was_started_again(scene, tmp_path):
    """It knows nothing of the run."""
    dask = DaskCluster(tmp_path, [tmp_path], is_watched=False)
    with dask, Client(dask.address, set_as_default=False) as client:

        def forget(done, total):
            for names in client.run(lambda dask_worker: list(dask_worker.plugins)).values():
                for name in names:
                    if name.startswith("occlusion-sensitivity"):
                        client.unregister_worker_plugin(name)

        with pytest.raises(RuntimeError, match="client: the scheduler of the cluster is gone"):
            scene.explain(tmp_path / "maps.zarr", client=client, progress=forget)
        assert client.status == "running"
        scene.explain(tmp_path / "maps.zarr", client=client)
        client.close()
        with pytest.raises(RuntimeError, match="client: the scheduler of the cluster is gone"):
            scene.explain(tmp_path / "new.zarr", client=client)
    assert differing(tmp_path / "maps.zarr", scene.reference) == []
