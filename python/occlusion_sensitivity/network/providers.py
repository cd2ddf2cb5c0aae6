"""ONNX Runtime itself: what is installed, and sessions on the provider of a device."""

import contextlib
import ctypes
import functools
import io
import os
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from .. import threads
from ..devices import Device
from ..packages import RUNTIME, gpu_command, is_installed, missing, new_environment_command

_CUDA = "CUDAExecutionProvider"
# An environment variable: it is about the machine's arithmetic, not about a network or a map, as CuPy's CUPY_TF32 is.
_ALLOW_TF32 = "OCCLUSION_SENSITIVITY_TF32"
# So many bytes: what shape inference and ONNX Runtime's folding have to know, is smaller.
LARGE_WEIGHTS = 1 << 16


def onnxruntime() -> ModuleType:
    """The module, or an ImportError that says how to install it."""
    if is_installed("onnxruntime") and is_installed("onnxruntime-gpu"):
        msg = (
            "onnxruntime and onnxruntime-gpu are both installed, and their files overwrite each other. "
            "A virtual environment with one of them works: "
            f"{new_environment_command('cpu')} or, for NVIDIA GPUs, {new_environment_command('gpu')}."
        )
        raise ImportError(msg)
    try:
        import onnxruntime
    except ImportError as error:
        raise missing("Networks need", "ONNX Runtime", RUNTIME, error) from error
    return onnxruntime  # type: ignore[no-any-return]


def opened(model: str | bytes, device: Device, *, optimize: bool = True, save_to: Path | None = None) -> Any:
    """A session of `model` for `device`. Where it really runs, check_runs_on says.

    Parameters
    ----------
    optimize : bool
        Whether ONNX Runtime rewrites the graph; False for one that it has rewritten already.
    save_to : pathlib.Path, optional
        Where the graph is written as ONNX Runtime has rewritten it, with large weights in a file beside it.
    """
    runtime = onnxruntime()
    options = runtime.SessionOptions()
    options.log_severity_level = 4  # what fails is raised; warnings on stderr are not for our users
    if not optimize:  # a part of a network, of which there are many: their arenas would each keep its peak
        options.enable_cpu_mem_arena = False
        options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
    if save_to is not None:
        options.optimized_model_filepath = str(save_to)
        beside = "session.optimized_model_external_initializers_"
        options.add_session_config_entry(f"{beside}file_name", f"{save_to.stem}.weights")
        options.add_session_config_entry(f"{beside}min_size_in_bytes", str(LARGE_WEIGHTS))
    # No fallback: it prints on stdout and tries the same again.
    how: dict[str, Any] = {"providers": _providers(device), "enable_fallback": 0}
    if device.name == "cpu":
        # Several runs go on at once instead (Device.runs_at_once): threads that share a run wait for each other in
        # every operator.
        options.intra_op_num_threads = 1
    if device.name == "cuda":
        options.intra_op_num_threads = threads.of_the_process()  # for what CUDA does not have
        _preload_libraries(runtime)
    return runtime.InferenceSession(model, options, **how)


def check_runs_on(session: Any, device: Device) -> None:
    """Raise RuntimeError where ONNX Runtime took the CPU instead of `device`, in silence."""
    if device.name == "cuda" and _CUDA not in session.get_providers():
        raise RuntimeError(_why_not_loaded(onnxruntime()))


def runtime_errors() -> tuple[type[Exception], ...]:
    # ONNX Runtime's exceptions have no common base of their own.
    states = onnxruntime().capi.onnxruntime_pybind11_state
    named = (getattr(states, name) for name in dir(states))
    return (
        *(e for e in named if isinstance(e, type) and issubclass(e, Exception)),
        RuntimeError,
        ValueError,
        MemoryError,
    )


@functools.cache
def provider_problem(device: Device) -> str | None:
    """Which part of ONNX Runtime keeps networks off the GPU, with the command that installs it; None: they run there.

    A network of one node has to run there: ONNX Runtime lists the provider also where it cannot load. Found out once.
    """
    try:
        runtime = onnxruntime()
        if _CUDA not in runtime.get_available_providers():
            return f"the package onnxruntime-gpu is missing, and ONNX Runtime is one for the CPU: {gpu_command()}"
        session = opened((files("occlusion_sensitivity") / "data" / "identity.onnx").read_bytes(), device)
        check_runs_on(session, device)
        feed = device.upload(np.ones(1, dtype=np.float32))
        device.wait()
        binding = session.io_binding()
        binding.bind_input("x", device.name, device.number, np.float32, feed.shape, device.address(feed))
        binding.bind_output("y", device.name, device.number)
        session.run_with_iobinding(binding)
    except Exception as error:  # what is missing, ONNX Runtime says in its own ways
        return str(error).strip()
    return None


def _providers(device: Device) -> list[Any]:
    cpu = "CPUExecutionProvider"
    if device.name != "cuda":
        return [cpu]
    options = {
        # The default, EXHAUSTIVE, times every algorithm of every convolution: longer than a map takes.
        "cudnn_conv_algo_search": "HEURISTIC",
        "use_tf32": _tf32(),
    }
    if device.number:  # where it is given, ONNX Runtime looks for plugins first, and warns on stderr of finding none
        options["device_id"] = str(device.number)
    return [(_CUDA, options), cpu]  # the CPU for the few operators that CUDA does not have


def _tf32() -> str:
    """Whether products may keep 10 bits of a single's 23: not unless allowed, so that the CPU's numbers come out."""
    allowed = os.environ.get(_ALLOW_TF32, "0")
    if allowed not in ("0", "1"):
        msg = f'{_ALLOW_TF32} must be "0" or "1", but is {allowed!r}.'
        raise ValueError(msg)
    return allowed


def _preload_libraries(runtime: ModuleType) -> None:
    """Load the CUDA and cuDNN libraries that pip installed: they are where no loader looks."""
    with contextlib.redirect_stdout(io.StringIO()):  # it prints what it does not find, which the system may have
        runtime.preload_dlls()


def _why_not_loaded(runtime: ModuleType) -> str:
    """What the loader says about the provider's library: ONNX Runtime writes it on stderr, and goes on."""
    folder = Path(str(runtime.__file__)).parent / "capi"
    for library in folder.glob("*onnxruntime_providers_cuda.*"):
        try:
            ctypes.CDLL(str(library))
        except OSError as error:
            if "undefined symbol" in str(error):  # ONNX Runtime's own: all other libraries were found
                break
            return f"a library of ONNX Runtime's CUDA provider is missing ({error}): {gpu_command()}"
    return f"ONNX Runtime's CUDA provider did not load, and says why on stderr. What it needs: {gpu_command()}"
