"""The store as the run that writes it sees it: begun or gone on with, by one run at a time, and never half written."""

import functools
import os
import shutil
import time
from collections import defaultdict
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arguments import expected, shown
from ..packages import missing
from .layout import AT_ONCE, DONE, FAILED, IN_A_CHUNK, NAME, TO_DO, Field, checksum, create_array, fields, zarr_package
from .plan import FORMAT, Plan, differences
from .work import CURVES, Outcome

# Beside an array's data, where readers of Zarr do not look.
_LOCK = Path("state", ".lock")
# At least so many seconds lie between two times of writing, and ten times as many as it takes: a tenth of the time at
# most.
_SECONDS, _TIMES = 0.25, 10


class StoreWriter:
    """A store while a run writes it.

    What is there is written chunk by chunk, each moved to its place when it is whole, and the states last: whenever the
    process ends, an image that the store calls done is.

    Attributes
    ----------
    names : list of str
        Of all images, in their order.
    folder : str
        Where the pictures were when the store was begun.
    """

    def __init__(self, name: str, path: Path, plan: Plan) -> None:
        self._errors = functools.partial(_errors_of_the_disk, name, path)
        self.names: list[str] = []
        self._fields = fields(plan.count, plan.grid_shape, plan.job.num_steps)
        self._chunks: dict[int, _Chunk] = {}
        # By the first image of chunks: arrays whose chunk cannot be read.
        self._damaged: dict[int, set[str]] = defaultdict(set)
        self._written = time.monotonic()
        self._pause = _SECONDS
        begun = _gone_on_with if _attributes(name, path) else _begun
        group = begun(name, path, plan, self._fields)
        self.folder = str(group.attrs["folder"])
        with _damage(name, path):
            self._arrays: dict[str, Any] = {field.name: group[field.name] for field in (NAME, *self._fields)}
        self._attributes = group.attrs
        self._stored = self._arrays["name"].shape[0]
        self._end = 0  # of the images that were explained
        self._resize(self._stored)  # where a run ended before all arrays had grown

    def _resize(self, count: int) -> None:
        with self._errors():
            for array in self._arrays.values():
                if array.shape[0] != count:
                    array.resize((count, *array.shape[1:]))

    def take(self, names: Sequence[str]) -> list[int]:
        """The places of the images of those names; new ones are behind the others, once :meth:`add` adds them."""
        known = [str(name) for name in self._read(NAME, slice(0, self._stored))]
        self._is_to_add = bool(self._damaged)
        self._damaged.clear()
        place = {name: k for k, name in enumerate(known) if name}
        new = [name for name in names if name not in place]
        # A damaged part of the names is filled again: the images come in the same order as before.
        gaps = [k for k, name in enumerate(known) if not name]
        self.names = [*known, *[""] * max(0, len(new) - len(gaps))]
        for k, name in zip([*gaps, *range(len(known), len(self.names))], new, strict=False):
            self.names[k] = name
            place[name] = k
        self._is_to_add = self._is_to_add or bool(new)
        return [place[name] for name in names]

    def add(self, folder: str) -> None:
        """Write the names that were taken, and where their pictures are."""
        while len(self.names) > self._end and not self.names[-1]:  # the disk was full when an earlier run wrote names
            self.names.pop()
        self._resize(len(self.names))
        self._chunks.clear()  # the last was as long as the store
        with self._errors():
            if self._is_to_add:
                self._arrays["name"][:] = np.array(self.names, dtype=object)
            if folder != self.folder:
                self._attributes["folder"] = folder

    def digests(self) -> dict[int, str]:
        """The SHA-256 of the pictures whose maps are there and whole, by their places.

        What is damaged on the disk is to be done again from now on.
        """
        found: dict[int, str] = {}
        for first in range(0, self._stored, AT_ONCE):
            values = self._values(first, AT_ONCE)
            begun = np.flatnonzero(values["state"] != TO_DO).tolist()
            self._end = first + begun[-1] + 1 if begun else self._end
            for k in np.flatnonzero(values["state"] == DONE).tolist():
                if checksum(values, k) == values["checksum"][k]:
                    found[first + k] = str(values["sha256"][k])
                else:
                    self.forget(first + k)
            for k in np.flatnonzero((values["state"] == FAILED) & (values["error"] == "")).tolist():
                self.forget(first + k)  # why, was damaged
        for first in list(self._damaged):
            self._chunk(first)
        self.flush()
        return found

    def forget(self, place: int) -> None:
        """Let an image be one that is to be done."""
        self._chunk(place).forget(place % IN_A_CHUNK)

    def put(self, place: int, outcome: Outcome) -> None:
        """What became of an image; it is written with what comes soon after."""
        chunk = self._chunk(place)
        if outcome.found is not None:
            self._grow(outcome.found.drops.shape[1:])
        chunk.put(place % IN_A_CHUNK, outcome)

    def flush(self, *, if_due: bool = False) -> bool:
        """Write what is not written yet; with `if_due`, where that is worth it by now. Whether anything was."""
        if if_due and time.monotonic() - self._written < self._pause:
            return False
        began = time.monotonic()
        dirty = [first for first, chunk in self._chunks.items() if chunk.is_dirty]
        for first in dirty:
            chunk = self._chunks[first]
            for field in self._fields:
                if field.name in chunk.changed:
                    # Drops that were there before the store's grid grew are fewer.
                    values = chunk.values[field.name]
                    part = (slice(first, first + chunk.count), *(slice(length) for length in values.shape[1:]))
                    with self._errors():
                        self._arrays[field.name][part] = values
            chunk.changed.clear()
        # Kept: the last, which the next images belong to; and those in which images are still to come.
        for first in [first for first, chunk in self._chunks.items() if not (chunk.values["state"] == TO_DO).any()]:
            del self._chunks[first]
        self._written = time.monotonic()
        self._pause = max(_SECONDS, _TIMES * (self._written - began))
        return bool(dirty)

    def _chunk(self, place: int) -> "_Chunk":
        first = place - place % IN_A_CHUNK
        if first not in self._chunks:
            values = self._values(first, IN_A_CHUNK)
            self._chunks[first] = _Chunk(values, self._damaged.pop(first, set()))
        return self._chunks[first]

    def _values(self, first: int, count: int) -> dict[str, NDArray[Any]]:
        """Of each array those of so many images, or of as many as there are."""
        part = slice(first, min(first + count, self._arrays["state"].shape[0]))
        return {field.name: self._read(field, part) for field in self._fields}

    def _read(self, field: Field, part: slice) -> NDArray[Any]:
        """Values of an array; those of a chunk that is damaged, as if they had never been written."""
        array = self._arrays[field.name]
        with self._errors():
            try:
                return np.array(array[part], dtype=object if field.dtype is str else field.dtype)
            except (OSError, MemoryError):  # which may be gone the next time, and the chunk may be whole
                raise
            except Exception:  # of a checksum, or of a codec
                length = array.chunks[0]
        if part.stop - part.start <= length:
            self._damaged[part.start].add(field.name)
            return field.empty(part.stop - part.start, array.shape[1:])
        firsts = range(part.start, part.stop, length)
        return np.concatenate([self._read(field, slice(first, min(first + length, part.stop))) for first in firsts])

    def _grow(self, grid: tuple[int, ...]) -> None:
        """Make room for a mask grid of that size, where images differ in theirs."""
        array = self._arrays["drops"]
        rows, cols = (max(old, new) for old, new in zip(array.shape[2:], grid, strict=True))
        if (rows, cols) == array.shape[2:]:
            return
        with self._errors():
            array.resize((*array.shape[:2], rows, cols))
        for chunk in self._chunks.values():
            old = chunk.values["drops"]
            spare = [(0, 0), (0, 0), (0, rows - old.shape[2]), (0, cols - old.shape[3])]
            chunk.values["drops"] = np.pad(old, spare, constant_values=np.nan)


class _Chunk:
    """The images that are written together.

    Attributes
    ----------
    values : dict
        Of each array of the store the values of these images.
    changed : set of str
        The arrays whose values are not written yet.
    """

    def __init__(self, values: dict[str, NDArray[Any]], changed: set[str]) -> None:
        self.values = values
        self.changed = changed

    @property
    def count(self) -> int:
        return len(self.values["state"])

    @property
    def is_dirty(self) -> bool:
        return bool(self.changed)

    def _set(self, k: int, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            self.values[name][k] = value
            self.changed.add(name)

    def forget(self, k: int) -> None:
        self._set(k, {"state": TO_DO})

    def put(self, k: int, outcome: Outcome) -> None:
        found = outcome.found
        # What an earlier run left: of a picture that was another, or of a map that is damaged.
        self._set(k, {"drops": np.nan, "score": np.nan, "channel": 0, "size": 0, "checksum": 0})
        self._set(k, dict.fromkeys(set(CURVES) & set(self.values), np.nan))
        self._set(k, {"sha256": outcome.sha256})
        if outcome.error or self.values["error"][k]:
            self._set(k, {"error": outcome.error.encode(errors="replace").decode()})  # of a name that is no Unicode
        if found is not None:
            rows, cols = found.drops.shape[1:]
            self.values["drops"][k, :, :rows, :cols] = found.drops
            self._set(k, {"score": found.scores, "channel": found.channels, "size": found.sizes})
            self._set(k, found.curves)
            for name in ("drops", "score", *found.curves):
                # NaN of one kind only: Zarr leaves a chunk of nothing else out, and gives its own for it.
                values = self.values[name][k]
                values[np.isnan(values)] = np.nan
            self._set(k, {"checksum": checksum(self.values, k)})
        self._set(k, {"state": FAILED if found is None else DONE})


@contextmanager
def writing(name: str, typed: object, plan: Plan) -> Generator[StoreWriter]:
    """The store for one run, which is the only one that writes it until the end of the ``with``.

    `typed` is what was given as the argument `name`.
    """
    path = _checked_path(name, typed)
    with _locked(name, path):
        with _errors_of_the_disk(name, path):
            writer = StoreWriter(name, path, plan)
        yield writer


def _checked_path(name: str, typed: object) -> Path:
    if not isinstance(typed, str | os.PathLike) or not os.fspath(typed) or "\0" in os.fspath(typed):
        raise TypeError(expected(name, "the path of a folder, as maps.zarr", typed))
    if "://" in os.fspath(typed):
        msg = f"{name} must be a folder on a disk of this machine, but is {shown(os.fspath(typed))}."
        raise ValueError(msg)
    path = Path(typed)
    with _errors_of_the_disk(name, path):
        _check_folder(name, path)
    return path


def _check_folder(name: str, path: Path) -> None:
    if not path.parent.is_dir():
        msg = f"{name}: there is no folder {shown(str(path.parent))} for {shown(path.name)}."
        raise FileNotFoundError(msg)
    if path.exists() and not path.is_dir():
        raise ValueError(expected(name, "the path of a folder, as maps.zarr", str(path)))
    is_ours = path.joinpath(_LOCK).exists() or _attributes(name, path).get("format") == FORMAT
    if path.is_dir() and any(path.iterdir()) and not is_ours:
        msg = f"{name}: {shown(str(path))} holds other things. A new folder, or an empty one, becomes a store of maps."
        raise ValueError(msg)


@contextmanager
def _locked(name: str, path: Path) -> Generator[None]:
    """Alone in the store: a process that ends in any way leaves it to others."""
    try:
        from filelock import FileLock, Timeout
    except ImportError as error:
        raise missing("Maps of many images need", "filelock", "many", error) from error
    with _errors_of_the_disk(name, path):
        path.joinpath(_LOCK).parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path / _LOCK, timeout=0)
    try:
        with _errors_of_the_disk(name, path):
            lock.acquire()
    except Timeout as error:
        msg = f"{name}: another run is writing {shown(str(path))}. It has to end before this one can go on."
        raise RuntimeError(msg) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _errors_of_the_disk(name: str, path: Path) -> Generator[None]:
    """What the disk refuses, as an error that says what that means for the maps."""
    try:
        yield
    except (FileNotFoundError, TimeoutError):
        raise
    except OSError as error:
        msg = (
            f"{name}: {shown(str(path))} cannot be read or written: {error.strerror or error}. What is finished is "
            "kept; the same call goes on with it."
        )
        raise RuntimeError(msg) from error


def _attributes(name: str, path: Path) -> dict[str, Any]:
    """The attributes of a store; none where nothing is there, or less than a whole one: they are written last."""
    if not (path / "zarr.json").exists():
        return {}
    with _damage(name, path):
        attributes: dict[str, Any] = zarr_package().open_group(path, mode="r").attrs.asdict()
    return attributes


@contextmanager
def _damage(name: str, path: Path) -> Generator[None]:
    """What Zarr says of a store that it cannot open, as an error that names it."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:  # Zarr has many
        msg = f"{name}: {shown(str(path))} is damaged: {error}"
        raise ValueError(msg) from error


def _begun(name: str, path: Path, plan: Plan, wanted: Sequence[Field]) -> Any:
    """A new store, without images."""
    zarr = zarr_package()
    lock = path / _LOCK
    if lock.with_name("c").exists():
        msg = f"{name}: {shown(str(path))} is damaged: it holds maps, but the attributes in its zarr.json are gone."
        raise ValueError(msg)
    for inner in {*path.iterdir(), *lock.parent.iterdir()} - {lock, lock.parent}:  # of a run that ended right here
        shutil.rmtree(inner) if inner.is_dir() else inner.unlink()
    store = zarr.storage.LocalStore(path)
    for field in (NAME, *wanted):
        create_array(store, field)
    group = zarr.open_group(store, mode="r+")
    group.attrs.put(plan.attributes)
    return group


def _gone_on_with(name: str, path: Path, plan: Plan, wanted: Sequence[Field]) -> Any:
    stored = _attributes(name, path)
    if stored.get("format") != FORMAT:
        msg = f"{name}: {shown(str(path))} is a Zarr group, but holds no maps of occlusion_sensitivity."
        raise ValueError(msg)
    differing = differences(stored, plan.attributes)
    if differing and not (path / "state" / "c").exists():  # no image was explained yet
        (path / "zarr.json").unlink()
        return _begun(name, path, plan, wanted)
    if differing:
        msg = (
            f"{name}: {shown(str(path))} holds maps that were made in another way: {'; '.join(differing)}. Another "
            "store takes these."
        )
        raise ValueError(msg)
    for part in path.rglob("*.partial"):  # what Zarr was writing when a process was killed
        part.unlink()
    return zarr_package().open_group(path, mode="r+")
