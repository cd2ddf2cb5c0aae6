"""imresize: each way to give the size, the methods by their names, and what each kernel does to known images."""

import math

import numpy as np
import pytest

import reference
from occlusion_sensitivity import imresize

METHODS = ["bicubic", "bilinear", "nearest", "box", "triangle", "cubic", "lanczos2", "lanczos3"]
NAN = float("nan")


@pytest.mark.parametrize(("size", "found"), [([100, NAN], (100, 134)), ([NAN, 100], (75, 100)), ([NAN, 1], (1, 1))])
def test_a_length_that_is_nan_keeps_the_ratio(size, found):
    """The other's factor is that of both axes, also where the length is rounded up."""
    A = np.random.default_rng(0).random((575, 768))[:, :, np.newaxis]
    assert imresize(A, size).shape == (*found, 1)
    np.testing.assert_array_equal(imresize(A, size), imresize(A, OutputSize=size))
    (known,) = np.flatnonzero(~np.isnan(size))
    factor = size[known] / A.shape[known]
    if tuple(math.ceil(factor * n) for n in A.shape[:2]) == found:
        np.testing.assert_array_equal(imresize(A, size), imresize(A, factor))
    if found == (100, 134):
        assert not np.allclose(imresize(A, size), imresize(A, [100, 134]))


@pytest.mark.parametrize("seed", range(60))
def test_every_way_to_give_the_size_equals_the_reference(seed):
    rng = np.random.default_rng(seed)
    A = rng.integers(0, 256, rng.integers(1, 14, size=2)).astype(str(rng.choice(["uint8", "int16", "float64"])))
    method = str(rng.choice(METHODS))
    n, factors = int(rng.integers(1, 30)), rng.uniform(0.1, 3.0, size=2).tolist()
    way = int(rng.integers(4))
    size = [[n, NAN], [NAN, n], [n, n + 3], None][way]
    found = imresize(A, OutputSize=size, Method=method) if size else imresize(A, method, "Scale", factors)
    expected = reference.imresize(A, size, method, factors=None if size else factors)
    assert found.shape == expected.shape, f"seed {seed}"
    # Where the sum of Lanczos' weights is half a step, the last bit of the library's sine decides.
    tolerance = 1e-10 if A.dtype == np.float64 else float(method.startswith("lanczos"))
    np.testing.assert_allclose(found.astype(float), expected.astype(float), rtol=0, atol=tolerance)


def test_scale_and_output_size_in_both_spellings():
    A = np.random.default_rng(0).random((6, 8))
    for found in (
        imresize(A, scale=0.5),
        imresize(A, "Scale", 0.5),
        imresize(A, "cubic", Scale=[0.5, 0.5]),
        imresize(A, OutputSize=[3, 4]),
        imresize(A, "outputs", [3, NAN], "method", "bicubic"),
    ):
        np.testing.assert_array_equal(found, imresize(A, 0.5))
    assert imresize(A, Scale=[0.5, 1.3]).shape == (3, 11)


@pytest.mark.parametrize("value", [0, [1, 2, 3], [0.5, 0], [NAN, 1], "2", None, [], [1e300, 1], [[1, 2, 3]]])
def test_bad_scale_by_name(value):
    with pytest.raises((ValueError, TypeError), match=r"^Scale must be .* but is"):
        imresize(np.zeros((3, 3)), Scale=value)


@pytest.mark.parametrize("value", [2, [2, 3, 4], [2.5, 3], [NAN, NAN], [NAN, 1.5], [0, NAN], "2", None, [2**40, NAN]])
def test_bad_output_size(value):
    with pytest.raises((ValueError, TypeError), match=r"^outputsize must be .* but is"):
        imresize(np.zeros((3, 3)), outputsize=value)


def test_no_size():
    for arguments in ((), ("nearest",), ("Antialiasing", False)):
        with pytest.raises(TypeError, match="^imresize needs scale, .* or the option Scale or OutputSize"):
            imresize(np.zeros((3, 3)), *arguments)
    with pytest.raises(TypeError, match="^scale must be .*, but is 'nearst'"):
        imresize(np.zeros((3, 3)), "nearst", Scale=2)
    with pytest.raises(ValueError, match="^The size must be given once, but is given as Scale and as OutputSize"):
        imresize(np.zeros((3, 3)), OutputSize=[2, 2], Scale=2)


def test_indexed_images_are_refused_by_name():
    for more in ((), (0.5,), ("nearest",)):
        with pytest.raises(ValueError, match=r"^imresize\(X, map, …\) of indexed images is not supported"):
            imresize(np.zeros((3, 3), np.uint8), np.random.default_rng(0).random((9, 3)), *more)


@pytest.mark.parametrize(("name", "other"), [("triangle", "bilinear"), ("cubic", "bicubic"), ("box", "nearest")])
@pytest.mark.parametrize("size", [[3, 5], [17, 20], 0.37, 1.9])
def test_methods_by_two_names(name, other, size):
    A = np.random.default_rng(0).random((9, 12, 2))
    for antialiasing in (True, False):
        same = imresize(A, size, other, Antialiasing=antialiasing)
        np.testing.assert_array_equal(imresize(A, size, name, Antialiasing=antialiasing), same)
    np.testing.assert_array_equal(imresize(A, size, name), imresize(A, size, other, Antialiasing=True))


def test_a_box_that_halves_is_the_mean_of_four_pixels():
    A = np.random.default_rng(0).integers(0, 99, (6, 8)).astype(float)
    np.testing.assert_array_equal(imresize(A, 0.5, "box"), A.reshape(3, 2, 4, 2).mean(axis=(1, 3)))
    assert imresize(np.uint8([[0, 1], [2, 6]]), [1, 1], "box") == [
        [3]
    ]  # rows first: 1 and 3.5, stored as 4, then 2.5; 2.25 at once


@pytest.mark.parametrize(("method", "lobes"), [("lanczos2", 2), ("lanczos3", 3)])
def test_lanczos_by_its_definition(method, lobes):
    """A pulse doubled shows the kernel at the quarters, divided by the sum of those a pixel apart."""
    pulse = np.zeros((1, 21))
    pulse[0, 10] = 1
    t = np.arange(42) / 2 - 10.25
    at = lambda t: np.where(np.abs(t) < lobes, np.sinc(t) * np.sinc(t / lobes), 0)  # noqa: E731
    total = sum(at(t + k) for k in range(-20, 20))
    np.testing.assert_allclose(imresize(pulse, [1, 42], method)[0], at(t) / total, rtol=0, atol=1e-15)


@pytest.mark.parametrize("method", ["lanczos2", "lanczos3"])
def test_lanczos_at_whole_distances(method):
    """Three times larger, every third pixel lies on one of A: eps leaves 1e-16 of the others, and integers whole."""
    line = np.random.default_rng(0).integers(0, 256, (1, 30))
    np.testing.assert_allclose(imresize(line.astype(float), [1, 90], method)[:, 1::3], line, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(imresize(line.astype(np.uint8), [1, 90], method)[:, 1::3], line)


def test_a_box_is_the_mean_of_what_it_covers():
    A = np.random.default_rng(0).integers(0, 256, (6, 9)).astype(float)
    means = A.reshape(3, 2, 3, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(imresize(A, [3, 3], "box"), means, rtol=1e-13)
    np.testing.assert_array_equal(imresize(A, 2, "box"), imresize(A, 2, "nearest"))


@pytest.mark.parametrize("lobes", [2, 3])
def test_lanczos_by_hand(lobes):
    """A single bright pixel shows the kernel itself, at half steps, divided by the sum of its weights."""
    A = np.zeros((1, 21))
    A[0, 10] = 1
    found = imresize(A, [1, 42], f"lanczos{lobes}")[0]
    at = (np.arange(42) + 0.5) / 2 - 10.5  # centres of output pixels, from the bright one
    taps = at[:, np.newaxis] - (np.arange(21) - 10)
    weights = np.where(np.abs(taps) < lobes, np.sinc(taps) * np.sinc(taps / lobes), 0)
    np.testing.assert_allclose(found, weights[:, 10] / weights.sum(axis=1), atol=1e-12)
    assert (found < -0.01).any()
    np.testing.assert_allclose(imresize(np.full((4, 5), 7.0), [9, 3], f"lanczos{lobes}"), 7, rtol=1e-12)
