"""Host memory and the C++ kernels: the only module that imports the extension."""

import ctypes
from contextlib import AbstractContextManager, suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _core, threads

_BYTES_IN_A_RUN = 7 << 18
_FEWEST_IN_A_RUN, _MOST_IN_A_RUN = 2, 32


class Cpu:
    """The host as a :class:`~occlusion_sensitivity.devices.Device`, which documents the methods."""

    name = "cpu"
    number = 0
    pads_last_batch = False

    @property
    def runs_at_once(self) -> int:
        """One in each thread: they share no work, and never wait for each other."""
        return threads.of_a_call()

    def computing(self) -> AbstractContextManager[object]:
        return threads.taken()

    def largest_run(self, image: NDArray[Any]) -> int | None:
        """Three of 224×224×3, and more of smaller ones, for which a run's beginning and end take as long as the images.

        More only hold more memory (docs/performance.md).
        """
        return min(max(_BYTES_IN_A_RUN // image.nbytes, _FEWEST_IN_A_RUN), _MOST_IN_A_RUN)

    def upload(self, array: Any) -> NDArray[Any]:
        return np.asarray(array)

    def to_host(self, array: NDArray[Any]) -> NDArray[Any]:
        return array

    def copy_boxes(self, image: NDArray[np.float32], boxes: NDArray[np.int32], batch: NDArray[np.float32]) -> None:
        _core.copy_boxes(image, boxes, batch)

    def channel_totals(self, output: NDArray[np.float32], channels: NDArray[np.intp]) -> NDArray[np.float64]:
        chosen = output[:, channels]
        return np.asarray(chosen.reshape(*chosen.shape[:2], -1).sum(axis=2, dtype=np.float64))

    def imresize(
        self,
        image: NDArray[Any],
        rows: int,
        cols: int,
        scale: tuple[float, float],
        method: str,
        *,
        antialiasing: bool,
    ) -> NDArray[Any]:
        resized = np.empty((rows, cols, image.shape[2]), dtype=image.dtype)
        with threads.taken(threads.of_a_call()) as count:
            _core.imresize(image, resized, *scale, method, antialiasing, count)
        return resized

    def address(self, array: NDArray[Any]) -> int:
        if not array.flags.c_contiguous:
            msg = "ONNX Runtime reads arrays in C order only"
            raise ValueError(msg)
        return array.ctypes.data

    def output(self, tensor: Any, dtype: type[Any], feed: NDArray[Any]) -> NDArray[np.float32]:
        with np.errstate(over="ignore"):  # doubles beyond single are infinite
            theirs = np.asarray(tensor.numpy(), dtype=np.float32)
        # Where the output is the input, with no node between.
        return theirs.copy() if np.may_share_memory(theirs, feed) else theirs

    def wait(self) -> None:
        """Everything on the host is done when the call returns."""

    def free_memory(self) -> None:
        """NumPy holds nothing back, but the C library may."""
        with suppress(OSError, AttributeError, TypeError):  # not glibc; on Windows there is no library of no name
            ctypes.CDLL(None).malloc_trim(0)


CPU = Cpu()


def cut_crops(
    whole: NDArray[np.float32],
    patches: NDArray[np.float32],
    origins: NDArray[np.int32],
    pasted: NDArray[np.int32],
    starts: NDArray[np.int32],
    fill: float,
    crops: NDArray[np.float32],
) -> None:
    """Cut crops out of an image into which a patch is pasted, one at a time.

    Parameters
    ----------
    whole : shape (planes, height, width, depth)
    patches : shape (n or 1, planes, …, depth)
    origins : shape (n, 2)
        Where each patch begins in the image.
    pasted : shape (n, 4)
        The boxes of the image in which it is pasted.
    starts : shape (n, 2)
        Where each crop begins. It may lie outside the image, where there is `fill`.
    crops : shape (n, planes, …, depth)
        Is written.
    """
    _core.cut_crops(whole, patches, origins, pasted, starts, fill, crops)
