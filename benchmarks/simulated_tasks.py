"""What Dask's scheduler, the client and the store take for a task, where the task itself is nothing.

    python benchmarks/simulated_tasks.py                                    100 000 tasks on two workers
    python benchmarks/simulated_tasks.py --workers 100 --tasks 20000        more workers, in one process
    python benchmarks/simulated_tasks.py --threads 100 --tasks 20000        more tasks on their way

prints a table and writes `build/benchmarks/simulated_tasks.json`. A row has a scheduler and a client of its own.
What is in the columns: docs/scaling.md.
"""

import argparse
import asyncio
import contextlib
import dataclasses
import datetime
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import numpy as np

from jobs import network_file
from occlusion_sensitivity import importNetworkFromONNX
from occlusion_sensitivity.many.cluster import Cluster
from occlusion_sensitivity.many.plan import Plan, own_arguments
from occlusion_sensitivity.many.run import run_plan
from occlusion_sensitivity.many.sources import Unreadable, sources_of
from occlusion_sensitivity.many.work import Found, Job
from occlusion_sensitivity.name_values import NameValues

_RESULTS = Path(__file__).parents[1] / "build" / "benchmarks" / "simulated_tasks.json"
# Of a run that is told to compute nothing.
_NOTHING = Unreadable("nothing")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2, help="two have a process each; more share one")
    parser.add_argument("--threads", type=int, default=1, help="of each worker")
    parser.add_argument("--only", nargs="+", choices=WAYS, default=list(WAYS), metavar="WAY")
    parser.add_argument("--way", help=argparse.SUPPRESS)
    parser.add_argument("--host", metavar="ADDRESS", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.host:
        asyncio.run(host(arguments.host, arguments.workers, arguments.threads))
        return 0
    if arguments.way:
        print(json.dumps(measured(arguments.way, arguments.tasks, arguments.workers, arguments.threads)))
        return 0
    rows = []
    print(HEADER, flush=True)
    for way in arguments.only:
        command = [sys.executable, *sys.argv, "--way", way]
        rows.append(json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout))
        print(printed(rows[-1]), flush=True)
    _RESULTS.parent.mkdir(parents=True, exist_ok=True)
    _RESULTS.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    return 0


# The ways in which tasks go to the scheduler --------------------------------------------------------------------------


def nothing(k: int) -> int:
    return k


def at_once(client: object, count: int) -> None:
    """client.map of all, and gather: what the scheduler can do at best."""
    client.gather(client.map(nothing, range(count), pure=False))


def one_by_one(client: object, count: int) -> None:
    """client.submit of each, and gather."""
    client.gather([client.submit(nothing, k, pure=False) for k in range(count)])


def in_the_window(client: object, count: int) -> None:
    """As explain_images sends them: the real job, plugins and tasks, but no image is there to explain."""
    items = ((k, _NOTHING) for k in range(count))
    came = sum(outcome is not None for outcome in Cluster(client, "client").outcomes(_plan().job, items))
    if came != count:
        msg = f"{came} of {count} tasks came back"
        raise RuntimeError(msg)


def into_a_store(client: object, count: int) -> None:
    """A whole run of explain_images, which writes the same map for every image."""
    images = np.broadcast_to(np.zeros((1, 1), dtype=np.uint8), (count, 32, 32))
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder, "maps.zarr")
        run_plan(_plan(), sources_of(images), store, "store", StandIn(client), "record", None)


class StandIn:
    """A cluster that finds the same in every image."""

    def __init__(self, client: object) -> None:
        self._cluster = Cluster(client, "client")

    def outcomes(self, job: Job, items: Iterator) -> Generator:
        random = np.random.default_rng(0)
        found = Found(
            channels=np.ones(1, dtype=np.int32),
            scores=random.random(1),
            sizes=np.array([[32, 32], [32, 32], [11, 11]], dtype=np.int32),
            drops=random.random((1, 11, 11), dtype=np.float32),
        )
        for outcome in self._cluster.outcomes(job, ((k, _NOTHING) for k, _ in items)):
            yield outcome and (outcome[0], dataclasses.replace(outcome[1], sha256="0" * 64, found=found, error=""))


def _plan() -> Plan:
    net = importNetworkFromONNX(network_file("tiny-digits-32"))
    return Plan(net, None, own_arguments("best", {}), NameValues({}), None)


WAYS: dict[str, Callable[[object, int], None]] = {
    "client.map": at_once,
    "client.submit": one_by_one,
    "the window of explain_images": in_the_window,
    "explain_images with its store": into_a_store,
}

# What is measured -----------------------------------------------------------------------------------------------------

HEADER = (
    "| way | tasks | workers × threads | wall | scheduler | client | workers | scheduler's memory | client's | load |\n"
    "|---|---|---|---|---|---|---|---|---|---|"
)


def printed(row: dict) -> str:
    times = " | ".join(f"{row[name]:.2f} ms" for name in ("wall", "scheduler", "client", "workers"))
    memory = " | ".join(f"{row[name][0]:.0f} → {row[name][1]:.0f} MB" for name in ("scheduler's", "client's"))
    return f"| {row['way']} | {row['tasks']} | {row['on']} | {times} | {memory} | {row['load']:.1f} |"


def measured(way: str, count: int, workers: int, threads: int) -> dict:
    """Of each task the wall time, and the processor time of each kind of process; the peak memory of two of them."""
    with _cluster(workers, threads) as client:
        at_once(client, 100)  # Python's modules are loaded everywhere then
        before = _usage_of_all(client)
        began = time.perf_counter()
        WAYS[way](client, count)
        wall = time.perf_counter() - began
        after = _usage_of_all(client)
    row = {"way": way, "tasks": count, "on": f"{workers} × {threads}", "wall": wall / count * 1e3}
    for name in ("scheduler", "client", "workers"):
        row[name] = (after[name][0] - before[name][0]) / count * 1e3
    for name in ("scheduler", "client"):
        row[f"{name}'s"] = [before[name][1], after[name][2]]
    return {**row, "load": os.getloadavg()[0], "when": datetime.date.today().isoformat()}


def _usage_of_all(client: object) -> dict[str, tuple[float, float, float]]:
    workers = dict(client.run(usage).values())  # of each process once
    seconds = sum(found[0] for found in workers.values())
    return {
        "scheduler": client.run_on_scheduler(usage)[1],
        "client": usage()[1],
        "workers": (seconds, 0, 0),
    }


def usage() -> tuple[int, tuple[float, float, float]]:
    """This process: its number; its seconds of processor time, its megabytes, and the most that they were."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    now, peak = (int(re.search(rf"{name}:\s+(\d+) kB", status)[1]) * 1024 / 1e6 for name in ("VmRSS", "VmHWM"))
    return os.getpid(), (time.process_time(), now, peak)


# Processes ------------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _cluster(workers: int, threads: int) -> Iterator[object]:
    from distributed import Client

    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as processes:
        file = Path(folder, "scheduler.json")
        how = ["--scheduler-file", file, "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show"]
        processes.enter_context(_process("-m", "dask", "scheduler", *how))
        client = processes.enter_context(Client(scheduler_file=str(file), set_as_default=False))
        hosts = [1] * workers if workers <= 2 else [workers]
        for inner in hosts:
            command = [__file__, "--host", client.scheduler.address, "--workers", inner, "--threads", threads]
            processes.enter_context(_process(*command))
        client.wait_for_workers(workers)
        yield client


@contextlib.contextmanager
def _process(*command: object) -> Iterator[None]:
    environment = {**os.environ, "DASK_LOGGING__DISTRIBUTED": "error"}
    command = [sys.executable, *map(str, command)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


async def host(address: str, workers: int, threads: int) -> None:
    """Be so many workers."""
    from distributed import Worker

    how = {"nthreads": threads, "memory_limit": 0, "dashboard": False}
    made = [await Worker(address, **how) for _ in range(workers)]
    await asyncio.gather(*(worker.finished() for worker in made))


if __name__ == "__main__":
    sys.exit(main())
