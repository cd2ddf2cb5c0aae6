"""A network file in ONNX Runtime, on a device: the file as it is, and the same with a batch of any size."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..devices import Device, DeviceArray
from ..forking import StaysInItsProcess, renewed_after_fork
from .graph import NetworkFile
from .providers import check_runs_on, opened, runtime_errors

_FLOATS = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(double)": np.float64}
_INTEGERS = {"tensor(uint8)": np.uint8, "tensor(int8)": np.int8}

# What ONNX Runtime, CUDA, cuBLAS, cuDNN and C++ say where memory is short; ONNX Runtime has no class for it.
_SAYS_OUT_OF_MEMORY = re.compile(
    r"failed to allocate|out of memory|alloc\w*_failed|bad.alloc|cannot allocate", re.IGNORECASE
)


_OF_THE_PARENT: list[Any] = []


class OutOfMemoryError(RuntimeError):
    """The images do not fit into the device's memory together; fewer may."""


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """Name, class and shape of an input or output; None for a length that is not fixed."""

    name: str
    type: str
    shape: tuple[int | None, ...]


class NetworkSession(StaysInItsProcess):
    """A network in ONNX Runtime, on a device. Float16 and double networks are fed and read in single.

    Images and outputs are arrays of the device. Where the file has a batch of any size, all images go through one
    session. Where its batch is fixed, there are two: the file as it is, for images alone, and the network with an open
    batch, which has to be tried (together.py). Either is opened when it is first needed, and closed when it is not:

        only the file as it is  ⇄  both  ⇄  only with an open batch
    """

    def __init__(self, file: NetworkFile, device: Device) -> None:
        self.file = file
        self.device = device
        renewed_after_fork(self)
        session = self._session_as_it_is()
        try:
            self.inputs = [_info(node) for node in session.get_inputs()]
            self.outputs = [_info(node) for node in session.get_outputs()]
        except ValueError as error:  # names that are no UTF-8
            raise _unreadable(file, error) from error
        _check(file, self.inputs, self.outputs)

    def renew(self) -> None:
        """Nothing is open. Sessions of the parent process are not even closed here: its threads may be inside."""
        held = [vars(self).get(name) for name in ("_as_it_is", "_with_open_batch")]
        _OF_THE_PARENT.extend(session for session in held if session is not None)
        self._as_it_is: Any = None
        self._with_open_batch: Any = None
        self._opening = threading.Lock()

    @property
    def fixed_batch(self) -> int | None:
        """How many images the file takes at once; None for any number."""
        return self.inputs[0].shape[0]

    def alone(self, image: DeviceArray, output: str) -> DeviceArray:
        """The output of one image, as (1, …); where the file fixes a larger batch, it is filled with that image."""
        batch = np.repeat(image[np.newaxis], self.fixed_batch or 1, axis=0)
        return self._run(self._session_as_it_is(), batch, output)[:1]

    def together(self, images: DeviceArray, output: str) -> DeviceArray:
        """The output of images that go through the network in one run, shape (n, …)."""
        session = self._session_as_it_is() if self.fixed_batch is None else self._session_with_open_batch()
        return self._run(session, images, output)

    def keep_one(self, *, open_batch: bool) -> None:
        """Close the one of two sessions that is not needed for now: the weights are held once."""
        with self._opening:
            if self.fixed_batch is None:
                return
            if open_batch:
                self._as_it_is = None
            else:
                self._with_open_batch = None

    def close(self) -> None:
        """Close both until they are needed again: runs that go on end first."""
        with self._opening:
            self._as_it_is = self._with_open_batch = None

    def _session_as_it_is(self) -> Any:
        with self._opening:
            if self._as_it_is is None:
                self._as_it_is = _opened_as_it_is(self.file, self.device)
            return self._as_it_is

    def _session_with_open_batch(self) -> Any:
        with self._opening:
            if self._with_open_batch is None:
                self._with_open_batch = _opened(self.file, self.file.with_open_batch(), self.device)
            return self._with_open_batch

    def _run(self, session: Any, images: DeviceArray, output: str) -> DeviceArray:
        with self.device.computing(), failures_of(self.file, len(images)):
            result = self._bound_run(session, images, output)
        if result.ndim == 0 or len(result) != len(images):
            msg = (
                f"{len(images)} images at the input of the network must give as many observations at its output "
                f"{output!r}, but give an array of shape {result.shape}."
            )
            raise ValueError(msg)
        return result

    def _bound_run(self, session: Any, images: DeviceArray, output: str) -> DeviceArray:
        """The output in single. Input and output are bound where they lie: nothing goes to or from the device."""
        source, device = self.inputs[0], self.device
        feed = _in_class_of(source, images)  # to be kept until the run is over
        device.wait()
        binding = session.io_binding()
        where = device.name, device.number
        binding.bind_input(source.name, *where, feed.dtype.type, feed.shape, device.address(feed))
        # Without a shape: ONNX Runtime knows it first when it has run.
        binding.bind_output(output, *where)
        session.run_with_iobinding(binding)
        binding.synchronize_outputs()
        (tensor,) = binding.get_outputs()
        return device.output(tensor, _FLOATS[tensor.data_type()], feed)


@contextmanager
def failures_of(file: NetworkFile, count: int) -> Iterator[None]:
    """Runs of so many images: what ONNX Runtime raises becomes a RuntimeError, or an OutOfMemoryError."""
    try:
        yield
    except runtime_errors() as error:
        kind = OutOfMemoryError if is_out_of_memory(error) else RuntimeError
        msg = f"{file.path} fails on {count} image(s) at once: {str(error).strip()}"
        raise kind(msg) from error


def is_float(tensor: TensorInfo) -> bool:
    return tensor.type in _FLOATS


def _opened_as_it_is(file: NetworkFile, device: Device) -> Any:
    """A session of the file, repaired where ONNX Runtime takes it no other way."""
    try:
        try:
            return _opened(file, file.model(), device)
        except ValueError:
            repaired = file.repaired()
            if repaired is None:
                raise
        return _opened(file, repaired, device)
    except ValueError as error:
        unknown = file.unknown_operators()
        if not unknown:
            raise
        msg = f"{error} Operators that ONNX does not have: {', '.join(unknown)}."
        raise ValueError(msg) from error


def _opened(file: NetworkFile, model: str | bytes, device: Device) -> Any:
    try:
        session = opened(model, device)
    except runtime_errors() as error:
        raise _unreadable(file, error) from error
    check_runs_on(session, device)
    return session


def _unreadable(file: NetworkFile, error: Exception) -> ValueError:
    return ValueError(f"{file.path} cannot be opened as an ONNX network: {str(error).strip()}")


def _info(node: Any) -> TensorInfo:
    lengths = (length if isinstance(length, int) and length >= 0 else None for length in node.shape)
    return TensorInfo(node.name, node.type, tuple(lengths))


def _check(file: NetworkFile, inputs: list[TensorInfo], outputs: list[TensorInfo]) -> None:
    """Raise ValueError unless the network has one input, an image, and an output."""
    names = ", ".join(tensor.name for tensor in inputs)
    if len(inputs) != 1:
        msg = f"{file.path}: the network must have exactly one input, but has {len(inputs)}: {names}."
        raise ValueError(msg)
    source = inputs[0]
    if len(source.shape) != 4 or 0 in source.shape or source.type not in {**_FLOATS, **_INTEGERS}:
        shape = "×".join("N" if length is None else str(length) for length in source.shape)
        msg = (
            f"{file.path}: the input of the network must be an image, a tensor of numbers N×C×H×W or N×H×W×C, "
            f"but {names} is {source.type}, {shape or 'of no or unknown shape'}."
        )
        raise ValueError(msg)
    if not outputs:
        msg = f"{file.path}: the network must have an output, but has none."
        raise ValueError(msg)


def is_out_of_memory(error: BaseException) -> bool:
    return isinstance(error, MemoryError | OutOfMemoryError) or _SAYS_OUT_OF_MEMORY.search(str(error)) is not None


def _in_class_of(source: TensorInfo, images: DeviceArray) -> DeviceArray:
    if is_float(source):
        with np.errstate(over="ignore"):  # singles beyond half precision are infinite
            return images.astype(_FLOATS[source.type], copy=False)
    integer = _INTEGERS[source.type]
    limits = np.iinfo(integer)
    with np.errstate(invalid="ignore"):  # NaN, which is no integer
        return np.rint(images).clip(limits.min, limits.max).astype(integer)
