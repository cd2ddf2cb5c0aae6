"""The memory of an NVIDIA GPU and the CUDA kernels: the only module that imports CuPy."""

import functools
import hashlib
import math
import os
from contextlib import AbstractContextManager, nullcontext
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..packages import gpu_command
from . import DeviceArray

_THREADS = 256
# Enough to fill any GPU; a kernel's loop goes on from there.
_MOST_BLOCKS = 1 << 16
# As the kernels number them: occlusion::Method.
_METHODS = {"nearest": 0, "bilinear": 1, "bicubic": 2, "lanczos2": 3, "lanczos3": 4}
_DRIVER = (
    "sudo ubuntu-drivers install on Ubuntu, sudo apt install nvidia-driver on Debian, NVIDIA's installer elsewhere; "
    "CUDA 13 needs version 580 or later, and nvidia-smi shows the one that is loaded"
)


class Cuda:
    """A GPU as a :class:`~occlusion_sensitivity.devices.Device`, which documents the methods."""

    name = "cuda"
    runs_at_once = 1
    pads_last_batch = True

    def __init__(self, number: int) -> None:
        self.number = number
        self._cupy = _cupy()

    def largest_run(self, image: DeviceArray) -> int | None:
        return None

    def computing(self) -> AbstractContextManager[object]:
        return nullcontext()

    def upload(self, array: Any) -> DeviceArray:
        return self._cupy.asarray(array)

    def to_host(self, array: DeviceArray) -> NDArray[Any]:
        return np.asarray(self._cupy.asnumpy(array))

    def copy_boxes(self, image: DeviceArray, boxes: NDArray[np.int32], batch: DeviceArray) -> None:
        planes, height, width, depth = image.shape
        row0, row1, col0, col1 = boxes.T
        if len(boxes) > len(batch) or batch.shape[1:] != image.shape:
            msg = "batch must have shape (at least n boxes, planes, height, width, depth)"
            raise ValueError(msg)
        # The kernel relies on it, as the one of the host does.
        ordered = (row0 >= 0) & (row0 <= row1) & (row1 <= height) & (col0 >= 0) & (col0 <= col1) & (col1 <= width)
        if not ordered.all():
            msg = "boxes must lie inside the image"
            raise ValueError(msg)
        rows, cols = (int((end - first).max(initial=0)) for first, end in ((row0, row1), (col0, col1)))
        work = len(boxes) * planes * rows * cols * depth
        arguments = (image, planes, height, width, depth, self.upload(boxes), len(boxes), rows, cols, batch)
        _launch("boxes", "copy_boxes", work, arguments)

    def channel_totals(self, output: DeviceArray, channels: NDArray[np.intp]) -> DeviceArray:
        n_images, n_channels, *positions = output.shape
        totals = self._cupy.empty((n_images, len(channels)), dtype=np.float64)
        chosen = self.upload(channels.astype(np.int64))
        values = self._cupy.ascontiguousarray(output)
        arguments = (values, n_images, n_channels, math.prod(positions), chosen, len(channels), totals)
        _launch("totals", "channel_totals", totals.size, arguments)
        return totals

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
        size, given = (rows, cols), image
        for axis in (0, 1) if scale[0] <= scale[1] else (1, 0):
            if scale[axis] == 1 and image.shape[axis] == size[axis]:
                continue
            shape = (*image.shape[:axis], size[axis], *image.shape[axis + 1 :])
            resized = self._cupy.empty(shape, dtype=image.dtype)
            outer, inner = math.prod(shape[:axis]), math.prod(shape[axis + 1 :])
            how = (float(scale[axis]), _METHODS[method], int(antialiasing))
            arguments = (image, outer, image.shape[axis], size[axis], inner, *how, resized)
            _launch("imresize", f"resize_axis_{image.dtype.name}", resized.size, arguments)
            image = resized
        return image.copy() if image is given else image

    def address(self, array: DeviceArray) -> int:
        if not array.flags.c_contiguous:
            msg = "ONNX Runtime reads arrays in C order only"
            raise ValueError(msg)
        return int(array.data.ptr)

    def output(self, tensor: Any, dtype: type[Any], feed: DeviceArray) -> DeviceArray:
        shape = tuple(tensor.shape())
        size = math.prod(shape) * np.dtype(dtype).itemsize
        memory = self._cupy.cuda.UnownedMemory(tensor.data_ptr(), size, tensor, self.number)
        theirs = self._cupy.ndarray(shape, dtype, self._cupy.cuda.MemoryPointer(memory, 0))
        # A copy, and done: what lets go of the tensor lets another thread's run have its memory, whatever kernels of
        # ours have still to read it.
        ours = theirs.astype(np.float32)
        self.wait()
        return ours

    def wait(self) -> None:
        self._cupy.cuda.get_current_stream().synchronize()

    def free_memory(self) -> None:
        self._cupy.get_default_memory_pool().free_all_blocks()


def device() -> Cuda:
    """The GPU that is CuPy's current one, or a RuntimeError that says what is missing."""
    missing = device_problem()
    if missing is not None:
        raise RuntimeError(missing)
    return _device(_cupy().cuda.runtime.getDevice())


@functools.cache
def device_problem() -> str | None:
    """Which part is missing for arrays and kernels on a GPU, with the command that installs it; None: all is there.

    Found out once a process.
    """
    try:
        cupy = _cupy()
    except ModuleNotFoundError as error:
        return f"the package CuPy is missing ({error}): {gpu_command()}"
    except ImportError as error:
        return f"the package CuPy cannot be imported ({_first_line(error)}): {gpu_command()}"
    try:
        count = cupy.cuda.runtime.getDeviceCount()
    except RuntimeError as error:
        if "NoDevice" not in str(error):
            return f"NVIDIA's driver is missing or too old ({_first_line(error)}): {_DRIVER}"
        count = 0
    if count == 0:
        visible = os.environ.get("CUDA_VISIBLE_DEVICES")
        hidden = "" if visible is None else f", and CUDA_VISIBLE_DEVICES is {visible!r}"
        return f"there is no device: the driver sees no NVIDIA GPU (nvidia-smi -L lists them{hidden})"
    try:
        _device(cupy.cuda.runtime.getDevice()).channel_totals(cupy.ones((1, 1), dtype=np.float32), np.zeros(1, np.intp))
        cupy.cuda.get_current_stream().synchronize()
    except Exception as error:  # NVRTC, the headers or the driver, each in its own way
        return f"a library that CuPy compiles with is missing or does not fit ({_first_line(error)}): {gpu_command()}"
    return None


@functools.cache
def _device(number: int) -> Cuda:
    return Cuda(number)


def _cupy() -> Any:
    import cupy

    return cupy


def _first_line(error: Exception) -> str:
    """CuPy's messages go on for a screen."""
    return next((line.strip() for line in str(error).splitlines() if line.strip(" =")), type(error).__name__)


def _launch(file: str, kernel: str, work: int, arguments: tuple[Any, ...]) -> None:
    """Run a kernel of cuda/`file`.cu over `work` elements. Python's numbers arrive as long long and double."""
    if work > 0:
        blocks = min(-(-work // _THREADS), _MOST_BLOCKS)
        _module(file).get_function(kernel)((blocks,), (_THREADS,), arguments)


@functools.cache
def _module(file: str) -> Any:
    package = files("occlusion_sensitivity")
    headers = package / "include" / "occlusion_sensitivity"
    # CuPy keeps what it compiled by source and options, and knows nothing of headers: an option that follows them.
    digest = hashlib.sha256()
    for header in sorted(headers.iterdir(), key=lambda header: header.name):
        digest.update(header.read_bytes())
    follows = f"-DOCCLUSION_HEADERS=0x{digest.hexdigest()[:8]}"
    options = ("-std=c++17", "--fmad=false", f"-I{package / 'include'}", follows)
    source = (package / "cuda" / f"{file}.cu").read_text(encoding="utf-8")
    return _cupy().RawModule(code=source, options=options)
