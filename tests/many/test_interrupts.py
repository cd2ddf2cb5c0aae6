"""Ctrl-C during explain-all: what is done is kept, and the same command goes on."""

import os
import re
import signal
import sys
import time
from pathlib import Path

import psutil
import pytest

from faults import children, differing, done_and_right, ended, seeded, started

COMMAND = Path(sys.executable).with_name("occlusion-sensitivity")
# As faults.OPTIONS, with many more masks
OPTIONS = ["--top", "2", "--faithfulness", "3", "--stride", "1", "--mask-size", "5"]


@pytest.fixture(scope="module")
def reference(scene):
    scene.explain(scene.folder / "slow.zarr", Stride=1)
    return scene.folder / "slow.zarr"


@pytest.mark.parametrize("workers", [[], ["--workers", "2"]], ids=["here", "workers"])
@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c(scene, reference, tmp_path, workers, times):
    """The terminal sends it to all of its processes; some people press it twice, also while Python ends by then."""
    rng = seeded()
    store = tmp_path / "maps.zarr"
    where = ["explain-all", scene.photos, "--store", store, "--network", scene.network]
    process = started([COMMAND, *where, *OPTIONS, *workers])
    while process.poll() is None and not done_and_right(store, reference):
        time.sleep(0.01)
    others = children(process)
    for _ in range(times):
        time.sleep(rng.random() / 3)
        os.killpg(process.pid, signal.SIGINT)
    pressed = time.monotonic()
    status, printed = ended(process)
    assert status in ((130,) if times == 1 else (130, -signal.SIGINT)), printed
    assert time.monotonic() - pressed < 30
    assert "Traceback" not in printed
    _, alive = psutil.wait_procs(others, timeout=30)
    assert alive == []
    finished = done_and_right(store, reference)
    told = re.search(r"^(\d+) of 150 maps are in .*maps\.zarr; the same command goes on\.$", printed, re.MULTILINE)
    assert finished
    if times == 1:
        assert int(told[1]) == len(finished) < 150
        assert printed.endswith("occlusion-sensitivity: interrupted\n")
    status, printed = ended(started([COMMAND, *where, *OPTIONS]))
    assert status == 0
    assert printed.endswith(f"150 of 150 maps are in {store}\n")
    assert differing(store, reference) == []
