"""ONNX Runtime as it is with onnxruntime-gpu, its CUDA provider being the CPU's. The errors are those seen."""

import onnxruntime as real

CUDA = "CUDAExecutionProvider"


class OnnxRuntime:
    """Stands in sys.modules in the place of onnxruntime."""

    def __init__(self):
        self.available = ["TensorrtExecutionProvider", CUDA, "CPUExecutionProvider"]
        self.loads = True  # False: as where a library is missing, sessions are on the CPU in silence
        self.open_error = None
        self.largest_batch = None  # more images run out of memory
        self.opened = []  # the provider options of each session on CUDA
        self.batches = []  # how many images each run on CUDA had
        self.__file__ = real.__file__

    def __getattr__(self, name):
        return getattr(real, name)

    def get_available_providers(self):
        return self.available

    def preload_dlls(self):
        print("Failed to load libcublasLt.so.13: cannot open shared object file")

    def InferenceSession(self, model, options, *, providers, enable_fallback):
        assert enable_fallback == 0
        on_cpu = real.InferenceSession(model, options, providers=["CPUExecutionProvider"], enable_fallback=0)
        if providers == ["CPUExecutionProvider"]:
            return on_cpu
        (name, how), cpu = providers
        assert (name, cpu) == (CUDA, "CPUExecutionProvider")
        if self.open_error is not None:
            raise self.open_error
        self.opened.append(how)
        return CudaSession(self, on_cpu) if self.loads else on_cpu


class CudaSession:
    def __init__(self, runtime, on_cpu):
        self._runtime, self._on_cpu = runtime, on_cpu

    def get_providers(self):
        return [CUDA, "CPUExecutionProvider"]

    def get_inputs(self):
        return self._on_cpu.get_inputs()

    def get_outputs(self):
        return self._on_cpu.get_outputs()

    def io_binding(self):
        return CudaBinding(self._on_cpu.io_binding())

    def run_with_iobinding(self, binding):
        n_images = binding.shape[0]
        self._runtime.batches.append(n_images)
        if self._runtime.largest_batch is not None and n_images > self._runtime.largest_batch:
            raise RuntimeError(
                "Error in execution: Non-zero status code returned while running Conv node. Name:'' Status Message: "
                "bfc_arena.cc:360 void* onnxruntime::BFCArena::AllocateRawInternal(size_t, bool, onnxruntime::Stream*) "
                "Failed to allocate memory for requested buffer of size 655360000"
            )
        self._on_cpu.run_with_iobinding(binding.on_cpu)


class CudaBinding:
    def __init__(self, on_cpu):
        self.on_cpu = on_cpu

    def bind_input(self, name, device, number, dtype, shape, address):
        assert (device, number) == ("cuda", 0)
        self.shape = shape
        self.on_cpu.bind_input(name, "cpu", 0, dtype, shape, address)

    def bind_output(self, name, device, number):
        assert (device, number) == ("cuda", 0)
        self.on_cpu.bind_output(name, "cpu", 0)

    def synchronize_outputs(self):
        self.on_cpu.synchronize_outputs()

    def get_outputs(self):
        return self.on_cpu.get_outputs()
