"""Pictures: small ones of every format that is read, changed as bytes; read as arrays and as upright photographs."""

import io
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from PIL import Image

from harness import Case, FindingError
from mutations import changed_bytes
from occlusion_sensitivity import imread
from occlusion_sensitivity.pictures import in_channels, upright, upright_content

NAME = "picture"
_ORIENTATION = 0x0112
# Formats as Pillow writes them, with the modes that are worth it.
_WRITTEN = {
    "PNG": ("1", "L", "P", "RGB", "RGBA", "LA", "I;16"),
    "JPEG": ("L", "RGB", "CMYK"),
    "TIFF": ("1", "L", "P", "RGB", "RGBA", "CMYK", "I;16", "F", "I"),
    "GIF": ("P", "L"),
    "BMP": ("1", "L", "P", "RGB"),
    "DIB": ("RGB",),
    "WEBP": ("RGB", "RGBA"),
    "AVIF": ("RGB",),
    "JPEG2000": ("L", "RGB", "RGBA"),
    "PPM": ("1", "L", "RGB", "I;16"),
    "ICO": ("RGBA",),
    "PCX": ("L", "P", "RGB"),
    "SGI": ("L", "RGB"),
    "DDS": ("RGB", "RGBA"),
    "ICNS": ("RGBA",),
    "QOI": ("RGB",),
    "XBM": ("1",),
    "TGA": ("L", "P", "RGB", "RGBA"),
}


class Pictures:
    def __init__(self) -> None:
        self._seeds = [made for form, modes in _WRITTEN.items() for mode in modes for made in _pictures(form, mode)]

    def case(self, random: Random) -> Case:
        content = random.choice(self._seeds)
        return {NAME: changed_bytes(content, random) if random.random() < 0.98 else content}

    def run(self, folder: Path, random: Random) -> str:
        file = folder / NAME
        X = imread(file)
        if X.dtype not in (np.uint8, np.uint16) or X.ndim not in (2, 3) or X.size == 0:
            raise FindingError(f"a picture of {X.dtype} and {X.shape}")
        found = upright(file)
        if not np.array_equal(found, upright_content(file.read_bytes(), NAME)):
            raise FindingError("a picture that is another one in memory")
        for channels in (1, 3):
            in_channels(found, channels)
        return "picture"


def _pictures(form: str, mode: str) -> list[bytes]:
    """One, one with an orientation, and compressed ones; none where this Pillow does not write the format."""
    size = (64, 64) if form == "ICNS" else (11, 7)
    pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    picture = Image.fromarray(pixels)
    picture = Image.fromarray(pixels[:, :, 0].astype(np.uint16) * 200) if mode == "I;16" else picture.convert(mode)
    ways: list[dict[str, Any]] = [{}]
    if form in ("PNG", "JPEG", "TIFF", "WEBP", "AVIF"):
        exif = Image.Exif()
        exif[_ORIENTATION] = 6
        ways.append({"exif": exif})
    if form == "TIFF":
        ways += [{"compression": name} for name in ("tiff_lzw", "packbits", "tiff_adobe_deflate", "group4")]
    if form == "JPEG":
        ways.append({"progressive": True})
    if form in ("GIF", "WEBP"):
        ways.append({"save_all": True, "append_images": [picture.rotate(90)]})
    found = []
    for how in ways:
        buffer = io.BytesIO()
        try:
            picture.save(buffer, form, **how)
        except Exception:  # a mode that it has not, a format that this build of Pillow cannot write
            continue
        found.append(buffer.getvalue())
    return found


HARNESS = Pictures()
