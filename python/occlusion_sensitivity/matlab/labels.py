"""Titles and labels of axes and figures."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from ..arguments import as_array, as_text, expected, on_host, text_choice
from ..lettering import drawable
from ..name_values import NameValues
from ..strings import as_strings
from .axes import PLACE, axes_first, is_axes, is_figure, kept, pyplot
from .figures import colour_of
from .layouts import TiledLayout
from .option_types import TextOptions

if TYPE_CHECKING:
    from matplotlib.text import Text

__all__ = ["sgtitle", "title", "xlabel", "ylabel"]

_OPTIONS = ("Color", "FontAngle", "FontName", "FontSize", "FontWeight", "HorizontalAlignment", "Interpreter")
# Of the height of a figure.
_TOP_BELOW_TITLE = 0.86
_GREEK = (
    *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu"),
    *("xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega", "Gamma", "Delta", "Theta"),
    *("Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega", "pm", "times", "leq", "geq", "neq", "infty"),
    *("approx", "rightarrow", "leftarrow", "circ", "cdot", "partial"),
)


def title(*arguments: object, **options: Unpack[TextOptions]) -> Text:
    r"""A title over an axes, or over a tiled layout.

    Parameters
    ----------
    target : matplotlib.axes.Axes or TiledLayout, optional
        First argument; the current axes by default.
    text : text, number, or list or array of them
        Several are lines.
    subtitle : text, optional
        Further lines.
    Interpreter : {"none", "tex", "latex"}, default "none"
        How ``_``, ``^`` and ``\alpha`` are drawn.
    FontSize : float, optional
        In points.
    FontWeight : {"normal", "bold"}, optional
    FontAngle : {"normal", "italic"}, optional
    FontName : text, optional
    Color : text or (red, green, blue), optional
    HorizontalAlignment : {"left", "center", "right"}, optional

    Returns
    -------
    text : matplotlib.text.Text

    Raises
    ------
    TypeError, ValueError
        If an argument is outside the values listed above.

    Notes
    -----
    MATLAB: ``title(string(label))``, ``title(ax,["two" "lines"],"FontSize",9)``

    Python: ``title(string(label))``, ``title(ax, ["two", "lines"], "FontSize", 9)``

    Differs: texts are drawn as typed unless ``Interpreter="tex"``, which is MATLAB's default: names of classes and
    files with ``_`` stay as they are.

    Examples
    --------
    >>> import matplotlib; matplotlib.use("agg")
    >>> title(["espresso", 0.95]).get_text()
    'espresso\n0.95'
    """
    return _written("title", arguments, options)


def sgtitle(*arguments: object, **options: Unpack[TextOptions]) -> Text:
    """A title over a figure; options as of :func:`title`.

    Notes
    -----
    MATLAB: ``sgtitle("Maps")``, ``sgtitle(fig,"Maps")``

    Python: ``sgtitle("Maps")``, ``sgtitle(fig, "Maps")``

    Differs: as of title.

    Examples
    --------
    >>> import matplotlib; matplotlib.use("agg")
    >>> sgtitle("Maps").get_text()
    'Maps'
    """
    return _written("sgtitle", arguments, options)


def xlabel(*arguments: object, **options: Unpack[TextOptions]) -> Text:
    """A text below an axes; options as of :func:`title`.

    Notes
    -----
    MATLAB: ``xlabel("column")``

    Python: ``xlabel("column")``

    Differs: as of title.

    Examples
    --------
    >>> import matplotlib; matplotlib.use("agg")
    >>> xlabel("column").get_text()
    'column'
    """
    return _written("xlabel", arguments, options)


def ylabel(*arguments: object, **options: Unpack[TextOptions]) -> Text:
    """A text on the left of an axes; options as of :func:`title`.

    Notes
    -----
    MATLAB: ``ylabel("row")``

    Python: ``ylabel("row")``

    Differs: as of title.

    Examples
    --------
    >>> import matplotlib; matplotlib.use("agg")
    >>> ylabel("row").get_text()
    'row'
    """
    return _written("ylabel", arguments, options)


def lines_of(name: str, value: object) -> str:
    """A text to be drawn: of several, each in a line."""
    texts = as_strings(on_host(value))
    if texts is None and isinstance(value, list | tuple):  # a list of texts of several kinds
        parts = [as_strings(on_host(part)) for part in value]
        texts = (
            None if any(part is None for part in parts) else as_strings([str(lines_of(name, part)) for part in parts])
        )
    if texts is None:
        raise TypeError(expected(name, "a text, a number, or lines of them", value))
    return "\n".join(np.atleast_1d(np.asarray(texts)).ravel().tolist())


def _written(command: str, arguments: tuple[object, ...], options: Mapping[str, object]) -> Text:
    rest = list(arguments)
    target: Any = None
    if rest and (isinstance(rest[0], TiledLayout) or is_axes(rest[0]) or is_figure(rest[0])):
        target = rest.pop(0)
    if not rest:
        msg = f"{command} needs a text."
        raise TypeError(msg)
    text = lines_of("text", rest.pop(0))
    if len(rest) % 2 and command == "title":
        text += "\n" + lines_of("subtitle", rest.pop(0))
    style = _style(NameValues.parse(rest, options, _OPTIONS))
    interpreter = style.pop("interpreter")
    drawn, style["parse_math"] = _interpreted(text, interpreter)
    return _place(command, target, drawn, style)


def _place(command: str, target: Any, text: str, style: dict[str, Any]) -> Text:
    whole = target.figure if isinstance(target, TiledLayout) else target if is_figure(target) else None
    if command == "sgtitle" and whole is None:
        if target is not None:
            raise TypeError(expected("sgtitle", "over a figure", target))
        whole = pyplot().gcf()
    if command == "sgtitle":
        _make_room(whole)
    if whole is not None:
        write = {"xlabel": whole.supxlabel, "ylabel": whole.supylabel}.get(command, whole.suptitle)
    else:
        axes, _ = axes_first([] if target is None else [target])
        write = {"title": axes.set_title, "xlabel": axes.set_xlabel, "ylabel": axes.set_ylabel}[command]
    found: Text = write(text, **style)
    return found


def _make_room(figure: Any) -> None:
    """Let a grid of subplot begin below a title of the whole figure, as MATLAB does."""
    for axes in figure.axes:
        if kept(axes, PLACE, None) is not None:
            axes.get_subplotspec().get_topmost_subplotspec().get_gridspec().update(top=_TOP_BELOW_TITLE)


def _style(given: NameValues) -> dict[str, Any]:
    """The options in matplotlib's words."""
    style: dict[str, Any] = {"interpreter": given.read("Interpreter", "none", text_choice, ("none", "tex", "latex"))}
    if "FontSize" in given:
        style["fontsize"] = given.read("FontSize", None, font_size)
    if "FontWeight" in given:
        style["fontweight"] = given.read("FontWeight", None, text_choice, ("normal", "bold"))
    if "FontAngle" in given:
        style["fontstyle"] = given.read("FontAngle", None, text_choice, ("normal", "italic"))
    if "FontName" in given:
        style["fontname"] = given.read("FontName", None, _font_name)
    if "Color" in given:
        style["color"] = given.read("Color", None, colour_of)
    if "HorizontalAlignment" in given:
        style["ha"] = given.read("HorizontalAlignment", None, text_choice, ("left", "center", "right"))
    return style


def font_size(name: str, value: object) -> float:
    allowed = "a positive number of points"
    size = as_array(value)
    if size is None or size.dtype.kind not in "uif" or size.size != 1 or not 1 <= float(size.reshape(())) < 1000:
        raise ValueError(expected(name, allowed, value))
    return float(size.reshape(()))


def _font_name(name: str, value: object) -> str:
    """A font that is installed; another is matplotlib's own, without its warning."""
    text = as_text(value)
    if text is None:
        raise TypeError(expected(name, "the name of a font", value))
    from matplotlib import font_manager

    known = {entry.name for entry in font_manager.fontManager.ttflist}
    return text if text in known else font_manager.FontProperties().get_name()


def _interpreted(text: str, interpreter: str) -> tuple[str, bool]:
    """What is drawn, and whether as mathematics; as typed where it cannot be read."""
    if interpreter == "none":
        return drawable(text), False
    from matplotlib.mathtext import MathTextParser

    mathematics = drawable(text if interpreter == "latex" else _mathtext(text))
    try:
        for line in mathematics.split("\n"):
            MathTextParser("path").parse(line)
    except Exception:  # of pyparsing
        return drawable(text), False
    return mathematics, True


def _mathtext(text: str) -> str:
    """MATLAB's TeX in matplotlib's words: sub- and superscripts and Greek letters; changes of the font are left out."""
    text = text.replace("$", r"\$")
    known = "|".join(sorted(_GREEK, key=len, reverse=True))  # MATLAB takes the longest that it knows
    text = re.sub(rf"\\({known})", r"$\\\1$", text)
    text = re.sub(r"\\(?:color|fontsize|fontname)\{[^{}]*\}", "", text)
    text = re.sub(r"\\(?:bf|it|rm|sl)\s?", "", text)
    text = re.sub(r"(?<!\\)([_^])(\{[^{}]*\}|[^\s{}$\\])", _script, text)
    text = re.sub(r"(?<!\\)[{}](?![^$]*\$(?:[^$]*\$[^$]*\$)*[^$]*$)", "", text)
    return re.sub(r"\\([_^{}])", r"\1", text)


def _script(match: re.Match[str]) -> str:
    return f"${{}}{match[1]}{{\\mathrm{{{match[2].strip('{}')}}}}}$"
