"""imresize of an 11×11×1000 single map to 224×224×1000, against writing that result once (numpy.full)."""

import numpy as np

from occlusion_sensitivity import imresize
from pairing import paired_ratio


def main():
    score_map = np.random.default_rng(0).random((11, 11, 1000), dtype=np.float32)
    for method in ("bicubic", "nearest"):
        print(f"imresize 11×11×1000 → 224×224×1000, {method}, against numpy.full:")
        paired_ratio(
            lambda method=method: imresize(score_map, [224, 224], method),
            lambda: np.full((224, 224, 1000), 1.5, dtype=np.float32),
            pairs=15,
        )


if __name__ == "__main__":
    main()
