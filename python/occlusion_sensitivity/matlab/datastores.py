"""Folders of pictures."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from ..arguments import as_text, expected, on_host, positive_integer, shown, text_choice, texts_in, truth
from ..listing import public_names
from ..name_values import NameValues
from ..pictures import EXTENSIONS, imread
from ..strings import Labels as LabelArray
from ..strings import StringArray, as_strings
from .categoricals import categorical
from .option_types import ImageDatastoreOptions
from .outputs import outputs

__all__ = ["hasdata", "imageDatastore", "read", "readimage", "reset"]

_OPTIONS = ("IncludeSubfolders", "FileExtensions", "LabelSource", "Labels", "ReadFcn")
# What the functions of this file alone use of a datastore.
_INNER = ("advance", "begin_again", "has_data", "image", "info")


class imageDatastore:
    """The pictures of a folder, read one by one.

    Parameters
    ----------
    location : str, os.PathLike, or list of them
        A folder, a file, a pattern such as ``"photos/*.jpg"``, or several of them. Hidden files are left out.
    IncludeSubfolders : bool, default False
        Whether the folders in it are searched, too.
    FileExtensions : text or vector of text, optional
        Which files are taken, such as ``".jpg"``; those that imread reads by default.
    LabelSource : {"none", "foldernames"}, default "none"
        "foldernames": the label of a picture is the name of the folder in which it lies.
    Labels : vector of text, categorical or number, optional
        A label for each file, instead.
    ReadFcn : callable, default imread
        What makes an array of a file's name.

    Attributes
    ----------
    Files : StringArray
        Absolute paths, in the order of their names.
    Labels : Labels
        Class labels; none without LabelSource and Labels. May be set.
    ReadFcn : callable
        May be set.

    Raises
    ------
    FileNotFoundError
        If a location does not exist, or there is no picture.
    TypeError, ValueError
        If an option is outside of the values listed above.

    Notes
    -----
    MATLAB: ``imds = imageDatastore(folder,IncludeSubfolders=true,LabelSource="foldernames")``, ``imds.Files{k}``

    Python: ``imds = imageDatastore(folder, IncludeSubfolders=True, LabelSource="foldernames")``, ``imds.Files[k - 1]``

    Differs: networks take arrays: a loop over its pictures in place of ``classify(net,imds)``.

    Examples
    --------
    >>> from importlib.resources import files
    >>> imds = imageDatastore(str(files("occlusion_sensitivity") / "data"))
    >>> len(imds.Files), readimage(imds, 1).shape
    (1, (400, 400, 3))
    """

    def __init__(self, location: object, *nameValuePairs: object, **options: Unpack[ImageDatastoreOptions]) -> None:
        given = NameValues.parse(nameValuePairs, options, _OPTIONS)
        deep = given.read("IncludeSubfolders", False, truth, "true or false")
        endings = given.read("FileExtensions", list(EXTENSIONS), _extensions)
        places = _locations(location)
        files = [file for place in places for file in _pictures_at(place, endings, deep=deep)]
        if not files:
            where = "" if deep else "; IncludeSubfolders=True searches the folders in it, too"
            at = shown([str(place) for place in places])
            msg = f"location: there is no file of {', '.join(endings)} at {at}{where}."
            raise FileNotFoundError(msg)
        self._files = StringArray([str(file) for file in files])
        self._labels = LabelArray([], ())
        source = given.read("LabelSource", "none", text_choice, ("none", "foldernames"))
        if source == "foldernames" and "Labels" in given:
            msg = f'{given.typed("Labels")} and LabelSource="foldernames" must not be given both.'
            raise ValueError(msg)
        labels: object = [file.parent.name for file in files] if source == "foldernames" else given.value("Labels", [])
        self._set_labels(given.typed("Labels"), labels)
        self._read = given.read("ReadFcn", imread, _callable)
        self._next = 0

    @property
    def Files(self) -> StringArray:
        return self._files

    @Files.setter
    def Files(self, files: object) -> None:
        texts = texts_in(files)
        if texts is None:
            raise TypeError(expected("Files", "names of files", files))
        known = {str(file): k for k, file in enumerate(self._files)}
        if self._labels.size and not set(texts) <= set(known):
            msg = "Files must be of those that have labels; Labels = [] takes these away first."
            raise ValueError(msg)
        labels = self._labels[[known[text] for text in texts]] if self._labels.size else self._labels
        self._files, self._labels, self._next = StringArray(texts), labels, 0

    @property
    def ReadFcn(self) -> Callable[[str], NDArray[Any]]:
        return self._read

    @ReadFcn.setter
    def ReadFcn(self, function: object) -> None:
        self._read = _callable("ReadFcn", function)

    @property
    def Labels(self) -> LabelArray:
        return self._labels

    @Labels.setter
    def Labels(self, labels: object) -> None:
        self._set_labels("Labels", labels)

    def _set_labels(self, name: str, labels: object) -> None:
        if not isinstance(labels, LabelArray):
            texts = as_strings(on_host(labels))
            if texts is None:
                raise TypeError(expected(name, "texts, numbers or a categorical", labels))
            labels = categorical(labels) if np.size(texts) else LabelArray([], ())
        if not isinstance(labels, LabelArray) or labels.size not in (0, len(self.Files)):
            raise ValueError(expected(name, f"a vector of {len(self.Files)} labels, one for each file", labels))
        self._labels = LabelArray(np.ravel(np.asarray(labels)), labels.categories)

    def __dir__(self) -> list[str]:
        return public_names(super().__dir__(), _INNER)

    def __len__(self) -> int:
        return len(self.Files)

    def __repr__(self) -> str:
        labels = f", labels {', '.join(self._labels.categories[:5])}" if self._labels.size else ""
        return f"imageDatastore of {len(self)} pictures, {self.Files[0]}, …{labels}"

    def image(self, number: int) -> NDArray[Any]:
        """The picture of that number, from 1."""
        found: NDArray[Any] = self.ReadFcn(self.Files[number - 1])
        return found

    def info(self, number: int) -> dict[str, Any]:
        """What is known of the picture of that number, from 1."""
        label = self._labels[number - 1] if self._labels.size else None
        return {"Filename": self.Files[number - 1], "Label": label}

    def advance(self) -> int:
        """The number, from 1, of the picture that is read next."""
        if self._next >= len(self):
            msg = "There is no picture left to read: reset(imds) begins again, and hasdata(imds) says whether there is."
            raise ValueError(msg)
        self._next += 1
        return self._next

    def has_data(self) -> bool:
        return self._next < len(self)

    def begin_again(self) -> None:
        self._next = 0


def readimage(imds: imageDatastore, I: object, *, nargout: object = None) -> Any:  # noqa: E741
    """One picture of an imageDatastore.

    Parameters
    ----------
    imds : imageDatastore
    I : int
        Which one, counted from 1.
    nargout : {1, 2}, default 1

    Returns
    -------
    img : numpy.ndarray
        What the datastore's ReadFcn makes of the file.
    fileinfo : dict
        With ``nargout=2``: Filename and Label.

    Raises
    ------
    TypeError, ValueError
        If imds is no imageDatastore, or I is not the number of a picture.

    Notes
    -----
    MATLAB: ``img = readimage(imds,k)``

    Python: ``img = readimage(imds, k)``

    Differs: k is counted from 1; of ``for k in range(numel(imds.Files))`` it is ``k + 1``.

    Examples
    --------
    >>> from importlib.resources import files
    >>> imds = imageDatastore(str(files("occlusion_sensitivity") / "data"))
    >>> readimage(imds, 1).dtype
    dtype('uint8')
    """
    number = positive_integer("I", I)
    if number > len(_checked(imds)):
        raise ValueError(expected("I", f"the number of a picture, 1 to {len(imds)}", I))
    return outputs("readimage", nargout, 1, img=imds.image(number), fileinfo=imds.info(number))


def read(imds: imageDatastore, *, nargout: object = None) -> Any:
    """The next picture of an imageDatastore.

    Parameters
    ----------
    imds : imageDatastore
    nargout : {1, 2}, default 1

    Returns
    -------
    data : numpy.ndarray
    info : dict
        With ``nargout=2``: Filename and Label.

    Raises
    ------
    TypeError, ValueError
        If imds is no imageDatastore, or no picture is left.

    Notes
    -----
    MATLAB: ``img = read(imds)``, ``[img,info] = read(imds)``

    Python: ``img = read(imds)``, ``img, info = read(imds, nargout=2)``

    Differs: one output comes unless ``nargout=2``; the pictures come one at a time.

    Examples
    --------
    >>> from importlib.resources import files
    >>> imds = imageDatastore(str(files("occlusion_sensitivity") / "data"))
    >>> read(imds).shape, hasdata(imds)
    ((400, 400, 3), False)
    """
    number = _checked(imds).advance()
    return outputs("read", nargout, 1, data=imds.image(number), info=imds.info(number))


def hasdata(imds: imageDatastore) -> bool:
    """Whether there is a picture that :func:`read` has not given yet.

    Parameters
    ----------
    imds : imageDatastore

    Returns
    -------
    tf : bool

    Notes
    -----
    MATLAB: ``while hasdata(imds)``

    Python: ``while hasdata(imds):``

    Differs: nothing.

    Examples
    --------
    >>> from importlib.resources import files
    >>> hasdata(imageDatastore(str(files("occlusion_sensitivity") / "data")))
    True
    """
    return _checked(imds).has_data()


def reset(imds: imageDatastore) -> None:
    """Let :func:`read` begin with the first picture again.

    Parameters
    ----------
    imds : imageDatastore

    Notes
    -----
    MATLAB: ``reset(imds)``

    Python: ``reset(imds)``

    Differs: nothing.

    Examples
    --------
    >>> from importlib.resources import files
    >>> imds = imageDatastore(str(files("occlusion_sensitivity") / "data"))
    >>> first = read(imds)
    >>> reset(imds)
    >>> hasdata(imds)
    True
    """
    _checked(imds).begin_again()


def _checked(imds: object) -> imageDatastore:
    if not isinstance(imds, imageDatastore):
        raise TypeError(expected("imds", "an imageDatastore", imds))
    return imds


def _callable(name: str, value: object) -> Callable[[str], NDArray[Any]]:
    if not callable(value):
        raise TypeError(expected(name, "a function that makes an array of a file's name", value))
    return value


def _extensions(name: str, value: object) -> list[str]:
    texts = texts_in(value)
    if texts is None or not all(text.startswith(".") for text in texts):
        raise ValueError(expected(name, 'endings of files such as ".jpg"', value))
    return [text.lower() for text in texts]


def _locations(location: object) -> list[Path]:
    several = location if isinstance(location, list | tuple | np.ndarray) else [location]
    typed = [os.fspath(place) if isinstance(place, os.PathLike) else as_text(place) for place in several]
    if not typed or not all(isinstance(place, str) and place and "\0" not in place for place in typed):
        raise TypeError(expected("location", "a folder, a file, a pattern such as *.jpg, or several of them", location))
    return [Path(str(place)).absolute() for place in typed]


def _pictures_at(place: Path, endings: Sequence[str], *, deep: bool) -> list[Path]:
    """The files of a location in the order of their names; those of a pattern whatever their ending."""
    try:
        if place.is_file():
            return [place]
        if place.is_dir():
            found = place.rglob("*") if deep else place.glob("*")
            return sorted(file for file in found if file.suffix.lower() in endings and _is_picture(file))
        if "*" in str(place):
            pattern = re.sub(r"([?\[])", r"[\1]", str(place))  # which are no patterns in MATLAB
            matching = [Path(file) for file in glob.glob(pattern)]
            if deep:
                folder, _, name = pattern.rpartition(os.sep)
                matching += [Path(file) for file in glob.glob(f"{folder}{os.sep}**{os.sep}{name}", recursive=True)]
            kept = sorted({file for file in matching if _is_picture(file)})
            if kept:
                return kept
    except OSError as error:
        msg = f"location: {shown(str(place))} cannot be read: {error.strerror}."
        raise FileNotFoundError(msg) from error
    msg = f"location: there is no file, folder or pattern {shown(str(place))}."
    raise FileNotFoundError(msg)


def _is_picture(file: Path) -> bool:
    """Whether it may be one: no folder, and none of the hidden files that systems put beside pictures."""
    return file.is_file() and not file.name.startswith(".")
