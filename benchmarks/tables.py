"""Rows as text, as a plot, and as docs/performance.md."""

import importlib.metadata
import os
import platform
import re
from collections.abc import Sequence
from pathlib import Path

from rows import Row

DOCUMENT = Path(__file__).parents[1] / "docs" / "performance.md"
PACKAGES = (
    *("occlusion-sensitivity", "numpy", "onnxruntime", "onnx", "torch", "captum", "monai", "onnx2torch"),
    *("opencv-python-headless", "scikit-image"),
)


def machine() -> str:
    """The processor, the number of its threads that are ours, and every version."""
    cpu = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    versions = ", ".join(f"{package} {version}" for package in PACKAGES if (version := _version(package)))
    threads = len(os.sched_getaffinity(0))
    return (
        f"{cpu[1] if cpu else platform.processor()}, {threads} threads, {platform.system()}, "
        f"Python {platform.python_version()}; {versions}"
    )


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def verdict(row: Row) -> str:
    if row.reached is None:
        return ""
    return f"≤ {row.bar:g} {'reached' if row.reached else 'NOT reached'}"


def number(row: Row) -> str:
    text = f"{row.value:.3f}" if row.unit == "ratio" else f"{row.value:.3g}"
    return text if row.unit == "ratio" else f"{text} {row.unit}"


def printed(row: Row) -> str:
    return f"{row.part:10} {row.measure:75} {number(row):>26}  {verdict(row):20} {row.detail}"


def markdown(rows: Sequence[Row]) -> str:
    lines = ["| measure | value | aimed at | |", "|---|---|---|---|"]
    lines += [f"| {row.measure} | {number(row)} | {verdict(row)} | {row.detail} |" for row in rows]
    return "\n".join(lines)


def plot(rows: Sequence[Row], file: Path) -> None:
    """The ratios as bars, with the aims as marks."""
    from matplotlib.figure import Figure

    shown = [row for row in rows if row.unit == "ratio"][::-1]
    figure = Figure(figsize=(11, 1 + 0.32 * len(shown)), layout="constrained")
    axes = figure.subplots()
    colours = ["tab:red" if row.reached is False else "tab:blue" for row in shown]
    axes.barh([row.measure for row in shown], [row.value for row in shown], color=colours)
    for k, row in enumerate(shown):
        if row.bar is not None:
            axes.plot([row.bar, row.bar], [k - 0.45, k + 0.45], color="black")
    axes.axvline(1, color="grey", linewidth=0.6)
    axes.set_xlabel("ratio of times, median of pairs (line: aimed at most)")
    figure.savefig(file, dpi=100)


def document(where: str, rows: Sequence[Row], file: Path = DOCUMENT) -> None:
    """Write the tables between the comments of docs/performance.md."""
    text = file.read_text(encoding="utf-8")
    parts = dict.fromkeys(row.part for row in rows)
    tables = {"machine": where, **{part: markdown([row for row in rows if row.part == part]) for part in parts}}
    for name, table in tables.items():
        before, begin, rest = text.partition(f"<!-- {name} -->")
        _, end, after = rest.partition(f"<!-- end {name} -->")
        if not begin or not end:
            msg = f"{file} has no place for {name!r}."
            raise ValueError(msg)
        text = f"{before}{begin}\n{table}\n{end}{after}"
    file.write_text(text, encoding="utf-8", newline="\n")
