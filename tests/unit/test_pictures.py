"""Picture files: what is read, and what is refused."""

import struct
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image, ImageOps

import occlusion_sensitivity
from occlusion_sensitivity import draw_map, imread
from occlusion_sensitivity.lettering import drawable
from occlusion_sensitivity.pictures import in_channels, upright, upright_content

RGB = np.random.default_rng(0).integers(0, 256, size=(7, 5, 3)).astype(np.uint8)


def saved(file, array, mode=None):
    Image.fromarray(array, mode).save(file) if mode is None else Image.fromarray(array).convert(mode).save(file)
    return file


def saved_with(file, array, exif):
    Image.fromarray(array).save(file, exif=exif)
    return file


def png(file, width, height, bit_depth, colour_type, data):
    """A PNG file written by hand."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, bit_depth, colour_type, 0, 0, 0)
    content = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")
    file.write_bytes(content)
    return file


def test_colour(tmp_path):
    found = imread(saved(tmp_path / "x.png", RGB))
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, RGB)
    np.testing.assert_array_equal(imread(str(tmp_path / "x.png")), RGB)


def test_grey_stays_two_dimensional(tmp_path):
    np.testing.assert_array_equal(imread(saved(tmp_path / "x.png", RGB[..., 0])), RGB[..., 0])


def test_sixteen_bits_are_kept(tmp_path):
    deep = np.arange(35, dtype=np.uint16).reshape(7, 5) * 1871
    for name in ("x.png", "x.tif"):
        found = imread(saved(tmp_path / name, deep))
        assert found.dtype == np.uint16
        np.testing.assert_array_equal(found, deep)


def test_sixteen_bit_colour_is_refused_not_cut(tmp_path):
    file = png(tmp_path / "x.png", 2, 1, 16, 2, b"\0" + bytes(range(12)))
    with pytest.raises(ValueError, match=r"x\.png' cannot be read as a picture: it has 16 bits for each of several"):
        imread(file)
    (tmp_path / "x.ppm").write_bytes(b"P6 1 1 65535 " + bytes(6))
    with pytest.raises(ValueError, match="16 bits for each of several"):
        imread(tmp_path / "x.ppm")


def test_transparency_is_left_out(tmp_path):
    rgba = np.dstack([RGB, np.full((7, 5), 10, np.uint8)])
    np.testing.assert_array_equal(imread(saved(tmp_path / "x.png", rgba)), RGB)


def test_palette_and_bilevel(tmp_path):
    palette = imread(saved(tmp_path / "x.gif", RGB, "P"))
    assert palette.shape == (7, 5, 3)
    assert set(np.unique(imread(saved(tmp_path / "y.png", RGB, "1")))) <= {0, 255}


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("compression", [None, "tiff_lzw"])
def test_turned_tiff_files_are_turned_once_compressed_or_not(tmp_path, orientation, compression):
    """Pillow maps uncompressed ones into memory, and with other lengths than they have."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    grey = RGB[..., 0]
    Image.fromarray(grey).save(tmp_path / "a.tif", exif=exif, compression=compression)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(saved_with(tmp_path / "a.png", grey, exif))))
    np.testing.assert_array_equal(upright(tmp_path / "a.tif"), expected)


def test_a_picture_in_memory_is_not_looked_for_under_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, pixels in (("a.tif", RGB[..., 0]), ("b.tif", RGB[..., 1])):
        Image.fromarray(pixels).save(name)
    np.testing.assert_array_equal(upright_content(Path("a.tif").read_bytes(), "b.tif"), RGB[..., 0])


def test_missing_file():
    with pytest.raises(FileNotFoundError, match=r"^filename: there is no file 'nowhere\.png'"):
        imread("nowhere.png")


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n"])
def test_not_a_picture(tmp_path, content):
    file = tmp_path / "x.png"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=r"^'.*x\.png' cannot be read as a picture: "):
        imread(file)


@pytest.mark.parametrize("name", ["x.png", "x.jpg", "x.gif", "x.tif", "x.bmp"])
def test_truncated_picture(tmp_path, name):
    file = saved(tmp_path / name, np.random.default_rng(0).integers(0, 256, (40, 40, 3)).astype(np.uint8))
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(ValueError, match="cannot be read as a picture"):
        imread(file)


def test_absurdly_large_picture(tmp_path):
    file = png(tmp_path / "x.png", 100_000, 100_000, 8, 0, b"\0")
    with pytest.raises(ValueError, match="cannot be read as a picture: .*decompression bomb"):
        imread(file)


def test_a_folder(tmp_path):
    with pytest.raises(ValueError, match="^filename must be the path of a file, but is"):
        imread(tmp_path)


@pytest.mark.parametrize("bad", [None, 3, b"x.png"])
def test_a_path_that_is_no_path(bad):
    with pytest.raises(TypeError, match="^filename must be the path of a file, but is"):
        imread(bad)


def test_pictures_as_a_network_takes_them():
    grey = RGB[..., 0]
    assert in_channels(grey, 3).tolist() == np.dstack([grey] * 3).tolist()
    assert in_channels(RGB, 3).tolist() == RGB.tolist()
    assert in_channels(grey, 1).tolist() == grey.tolist()
    assert in_channels(RGB, 1).tolist() == np.round(RGB @ [0.299, 0.587, 0.114]).astype(int).tolist()
    assert in_channels(np.uint16([[65535, 257]]), 1).tolist() == [[255, 1]]
    with pytest.raises(ValueError, match="but the network takes 4"):
        in_channels(RGB, 4)


def test_nothing_that_starts_another_program(tmp_path, monkeypatch):
    """EPS is drawn by Ghostscript, which is not asked."""
    file = tmp_path / "x.eps"
    Image.fromarray(RGB).save(file)
    monkeypatch.setattr("subprocess.Popen", lambda *_, **__: pytest.fail("a program was started"))
    with pytest.raises(ValueError, match="cannot be read as a picture: it is none of PNG, JPEG, .*, or damaged"):
        imread(file)


@pytest.mark.parametrize(
    "ending", ["png", "jpg", "tif", "gif", "bmp", "webp", "ppm", "ico", "tga", "pcx", "sgi", "jp2"]
)
def test_every_format(tmp_path, ending):
    """As Pillow itself reads them."""
    file = tmp_path / f"x.{ending}"
    picture = Image.fromarray(np.tile(RGB, (3, 4, 1))[:16, :16])
    picture.save(file, sizes=[(16, 16)]) if ending == "ico" else picture.save(file)
    with Image.open(file) as theirs:
        expected = np.asarray(theirs.convert("RGB"))
    np.testing.assert_array_equal(imread(file), expected)


def test_large_photographs_are_read_without_a_word(tmp_path):
    """Pillow warns from 89 million pixels on, half of what it refuses. Warnings are errors here."""
    width, height = 10_000, 9_100
    row = b"\0" + bytes(width // 8)
    file = png(tmp_path / "x.png", width, height, 1, 0, row * height)
    assert imread(file).shape == (height, width)


def test_filters_of_warnings_stay_as_they_are(tmp_path):
    """They belong to the whole process: changed by several threads, one of them stays."""
    file = saved(tmp_path / "x.png", RGB)
    before = list(warnings.filters)
    with ThreadPoolExecutor(8) as pool:
        for k, found in enumerate(pool.map(lambda _: imread(file), range(200))):
            np.testing.assert_array_equal(found, RGB)
            assert warnings.filters == before, k
            draw_map(np.eye(7, 5), RGB, title="猫", ax=Figure().subplots()) if k % 50 == 0 else None
    assert warnings.filters == before


def test_no_module_changes_the_filters_of_warnings():
    package = Path(occlusion_sensitivity.__file__).parent
    assert not [file.name for file in package.rglob("*.py") if "catch_warnings" in file.read_text(encoding="utf-8")]


def test_characters_that_the_font_has_not_are_drawn_as_boxes():
    assert drawable("a cat, 猫\nand more") == "a cat, □\nand more"


def test_a_table_of_transparencies_is_left_out_without_a_word(tmp_path):
    picture = Image.fromarray(RGB).quantize(8)
    picture.save(tmp_path / "x.png", transparency=bytes(range(0, 80, 10)))
    np.testing.assert_array_equal(imread(tmp_path / "x.png"), np.asarray(picture.convert("RGB")))


@pytest.mark.parametrize("content", [b"", b"x", b"\x89P"])
def test_files_of_a_few_bytes(tmp_path, content):
    (tmp_path / "x.png").write_bytes(content)
    with pytest.raises(ValueError, match="cannot be read as a picture: it is none of PNG, "):
        imread(tmp_path / "x.png")
