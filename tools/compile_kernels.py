"""Compile cuda/*.cu with NVRTC, with the options that CuPy gets, for every GPU that it knows: no driver is needed.

    python tools/compile_kernels.py

needs nvidia-cuda-nvrtc (in the [dev] extra on Linux). A warning is an error.
"""

import ctypes
import sys
from importlib.metadata import files
from pathlib import Path

ROOT = Path(__file__).parents[1]
OPTIONS = ("-std=c++17", "--fmad=false", f"-I{ROOT / 'cpp' / 'include'}")


def library():
    (file,) = (file for file in files("nvidia-cuda-nvrtc") if file.match("libnvrtc.so.*"))
    return ctypes.CDLL(str(file.locate()))


def checked(status):
    if status:
        sys.exit(f"NVRTC fails with status {status}")


def architectures(nvrtc):
    count = ctypes.c_int()
    checked(nvrtc.nvrtcGetNumSupportedArchs(ctypes.byref(count)))
    found = (ctypes.c_int * count.value)()
    checked(nvrtc.nvrtcGetSupportedArchs(found))
    return list(found)


def log_of(nvrtc, file, architecture):
    """What NVRTC says, or "" where all is well."""
    program = ctypes.c_void_p()
    source = file.read_bytes()
    checked(nvrtc.nvrtcCreateProgram(ctypes.byref(program), source, file.name.encode(), 0, None, None))
    options = [option.encode() for option in (*OPTIONS, f"-arch=compute_{architecture}")]
    status = nvrtc.nvrtcCompileProgram(program, len(options), (ctypes.c_char_p * len(options))(*options))
    size = ctypes.c_size_t()
    checked(nvrtc.nvrtcGetProgramLogSize(program, ctypes.byref(size)))
    log = ctypes.create_string_buffer(size.value)
    checked(nvrtc.nvrtcGetProgramLog(program, log))
    checked(nvrtc.nvrtcDestroyProgram(ctypes.byref(program)))
    text = log.value.decode().strip()
    return text or (f"status {status}" if status else "")


def main():
    nvrtc = library()
    kernels = sorted((ROOT / "cuda").glob("*.cu"))
    known = architectures(nvrtc)
    for file in kernels:
        for architecture in known:
            log = log_of(nvrtc, file, architecture)
            if log:
                sys.exit(f"{file.name} for compute_{architecture}:\n{log}")
    print(f"{len(kernels)} files for compute_{', '.join(map(str, known))}")


if __name__ == "__main__":
    main()
