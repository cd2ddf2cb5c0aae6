"""Properties that hold for every input; hypothesis looks for one that breaks them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import networks
from occlusion_sensitivity import importNetworkFromONNX, imresize, occlusionSensitivity
from occlusion_sensitivity.grid import mask_grid
from occlusion_sensitivity.name_values import NameValues
from occlusion_sensitivity.options import OcclusionOptions

METHODS = st.sampled_from(["bicubic", "bilinear", "nearest", "box", "lanczos2", "lanczos3"])
SIZES = st.tuples(st.integers(1, 25), st.integers(1, 25))
IMAGES = arrays(np.float64, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.floats(-1e3, 1e3, width=32))


@given(IMAGES, SIZES, METHODS, st.floats(-10, 10), st.booleans())
def test_imresize_is_linear(A, size, method, factor, antialias):
    B = np.random.default_rng(0).normal(size=A.shape)
    combined = imresize(A + factor * B, size, method, Antialiasing=antialias)
    separate = imresize(A, size, method, Antialiasing=antialias) + factor * imresize(
        B, size, method, Antialiasing=antialias
    )
    np.testing.assert_allclose(combined, separate, rtol=0, atol=1e-9)


@given(SIZES, SIZES, METHODS, st.floats(-1e6, 1e6), st.booleans())
def test_imresize_keeps_constants(old, new, method, value, antialias):
    found = imresize(np.full(old, value), new, method, Antialiasing=antialias)
    assert found.shape == new
    np.testing.assert_allclose(found, value, rtol=1e-14, atol=1e-300)


@given(SIZES, SIZES, METHODS, st.integers(0, 255))
def test_imresize_keeps_integer_constants_exactly(old, new, method, value):
    assert (imresize(np.full(old, value, np.uint8), new, method) == value).all()


@given(IMAGES, st.floats(0.05, 4), METHODS)
def test_imresize_by_a_factor_gives_the_ceiled_size(A, factor, method):
    assert imresize(A, factor, method).shape == tuple(int(np.ceil(factor * n)) for n in A.shape)


@given(IMAGES, SIZES, METHODS)
def test_imresize_commutes_with_transposition(A, size, method):
    transposed = imresize(A.T, size[::-1], method).T
    np.testing.assert_allclose(imresize(A, size, method), transposed, rtol=0, atol=1e-9)


@given(IMAGES, SIZES)
def test_nearest_invents_no_values(A, size):
    assert np.isin(imresize(A, size, "nearest"), A).all()


@st.composite
def grids(draw):
    size = draw(st.tuples(st.integers(1, 60), st.integers(1, 60)))
    mask = tuple(draw(st.integers(1, length)) for length in size)
    stride = draw(st.tuples(st.integers(1, 80), st.integers(1, 80)))
    typed = {"MaskSize": mask, "Stride": stride, "MaskClipping": draw(st.booleans())}
    options = OcclusionOptions.parse(NameValues.of(typed), np.zeros((*size, 1), np.float32))
    return options, mask_grid(options)


@given(grids())
def test_every_box_lies_inside_the_image_and_is_not_empty(case):
    options, grid = case
    height, width = options.input_size
    row0, row1, col0, col1 = grid.boxes.T
    assert (row0 >= 0).all()
    assert (row0 < row1).all()
    assert (row1 <= height).all()
    assert (col0 >= 0).all()
    assert (col0 < col1).all()
    assert (col1 <= width).all()
    assert len(grid.boxes) == grid.shape[0] * grid.shape[1]
    if not options.mask_clipping:
        assert (row1 - row0 == options.mask_size[0]).all()
        assert (col1 - col0 == options.mask_size[1]).all()


@given(grids())
def test_masks_cover_the_image_where_the_stride_is_at_most_the_mask(case):
    options, grid = case
    if options.mask_clipping and all(s <= m // 2 for s, m in zip(options.stride, options.mask_size, strict=True)):
        covered = np.zeros(options.input_size, bool)
        for row0, row1, col0, col1 in grid.boxes:
            covered[row0:row1, col0:col1] = True
        assert covered.all()


@pytest.fixture(scope="module")
def half_blind(tmp_path_factory):
    """A network that sees columns 8 … 15 of 16 only."""
    weight = np.random.default_rng(0).normal(size=(2, 12, 16, 3))
    weight[:, :, :8] = 0
    return importNetworkFromONNX(networks.linear(tmp_path_factory.mktemp("net") / "net.onnx", weight))


@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(1, 4), st.booleans())
@settings(max_examples=40)
def test_an_ignored_region_has_no_influence(half_blind, seed, mask, stride, clipping):
    X = np.random.default_rng(seed).random((12, 16, 3), dtype=np.float32)
    how = {"MaskSize": mask, "Stride": stride, "MaskClipping": clipping, "OutputUpsampling": "none"}
    found = occlusionSensitivity(half_blind, X, [1, 2], **how)
    boxes = mask_grid(OcclusionOptions.parse(NameValues.of(how), X)).boxes
    blind = boxes[:, 3].reshape(found.shape[:2]) <= 8
    assert blind.any()
    np.testing.assert_allclose(found[blind], 0, rtol=0, atol=1e-5)
    if (~blind).any():
        assert np.abs(found[~blind]).max() > 1e-5


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(1, 200), min_size=2, max_size=4, unique=True))
@settings(max_examples=25)
def test_the_map_does_not_depend_on_the_mini_batch_size(real_networks, seed, sizes):
    real = real_networks["cifar"]
    X = np.random.default_rng(seed).random(real.input_size, dtype=np.float32)
    maps = [occlusionSensitivity(real.net, X, [1, 7], MiniBatchSize=n, Stride=6) for n in sizes]
    for other in maps[1:]:
        np.testing.assert_allclose(other, maps[0], rtol=0, atol=1e-5 * np.ptp(maps[0]))
