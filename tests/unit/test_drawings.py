"""Pictures of explanations: what is where, pixel by pixel, and nothing cut off."""

import io
import itertools

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

import networks
from occlusion_sensitivity import draw_map, explain, importNetworkFromONNX
from occlusion_sensitivity.drawings import Drawing, figure_of
from occlusion_sensitivity.lettering import broken, lettered, score_text, text_width
from occlusion_sensitivity.name_values import NameValues
from occlusion_sensitivity.painting import Scale, brought_to, overlaid

SEED = 15
NAMES = ["cat", "dog", "bird", "fish"]


@pytest.fixture
def rng():
    print(f"seed {SEED}")
    return np.random.default_rng(SEED)


@pytest.fixture
def net(tmp_path, rng):
    return importNetworkFromONNX(networks.convolutional(tmp_path / "net.onnx", rng))


def explained(photograph, net, *names, **options):
    """As most networks of these tests take it."""
    return explain(photograph, net, *names, pixel_range=1, **options)


def pixels(figure):
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100)
    with Image.open(buffer) as picture:
        return np.asarray(picture.convert("RGB")).astype(int)


def figure(result, **options):
    return figure_of(result, Drawing.parse(NameValues.of(options)))


def panels(drawn):
    """The pixel boxes of the panels of a figure, from its upper left corner: row0, row1, col0, col1."""
    width, height = drawn.get_size_inches() * 100
    found = []
    for axes in drawn.axes:
        if axes.images and not axes.axison:
            place = axes.get_position()
            found.append((height * (1 - place.y1), height * (1 - place.y0), width * place.x0, width * place.x1))
    return [tuple(round(x) for x in box) for box in found]


def smooth(rng, rows, cols):
    """A photograph without noise."""
    y, x = np.mgrid[0:rows, 0:cols]
    return np.stack([100 + 50 * np.sin(x / 40), 120 + 60 * np.cos(y / 30), 90 + 40 * np.sin((x + y) / 50)], 2).astype(
        np.uint8
    )


@pytest.mark.parametrize("size", [(500, 700), (601, 333), (700, 701)])
def test_the_photograph_is_drawn_pixel_by_pixel(net, rng, size):
    result = explained(smooth(rng, *size), net, NAMES, channel=1)
    drawn = figure(result)
    shown = pixels(drawn)
    ((row0, row1, col0, col1),) = panels(drawn)
    assert (row1 - row0, col1 - col0) == size
    scale = Scale.of(result.grid, "jet")
    expected = overlaid(result.photograph, brought_to(size, result.grid, "bicubic"), scale, 0.6).astype(int)
    apart = np.abs(shown[row0:row1, col0:col1] - expected).max(axis=2)
    box_row0, box_row1, box_col0, box_col1 = (int(x) for x in result.peak().box)
    apart[max(box_row0 - 4, 0) : box_row1 + 5, max(box_col0 - 4, 0) : box_col1 + 5] = 0
    assert apart.max() <= 1


def test_the_strongest_mask_is_outlined(net, rng):
    result = explained(smooth(rng, 500, 700), net, NAMES, channel=1)
    drawn = figure(result, opacity=0)
    ((top, _, left, _),) = panels(drawn)
    shown = pixels(drawn)
    row0, row1, col0, col1 = (round(x) for x in result.peak().box)
    middle_row, middle_col = (row0 + row1) // 2, (col0 + col1) // 2
    for row, col in ((row0, middle_col), (row1, middle_col), (middle_row, col0), (middle_row, col1)):
        if 3 < row < 497 and 3 < col < 697:
            around = shown[top + row - 2 : top + row + 3, left + col - 2 : left + col + 3]
            assert around.min() < 60
            assert (around.min(axis=2) > 200).any()


@pytest.mark.parametrize("size", [(3, 900), (900, 3), (1, 3000)])
def test_the_outline_leaves_something_to_see(net, rng, size):
    """Lines as thick as usual would cover all of a picture of few rows."""
    result = explained(rng.integers(0, 256, (*size, 3)).astype(np.uint8), net, NAMES, channel=1)
    drawn = figure(result, opacity=0)
    ((row0, row1, col0, col1),) = panels(drawn)
    outlined = pixels(drawn)[row0:row1, col0:col1]
    for patch in list(drawn.axes[0].patches):
        patch.remove()
    apart = np.abs(outlined - pixels(drawn)[row0:row1, col0:col1])
    assert apart.any()
    assert np.median(apart) <= 40


def test_a_large_photograph_is_drawn_smaller(net, rng):
    result = explained(smooth(rng, 900, 2400), net, channel=1)
    ((row0, row1, col0, col1),) = panels(figure(result))
    assert (row1 - row0, col1 - col0) == (600, 1600)
    ((row0, row1, col0, col1),) = panels(figure(result, longest_side=800))
    assert (row1 - row0, col1 - col0) == (300, 800)


@pytest.mark.filterwarnings("ignore:The values of the photograph")
@pytest.mark.parametrize("most", [1, 255])
@pytest.mark.parametrize("how", [{"longest_side": 60}, {"frame": "network"}, {}])
def test_numbers_of_the_user_s_are_as_bright_in_any_size(net, most, how):
    """Resizing overshoots: numbers of 0…1 become more than 1, and are not those of 0…255 for that."""
    X = np.full((120, 160, 3), 0.3)
    X[30:60, 40:100] = 1
    result = explained(most * X, net, channel=1)
    picture = np.asarray(figure(result, opacity=0, **how).axes[0].images[0].get_array())[..., :3]
    assert abs(int(np.median(picture)) - 76) <= 1
    assert picture.max() == 255


def test_the_network_frame(net, rng):
    ((row0, row1, col0, col1),) = panels(figure(explained(smooth(rng, 500, 700), net, channel=1), frame="network"))
    assert (row1 - row0, col1 - col0) == (480, 400)  # 12×10, forty times as large


def test_outside_of_the_crop_the_photograph_is_as_it_was(net, rng):
    result = explained(smooth(rng, 600, 1000), net, channel=1, fit="crop")  # 600×500 in the middle
    drawn = figure(result)
    ((top, _, left, _),) = panels(drawn)
    shown = pixels(drawn)
    for part in (slice(0, 245), slice(755, 1000)):
        beside = np.arange(1000)[part]
        np.testing.assert_array_equal(shown[top : top + 600, left + beside], result.photograph[:, part])


def test_a_strip_of_classes_has_one_scale(net, rng):
    result = explained(smooth(rng, 300, 400), net, NAMES, top=4)
    drawn = figure(result)
    assert len(panels(drawn)) == 4
    assert len({box[2:] for box in panels(drawn)}) == 4
    assert len({box[:2] for box in panels(drawn)}) == 1
    (bar,) = [axes for axes in drawn.axes if axes.axison]
    assert bar.get_ylim()[1] == pytest.approx(result.grid.max())
    texts = " ".join(text.get_text() for text in drawn.texts)
    for name, score in zip(result.classes, result.scores, strict=True):
        assert f"{name}: probability {score_text(score)}" in texts


def test_side_by_side(net, rng):
    result = explained(smooth(rng, 300, 400), net, NAMES, top=2)
    drawn = figure(result, style="side-by-side")
    boxes = panels(drawn)
    assert len(boxes) == 6
    shown = pixels(drawn)
    row0, row1, col0, col1 = boxes[0]
    np.testing.assert_array_equal(shown[row0:row1, col0:col1], result.photograph)


@pytest.mark.parametrize("style", ["overlay", "contours", "side-by-side", "spotlight"])
@pytest.mark.parametrize("size", [(3, 900), (900, 3), (1, 1), (20, 30), (500, 700)])
@pytest.mark.parametrize("colormap", ["jet", "diverging"])
def test_whatever_is_written_is_inside_and_apart(net, rng, style, size, colormap):
    name = "an uncommonly long name of a class, 猫猫猫猫猫猫猫 and $x_1$ " * 3
    result = explained(smooth(rng, *size), net, [name, *NAMES[1:]], channel=1)
    drawn = figure(result, style=style, colormap=colormap)
    drawn.savefig(io.BytesIO(), dpi=100)  # which puts the label of the bar in its place
    width, height = drawn.get_size_inches() * 100
    bars = [axes.yaxis.label for axes in drawn.axes if axes.axison]
    written = [text.get_window_extent() for text in [*drawn.texts, *bars] if text.get_text()]
    for box in written:
        assert box.x0 >= 0
        assert box.x1 <= width
        assert box.y0 >= 0
        assert box.y1 <= height
    for k, one in enumerate(written):
        for other in written[k + 1 :]:
            apart = one.x1 <= other.x0 or other.x1 <= one.x0 or one.y1 <= other.y0 + 1 or other.y1 <= one.y0 + 1
            assert apart
    for row0, row1, col0, col1 in panels(drawn):
        for box in written:
            below, above = height - row1, height - row0
            assert box.y1 <= below + 1 or box.y0 >= above - 1 or box.x0 >= col1 or box.x1 <= col0


def test_the_caption_says_what_was_done(net, rng):
    result = explained(smooth(rng, 300, 400), net, NAMES, channel=2, MaskSize=[4, 3], Stride=2)
    texts = " ".join(text.get_text().replace("\n", " ") for text in figure(result).texts)
    score = score_text(result.scores[0])
    assert f"photograph · net · dog, probability {score} · mask 4×3, stride 2×2 of 12×10 pixels" in texts


def test_a_mask_at_the_edge_is_outlined_all_around(tmp_path, rng):
    """Its lines lie half beside the picture, where white alone would not be seen."""
    weight = np.zeros((1, 12, 10, 3))
    weight[0, 0, 0] = 1
    net = importNetworkFromONNX(networks.linear(tmp_path / "corner.onnx", weight))
    drawn = figure(explain(np.full((480, 400, 3), 120, np.uint8), net, channel=1, MaskValue=0), opacity=0)
    ((top, _, left, _),) = panels(drawn)
    shown = pixels(drawn)
    assert shown[top + 5, left - 6 : left + 6].min() < 60
    assert shown[top - 6 : top + 6, left + 5].min() < 60


def test_a_map_without_a_drop_says_so(tmp_path, rng):
    net = importNetworkFromONNX(networks.linear(tmp_path / "rise.onnx", np.full((1, 12, 10, 3), -1.0)))
    drawn = figure(explain(smooth(rng, 300, 400), net, channel=1, MaskValue=0))
    assert "no mask lowers it" in " ".join(text.get_text() for text in drawn.texts)


def test_a_flat_map_says_so(tmp_path, rng):
    weight = np.zeros((1, 12, 10, 3))
    net = importNetworkFromONNX(networks.linear(tmp_path / "flat.onnx", weight, bias=np.array([3.0])))
    drawn = figure(explained(smooth(rng, 300, 400), net, channel=1))
    assert "no mask changes it" in " ".join(text.get_text() for text in drawn.texts)
    assert not [axes for axes in drawn.axes if axes.axison]  # no colour bar of nothing


def test_a_map_of_no_finite_value_is_drawn(tmp_path, rng):
    weight = np.full((1, 12, 10, 3), np.nan)
    net = importNetworkFromONNX(networks.linear(tmp_path / "nan.onnx", weight))
    with pytest.warns(RuntimeWarning, match="NaN"):
        result = explained(smooth(rng, 300, 400), net, channel=1)
    assert result.peak() is None
    for style in ("overlay", "contours", "side-by-side", "spotlight"):
        figure(result, style=style).canvas.draw()


@pytest.mark.parametrize("ending", [".png", ".jpg", ".jpeg", ".pdf", ".svg", ".html", ".npy", ".mat"])
def test_several_classes_are_saved(net, rng, tmp_path, ending):
    explained(smooth(rng, 30, 40), net, NAMES, top=3).save(tmp_path / f"x{ending}")
    assert (tmp_path / f"x{ending}").stat().st_size > 500


@pytest.mark.parametrize(
    ("file", "options", "error", "message"),
    [
        ("x.gif", {}, ValueError, "file must be a file that ends in .png, .jpg"),
        (3, {}, TypeError, "file must be the path of a file, but is 3."),
        ("nowhere/x.png", {}, FileNotFoundError, "file: there is no folder 'nowhere'."),
        ("x.csv", {}, ValueError, "'x.csv' holds the map of one class, not of 2"),
        ("x.npy", {"style": "contours"}, ValueError, "style is for .png, .jpg, .jpeg, .pdf, .svg, but 'x.npy' holds n"),
        ("x.png", {"style": "x"}, ValueError, "style must be one of overlay"),
        ("x.png", {"longest_side": 1e9}, ValueError, "longest_side must be an integer from 1 to 20000"),
        ("x.png", {"colour": "x"}, ValueError, "The option name must be one of style, colormap"),
    ],
)
def test_what_cannot_be_saved(net, rng, tmp_path, monkeypatch, file, options, error, message):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(error) as raised:
        explained(smooth(rng, 30, 40), net, NAMES, top=2).save(file, **options)
    assert message in str(raised.value)
    assert sorted(tmp_path.iterdir()) == before


def test_more_classes_than_a_picture_shows(tmp_path, rng):
    net = importNetworkFromONNX(networks.linear(tmp_path / "many.onnx", rng.normal(size=(30, 12, 10, 3))))
    result = explained(smooth(rng, 30, 40), net, top=21)
    with pytest.raises(ValueError, match="holds the map of at most 20 classes, not of 21: .npy and .mat"):
        result.save(tmp_path / "x.png")
    result.save(tmp_path / "x.npy")
    assert np.load(tmp_path / "x.npy").shape == (12, 10, 21)


def test_draw_map(rng):
    axes = Figure().subplots()
    picture = smooth(rng, 60, 80)
    drops = rng.normal(size=(4, 5))
    found = draw_map(drops, picture, title="a $x$ 猫", box=(10, 20, 30, 50), limit=5, ax=axes)
    assert found is axes
    expected = overlaid(picture, brought_to((60, 80), drops, "bicubic"), Scale.of(np.array([5.0]), "jet"), 0.6)
    np.testing.assert_array_equal(axes.images[0].get_array()[..., :3], expected)
    assert {tuple(patch.get_bbox().extents) for patch in axes.patches} == {(30.0, 10.0, 50.0, 20.0)}
    assert axes.get_title() == "a $x$ □"


def test_draw_map_into_a_figure_of_its_own(rng, headless):
    axes = draw_map(np.eye(3), smooth(rng, 60, 80))
    assert axes.figure is headless.gcf()
    result_axes = explain(smooth(rng, 60, 80), channel=3, Stride=80).draw(style="contours")
    assert result_axes.figure is headless.gcf()
    assert len(headless.get_fignums()) == 2


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        (
            (np.zeros((3, 3, 2)), np.zeros((5, 5))),
            {},
            ValueError,
            "but is 3×3×2: scoreMap[:, :, 0]",
        ),
        (("x", np.zeros((5, 5))), {}, TypeError, "scoreMap must be a numeric array"),
        ((np.zeros((0, 3)), np.zeros((5, 5))), {}, ValueError, "scoreMap must be"),
        ((np.eye(3), np.zeros((0, 5))), {}, ValueError, "X must be one image, H×W or H×W×C, but is 0×5."),
        ((np.eye(3), "x"), {}, TypeError, "X must be a numeric or logical array"),
        ((np.eye(3), np.zeros((5, 5))), {"box": [1, 2, 3]}, ValueError, "box must be four finite numbers"),
        ((np.eye(3), np.zeros((5, 5))), {"limit": 0}, ValueError, "limit must be a positive number, but is 0."),
        ((np.eye(3), np.zeros((5, 5))), {"style": "side-by-side"}, ValueError, 'style "side-by-side" is for figures'),
        ((np.eye(3), np.zeros((5, 5))), {"upsampling": "x"}, ValueError, "upsampling must be one of bicubic, nearest"),
        ((np.eye(3), np.zeros((3, 5, 6))), {}, ValueError, "but is 3×5×6: X.transpose(1, 2, 0) makes it fit."),
        ((np.eye(3), np.zeros((5, 5))), {"title": 5}, TypeError, "title must be a text, but is 5."),
        ((np.eye(3), np.zeros((5, 5))), {"label": None}, TypeError, "label must be a text, but is None."),
        ((np.eye(3), np.zeros((5, 5))), {"ax": 3}, TypeError, "ax must be axes of matplotlib, but is 3."),
        ((np.eye(3), np.zeros((5, 5))), {"ax": Figure()}, TypeError, "ax must be axes of matplotlib"),
        ((np.eye(3), np.zeros((5, 5))), {"opacity": None}, TypeError, "opacity must be a number from 0 to 1"),
    ],
)
def test_bad_arguments_of_draw_map(arguments, options, error, message):
    with pytest.raises(error) as raised:
        draw_map(*arguments, **{"ax": Figure().subplots(), **options})
    assert message in str(raised.value)


@pytest.mark.parametrize("label", ["$x$", "\\frac{1$ and $", "a\u200b 猫"])
def test_the_label_of_a_bar_is_text_and_no_formula(label):
    axes = draw_map(np.eye(3), np.zeros((5, 5)), label=label, ax=Figure().subplots())
    axes.figure.savefig(io.BytesIO())
    assert axes.figure.axes[1].get_ylabel() == lettered(label)[0]


@pytest.mark.parametrize("limit", [1e-320, 1e-40, 1e38])
@pytest.mark.parametrize("colormap", ["jet", "diverging"])
def test_drops_and_limits_of_any_size(limit, colormap):
    drops = np.array([[1e300, 0.0], [-1e-310, limit]])
    axes = draw_map(drops, np.zeros((2, 2)), limit=limit, colormap=colormap, ax=Figure().subplots(), opacity=1)
    picture = np.asarray(axes.images[0].get_array())[..., :3]
    assert picture[0, 0].tolist() == [128, 0 if colormap == "jet" else 33, 0]
    assert picture[0, 1].tolist() == [0, 0, 0]


def test_lines_are_as_wide_as_they_may_be(rng):
    text = "some words of different length, averyveryverylongwordindeedthatfitsnowhere and 猫猫猫猫猫猫 $x$"
    for width in (40, 90, 200, 1000):
        lines = broken(text, width, 12)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert all(text_width(line, 12) <= width for line in lines)
        for line, following in itertools.pairwise(lines):
            assert text_width(f"{line} {following.split()[0]}", 12) > width


def test_characters_that_no_font_has_are_boxes():
    text, families = lettered("a \U0010fffd b")
    assert text == "a □ b"
    assert families


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.94581, "0.9458"),
        (-0.5, "-0.5000"),
        (3.21e-5, "3.21e-05"),
        (123456.7, "1.23e+05"),
        (17.5, "17.5000"),
    ],
)
def test_scores_as_readers_see_them(value, text):
    assert score_text(value) == text
