"""Time and memory of occlusionSensitivity beside what people use instead: a table, a JSON file and a plot.

    python benchmarks/run.py                    everything, in 70 minutes on two cores
    python benchmarks/run.py --only loop memory
    python benchmarks/run.py --quick            to see that it still works: small networks, no PyTorch, a minute
    python benchmarks/run.py --write-docs       and write docs/performance.md

What it needs beside the package: benchmarks/README.md.
"""

import argparse
import json
import sys

from measuring import serve
from parts import CHILDREN, PARTS, folder_of_results, side
from rows import FULL, QUICK
from tables import document, machine, plot, printed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART")
    parser.add_argument("--write-docs", action="store_true")
    parser.add_argument("--job", help=argparse.SUPPRESS)
    parser.add_argument("--side", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.job:
        name, *how = json.loads(arguments.job)
        print(CHILDREN[name](*how))
        return 0
    if arguments.side:
        serve(lambda: side(*json.loads(arguments.side)))
        return 0
    return measure(arguments)


def measure(arguments: argparse.Namespace) -> int:
    effort = QUICK if arguments.quick else FULL
    where = machine()
    print(where, flush=True)
    rows = []
    for part in arguments.only:
        for row in PARTS[part](effort):
            rows.append(row)
            print(printed(row), flush=True)
        write(where, rows, arguments)  # after each, lest a later one fails
    # Numbers are no errors, wrong maps are.
    return 1 if any(row.part == "agreement" and not row.reached for row in rows) else 0


def write(where: str, rows: list, arguments: argparse.Namespace) -> None:
    folder = folder_of_results()
    folder.mkdir(parents=True, exist_ok=True)
    content = {"machine": where, "quick": arguments.quick, "rows": [vars(row) for row in rows]}
    (folder / "results.json").write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")
    plot(rows, folder / "results.png")
    if arguments.write_docs:
        document(where, rows)


if __name__ == "__main__":
    sys.exit(main())
