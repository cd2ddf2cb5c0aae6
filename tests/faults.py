"""Runs of explain_images in processes that end too early, and what is in the store then."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil
import zarr
from distributed import Client

import networks
from occlusion_sensitivity import explain_images, importNetworkFromONNX
from occlusion_sensitivity.pictures import encoded

PROGRAM = Path(__file__).parent / "many" / "faulty_run.py"
LONG = 300  # seconds, after which a process is said to hang
SIZE = (24, 20, 3)
ARRAYS = ("drops", "score", "channel", "size", "checksum", "deletion", "insertion")
OPTIONS = {"channels": "best 2", "faithfulness": 3, "Stride": 3, "MaskSize": 5}

NOTED = ("computed", "reported", "working", "runs")
STARTED = []


def seeded():
    """Random numbers whose seed is printed where a test fails."""
    seed = int(os.environ.get("OCCLUSION_FAULTS_SEED", random.randrange(2**32)))
    print(f"OCCLUSION_FAULTS_SEED={seed}")
    return random.Random(seed)


def add_picture(folder, name, seed):
    image = np.random.default_rng(seed).integers(0, 256, SIZE).astype(np.uint8)
    (folder / name).write_bytes(encoded(image, "PNG"))


class Scene:
    """A network, pictures, and the store of an undisturbed run.

    Attributes
    ----------
    folder : pathlib.Path
        With all of it.
    reference : pathlib.Path
        The store.
    """

    def __init__(self, folder, count=150):
        self.folder = folder
        self.network = networks.convolutional(folder / "net.onnx", np.random.default_rng(0), size=SIZE[:2], largest=255)
        self.photos = folder / "photos"
        self.photos.mkdir()
        for k in range(count):
            add_picture(self.photos, f"{k:03}.png", k)
        self.reference = folder / "reference.zarr"
        self.explain(self.reference)

    def explain(self, store, images=None, **how):
        """In this process."""
        net = importNetworkFromONNX(self.network)
        return explain_images(net, self.photos if images is None else images, store, **{**OPTIONS, **how})


def environment(plan):
    """Of the processes of a run, whose plan is in that file."""
    return {**os.environ, "FAULTY_RUN": str(plan), "DASK_DISTRIBUTED__WORKER__PRELOAD": str(PROGRAM)}


class Run:
    """A process that fills a store.

    Parameters
    ----------
    client : int, "a client that exists", or str
        As of explain_images; or of a LocalCluster of the process.
    seconds : float
        Added to each image.
    ends : {"kill", "full"}, optional
        Many runs, which end at the `writes`: the first, the end and the step of their numbers.
    place : pathlib.Path, optional
        The folder in which it is started, which has the network, in the eyes of this process alone.
    file : pathlib.Path, optional
        For the plan.
    logs : pathlib.Path, optional
        The folder for what it notes; by default that of the store.
    limit : (str, int), optional
        Of the process: "FSIZE" or "NOFILE", and the number.
    """

    _count = 0

    def __init__(
        self,
        scene,
        store,
        client=None,
        *,
        seconds=0.0,
        images=None,
        on_error="record",
        ends=None,
        writes=(),
        place=None,
        file=None,
        logs=None,
        limit=None,
    ):
        Run._count += 1
        self.store = store
        self.printed = ""
        place_of_logs = store.parent if logs is None else logs
        self._logs = {what: place_of_logs / f"{what}-{Run._count}" for what in NOTED}
        plan = {
            "network": str(scene.network if place is None else f"/proc/self/cwd/{scene.network.name}"),
            "images": str(scene.photos if images is None else images),
            "store": str(store),
            "client": client,
            "seconds": seconds,
            "on_error": on_error,
            "ends": ends,
            "writes": writes,
            "limit": limit,
            "reference": str(scene.reference),
            "options": OPTIONS,
            **{what: str(log) for what, log in self._logs.items()},
        }
        file = place_of_logs / f"plan-{Run._count}.json" if file is None else file
        file.write_text(json.dumps(plan))
        self.process = started([sys.executable, str(PROGRAM)], env=environment(file), cwd=place)

    @property
    def computed(self):
        """The names of the images whose maps were computed, or begun."""
        return self.log("computed")

    @property
    def reported(self):
        """How many images were said to be in the store, the last time."""
        return int((self.log("reported") or ["0"])[-1])

    def log(self, what):
        return self._logs[what].read_text(encoding="utf-8").splitlines() if self._logs[what].exists() else []

    def until(self, happened):
        """Wait until that is so; whether it was before the process ended."""
        end = time.monotonic() + LONG
        while not happened():
            if self.process.poll() is not None:
                return False
            assert time.monotonic() < end, "the run hangs"
            time.sleep(0.005)
        return True

    def until_computed(self, count):
        return self.until(lambda: len(self.computed) >= count)

    def workers(self):
        """The processes in which it computes."""
        found = []
        for child in children(self.process):
            with suppress(psutil.Error):  # it has just ended
                line = " ".join(child.cmdline())
                found += [child] if "many.processes" in line or "spawn_main" in line else []
        return found

    def kill(self, number=signal.SIGKILL):
        """Send a signal to the process alone, and wait for the end of it and of all that it started."""
        of_it = children(self.process)
        self.process.send_signal(number)
        status = self.end()
        _, alive = psutil.wait_procs(of_it, timeout=30)
        assert not alive, f"left behind: {alive}"
        return status

    def end(self):
        """Wait for the end: the exit status. What was printed is in `printed`."""
        status, self.printed = ended(self.process)
        return status

    def succeeds(self):
        assert self.end() == 0, self.printed
        return self


class DaskCluster:
    """A scheduler and workers in processes of their own.

    Parameters
    ----------
    folder : pathlib.Path
        For what they write.
    places : sequence of pathlib.Path
        A worker is started in each of these folders.
    threads : int
        Of each worker.
    is_watched : bool
        Whether they note what they compute, for a run whose plan is in `plan`.
    """

    def __init__(self, folder, places=(), *, threads=1, is_watched=True):
        self._file = folder / "scheduler.json"
        self._threads = str(threads)
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        self.plan = folder / "plan.json"
        quiet = {"DASK_LOGGING__DISTRIBUTED": "critical"}
        watched = environment(self.plan) if is_watched else os.environ
        self._environment = {**watched, "TMPDIR": str(self.temporary), **quiet}
        self.scheduler = self._start("dask_scheduler", "--host", "127.0.0.1", "--port", "0", place=folder)
        end = time.monotonic() + LONG
        while not self._file.exists():
            assert time.monotonic() < end, "the scheduler does not start"
            time.sleep(0.05)
        self.address = json.loads(self._file.read_text())["address"]
        self.workers = []
        for place in places:
            self.add_worker(place)

    def add_worker(self, place):
        self.workers.append(self._start("dask_worker", "--no-nanny", "--nthreads", self._threads, place=place))

    def wait_for_workers(self):
        with Client(self.address) as client:
            client.wait_for_workers(len(self.workers), timeout=LONG)

    def _start(self, program, *options, place):
        command = [sys.executable, "-m", f"distributed.cli.{program}", "--no-dashboard", "--scheduler-file", self._file]
        pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return started([*command, *options], cwd=place, env=self._environment, **pipes)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


def started(command, **how):
    """A process in a group of its own, which a terminal would send Ctrl-C."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    STARTED.append(subprocess.Popen(command, **{**pipes, **how}, start_new_session=True))
    return STARTED[-1]


def end_all():
    """What a test that failed has left."""
    while STARTED:
        process = STARTED.pop()
        if process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def ended(process):
    """The exit status and what was printed."""
    try:
        out, _ = process.communicate(timeout=LONG)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, _ = process.communicate()
        raise AssertionError(f"it hangs\n{out}") from None
    return process.returncode, out


def children(process):
    with suppress(psutil.Error):
        return psutil.Process(process.pid).children(recursive=True)
    return []


def content(store):
    """Everything in a store, by the files' names: their bytes; of the attributes all but when it was begun."""
    found = {str(file.relative_to(store)): file.read_bytes() for file in store.rglob("*") if file.is_file()}
    del found[str(Path("state", ".lock"))]
    described = json.loads(found["zarr.json"])
    del described["attributes"]["created"]
    return {**found, "zarr.json": described}


def differing(one, other):
    """The names of the files in which two stores differ."""
    first, second = content(one), content(other)
    return sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name))


def rows(store):
    """Of each image that a store calls done, by its name: all that is stored of it, as Zarr gives it."""
    try:
        group = zarr.open_group(store, mode="r")
        arrays = {name: group[name][:] for name in ("state", "name", *ARRAYS)}
    except (FileNotFoundError, KeyError):  # it is not begun
        return {}
    done = np.flatnonzero(arrays["state"] == 1)
    return {str(arrays["name"][k]): tuple(np.asarray(arrays[name][k]).tobytes() for name in ARRAYS) for k in done}


def done_and_right(store, reference):
    """The names of the images that a store calls done; each of them is what the reference has."""
    found, expected = rows(store), rows(reference)
    assert {name for name in found if found[name] != expected[name]} == set()
    return set(found)
