"""The results of parity cases as a table, in text and in HTML."""

import base64
import html
from collections.abc import Callable, Sequence

from ..pages.page import style
from ..plotting import comparison_png
from .cases import Result
from .stages import STAGES, Stage

UNITS = "Largest difference per stage: boxes in pixels, all else in units of the range of the reference's map."

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><title>Parity of occlusion-sensitivity</title>
<style>
{style}</style></head><body><main>
<h1>Parity of occlusion-sensitivity</h1>
<p class="quiet">{heading}</p>
<p>{summary}</p>
<div class="scroll"><table>
{rows}
</table></div>
</main></body></html>
"""


def columns(results: Sequence[Result]) -> list[str]:
    """The stages that any of the results has."""
    present = {stage.name for result in results for stage in result.stages}
    return [name for name in STAGES if name in present]


def cells(result: Result, stages: Sequence[str]) -> list[str]:
    """A row of the table: case, source, the stages' differences, tolerances, verdict."""
    by_name = {stage.name: stage for stage in result.stages}
    differences = [_number(by_name[name].difference) if name in by_name else "-" for name in stages]
    tolerances = " ".join(f"{result.tolerance[stage.name]:g}" for stage in result.stages)
    return [result.name, result.source, *differences, tolerances or "-", verdict(result)]


def _number(difference: float) -> str:
    return f"{difference:.1e}" if difference else "0"


def verdict(result: Result) -> str:
    if result.problem:
        return result.problem
    stage = result.first_difference
    if stage is not None:
        return f"DIFFERS, from {stage.name} on"
    return "agrees (refused)" if result.refusal else "agrees"


def headings(stages: Sequence[str]) -> list[str]:
    return ["case", "source", *stages, "tolerances", "verdict"]


def summary(results: Sequence[Result]) -> str:
    """How many cases agree, each with all of its references."""
    cases = {result.name for result in results}
    differing = {result.name for result in results if not result.agrees}
    count, noun = len(cases), "case" if len(cases) == 1 else "cases"
    if differing:
        return f"{count - len(differing)} of {count} {noun} agree, {len(differing)} DO NOT."
    return f"{'The' if count == 1 else 'All'} {count} {noun} {'agrees' if count == 1 else 'agree'}."


def text_table(results: Sequence[Result]) -> str:
    stages = columns(results)
    rows = [headings(stages), *(cells(result, stages) for result in results)]
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "\n".join(lines)


def html_page(results: Sequence[Result], heading: str, explained: Callable[[Result], str]) -> str:
    """A page of its own, pictures included: under each case that has a map, both maps and their difference."""
    stages = columns(results)
    rows = [_row(headings(stages), "th")]
    for result in results:
        rows.append(_row(cells(result, stages), "td", "" if result.agrees else ' class="bad"'))
        below = html.escape(explained(result))
        picture = _picture(result)
        if below or picture:
            rows.append(f'<tr><td colspan="{len(stages) + 4}">{below}{picture}</td></tr>')
    text = (html.escape(part) for part in (f"{heading} {UNITS}", summary(results)))
    return _PAGE.format(style=style(), heading=next(text), summary=next(text), rows="\n".join(rows))


def _row(entries: Sequence[str], tag: str, kind: str = "") -> str:
    return f"<tr{kind}>" + "".join(f"<{tag}>{html.escape(entry)}</{tag}>" for entry in entries) + "</tr>"


def _picture(result: Result) -> str:
    stage = _pictured(result)
    if stage is None:
        return ""
    png = base64.b64encode(comparison_png(stage.expected, stage.found, result.source)).decode("ascii")
    return f'<img alt="{html.escape(result.name)}" src="data:image/png;base64,{png}">'


def _pictured(result: Result) -> Stage | None:
    """The stage with the maps: the one that differs, else the last."""
    with_maps = [stage for stage in result.stages if stage.name in ("map", "imresize", "call") and _drawable(stage)]
    differing = [stage for stage in with_maps if not stage.agrees]
    return next(iter(differing or with_maps[::-1]), None)


def _drawable(stage: Stage) -> bool:
    return stage.expected.ndim >= 2 and stage.expected.shape == stage.found.shape
