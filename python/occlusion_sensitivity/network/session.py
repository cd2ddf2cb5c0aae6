"""Networks in ONNX Runtime: one session for each device, and images together only where none influences another."""

import re
import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..devices import Device, DeviceArray
from ..devices.cpu import CPU
from .graph import NetworkFile
from .providers import check_runs_on, onnxruntime, opened, runtime_errors

__all__ = ["NetworkSession", "OutOfMemoryError", "TensorInfo", "is_float", "onnxruntime"]

_FLOATS = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(double)": np.float64}
_INTEGERS = {"tensor(uint8)": np.uint8, "tensor(int8)": np.int8}

# Float noise, as shares of the largest value of a channel and of the whole output.
_NOISE_OF_CHANNEL, _NOISE_OF_OUTPUT = 2e-6, 3e-7
# How far a channel among others may be from that channel alone, as a share of what sets two images apart in it.
_BATCH_TOLERANCE = 1e-3
# Two images tell whether they mix only if they are further apart than many times the noise.
_TELLING = 100

# What ONNX Runtime, CUDA, cuBLAS, cuDNN and C++ say where memory is short; ONNX Runtime has no class for it.
_SAYS_OUT_OF_MEMORY = re.compile(
    r"failed to allocate|out of memory|alloc\w*_failed|bad.alloc|cannot allocate", re.IGNORECASE
)
_opening = threading.Lock()


class OutOfMemoryError(RuntimeError):
    """The images do not fit into the device's memory together; fewer may."""


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """Name, class and shape of an input or output; None for a length that is not fixed."""

    name: str
    type: str
    shape: tuple[int | None, ...]


class NetworkSession:
    """A network in ONNX Runtime, on a device. Float16 and double networks are fed and read in single.

    Images and outputs are arrays of the device.
    """

    def __init__(self, file: NetworkFile, device: Device = CPU) -> None:
        self.file = file
        self.device = device
        self._plain: Any = _opened_as_it_is(file, device)
        try:
            self.inputs = [_info(node) for node in self._plain.get_inputs()]
            self.outputs = [_info(node) for node in self._plain.get_outputs()]
        except ValueError as error:  # names that are no UTF-8
            raise _unreadable(file, error) from error
        _check(file, self.inputs, self.outputs)
        # (output, shape of an image) → the session in which images go together; None where they have to go alone.
        self._together: dict[tuple[str, tuple[int, ...]], Any] = {}
        self._elsewhere: dict[Device, NetworkSession] = {}

    def on(self, device: Device) -> "NetworkSession":
        """The network on `device`, kept: one session for each. RuntimeError where it cannot be there."""
        if device is self.device:
            return self
        with _opening:
            if device not in self._elsewhere:
                try:
                    self._elsewhere[device] = NetworkSession(self.file, device)
                except ValueError as error:  # it could be opened here
                    msg = f"The network cannot be opened on the GPU: {error}"
                    raise RuntimeError(msg) from error
            return self._elsewhere[device]

    def run(self, images: DeviceArray, output: str, count: int | None = None) -> DeviceArray:
        """The output of each image: shape (n, …) for `images` of shape (n, …) as the network wants them.

        With a `count`, the outputs of the first images only: the others are there to keep the shape.
        """
        count = len(images) if count is None else count
        together = self._together.get((output, images.shape[1:]))
        if together is not None:
            try:
                return self._run(together, images if self.device.pads_last_batch else images[:count], output)[:count]
            except OutOfMemoryError:
                raise
            except RuntimeError:
                # More at once than the graph takes, or an image that fails alone as well.
                self._together[output, images.shape[1:]] = None
        return np.concatenate([self._alone(image, output) for image in images[:count]])

    def try_together(self, images: DeviceArray, output: str) -> None:
        """Let images go together from now on if these two, `images` of shape (2, …), do not influence each other."""
        key = (output, images.shape[1:])
        if key in self._together:
            return
        alone = [self._seen_alone(image, output) for image in images]
        self._check_stateless(images[0], alone[0], output)
        spread, noise = _spread_and_noise(*alone)
        if not (spread > _TELLING * noise).any():
            return  # these two would not show it; the next two may
        session = self._session_for_many(images, alone, _BATCH_TOLERANCE * spread + noise, output)
        self._together[key] = session
        if session not in (None, self._plain):
            self._plain = None  # one session per network

    def _session_for_many(
        self,
        images: DeviceArray,
        alone: list[NDArray[np.float32]],
        bound: NDArray[np.float64],
        output: str,
    ) -> Any | None:
        fixed = self.inputs[0].shape[0]
        # More than two, lest two happen to be the number that is fixed somewhere in the graph.
        order = [k % 2 for k in range(max(3, (fixed or 0) + 1))]
        try:
            session = self._plain if fixed is None else _opened(self.file, self.file.with_open_batch(), self.device)
            mixed = np.stack([images[k] for k in order])
            found = self.device.to_host(self._run(session, mixed, output))
        except (OutOfMemoryError, MemoryError):
            raise
        except Exception:  # a graph that takes no batch fails in its own way, and so does a file that is gone by now
            return None
        right = all((_distance(alone[k], found[i : i + 1]) <= bound).all() for i, k in enumerate(order))
        return session if right else None

    def _check_stateless(self, image: DeviceArray, output_before: NDArray[np.float32], output: str) -> None:
        _, noise = _spread_and_noise(output_before, output_before)
        if (_distance(self._seen_alone(image, output), output_before) > _TELLING * noise).any():
            msg = (
                f"{self.file.path} gives different outputs for the same image: it has random nodes, or normalises by "
                "the images that it sees. An occlusion map needs a network that was exported for inference."
            )
            raise ValueError(msg)

    def _seen_alone(self, image: DeviceArray, output: str) -> NDArray[np.float32]:
        """The output of one image, on the host."""
        return self.device.to_host(self._alone(image, output))

    def _alone(self, image: DeviceArray, output: str) -> DeviceArray:
        """The output of one image, as (1, …); where the file fixes a larger batch, it is filled with that image."""
        with _opening:
            if self._plain is None:
                self._plain = _opened_as_it_is(self.file, self.device)
            plain = self._plain  # another thread may be about to give it up
        batch = np.repeat(image[np.newaxis], self.inputs[0].shape[0] or 1, axis=0)
        return self._run(plain, batch, output)[:1]

    def _run(self, session: Any, images: DeviceArray, output: str) -> DeviceArray:
        try:
            result = self._bound_run(session, images, output)
        except runtime_errors() as error:
            kind = OutOfMemoryError if _is_out_of_memory(error) else RuntimeError
            msg = f"{self.file.path} fails on {len(images)} image(s) at once: {str(error).strip()}"
            raise kind(msg) from error
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
        return device.output(tensor, _FLOATS[tensor.data_type()])


def is_float(tensor: TensorInfo) -> bool:
    return tensor.type in _FLOATS


def _opened_as_it_is(file: NetworkFile, device: Device) -> Any:
    """A session of the file, repaired where ONNX Runtime takes it no other way."""
    try:
        return _opened(file, file.model(), device)
    except ValueError as error:
        repaired = file.repaired()
        if repaired is None:
            unknown = file.unknown_operators()
            if not unknown:
                raise
            msg = f"{error} Operators that ONNX does not have: {', '.join(unknown)}."
            raise ValueError(msg) from error
    return _opened(file, repaired, device)


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


def _is_out_of_memory(error: Exception) -> bool:
    return isinstance(error, MemoryError) or _SAYS_OUT_OF_MEMORY.search(str(error)) is not None


def _in_class_of(source: TensorInfo, images: DeviceArray) -> DeviceArray:
    if is_float(source):
        return images.astype(_FLOATS[source.type], copy=False)
    integer = _INTEGERS[source.type]
    limits = np.iinfo(integer)
    return np.rint(images).clip(limits.min, limits.max).astype(integer)


def _by_channel(output: NDArray[np.float32]) -> NDArray[np.float64]:
    """(1, K, …) → (K, positions), in double."""
    channels = output.shape[1] if output.ndim > 1 else 1
    return output.astype(np.float64).reshape(channels, -1)


def _distance(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float64]:
    """The largest difference in each channel; infinite for another shape, and 0 between equal infinities and NaN."""
    if one.shape != other.shape:
        return np.full(1, np.inf)
    a, b = _by_channel(one), _by_channel(other)
    with np.errstate(invalid="ignore"):
        apart = np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, np.abs(a - b))
    return np.asarray(np.nan_to_num(apart, nan=np.inf).max(axis=1, initial=0.0))


def _spread_and_noise(
    one: NDArray[np.float32], other: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How far two images are apart in each channel, and how much of that may be float noise."""
    size = np.maximum(np.abs(_by_channel(one)), np.abs(_by_channel(other))).max(axis=1, initial=0.0)
    # Infinities tell nothing: with them, no spread exceeds the noise.
    noise = _NOISE_OF_CHANNEL * size + _NOISE_OF_OUTPUT * size.max(initial=0.0)
    return _distance(one, other), np.nan_to_num(noise, nan=np.inf)
