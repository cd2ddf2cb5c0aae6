"""The geometry of incremental inference, and the kernel that cuts crops out."""

import numpy as np
import pytest

import reference
from occlusion_sensitivity.devices.cpu import cut_crops
from occlusion_sensitivity.incremental.positions import Extent, Window


@pytest.mark.parametrize("seed", range(200))
def test_reach_of_several_windows(seed):
    """No position that a changed pixel reaches is left out; of windows without gaps none is too many."""
    rng = np.random.default_rng(seed)
    length = int(rng.integers(5, 40))
    start = int(rng.integers(0, length))
    end = int(rng.integers(start + 1, length + 1))
    changed = [start <= position < end for position in range(length)]
    extent, has_gaps = Extent(), False
    for _ in range(rng.integers(1, 4)):
        kernel, stride, dilation = int(rng.integers(1, 5)), int(rng.integers(1, 4)), int(rng.integers(1, 3))
        span = (kernel - 1) * dilation + 1
        before, after = (int(n) for n in rng.integers(0, span, 2))
        if length + before + after < span:
            continue
        length_out = (length + before + after - span) // stride + 1
        has_gaps |= dilation > 1 or stride > span
        changed = reference.reached(changed, kernel, stride, dilation, before, length_out)
        extent = extent.through(Window(kernel, stride, dilation, before, length, length_out))
        length = length_out
        first, last = extent.reach(np.array([start]), np.array([end]), length)
        reached = [first[0] <= position < last[0] for position in range(length)]
        assert all(found for found, is_changed in zip(reached, changed, strict=True) if is_changed), seed
        # Clipping on the way makes the true reach smaller at most.
        if not has_gaps and any(changed) and not changed[0] and not changed[-1]:
            assert reached == changed, seed


@pytest.mark.parametrize("seed", range(100))
def test_crops(seed):
    rng = np.random.default_rng(seed)
    planes, rows, cols, depth = (int(n) for n in rng.integers(1, 7, 4))
    count = int(rng.integers(0, 4))
    whole = rng.normal(size=(planes, rows, cols, depth)).astype(np.float32)
    ends = [np.sort(rng.integers(0, n + 1, (count, 2)), axis=1) for n in (rows, cols)]
    boxes = np.concatenate(ends, axis=1).astype(np.int32)
    origins = (boxes[:, [0, 2]] - rng.integers(0, 3, (count, 2))).astype(np.int32)
    patch_size = [int(max((boxes[:, 2 * axis + 1] - origins[:, axis]).max(initial=0), 1)) for axis in (0, 1)]
    is_shared = bool(rng.random() < 0.3) or count == 1
    patches = rng.normal(size=(1 if is_shared else count, planes, *patch_size, depth)).astype(np.float32)
    size = [int(n) for n in rng.integers(0, 12, 2)]
    starts = rng.integers(-8, 8, (count, 2)).astype(np.int32)
    crops = np.full((count, planes, *size, depth), np.nan, dtype=np.float32)
    cut_crops(whole, patches, origins, boxes, starts, -7.0, crops)
    for k in range(count):
        patch = patches[0 if is_shared else k]
        expected = reference.crop(whole, patch, origins[k], boxes[k], starts[k], size, -7.0)
        np.testing.assert_array_equal(crops[k], expected, err_msg=f"seed {seed}, crop {k}")


def arguments(**changes):
    given = {
        "whole": np.zeros((2, 5, 6, 3), dtype=np.float32),
        "patches": np.zeros((4, 2, 2, 2, 3), dtype=np.float32),
        "origins": np.ones((4, 2), dtype=np.int32),
        "pasted": np.tile(np.array([1, 3, 1, 3], dtype=np.int32), (4, 1)),
        "starts": np.zeros((4, 2), dtype=np.int32),
        "fill": 0.0,
        "crops": np.zeros((4, 2, 3, 3, 3), dtype=np.float32),
    }
    return tuple({**given, **changes}.values())


@pytest.mark.parametrize(
    "changes",
    [
        {"whole": np.zeros((2, 5, 6), dtype=np.float32)},
        {"patches": np.zeros((3, 2, 2, 2, 3), dtype=np.float32)},
        {"patches": np.zeros((4, 1, 2, 2, 3), dtype=np.float32)},
        {"crops": np.zeros((4, 2, 3, 3, 2), dtype=np.float32)},
        {"crops": np.zeros((4, 2, 3, 3), dtype=np.float32)},
        {"origins": np.zeros((3, 2), dtype=np.int32)},
        {"origins": np.full((4, 2), 2, dtype=np.int32)},
        {"origins": np.full((4, 2), -(2**31), dtype=np.int32)},
        {"pasted": np.tile(np.array([1, 4, 1, 3], dtype=np.int32), (4, 1))},
        {"pasted": np.tile(np.array([1, 3, 1, 7], dtype=np.int32), (4, 1))},
        {"pasted": np.zeros((4, 3), dtype=np.int32)},
        {"starts": np.full((4, 2), 2**31 - 1, dtype=np.int32)},
        {"starts": np.zeros((4, 1), dtype=np.int32)},
    ],
)
def test_crops_outside_of_what_is_there(changes):
    cut_crops(*arguments())
    with pytest.raises(ValueError, match="must"):
        cut_crops(*arguments(**changes))
