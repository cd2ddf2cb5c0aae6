"""What the tests of kernels share: random boxes, and equality of bits."""

import numpy as np

# Lengths at which integer arithmetic gives other nearest neighbours of a map with the automatic stride than double.
INTEGERS_DIFFER = (
    *(
        23,
        47,
        69,
        79,
        89,
        109,
        337,
        367,
        377,
        397,
        407,
        427,
        447,
        497,
        527,
        537,
        577,
        617,
        627,
        647,
        657,
        669,
        699,
        729,
    ),
    *(759, 787, 879, 897, 917, 927, 969, 977, 979, 1017),
)


def random_boxes(rng, n, height, width):
    """n boxes inside an image, empty ones among them."""
    rows, cols = (np.sort(rng.integers(0, length, size=(n, 2), endpoint=True)) for length in (height, width))
    return np.concatenate([rows, cols], axis=1).astype(np.int32)


def same_bits(found, expected):
    """Arrays of the host with the same class, shape and bits: -0 is not 0."""
    assert type(found) is np.ndarray
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    assert found.tobytes() == expected.tobytes()


def unaligned(array):
    """The same values, one byte beside where their class may begin."""
    memory = np.empty(array.nbytes + 1, dtype=np.uint8)
    found = memory[1:].view(array.dtype).reshape(array.shape)
    found[...] = array
    assert not found.flags.aligned
    return found
