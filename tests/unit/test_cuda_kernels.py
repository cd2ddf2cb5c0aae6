"""The CUDA kernels, compiled as C++ of the host, against the C++ kernels: bit for bit. Where nvcc is, it takes them."""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from kernel_checks import INTEGERS_DIFFER, random_boxes, same_bits
from occlusion_sensitivity import _core
from stand_in.host_kernels import ROOT, address_of, compiler, kernels_of

# Blocks and threads: less than the work, and (mostly) more.
LAUNCHES = [(1, 1), (2, 32), (300, 256)]
# More than an int and than an unsigned int holds. Only the last elements lie in memory, and only the last block is run.
MANY = [2**31, 2**32]
METHODS = {"nearest": 0, "bilinear": 1, "bicubic": 2, "lanczos2": 3, "lanczos3": 4}
CLASSES = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "float32", "float64"]
FILES = sorted((ROOT / "cuda").glob("*.cu"))

BOXES, TOTALS, IMRESIZE = (kernels_of(name) for name in ("boxes", "totals", "imresize"))


def blocks_for(work, threads=256):
    return -(-work // threads)


# Boxes ----------------------------------------------------------------------------------------------------------------


def copy_boxes(launch, image, boxes, batch):
    largest = [int((boxes[:, k + 1] - boxes[:, k]).max(initial=0)) for k in (0, 2)]
    BOXES.launch("copy_boxes", *launch, (image, *image.shape, boxes, len(boxes), *largest, batch))


@pytest.mark.parametrize("launch", LAUNCHES)
@pytest.mark.parametrize("seed", range(25))
def test_copy_boxes(seed, launch):
    rng = np.random.default_rng(seed)
    image = rng.random(rng.integers(1, 9, size=4), dtype=np.float32)
    boxes = random_boxes(rng, rng.integers(0, 6), *image.shape[1:3])
    found = np.full((len(boxes) + 1, *image.shape), -1, dtype=np.float32)
    expected = found.copy()
    copy_boxes(launch, image, boxes, found)
    _core.copy_boxes(image, boxes, expected)
    same_bits(found, expected)


def test_boxes_beyond_the_image_touch_no_other_memory():
    batch = np.zeros((2, 1, 2, 3, 1), dtype=np.float32)
    box = np.array([[0, 1, 1, 2]], dtype=np.int32)
    # The largest box is said to be far larger than the only one.
    arguments = (np.ones((1, 2, 3, 1), np.float32), 1, 2, 3, 1, box, 1, 50, 50, batch)
    BOXES.launch("copy_boxes", 4, 64, arguments)
    assert batch.sum() == batch[0, 0, 0, 1, 0] == 1


def test_copy_boxes_in_an_image_of_more_than_2_to_the_31_pixels():
    height = width = 70_000
    first = (height - 1) * width + width - 5  # the last five pixels
    image = np.arange(5, dtype=np.float32)
    batch = np.zeros(5, dtype=np.float32)
    boxes = np.array([[0, 0, 0, 0], [height - 1, height, width - 5, width]], dtype=np.int32)
    arguments = (
        *(address_of(image, first), 1, height, width, 1),
        *(boxes, 2, 1, 5, address_of(batch, height * width + first)),
    )
    BOXES.launch("copy_boxes", 3, 4, arguments)
    same_bits(batch, image)


@pytest.mark.parametrize("many", MANY)
def test_copy_very_many_boxes(many):
    n_boxes, threads = many + 77, 256
    work = 2 * n_boxes
    boxes = np.array([[0, 1, 1, 3]] * threads, dtype=np.int32)  # the last ones
    batch = np.zeros((threads, 4), dtype=np.float32)
    arguments = (
        *(np.arange(4, dtype=np.float32), 1, 1, 4, 1),
        *(address_of(boxes, (n_boxes - threads) * 4), n_boxes, 1, 2, address_of(batch, (n_boxes - threads) * 4)),
    )
    blocks = blocks_for(work, threads)
    BOXES.launch("copy_boxes", blocks, threads, arguments, first=blocks - 1)
    last = work - (blocks - 1) * threads
    assert last == 154
    assert (batch[-(last // 2) :] == [0, 1, 2, 0]).all()
    assert (batch[: -(last // 2)] == 0).all()


# Totals ---------------------------------------------------------------------------------------------------------------


def channel_totals(launch, output, channels):
    n_images, n_channels, n_positions = output.shape
    totals = np.full((n_images, len(channels)), np.nan)
    arguments = (output, n_images, n_channels, n_positions, channels, len(channels), totals)
    TOTALS.launch("channel_totals", *launch, arguments)
    return totals


@pytest.mark.parametrize("launch", LAUNCHES)
@pytest.mark.parametrize("seed", range(15))
def test_totals(seed, launch):
    rng = np.random.default_rng(seed)
    shape = (rng.integers(0, 5), rng.integers(1, 7), rng.integers(1, 40))
    output = rng.normal(size=shape).astype(np.float32)
    channels = rng.integers(0, shape[1], size=rng.integers(1, 9))
    in_order = np.add.accumulate(output[:, channels].astype(np.float64), axis=2)[..., -1]
    same_bits(channel_totals(launch, output, channels), in_order)
    # Sums of small whole numbers are the same in every order: that of NumPy, too.
    whole = rng.integers(-99, 99, size=shape).astype(np.float32)
    same_bits(channel_totals(launch, whole, channels), whole[:, channels].sum(axis=2, dtype=np.float64))


def test_totals_of_no_position_are_zero():
    same_bits(channel_totals((1, 32), np.empty((2, 3, 0), np.float32), np.array([0, 2])), np.zeros((2, 2)))


@pytest.mark.parametrize("many", MANY)
def test_totals_of_very_many_images(many):
    n_images, threads = many + 100, 256
    output = np.random.default_rng(0).random((threads, 3, 2), dtype=np.float32)
    totals = np.zeros(threads)
    arguments = (
        *(address_of(output, (n_images - threads) * 6), n_images, 3, 2),
        *(np.array([1]), 1, address_of(totals, n_images - threads)),
    )
    blocks = blocks_for(n_images)
    TOTALS.launch("channel_totals", blocks, threads, arguments, first=blocks - 1)
    assert (totals[:-100] == 0).all()
    same_bits(totals[-100:], output[-100:, 1].sum(axis=1, dtype=np.float64))


# imresize -------------------------------------------------------------------------------------------------------------


def resized(launch, image, n_out, scale, method, antialiasing):
    outer, n_in, inner = image.shape
    found = np.zeros((outer, n_out, inner), dtype=image.dtype)
    arguments = (image, outer, n_in, n_out, inner, scale, METHODS[method], int(antialiasing), found)
    IMRESIZE.launch(f"resize_axis_{image.dtype.name}", *launch, arguments)
    return found


def expected_resized(image, n_out, scale, method, antialiasing):
    expected = np.zeros((image.shape[0], n_out, image.shape[2]), dtype=image.dtype)
    _core.imresize(image, expected, 1.0, scale, method, antialiasing, 1)
    return expected


def random_image(rng, kind, shape):
    if np.issubdtype(kind, np.integer):
        limits = np.iinfo(kind)
        return rng.integers(limits.min, limits.max, size=shape, dtype=kind, endpoint=True)
    image = rng.normal(size=shape).astype(kind)
    image[rng.random(shape) < 0.05] = -0.0
    return image


@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("antialiasing", [False, True])
@pytest.mark.parametrize("seed", range(10))
def test_resize_axis(kind, method, antialiasing, seed):
    rng = np.random.default_rng([seed, len(kind), METHODS[method], antialiasing])
    image = random_image(rng, kind, rng.integers(1, [5, 20, 6]))
    n_out = int(rng.integers(1, 40))
    scale = n_out / image.shape[1] if rng.random() < 0.7 else float(rng.uniform(0.02, 3))
    how = (n_out, scale, method, antialiasing)
    for launch in LAUNCHES:
        same_bits(resized(launch, image, *how), expected_resized(image, *how))


@pytest.mark.parametrize("size", INTEGERS_DIFFER)
def test_nearest_where_integer_arithmetic_takes_another_pixel(size):
    n_in = -(-size // max(1, int(0.1 * size + 0.5)))
    image = np.arange(n_in, dtype=np.float32).reshape(1, n_in, 1)
    how = (size, size / n_in, "nearest", False)
    same_bits(resized((2, 256), image, *how), expected_resized(image, *how))


def test_nan_beside_the_kernel_does_not_spread():
    image = np.array([1, 2, np.nan, 4, 5, 6], dtype=np.float64).reshape(1, 6, 1)
    for method in METHODS:
        found = resized((1, 64), image, 18, 3.0, method, False)
        np.testing.assert_array_equal(np.isnan(found), np.isnan(expected_resized(image, 18, 3.0, method, False)))
        assert 0 < np.isnan(found).sum() < 18


@pytest.mark.parametrize("shape", [(0, 3, 2), (2, 3, 0)])
def test_nothing_to_resize(shape):
    assert resized((3, 32), np.empty(shape, np.float32), 5, 5 / 3, "bicubic", True).size == 0


def test_resize_more_than_2_to_the_31_values():
    outer, n_in, n_out, threads, near = 2**28 + 5, 12, 10, 256, 40
    lines = np.random.default_rng(0).normal(size=(near, n_in, 1)).astype(np.float32)
    found = np.zeros((near, n_out, 1), dtype=np.float32)
    work = outer * n_out
    before = outer - near
    arguments = (
        *(address_of(lines, before * n_in), outer, n_in, n_out, 1, n_out / n_in, METHODS["bicubic"], 1),
        address_of(found, before * n_out),
    )
    blocks = blocks_for(work, threads)
    IMRESIZE.launch("resize_axis_float32", blocks, threads, arguments, first=blocks - 2)
    done = work - (blocks - 2) * threads
    expected = expected_resized(lines, n_out, n_out / n_in, "bicubic", True).reshape(-1)
    assert done >= threads
    same_bits(found.reshape(-1)[-done:], expected[-done:])
    assert (found.reshape(-1)[:-done] == 0).all()


@pytest.mark.parametrize("many", MANY)
def test_resize_very_many_channels(many):
    inner, threads = many + 64, 64
    image = np.random.default_rng(0).normal(size=threads)
    found = np.zeros(threads)
    # One pixel becomes two: the last channels of the second.
    arguments = (
        *(address_of(image, inner - threads), 1, 1, 2, inner, 2.0, METHODS["bicubic"], 1),
        address_of(found, 2 * inner - threads),
    )
    blocks = blocks_for(2 * inner, threads)
    IMRESIZE.launch("resize_axis_float64", blocks, threads, arguments, first=blocks - 1)
    same_bits(found, expected_resized(image.reshape(1, 1, -1), 2, 2.0, "bicubic", True)[0, 1])


ONE_OF_MANY_BLOCKS = """
import numpy as np
from stand_in.host_kernels import kernels_of
one, two, box = np.ones((1, 1, 2, 1), np.float32), np.zeros((1, 1, 1, 2, 1), np.float32), np.int32([[0, 1, 0, 2]])
totals = np.zeros(2)
for name, kernel, arguments in (
    ("boxes", "copy_boxes", (one, 1, 1, 2, 1, box, 1, 1, 2, two)),
    ("totals", "channel_totals", (np.float32([3, 4]), 2, 1, 1, np.array([0]), 1, totals)),
    ("imresize", "resize_axis_float32", (one, 1, 1, 2, 2, 2.0, 2, 1, np.zeros(4, np.float32))),
):
    kernels_of(name).launch(kernel, 2**24, 256, arguments, end=1)
assert two.sum() == 2 and totals.tolist() == [3, 4]
"""


def test_a_launch_of_2_to_the_32_threads():
    """The stride over the grid would be 0 in 32 bits, and the loop without an end."""
    compiler()
    command = [sys.executable, "-c", ONE_OF_MANY_BLOCKS]
    subprocess.run(command, check=True, timeout=60, env={**os.environ, "PYTHONPATH": str(ROOT / "tests")})


# Compilers ------------------------------------------------------------------------------------------------------------

if shutil.which("nvcc"):  # .ci/run says so where it is not

    def test_nvcc_takes_the_kernels_without_a_warning(tmp_path):
        def compiled(file, architecture):
            result = tmp_path / f"{file.stem}-{architecture}.ptx"
            command = ["nvcc", "-ptx", "-std=c++17", "--fmad=false", "-Werror", "all-warnings"]
            command += [f"-arch=sm_{architecture}", "-I", ROOT / "cpp" / "include", file, "-o", result]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
            assert done.stderr == ""
            ptx = result.read_text(encoding="ascii")
            assert ".entry" in ptx
            assert "fma." not in ptx

        cases = [(file, architecture) for file in FILES for architecture in (75, 80, 86, 89, 90, 100, 103, 120)]
        assert len(FILES) == 3
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda case: compiled(*case), cases))
