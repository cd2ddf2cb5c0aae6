"""A store as it is read: the arrays that it has by now, and whether what they hold of an image is what was found."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arguments import shown
from .layout import CHECKED, DONE, checksum
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
        for name in ("name", "error", *self._of_an_image):
            self.array(name)

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

    def of_images(self, first: int, count: int) -> dict[str, NDArray[Any]]:
        """What is stored of some images, by the arrays' names; NaN for maps and curves of those that are not done."""
        values = {name: self.read(name, slice(first, first + count)) for name in self._of_an_image}
        is_done = values["state"] == DONE
        for name in ("drops", *(values.keys() & set(CURVES))):
            values[name][~is_done] = np.nan
        for k in np.flatnonzero(is_done).tolist():
            if checksum(values, k) != values["checksum"][k]:
                again = "the call that made it makes it whole again"
                msg = f"store: {shown(self._place)} is damaged, at image {first + k}: {again}."
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
