"""What is installed, and the commands that install what is missing."""

import importlib.metadata


def is_installed(distribution: str) -> bool:
    try:
        importlib.metadata.distribution(distribution)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def gpu_command() -> str:
    """The command that installs all that a GPU needs besides its driver."""
    install = 'pip install "occlusion-sensitivity[gpu]"'
    # The two packages of ONNX Runtime overwrite each other's files.
    return f"pip uninstall -y onnxruntime && {install}" if is_installed("onnxruntime") else install
