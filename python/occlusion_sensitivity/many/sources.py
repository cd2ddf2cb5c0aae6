"""What is given as images → one source for each: a file, a file elsewhere, or pixels."""

import functools
import glob
import hashlib
import os
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..arguments import as_array, expected, shown, size_text, texts_in
from ..packages import missing
from ..pictures import EXTENSIONS, upright_content

# Lies in the folder of a contact sheet's pictures.
SHEET_MARK = "occlusion-sensitivity.txt"
# The kinds of NumPy's types that pixels may have.
_NUMBERS = "buif"


class Source(Protocol):
    """Where an image comes from; what travels to the process that explains it."""

    def photograph(self) -> tuple[str, Callable[[], NDArray[Any]]]:
        """The SHA-256 of what is there now, and what gives the pixels. OSError where it cannot be read."""


@dataclass(frozen=True, slots=True)
class Content:
    """A picture file's content."""

    name: str
    content: bytes

    def photograph(self) -> tuple[str, Callable[[], NDArray[Any]]]:
        return hashlib.sha256(self.content).hexdigest(), functools.partial(upright_content, self.content, self.name)


@dataclass(frozen=True, slots=True)
class File:
    """A picture file on this machine, or on one that sees the same disk.

    Attributes
    ----------
    name : str
        What errors call it: the same wherever its folder is.
    """

    name: str
    path: Path

    def content(self) -> Content:
        return Content(self.name, self.path.read_bytes())

    def photograph(self) -> tuple[str, Callable[[], NDArray[Any]]]:
        return self.content().photograph()


@dataclass(frozen=True, slots=True)
class Remote:
    """A picture file that fsspec opens."""

    name: str
    file: Any

    def content(self) -> Content:
        try:
            with self.file as stream:
                return Content(self.name, stream.read())
        except OSError:
            raise
        except Exception as error:  # each file system has errors of its own
            raise OSError(str(error) or type(error).__name__) from error

    def photograph(self) -> tuple[str, Callable[[], NDArray[Any]]]:
        return self.content().photograph()


@dataclass(frozen=True, slots=True)
class Pixels:
    """An image of an array. Its SHA-256 is that of the values in C order."""

    image: NDArray[Any]

    def photograph(self) -> tuple[str, Callable[[], NDArray[Any]]]:
        values = np.ascontiguousarray(self.image)
        digest = hashlib.sha256(values.data if values.size else b"").hexdigest()
        return digest, lambda: self.image


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An image that is not to be had."""

    error: str

    def photograph(self) -> tuple[str, Callable[[], NDArray[Any]]]:
        raise ValueError(self.error)


@dataclass(frozen=True, slots=True)
class Sources:
    """The images of a run, in order.

    Attributes
    ----------
    names : sequence of str
        No two are the same.
    folder : str
        In which the files lie whose names are relative; "" where there is none.
    source : callable
        Gives the source of the k-th, from 0.
    """

    names: Sequence[str]
    folder: str
    source: Callable[[int], Source]

    def __len__(self) -> int:
        return len(self.names)


def sources_of(images: object, typed: str = "images") -> Sources:
    """The sources in what was given: a folder, a pattern, a URL, a list of files, or an array N×H×W×C."""
    files = _texts_or_paths(getattr(images, "Files", images))  # of an imageDatastore
    if files is not None:
        return _in_files([_located(file, typed) for file in files], typed)
    if hasattr(images, "dask") and hasattr(images, "blocks"):
        return _in_dask_array(images, typed)
    array = None if isinstance(images, Sequence) and not images else as_array(images)
    if array is None or array.dtype.kind not in _NUMBERS:
        allowed = "a folder, a pattern or URL of files, a list of files, or an array N×H×W or N×H×W×C"
        raise TypeError(expected(typed, allowed, images))
    _check_shape(array.shape, typed)
    return Sources([str(k) for k in range(len(array))], "", lambda k: Pixels(array[k]))


def _texts_or_paths(images: object) -> Sequence[str | os.PathLike[str]] | None:
    """What names files, if it is that."""
    if isinstance(images, str | os.PathLike):
        return [images]
    if isinstance(images, Sequence) and images and all(isinstance(file, str | os.PathLike) for file in images):
        return images
    # Of numbers, which may be as many as fit into memory, no list is made.
    return texts_in(images) if isinstance(images, np.ndarray) and images.dtype.kind not in _NUMBERS else None


def source_named(name: str, folder: str) -> Source | None:
    """The source of an image by its name in a store, and the folder there; None where it was one of an array."""
    place = _below(folder, name) if folder else name
    if "://" in place:
        try:
            import fsspec
        except ImportError as error:
            raise missing("URLs need", "fsspec", "many", error) from error
        try:
            return Remote(name, fsspec.open(place))
        except ImportError:
            raise
        except Exception as error:  # each file system has errors of its own: as of an archive that is gone
            return Unreadable(f"{shown(place)} cannot be read: {error}")
    return File(name, Path(place)) if folder or Path(place).is_absolute() else None


@dataclass(frozen=True, slots=True)
class _Located:
    """The files that one text stands for: their names, the folder that these are relative to, their sources."""

    folder: str
    found: Sequence[tuple[str, Callable[[str], Source]]]


def _located(given: str | os.PathLike[str], typed: str) -> _Located:
    text = os.fspath(given)
    if "\0" in text or not text:
        raise ValueError(expected(typed, "the path of a folder or of files", text))
    if "://" in text or "::" in text:
        return _elsewhere(text, typed)
    path = Path(os.path.abspath(text))
    if path.is_dir():
        root, files = path, _pictures_in(path)
        if not files:
            msg = f"{typed}: there are no pictures ({', '.join(EXTENSIONS)}) in the folder {shown(text)}."
            raise FileNotFoundError(msg)
    elif path.exists():
        root, files = path.parent, [path]
    elif any(character in text for character in "*?["):
        # As it was typed: the folder that it is relative to may hold such signs itself.
        plain = next(folder for folder in Path(text).parents if not any(sign in str(folder) for sign in "*?["))
        matching = map(os.path.abspath, glob.iglob(text, recursive=True))
        root = Path(os.path.abspath(plain))
        files = sorted(file for file in map(Path, matching) if file.is_file() and not _is_drawn(file, root))
        if not files:
            msg = f"{typed}: no file is like {shown(text)}."
            raise FileNotFoundError(msg)
    else:
        msg = f"{typed}: there is no folder and no file {shown(text)}."
        raise FileNotFoundError(msg)
    found: list[tuple[str, Callable[[str], Source]]] = []
    for file in files:
        found.append((file.relative_to(root).as_posix(), functools.partial(_file, path=file)))
    return _Located(str(root), found)


def _file(name: str, path: Path) -> Source:
    return File(name, path)


def _pictures_in(folder: Path) -> list[Path]:
    """Below the folder, however deep and through links; not what a contact sheet drew.

    What begins with a dot is hidden.
    """
    found, seen = [], set()
    for root, inner, files in os.walk(folder, followlinks=True):
        inner[:] = [name for name in inner if not name.startswith(".")]
        real = os.path.realpath(root)
        if real in seen or SHEET_MARK in files:  # a link leads back
            inner.clear()
            continue
        seen.add(real)
        found += [Path(root, name) for name in files if _is_picture(name)]
    return sorted(found)


def _is_drawn(file: Path, root: Path) -> bool:
    """Whether a contact sheet below the root drew that picture."""
    sheet = file.parent.parent
    return sheet.is_relative_to(root) and (sheet / SHEET_MARK).exists()


def _is_picture(name: str) -> bool:
    is_hidden = any(part.startswith(".") for part in name.split("/"))
    return not is_hidden and name.lower().endswith(EXTENSIONS)


def _elsewhere(url: str, typed: str) -> _Located:
    """Files of which fsspec knows: a folder, a pattern or a file behind a URL."""
    try:
        from fsspec.core import OpenFile, url_to_fs
    except ImportError as error:
        raise missing("URLs need", "fsspec", "many", error) from error
    try:
        system, path = url_to_fs(url)
        if any(sign in path for sign in "*?["):
            paths = [file for file in system.glob(path) if not system.isdir(file)]
            root = path[: min(path.index(sign) for sign in "*?[" if sign in path)].rpartition("/")[0]
        elif system.isdir(path):
            root = path.rstrip("/")
            paths = [file for file in system.find(path) if _is_picture(file.removeprefix(root).lstrip("/"))]
        else:
            paths, root = ([path] if system.exists(path) else []), path.rpartition("/")[0]
    except ImportError as error:  # of the library for that kind of URL
        msg = f"{typed}: {shown(url)} cannot be read: {error}"
        raise ImportError(msg) from error
    except Exception as error:  # each file system has errors of its own
        msg = f"{typed}: {shown(url)} cannot be read: {error}"
        raise RuntimeError(msg) from error
    if not paths:
        msg = f"{typed}: there are no pictures at {shown(url)}."
        raise FileNotFoundError(msg)
    found: list[tuple[str, Callable[[str], Source]]] = []
    for file in sorted(paths):
        name = file[len(root) :].lstrip("/") if file.startswith(root) else file
        found.append((name, functools.partial(Remote, file=OpenFile(system, file))))
    return _Located(_chained(system.unstrip_protocol(root), url), found)


def _chained(address: str, url: str) -> str:
    """An address in the chain of file systems that a URL names, as "zip://*.png::photos.zip" does."""
    before, after = url[: max(0, url.find("://"))].split("::")[:-1], url[_end_of_path(url) :].split("::")[1:]
    if after and "://" not in after[-1]:
        after[-1] = os.path.abspath(after[-1])
    return "::".join([*before, address, *after])


def _end_of_path(url: str) -> int:
    """Where the first path in a chain ends."""
    end = url.find("::", max(0, url.find("://")))
    return len(url) if end < 0 else end


def _below(folder: str, name: str) -> str:
    """The path or URL of a file by its name in a folder, which may lie in a chain of file systems."""
    end = _end_of_path(folder) if "://" in folder else len(folder)
    return f"{folder[:end]}{'' if folder[:end].endswith('/') else '/'}{name}{folder[end:]}"


def _in_files(located: Sequence[_Located], typed: str) -> Sources:
    """Of one folder the names are relative to it; of several things they are whole, whatever else is given."""
    if len(located) == 1:
        folder, named = located[0].folder, list(located[0].found)
    else:
        folder, named = "", [(_below(one.folder, name), make) for one in located for name, make in one.found]
    # What is no Unicode in a name has no place in a store.
    names = [name.encode(errors="backslashreplace").decode() for name, _ in named]
    twice = next(iter(_repeated(names)), None)
    if twice is not None:
        msg = f"{typed} must hold each file once, but holds {shown(twice)} more than once."
        raise ValueError(msg)
    return Sources(names, folder, lambda k: named[k][1](names[k]))


def _repeated(names: Iterable[str]) -> Iterable[str]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield name
        seen.add(name)


def _in_dask_array(images: Any, typed: str) -> Sources:
    """The images of a Dask array, one block of which is in memory at a time."""
    if np.dtype(images.dtype).kind not in _NUMBERS:
        raise TypeError(expected(typed, "an array of numbers", images))
    if any(length != length for length in images.shape):
        msg = f"{typed} must have a known shape, but is {shown(images)}: compute_chunk_sizes() finds it."
        raise ValueError(msg)
    _check_shape(images.shape, typed)
    images = images.rechunk(dict.fromkeys(range(1, images.ndim), -1))
    ends = np.cumsum(images.chunks[0])

    one_at_a_time = threading.Lock()

    @functools.lru_cache(maxsize=1)
    def block(number: int) -> NDArray[Any]:
        return np.asarray(images.blocks[number].compute())

    def source(k: int) -> Source:
        number = int(np.searchsorted(ends, k, side="right"))
        try:
            with one_at_a_time:  # several threads may ask
                found = block(number)
        except Exception as error:  # whatever the array is computed by
            return Unreadable(f"It cannot be computed: {error}")
        return Pixels(found[k - (ends[number - 1] if number else 0)])

    return Sources([str(k) for k in range(images.shape[0])], "", source)


def _check_shape(shape: tuple[int, ...], typed: str) -> None:
    if len(shape) == 3 and shape[2] in (3, 4):
        msg = f"{typed} must be N×H×W×C, but is {size_text(shape)}, as one image is: {typed}[np.newaxis] makes it fit."
        raise ValueError(msg)
    if len(shape) not in (3, 4) or 0 in shape:
        msg = f"{typed} must be N×H×W or N×H×W×C, and not empty, but is {size_text(shape)}."
        raise ValueError(msg)
