"""Pictures, matrices and their colours as in MATLAB, drawn by matplotlib without a display."""

import numpy as np
import pytest
from PIL import Image

from drawings import colours_of, drawn
from occlusion_sensitivity import matlab as m

pytestmark = pytest.mark.usefixtures("headless")


GREY = np.uint8([[0, 51], [102, 255]])
MAP = np.array([[1.0, 2.0], [3.0, 4.0]])


def test_jet():
    table = m.jet()
    assert table.shape == (256, 3)
    assert table[0].tolist() == [0, 0, 0.515625]
    assert table[127].tolist() == [0.5, 1, 0.5]
    assert table[255].tolist() == [0.5, 0, 0]
    for count in range(1, 70):
        n = -(-count // 4)
        u = [*range(1, n + 1), *[n] * (n - 1), *range(n, 0, -1)]
        green = -(-n // 2) - (count % 4 == 1) + 1
        expected = np.zeros((count, 3))
        for channel, first in ((0, green + n), (1, green), (2, green - n)):
            for k, value in enumerate(u):
                if 1 <= first + k <= count:
                    expected[first + k - 1, channel] = value / n
        np.testing.assert_array_equal(m.jet(count), expected)
    with pytest.raises(ValueError, match="^m must be a positive integer"):
        m.jet(0)


def test_the_other_maps_follow_their_rules():
    share = np.arange(64) / 63
    expected = {
        "gray": [share, share, share],
        "cool": [share, 1 - share, 1 + 0 * share],
        "spring": [1 + 0 * share, share, 1 - share],
        "summer": [share, 0.5 + share / 2, 0.4 + 0 * share],
        "autumn": [1 + 0 * share, share, 0 * share],
        "winter": [0 * share, share, 1 - share / 2],
        "copper": [np.minimum(1, 1.25 * share), 0.7812 * share, 0.4975 * share],
    }
    for name, columns in expected.items():
        np.testing.assert_allclose(getattr(m, name)(64), np.stack(columns, 1), atol=1e-15, err_msg=name)
    hot = m.hot(8)  # n = 3
    np.testing.assert_allclose(hot[:, 0], [1 / 3, 2 / 3, 1, 1, 1, 1, 1, 1])
    np.testing.assert_allclose(hot[:, 1], [0, 0, 0, 1 / 3, 2 / 3, 1, 1, 1])
    np.testing.assert_allclose(hot[:, 2], [0, 0, 0, 0, 0, 0, 0.5, 1])
    np.testing.assert_allclose(m.bone(8), (7 * m.gray(8) + hot[:, ::-1]) / 8)
    np.testing.assert_allclose(m.pink(8), np.sqrt((2 * m.gray(8) + hot) / 3))
    np.testing.assert_allclose(m.hsv(6), [[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 1, 1], [0, 0, 1], [1, 0, 1]], atol=1e-15)
    for name in ("jet", "parula", "turbo", *expected, "hot", "bone", "pink", "hsv"):
        for count in (1, 2, 3, 7, 256, 300):
            table = getattr(m, name)(count)
            assert table.shape == (count, 3), name
            assert (table >= 0).all(), name
            assert (table <= 1).all(), name
        with pytest.raises((ValueError, TypeError), match="^m must be a positive integer"):
            getattr(m, name)("many")


def test_a_colour_bar_goes_with_its_picture(headless):
    m.imagesc(MAP)
    m.colorbar()
    m.colorbar()
    assert len(headless.gcf().axes) == 2
    m.imagesc(100 * MAP)
    assert len(headless.gcf().axes) == 1
    m.colorbar("southoutside")
    assert m.colorbar("off") is None
    assert len(headless.gcf().axes) == 1


def test_the_handle_of_a_colour_bar(headless):
    image = m.imagesc(MAP)
    for location in ("eastoutside", "westoutside", "northoutside", "southoutside", "east", "west", "north", "south"):
        bar = m.colorbar("Ticks", [1, 4], "TickLabels", ["low", "猫"], Location=location)
        assert bar.mappable is image
        assert bar.Location == location
        bar.Label.String = "drop of $ the _score"
        bar.Label.FontSize = 7
        assert (bar.Label.String, bar.Label.FontSize) == ("drop of $ the _score", 7)
        assert bar.Ticks.tolist() == [1, 4]
        assert drawn(headless).std() > 0
    bar.Limits = [0, 8]
    assert image.get_clim() == (0, 8)
    assert bar.Limits.tolist() == [0, 8]
    bar.Ticks = [0, 4, 8]
    assert len(bar.Ticks) == 3
    assert m.colorbar(m.gca(), "south").Location == "south"
    assert headless.gca() is image.axes
    with pytest.raises(AttributeError, match="^A colour bar has Label, Ticks"):
        bar.Tick = 3
    with pytest.raises(ValueError, match="^TickLabels must be a text for each of the 3 Ticks"):
        bar.TickLabels = ["a"]
    with pytest.raises(ValueError, match="^Location must be one of"):
        m.colorbar("outside")


def test_imagesc_with_limits(headless):
    assert m.imagesc(MAP, [0, 8], "AlphaData", 0.5).get_clim() == (0, 8)
    for bad in ([8, 0], [1], [1, 2, 3], [0, np.nan]):
        with pytest.raises(ValueError, match="^clims must be"):
            m.imagesc(MAP, bad)


def test_imagesc_colours_as_matlab_does(headless):
    C = np.array([[0.0, 0.25, 0.5], [0.999, 1.0, 0.123]])
    image = m.imagesc(C)
    np.testing.assert_allclose(colours_of(image)[0, 0], m.parula()[0])  # MATLAB's default, not jet
    m.colormap("jet")
    indices = np.minimum(255, np.floor(256 * C)).astype(int)
    np.testing.assert_allclose(colours_of(image), m.jet()[indices])
    assert list(image.get_extent()) == [0.5, 3.5, 2.5, 0.5]
    m.colormap(m.jet(4))
    np.testing.assert_allclose(colours_of(image)[0, 0], [0, 0, 1])


def test_imagesc_alone_has_axes_in_pixels(headless):
    m.imagesc(np.zeros((20, 80)))
    axes = headless.gca()
    assert axes.axison
    assert axes.get_aspect() == "auto"
    assert axes.axis() == (0.5, 80.5, 20.5, 0.5)


@pytest.mark.parametrize(
    "picture", [np.uint8([[[255, 0, 51]]]), np.array([[[1.0, 0, 0.2]]]), np.array([[[7.0, -1, 0.2]]])]
)
def test_imagesc_of_a_colour_picture(headless, picture):
    np.testing.assert_allclose(colours_of(m.imagesc(picture))[0, 0], [1, 0, 0.2])


def test_imagesc_at_places(headless):
    assert list(m.imagesc([10, 30], [1, 2, 3], np.zeros((3, 3))).get_extent()) == [5, 35, 3.5, 0.5]
    image = m.imagesc("CData", MAP, "XData", [0, 1], "YData", [0, 1], AlphaData=0.25)
    assert list(image.get_extent()) == [-0.5, 1.5, 1.5, -0.5]
    assert image.get_alpha() == 0.25
    assert m.imagesc([0, 1], [0, 1], MAP, [0, 9]).get_clim() == (0, 9)


def test_hold_keeps_what_is_drawn(headless):
    m.imshow(np.zeros((4, 6), np.uint8))
    m.hold("on")
    m.imagesc(MAP, AlphaData=0.5)
    axes = headless.gca()
    assert len(axes.images) == 2
    assert axes.get_xlim() == (0.5, 6.5)
    assert axes.get_ylim() == (4.5, 0.5)
    assert axes.get_aspect() == 1
    assert not axes.axison
    m.hold("off")
    m.imagesc(MAP)
    assert len(headless.gca().images) == 1
    assert headless.gca().axison
    m.hold()
    m.imagesc(MAP)
    assert len(headless.gca().images) == 2
    m.hold(axes, False)
    m.imagesc(axes, MAP)
    assert len(axes.images) == 1


@pytest.mark.parametrize("first", ["imagesc", "colormap"])
def test_a_grey_picture_under_a_map_keeps_its_greys(headless, first):
    grey = m.imshow(GREY)
    m.hold("on")
    if first == "colormap":
        m.colormap("jet")
    over = m.imagesc(MAP, AlphaData=0.5)
    m.colormap("jet")
    np.testing.assert_allclose(colours_of(grey)[..., 0], GREY / 255, atol=1e-9)
    np.testing.assert_allclose(colours_of(grey)[..., 2], GREY / 255, atol=1e-9)
    np.testing.assert_allclose(colours_of(over)[0, 0], m.jet()[0])


def test_a_grey_picture_alone_is_coloured_by_a_later_colormap(headless):
    m.colormap("hot")
    image = m.imshow(MAP, [])
    np.testing.assert_allclose(colours_of(image)[..., 0], (MAP - 1) / 3, atol=0.01)
    m.colormap(m.jet)
    np.testing.assert_allclose(colours_of(image)[0, 0], m.jet()[0])
    assert m.colorbar().mappable is image


def test_axes_have_colours_of_their_own(headless):
    left, right = m.subplot(1, 2, 1), m.subplot(1, 2, 2)
    one, other = m.imagesc(left, MAP), m.imagesc(right, MAP)
    m.colormap(left, "hot")
    m.colormap(m.jet(8))
    np.testing.assert_allclose(colours_of(one)[0, 0], m.hot()[0])
    np.testing.assert_allclose(colours_of(other)[0, 0], m.jet(8)[0])
    assert m.colormap(left).shape == (256, 3)
    assert m.colormap(m.gcf()).shape == (8, 3)
    m.colormap(m.gcf(), [[0, 0, 0], [1, 1, 1]])
    assert m.colormap().tolist() == [[0, 0, 0], [1, 1, 1]]
    m.colormap("default")
    np.testing.assert_allclose(colours_of(other)[0, 0], m.parula()[0])
    m.colormap("magma")  # a name of matplotlib's
    assert m.colormap().shape == (256, 3)


def test_nan_has_the_first_colour(headless):
    image = m.imagesc([[np.nan, 1], [2, 3]])
    m.colormap("jet")
    np.testing.assert_allclose(colours_of(image)[0, 0], m.jet()[0])
    assert drawn(headless).std() > 0


@pytest.mark.parametrize(
    ("X", "top"),
    [
        (np.uint16([[0, 65535]]), 1),
        ([[0, 0.5]], 0.5),
        ([[False, True]], 1),
        (np.int16([[-32768, 32767]]), 1),
        (np.float32([[0, 0.25]]), 0.25),
        ([[0, 7.0]], 1),
        (np.ones((1, 1, 3)), 1),
        (np.uint8(np.full((1, 2, 1), 255)), 1),
    ],
)
def test_imshow_of_every_class(headless, X, top):
    assert np.max(colours_of(m.imshow(X))) == pytest.approx(top, abs=0.003)
    axes = headless.gca()
    assert not axes.axison
    assert axes.get_aspect() == 1


def test_imshow_with_limits(headless):
    for image in (m.imshow([[1, 2], [3, 5]], []), m.imshow([[1, 2], [3, 5]], DisplayRange=[])):
        np.testing.assert_allclose(colours_of(image)[..., 0], [[0, 0.25], [0.5, 1]], atol=0.003)
    np.testing.assert_allclose(colours_of(m.imshow(np.uint8([[0, 20]]), [10, 30]))[..., 0], [[0, 0.5]], atol=0.003)
    assert m.imshow(MAP, "DisplayRange", [0, 8]).get_clim() == (0, 8)
    flat = m.imshow(np.full((2, 2), 5.0), [])
    assert np.isfinite(colours_of(flat)).all()


def test_imshow_of_files_and_indexed_pictures(headless, tmp_path):
    Image.fromarray(GREY).save(tmp_path / "grey.png")
    assert m.imshow(str(tmp_path / "grey.png")).CData.tolist() == GREY.tolist()
    assert m.imshow(tmp_path / "grey.png").CData.tolist() == GREY.tolist()
    table = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert colours_of(m.imshow(np.uint8([[0, 2]]), table)).tolist() == [[[1, 0, 0], [0, 0, 1]]]
    assert colours_of(m.imshow([[1.0, 3.0]], table)).tolist() == [[[1, 0, 0], [0, 0, 1]]]
    image = m.imshow(GREY, "Colormap", m.jet(256), "InitialMagnification", "fit", "Border", "tight")
    np.testing.assert_allclose(colours_of(image)[0, 0], m.jet()[0])
    axes = m.subplot(1, 2, 2)
    assert m.imshow(GREY, InitialMagnification=200, Parent=axes, XData=[1, 20], YData=[1, 20]).axes is axes
    with pytest.raises(FileNotFoundError, match="^filename: there is no file 'nowhere.png'"):
        m.imshow("nowhere.png")


def test_ind2rgb():
    table = np.array([[0, 0, 0], [0.5, 0, 0], [1, 1, 1]])
    assert m.ind2rgb(np.uint8([[0, 1, 9]]), table)[0, :, 0].tolist() == [0, 0.5, 1]
    assert m.ind2rgb([[1.0, 2.0, 9.0, -1, np.nan]], table)[0, :, 0].tolist() == [0, 0.5, 1, 0, 0]
    assert m.ind2rgb(np.array([[True, False]]), table)[0, :, 0].tolist() == [0.5, 0]
    assert m.ind2rgb(np.uint8([[0]]), table).dtype == np.float64
    for bad in ([[0, 0]], [[2, 0, 0]], np.zeros((0, 3)), "jet"):
        with pytest.raises((ValueError, TypeError), match="^map must be an"):
            m.ind2rgb([[1]], bad)


def test_gray2ind():
    assert m.gray2ind([[0, 0.5, 1, 2, -1]]).tolist() == [[0, 32, 63, 63, 0]]
    assert m.gray2ind(np.uint8([[0, 128, 255]]), 256).tolist() == [[0, 128, 255]]
    assert m.gray2ind([[True, False]]).tolist() == [[1, 0]]
    assert m.gray2ind([[1.0]], 1000).dtype == np.uint16
    X, table = m.gray2ind(GREY, 16, nargout=2)
    assert table.tolist() == m.gray(16).tolist()
    assert m.ind2rgb(X, table).shape == (2, 2, 3)
    for call, message in (
        (lambda: m.gray2ind(np.zeros((2, 2, 3))), "^I must be a grey picture"),
        (lambda: m.gray2ind(GREY, 0), "^n must be a positive integer"),
        (lambda: m.gray2ind(GREY, 65537), "^n must be 1 to 65536"),
    ):
        with pytest.raises(ValueError, match=message):
            call()


def test_the_handle_of_an_image(headless):
    image = m.imagesc(MAP)
    image.AlphaData = 0.25
    assert image.get_alpha() == image.AlphaData == 0.25
    image.AlphaData = MAP / 4
    np.testing.assert_array_equal(image.AlphaData, MAP / 4)
    image.CData = 10 * MAP
    assert image.get_clim() == (10, 40)
    assert image.CData.tolist() == (10 * MAP).tolist()
    image.Visible = "off"
    assert image.Visible == "off"
    with pytest.raises(ValueError, match="^AlphaData must be"):
        image.AlphaData = 2
    with pytest.raises(ValueError, match="^Visible must be one of on, off"):
        image.Visible = "maybe"


def test_alpha(headless):
    image = m.imagesc(MAP)
    m.alpha(0.25)
    assert image.get_alpha() == 0.25
    m.alpha([[0, 1], [0.5, 1]])
    m.alpha(image, "clear")
    assert image.get_alpha() == 0
    m.alpha(m.gca(), "opaque")
    assert image.get_alpha() == 1


def test_limits_of_colours(headless):
    image = m.imagesc(MAP)
    m.clim([0, 8])
    assert image.get_clim() == (0, 8)
    assert m.clim().tolist() == m.caxis().tolist() == [0, 8]
    m.hold("on")
    assert m.imagesc(100 * MAP).get_clim() == (0, 8)
    m.caxis(m.gca(), [1, 2])
    assert image.get_clim() == (1, 2)
    m.clim("auto")
    assert image.get_clim() == (1, 4)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: m.imshow(np.ones((2, 2, 4))), ValueError, "^X must be a picture"),
        (lambda: m.imshow(np.ones((0, 2))), ValueError, "^X must be a picture"),
        (lambda: m.imshow([["a"]]), TypeError, "^X must be an array of real numbers"),
        (lambda: m.imshow(GREY, [1, 2, 3]), ValueError, r"^DisplayRange must be \[low high\]"),
        (lambda: m.imshow(GREY, [2, 1]), ValueError, r"^DisplayRange must be \[low high\]"),
        (lambda: m.imshow(GREY, [1, 2], DisplayRange=[1, 2]), ValueError, "^DisplayRange must be given once"),
        (lambda: m.imshow(GREY, "InitialMagnification", -1), ValueError, "^InitialMagnification must be a positive"),
        (lambda: m.imshow(GREY, Border="none"), ValueError, "^Border must be one of"),
        (lambda: m.imshow(GREY, Parent=3), TypeError, "^Parent must be an axes"),
        (lambda: m.imshow(GREY, Reduce=True), ValueError, "^The option name must be one of"),
        (lambda: m.imshow(GREY, Interpolation="cubic"), ValueError, "^Interpolation must be one of"),
        (lambda: m.imshow(GREY, Colormap="no such"), ValueError, "^Colormap must be a name"),
        (lambda: m.imshow(GREY, XData=[2, 1]), ValueError, "^XData must be where"),
        (lambda: m.imagesc(), TypeError, "^imagesc takes C"),
        (lambda: m.imagesc(MAP, CData=MAP), TypeError, "^imagesc takes C"),
        (lambda: m.imagesc(1, 2, 3, 4, 5), TypeError, "^imagesc takes C"),
        (lambda: m.imagesc(np.ones(3)), ValueError, "^C must be a matrix"),
        (lambda: m.imagesc("text"), ValueError, "^Every option needs a value|^The option name"),
        (lambda: m.imagesc(None), TypeError, "^C must be an array of real numbers"),
        (lambda: m.imagesc([[1], [1, 2]]), TypeError, "^C must be an array of real numbers"),
        (lambda: m.imagesc([[1j]]), TypeError, "^C must be an array of real numbers"),
        (lambda: m.imagesc([3, 1], [1, 2], MAP), ValueError, "^x must be where"),
        (lambda: m.imagesc([[1, 2]], AlphaData=2), ValueError, "^AlphaData must be"),
        (lambda: m.imagesc([[1, 2]], AlphaData=[[np.nan, 1]]), ValueError, "^AlphaData must be"),
        (lambda: m.imagesc([[1, 2]], AlphaData="half"), TypeError, "^AlphaData must be"),
        (lambda: m.imagesc([[1, 2]], AlphaDataMapping="scaled"), ValueError, "^AlphaDataMapping must be one of none"),
        (lambda: m.imagesc([[1, 2]], "AlphaData"), ValueError, "needs a value"),
        (lambda: m.colormap("no such map"), ValueError, "^colormap must be"),
        (lambda: m.colormap([[1, 2]]), ValueError, "^colormap must be"),
        (lambda: m.colormap([[1, 2, 3]]), ValueError, "^colormap must be"),
        (lambda: m.colormap(np.zeros((0, 3))), ValueError, "^colormap must be"),
        (lambda: m.colormap("jet", "hot"), ValueError, "^colormap takes an axes or a figure"),
        (lambda: m.colormap(None), TypeError, "^colormap must be"),
        (lambda: m.colorbar(), ValueError, "^colorbar needs a matrix"),
        (lambda: m.colorbar(3), (TypeError, ValueError), "^Every option needs a value|^The option name must be"),
        (lambda: m.alpha(0.5), ValueError, "^alpha needs a matrix"),
        (lambda: m.clim([1, 0]), ValueError, r"^clim must be \[low high\]"),
        (lambda: m.clim("wide"), ValueError, "^clim must be one of"),
    ],
)
def test_bad_pictures(headless, call, error, message):
    with pytest.raises(error, match=message):
        call()
