"""A GPU for tests on machines without one: CuPy over NumPy, the CUDA kernels as C++, ONNX Runtime's CUDA provider on
the CPU. What runs on it are the package's own lines; that a real GPU does the same, only tests/gpu shows."""
