"""Processes that are killed at any moment: workers, and the one that writes the store."""

import os
import signal
import time

import pytest

from faults import Run, Scene, differing, done_and_right, seeded

# How often a process is killed, all in all: a few times, or as the environment says.
KILLS = int(os.environ.get("OCCLUSION_KILLS", "4"))


@pytest.mark.parametrize("client", [2, "a client that exists"])
def test_workers_are_killed_again_and_again(scene, tmp_path, client):
    """Also while they start, where they are the run's own: of a cluster that exists others are to take care."""
    rng = seeded()
    run = Run(scene, tmp_path / "maps.zarr", client, seconds=0.03)
    for count in sorted(rng.sample(range(1, 130), KILLS)):
        assert run.until_computed(count)
        time.sleep(rng.random() / 4)
        victims = []
        while not victims:
            assert run.until(run.workers)
            victims = [worker for worker in run.workers() if client == 2 or str(worker.pid) in run.log("working")]
        rng.choice(victims).kill()
    run.succeeds()
    assert differing(run.store, scene.reference) == []
    assert set(run.computed) == {f"{k:03}.png" for k in range(150)}
    assert len(run.computed) <= 150 + 4 * KILLS


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("client", [None, 2])
def test_the_client_is_killed_again_and_again(scene, tmp_path, client, number):
    rng = seeded()
    store = tmp_path / "maps.zarr"
    finished = set()
    for kill in range(max(1, KILLS // (4 if client is None else 8))):
        if len(finished) > 60:  # too little is left to be killed in
            store, finished = tmp_path / f"maps{kill}.zarr", set()
        run = Run(scene, store, client, seconds=0.01)
        assert run.until_computed(rng.randrange(1, 40))
        time.sleep(rng.random() / 4)
        assert run.kill(number) == -number
        assert finished.isdisjoint(run.computed)
        finished = done_and_right(store, scene.reference)
        assert len(finished) >= run.reported
    run = Run(scene, store).succeeds()
    assert finished.isdisjoint(run.computed)
    assert differing(store, scene.reference) == []


@pytest.mark.parametrize("ends", ["kill", "full"])
def test_a_run_ends_at_any_write(tmp_path, ends):
    """Before any file is moved to its place, or removed: that is what Zarr does last of all."""
    scene = Scene(tmp_path, 3)
    first, step = (1, 1) if KILLS >= 20 else (seeded().randrange(1, 6), 5)
    run = Run(scene, tmp_path / "maps.zarr", ends=ends, writes=[first, 1000, step]).succeeds()
    status = -signal.SIGKILL if ends == "kill" else 28
    lines = [line for line in run.log("reported") if line.startswith("ended")]
    assert len(lines) > 60 // step
    assert lines == [*[f"ended {(status, 0, 0)}"] * (len(lines) - 1), f"ended {(0, 0, 0)}"]
    for number in range(len(lines)):
        assert differing(tmp_path / f"maps.zarr-{first + number * step}", scene.reference) == []
