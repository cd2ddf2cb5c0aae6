"""occlusion-sensitivity parity: which cases, and what is printed of them."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from ..files import write_whole
from ..options import Environment
from .cases import MANIFEST, Result, default_fixtures, run_cases
from .exported import explanation, run_exported
from .report import UNITS, html_page, summary, text_table


def run(cases: Sequence[str], page: Path | None, environment: Environment | None, source: str | None) -> int:
    """Run the cases as typed, in that environment, print them and write the page; the exit status.

    With a `source`, only its references are compared.
    """
    results: list[Result] = []
    exported: list[Result] = []
    for typed in _grouped(cases):
        if isinstance(typed, str):
            exported.append(run_exported(typed, environment))
        else:
            results.extend(run_cases(*typed, environment, source))
    results += exported
    heading = f"Cases: {', '.join(cases) or default_fixtures()}. References by: {_tools(results)}."
    print(f"{heading}\n{UNITS}\n")
    print(text_table(results))
    print()
    for result in results:
        words = explanation(result) if result in exported else result.refusal
        if words:
            print(f"{result.name}: {words}")
    print(summary(results))
    if page is not None:
        write_whole(
            page, html_page(results, heading, lambda r: explanation(r) if r in exported else r.refusal).encode()
        )
        print(f"Written: {page}")
    return 0 if all(result.agrees for result in results) else 1


def _grouped(cases: Sequence[str]) -> Iterator[str | tuple[Path, list[str]]]:
    """.mat files as they are; folders, and the names for the default folder, as what run_cases takes."""
    names = []
    for typed in cases:
        path = Path(typed)
        if path.suffix.lower() == ".mat":
            yield typed
        elif (path / MANIFEST).is_file():
            yield path, []
        elif (path / "case.json").is_file():
            folder = path.resolve()
            yield folder.parents[1], [folder.name]
        elif path.is_dir():
            msg = f"CASES: {typed!r} is no folder of parity cases: it has no {MANIFEST}."
            raise FileNotFoundError(msg)
        else:
            names.append(typed)
    if names or not cases:
        yield default_fixtures(), names


def _tools(results: Sequence[Result]) -> str:
    return "; ".join(sorted({result.tool or "unknown" for result in results}))
