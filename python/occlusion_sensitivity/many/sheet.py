"""A contact sheet: a page with the maps of a store, and beside it a folder of pictures."""

import json
import os
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..arguments import shown
from ..files import whole_folder
from ..mini_batches import Progress
from ..name_values import NameValues
from ..notices import warn_user
from ..outputs import PAGES, checked_output
from ..packages import missing
from ..pages.page import style
from ..pictures import encoded
from ..progress import shown_progress
from ..threads import of_the_process
from .maps import Maps
from .sheet_content import Shown
from .sheet_pictures import GONE, NO_FILE, Look, Photographs, large, photograph, small
from .sources import SHEET_MARK, Source

# Each holds a large photograph.
_MOST_THREADS = 8
# What the folder of pictures holds.
_PARTS = ("small", "large", "mean")
_MARK = "The pictures of a contact sheet of occlusion-sensitivity. Writing the sheet again replaces this folder.\n"


def write_sheet(
    maps: Maps,
    file: str | os.PathLike[str],
    images: Any = None,
    progress: bool | Progress | None = None,
    file_typed: str = "file",
    images_typed: str = "images",
) -> Path:
    """Write the sheet of a store; see Maps.save. What is returned is the folder of its pictures."""
    output = checked_output(file_typed, file, NameValues(), endings=PAGES)
    folder = output.with_name(f"{output.stem}_files")
    _check_replaceable(folder, output.name, file_typed)
    page = _template()
    sheet = Shown(maps)
    photographs = Photographs(maps, images, images_typed)
    try:
        with whole_folder(folder) as part:
            (part / SHEET_MARK).write_text(_MARK, encoding="utf-8")
            for name in _PARTS:
                (part / name).mkdir()
            with shown_progress(progress) as bar:
                alone = _draw(sheet, photographs, part, bar)
            _draw_means(sheet, part / "mean")
            # It lies in the folder until that is in its place: then both change in a moment.
            text = page(sheet, alone, quote(os.fsencode(folder.name)))
            (part / output.name).write_bytes(text.encode(errors="replace"))
        (folder / output.name).replace(output)
    except OSError as error:
        msg = f"{file_typed}: {shown(str(output))} cannot be written: {error.strerror or error}."
        raise RuntimeError(msg) from error
    if alone:
        where = f" {images_typed} says where they are." if {GONE, NO_FILE} & set(alone.values()) else ""
        warn_user(f"{alone_text(alone)}{where}")
    return folder


def _check_replaceable(folder: Path, page: str, typed: str) -> None:
    """Raise ValueError unless there is no such folder, or one that a sheet made."""
    if not os.path.lexists(folder):
        return
    is_folder = folder.is_dir() and not folder.is_symlink()
    inside = {entry.name for entry in folder.iterdir()} if is_folder else {""}
    # A page is there where a run was ended before it moved that to its place.
    if inside and not (SHEET_MARK in inside and inside <= {SHEET_MARK, *_PARTS, page}):
        msg = f"{typed}: the pictures of the page would lie in {shown(str(folder))}, but that holds other things."
        raise ValueError(msg)


def _draw(sheet: Shown, photographs: Photographs, folder: Path, progress: Progress | None) -> dict[int, str]:
    """Draw each image under its maps; of those whose maps are alone, by their places, why."""
    look, names, scores = Look.of(sheet.maps.attributes), sheet.maps.names, sheet.column("score")
    threads = min(_MOST_THREADS, of_the_process())

    def draw(n: int, source: Source | None) -> str:
        k = sheet.places[n]
        row = sheet.table[k]
        pixels, why = photograph(source, str(row["sha256"]))
        size = (int(row["height"]), int(row["width"])) if pixels is None else (pixels.shape[0], pixels.shape[1])
        drops = sheet.maps.drops(k)
        drops = drops.reshape(*drops.shape[:2], -1)[..., : sheet.ranks]
        for rank, picture in enumerate(look.drawn(pixels, size, drops, scores[n])):
            for kind, encoded_as in (("large", large), ("small", small)):
                (folder / kind / f"{sheet.stem(k, rank)}.jpg").write_bytes(encoded_as(picture))
        return why

    alone = {}
    with ThreadPoolExecutor(threads) as pool:
        drawn = (pool.submit(draw, n, photographs.source(names[k])) for n, k in enumerate(sheet.places))
        for n, why in enumerate(_results(drawn, ahead=threads)):
            if why:
                alone[sheet.places[n]] = why
            if progress is not None:
                progress(n + 1, len(sheet.places))
    return alone


def _results(begun: Iterable[Future[str]], ahead: int) -> Iterator[str]:
    """What comes of each, in order; so many more are begun meanwhile."""
    waiting: deque[Future[str]] = deque()
    for future in begun:
        waiting.append(future)
        if len(waiting) > ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _draw_means(sheet: Shown, folder: Path) -> None:
    look = Look.of(sheet.maps.attributes)
    for k, mean in enumerate(sheet.means):
        (folder / f"{k}.png").write_bytes(encoded(look.mean(mean.drops, mean.scale), "PNG"))


def alone_text(alone: Mapping[int, str]) -> str:
    """Of how many images the map is alone, and why."""
    counts = [f"{count} whose picture {why}" for why, count in Counter(alone.values()).items()]
    images = "image the map is" if len(alone) == 1 else "images the maps are"
    return f"Of {len(alone)} {images} shown alone: {', '.join(counts)}."


def _template() -> Callable[[Shown, Mapping[int, str], str], str]:
    """What makes the page of a sheet, of the images whose maps are alone, and of the folder's address."""
    try:
        from jinja2 import Environment
        from markupsafe import Markup
    except ImportError as error:
        raise missing("Contact sheets need", "Jinja2", "pages", error) from error
    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(_part("sheet.html"))

    def page(sheet: Shown, alone: Mapping[int, str], folder: str) -> str:
        data = json.dumps(sheet.data(folder, alone), allow_nan=False, separators=(",", ":"))
        return template.render(
            **sheet.content(),
            folder=folder,
            alone=alone_text(alone) if alone else "",
            links=sheet.links(),
            style=Markup(style() + _part("sheet.css")),
            data=Markup(data.replace("<", "\\u003c")),
            script=Markup(_part("sheet.js")),
        )

    return page


def _part(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")
