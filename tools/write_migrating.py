"""Write the generated table of docs/migrating.md: the names of occlusion_sensitivity.matlab, by subject.

    python tools/write_migrating.py [--check]

The names are those of the table SUBJECTS; what stands in a row comes from the paragraphs "MATLAB:", "Python:" and
"Differs:" of a name's docstring. With --check nothing is written; the exit status says whether the table is current.
"""

import re
import sys
from pathlib import Path

from generated import write

from occlusion_sensitivity import matlab

DOCUMENT = Path(__file__).parents[1] / "docs" / "migrating.md"
PARAGRAPHS = ("MATLAB", "Python", "Differs")


def main():
    return write(DOCUMENT, {"names": table()}, check="--check" in sys.argv[1:])


def table():
    """The rows of all names, under a heading for each subject."""
    parts = []
    for subject, module in matlab.SUBJECTS.items():
        rows = [described(getattr(matlab, name)) for name in module.__all__]
        lines = [f"| {row['MATLAB']} | {row['Python']} | {row['Differs']} |" for row in rows]
        parts.append("\n".join([f"### {subject}", "", "| MATLAB | Python | differs |", "|---|---|---|", *lines]))
    return "\n\n".join(["", *parts, ""])


def described(public):
    """What the docstring of a name says of MATLAB: its three paragraphs, each in a line."""
    found = {}
    for paragraph in PARAGRAPHS:
        match = re.search(rf"^ *{paragraph}: (.+?)(?:\n\s*\n|\Z)", public.__doc__ or "", re.DOTALL | re.MULTILINE)
        if match is None:
            msg = f"The docstring of {public.__name__} has no paragraph {paragraph!r}."
            raise ValueError(msg)
        text = " ".join(match[1].split()).replace("``", "`").replace("|", "\\|")
        # What Sphinx would make links of.
        found[paragraph] = re.sub(r":(?:func|class):`~?([\w.]+)`", r"`\1`", text)
    if found["Differs"].rstrip(".") == "nothing":
        found["Differs"] = ""
    return found


if __name__ == "__main__":
    sys.exit(main())
