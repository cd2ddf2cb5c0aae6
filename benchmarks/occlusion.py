"""occlusionSensitivity on EfficientNet-Lite0 against a bare session.run loop over ready-made occluded images.

The bare loop is the limit of exhaustive evaluation: the same 121 masked images, already painted and in the network's
own order, go through ONNX Runtime and nothing else happens.
"""

import argparse
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import numpy as np

from occlusion_sensitivity import imagePretrainedNetwork, imread, imresize, occlusionSensitivity
from pairing import paired_ratio

ESPRESSO = 968
BATCH = 8


def photograph():
    return imresize(imread(files("occlusion_sensitivity") / "data" / "coffee.jpg"), [224, 224])


def bare_session():
    import onnxruntime

    file = files("occlusion_sensitivity") / "data" / "efficientnet-lite0.onnx"
    return onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])


def occluded_images(X, count=121):
    """The first of the 121 images of the default mask grid, N×C×H×W."""
    image = X.transpose(2, 0, 1).astype(np.float32)
    fill = image.mean(axis=(1, 2), keepdims=True)
    images = np.repeat(image[np.newaxis], count, axis=0)
    for k in range(count):
        row, col = divmod(k, 11)
        rows, cols = (slice(max(22 * i - 22, 0), 22 * i + 23) for i in (row, col))
        images[k, :, rows, cols] = fill
    return images


def bare_loop(session, images, batch):
    for first in range(0, len(images), batch):
        session.run(None, {"input": images[first : first + batch]})


def time_it(pairs):
    X = photograph()
    images = occluded_images(X)
    net, _ = imagePretrainedNetwork()
    # The very session of the package: two sessions' threads would disturb each other.
    session = net._session._plain
    for batch in (1, BATCH):
        print(f"whole function against the bare loop with batch {batch}:")
        paired_ratio(
            lambda: occlusionSensitivity(net, X, ESPRESSO),
            lambda batch=batch: bare_loop(session, images, batch),
            pairs,
        )
    print("whole function, 1000 channels, no upsampling, against the bare loop with batch 8:")
    paired_ratio(
        lambda: occlusionSensitivity(net, X, range(1, 1001), OutputUpsampling="none"),
        lambda: bare_loop(session, images, BATCH),
        pairs,
    )


def one_image(rounds):
    """A loop that keeps one batch only: its memory is the least that batch 8 can have."""
    session = bare_session()
    images = occluded_images(photograph(), BATCH)
    for _ in range(rounds):
        session.run(None, {"input": images})


MEMORY_CASES = {
    "bare loop, batch 8, one batch kept": lambda: one_image(16),
    "bare loop, batch 8, 121 ready-made images": lambda: bare_loop(
        bare_session(), occluded_images(photograph()), BATCH
    ),
    "occlusionSensitivity, 1 channel": lambda: occlusionSensitivity(imagePretrainedNetwork()[0], photograph(), 1),
    "occlusionSensitivity, 1000 channels, no upsampling": lambda: occlusionSensitivity(
        imagePretrainedNetwork()[0], photograph(), range(1, 1001), OutputUpsampling="none"
    ),
    "occlusionSensitivity, 1000 channels, the 201 MB of its result included": lambda: occlusionSensitivity(
        imagePretrainedNetwork()[0], photograph(), range(1, 1001)
    ),
}


def peak_megabytes():
    """The peak of this process alone; ru_maxrss would begin with that of the process that started it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024 / 1e6


def measure_memory():
    for name in MEMORY_CASES:
        command = [sys.executable, __file__, "--memory-of", name]
        peak = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        print(f"  {peak:7.1f} MB  {name}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--memory-of", choices=MEMORY_CASES, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.memory_of:
        MEMORY_CASES[arguments.memory_of]()
        print(peak_megabytes())
        return
    time_it(arguments.pairs)
    print("peak memory of a process:")
    measure_memory()


if __name__ == "__main__":
    main()
