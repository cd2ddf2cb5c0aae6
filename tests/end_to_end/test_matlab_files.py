"""Several pictures in one, and figures and pictures as files."""

import stat

import numpy as np
import pytest
from PIL import Image

from occlusion_sensitivity import matlab as m

pytestmark = pytest.mark.usefixtures("headless")


def read(file):
    with Image.open(file) as picture:
        return np.asarray(picture.convert("RGBA" if "A" in picture.mode else "RGB")), picture.mode


GREY = np.uint8(np.arange(12).reshape(3, 4) * 20)
COLOUR = np.uint8(np.random.default_rng(0).integers(0, 256, (3, 4, 3)))


# Tiles ---------------------------------------------------------------------------------------------------------------


def test_tiles_stand_row_by_row():
    pictures = [np.full((2, 3), k / 10) for k in range(5)]
    tiles = m.imtile(pictures, "GridSize", [2, 3])
    assert tiles.shape == (4, 9)
    assert tiles[::2, ::3].tolist() == [[0, 0.1, 0.2], [0.3, 0.4, 0]]
    stack = np.stack([COLOUR] * 4, axis=3)
    assert m.imtile(stack).shape == (6, 8, 3)
    assert m.imtile(stack[:, :, :1]).shape == (6, 8)
    assert m.imtile(COLOUR, COLOUR, GridSize=[1, np.nan]).shape == (3, 8, 3)
    assert m.imtile(pictures, Frames=[5, 1], GridSize=[np.nan, 1])[:, 0].tolist() == [0.4, 0.4, 0, 0]
    np.testing.assert_array_equal(m.imtile(GREY), GREY)


def test_borders_and_background():
    tiles = m.imtile([GREY, GREY], "BorderSize", [1, 2], "BackgroundColor", [1, 0, 0], "GridSize", [1, 2])
    assert tiles.shape == (5, 16, 3)
    assert tiles[0, 0].tolist() == [255, 0, 0]
    assert tiles[1, 2].tolist() == [0, 0, 0]
    np.testing.assert_array_equal(tiles[1:4, 2:6, 0], GREY)
    assert m.imtile([GREY / 255], BorderSize=1, BackgroundColor="w")[0, 0] == 1


def test_tiles_of_different_pictures():
    tiles = m.imtile([GREY, COLOUR], GridSize=[1, 2])
    np.testing.assert_array_equal(tiles[:, 4:], COLOUR)
    np.testing.assert_array_equal(tiles[:, :4, 1], GREY)
    assert m.imtile([GREY, GREY / 255]).dtype == np.float64
    assert m.imtile([GREY > 50]).dtype == np.uint8
    wide = m.imtile([np.ones((4, 4)), np.ones((2, 8))], GridSize=[1, 2])  # its shape is kept, black above and below
    assert wide.shape == (4, 8)
    assert wide[:, 4:].sum() == pytest.approx(4)
    small = m.imtile([np.ones((10, 20))] * 2, ThumbnailSize=[5, np.nan], GridSize=[2, 1])
    assert small.shape == (10, 10)
    assert m.imtile([GREY], ThumbnailSize=[]).shape == GREY.shape
    indexed = m.imtile(np.stack([GREY // 100] * 2, 2)[:, :, np.newaxis], [[0.0, 0, 0], [1, 0, 0], [1, 1, 1]])
    assert indexed.shape[2] == 3


def test_tiles_of_files(tmp_path):
    for name in ("a.png", "b.png"):
        Image.fromarray(COLOUR).save(tmp_path / name)
    imds = m.imageDatastore(tmp_path)
    for source in (imds, imds.Files, [str(tmp_path / "a.png"), tmp_path / "b.png"]):
        assert m.imtile(source, GridSize=[1, 2]).shape == (3, 8, 3)
    assert m.montage(imds.Files, "Size", [2, 1]).CData.shape == (6, 4, 3)


def test_about_as_wide_as_high():
    for (rows, cols), count, grid in (
        ((10, 10), 9, (3, 3)),
        ((10, 40), 6, (3, 2)),
        ((50, 10), 7, (2, 6)),
        ((4, 4), 5, (2, 3)),
    ):
        assert m.imtile([np.zeros((rows, cols))] * count).shape == (grid[0] * rows, grid[1] * cols)


def test_montage(headless):
    axes = m.subplot(1, 2, 2)
    image = m.montage([GREY, GREY], "Size", [1, 3], "Parent", axes, DisplayRange=[0, 100], Indices=[2, 1, 1])
    assert image.axes is axes
    assert image.CData.shape == (3, 12)
    assert image.get_clim() == (0, 100)
    assert m.montage([GREY, GREY], DisplayRange=[]).get_clim() == (0, GREY.max())
    assert m.montage(np.zeros((4, 5, 1, 6))).CData.size == 6 * 20


# Pairs ---------------------------------------------------------------------------------------------------------------


def test_pairs_in_false_colours(headless):
    A, B = np.array([[0.0, 1.0], [2.0, 4.0]]), np.uint8([[0, 10], [10, 0]])
    shown = m.imshowpair(A, B).CData
    np.testing.assert_allclose(shown[..., 1], A / 4)
    np.testing.assert_allclose(shown[..., 0], B / 10)
    np.testing.assert_allclose(shown[..., 2], B / 10)
    shown = m.imshowpair(A, B, "falsecolor", "ColorChannels", "red-cyan").CData
    np.testing.assert_allclose(shown[..., 0], A / 4)
    shown = m.imshowpair(A, B, ColorChannels=[1, 0, 2], Scaling="joint").CData
    np.testing.assert_allclose(shown[..., 0], A / 10)
    assert shown[..., 1].max() == 0
    np.testing.assert_allclose(m.imshowpair(A / 8, B, Scaling="none").CData[..., 1], A / 8)
    np.testing.assert_allclose(m.imshowpair(COLOUR, COLOUR).CData[..., 1], m.mat2gray(m.rgb2gray(COLOUR)))


def test_other_pairs(headless):
    A, B = np.zeros((4, 4)), np.ones((4, 4))
    A[0, 0], B[0, 0] = 1, 0
    np.testing.assert_allclose(m.imshowpair(A, B, "blend").CData, 0.5)
    assert m.imshowpair(A, A, "diff").CData.max() == 0
    assert m.imshowpair(A, B, "diff").CData.max() == 1
    assert m.imshowpair(A, B, "montage").CData.shape == (4, 8)
    assert m.imshowpair(A, COLOUR, "montage").CData.shape == (4, 8, 3)
    board = m.imshowpair(np.zeros((16, 16)), np.ones((16, 16)), "checkerboard", Scaling="none").CData
    assert board[:4, :4].tolist() == [[0, 0, 1, 1], [0, 0, 1, 1], [1, 1, 0, 0], [1, 1, 0, 0]]
    padded = m.imshowpair(np.ones((2, 3)), np.ones((4, 2)), Scaling="none").CData
    assert padded[..., 1].tolist() == [[1, 1, 1], [1, 1, 1], [0, 0, 0], [0, 0, 0]]
    axes = m.subplot(1, 2, 1)
    m.subplot(1, 2, 2)
    assert m.imshowpair(A, B, Parent=axes).axes is axes


# Files ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["png", "jpg", "jpeg", "tif", "tiff", "bmp", "pdf", "svg", "eps"])
def test_figures_are_saved(headless, tmp_path, ending):
    fig = m.figure("Visible", "off", "Position", [0, 0, 320, 160], "Color", "y")
    m.imagesc(GREY)
    file = tmp_path / f"map.{ending}"
    m.saveas(fig, file)
    assert file.stat().st_size > 500
    assert [found.name for found in tmp_path.iterdir()] == [file.name]
    if ending in ("png", "bmp", "tif"):
        pixels, _ = read(file)
        assert pixels.shape[:2] == (240, 480)  # 150 pixels an inch
        assert pixels[0, 0, :3].tolist() == [255, 255, 0]
    m.exportgraphics(fig, tmp_path / f"tight.{ending}")
    assert (tmp_path / f"tight.{ending}").stat().st_size > 500


def test_formats_by_name(headless, tmp_path):
    m.imagesc(GREY)
    m.saveas(m.gca(), str(tmp_path / "map"), "pdf")
    assert (tmp_path / "map.pdf").read_bytes()[:4] == b"%PDF"
    m.saveas(m.gcf(), tmp_path / "map.dat", "epsc")
    assert (tmp_path / "map.dat").read_bytes()[:4] == b"%!PS"


def test_an_axes_is_exported_alone(headless, tmp_path):
    m.figure("Position", [0, 0, 800, 400])
    left = m.subplot(1, 2, 1)
    m.imagesc(GREY)
    m.colorbar()
    m.subplot(1, 2, 2)
    m.imagesc(GREY)
    size = m.gcf().get_size_inches().tolist()
    m.exportgraphics(left, tmp_path / "left.png", "Resolution", 100)
    m.exportgraphics(m.gcf(), tmp_path / "all.png", Resolution=100, BackgroundColor="none")
    one, both = (read(tmp_path / f"{name}.png")[0] for name in ("left", "all"))
    assert one.shape[1] < 0.65 * both.shape[1]
    assert both[0, 0, 3] == 0
    assert m.gcf().get_size_inches().tolist() == size
    t = m.tiledlayout(1, 2)
    m.nexttile()
    m.imagesc(GREY)
    m.exportgraphics(t, tmp_path / "layout.png", ContentType="image")
    assert (tmp_path / "layout.png").exists()


@pytest.mark.parametrize("ending", ["png", "bmp", "tif", "gif", "pgm"])
def test_grey_pictures_are_written_and_read_again(tmp_path, ending):
    m.imwrite(GREY, tmp_path / f"x.{ending}")
    found = m.imread(tmp_path / f"x.{ending}")
    np.testing.assert_array_equal(found if found.ndim == 2 else found[..., 0], GREY)
    m.imwrite(GREY / 255, str(tmp_path / f"y.{ending}"))
    assert (tmp_path / f"y.{ending}").read_bytes() == (tmp_path / f"x.{ending}").read_bytes()


def test_every_kind_of_picture(tmp_path):
    file = tmp_path / "x.png"
    m.imwrite(COLOUR, file)
    np.testing.assert_array_equal(m.imread(file), COLOUR)
    m.imwrite(GREY > 50, file)
    assert read(file)[1] == "1"
    m.imwrite(np.uint16(GREY) * 257, file)
    np.testing.assert_array_equal(m.imread(file), np.uint16(GREY) * 257)
    m.imwrite([[0, 0.5], [1, 2]], file)
    assert m.imread(file).tolist() == [[0, 128], [255, 255]]
    m.imwrite(COLOUR, file, Alpha=GREY / 255)
    pixels, mode = read(file)
    assert mode == "RGBA"
    np.testing.assert_array_equal(pixels[..., 3], GREY)
    m.imwrite(np.uint8([[0, 1, 2]]), [[1, 0, 0], [0, 1, 0], [0, 0, 1]], file)
    assert m.imread(file).tolist() == [[[255, 0, 0], [0, 255, 0], [0, 0, 255]]]
    m.imwrite([[1.0, 3.0]], m.jet(3), str(tmp_path / "x.gif"))
    assert read(tmp_path / "x.gif")[0][0, 1].tolist() == m.im2uint8(m.jet(3))[2].tolist()
    m.imwrite(COLOUR, str(tmp_path / "named.dat"), "png")
    np.testing.assert_array_equal(m.imread(tmp_path / "named.dat"), COLOUR)
    m.imwrite(COLOUR, tmp_path / "x.tif", "Compression", "lzw")
    np.testing.assert_array_equal(m.imread(tmp_path / "x.tif"), COLOUR)
    noise = np.uint8(np.random.default_rng(0).integers(0, 256, (64, 64, 3)))
    for quality in (10, 95):
        m.imwrite(noise, tmp_path / f"{quality}.jpg", Quality=quality)
    assert (tmp_path / "10.jpg").stat().st_size < 0.5 * (tmp_path / "95.jpg").stat().st_size


def test_nothing_is_half_written(headless, tmp_path, monkeypatch):
    m.imagesc(GREY)
    file = tmp_path / "x.png"
    file.write_bytes(b"as it was")
    fig = m.gcf()
    for write in (lambda: m.saveas(fig, file), lambda: m.imwrite(GREY, file), lambda: m.exportgraphics(fig, file)):
        with monkeypatch.context() as patch:
            patch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
            with pytest.raises(RuntimeError, match="^filename: '.*x.png' cannot be written: No space left on device"):
                write()
        assert file.read_bytes() == b"as it was"
        assert [found.name for found in tmp_path.iterdir()] == ["x.png"]
    for write in (m.saveas, m.exportgraphics):
        with pytest.raises(FileNotFoundError, match="^filename: there is no folder '.*nowhere' for 'x.png'"):
            write(fig, tmp_path / "nowhere" / "x.png")
    with pytest.raises(FileNotFoundError, match="^filename: there is no folder"):
        m.imwrite(GREY, tmp_path / "nowhere" / "x.png")
    assert stat.S_ISREG(file.stat().st_mode)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: m.imtile(), TypeError, "^images must be pictures"),
        (lambda: m.imtile([]), TypeError, "^images must be pictures"),
        (lambda: m.imtile(None), TypeError, "^images must be an array of real numbers"),
        (lambda: m.imtile([np.zeros((2, 2, 5))]), ValueError, "^images must be pictures, .* but has shape"),
        (lambda: m.imtile([GREY], "GridSize", [0, 1]), ValueError, r"^GridSize must be \[rows columns\]"),
        (lambda: m.imtile([GREY] * 3, GridSize=[1, 2]), ValueError, "^GridSize must be a grid of at least 3 places"),
        (lambda: m.imtile([GREY], GridSize=[np.nan, np.nan]), ValueError, "^GridSize must be"),
        (lambda: m.imtile([GREY], BorderSize=-1), ValueError, "^BorderSize must be a whole number of pixels"),
        (lambda: m.imtile([GREY], ThumbnailSize=[1, 2, 3]), ValueError, "^ThumbnailSize must be"),
        (lambda: m.imtile([GREY], Frames=2), ValueError, "^Frames must be numbers of the 1 pictures"),
        (lambda: m.imtile([GREY], BackgroundColor="no"), ValueError, "^BackgroundColor must be the name of a colour"),
        (lambda: m.imtile([GREY], Bordering=1), ValueError, "^The option name must be one of"),
        (lambda: m.imtile("nowhere.png"), FileNotFoundError, "^filename: there is no file"),
        (lambda: m.montage([GREY], "Size", 0), ValueError, r"^Size must be \[rows columns\]"),
        (lambda: m.montage([GREY], DisplayRange=[1, 1]), ValueError, "^DisplayRange must be"),
        (lambda: m.imshowpair(GREY, None), TypeError, "^B must be an array of real numbers"),
        (lambda: m.imshowpair(np.zeros((2, 2, 5)), GREY), ValueError, "^A must be pictures"),
        (lambda: m.imshowpair(GREY, GREY, "overlay"), ValueError, "^method must be one of falsecolor"),
        (
            lambda: m.imshowpair(GREY, GREY, ColorChannels=[1, 1, 0]),
            ValueError,
            '^ColorChannels must be "green-magenta"',
        ),
        (lambda: m.imshowpair(GREY, GREY, Scaling="log"), ValueError, "^Scaling must be one of"),
        (lambda: m.saveas(3, "x.png"), TypeError, "^fig must be a figure, an axes or a layout"),
        (lambda: m.saveas(m.gcf(), "x"), ValueError, "^filename must end in .bmp"),
        (lambda: m.saveas(m.gcf(), ""), TypeError, "^filename must be the name of a file"),
        (lambda: m.saveas(m.gcf(), "a\0.png"), TypeError, "^filename must be the name of a file"),
        (lambda: m.saveas(m.gcf(), "x", "fi"), ValueError, "^formattype must be one of"),
        (lambda: m.exportgraphics(m.gcf(), "x.gif"), ValueError, "^filename must end in .bmp"),
        (lambda: m.exportgraphics(m.gcf(), "x.png", Resolution="high"), TypeError, "^Resolution must be a number"),
        (
            lambda: m.exportgraphics(m.gcf(), "x.png", ContentType="vector"),
            ValueError,
            '^ContentType must be "auto" or "im',
        ),
        (lambda: m.exportgraphics(m.gcf(), "x.png", Append=True), ValueError, "^The option name must be one of"),
        (
            lambda: m.exportgraphics(m.gcf(), "x.png", BackgroundColor="no"),
            ValueError,
            "^BackgroundColor must be the name",
        ),
        (lambda: m.imwrite(GREY), TypeError, "^filename must be the name of a file"),
        (lambda: m.imwrite(GREY, "x"), ValueError, "^filename must end in .png"),
        (lambda: m.imwrite(GREY, "x.png", "webm"), ValueError, "^fmt must be one of png"),
        (lambda: m.imwrite(np.int16(GREY), "x.png"), TypeError, "^A must be a picture of uint8"),
        (lambda: m.imwrite(np.int32(GREY), "x.png"), TypeError, "^A must be an array of uint8"),
        (lambda: m.imwrite(np.uint16(COLOUR), "x.png"), ValueError, "^A of 16 bits must be grey"),
        (lambda: m.imwrite(np.uint16(GREY), "x.jpg"), ValueError, "^A of 16 bits must be grey, and for a PNG or TIFF"),
        (lambda: m.imwrite(np.zeros((2, 2, 4)), "x.png"), ValueError, "^A must be a picture, H×W or H×W×3"),
        (lambda: m.imwrite(np.zeros((0, 2)), "x.png"), ValueError, "^A must be a picture"),
        (lambda: m.imwrite(COLOUR, m.jet(3), "x.png"), ValueError, "^A must be a picture, H×W, but has shape"),
        (lambda: m.imwrite(GREY, m.jet(3), "x.png"), ValueError, "^A must be places of the 3 colours"),
        (lambda: m.imwrite(GREY, m.jet(300), "x.png"), ValueError, "^map must be an m×3 array"),
        (lambda: m.imwrite([[0.5]], [[1, 0, 0]], "x.png"), ValueError, "^A must be places of at most 256 colours"),
        (lambda: m.imwrite(GREY, "x.jpg", Quality=101), ValueError, "^Quality must be a number of 0 to 100"),
        (lambda: m.imwrite(GREY, "x.png", "Alpha", [[1]]), ValueError, "^Alpha must be an opacity for each"),
        (lambda: m.imwrite(GREY, "x.png", Compression="lzw"), ValueError, "^Compression is an option of TIFF files"),
        (lambda: m.imwrite(GREY, "x.tif", Compression="zip"), ValueError, "^Compression must be one of"),
    ],
)
def test_bad_files_and_tiles(headless, tmp_path, monkeypatch, call, error, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=message):
        call()
    assert list(tmp_path.iterdir()) == []
