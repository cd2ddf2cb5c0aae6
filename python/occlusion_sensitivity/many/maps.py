"""open_maps: what a run found, as it lies in the store."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..arguments import as_text, channel_in_any_case, expected, shown, text_choice
from ..faithfulness import area, step_shares
from ..listing import public_names
from ..mini_batches import Progress
from ..resizing import imresize
from .arrays import dask_array, dataset, mean_drops
from .layout import AT_ONCE, DONE, FAILED, STATES, zarr_package
from .plan import FORMAT, FORMAT_VERSION
from .reading import Stored
from .work import CURVES

if TYPE_CHECKING:
    from xarray import Dataset

_INNER = ("common_size", "drops_in_parts", "grid_shape", "method", "place", "stored")


def open_maps(store: str | os.PathLike[str]) -> Maps:
    """Open a store of maps that :func:`explain_images` filled, or is filling.

    Parameters
    ----------
    store : str or os.PathLike
        Its folder, or a URL that fsspec knows.

    Returns
    -------
    maps : Maps

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    TypeError, ValueError
        If it is no store of maps, of a later release, or damaged.
    ImportError
        If Zarr is missing.

    Notes
    -----
    This function is this package's own; MATLAB has none like it. What lies in the store is documented in
    docs/store.md: Zarr alone reads it as well.

    Examples
    --------
    >>> open_maps("no_such_folder.zarr")
    Traceback (most recent call last):
    ...
    FileNotFoundError: store: there is no folder 'no_such_folder.zarr'.
    """
    if not isinstance(store, str | os.PathLike) or not os.fspath(store):
        raise TypeError(expected("store", "the path of a store of maps", store))
    text = os.fspath(store)
    if "://" not in text and not Path(text).is_dir():
        msg = f"store: there is no folder {shown(text)}."
        raise FileNotFoundError(msg)
    zarr = zarr_package()
    try:
        group = zarr.open_group(text, mode="r")
        attributes = group.attrs.asdict()
    except ImportError:
        raise
    except Exception as error:  # Zarr has many
        msg = f"store: {shown(text)} is no store of maps, or damaged: {error}"
        raise ValueError(msg) from error
    if attributes.get("format") != FORMAT:
        msg = f"store: {shown(text)} is a Zarr group, but holds no maps of occlusion_sensitivity."
        raise ValueError(msg)
    if attributes["format_version"] > FORMAT_VERSION:
        msg = f"store: {shown(text)} is of a later release of occlusion_sensitivity ({attributes['versions']})."
        raise ValueError(msg)
    return Maps(Stored(group, attributes, text), attributes, text)


class Maps:
    """The maps of many images; made by :func:`explain_images` and :func:`open_maps`.

    ``len(maps)`` is how many images there are. ``maps[i]`` is the map of the i-th, from 0: single, H×W, or H×W×K for K
    classes, as occlusionSensitivity gives it; NaN where there is none. It is made when it is asked for.

    Attributes
    ----------
    attributes : dict
        How the maps were made; see docs/store.md.
    names : list of str
        What the images are called.
    classes : list of str
        The names of the network's channels.

    Examples
    --------
    >>> import numpy as np, tempfile
    >>> from occlusion_sensitivity import explain_images, imagePretrainedNetwork
    >>> net, classNames = imagePretrainedNetwork()
    >>> images = np.zeros((2, 60, 80, 3), dtype=np.uint8)
    >>> images[1, 20:40, 30:60] = 200
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     maps = explain_images(net, images, f"{folder}/maps.zarr", classNames, Stride=56)
    ...     len(maps), maps[1].shape, maps.table()["state"].tolist()
    (2, (224, 224), ['done', 'done'])
    """

    def __init__(self, stored: Stored, attributes: Mapping[str, Any], place: str) -> None:
        self.stored = stored
        self.attributes = dict(attributes)
        self.place = place
        self._names: list[str] | None = None

    def __len__(self) -> int:
        return len(self.stored)

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        sizes = self.stored.read("size")
        for first, drops in self.drops_in_parts():
            for k, one in enumerate(drops):
                yield self._map(one, sizes[first + k])

    def __getitem__(self, i: int | np.integer[Any]) -> NDArray[np.float32]:
        values = self.stored.of_images(self._checked(i), 1)
        return self._map(values["drops"][0], values["size"][0])

    @property
    def names(self) -> list[str]:
        if self._names is None:
            self._names = [str(name) for name in self.stored.read("name")[: len(self)]]
        return list(self._names)

    @property
    def classes(self) -> list[str]:
        return list(self.attributes["class_names"])

    @property
    def method(self) -> str:
        """How a map is made of the drops, by imresize; "none" leaves them as they are."""
        return str(self.attributes["options"]["OutputUpsampling"])

    def drops(self, i: int | np.integer[Any]) -> NDArray[np.float32]:
        """The drops of the i-th image, from 0, on the mask grid: rows×columns, or rows×columns×K."""
        values = self.stored.of_images(self._checked(i), 1)
        found = _own_grid(values["drops"][0], values["size"][0])
        return found[..., 0] if found.shape[2] == 1 else found

    def curves(self, name: Literal["deletion", "insertion"], i: int | np.integer[Any]) -> NDArray[np.float64]:
        """The scores of the i-th image, from 0, as its map's strongest pixels are covered, or shown, step by step.

        Parameters
        ----------
        name : {"deletion", "insertion"}
        i : int

        Returns
        -------
        scores : numpy.ndarray of double, shape (steps+1,), or (steps+1, K)
            As of the functions of that name; NaN where there is no map.

        Raises
        ------
        ValueError
            If the store has none.
        """
        chosen = text_choice("name", name, CURVES)
        if self.attributes["faithfulness"] is None:
            msg = f"{shown(self.place)} has no curves: faithfulness=True keeps them."
            raise ValueError(msg)
        found: NDArray[np.float64] = self.stored.of_images(self._checked(i), 1)[chosen][0].T
        return found[:, 0] if found.shape[1] == 1 else found

    def table(self) -> NDArray[np.void]:
        """All that is known of each image but its map.

        Returns
        -------
        table : numpy.ndarray, structured, shape (len(maps),)
            With the fields name; state ("done", "failed" or "to do"); of the explained classes, K values each if there
            are several, class, channel (from 1), score, peak (the strongest drop), and, where they were asked for,
            deletion_area and insertion_area; height and width of the photograph; its sha256; error.
        """
        channels, sizes = self.stored.read("channel"), self.stored.read("size")
        columns = {
            "name": np.array(self.names, dtype=np.str_),
            "state": np.array(STATES, dtype=np.str_)[self.stored.read("state")],
            "class": self._classes_of(channels),
            "channel": channels,
            "score": self.stored.read("score"),
            "peak": self._peaks(),
            **{f"{name}_area": self._areas(name) for name in CURVES if self.attributes["faithfulness"] is not None},
            "height": sizes[:, 0, 0],
            "width": sizes[:, 0, 1],
            "sha256": self._texts("sha256"),
            "error": self._texts("error"),
        }
        if channels.shape[1] == 1:
            columns = {name: column.reshape(len(self)) for name, column in columns.items()}
        table = np.empty(len(self), [(name, column.dtype, column.shape[1:]) for name, column in columns.items()])
        for name, column in columns.items():
            table[name] = column
        return table

    @property
    def done(self) -> list[int]:
        """The images, from 0, that have a map."""
        return [int(k) for k in np.flatnonzero(self.stored.read("state") == DONE)]

    @property
    def failed(self) -> dict[str, str]:
        """Why images have none: their names with the errors."""
        errors, states = self._texts("error"), self.stored.read("state")
        return {self.names[k]: str(errors[k]) for k in np.flatnonzero(states == FAILED)}

    def mean_map(self, label: str | None = None) -> NDArray[np.float32]:
        """The mean of the maps: where the network looks.

        Parameters
        ----------
        label : str, optional
            A class name: the mean of the maps of that class. By default of all images, the first class of each.

        Returns
        -------
        map : numpy.ndarray of single, H×W
            NaN where there is no such map. Maps that hold NaN or infinities are left out. Where the images have
            different sizes, in the size of the first; their maps are brought to the same mask grid before.
        """
        channel = None
        if label is not None:
            if as_text(label) is None:
                raise TypeError(expected("label", "a class name", label))
            channel = channel_in_any_case("label", label, self.classes, "mean_map() is of all classes")
        means, _ = mean_drops(self, [channel])
        size = self._image_size(self._first_sizes())
        found = means[0] if self.method == "none" else imresize(means[0], list(size), self.method)
        return np.asarray(found, dtype=np.float32)

    def to_dask(self) -> Any:
        """All maps as a Dask array, N×H×W or N×H×W×K: made from the drops when they are computed.

        Raises
        ------
        ValueError
            If the maps have different sizes.
        ImportError
            If Dask is missing.
        """
        return dask_array(self)

    def to_xarray(self) -> Dataset:
        """All maps with their names, classes and scores as a Dataset of xarray, if that is installed.

        Raises
        ------
        ValueError
            If the maps have different sizes.
        ImportError
            If xarray or Dask is missing.
        """
        return dataset(self)

    def save(
        self, file: str | os.PathLike[str], images: Any = None, *, progress: bool | Progress | None = None
    ) -> None:
        """Write a contact sheet: a page with all images under their maps, and beside it a folder of pictures.

        The page sorts them by name, class and score, lists what failed, and shows the mean maps. It needs nothing but
        the folder, of the same name with "_files" at its end: both can be moved together.

        Parameters
        ----------
        file : str or os.PathLike
            Ends in .html. Written whole or not at all, and the folder, too.
        images : str, os.PathLike, sequence of these, or array_like, optional
            Where the images are, as :func:`explain_images` takes them; matched by their names, and those of an array by
            their places. By default where they were.
        progress : bool or callable, default False
            Whether a bar is shown; or what is called with how many of how many images are drawn.

        Raises
        ------
        TypeError, ValueError
            If file does not end in .html, or its folder holds other things; if images are none.
        FileNotFoundError, RuntimeError
            If there is no such folder, or it cannot be written; if there are no such images.
        ImportError
            If Jinja2 or Pillow is missing.

        Warns
        -----
        RuntimeWarning
            If pictures are gone, changed, or were in no file: their maps are shown alone.
        """
        from .sheet import write_sheet

        write_sheet(self, file, images, progress)

    def __dir__(self) -> list[str]:
        return public_names(super().__dir__(), _INNER)

    def __repr__(self) -> str:
        states = self.stored.read("state")
        counts = {name: int(np.count_nonzero(states == state)) for state, name in enumerate(STATES)}
        said = ", ".join(f"{counts[name]} {name}" for name in ("done", "failed", "to do") if counts[name])
        return f"Maps of {len(self)} images in {self.place}: {said or 'none'}"

    def _checked(self, i: object) -> int:
        if isinstance(i, bool) or not isinstance(i, int | np.integer):
            raise TypeError(expected("i", "the number of an image, from 0", i))
        k = int(i) + len(self) if i < 0 else int(i)
        if not 0 <= k < len(self):
            msg = f"i must be from 0 to {len(self) - 1}, but is {i}."
            raise IndexError(msg)
        return k

    def _texts(self, name: str) -> NDArray[np.str_]:
        return np.array([str(text) for text in self.stored.read(name)], dtype=np.str_)

    def _map(self, drops: NDArray[np.float32], sizes: NDArray[np.int32]) -> NDArray[np.float32]:
        """Of an image's drops, K×rows×columns, and sizes: H×W, or H×W×K."""
        found = _own_grid(drops, sizes)
        if self.method != "none" and 0 not in found.shape:
            found = np.asarray(imresize(found, list(self._image_size(sizes)), self.method))
        return found[..., 0] if found.shape[2] == 1 else found

    def _first_sizes(self) -> NDArray[np.int32]:
        """Those of the first image that has a map."""
        done = self.done
        return np.asarray(self.stored.array("size")[done[0]] if done else np.zeros((3, 2), dtype=np.int32))

    def _image_size(self, sizes: NDArray[np.int32]) -> tuple[int, int]:
        """Rows and columns of the network's image; of one that was not read, those of the mask grid."""
        rows, cols = self.attributes["network"]["input_size"][:2]
        if rows is None or cols is None:
            rows, cols = sizes[1].tolist()
        return (rows, cols) if rows and cols else self.stored.array("drops").shape[2:]

    def common_size(self) -> tuple[int, int]:
        """Of all maps; ValueError where they differ."""
        sizes = self.stored.read("size")[self.stored.read("state") == DONE][:, 2 if self.method == "none" else 1]
        if len(np.unique(sizes, axis=0)) > 1:
            msg = "The maps have different sizes, and make no array: maps[i] gives one of them."
            raise ValueError(msg)
        return self.grid_shape() if self.method == "none" else self._image_size(self._first_sizes())

    def grid_shape(self) -> tuple[int, int]:
        """Of all maps the mask grid; where they differ, what held each that there ever was."""
        own = np.unique(self.stored.read("size")[self.stored.read("state") == DONE][:, 2], axis=0).tolist()
        rows, cols = own[0] if len(own) == 1 else self.stored.array("drops").shape[2:]
        return rows, cols

    def _peaks(self) -> NDArray[np.float32]:
        """The strongest drop of each image and class, NaN where none is finite."""
        found = np.full(self.stored.array("drops").shape[:2], np.nan, dtype=np.float32)
        for first, drops in self.drops_in_parts():
            strongest = np.where(np.isfinite(drops), drops, -np.inf).max(axis=(2, 3), initial=-np.inf)
            found[first : first + len(drops)] = np.where(np.isfinite(strongest), strongest, np.nan)
        return found[: len(self)]

    def _areas(self, name: str) -> NDArray[np.float64]:
        """Under the curves of that name, images × K."""
        curves = self.stored.read(name)
        count = curves.shape[2] - 1
        sizes, found = self.stored.read("size")[:, 1].prod(axis=1), np.full(curves.shape[:2], np.nan)
        for pixels in np.unique(sizes[sizes > 0]).tolist():  # steps are whole pixels
            some = curves[sizes == pixels]
            scores = some.reshape(-1, count + 1).T
            found[sizes == pixels] = area(step_shares(pixels, count), scores).reshape(some.shape[:2])
        return found

    def drops_in_parts(self) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """The drops of some images after the other, n×K×rows×columns, and the number of the first."""
        count = len(self)
        for first in range(0, count, AT_ONCE):
            yield first, self.stored.of_images(first, min(AT_ONCE, count - first))["drops"]

    def _classes_of(self, channels: NDArray[np.int32]) -> NDArray[np.str_]:
        """The names of channels, which count from 1; nothing for 0."""
        return np.array(["", *self.classes], dtype=np.str_)[channels]


def _own_grid(drops: NDArray[np.float32], sizes: NDArray[np.int32]) -> NDArray[np.float32]:
    """An image's drops, K×rows×columns, as rows×columns×K of its own mask grid; without a map NaN."""
    rows, cols = sizes[2]
    found = drops[:, :rows, :cols] if rows else drops
    return np.ascontiguousarray(np.moveaxis(found, 0, 2))
