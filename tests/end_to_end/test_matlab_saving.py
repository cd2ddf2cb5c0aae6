"""What saveas, exportgraphics and imwrite do at the edges of what figures and formats have."""

import io

import numpy as np
import pytest
from PIL import Image

from occlusion_sensitivity import matlab as m

pytestmark = pytest.mark.usefixtures("headless")

GREY = np.uint8(np.arange(12).reshape(3, 4) * 20)
COLOUR = np.uint8(np.random.default_rng(0).integers(0, 256, (3, 4, 3)))
TABLE = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])


def pixels_of(file):
    with Image.open(file) as picture:
        return np.asarray(picture.convert("RGBA"))


def drawn(figure):
    content = io.BytesIO()
    figure.savefig(content, format="png")
    return content.getvalue()


# Figures -------------------------------------------------------------------------------------------------------------


def test_a_figure_keeps_its_colour_whatever_the_settings(tmp_path):
    import matplotlib as mpl

    figure = m.figure("Color", "r")
    m.imagesc(GREY)
    with mpl.rc_context({"savefig.facecolor": "white"}):
        m.saveas(figure, tmp_path / "x.png")
        m.exportgraphics(figure, tmp_path / "y.png")
        m.exportgraphics(figure, tmp_path / "z.png", BackgroundColor=[0, 0, 1])
    assert pixels_of(tmp_path / "x.png")[0, 0].tolist() == [255, 0, 0, 255]
    assert pixels_of(tmp_path / "y.png")[0, 0].tolist() == [255, 0, 0, 255]
    assert pixels_of(tmp_path / "z.png")[0, 0].tolist() == [0, 0, 255, 255]
    m.exportgraphics(m.gca(), tmp_path / "z.png", "BackgroundColor", "NONE")
    assert pixels_of(tmp_path / "z.png")[0, 0, 3] == 0
    assert figure.get_facecolor() == (1, 0, 0, 1)


def test_saving_changes_nothing_of_the_figure(tmp_path):
    figure = m.figure("Position", [0, 0, 400, 300], "Color", "c")
    axes = m.gca()
    m.imagesc(GREY)
    m.colorbar()
    before, dpi = drawn(figure), figure.dpi
    for ending in ("png", "jpg", "tif", "bmp", "pdf", "svg", "eps"):
        m.saveas(figure, tmp_path / f"x.{ending}")
        m.exportgraphics(axes, tmp_path / f"y.{ending}", BackgroundColor="none")
        m.exportgraphics(figure, tmp_path / f"z.{ending}", BackgroundColor="w")
    assert figure.dpi == dpi
    assert figure.get_size_inches().tolist() == [4, 3]
    assert drawn(figure) == before


def test_what_is_clear_where_the_format_has_no_transparency(tmp_path):
    m.imagesc(GREY)
    for ending in ("jpg", "bmp"):
        m.exportgraphics(m.gcf(), tmp_path / f"x.{ending}", BackgroundColor="none")
        assert (pixels_of(tmp_path / f"x.{ending}")[0, 0] >= 250).all()


def test_an_invisible_axes_is_exported_as_its_place(tmp_path):
    axes = m.gca()
    axes.set_visible(False)
    m.exportgraphics(axes, tmp_path / "x.png")
    assert pixels_of(tmp_path / "x.png").std() == 0


@pytest.mark.parametrize(
    ("error", "reason"), [(MemoryError(), "there is too little memory"), (RuntimeError("no glyph"), "no glyph")]
)
def test_what_cannot_be_drawn(tmp_path, monkeypatch, error, reason):
    """A bitmap that does not fit, a font of no pixel: matplotlib's errors depend on its version."""
    figure = m.figure("Position", [0, 0, 400, 200])

    def savefig(*_, **__):
        raise error

    monkeypatch.setattr(figure, "savefig", savefig)
    with pytest.raises(RuntimeError, match=f"^The figure cannot be drawn in 4×2 pixels: {reason}.$"):
        m.exportgraphics(figure, tmp_path / "x.png", Resolution=1)
    assert list(tmp_path.iterdir()) == []


# Pictures ------------------------------------------------------------------------------------------------------------


def test_formats_without_maps_have_rgb(tmp_path):
    places = np.uint8([[0] * 16 + [1] * 16] * 16)
    for file in (tmp_path / "x.ppm", tmp_path / "x.jpg"):
        m.imwrite(places, TABLE, file, **({"Quality": 100} if file.suffix == ".jpg" else {}))
        found = m.imread(file).astype(int)
        assert np.abs(found[:, :8] - [0, 0, 255]).max() <= 3
        assert np.abs(found[:, 24:] - [255, 0, 0]).max() <= 3
    m.imwrite(np.float64(places) + 1, TABLE, tmp_path / "y.ppm")
    assert (tmp_path / "y.ppm").read_bytes() == (tmp_path / "x.ppm").read_bytes()


def test_depths(tmp_path):
    file = tmp_path / "x.png"
    m.imwrite([[0, 0.5, 1, 2]], file, BitDepth=16)
    found = m.imread(file)
    assert found.dtype == np.uint16
    assert found.tolist() == [[0, 32768, 65535, 65535]]
    m.imwrite(GREY, file, "Bitdepth", 16)
    np.testing.assert_array_equal(m.imread(file), np.uint16(GREY) * 257)
    m.imwrite(np.uint16(GREY) * 257, file, BitDepth=8)
    np.testing.assert_array_equal(m.imread(file), GREY)
    assert m.imread(file).dtype == np.uint8
    m.imwrite(GREY > 50, file, BitDepth=8)
    with Image.open(file) as picture:
        assert picture.mode == "L"
    m.imwrite(GREY, TABLE[[0] * 256], file, BitDepth=8)
    m.imwrite(GREY, tmp_path / "x.jpg", BitDepth=8)
    assert m.imread(tmp_path / "x.jpg").shape == GREY.shape


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: m.saveas(m.gcf(), "map.fig"),
            ValueError,
            "^filename: .fig files are MATLAB's own",
        ),
        (lambda: m.saveas(m.gcf(), "map", "M"), ValueError, "^formattype: .m files are MATLAB's own"),
        (lambda: m.exportgraphics(m.gcf(), "map.m"), ValueError, "^filename: .m files are MATLAB's own"),
        (lambda: m.saveas(m.gcf(), "\ud800.png"), TypeError, "^filename must be the name of a file"),
        (lambda: m.imwrite(GREY, "\ud800.png"), TypeError, "^filename must be the name of a file"),
        (
            lambda: m.exportgraphics(m.figure("Position", [0, 0, 4000, 100]), "x.png", Resolution=2400),
            ValueError,
            "^The figure would have 96000×2400 pixels; less than 65536 along each axis can be drawn",
        ),
        (
            lambda: m.imwrite(COLOUR, "x.gif"),
            ValueError,
            "^A must be grey or have a map for GIF files",
        ),
        (
            lambda: m.imwrite(GREY, TABLE[[0] * 256], "x.png", Alpha=GREY),
            ValueError,
            "^Alpha and a map must not be given both",
        ),
        (lambda: m.imwrite(GREY, "x.tif", BitDepth=8), ValueError, "^BitDepth is an option of PNG and JPEG files, but"),
        (
            lambda: m.imwrite(GREY, "x.png", BitDepth=4),
            ValueError,
            "^BitDepth must be 8 or 16 for a PNG file",
        ),
        (lambda: m.imwrite(GREY, "x.png", BitDepth=None), TypeError, "^BitDepth must be 8 or 16"),
        (lambda: m.imwrite(GREY, "x.jpg", bit=16), ValueError, "^bit must be 8 for a JPEG file, but is 16"),
        (lambda: m.imwrite(GREY, TABLE, "x.png", BitDepth=16), ValueError, "^BitDepth must be 8 for a PNG file with a"),
        (lambda: m.imwrite(COLOUR, "x.png", BitDepth=16), ValueError, "^A of 16 bits must be grey"),
        (lambda: m.imwrite(np.zeros((1, 65501)), "x.jpg"), ValueError, "^A must have at most 65500 pixels along each"),
        (lambda: m.imwrite(np.zeros((65536, 1)), "x.gif"), ValueError, "^A must have at most 65535 pixels along each"),
    ],
)
def test_bad_files(tmp_path, monkeypatch, call, error, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=message):
        call()
    assert list(tmp_path.iterdir()) == []


def test_files_are_no_folders(tmp_path):
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file").write_bytes(b"as it was")
    for write in (lambda file: m.imwrite(GREY, file), lambda file: m.saveas(m.gcf(), file)):
        with pytest.raises(RuntimeError, match="^filename: '.*folder.png' cannot be written: "):
            write(tmp_path / "folder.png")
        with pytest.raises(RuntimeError, match="^filename: '.*x.png' cannot be written: "):
            write(tmp_path / "file" / "x.png")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["file", "folder.png"]
    assert (tmp_path / "file").read_bytes() == b"as it was"
