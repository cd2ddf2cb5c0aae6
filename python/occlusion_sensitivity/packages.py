"""What is installed, and the commands that install what is missing."""

import importlib.metadata

# The extras with ONNX Runtime, of which a user takes one: its two packages overwrite each other's files.
RUNTIME = ("cpu", "gpu")


def is_installed(distribution: str) -> bool:
    try:
        importlib.metadata.distribution(distribution)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def missing(who_needs: str, package: str, extras: str | tuple[str, str], error: Exception) -> ImportError:
    """The error that says what needs `package`, and the command that installs it; of two extras, either."""
    if isinstance(extras, str):
        return ImportError(f"{who_needs} {package} ({error}): {install_command(extras)}.")
    cpu, gpu = (install_command(extra) for extra in extras)
    return ImportError(f"{who_needs} {package} ({error}): {cpu} or, for NVIDIA GPUs, {gpu}.")


def install_command(extra: str) -> str:
    return f'pip install "occlusion-sensitivity[{extra}]"'


def gpu_command() -> str:
    """The command that installs all that a GPU needs besides its driver."""
    install = install_command("gpu")
    return f"pip uninstall -y onnxruntime && {install}" if is_installed("onnxruntime") else install
