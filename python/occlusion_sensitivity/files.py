"""Files that are written whole or not at all, and what tells one content from another."""

import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def write_whole(file: Path, content: bytes) -> None:
    """Write `content` beside its place, then move it there: what was there stays until all of it is on the disk."""
    with _part(file.parent) as (part, stream):
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
        stream.close()
        part.replace(file)


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """A new folder beside `folder`, whose place it takes at the end of the ``with``; what was there is removed then.

    Where that is not reached, nothing has changed.
    """
    name = f".occlusion-sensitivity-{secrets.token_hex(8)}"
    part, old = folder.with_name(f"{name}.part"), folder.with_name(f"{name}.old")
    part.mkdir()
    try:
        yield part
        if folder.exists():
            folder.rename(old)
        try:
            part.rename(folder)
        except BaseException:
            if old.exists():
                old.rename(folder)
            raise
    finally:
        shutil.rmtree(part, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)


def sha256(file: Path) -> str:
    """The SHA-256 of the content of a file, in hexadecimal digits."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def check_writable(folder: Path) -> None:
    """Raise OSError where :func:`write_whole` could write no file into the folder."""
    with _part(folder):
        pass


@contextmanager
def _part(folder: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """A new file in the folder, under a name that nobody else has; gone at the end, if it is still there."""
    part = folder / f".occlusion-sensitivity-{secrets.token_hex(8)}.part"
    try:
        with part.open("xb") as stream:
            yield part, stream
    finally:
        part.unlink(missing_ok=True)


def write_named(name: str, file: Path, content: bytes) -> None:
    """Write `content` whole or not at all; an error names the argument, `name`, and the file."""
    try:
        write_whole(file, content)
    except FileNotFoundError as error:
        msg = f"{name}: there is no folder {str(file.parent)!r} for {file.name!r}."
        raise FileNotFoundError(msg) from error
    except OSError as error:
        msg = f"{name}: {str(file)!r} cannot be written: {error.strerror}."
        raise RuntimeError(msg) from error
