"""The part of CuPy that the package uses, over NumPy.

As with CuPy, host and device do not mix in silence, kernels are only queued until something waits for them, and memory
can run out. Only those NumPy functions are dispatched that CuPy 14.2 was seen to have.
"""

import ctypes
import math
import threading
import types

import numpy as np

from . import host_kernels

NUMPY_FUNCTIONS = {"concatenate", "empty_like", "moveaxis", "nan_to_num", "repeat", "stack", "where"}


class OutOfMemoryError(MemoryError):
    pass


class Gpu:
    """The state of the pretended GPU."""

    def __init__(self):
        self.count = 1
        self.limit = math.inf  # the largest array, in bytes
        self.queue = []
        self.launches = []
        self.pool_freed = 0
        self.error = None  # what asking for devices raises
        self.compile_error = None
        self.in_order = threading.RLock()

    def wait(self):
        with self.in_order:
            queued, self.queue = self.queue, []
            for run in queued:
                run()

    def allocate(self, n_bytes):
        if n_bytes > self.limit:
            raise OutOfMemoryError(f"Out of memory allocating {n_bytes:,} bytes (allocated so far: 0 bytes).")


GPU = Gpu()


class ndarray(np.lib.mixins.NDArrayOperatorsMixin):
    def __init__(self, shape, dtype=float, memptr=None):
        dtype = np.dtype(dtype)
        if memptr is None:
            GPU.allocate(math.prod(shape) * dtype.itemsize)
            # Fresh memory holds anything: what is not written must show.
            self.values = np.frombuffer(b"\xa5" * (math.prod(shape) * dtype.itemsize), dtype).reshape(shape).copy()
        else:
            assert memptr.memory.size == math.prod(shape) * dtype.itemsize
            buffer = (ctypes.c_byte * memptr.memory.size).from_address(memptr.memory.ptr + memptr.offset)
            buffer.owner = memptr.memory.owner
            self.values = np.frombuffer(buffer, dtype).reshape(shape)

    shape = property(lambda self: self.values.shape)
    dtype = property(lambda self: self.values.dtype)
    ndim = property(lambda self: self.values.ndim)
    size = property(lambda self: self.values.size)
    flags = property(lambda self: self.values.flags)
    data = property(lambda self: types.SimpleNamespace(ptr=self.values.ctypes.data))
    __cuda_array_interface__ = property(lambda self: {**self.values.__array_interface__, "version": 3})
    __hash__ = None

    def __array__(self, *_, **__):
        raise TypeError("Implicit conversion to a NumPy array is not allowed. Please use `.get()` instead.")

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        assert method == "__call__"
        return _on_device(ufunc, *inputs, **options)

    def __array_function__(self, function, kinds, arguments, options):
        assert function.__name__ in NUMPY_FUNCTIONS, f"not seen in CuPy: {function.__name__}"
        return _on_device(function, *arguments, **options)

    def __len__(self):
        return len(self.values)

    def __iter__(self):
        return (self[k] for k in range(len(self)))

    def __getitem__(self, where):
        if isinstance(where, ndarray):  # values gathered, which is work for the stream; a view is none
            return _on_device(np.ndarray.__getitem__, self, where)
        return wrapped(self.values[where])

    def __setitem__(self, where, value):
        _on_device(np.ndarray.__setitem__, self, where, value)

    def get(self):
        GPU.wait()
        return self.values.copy()

    def copy(self):
        return _on_device(np.ndarray.copy, self)

    def astype(self, dtype, order="K", copy=True):
        if not copy and dtype == self.dtype and (order != "C" or self.flags.c_contiguous):
            return self
        GPU.allocate(self.size * np.dtype(dtype).itemsize)
        cast = wrapped(np.empty_like(self.values, dtype, order=order))
        GPU.queue.append(lambda: np.copyto(cast.values, self.values, casting="unsafe"))
        return cast

    def reshape(self, *shape):
        assert self.flags.c_contiguous
        return wrapped(self.values.reshape(*shape))

    def clip(self, low, high):
        return _on_device(np.ndarray.clip, self, low, high)


def wrapped(values):
    """Values as an array of the device, over the same memory."""
    array = ndarray.__new__(ndarray)
    array.values = values
    return array


def _on_device(function, *arguments, **options):
    """In the order of the stream; nothing of the host but numbers takes part."""
    if function is np.moveaxis:  # a view: like an index or a reshape, it is no work for the stream
        array, *axes = arguments
        return wrapped(np.moveaxis(array.values, *axes))
    GPU.wait()
    result = function(*map(_values, arguments), **options)
    if not isinstance(result, np.ndarray | np.generic):
        return result
    GPU.allocate(result.nbytes if result.base is None else 0)
    return wrapped(np.asarray(result))


def _values(argument):
    if isinstance(argument, ndarray):
        return argument.values
    if isinstance(argument, np.ndarray):
        raise TypeError("Unsupported type <class 'numpy.ndarray'>")
    if isinstance(argument, list):
        return [_values(one) for one in argument]
    return argument


# Functions of the module -------------------------------------------------------------------------------------------


def asarray(array):
    if isinstance(array, ndarray):
        return array
    if hasattr(array, "__cuda_array_interface__"):
        foreign = types.SimpleNamespace(__array_interface__=array.__cuda_array_interface__)
        return wrapped(np.asarray(foreign))
    values = np.array(array, order="C")
    GPU.allocate(values.nbytes)
    return wrapped(values)


def asnumpy(array):
    return array.get()


def empty(shape, dtype=float):
    return ndarray(shape, dtype)


def ones(shape, dtype=float):
    return asarray(np.ones(shape, dtype))


def ascontiguousarray(array):
    return _on_device(np.ascontiguousarray, array)


class RawModule:
    def __init__(self, *, code, options):
        self._code, self._options = code, options

    def get_function(self, name):
        if GPU.compile_error is not None:
            raise GPU.compile_error
        kernels = host_kernels.HostKernels(self._code, self._options)

        def launch(grid, block, arguments):
            assert len(grid) == len(block) == 1
            assert 0 < grid[0] < 2**31
            assert 0 < block[0] <= 1024
            arrays = [a for a in arguments if isinstance(a, ndarray)]
            assert all(array.flags.c_contiguous for array in arrays)
            GPU.launches.append((name, grid[0], block[0]))
            plain = [a.values if isinstance(a, ndarray) else a for a in arguments]
            GPU.queue.append(lambda: kernels.launch(name, grid[0], block[0], plain))

        return launch


class _Pool:
    @staticmethod
    def free_all_blocks():
        GPU.pool_freed += 1


def get_default_memory_pool():
    return _Pool


class _Runtime:
    @staticmethod
    def getDeviceCount():
        if GPU.error is not None:
            raise GPU.error
        return GPU.count

    @staticmethod
    def getDevice():
        return 0

    @staticmethod
    def getDeviceProperties(number):
        return {"name": b"Stand-in", "major": 9, "minor": 0}

    @staticmethod
    def driverGetVersion():
        return 13000

    runtimeGetVersion = driverGetVersion


class UnownedMemory:
    def __init__(self, ptr, size, owner, device_id=-1):
        self.ptr, self.size, self.owner, self.device_id = ptr, size, owner, device_id


class MemoryPointer:
    def __init__(self, memory, offset):
        self.memory, self.offset = memory, offset


cuda = types.SimpleNamespace(
    runtime=_Runtime,
    get_current_stream=lambda: types.SimpleNamespace(synchronize=GPU.wait),
    UnownedMemory=UnownedMemory,
    MemoryPointer=MemoryPointer,
)
