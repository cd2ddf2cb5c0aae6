"""A store as it is read: the arrays that it has by now, and whether what they hold of an image is what was found."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arguments import shown
from .layout import CHECKED, DONE, NAME, checksum, fields
from .work import CURVES


class Stored:
    """The arrays of a store. What is damaged is a ValueError.

    Parameters
    ----------
    group : zarr.Group
    attributes : mapping
        Its own.
    place : str
        Where it is.
    """

    def __init__(self, group: Any, attributes: Mapping[str, Any], place: str) -> None:
        self._group = group
        self._place = place
        missing = CURVES if attributes["faithfulness"] is None else ()
        self._of_an_image = ["state", "sha256", "checksum", *(name for name in CHECKED if name not in missing)]
        for field in (NAME, *fields(1, None, None)):
            self.array(field.name)

    def __len__(self) -> int:
        return int(self.array("state").shape[0])

    def array(self, name: str) -> Any:
        """The array of Zarr."""
        with self._damage(name):
            return self._group[name]

    def read(self, name: str, part: slice | None = None) -> NDArray[Any]:
        """Values of an array; by default all, without those of images that are added just now."""
        array = self.array(name)
        with self._damage(name):
            return np.asarray(array[slice(len(self)) if part is None else part])

    def of_image(self, k: int) -> dict[str, NDArray[Any]]:
        """Of each array the part that is one image."""
        values = {name: self.read(name, slice(k, k + 1)) for name in self._of_an_image}
        if values["state"][0] == DONE and checksum(values, 0) != values["checksum"][0]:
            msg = f"store: {shown(self._place)} is damaged, at image {k}: the call that made it makes it whole again."
            raise ValueError(msg)
        return values

    @contextmanager
    def _damage(self, name: str) -> Generator[None]:
        try:
            yield
        except OSError:
            raise
        except Exception as error:  # Zarr has many
            msg = f"store: {shown(self._place)} is damaged, in its array {name}: {error}"
            raise ValueError(msg) from error
