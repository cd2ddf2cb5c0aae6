"""Clusters that go away, or see other files, and pictures that end the processes in which they are computed."""

import time

import numpy as np
from distributed import Client

import networks
from faults import DaskCluster, Run, differing, done_and_right, rows, seeded


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
