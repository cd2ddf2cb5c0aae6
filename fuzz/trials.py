"""A process that tries cases of one harness, and says on stdout what came of each.

    python fuzz/trials.py network_files 17 200 FOLDER           # the cases 17 … 216, in that folder
    python fuzz/trials.py network_files --folders FOLDER …      # the cases whose files are there

It is a process of its own because a case may end it: fuzz/run.py sees that, and goes on with the next.
"""

import argparse
import contextlib
import hashlib
import json
import resource
import shutil
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from random import Random

from harness import Harness, no_warnings_from_inside, place_of, problem_with, shortened
from run import PYTHON

# So much address space beyond what Python and its libraries take when all is imported.
MEMORY = 3 << 30


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("harness", choices=PYTHON)
    parser.add_argument("first", type=int, nargs="?", default=0)
    parser.add_argument("count", type=int, nargs="?", default=1)
    parser.add_argument("work", type=Path, nargs="?")
    parser.add_argument("--folders", type=Path, nargs="*", default=(), help="cases that are there already")
    how = parser.parse_args()
    sys.path.append(str(Path(__file__).parents[1] / "tests"))  # harnesses change the networks of the tests
    harness = import_module(how.harness).HARNESS
    bound_memory()
    for folder in how.folders:
        say({"seed": folder.name, "verdict": "begun"})
        say({"seed": folder.name, **tried(harness, folder)})
    for seed in range(how.first, how.first + how.count if how.work else 0):
        folder = how.work / "case"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            case = harness.case(Random(seed))
        except Exception as error:
            say({"seed": seed, "verdict": "no case", "text": f"{type(error).__name__}: {shortened(error)}"})
            continue
        for name, content in case.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        say({"seed": seed, "verdict": "begun"})
        said = tried(harness, folder)
        if said["verdict"] == "finding":  # before the next case takes its place
            shutil.copytree(folder, how.work / "findings" / str(seed), dirs_exist_ok=True)
        say({"seed": seed, **said})


def tried(harness: Harness, folder: Path) -> dict[str, object]:
    """What came of the case: "result", "error" (a documented one) or "finding"."""
    begun = time.perf_counter()
    try:
        with no_warnings_from_inside(), printing_nothing():
            text = harness.run(folder, Random(digest(folder)))
        verdict, place = "result", ""
    except Exception as error:
        problem = problem_with(error)
        verdict, place = "error" if problem is None else "finding", place_of(error)
        text = problem or shortened(error)
    return {"verdict": verdict, "text": text, "place": place, "seconds": round(time.perf_counter() - begun, 2)}


def digest(folder: Path) -> str:
    """Of the content of the case: what a harness chooses at random, it chooses the same again."""
    found = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        found.update(file.relative_to(folder).as_posix().encode() + file.read_bytes())
    return found.hexdigest()


@contextlib.contextmanager
def printing_nothing() -> Iterator[None]:
    with contextlib.redirect_stdout(sys.stderr):
        yield


def bound_memory() -> None:
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def say(what: dict[str, object]) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    main()
