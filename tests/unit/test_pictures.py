"""Picture files: what is read, and what is refused."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from occlusion_sensitivity import imread
from occlusion_sensitivity.pictures import in_channels

RGB = np.random.default_rng(0).integers(0, 256, size=(7, 5, 3)).astype(np.uint8)


def saved(file, array, mode=None):
    Image.fromarray(array, mode).save(file) if mode is None else Image.fromarray(array).convert(mode).save(file)
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
