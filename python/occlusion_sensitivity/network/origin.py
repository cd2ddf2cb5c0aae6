"""Where a network comes from: the place of its file, and what was in it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

from ..files import sha256
from .graph import NetworkFile


@dataclass(frozen=True, slots=True)
class Origin:
    """A file, as another process finds it again.

    Attributes
    ----------
    place : str
        The absolute path; of a file that comes with the package, its name, wherever the package is.
    with_package : bool
    digests : mapping of str to str
        The SHA-256 of the file and of those that hold its data, by their names in its folder.
    """

    place: str
    with_package: bool
    digests: Mapping[str, str]

    @classmethod
    def of(cls, file: NetworkFile) -> "Origin":
        """RuntimeError where the file is no longer what was imported."""
        digests = file.digests()
        if _of_the_package(file.path.name) == file.path:
            return cls(file.path.name, True, digests)
        return cls(str(file.path), False, digests)

    def path(self) -> Path:
        """Where the file is now."""
        copy = _COPIES.get(_key(self.digests))
        if copy is not None:
            return copy / Path(self.place).name
        return (_of_the_package(self.place) or Path(self.place)) if self.with_package else Path(self.place)

    def check(self, path: Path) -> None:
        """Raise FileNotFoundError or RuntimeError unless the files hold what they held."""
        for name, digest in self.digests.items():
            file = path.parent / name
            try:
                found = sha256(file)
            except OSError as error:
                msg = (
                    f"{file} is needed by a network that was pickled, and is gone or cannot be read: {error.strerror}. "
                    f"Its SHA-256 was {digest}."
                )
                raise FileNotFoundError(msg) from error
            if found != digest:
                msg = (
                    f"{file} is needed by a network that was pickled, but has changed since: its SHA-256 was {digest}, "
                    f"and is {found} now."
                )
                raise RuntimeError(msg)


# Where copies of files lie that another machine sent, by what is in them.
_COPIES: dict[frozenset[tuple[str, str]], Path] = {}


def keep_copy(folder: Path, names: Iterable[str]) -> None:
    """Let networks that come back from a pickle take their files from `folder`, if it is these that they need."""
    _COPIES[_key({name: sha256(folder / name) for name in names})] = folder


def drop_copy(folder: Path) -> None:
    """Let them take the files from where they were again."""
    for key in [key for key, kept in _COPIES.items() if kept == folder]:
        del _COPIES[key]


def _key(digests: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    return frozenset(digests.items())


def _of_the_package(name: str) -> Path | None:
    """The file of that name that comes with the package; None where there is none."""
    own = files("occlusion_sensitivity") / "data" / name
    if not own.is_file():
        return None
    with as_file(own) as path:
        return path.absolute()
