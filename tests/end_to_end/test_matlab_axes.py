"""Axes as MATLAB has them: whose they are, what becomes of others, and what their handles refuse."""

import numpy as np
import pytest

from drawings import colours_of
from occlusion_sensitivity import matlab as m

pytestmark = pytest.mark.usefixtures("headless")

GREY = np.uint8([[0, 51], [102, 255]])
MAP = np.array([[1.0, 2.0], [3.0, 4.0]])


@pytest.mark.parametrize(
    "change", [lambda: m.caxis([0, 1]), lambda: m.clim("auto"), lambda: setattr(m.colorbar(), "Limits", [2, 3])]
)
def test_limits_of_a_map_leave_the_grey_picture_beneath(change):
    grey = m.imshow(GREY)
    m.hold("on")
    m.imagesc(MAP, AlphaData=0.5)
    change()
    np.testing.assert_allclose(colours_of(grey)[..., 0], GREY / 255, atol=1e-9)


def test_limits_of_a_grey_picture_alone():
    grey = m.imshow(GREY)
    m.caxis([0, 51])
    np.testing.assert_allclose(colours_of(grey)[..., 0], [[0, 1], [1, 1]])


def test_lists_of_whole_numbers_are_doubles():
    np.testing.assert_allclose(colours_of(m.imshow([[0, 255]]))[..., 0], [[0, 1]])
    assert colours_of(m.imagesc(np.full((1, 1, 3), 255).tolist())).tolist() == [[[1, 1, 1]]]
    for show in (m.imshow, lambda X: m.imagesc(np.repeat(X[:, :, np.newaxis], 3, 2))):
        with pytest.raises(TypeError, match="^[XC] must be an array of uint8, uint16, int16, single"):
            show(np.array([[0, 255]]))


def test_subplot_takes_the_place_of_what_was_there(headless):
    m.imshow(GREY)
    first = m.subplot(1, 2, 1)
    assert headless.gcf().axes == [first]
    m.tiledlayout(1, 2)
    m.nexttile()
    left = m.subplot(1, 2, 1)
    assert headless.gcf().axes == [left]
    right = m.subplot(1, 2, 2)
    m.imagesc(right, MAP)
    m.colorbar(right)
    assert len(headless.gcf().axes) == 3
    assert m.subplot(1, 2, 1) is left
    assert len(headless.gcf().axes) == 3


def test_the_grid_is_matlabs():
    place = m.subplot(2, 2, 1).get_position()
    np.testing.assert_allclose([place.x0, place.y0, place.width, place.height], [0.13, 0.584, 0.335, 0.341], atol=1e-3)
    place = m.subplot(2, 1, 2).get_position()
    np.testing.assert_allclose([place.x0, place.y0, place.width, place.height], [0.13, 0.11, 0.775, 0.341], atol=1e-3)


def test_a_title_of_the_figure_has_room(headless):
    axes = m.subplot(2, 1, 1)
    m.imagesc(MAP)
    m.colorbar()
    top = axes.get_position().y1
    m.sgtitle("over all")
    assert axes.get_position().y1 < top - 0.05


def test_a_bar_stays_opaque(headless):
    image = m.imagesc(MAP, AlphaData=0.5)
    m.colorbar()
    bar = headless.gcf().axes[-1]
    for change in (lambda: m.colormap("jet"), lambda: m.clim([0, 1]), lambda: setattr(image, "AlphaData", 0.25)):
        change()
        image.changed()
        (colours,) = (part for part in bar.collections if type(part).__name__ == "QuadMesh")
        assert colours.get_alpha() == 1


def test_units_of_a_figure():
    for units, width in (
        ("Normalized", 1920),
        ("inches", 200),
        ("cent", 200 / 2.54),
        ("points", 200 / 72),
        ("pix", 200),
    ):
        size = 1 if units == "Normalized" else 200
        fig = m.figure("Units", units, "Position", [0, 0, size, size])
        expected = width if units in ("Normalized", "pix") else width * fig.dpi
        assert fig.get_size_inches()[0] * fig.dpi == pytest.approx(expected)
    for bad in ({"Units": "characters"}, {"Position": [0, 0, 0.5, 0.5]}, {"Units": "inches", "Position": [0, 0, 0, 1]}):
        with pytest.raises(ValueError, match="^(Units|Position) must be"):
            m.figure(**bad)
    for name, value in (("Visible", "banana"), ("WindowState", "huge"), ("Renderer", "gl"), ("MenuBar", "on")):
        with pytest.raises(ValueError, match=f"^{name} must be"):
            m.figure(name, value)


def test_closing(headless):
    one, two, three = m.figure(), m.figure(), m.figure()
    m.close(one, "force")
    assert headless.get_fignums() == [two.number, three.number]
    m.close("force")
    assert headless.get_fignums() == [two.number]
    m.close([two, m.figure()])
    assert headless.get_fignums() == []
    m.figure()
    with pytest.raises(ValueError, match="^close must be one of all, force, hidden"):
        m.close("a")
    m.close("all", "hidden")
    assert headless.get_fignums() == []


@pytest.mark.parametrize(
    ("name", "rgb"), [("g", (0, 1, 0)), ("green", (0, 1, 0)), ("y", (1, 1, 0)), ("c", (0, 1, 1)), ("k", (0, 0, 0))]
)
def test_colours_are_matlabs(name, rgb):
    assert m.title("a", "Color", name).get_color() == rgb


@pytest.mark.parametrize("bad", ["none", [np.nan] * 3, [0, 0, 0, 1], [[1], [1, 2]], [2, 0, 0], None])
def test_what_is_no_colour(bad):
    with pytest.raises(ValueError, match="^Color must be the name of a colour"):
        m.title("a", Color=bad)


def test_limits_given_to_imagesc_stay():
    image = m.imagesc(MAP, [0, 1])
    image.CData = 10 * MAP
    assert image.get_clim() == (0, 1)
    m.hold("on")
    assert m.imagesc(100 * MAP).get_clim() == (0, 1)
    m.hold("off")
    assert m.imagesc(MAP).get_clim() == (1, 4)


def test_data_of_an_image():
    image = m.imshow(GREY)
    assert image.CData.dtype == np.uint8
    image.CData = np.uint8([[5, 6, 7]])
    assert list(image.get_extent()) == [0.5, 3.5, 1.5, 0.5]
    colour = m.imshow(np.uint8([[[255, 0, 0]]]))
    assert colour.CData.dtype == np.uint8
    for target, value in ((image, np.zeros((2, 2, 3))), (colour, GREY)):
        m.hold("on")
        with pytest.raises(ValueError, match="^CData must be a"):
            target.CData = value
    for name in ("XData", "Interpolation", "Alphadata"):
        with pytest.raises(AttributeError, match=f"but no {name}"):
            setattr(image, name, 1)


def test_alpha_is_of_the_image_on_top():
    grey = m.imshow(GREY)
    m.hold("on")
    heat = m.imshow(np.zeros((2, 2, 3)))
    m.alpha(0.5)
    assert (grey.get_alpha(), heat.get_alpha()) == (None, 0.5)


def test_axis_auto_changes_limits_alone():
    m.imshow(GREY)
    m.axis("auto")
    assert m.gca().get_aspect() == 1


def test_a_named_axes_does_not_become_current():
    left, right = m.subplot(1, 2, 1), m.subplot(1, 2, 2)
    m.imagesc(left, MAP)
    m.colorbar(left)
    m.imshow(GREY, Parent=left)
    m.title(left, "x")
    assert m.gca() is right


def test_handles_refuse_what_would_change_nothing():
    m.imagesc(MAP)
    bar = m.colorbar()
    layout = m.tiledlayout(1, 2)
    refused = [(bar, "Location"), (bar, "mappable"), (bar, "Label"), (bar.Label, "Rotation"), (layout, "GridSize")]
    for target, name in refused:
        with pytest.raises(AttributeError):
            setattr(target, name, "x")
    m.imagesc(MAP)
    bar = m.colorbar("Direction", "reverse", "Ticks", [1, 4])
    bar.Ticks = []
    assert bar.Ticks.tolist() == []
    bar.FontSize = 8
    for size in (0, -5, [1, 2], "big"):
        with pytest.raises(ValueError, match="^FontSize must be a positive number of points"):
            bar.FontSize = size


def test_labels_of_ticks_are_no_mathematics(headless):
    m.imagesc(MAP)
    m.colorbar("Ticks", [1, 4], "TickLabels", ["$x$", r"$\frac{$"])
    headless.gcf().canvas.draw()
    m.colorbar(Ticks=[1, 4], TickLabels=[1, 0.5])


@pytest.mark.parametrize(
    "call",
    [
        lambda: m.imshow(GREY, XData="bad"),
        lambda: m.imagesc(MAP, XData=[2, 1]),
        lambda: m.imagesc(None, [1, 2], MAP),
        lambda: m.imagesc([0, 1], [0, 1], MAP, XData=[5, 6]),
        lambda: m.imagesc(m.gca(), MAP, Parent="banana"),
        lambda: m.colorbar(Ticks=[1, 4], TickLabels=["a"]),
    ],
)
def test_what_is_refused_leaves_what_is_drawn(headless, call):
    image = m.imagesc(MAP)
    m.title("kept")
    with pytest.raises((TypeError, ValueError), match="^(XData|x|Parent|TickLabels) must be"):
        call()
    assert list(headless.gca().images) == [image]
    assert headless.gca().get_title() == "kept"
    assert len(headless.gcf().axes) == 1


def test_places_by_one_number_and_by_none():
    assert list(m.imagesc(5, 7, MAP).get_extent()) == [4.5, 6.5, 8.5, 6.5]
    assert list(m.imagesc([], [], MAP).get_extent()) == [0.5, 2.5, 2.5, 0.5]
    assert list(m.imshow(GREY, XData=5).get_extent()) == [4.5, 6.5, 2.5, 0.5]
    assert colours_of(m.imshow(np.uint8([[0, 255]]), m.jet))[0, 0].tolist() == m.jet()[0].tolist()


def test_numbers_without_end():
    for call, message in (
        (lambda: m.nexttile(10**6), "^tilelocation must be at most"),
        (lambda: m.subplot(10**4, 2, 1), "^m and n must be a grid of at most"),
        (lambda: m.jet(10**8), "^m must be at most"),
        (lambda: m.hot(10**8), "^m must be at most"),
    ):
        with pytest.raises(ValueError, match=message):
            call()


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (r"\bfScore", "Score"),
        (r"{\itAe}", "Ae"),
        (r"\color{red}x\fontsize{16}y", "xy"),
        (r"20\circ", r"20$\circ$"),
        (r"\mum", r"$\mu$m"),
    ],
)
def test_tex(text, plain):
    assert m.title(text, Interpreter="tex").get_text() == plain


def test_a_layout_of_a_figure_that_is_named(headless):
    one, two = m.figure(), m.figure()
    assert m.tiledlayout(one, 1, 2).figure is one
    assert headless.gcf() is two
