"""What is found of a number, a table or a picture that a document quotes, and how two of them are compared."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

SAME = "same"
NOISE = "same but for noise"  # of another processor, or of another release of a library
DIFFERS = "differs"
AS_MEASURED = "as measured"  # within the tolerance of what is measured
SHOWN = "shown"  # of another machine: nothing to compare
ABSENT = "not rebuilt"

# So many differing lines of a text are shown.
_FEW = 3


@dataclass(frozen=True)
class Finding:
    """`what` stands where: a document, and what of it. `detail`: what differs, or why it was not rebuilt."""

    what: str
    state: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.state:18} {self.what}{': ' if self.detail else ''}{self.detail}"


def compared(what: str, said: str, now: str) -> Finding:
    """Two texts, line by line."""
    pairs = itertools.zip_longest(said.strip().splitlines(), now.strip().splitlines(), fillvalue="(nothing)")
    different = [(one, other) for one, other in pairs if one != other]
    return Finding(what, DIFFERS, shown(different)) if different else Finding(what, SAME)


def shown(different: list[tuple[str, str]]) -> str:
    """The first of the lines that differ."""
    lines = [f"\n    said: {one}\n    now:  {other}" for one, other in different[:_FEW]]
    more = [f"\n    and {len(different) - _FEW} lines more"] if len(different) > _FEW else []
    return "".join(lines + more)


def absent(names: list[str], why: str) -> Iterator[Finding]:
    return (Finding(name, ABSENT, why) for name in names)
