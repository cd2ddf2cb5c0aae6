"""Files that are written whole or not at all."""

import os
from pathlib import Path


def write_whole(file: Path, content: bytes) -> None:
    """Write `content` beside its place, then move it there: what was there stays until all of it is written."""
    part = part_of(file)
    try:
        part.write_bytes(content)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def part_of(file: Path) -> Path:
    """Where `file` is while it is being written."""
    return file.with_name(f".occlusion-sensitivity-{os.getpid()}.part")
