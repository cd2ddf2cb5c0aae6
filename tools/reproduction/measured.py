"""Parts that are measured: a part of benchmarks/run.py is a table of docs/performance.md, compared row by row.

What was measured stays in build/reproduced/measured, and is not measured again as long as the package and the
benchmarks are the same. So a run that was ended goes on where it was.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterator

from .documents import REBUILT, ROOT, rows_of, tables_of, text_of
from .findings import AS_MEASURED, DIFFERS, SAME, SHOWN, Finding, absent

PERFORMANCE, SCALING, FAITHFULNESS = "docs/performance.md", "docs/scaling.md", "docs/faithfulness.md"
# A ratio that is further from the one in the document than this is another one.
TOLERANCE = 0.15
# Part of benchmarks/run.py → table of docs/performance.md
TABLES = {
    "loop": "loop",
    "rivals": "rivals",
    "memory": "memory",
    "scaling": "scaling",
    "startup": "start-up",
    "resizing": "imresize",
    "painting": "painting",
    "optimizations": "optimizations",
    "agreement": "agreement",
    "many": "many",
    "incremental": "incremental",
}
# These run other people's packages.
_NEED_OTHERS = ("rivals", "resizing", "incremental")
_QUANTUS = ("quantus==0.6.0", "torch==2.14.1", "numpy<2.4")
_RESULTS = ROOT / "build" / "benchmarks" / "results.json"
_MEASURED = REBUILT / "measured"


def packages(parts: list[str]) -> list[str]:
    """What the parts need beside the package, as benchmarks/README.md has it."""
    if not set(parts).intersection(_NEED_OTHERS):
        return []
    (listed,) = re.findall(r"^ +pip install ((?:.*\\\n)*.*)$", text_of("benchmarks/README.md"), re.MULTILINE)
    return listed.replace("\\", "").split()


# docs/performance.md --------------------------------------------------------------------------------------------------


def table(part: str) -> Callable[[bool], Iterator[Finding]]:
    """What a part finds, where it is to be measured, and where not."""
    what = f"{PERFORMANCE}, table {TABLES[part]!r}"

    def findings(measure: bool) -> Iterator[Finding]:
        if not measure:
            yield from absent([what], f"measured: --measure --only {part}")
            return
        now = measured(part)
        machine = f"{now['machine']}; load {now['load']:.1f} before it began, {now['when']}"
        yield Finding(f"{PERFORMANCE}, table 'machine'", SHOWN, machine)
        said = rows_of(tables_of(text_of(PERFORMANCE))[TABLES[part]])
        for finding in compared(said, [row for row in now["rows"] if row["part"] == TABLES[part]]):
            yield Finding(f"{what}, {finding.what}", finding.state, finding.detail)

    return findings


def measured(part: str) -> dict:
    """The rows of a part, measured now or before, and where and when."""
    file = _MEASURED / f"{part}.json"
    state = fingerprint()
    if file.is_file():
        before = json.loads(file.read_text("utf-8"))
        if before["fingerprint"] == state:
            return before
    load, when = os.getloadavg()[0], time.strftime("%Y-%m-%d %H:%M")
    subprocess.run([sys.executable, ROOT / "benchmarks" / "run.py", "--only", part], stdout=sys.stderr, check=False)
    now = {**json.loads(_RESULTS.read_text("utf-8")), "fingerprint": state, "load": load, "when": when}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(now, ensure_ascii=False, indent=1), encoding="utf-8")
    return now


def fingerprint() -> str:
    """Of what is measured and of what measures."""
    files = [file for folder in ("python", "cpp", "benchmarks") for file in (ROOT / folder).rglob("*.[pch]*")]
    digest = hashlib.sha256()
    for file in sorted(file for file in files if "__pycache__" not in file.parts):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def compared(said: list[list[str]], rows: list[dict]) -> Iterator[Finding]:
    """The rows of a table, and what was measured now: ratios are compared; all else is of a machine, and shown."""
    now = {plain(row["measure"]): row for row in rows}
    for measure, value, aim, _ in said:
        row = now.pop(plain(measure), None)
        if row is None:
            yield Finding(measure, DIFFERS, "it is not measured any more")
            continue
        reached = row["bar"] is None or row["value"] <= row["bar"]
        detail = f"{value} → {row['value']:.3g}"
        if "NOT" not in aim and not reached:
            yield Finding(measure, DIFFERS, f"{detail}: ≤ {row['bar']:g} is not reached")
        elif row["unit"] != "ratio":
            yield Finding(measure, SHOWN, detail)
        else:
            near = abs(row["value"] / float(value) - 1) <= TOLERANCE
            yield Finding(measure, AS_MEASURED if near else DIFFERS, detail)
    for row in now.values():
        yield Finding(row["measure"], DIFFERS, "it is in no row of the table")


def plain(measure: str) -> str:
    """A measure without what belongs to the measurement: the best batch, how long a cluster took to start."""
    return re.sub(r" \([^)]*\d[^)]*\)", "", measure)


def quick(measure: bool) -> Iterator[Finding]:
    """The benchmarks run, with small networks; there is nothing to compare."""
    del measure
    command = [sys.executable, ROOT / "benchmarks" / "run.py", "--quick"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    rows = len(done.stdout.splitlines()) - 1
    state = DIFFERS if done.returncode else SHOWN
    yield Finding("benchmarks/run.py --quick", state, f"{rows} rows of small networks, which no document has")


# docs/scaling.md, docs/faithfulness.md --------------------------------------------------------------------------------


def tasks(measure: bool) -> Iterator[Finding]:
    """Tasks of no work: all of the table is of another machine."""
    what = f"{SCALING}, table 'tasks'"
    if not measure:
        yield from absent([what], "measured: --measure --only tasks")
        return
    command = [sys.executable, ROOT / "benchmarks" / "simulated_tasks.py", "--tasks", "20000"]
    now = rows_of(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
    for said, (_, _, _, *cells, _) in zip(rows_of(tables_of(text_of(SCALING))["tasks"]), now, strict=True):
        yield Finding(f"{what}, {said[0]}", SHOWN, f"{' | '.join(said[1:])} → {' | '.join(cells)}")


def quantus(measure: bool) -> Iterator[Finding]:
    """tools/check_faithfulness.py, with PyTorch and an older NumPy in an environment of its own."""
    what = f"{FAITHFULNESS}, “All scores of the 24 curves were equal to the last bit, the areas within 2e-16”"
    if not measure:
        yield from absent([what], "needs Quantus and PyTorch: --measure --only quantus")
        return
    folder = ROOT / "build" / "reproduce" / "quantus"
    python = folder / "bin" / "python"
    if not python.is_file():
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
    install = [python, "-m", "pip", "install", "--quiet", f"{ROOT}[cpu,pictures]", *_QUANTUS]
    subprocess.run(install, check=True)
    check = [python, ROOT / "tools" / "check_faithfulness.py"]
    rows = rows_of(subprocess.run(check, stdout=subprocess.PIPE, text=True, check=False).stdout)
    scores, areas = (max(float(row[k]) for row in rows) for k in (-2, -1))
    equal = len(rows) == 24 and scores == 0 and float(f"{areas:.0e}") <= 2e-16
    detail = f"{len(rows)} curves, scores {scores:.1e} and areas {areas:.1e} apart"
    yield Finding(what, SAME if equal else DIFFERS, detail)
