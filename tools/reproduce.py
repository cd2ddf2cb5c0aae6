"""Build again what the documents quote, and say what differs; tools/reproduce.sh calls it.

    tools/reproduce.sh                          all that is computed, in some minutes
    tools/reproduce.sh --only gallery plan      parts of it
    tools/reproduce.sh --measure                the benchmarks as well, in over an hour
    tools/reproduce.sh --measure --only loop    one of them

Prints a line for each number, table and picture, and ends with status 1 if anything differs. What is built lies in
build/reproduced; no file of the tree is changed. What the lines say, and which parts there are: docs/reproducing.md.
"""

import argparse
import functools
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator

from reproduction import by_hand, counted, derived, exact, fixtures, measured
from reproduction.documents import DOCUMENTS, REBUILT, ROOT, tables_of, text_of
from reproduction.findings import DIFFERS, Finding


def sentences(measure: bool) -> Iterator[Finding]:
    """Every number in prose that is measured: from a table, by hand, or in no list."""
    del measure
    yield from derived.findings()
    yield from by_hand.listed()
    yield from by_hand.not_listed([quote for quote, _ in derived.sentences()])
    yield from without_part()


def without_part() -> Iterator[Finding]:
    """Tables between comments, and pictures, that no part builds again."""
    for document in DOCUMENTS:
        for name in tables_of(text_of(document)):
            if (document, name) not in TABLES:
                yield Finding(f"{document}, table {name!r}", DIFFERS, "no part builds it: tools/reproduce.py")
    for file in sorted((ROOT / "docs" / "images").glob("*.png")):
        if file.name not in PICTURES:
            yield Finding(f"docs/images/{file.name}", DIFFERS, "no part builds it: tools/reproduce.py")


def computed(find: Callable[[], Iterator[Finding]]) -> Callable[[bool], Iterator[Finding]]:
    return functools.wraps(find)(lambda measure: find())


# Part → what it finds, told whether to measure.
PARTS = {
    "parity": computed(exact.parity),
    "mutants": computed(exact.mutants),
    "inputs": computed(fixtures.inputs),
    "exact": computed(fixtures.exact),
    "octave": computed(fixtures.octave),
    "manifest": computed(fixtures.manifest),
    "matlab": computed(counted.matlabs_imresize),
    "names": computed(exact.names),
    "commands": computed(exact.commands),
    "gallery": computed(exact.gallery),
    "demo": computed(exact.demo),
    "page": computed(exact.page),
    "plan": computed(exact.plan),
    "random": computed(counted.random_networks),
    "faithfulness": computed(exact.faithfulness),
    "counts": computed(counted.counts),
    "prose": sentences,
    "quick": measured.quick,
    **{part: measured.table(part) for part in measured.TABLES},
    "tasks": measured.tasks,
    "quantus": measured.quantus,
}
# Table of a document → the part that builds it again.
TABLES = {
    ("docs/compatibility.md", "agreement"): "parity",
    ("docs/compatibility.md", "mutants"): "mutants",
    ("docs/migrating.md", "names"): "names",
    ("docs/command_line.md", "commands"): "commands",
    ("docs/faithfulness.md", "curves"): "faithfulness",
    ("docs/faithfulness.md", "areas"): "faithfulness",
    (derived.INCREMENTAL, "in short"): "prose",
    (derived.SCALING, "an image"): "prose",
    (derived.SCALING, "a million"): "prose",
    (derived.SCALING, "tasks"): "tasks",
    (derived.PERFORMANCE, "machine"): "loop",  # each of them prints it
    **{(derived.PERFORMANCE, name): part for part, name in measured.TABLES.items()},
}
PICTURES = {"espresso.png": "demo", "page.png": "page", "plan.png": "plan"}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART")
    parser.add_argument("--measure", action="store_true", help="the benchmarks as well")
    parser.add_argument("--packages", action="store_true", help="print what the parts need beside the package, and end")
    given = parser.parse_args(arguments)
    if given.packages:
        print(*(measured.packages(given.only) if given.measure else ()))
        return 0
    REBUILT.mkdir(parents=True, exist_ok=True)
    states = Counter()
    for part in given.only:
        begun = time.monotonic()
        for finding in findings(part, given.measure):
            states[finding.state] += 1
            print(f"{part:14}{finding}", flush=True)
        print(f"{part:14}{time.monotonic() - begun:.0f} s", file=sys.stderr)
    print(", ".join(f"{count} {state}" for state, count in states.items()))
    return 1 if states[DIFFERS] else 0


def findings(part: str, measure: bool) -> Iterator[Finding]:
    """Those of a part; one that fails differs, and the next ones are tried."""
    try:
        yield from PARTS[part](measure)
    except Exception as error:
        yield Finding(f"the part {part!r}", DIFFERS, f"it failed: {type(error).__name__}: {error}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
