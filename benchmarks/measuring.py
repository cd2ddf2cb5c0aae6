"""Times of two sides in turn, and the peak memory of a process."""

import json
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

RUN = Path(__file__).with_name("run.py")
# Threads of ONNX Runtime and of torch spin for a while after their work: long enough to disturb the other side.
_QUIET = 0.3


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def paired(ours: Callable[[], object], theirs: Callable[[], object], pairs: int) -> dict[str, float]:
    """Both sides in turn, after one run each that warms up."""
    ours(), theirs()
    return summary([(seconds(ours), seconds(theirs)) for _ in range(pairs)])


def rounds(sides: list[Callable[[], float]], count: int) -> list[list[float]]:
    """The seconds of each side: one run each in every round, and another begins each time."""
    times: list[list[float]] = [[] for _ in sides]
    for first in range(count):
        for k in range(len(sides)):
            turn = (first + k) % len(sides)
            time.sleep(_QUIET)
            times[turn].append(sides[turn]())
    return times


def against_the_fastest(times: list[list[float]]) -> dict[str, float]:
    """The first side against that of the others which is the fastest beside it."""
    ours, *others = times
    return max((summary(list(zip(ours, theirs, strict=True))) for theirs in others), key=lambda found: found["ratio"])


def summary(times: list[tuple[float, float]]) -> dict[str, float]:
    """The medians of both sides, and of the paired ratios, with the smallest and largest ratio."""
    ratios = [ours / theirs for ours, theirs in times]
    ours, theirs = (statistics.median(side) for side in zip(*times, strict=True))
    return {
        "ours": ours,
        "theirs": theirs,
        "ratio": statistics.median(ratios),
        "least": min(ratios),
        "most": max(ratios),
        "pairs": len(times),
    }


class Side:
    """One side of a comparison in a process of its own, which runs once each time it is asked."""

    def __init__(self, *job: object) -> None:
        command = [sys.executable, str(RUN), "--side", json.dumps(job)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        # What it says when it is ready: what there is to know of it.
        self.said = json.loads(self._answer())

    def __call__(self) -> float:
        self._process.stdin.write("run\n")
        self._process.stdin.flush()
        return float(self._answer())

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()

    def _answer(self) -> str:
        line = self._process.stdout.readline()
        if not line:
            msg = f"{self._process.args} ended early"
            raise RuntimeError(msg)
        return line


def serve(make: Callable[[], tuple[Callable[[], object], object]]) -> None:
    """The other end of a Side: `make` gives the work, and what there is to say of it."""
    # The protocol has the stream alone: libraries print on the other one.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    work, said = make()
    work()
    print(json.dumps(said), file=answers)
    for _ in sys.stdin:
        print(seconds(work), file=answers)


def child(*job: object) -> str:
    """What a process of its own prints for the job."""
    command = [sys.executable, str(RUN), "--job", json.dumps(job)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def peak_megabytes() -> float:
    """The peak of this process alone; ru_maxrss would begin with that of the process that started it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024 / 1e6
