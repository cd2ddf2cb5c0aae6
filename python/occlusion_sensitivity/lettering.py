"""Text in figures: which font has its characters, and where its lines break. Knows matplotlib's fonts, no figure."""

import functools
from typing import Any

# Pixels of a figure per inch: matplotlib counts in inches and points.
DPI = 100
_BOX = "□"
# What is longer is no name, and would leave no room for the picture.
_LONGEST_TEXT = 600


def drawable(text: str) -> str:
    """The text, with a box for each character that the usual fonts have not: matplotlib would warn of each."""
    return _with_boxes(text, _families())


def lettered(text: str) -> tuple[str, list[str]]:
    """The text, and the font families that have its characters; a box for each that no font here has."""
    families = _families()
    missing = frozenset(c for c in text if c != "\n" and not any(_has(family, c) for family in families))
    if missing:
        families = [*families, *_families_with(missing)]
    return _with_boxes(text, families), families


def broken(text: str, width: float, size: float) -> list[str]:
    """The text in lines of at most `width` pixels, in a font of `size` pixels; a word that is wider is cut."""
    lines = [""]
    shortened = text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"
    for word in shortened.split():
        line = f"{lines[-1]} {word}".lstrip()
        if text_width(line, size) <= width:
            lines[-1] = line
            continue
        if lines[-1]:
            lines.append("")
        for character in word:
            if lines[-1] and text_width(lines[-1] + character, size) > width:
                lines.append("")
            lines[-1] += character
    return lines


def score_text(value: float) -> str:
    """A score or a drop for readers: four digits behind the point, and of smaller ones, three that are not zero."""
    if value == 0:
        return "0"
    return f"{value:.4f}" if 1e-3 <= abs(value) < 1e5 else f"{value:.3g}"


def text_width(text: str, size: float) -> float:
    """How wide a line of text is, in pixels, as the size of its font is."""
    from matplotlib.font_manager import FontProperties

    shown, families = lettered(text)
    if not shown:
        return 0.0
    font = FontProperties(family=families, size=size * 72 / DPI)
    return float(_measuring().get_text_width_height_descent(shown, font, False)[0])


@functools.cache
def _measuring() -> Any:
    """What draws text into PNG files, with nothing to draw on."""
    from matplotlib.backends.backend_agg import RendererAgg

    return RendererAgg(1, 1, DPI)  # type: ignore[no-untyped-call]


def _families() -> list[str]:
    from matplotlib.font_manager import FontProperties

    return list(FontProperties().get_family())


def _with_boxes(text: str, families: list[str]) -> str:
    box = _BOX if any(_has(family, _BOX) for family in families) else "?"
    return "".join(c if c == "\n" or any(_has(family, c) for family in families) else box for c in text)


def _has(family: str, character: str) -> bool:
    from matplotlib.font_manager import FontProperties, findfont, get_font

    return bool(get_font(findfont(FontProperties(family=[family]))).get_char_index(ord(character)))


@functools.lru_cache(maxsize=64)
def _families_with(characters: frozenset[str]) -> list[str]:
    """The first installed font that has all of the characters; else the one that has most of them."""
    from matplotlib.font_manager import fontManager, get_font

    best, most = [], 0
    for entry in fontManager.ttflist:
        if entry.name.startswith("Last Resort"):  # which has a box for everything
            continue
        try:
            font = get_font(entry.fname)
            found = sum(bool(font.get_char_index(ord(character))) for character in characters)
        except (OSError, RuntimeError):  # gone, or no font after all
            continue
        if found > most:
            best, most = [entry.name], found
        if most == len(characters):
            break
    return best
