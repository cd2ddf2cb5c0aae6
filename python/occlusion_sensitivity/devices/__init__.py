"""Where arrays live and whose kernels work on them: one interface, and behind it the host (cpu.py) and a GPU (cuda.py).

An array of a device is NumPy's on the host and CuPy's on a GPU. NumPy's functions and the arrays' own methods and
operators work on either (CuPy takes part in NumPy's dispatch); what has to be done by the device itself is below.
"""

from contextlib import AbstractContextManager
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..arguments import is_on_gpu

# A NumPy or a CuPy array.
DeviceArray = Any


class Device(Protocol):
    """What the host and a GPU have in common.

    Attributes
    ----------
    name : str
        The device as ONNX Runtime calls it.
    number : int
        Which of several.
    runs_at_once : int
        How many runs of a network go on at once, each in a thread of its own.
    pads_last_batch : bool
        Whether the last mini-batch goes through the network in the size of the others: a GPU's libraries search for the
        best algorithms once for each shape.
    """

    name: str
    number: int
    pads_last_batch: bool

    @property
    def runs_at_once(self) -> int: ...

    def largest_run(self, image: DeviceArray) -> int | None:
        """The most images like `image` that are worth going through a network in one run; None for any number."""

    def computing(self) -> AbstractContextManager[object]:
        """While one of the process's threads computes on the device; where all of them do, entering waits."""

    def upload(self, array: Any) -> DeviceArray:
        """A host array on the device; the array itself where it is there."""

    def to_host(self, array: DeviceArray) -> NDArray[Any]:
        """An array of the device on the host; the array itself where it is there."""

    def copy_boxes(self, image: DeviceArray, boxes: NDArray[np.int32], batch: DeviceArray) -> None:
        """Copy box k of `image` into image k of `batch`, in place, for each of the n boxes.

        Parameters
        ----------
        image : float32, shape (planes, height, width, depth)
        boxes : on the host, shape (n, 4)
        batch : float32, shape (at least n, planes, height, width, depth)
        """

    def channel_totals(self, output: DeviceArray, channels: NDArray[np.intp]) -> DeviceArray:
        """The sum of each chosen channel over its spatial positions, in double: (n, K, …) → (n, channels)."""

    def imresize(
        self,
        image: DeviceArray,
        rows: int,
        cols: int,
        scale: tuple[float, float],
        method: str,
        *,
        antialiasing: bool,
    ) -> DeviceArray:
        """`image`, shape (height, width, depth), C order, resized to (rows, cols, depth)."""

    def address(self, array: DeviceArray) -> int:
        """Where the values of an array in C order begin, for ONNX Runtime to read."""

    def output(self, tensor: Any, dtype: type[Any], feed: DeviceArray) -> DeviceArray:
        """A tensor of `dtype` that ONNX Runtime made on this device from `feed`, in single, for as long as it is held.

        It never lies in the memory of `feed`, which is used again.
        """

    def wait(self) -> None:
        """Return when all that was asked of the device is done: ONNX Runtime works on a stream of its own."""

    def free_memory(self) -> None:
        """Give memory that is held for later arrays back to the device."""


def device_of(array: object) -> Device:
    """The device that `array` lies on."""
    if is_on_gpu(array):
        from .cuda import device

        return device()
    from .cpu import CPU

    return CPU
