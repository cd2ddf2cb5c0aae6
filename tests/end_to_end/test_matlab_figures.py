"""Figures, axes, layouts and titles as in MATLAB, drawn by matplotlib without a display."""

import numpy as np
import pytest

from drawings import drawn
from occlusion_sensitivity import matlab as m

pytestmark = pytest.mark.usefixtures("headless")


GREY = np.uint8([[0, 51], [102, 255]])
MAP = np.array([[1.0, 2.0], [3.0, 4.0]])


def test_figures(headless):
    fig = m.figure("Visible", "off", "Position", [10, 10, 640, 320], Name="maps", NumberTitle=False, Color="w")
    assert (fig.get_size_inches() * fig.dpi).tolist() == [640, 320]
    assert m.gcf() is fig
    assert m.figure(7).number == 7
    assert m.figure(fig) is fig
    assert m.gcf() is fig
    assert m.figure(7, "Color", [1, 0, 0]).get_facecolor()[:3] == (1, 0, 0)
    half = m.figure("Units", "normalized", "OuterPosition", [0, 0, 0.5, 0.5])
    assert (half.get_size_inches() * half.dpi).tolist() == [960, 540]
    m.close(half)
    m.close(7)
    assert headless.get_fignums() == [fig.number]
    m.close()
    m.close()
    assert headless.get_fignums() == []
    m.figure()
    m.figure()
    m.close("all")
    assert headless.get_fignums() == []


def test_many_figures_that_are_closed_warn_of_nothing(headless):
    for _ in range(25):
        m.close(m.figure("Visible", "off"))


def test_subplots(headless):
    first = m.subplot(2, 2, 1)
    assert m.subplot(221) is first
    assert m.subplot(2, 2, [3, 4]) is headless.gca()
    wide = headless.gca()
    assert wide.get_position().width > 1.8 * first.get_position().width
    assert m.subplot(first) is first
    m.imagesc(first, MAP)
    m.colorbar(first)
    tall = m.subplot(2, 2, [1, 3])  # over the first and over a part of the wide one
    assert headless.gcf().axes == [tall]
    assert m.subplot(2, 2, 2) in headless.gcf().axes
    assert tall in headless.gcf().axes


def test_tiled_layouts(headless):
    m.imagesc(MAP)
    t = m.tiledlayout(2, 3, "TileSpacing", "compact", Padding="tight")
    assert headless.gcf().axes == []
    tall = m.nexttile([2, 1])
    second = m.nexttile()
    fifth = m.nexttile(5)
    assert m.nexttile(5) is fifth
    assert m.nexttile(t) is headless.gca()
    assert m.nexttile(2) is second
    drawn(headless)
    assert tall.get_position().height > 1.8 * second.get_position().height
    assert second.get_position().x0 == pytest.approx(fifth.get_position().x0)
    assert m.nexttile() is not second
    with pytest.raises(ValueError, match="^There is no free place of 1×1 tiles left in the layout of 2×3"):
        m.nexttile()
    with pytest.raises(ValueError, match="^tilelocation must be a tile of the layout, 1 to 6"):
        m.nexttile(9)
    assert m.title(t, "over all").get_text() == "over all"
    assert m.xlabel(t, "below all").get_text() == "below all"
    assert headless.gcf().get_suptitle() == "over all" if hasattr(headless.gcf(), "get_suptitle") else True


def test_a_layout_that_flows_grows(headless):
    t = m.tiledlayout("flow")
    t.TileSpacing = "none"
    t.Padding = "compact"
    assert (t.TileSpacing, t.Padding) == ("none", "compact")
    with pytest.raises(ValueError, match="^Padding must be one of"):
        t.Padding = "wide"
    with pytest.raises(AttributeError, match="^A layout has TileSpacing and Padding to be set, but no Title"):
        t.Title = "x"
    made = [m.nexttile() for _ in range(7)]
    assert t.GridSize == (3, 3)
    assert len(headless.gcf().axes) == 7
    drawn(headless)
    places = [axes.get_position() for axes in made]
    for k, place in enumerate(places):
        for other in places[:k]:
            assert not place.shrunk(0.9, 0.9).overlaps(other.shrunk(0.9, 0.9))
    m.figure()
    assert m.nexttile() is headless.gca()


def test_axis(headless):
    m.imagesc(np.zeros((4, 6)))
    axes = headless.gca()
    m.axis("image", "off")
    assert axes.get_aspect() == 1
    assert not axes.axison
    m.axis(axes, "on")
    assert axes.axison
    assert m.axis().tolist() == [0.5, 6.5, 0.5, 4.5]
    m.axis([1, 3, 1, 2])
    assert m.axis().tolist() == [1, 3, 1, 2]
    assert axes.yaxis_inverted()
    m.axis("xy")
    assert not axes.yaxis_inverted()
    m.axis("ij tight")
    assert axes.axis() == (0.5, 6.5, 4.5, 0.5)
    m.axis("normal")
    assert axes.get_aspect() == "auto"
    m.axis("square")
    assert axes.get_box_aspect() == 1
    m.axis("equal")
    for bad in ([1, 2, 3], [2, 1, 0, 1], [0, np.inf, 0, 1]):
        with pytest.raises(ValueError, match="^axis must be words such as off, image or equal, or limits"):
            m.axis(bad)


TEXTS = ["a_b$c", r"x\y{z", "100% $5 of $6", "猫", "w" * 300, r"\alpha_{1}^2", "{", "^", "_", "$", "\\", ""]


@pytest.mark.parametrize("interpreter", ["none", "tex", "latex"])
@pytest.mark.parametrize("text", TEXTS)
def test_any_text_is_drawn(headless, text, interpreter):
    m.imagesc(MAP)
    m.title(text, "Interpreter", interpreter)
    m.xlabel(text, Interpreter=interpreter)
    m.sgtitle(text, Interpreter=interpreter)
    assert drawn(headless).std() > 0


def test_titles(headless):
    axes = m.subplot(1, 2, 1)
    m.subplot(1, 2, 2)
    assert m.title(axes, ["two", "lines"]).get_text() == "two\nlines"
    assert axes.get_title() == "two\nlines"
    assert m.title(m.string(["a", "b"]) + "!").get_text() == "a!\nb!"
    assert m.title(["text", 0.5, m.categorical("cat")]).get_text() == "text\n0.5\ncat"
    assert m.title("a$_b$").get_text() == "a$_b$"
    assert m.title(3).get_text() == "3"
    assert m.title("over", "below").get_text() == "over\nbelow"
    text = m.title("x", "FontSize", 9, FontWeight="bold", Color=[1, 0, 0], FontAngle="italic", FontName="DejaVu Sans")
    assert (text.get_fontsize(), text.get_fontweight(), text.get_color(), text.get_fontstyle()) == (
        9,
        "bold",
        (1, 0, 0),
        "italic",
    )
    assert m.title("x", HorizontalAlignment="left", FontName="No Such Font").get_ha() == "left"
    assert m.ylabel(axes, "row").get_text() == axes.get_ylabel() == "row"
    assert m.sgtitle(m.gcf(), "all").get_text() == "all"
    assert m.title(r"\alpha_1", Interpreter="tex").get_text() == r"$\alpha$${}_{\mathrm{1}}$"


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: m.hold("maybe"), ValueError, "^hold must be one of on, off"),
        (lambda: m.hold("on", "off"), ValueError, "^hold takes an axes and a state"),
        (lambda: m.hold(3), ValueError, '^hold must be "on", "off"'),
        (lambda: m.subplot(1, 2, 3), ValueError, "^p must be at most 2"),
        (lambda: m.subplot(2, 2, [1, 5]), ValueError, "^p must be at most 4"),
        (lambda: m.subplot(2, 2, "1"), TypeError, "^p must be a cell"),
        (lambda: m.subplot(2, 2), (TypeError, ValueError), "^p must be"),
        (lambda: m.subplot(22), ValueError, "^mnp must be three digits"),
        (lambda: m.subplot(201), ValueError, "^mnp must be three digits"),
        (lambda: m.figure(0), ValueError, "^n must be a positive integer"),
        (lambda: m.figure(Position=[0, 0, 0, 5]), ValueError, r"^Position must be \[left bottom width height\]"),
        (lambda: m.figure(Position=[0, 0, np.inf, 5]), ValueError, r"^Position must be \[left bottom width height\]"),
        (lambda: m.figure(Color="no colour"), ValueError, "^Color must be the name of a colour"),
        (lambda: m.figure("Visibility", "off"), ValueError, "^The option name must be one of"),
        (lambda: m.figure(Visible=3), ValueError, '^Visible must be "on", "off", true or false'),
        (lambda: m.close("figure 1"), ValueError, "^close must be one of"),
        (lambda: m.close(0), ValueError, "^close must be a positive integer"),
        (lambda: m.axis("round"), ValueError, "^axis must be one of"),
        (lambda: m.title(), TypeError, "^title needs a text"),
        (lambda: m.title(None), TypeError, "^text must be a text, a number, or lines of them"),
        (lambda: m.title("x", FontSize=-1), ValueError, "^FontSize must be a positive number of points"),
        (lambda: m.title("x", FontSize="big"), ValueError, "^FontSize must be a positive number of points"),
        (lambda: m.title("x", FontName=3), TypeError, "^FontName must be the name of a font"),
        (lambda: m.title("x", Rotation=3), ValueError, "^The option name must be one of"),
        (lambda: m.title("x", Interpreter="html"), ValueError, "^Interpreter must be one of none, tex, latex"),
        (lambda: m.tiledlayout(2), ValueError, "^The grid must be rows and columns"),
        (lambda: m.tiledlayout(0, 2), ValueError, "^m must be a positive integer"),
        (lambda: m.tiledlayout(1, 2, TileSpacing="wide"), ValueError, "^TileSpacing must be one of"),
        (lambda: m.nexttile([1, 2, 3]), ValueError, "^nexttile takes a layout, a tile and a span"),
        (lambda: m.nexttile(0), ValueError, "^tilelocation or span must be a positive integer"),
    ],
)
def test_bad_figures(headless, call, error, message):
    with pytest.raises(error, match=message):
        call()
