"""The maps of a store together: as one array, of Dask's and of xarray's, and their means."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..packages import missing
from ..resizing import imresize
from .layout import DONE

if TYPE_CHECKING:
    from xarray import Dataset

    from .maps import Maps


def dask_array(maps: Maps) -> Any:
    """All maps, N×H×W or N×H×W×K: made from the drops when they are computed."""
    try:
        import dask.array
    except ImportError as error:
        raise missing("Arrays of all maps need", "Dask", "many", error) from error
    arrays: Any = dask.array
    size = maps.common_size()
    drops = arrays.from_array(maps.stored.array("drops"), chunks=maps.stored.array("drops").chunks)
    rows, cols = maps.grid_shape()
    drops = drops[:, :, :rows, :cols].rechunk(dict.fromkeys((1, 2, 3), -1))
    made = functools.partial(_maps_of, size=size, method=maps.method)
    count = drops.shape[1]
    chunks = (drops.chunks[0], size[:1], size[1:], (count,))
    found = arrays.map_blocks(made, drops, dtype=np.float32, chunks=chunks, meta=np.empty((0,) * 4, np.float32))
    return found[..., 0] if count == 1 else found


def dataset(maps: Maps) -> Dataset:
    """All maps with their names, classes and scores."""
    try:
        import xarray
    except ImportError as error:
        msg = f"Datasets need xarray ({error}): pip install xarray."
        raise ImportError(msg) from error
    array, table = dask_array(maps), maps.table()
    several = ("class",) if array.ndim == 4 else ()
    variables: dict[str, Any] = {"map": (("image", "row", "column", *several), array)}
    for name in ("channel", "score", "peak", "deletion_area", "insertion_area"):
        if name in (table.dtype.names or ()):
            variables[name] = (("image", *several), table[name])
    variables["state"] = ("image", table["state"])
    coordinates = {"name": ("image", table["name"]), "label": (("image", *several), table["class"])}
    return xarray.Dataset(variables, coordinates, {"how": json.dumps(maps.attributes)})


def mean_drops(maps: Maps, channels: Sequence[int | None]) -> tuple[list[NDArray[np.float32]], list[int]]:
    """The mean of the drops of each channel, from 1, on the mask grid, and of how many maps.

    None stands for the first class of each image. What is not finite all over is left out.
    """
    grid = maps.grid_shape()
    sums, counts = np.zeros((len(channels), *grid)), np.zeros(len(channels), dtype=int)
    row_of = {channel: row for row, channel in enumerate(channels)}
    states, explained, sizes = maps.stored.read("state"), maps.stored.read("channel"), maps.stored.read("size")
    for first, drops in maps.drops_in_parts():
        for k in np.flatnonzero(states[first : first + len(drops)] == DONE).tolist():
            ranks = [(rank, row_of[one]) for rank, one in enumerate(explained[first + k].tolist()) if one in row_of]
            ranks += [(0, row_of[None])] if None in row_of else []
            if ranks:
                found = _on_grid(drops[k], sizes[first + k, 2].tolist(), grid)
            for rank, row in ranks:
                if np.isfinite(found[rank]).all():
                    sums[row] += found[rank]
                    counts[row] += 1
    with np.errstate(invalid="ignore", divide="ignore"):
        means = sums / counts[:, np.newaxis, np.newaxis]
    return [mean.astype(np.float32) for mean in means], counts.tolist()


def _maps_of(drops: NDArray[np.float32], size: tuple[int, int], method: str) -> NDArray[np.float32]:
    """Of drops, images×K×rows×columns, the maps, images×H×W×K: as of one after the other."""
    found = np.empty((len(drops), *size, drops.shape[1]), dtype=np.float32)
    for k, one in enumerate(np.moveaxis(drops, 1, 3)):
        found[k] = one if method == "none" else imresize(np.ascontiguousarray(one), list(size), method)
    return found


def _on_grid(drops: NDArray[np.float32], size: Sequence[int], grid: tuple[int, ...]) -> NDArray[np.float32]:
    """An image's drops, K×rows×columns, brought from its own mask grid to that one."""
    own = drops[:, : size[0], : size[1]]
    if own.shape[1:] == grid:
        return own
    own = np.ascontiguousarray(np.moveaxis(own, 0, 2))
    return np.moveaxis(imresize(own, list(grid)), 2, 0)
