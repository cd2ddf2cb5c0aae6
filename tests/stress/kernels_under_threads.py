"""The kernels from several threads at once, for ThreadSanitizer to watch: run with its library preloaded."""

import sys
import threading
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np


def main(folder):
    """The extension that was built there."""
    (built,) = Path(folder).glob("_core*.so")
    spec = spec_from_file_location("_core", built, loader=ExtensionFileLoader("_core", str(built)))
    core = module_from_spec(spec)
    spec.loader.exec_module(core)
    image = np.random.default_rng(0).random((30, 40, 64))
    resized = [np.empty((300, 200, 64)) for _ in range(8)]
    picture = np.random.default_rng(1).random((3, 20, 20, 1), dtype=np.float32)
    boxes = np.array([[0, 20, 0, 20], [3, 9, 2, 20]], dtype=np.int32)

    def work(k):
        batch = np.zeros((2, *picture.shape), dtype=np.float32)
        for _ in range(20):
            core.imresize(image, resized[k], 10.0, 5.0, ("nearest", "bilinear", "bicubic")[k % 3], True, 1 + k % 4)
            core.copy_boxes(picture, boxes, batch)

    callers = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    np.testing.assert_array_equal(resized[0], resized[3])
    np.testing.assert_array_equal(resized[2], resized[5])
    print("the kernels ran in 8 threads, with up to 4 of their own each")


if __name__ == "__main__":
    main(sys.argv[1])
