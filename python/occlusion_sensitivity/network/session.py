"""ONNX Runtime: one session per network, which takes any number of images at once."""

import contextlib
import importlib.metadata
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .graph import with_open_batch

_INSTALL = 'pip install "occlusion-sensitivity[cpu]" or, for NVIDIA GPUs, pip install "occlusion-sensitivity[gpu]"'
_FLOATS = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(double)": np.float64}
_INTEGERS = {"tensor(uint8)": np.uint8, "tensor(int8)": np.int8}

# How far two images together may be from each alone, as a share of the largest output: float noise, no mixing.
_BATCH_TOLERANCE = 1e-4


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """Name, class and shape of an input or output; None for a length that is not fixed."""

    name: str
    type: str
    shape: tuple[int | None, ...]


class NetworkSession:
    """A network in ONNX Runtime. Float16 and double networks are fed and read in single."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._session = _opened(file, str(file))
        self.inputs = [_info(node) for node in self._session.get_inputs()]
        self.outputs = [_info(node) for node in self._session.get_outputs()]
        # How many images the session runs at once: None is any number; unknown until two come together.
        self._at_once: dict[tuple[int, ...], int | None] = {}

    def run(self, images: NDArray[np.float32], output: str) -> NDArray[np.float32]:
        """The output of each image: shape (n, …) for `images` of shape (n, …) as the network wants them."""
        n_images = len(images)
        fixed = self.inputs[0].shape[0]
        at_once = fixed if n_images == fixed else self._images_at_once(images.shape[1:]) if n_images > 1 else fixed
        if at_once is None or at_once == n_images:
            return self._run(self._session, images, output)
        return self._in_parts(self._session, images, output, at_once)

    def _in_parts(self, session: Any, images: NDArray[np.float32], output: str, at_once: int) -> NDArray[np.float32]:
        """`at_once` images after the other; the last part is filled up with its last image."""
        parts = []
        for first in range(0, len(images), at_once):
            part = images[first : first + at_once]
            filled = part[np.minimum(np.arange(at_once), len(part) - 1)]
            parts.append(self._run(session, filled, output)[: len(part)])
        return np.concatenate(parts)

    def _images_at_once(self, image_shape: tuple[int, ...]) -> int | None:
        """None if any number of images of this shape can be run together, or else the number that must be."""
        if image_shape not in self._at_once:
            self._at_once[image_shape] = self._tried_together(image_shape)
        return self._at_once[image_shape]

    def _tried_together(self, image_shape: tuple[int, ...]) -> int | None:
        """Open a fixed batch, then run two images together and each alone: only if they agree is the batch free."""
        fixed = self.inputs[0].shape[0]
        noise = np.random.default_rng(0).random((2, *image_shape), dtype=np.float32)
        # Unlike each other, and at home both in networks for 0…1 and for 0…255.
        pair = noise * np.array([1, 255], dtype=np.float32).reshape(-1, *[1] * len(image_shape))
        alone = [self._in_parts(self._session, pair, out.name, fixed or 1) for out in self.outputs]
        with contextlib.suppress(*_runtime_errors()):
            session = self._session if fixed is None else _opened(self._file, with_open_batch(self._file))
            together = [self._run(session, pair, out.name) for out in self.outputs]
            if all(_agree(a, b) for a, b in zip(alone, together, strict=True)):
                self._session = session
                return None
        return fixed or 1

    def _run(self, session: Any, images: NDArray[np.float32], output: str) -> NDArray[np.float32]:
        source = self.inputs[0]
        try:
            (result,) = session.run([output], {source.name: _in_class_of(source, images)})
        except _runtime_errors() as error:
            msg = f"{self._file} fails on {len(images)} image(s) at once: {str(error).strip()}"
            raise RuntimeError(msg) from error
        if result.ndim == 0 or len(result) != len(images):
            msg = (
                f"{len(images)} images at the input of the network must give as many observations at its output "
                f"{output!r}, but give an array of shape {result.shape}."
            )
            raise ValueError(msg)
        return np.asarray(result, dtype=np.float32)


def check_tensors(session: NetworkSession, file: Path) -> None:
    """Raise ValueError unless the network has one input, an image, and outputs of floats."""
    names = ", ".join(tensor.name for tensor in session.inputs)
    if len(session.inputs) != 1:
        msg = f"{file}: the network must have exactly one input, but has {len(session.inputs)}: {names}."
        raise ValueError(msg)
    source = session.inputs[0]
    if len(source.shape) != 4 or source.type not in {**_FLOATS, **_INTEGERS}:
        shape = "×".join("N" if length is None else str(length) for length in source.shape)
        msg = (
            f"{file}: the input of the network must be an image, a tensor of numbers N×C×H×W or N×H×W×C, "
            f"but {names} is {source.type}, {shape or 'of no or unknown shape'}."
        )
        raise ValueError(msg)
    for out in session.outputs:
        if out.type not in _FLOATS:
            msg = f"{file}: an output of the network must be a tensor of floats, but {out.name} is {out.type}."
            raise ValueError(msg)


def onnxruntime() -> ModuleType:
    """The module, or an ImportError that says how to install it."""
    both = [name for name in ("onnxruntime", "onnxruntime-gpu") if _installed(name)]
    if len(both) == 2:
        msg = (
            "onnxruntime and onnxruntime-gpu are both installed, and their files overwrite each other: "
            f"pip uninstall -y onnxruntime onnxruntime-gpu, then {_INSTALL}."
        )
        raise ImportError(msg)
    try:
        import onnxruntime
    except ImportError as error:
        msg = f"Networks need ONNX Runtime ({error}): {_INSTALL}."
        raise ImportError(msg) from error
    return onnxruntime  # type: ignore[no-any-return]


def _installed(distribution: str) -> bool:
    try:
        importlib.metadata.distribution(distribution)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _opened(file: Path, model: str | bytes) -> Any:
    runtime = onnxruntime()
    options = runtime.SessionOptions()
    options.log_severity_level = 4  # what fails is raised; warnings on stderr are not for our users
    try:
        return runtime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except _runtime_errors() as error:
        msg = f"{file} cannot be opened as an ONNX network: {str(error).strip()}"
        raise ValueError(msg) from error


def _runtime_errors() -> tuple[type[Exception], ...]:
    # ONNX Runtime's exceptions have no common base of their own.
    states = onnxruntime().capi.onnxruntime_pybind11_state
    named = (getattr(states, name) for name in dir(states))
    return (*(e for e in named if isinstance(e, type) and issubclass(e, Exception)), RuntimeError, ValueError)


def _info(node: Any) -> TensorInfo:
    lengths = (length if isinstance(length, int) and length > 0 else None for length in node.shape)
    return TensorInfo(node.name, node.type, tuple(lengths))


def _in_class_of(source: TensorInfo, images: NDArray[np.float32]) -> NDArray[Any]:
    if source.type in _FLOATS:
        return images.astype(_FLOATS[source.type], copy=False)
    integer = _INTEGERS[source.type]
    limits = np.iinfo(integer)
    return np.rint(images).clip(limits.min, limits.max).astype(integer)


def _agree(alone: NDArray[np.float32], together: NDArray[np.float32]) -> bool:
    if alone.shape != together.shape:
        return False
    bound = _BATCH_TOLERANCE * float(np.nanmax(np.abs(alone), initial=0.0))
    return bool(np.allclose(alone, together, rtol=0, atol=bound, equal_nan=True))
