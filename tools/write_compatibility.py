"""Write the generated tables of docs/compatibility.md: what this package agrees with, and what would be noticed.

    python tools/write_compatibility.py

Runs the parity cases, and every mutant of tests/mutants.py on them.
"""

import platform
import sys
from collections import Counter
from pathlib import Path

import pytest
from case_files import FIXTURES
from generated import write

from occlusion_sensitivity.parity.cases import run_cases
from occlusion_sensitivity.parity.report import cells, columns, headings

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from mutants import MUTANTS

DOCUMENT = Path(__file__).parents[1] / "docs" / "compatibility.md"


def main():
    write(DOCUMENT, {"agreement": agreement(list(run_cases(FIXTURES))), "mutants": mutants()})


def agreement(results):
    stages = columns(results)
    sources = Counter(result.source for result in results)
    counted = ", ".join(f"{count} {source}" for source, count in sources.most_common())
    cases = len({result.name for result in results})
    heading = f"{cases} cases with {len(results)} references ({counted}), as measured on {platform.machine()} Linux.\n"
    return f"{heading}\n{markdown([headings(stages), *(cells(result, stages) for result in results)])}"


def mutants():
    rows = [["changed rule", "cases that notice, of all", "among them"]]
    for mutant in MUTANTS:
        with pytest.MonkeyPatch.context() as patch:
            mutant.perturb(patch.setattr)
            results = list(run_cases(FIXTURES))
        noticed = {result.name for result in results if not result.agrees}
        if not set(mutant.caught_by) <= noticed:
            msg = f"{mutant.rule}: not noticed by {sorted(set(mutant.caught_by) - noticed)}"
            raise ValueError(msg)
        rows.append(
            [mutant.rule, f"{len(noticed)} of {len({result.name for result in results})}", ", ".join(mutant.caught_by)]
        )
    return markdown(rows)


def markdown(rows):
    first, *others = (f"| {' | '.join(row)} |" for row in rows)
    return "\n".join([first, "|" + "---|" * len(rows[0]), *others])


if __name__ == "__main__":
    main()
