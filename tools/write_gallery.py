"""Write docs/gallery.md and its pictures: python tools/write_gallery.py

The pictures are what the commands beside them draw. `tools/reproduce.sh --only gallery` says whether they still are.
"""

import contextlib
import io
import os
import shlex
import tempfile
from pathlib import Path

from occlusion_sensitivity.cli import main as command_line

DOCS = Path(__file__).parents[1] / "docs"
PICTURES = DOCS / "images" / "gallery"
PHOTOGRAPHS = DOCS / "photographs"

INTRODUCTION = """# Gallery

What maps look like, and what each choice shows. All are of EfficientNet-Lite0, which comes with the package; the
photographs are in [photographs](photographs/MANIFEST.md). `python tools/write_gallery.py` writes this page.
"""

# Headings; and of each picture: its name, the photograph, the options, and what it shows.
ENTRIES = (
    "Styles",
    (
        "overlay",
        "chelsea.png",
        "",
        "The map over the photograph, which is as it was where no mask lowers the score; the strongest mask is "
        "outlined.",
    ),
    (
        "contours",
        "chelsea.png",
        "--style contours",
        "Lines at 25, 50 and 75 % of the strongest drop leave the photograph to be seen.",
    ),
    ("spotlight", "chelsea.png", "--style spotlight", "The photograph, dark where the map is low."),
    (
        "side-by-side",
        "chelsea.png",
        "--style side-by-side",
        "The photograph, the map, and one over the other: the map alone is opaque.",
    ),
    "Colours",
    (
        "diverging",
        "chelsea.png",
        "--colormap diverging",
        "Vermilion where a mask lowers the score, blue where it raises it: without these parts, the network is surer "
        "of an Egyptian cat. Readers of every colour vision tell the two apart.",
    ),
    "Classes",
    (
        "classes",
        "chelsea.png",
        "--label 'Egyptian cat' --label tabby --label 'tiger cat' --colormap diverging",
        "The same masks for three classes, in the same runs of the network and on one scale: what speaks for one cat "
        "may speak against another.",
    ),
    "Masks",
    (
        "automatic-masks",
        "rocket.jpg",
        "",
        "MATLAB's automatic masks: 20 % of the network's image, every 10 %.",
    ),
    (
        "small-masks",
        "rocket.jpg",
        "--mask-size 20 --stride 10",
        "Small masks hide little at a time: the map has details, and takes more runs.",
    ),
    (
        "large-masks",
        "rocket.jpg",
        "--mask-size 90",
        "Large masks hide much at a time: the drops are large, and tell less of where they come from.",
    ),
    (
        "black-masks",
        "rocket.jpg",
        "--mask-value 0",
        "Black masks instead of the mean colour: what takes the place of the pixels matters as well.",
    ),
    "Frames",
    (
        "cropped",
        "rocket.jpg",
        "--fit crop",
        "The network sees the middle of the photograph, unsquashed: what lies between the dashed lines. Now it finds "
        "the missile, which it took for a drilling platform.",
    ),
    (
        "network",
        "rocket.jpg",
        "--frame network",
        "The image as the network sees it, squashed; each of its pixels is drawn as four.",
    ),
)


def main():
    written = {DOCS / "gallery.md": page().encode()}
    for entry in ENTRIES:
        if not isinstance(entry, str):
            name, photograph, options, _ = entry
            written[PICTURES / f"{name}.jpg"] = drawn(photograph, options)
    PICTURES.mkdir(parents=True, exist_ok=True)
    for file in PICTURES.glob("*.jpg"):
        file.unlink()
    for file, content in written.items():
        file.write_bytes(content)


def page():
    parts = [INTRODUCTION]
    for entry in ENTRIES:
        if isinstance(entry, str):
            parts.append(f"## {entry}\n")
            continue
        name, photograph, options, said = entry
        command = f"occlusion-sensitivity explain {photograph} {options}".rstrip()
        parts.append(f"{said}\n\n```sh\n{command}\n```\n\n![{said}](images/gallery/{name}.jpg)\n")
    return "\n".join(parts)


def drawn(photograph, options):
    """What the command writes, as JPEG."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        output = Path(folder) / "x.jpg"
        typed = ["explain", os.fspath(PHOTOGRAPHS / photograph), *shlex.split(options), "--output", os.fspath(output)]
        if command_line(typed):
            msg = f"{options}: the command failed."
            raise RuntimeError(msg)
        return output.read_bytes()


if __name__ == "__main__":
    main()
