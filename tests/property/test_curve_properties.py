"""Properties of deletion and insertion that hold for every map; hypothesis looks for one that breaks them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import networks
import reference
from occlusion_sensitivity import deletion, importNetworkFromONNX, insertion
from occlusion_sensitivity.faithfulness import area, step_shares

SIZE = (4, 5)
SEED = 3
WEIGHT = np.random.default_rng(SEED).integers(-9, 9, size=(1, *SIZE, 2))
X = np.random.default_rng(SEED + 1).integers(0, 9, size=(*SIZE, 2))
# Few values, so that many are equal.
MAPS = arrays(np.float32, SIZE, elements=st.sampled_from([-np.inf, -2, -0.0, 0, 0.5, 2.0**100, np.inf, np.nan]))
STEPS = st.integers(1, 20)


@pytest.fixture(scope="module")
def net(tmp_path_factory):
    """Linear, in whole numbers: scores are exact."""
    print(f"seed {SEED}")
    return importNetworkFromONNX(networks.linear(tmp_path_factory.mktemp("net") / "net.onnx", WEIGHT))


def linear(image):
    return (WEIGHT * image).sum(axis=(1, 2, 3))[np.newaxis]


@given(MAPS, STEPS, st.integers(-9, 9))
def test_curves_are_the_references(net, score_map, n_steps, fill):
    for function in (deletion, insertion):
        found = function(net, X, score_map, 1, NumSteps=n_steps, MaskValue=fill)
        how = {"fill": fill, "inserted": function is insertion}
        shares, scores, expected = reference.curve(linear, X, score_map, 1, n_steps, **how)
        assert found.shares.tolist() == shares
        assert found.scores.tolist() == scores
        assert found.area == pytest.approx(expected, rel=1e-12, abs=1e-12)


@given(st.permutations(range(20)), st.sampled_from([1, 2, 4, 5, 10, 20]))
def test_insertion_is_deletion_of_the_opposite_map_backwards(net, values, n_steps):
    """Where no two values are equal, and the steps are of the same size."""
    score_map = np.reshape(values, SIZE)
    inserted = insertion(net, X, score_map, 1, NumSteps=n_steps)
    deleted = deletion(net, X, -score_map, 1, NumSteps=n_steps)
    np.testing.assert_allclose(inserted.scores, deleted.scores[::-1], rtol=0, atol=1e-3)
    assert inserted.area == pytest.approx(deleted.area, abs=1e-3)


@given(MAPS, STEPS)
def test_only_the_order_of_the_values_matters(net, score_map, n_steps):
    """Twice a value, exactly; and its place among the others, from the weakest."""
    expected = deletion(net, X, score_map, 1, NumSteps=n_steps).scores.tolist()
    is_known = ~np.isnan(score_map)
    placed = score_map.copy()
    placed[is_known] = np.unique(score_map[is_known], return_inverse=True)[1]
    for other in (2 * score_map, placed):
        assert deletion(net, X, other, 1, NumSteps=n_steps).scores.tolist() == expected


@given(st.integers(1, 10**6), st.data())
def test_steps_are_equal_shares_within_a_pixel(n_pixels, data):
    n_steps = data.draw(st.integers(1, min(n_pixels, 300)))
    shares = step_shares(n_pixels, n_steps)
    assert (shares[0], shares[-1]) == (0, 1)
    assert (np.diff(shares) > 0).all()
    assert np.abs(shares - np.arange(n_steps + 1) / n_steps).max() <= (0.5 + 1e-9) / n_pixels


@given(st.integers(1, 300), st.data(), st.floats(-5, 5), st.floats(-5, 5))
def test_the_area_under_a_straight_line_is_its_middle(n_pixels, data, first, last):
    shares = step_shares(n_pixels, data.draw(st.integers(1, n_pixels)))
    scores = (first + (last - first) * shares)[:, np.newaxis]
    np.testing.assert_allclose(area(shares, scores), (first + last) / 2, rtol=0, atol=1e-13)
