"""imresize: section 6 of the behaviour file, against the plain reference and exact arithmetic."""

import math
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import reference
from kernel_checks import INTEGERS_DIFFER
from occlusion_sensitivity import imresize

CLASSES = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64"]
METHODS = ["bicubic", "bilinear", "nearest", "box", "triangle", "cubic", "lanczos2", "lanczos3"]


def random_image(rng, shape, dtype):
    if np.issubdtype(dtype, np.integer):
        limits = np.iinfo(dtype)
        # The limits themselves often, so that overshoot saturates.
        return rng.choice([limits.min, limits.max, *rng.integers(limits.min, limits.max, 5)], size=shape).astype(dtype)
    return rng.normal(size=shape).astype(dtype)


@pytest.mark.parametrize("dtype", CLASSES)
@pytest.mark.parametrize("seed", range(60))
def test_equals_the_reference(dtype, seed):
    rng = np.random.default_rng([seed, CLASSES.index(dtype)])
    A = random_image(rng, rng.integers(1, 14, size=2), np.dtype(dtype))
    method = str(rng.choice(METHODS))
    antialias = bool(rng.random() < 0.7) if rng.random() < 0.5 else None
    size = rng.integers(1, 30, size=2) if rng.random() < 0.6 else float(rng.uniform(0.1, 3.0))
    options = {} if antialias is None else {"Antialiasing": antialias}
    found = imresize(A, size, method, **options)
    expected = reference.imresize(A, size, method, antialias)
    assert found.dtype == A.dtype
    # Where the sum of Lanczos' weights is half a step, the last bit of the library's sine decides.
    tolerance = {"float64": 1e-13, "float32": 3e-7}.get(dtype, 0) * max(1, np.abs(A.astype(float)).max())
    if dtype not in ("float32", "float64") and method.startswith("lanczos"):
        tolerance = 1
    np.testing.assert_allclose(found.astype(float), expected.astype(float), rtol=0, atol=tolerance)


@pytest.mark.parity
@pytest.mark.parametrize("method", ["bicubic", "bilinear"])
@pytest.mark.parametrize("seed", range(12))
def test_doubles_equal_exact_rational_arithmetic(method, seed):
    rng = np.random.default_rng(seed)
    A = rng.integers(-99, 100, size=rng.integers(1, 9, size=2))
    size = rng.integers(1, 17, size=2)
    exact = reference.exact_imresize([[Fraction(int(v)) for v in row] for row in A], [int(n) for n in size], method)
    np.testing.assert_allclose(imresize(A.astype(float), size, method), exact.astype(float), rtol=0, atol=1e-12)


@pytest.mark.parity
@pytest.mark.parametrize("n_in", range(1, 13))
def test_nearest_equals_exact_rational_arithmetic(n_in):
    for n_out in range(1, 40):
        found = imresize(np.arange(n_in, dtype=float)[np.newaxis], [1, n_out], "nearest")[0]
        for x, index in enumerate(found, start=1):
            scale = Fraction(n_out, n_in)
            exact = x / scale + Fraction(1, 2) * (1 - 1 / scale) + Fraction(1, 2)
            # At a tie the double expression decides which of the two neighbours it is.
            neighbours = {exact - 1, exact} if exact.denominator == 1 else {Fraction(int(exact))}
            assert index + 1 in {min(max(pixel, 1), n_in) for pixel in neighbours}


@pytest.mark.parametrize("length", INTEGERS_DIFFER)
def test_nearest_index_is_that_of_the_double_expression(length):
    n_in = -(-length // reference.automatic(0.1, length))
    scale = length / n_in
    u = [x / scale + 0.5 * (1 - 1 / scale) for x in range(1, length + 1)]
    indices = [min(max(int(np.floor(p + 0.5)), 1), n_in) - 1 for p in u]
    assert imresize(np.arange(n_in, dtype=float)[:, np.newaxis], [length, 1], "nearest")[:, 0].tolist() == indices


def test_scale_and_size_differ_where_the_scaled_size_is_no_integer():
    A = np.arange(7.0)[np.newaxis]
    by_scale, by_size = imresize(A, 1.5), imresize(A, [2, 11])
    assert by_scale.shape == by_size.shape == (2, 11)
    assert not np.allclose(by_scale, by_size)


def test_integers_are_rounded_after_each_axis():
    A = np.uint8([[0, 1], [1, 1]])
    once = np.round(imresize(A.astype(float), [3, 3], "bilinear")).astype(np.uint8)
    twice = imresize(A, [3, 3], "bilinear")
    assert twice.tolist() == reference.imresize(A, [3, 3], "bilinear").tolist()
    assert twice.tolist() != once.tolist()


def test_floats_overshoot_and_integers_saturate():
    step = np.repeat([[0.0, 255.0]], 4, axis=1)
    assert imresize(step, [1, 40]).max() > 255
    assert imresize(step, [1, 40]).min() < 0
    assert imresize(step.astype(np.uint8), [1, 40]).max() == 255


@pytest.mark.parametrize("dtype", [*CLASSES, "bool"])
@pytest.mark.parametrize("method", METHODS)
def test_equal_size_is_the_identity_bit_for_bit(dtype, method):
    A = (
        np.random.default_rng(1).integers(0, 2, (5, 6)).astype(bool)
        if dtype == "bool"
        else random_image(np.random.default_rng(1), (5, 6), np.dtype(dtype))
    )
    for size in ([5, 6], 1, 1.0):
        found = imresize(A, size, method)
        assert found.tobytes() == A.tobytes()
        assert found.dtype == A.dtype
        assert not np.shares_memory(found, A)


def test_channels_are_resized_on_their_own():
    A = np.random.default_rng(0).random((6, 7, 3))
    found = imresize(A, [13, 4])
    for k in range(3):
        np.testing.assert_array_equal(found[..., k], imresize(A[..., k], [13, 4]))
    stack = np.random.default_rng(0).random((6, 7, 3, 2))
    np.testing.assert_array_equal(imresize(stack, 2)[..., 1], imresize(stack[..., 1], 2))


def test_many_channels_use_threads_with_the_same_result():
    A = np.random.default_rng(0).random((9, 8, 700), dtype=np.float32)
    found = imresize(A, [90, 81])
    for k in (0, 333, 699):
        np.testing.assert_array_equal(found[..., k], imresize(A[..., k], [90, 81]))


@pytest.mark.parametrize("method", METHODS)
def test_logical_stays_logical(method):
    A = np.eye(4, dtype=bool)
    found = imresize(A, [9, 9], method)
    assert found.dtype == bool
    assert found.tolist() == (imresize(A * np.uint8(255), [9, 9], method) > 128).tolist()


def test_any_memory_layout_and_byte_order():
    A = np.random.default_rng(0).random((6, 8))
    expected = imresize(A, [9, 5])
    for same in (np.asfortranarray(A), A.astype(">f8"), np.repeat(A, 2, 1)[:, ::2], A[::-1][::-1], A.tolist()):
        np.testing.assert_array_equal(imresize(same, [9, 5]), expected)
    A.flags.writeable = False
    np.testing.assert_array_equal(imresize(A, [9, 5]), expected)


def test_a_nan_spreads_no_further_than_the_kernel():
    A = np.zeros((1, 12))
    A[0, 3] = np.nan
    assert np.flatnonzero(np.isnan(imresize(A, [1, 12 * 4], "nearest"))).tolist() == [12, 13, 14, 15]
    assert np.isnan(imresize(A, [1, 24])).sum() == 8


def test_method_and_options_in_both_spellings():
    A = np.random.default_rng(0).random((6, 8))
    expected = imresize(A, 0.5, "bilinear", Antialiasing=False)
    for found in (
        imresize(A, 0.5, "BILIN", "Antialiasing", False),
        imresize(A, 0.5, "Antialiasing", 0, "Method", "bilinear"),
        imresize(A, 0.5, "anti", False, method="bilinear"),
    ):
        np.testing.assert_array_equal(found, expected)
    assert not np.array_equal(expected, imresize(A, 0.5, "bilinear"))


@pytest.mark.parametrize(
    "scale",
    [
        0,
        -1,
        float("nan"),
        float("inf"),
        1e-9,
        1e300,
        [0, 3],
        [1.5, 3],
        [1, 2, 3],
        [],
        "2",
        None,
        True,
        [2**40, 1],
        [2**31 - 1, 2**31 - 1],
        10**400,
        pytest.param(10**5000, id="huge"),
    ]
    + [[float("nan"), float("nan")], [float("nan"), 0], [2.5, float("nan")], [float("inf"), 3], 1j, [[1, 2], [3, 4]]],
)
def test_bad_scale(scale):
    with pytest.raises((ValueError, TypeError), match=r"^scale must be "):
        imresize(np.zeros((3, 3)), scale)


class Rude:
    """Raises when it is asked for its numbers."""

    def __array__(self, *_, **__):
        raise KeyError("of its own")


@pytest.mark.parametrize(
    "A",
    [
        np.zeros((3, 3), complex),
        np.zeros((3, 3), np.float16),
        [["a"]],
        None,
        np.zeros((3, 3), np.int64),
        [[1], [1, 2]],
        Rude(),
        [Rude()],
    ],
)
def test_bad_class(A):
    with pytest.raises(TypeError, match="^A must be an array of"):
        imresize(A, 2)


@pytest.mark.parametrize("shape", [(), (3,), (0, 3), (3, 0), (2, 2, 0)])
def test_bad_shape(shape):
    with pytest.raises(ValueError, match="^A must be an image of rows × columns"):
        imresize(np.zeros(shape), 2)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("keys",), {}, "^Method must be one of bicubic, bilinear, nearest, box, .*, lanczos3, but is 'keys'"),
        (("lanczos",), {}, "^Method 'lanczos' is ambiguous: it may be lanczos2, lanczos3"),
        (("b",), {}, "^Method 'b' is ambiguous"),
        ((3,), {}, "^Method must be one of"),
        ((), {"Antialiasing": 2}, "^Antialiasing must be true or false, but is 2"),
        ((), {"Antialiasing": "on"}, "^Antialiasing must be true or false, but is 'on'"),
        ((), {"Kernel": "box"}, "^The option name must be one of Method, Antialiasing"),
        (("nearest", "Antialiasing"), {}, "needs a value, but 'Antialiasing' has none"),
        (("Method",), {}, "needs a value, but 'Method' has none"),
        (
            ("nearest", "Antialiasing", True),
            {"method": "box"},
            "^Method must be given once, but is given as Method and",
        ),
        (([abs, 4],), {}, "^Method must be one of .*kernel of one's own.*not supported.*, but is"),
        (({abs, 4},), {}, "^Method must be one of .*kernel of one's own.*not supported"),
        ((), {"method": abs}, "^method must be one of .*kernel of one's own.*not supported"),
        (("Colormap", "optimized"), {}, "^Colormap is not supported.*indexed images"),
        ((), {"dither": True}, "^dither is not supported.*indexed images"),
        ((), {"Scale": 2}, "^The size must be given once, but is given as scale and as Scale"),
        (("outputsize", [3, 3]), {}, "^The size must be given once, but is given as scale and as outputsize"),
        (("nearest",), {"Method": "nearest"}, "^Method must be given once"),
    ],
)
def test_bad_options(arguments, options, message):
    with pytest.raises((ValueError, TypeError), match=message):
        imresize(np.zeros((3, 3)), 2, *arguments, **options)


def test_a_long_axis_needs_little_memory_beside_the_result():
    code = (
        "import re, numpy as np; from pathlib import Path; from occlusion_sensitivity import imresize;"
        "peak = lambda: int(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1]) / 1000;"
        "before = peak(); imresize(np.zeros((1, 1), np.uint8), [1, 10_000_000]); print(peak() - before)"
    )
    if not Path("/proc/self/status").exists():
        pytest.skip("needs Linux's /proc")
    grown = float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)
    assert grown < 60  # MB; the result takes 10 of them


def test_nearest_by_a_factor_mirrors_as_the_other_methods_do():
    """What MATLAB gives: the second pixel lies behind the end, two pixels far."""
    assert imresize([[1.0, 2.0, 3.0, 4.0, 5.0]], 0.25, "nearest").tolist() == [[3, 4]]
    assert imresize(np.arange(1, 6)[:, np.newaxis].astype(np.uint8), 0.25, "nearest").tolist() == [[3], [4]]


@pytest.mark.parametrize("seed", range(40))
def test_nearest_is_the_box_of_the_other_methods(seed):
    """Weights of a box, 1 wide, at mirrored positions, divided by their sum: for factors and for sizes."""
    rng = np.random.default_rng(seed)
    n_in = int(rng.integers(1, 60))
    line = rng.permutation(n_in).astype(float)
    for _ in range(30):
        factor = float(rng.uniform(0.02, 4))
        if rng.random() < 0.3:
            n_out = int(rng.integers(1, 100))
            scale, how = n_out / n_in, [1, n_out]
        else:
            scale, how, n_out = factor, factor, math.ceil(factor * n_in)
        expected = []
        for x in range(1, n_out + 1):
            u = x / scale + 0.5 * (1 - 1 / scale)
            taps = range(math.floor(u - 0.5), math.floor(u - 0.5) + 3)
            (tap,) = [tap for tap in taps if reference.h_nearest(u - tap)]
            expected.append(line[reference.mirror(tap, n_in) - 1])
        found = imresize(line[np.newaxis], how, "nearest")[0]
        assert found.tolist() == expected, f"seed {seed}: {n_in} pixels, {how}"


@pytest.mark.parametrize(("method", "longest"), [("bicubic", 43_690), ("bilinear", 65_536), ("nearest", 262_144)])
def test_axes_longer_than_a_part_of_the_table(method, longest):
    """The taps are computed for a part of the outputs at a time: each part goes on where the one before has ended."""
    n_out = 2 * longest + 77
    line = np.random.default_rng(0).random(1000)
    scale = n_out / len(line)
    u = np.arange(1, n_out + 1) / scale + 0.5 * (1 - 1 / scale)
    h, width = reference.KERNELS[method]
    left = np.floor(u - width / 2)
    mirrored = np.concatenate([line[::-1], line, line[::-1]])
    total, weights = np.zeros(n_out), np.zeros(n_out)
    for k in range(math.ceil(width) + 2):
        weight = np.vectorize(h, otypes=[float])(u - (left + k))
        total += weight * mirrored[(left + k).astype(int) - 1 + len(line)]
        weights += weight
    for image, found in ((line[np.newaxis], [1, n_out]), (line[:, np.newaxis], [n_out, 1])):
        np.testing.assert_allclose(imresize(image, found, method).reshape(-1), total / weights, rtol=0, atol=1e-12)
