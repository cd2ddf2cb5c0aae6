"""Maps of many images: a run beside a loop, workers beside one process, and what a run costs beyond its maps."""

import contextlib
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import numpy as np

from jobs import DATA, JOBS, QUICK_JOBS, network_file
from measuring import child, rounds, seconds, summary
from occlusion_sensitivity import (
    Maps,
    explain_images,
    importNetworkFromONNX,
    imread,
    imresize,
    occlusionSensitivity,
)
from occlusion_sensitivity.many import run
from occlusion_sensitivity.many.sources import File
from rows import Effort, Row, ratio_row

_WORKERS = 2
# Of a photograph of the Internet, as ImageNet has them.
_PHOTOGRAPH = (375, 500)
_SMALL = "tiny-digits-32"


def many(effort: Effort) -> Iterator[Row]:
    """Runs of explain_images, each part in a process of its own."""
    if effort.quick:
        name, of_a_loop, of_workers, small, stored = _SMALL, 4, 4, 120, 1000
        parts, pairs, loop_bar, workers_bar = 1, 1, None, None  # of a few small images they say nothing
    else:
        name, of_a_loop, of_workers, small, stored = "efficientnet-lite0", 200, 100, 2000, 100_000
        parts, pairs, loop_bar, workers_bar = 8, 3, 1.03, 1.10
    found = json.loads(child("many beside a loop", name, of_a_loop, parts))
    measure = f"{name}: {of_a_loop} photographs in a run / as many calls with imread and imresize"
    yield ratio_row("many", measure, found, loop_bar)
    running, started, start = json.loads(child("many on workers", name, of_workers, pairs))
    measure = f"{name}: {of_workers} photographs on {_WORKERS} workers / in one process"
    yield ratio_row("many", f"{measure}, the cluster running", running, workers_bar)
    yield ratio_row("many", f"{measure}, with the cluster's start and end ({start:.1f} s)", started, workers_bar)
    yield from _overheads(small, pairs)
    for place in ("in process", "through Dask"):
        yield growth_row(place, json.loads(child("memory of many", place, small)))
    yield from _of_a_large_store(json.loads(child("a large store", stored)), stored)


# Photographs ----------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def photographs(count: int) -> Iterator[Path]:
    """A folder with photographs that differ: cut from one, in JPEG."""
    from PIL import Image

    random = np.random.default_rng(0)
    coffee = imread(DATA / "coffee.jpg")
    with tempfile.TemporaryDirectory() as folder:
        for k in range(count):
            row, col = random.integers(0, 100, 2)
            part = coffee[row : row + 300, col : col + 300]
            Image.fromarray(imresize(part, _PHOTOGRAPH)).save(Path(folder, f"{k:05}.jpg"), quality=90)
        yield Path(folder)


@contextlib.contextmanager
def small_images(count: int) -> Iterator[Path]:
    """A folder with pictures of 32×32 grey pixels, in PNG."""
    from PIL import Image

    images = np.random.default_rng(0).integers(0, 256, (count, 32, 32), dtype=np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        for k, image in enumerate(images):
            Image.fromarray(image).save(Path(folder, f"{k:05}.png"))
        yield Path(folder)


class Subject:
    """A network, and two ways to explain photographs with it."""

    def __init__(self, name: str) -> None:
        self.net = importNetworkFromONNX(network_file(name))
        self._pixel_range = {**QUICK_JOBS, **JOBS}[name].pixel_range

    def run(self, images: Path, **how: object) -> None:
        """Into a new store, which is removed again."""
        how = {"pixel_range": self._pixel_range, "progress": False, **how}
        with tempfile.TemporaryDirectory() as place:
            explain_images(self.net, images, Path(place, "maps.zarr"), **how)

    def call(self, file: Path) -> None:
        """As it stands in a user's loop over files."""
        occlusionSensitivity(self.net, self.image(file), 1)

    def image(self, file: Path) -> np.ndarray:
        rows, cols, channels = self.net.Layers[0].InputSize
        image = np.atleast_3d(imresize(imread(file), [rows, cols]))
        image = image if image.shape[2] == channels else image.mean(axis=2, keepdims=True)
        return image.astype(np.float32) * np.float32(self._pixel_range / 255)


# Beside a loop, and on workers ----------------------------------------------------------------------------------------


def beside_a_loop(name: str, count: int, parts: int) -> str:
    """The summary of a run for the best class, and of calls for a class that is known: with each photograph in turn."""
    subject = Subject(name)
    outcome_of, calls, runs = run.outcome_of, [], []

    def call(file: Path) -> None:
        calls.append(seconds(lambda: subject.call(file)))

    def of_the_run() -> float:
        return time.perf_counter() - began - sum(calls)

    def in_turn(job: object, source: File) -> object:
        call_is_first = len(runs) % 2 == 0
        if call_is_first:
            call(source.path)
        outcome = outcome_of(job, source)
        if not call_is_first:
            call(source.path)
        runs.append(of_the_run())
        return outcome

    with photographs(count) as folder:
        subject.run(folder / "00000.jpg")  # warms up
        with mock.patch.object(run, "outcome_of", in_turn):
            began = time.perf_counter()
            subject.run(folder)
            runs[-1] = of_the_run()
    return json.dumps(in_parts(np.diff(runs, prepend=0.0), np.array(calls), parts))


def in_parts(ours: np.ndarray, theirs: np.ndarray, parts: int) -> dict[str, float]:
    """The ratio of all seconds; the smallest and the largest are those of so many parts."""
    pairs = zip(*(map(np.sum, np.array_split(side, parts)) for side in (ours, theirs)), strict=True)
    whole = {"ours": ours.sum(), "theirs": theirs.sum(), "ratio": ours.sum() / theirs.sum()}
    return {**summary(list(pairs)), **whole}


def on_workers(name: str, count: int, pairs: int) -> str:
    """Summaries beside one process: of a cluster that runs, and of one that starts; and the seconds that it needs."""
    subject = Subject(name)
    with photographs(count) as folder, cluster() as client:
        sides = [
            lambda: subject.run(folder, client=client),
            lambda: subject.run(folder, client=_WORKERS),
            lambda: subject.run(folder),
        ]
        for how in ({"client": client}, {}):
            subject.run(folder / "00000.jpg", **how)  # warms up: the workers load Python's modules
        times = rounds([lambda side=side: seconds(side) for side in sides], pairs)
    running, started, here = times
    start = statistics.median(b - a for a, b in zip(running, started, strict=True))
    return json.dumps([*(summary(list(zip(side, here, strict=True))) for side in (running, started)), start])


@contextlib.contextmanager
def cluster() -> Iterator[object]:
    """A client of workers on this machine, a thread each, as explain_images starts them."""
    from distributed import Client, LocalCluster

    how = {"n_workers": _WORKERS, "threads_per_worker": 1, "memory_limit": 0, "dashboard_address": ":0"}
    with LocalCluster(**how) as local, Client(local) as client:
        yield client


# Overhead and memory --------------------------------------------------------------------------------------------------


def _overheads(count: int, pairs: int) -> Iterator[Row]:
    found = json.loads(child("overhead of many", count, pairs))
    for place, bar in (("in process", 5), ("through Dask", 15)):
        over, one, alone = found[place]
        measure = f"{_SMALL}: an image beyond its map, {count} images, {place}"
        detail = f"{one:.1f} ms an image against {alone:.1f} ms a map; medians of {pairs} pairs"
        yield Row("many", measure, over, "ms", detail, bar)


def overhead(count: int, pairs: int) -> str:
    """Of each place the milliseconds beyond a map, of an image in a run, and of a map by itself in all threads."""
    subject = Subject(_SMALL)
    with small_images(count) as folder, cluster() as client:
        X = subject.image(folder / "00000.png")

        def alone() -> None:
            for _ in range(count):
                occlusionSensitivity(subject.net, X, 1)

        sides = [lambda: subject.run(folder), lambda: subject.run(folder, client=client), alone]
        for warm_up in sides:
            warm_up()
        here, there, maps = rounds([lambda side=side: seconds(side) for side in sides], pairs)
    scale = 1e3 / count
    return json.dumps(
        {
            place: [
                statistics.median(a - b for a, b in zip(runs, maps, strict=True)) * scale,
                statistics.median(runs) * scale,
                statistics.median(maps) * scale,
            ]
            for place, runs in (("in process", here), ("through Dask", there))
        }
    )


def memory_of_many(place: str, count: int) -> str:
    """The megabytes of the client's process and of each worker, at the first hundred images and at the end."""
    subject = Subject(_SMALL)
    seen: list[list[float]] = []
    with small_images(count) as folder, cluster() if place == "through Dask" else contextlib.nullcontext() as client:
        processes = [os.getpid(), *(client.run(os.getpid).values() if client else ())]

        def look(finished: int, total: int) -> None:
            if (finished >= 100 and not seen) or finished == total:
                seen.append([resident_megabytes(process) for process in processes])

        subject.run(folder, client=client, progress=look)
    return json.dumps([seen[0], seen[-1]])


def growth_row(place: str, found: list[list[float]]) -> Row:
    """Of the process that grows most."""
    before, after = found
    names = ["the call's process", *["a worker"] * (len(before) - 1)]
    said = [f"{name}: {a:.0f} → {b:.0f} MB" for name, a, b in zip(names, before, after, strict=True)]
    most = max(b - a for a, b in zip(before, after, strict=True))
    measure = f"{_SMALL}: growth of memory after the first 100 images, {place}"
    return Row("many", measure, most, "MB", ", ".join(said), 20)


def resident_megabytes(process: int) -> float:
    pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


# A large store --------------------------------------------------------------------------------------------------------


def _of_a_large_store(found: dict[str, float], count: int) -> Iterator[Row]:
    measure = f"a store of {count} images"
    detail = f"the whole process, with Python's start and its imports: {found['process']:.1f} s"
    yield Row("many", f"{measure}: opened, and a map read", found["open"], "s", detail, 0.5)
    yield Row("many", f"{measure}: its table", found["table"], "s", "name, class, score, peak, … of each")
    detail = "each checksum, and the SHA-256 of each image, which are in memory here"
    yield Row("many", f"{measure}: a run that finds nothing to do", found["run"], "s", detail)
    yield Row("many", f"{measure}: on the disk", found["size"], "MB", f"{found['files']} files")


def large_store(count: int) -> str:
    """Seconds to open a store of so many images, and what it takes on the disk."""
    net = importNetworkFromONNX(network_file(_SMALL))
    images = np.random.default_rng(0).integers(0, 256, (count, 32, 32), dtype=np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder, "maps.zarr")
        explain_images(net, images[:1], store, progress=False)
        fill(store, images)
        command = [sys.executable, __file__, str(store), str(count * 3 // 4)]
        began = time.perf_counter()
        inner = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        process = time.perf_counter() - began - inner["table"]
        again = seconds(lambda: _nothing_is_done(explain_images(net, images, store, progress=_fails)))
        files = [file for file in store.rglob("*") if file.is_file()]
        size = sum(file.stat().st_blocks * 512 for file in files) / 1e6
    return json.dumps({**inner, "process": process, "run": again, "size": size, "files": len(files)})


def fill(store: Path, images: np.ndarray) -> None:
    """Let a store of the first image be one of them all, without a network: as docs/store.md has it."""
    import zarr

    from occlusion_sensitivity.many.layout import checksum

    group = zarr.open_group(store, mode="r+")
    values = {name: np.repeat(array[:1], len(images), axis=0) for name, array in group.arrays()}
    values["name"] = np.array([str(k) for k in range(len(images))], dtype=object)
    values["sha256"] = np.array([hashlib.sha256(image.data).hexdigest() for image in images], dtype=object)
    values["drops"] += np.random.default_rng(1).random(values["drops"].shape, dtype=np.float32)
    values["checksum"] = np.array([checksum(values, k) for k in range(len(images))], dtype=np.uint32)
    for name, value in values.items():
        array = group[name]
        array.resize(value.shape)
        if name != "error":  # nothing but empty texts, which no run writes
            array[:] = value


def _fails(finished: int, total: int) -> None:
    if finished < total:
        msg = f"{total - finished} images of the store that was made are not taken as done"
        raise RuntimeError(msg)


def _nothing_is_done(maps: Maps) -> Maps:
    if len(maps.done) != len(maps):
        msg = f"the store that was made is damaged: {maps!r}"
        raise RuntimeError(msg)
    return maps


def opened(store: str, k: str) -> str:
    """In a process of its own: the seconds until a map is read, and those of the table."""
    from occlusion_sensitivity import open_maps

    began = time.perf_counter()
    open_maps(store)[int(k)]
    taken = time.perf_counter() - began
    return json.dumps({"open": taken, "table": seconds(open_maps(store).table)})


CHILDREN: dict[str, Callable[..., str]] = {
    "many beside a loop": beside_a_loop,
    "many on workers": on_workers,
    "overhead of many": overhead,
    "memory of many": memory_of_many,
    "a large store": large_store,
}

if __name__ == "__main__":
    print(opened(*sys.argv[1:]))
