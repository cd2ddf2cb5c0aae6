"""What the documents say: their tables between comments, their blocks of text, and their prose."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
# What is built again lies here.
REBUILT = ROOT / "build" / "reproduced"
DOCUMENTS = (
    *(file.name for file in sorted(ROOT.glob("*.md"))),
    *(f"docs/{file.name}" for file in sorted((ROOT / "docs").glob("*.md"))),
    *(f"{folder}/README.md" for folder in ("benchmarks", "compat_fixtures")),
)
# <!-- name --> … <!-- end name -->
_TABLE = re.compile(r"<!-- (?P<name>[^>]+) -->\n(?P<table>.*?)<!-- end (?P=name) -->", re.DOTALL)


def text_of(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def tables_of(text: str) -> dict[str, str]:
    """Name → what stands between the comments."""
    return {match["name"]: match["table"] for match in _TABLE.finditer(text)}


def rows_of(table: str) -> list[list[str]]:
    """The cells of a table's rows, without its heading."""
    lines = [line for line in table.strip().splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]


def prose_of(text: str) -> str:
    """`text` without generated tables and blocks of code, in one line."""
    text = _TABLE.sub("", text)
    return " ".join(re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE).split())
