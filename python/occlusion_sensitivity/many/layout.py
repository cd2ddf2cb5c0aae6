"""How a store lies in Zarr: its arrays, by name, and what protects them. docs/store.md says it to others."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..packages import missing
from .work import CURVES

# What a state is, in the array "state".
TO_DO, DONE, FAILED = 0, 1, 2
STATES = ("to do", "done", "failed")
# Images in a chunk: what is written again when one of them is done.
IN_A_CHUNK = 64
# Images that are read at once: Zarr takes longest to begin.
AT_ONCE = 16 * IN_A_CHUNK
NAMES_IN_A_CHUNK = 4096
# Of a mask grid whose size differs from image to image.
_GRID_CHUNK = 16


@dataclass(frozen=True, slots=True)
class Field:
    """An array of the store, with a value, or an array of values, for each image.

    Attributes
    ----------
    dtype : type
        str for texts.
    fill : object
        What is there before an image is done.
    dimensions : tuple of str
        The names of those behind "image".
    lengths : tuple of int
        Theirs.
    """

    name: str
    dtype: Any
    fill: Any
    dimensions: tuple[str, ...] = ()
    lengths: tuple[int, ...] = ()

    def empty(self, count: int, lengths: tuple[int, ...] | None = None) -> NDArray[Any]:
        """Values of images of which none is done."""
        shape = (count, *(self.lengths if lengths is None else lengths))
        return np.full(shape, self.fill, dtype=object if self.dtype is str else self.dtype)


def fields(count: int, grid_shape: tuple[int, int] | None, num_steps: int | None) -> list[Field]:
    """The arrays of a store of `count` classes an image, in the order in which they are written: the state is last."""
    rows, cols = grid_shape or (0, 0)
    steps = [] if num_steps is None else [num_steps + 1]
    return [
        *(Field(name, np.float64, np.nan, ("class", "step"), (count, length)) for name in CURVES for length in steps),
        Field("drops", np.float32, np.nan, ("class", "row", "column"), (count, rows, cols)),
        Field("score", np.float64, np.nan, ("class",), (count,)),
        Field("channel", np.int32, 0, ("class",), (count,)),
        Field("size", np.int32, 0, ("of", "axis"), (3, 2)),
        Field("sha256", str, ""),
        Field("error", str, ""),
        Field("checksum", np.uint32, 0),
        Field("state", np.uint8, TO_DO),
    ]


NAME = Field("name", str, "")


def zarr_package() -> ModuleType:
    try:
        import zarr
    except ImportError as error:
        raise missing("Maps of many images need", "Zarr", "many", error) from error
    return zarr


def create_array(store: Any, field: Field) -> None:
    """An array of no images yet."""
    from zarr.codecs import Crc32cCodec

    zarr = zarr_package()
    in_a_chunk = NAMES_IN_A_CHUNK if field == NAME else IN_A_CHUNK
    zarr.create_array(
        store,
        name=field.name,
        shape=(0, *field.lengths),
        chunks=(in_a_chunk, *(length or _GRID_CHUNK for length in field.lengths)),
        dtype=field.dtype,
        fill_value=field.fill,
        # Numbers of single precision hardly get shorter; what was cut off or changed on the disk is noticed.
        compressors=[Crc32cCodec()],
        dimension_names=("image", *field.dimensions),
    )


def checksum(values: Mapping[str, NDArray[Any]], k: int) -> int:
    """The CRC-32 of all that is stored of image k, but its name, state and error: see docs/store.md."""
    rows, cols = values["size"][k, 2]
    found = zlib.crc32(str(values["sha256"][k]).encode())
    for name in filter(values.__contains__, CHECKED):
        numbers = values["drops"][k, :, :rows, :cols] if name == "drops" else values[name][k]
        found = zlib.crc32(np.ascontiguousarray(numbers).astype(numbers.dtype.newbyteorder("<")).tobytes(), found)
    return found


CHECKED = ("channel", "score", "size", "drops", *CURVES)
