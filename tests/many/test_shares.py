"""How workers share a machine: never more runs at once than the processors that they share."""

import math
import os
from types import SimpleNamespace

import pytest

from faults import DaskCluster, Run, seeded
from occlusion_sensitivity.many import cluster, worker
from occlusion_sensitivity.threads import processors


def shares(monkeypatch, workers, *, tasks=1, quota=math.inf, variable=None):
    """What each worker of a machine makes of it: tasks at once, and threads for each."""
    found = []
    for mine in workers:
        with monkeypatch.context() as patch:
            threads = max(1, math.ceil(min(len(mine), quota))) if variable is None else variable
            patch.setattr(worker, "processors", lambda mine=mine: mine)
            patch.setattr(worker, "quota_of_the_process", lambda: quota)
            patch.setattr(worker, "of_the_process", lambda threads=threads: threads)
            found.append(worker.share_of(workers, tasks))
    return found


def cores(*numbers):
    return frozenset(numbers)


@pytest.mark.parametrize(
    ("workers", "how", "expected"),
    [
        ([cores(0, 1)] * 2, {}, [(1, 1), (1, 1)]),
        ([cores(0, 1)], {}, [(2, 2)]),
        ([cores(*range(8))] * 2, {}, [(1, 4)] * 2),
        ([cores(*range(8))] * 3, {}, [(1, 2)] * 3),
        ([cores(0, 1)] * 5, {}, [(1, 1)] * 5),
        ([cores(0, 1, 2), cores(3)], {}, [(1, 3), (1, 1)]),
        ([cores(0, 1, 2), cores(2, 3)], {}, [(1, 2), (1, 1)]),
        ([cores(*range(8))] * 2, {"quota": 4.0}, [(1, 2)] * 2),
        ([cores(*range(8))] * 2, {"quota": 1.5}, [(1, 1)] * 2),
        ([cores(*range(8))], {"quota": 2.5}, [(1, 2)]),
        ([cores(*range(8))] * 2, {"tasks": 2}, [(2, 2)] * 2),
        ([cores(*range(8))] * 2, {"tasks": 3}, [(4, 1)] * 2),
        ([cores(*range(8))] * 2, {"tasks": 8}, [(4, 1)] * 2),
        ([cores(*range(8))] * 2, {"variable": 2}, [(1, 2)] * 2),
        ([cores(*range(8))] * 2, {"variable": 16}, [(1, 4)] * 2),
        ([cores(*range(8))] * 2, {"variable": 2, "tasks": 4}, [(2, 1)] * 2),
        ([], {}, []),
    ],
)
def test_made_up_machines(monkeypatch, workers, how, expected):
    found = shares(monkeypatch, workers, **how)
    assert [(min(at_once, how.get("tasks", 1)), threads) for at_once, threads in found] == [
        (min(at_once, how.get("tasks", 1)), threads) for at_once, threads in expected
    ]


def test_one_thread_until_it_is_known_who_shares_the_machine(monkeypatch):
    monkeypatch.setattr(worker, "processors", lambda: cores(*range(8)))
    assert worker.share_of((), 4) == (1, 1)


def test_any_machine(monkeypatch):
    """All threads together are no more than the processors that are there, but for the one that each worker has."""
    rng = seeded()
    for _ in range(300):
        everything = range(rng.randrange(1, 33))
        workers = [
            frozenset(rng.sample(everything, rng.randrange(1, len(everything) + 1))) for _ in range(rng.randrange(1, 9))
        ]
        quota = rng.choice([math.inf, rng.uniform(0.1, 40)])
        tasks = rng.randrange(1, 9)
        found = shares(monkeypatch, workers, tasks=tasks, quota=quota)
        runs = [min(at_once, tasks) * threads for at_once, threads in found]
        assert sum(count for count in runs if count > 1) <= min(len(frozenset().union(*workers)), quota)
        assert min(runs) >= 1


def test_own_processes_share_the_machine_before_all_of_them_have_come():
    """Else the first would compute in the threads of those that come later."""
    processes = SimpleNamespace(count=3)
    running = cluster._Running(None, processes, "client", None)
    assert running._machines == {worker.machine(): [worker.processors()] * 3}


@pytest.mark.parametrize("kind", ["own", "two threads each", "variable"])
def test_runs_at_once(scene, tmp_path, monkeypatch, kind):
    """As they are measured, in all processes together."""
    monkeypatch.setenv("OCCLUSION_WATCH_RUNS", "1")
    if kind == "variable":
        monkeypatch.setenv("OCCLUSION_SENSITIVITY_THREADS", "1")
    photos = tmp_path / "photos"
    photos.mkdir()
    for file in sorted(scene.photos.iterdir())[:40]:
        os.link(file, photos / file.name)
    if kind == "own":
        run = Run(scene, tmp_path / "maps.zarr", 2, images=photos).succeeds()
    else:
        with DaskCluster(tmp_path, [tmp_path, tmp_path], threads=2) as dask:
            dask.wait_for_workers()  # what goes on when others come, goes on as it began
            run = Run(scene, tmp_path / "maps.zarr", dask.address, images=photos, file=dask.plan).succeeds()
    moments = []
    for began, ended in (map(float, line.split()) for line in run.log("runs")):
        moments += [(began, 1), (ended, -1)]
    at_once = most = 0
    for _, change in sorted(moments):
        at_once += change
        most = max(most, at_once)
    assert len(moments) > 80
    assert 0 < most <= max(2, len(processors()))
