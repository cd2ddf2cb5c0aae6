"""deletion and insertion against the plain reference; a changed rule is noticed; what goes through the network."""

import numpy as np
import pytest

import networks
from curve_checks import check_curves
from network_checks import one_at_a_time
from occlusion_sensitivity import deletion, faithfulness, importNetworkFromONNX, insertion, options
from occlusion_sensitivity.devices import cpu
from occlusion_sensitivity.images import checked_image
from occlusion_sensitivity.network.network import Network
from occlusion_sensitivity.perturbations import Ranked

# Against the plain reference -----------------------------------------------------------------------------------------

SEEDS = range(8)


def check_all(*how):
    for seed in SEEDS:
        check_curves(*how, seed)


@pytest.fixture(scope="module")
def convolutional(tmp_path_factory):
    file = tmp_path_factory.mktemp("net") / "net.onnx"
    networks.convolutional(file, np.random.default_rng(0), size=(6, 8))
    return importNetworkFromONNX(file), one_at_a_time(file), (6, 8, 3)


@pytest.mark.parametrize("seed", SEEDS)
def test_curves_are_the_references(convolutional, seed):
    check_curves(*convolutional, seed)


KINDS = {
    "channels last": (networks.channels_last, (9, 11, 3), {"channels_last": True}),
    "spatial output": (networks.spatial, (7, 8, 2), {}),
    "images that mix": (lambda file, _: networks.batch_mixing(file), (5, 6, 1), {}),
    "one pixel": (lambda file, rng: networks.linear(file, rng.normal(size=(3, 1, 1, 2))), (1, 1, 2), {}),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", [100, 101])
def test_curves_of_every_kind_of_network(tmp_path, kind, seed):
    write, size, how = KINDS[kind]
    file = write(tmp_path / "net.onnx", np.random.default_rng(0))
    n_channels = 2 if kind == "images that mix" else 3
    check_curves(importNetworkFromONNX(file), one_at_a_time(file, **how), size, seed, n_channels)


def ranks(change):
    original = faithfulness._ranks
    return lambda patch: patch(faithfulness, "_ranks", lambda score_map: change(original, score_map))


def fill_of(change):
    original = options._fill
    return lambda patch: patch(options, "_fill", lambda *arguments: change(original(*arguments)))


def swapped(patch):
    one, other = faithfulness._covered_first, faithfulness._shown_first
    patch(faithfulness, "_covered_first", other)
    patch(faithfulness, "_shown_first", one)


def first_map_for_all(patch):
    original = Ranked.__init__
    patch(Ranked, "__init__", lambda images, *how: original(images, *how[:3], how[3][:1].repeat(3, 0), how[4]))


def one_more(images, which, rank0, rank1):
    ranks = images._ranks[which]
    return np.where((ranks >= rank0) & (ranks <= rank1), images._filled, images.original)


def area_of(mutant):
    return lambda patch: patch(faithfulness, "area", mutant)


def rounded_down(n_pixels, num_steps):
    return np.arange(num_steps + 1) * n_pixels // num_steps


MUTANTS = {
    "weakest first": ranks(lambda original, values: original(-values)),
    "the lower of equal values first": ranks(lambda original, values: original(values[::-1])[::-1]),
    "of equal values column after column": ranks(lambda original, values: original(values.T).T),
    "NaN first": ranks(lambda original, values: original(np.where(np.isnan(values), np.inf, values))),
    "largest amount first": ranks(lambda original, values: original(np.abs(values))),
    "one fill for all channels": fill_of(lambda fill: np.full_like(fill, fill.mean())),
    "the fill rounded": fill_of(np.round),
    "deletion and insertion swapped": swapped,
    "the first map for all channels": first_map_for_all,
    "one rank more": lambda patch: patch(Ranked, "_covered", one_more),
    "steps rounded down": lambda patch: patch(faithfulness, "_counts", rounded_down),
    "the mean of the scores": area_of(lambda shares, scores: scores.mean(axis=0)),
    "rectangles": area_of(lambda shares, scores: np.diff(shares) @ scores[:-1]),
    "steps of the same width": area_of(lambda shares, scores: (scores[1:] + scores[:-1]).mean(axis=0) / 2),
    "shares from the other end": area_of(lambda shares, scores: np.diff(1 - shares) @ (scores[1:] + scores[:-1]) / 2),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_changed_rule_is_noticed(convolutional, monkeypatch, mutant):
    MUTANTS[mutant](monkeypatch.setattr)
    with pytest.raises(AssertionError):  # of the comparison
        check_all(*convolutional)


# What goes through the network ---------------------------------------------------------------------------------------


@pytest.fixture
def images(monkeypatch):
    """How many images have gone through the network, the first look at two of them left out."""
    counts = []
    run = Network.run

    def counted(net, batch, count=None):
        counts.append(len(batch) if count is None else count)
        return run(net, batch, count)

    monkeypatch.setattr(Network, "run", counted)
    return counts


@pytest.mark.parametrize("function", [deletion, insertion])
@pytest.mark.parametrize(("channels", "count"), [(1, 11), ([1, 2], 11 + 9), ([3, 1, 2], 11 + 2 * 9)])
def test_the_same_image_goes_through_once(convolutional, images, function, channels, count):
    net, _, size = convolutional
    rng = np.random.default_rng(0)
    maps = rng.random((*size[:2], np.size(channels)))
    function(net, rng.random(size), maps, channels, NumSteps=10)
    assert sum(images) == count


def test_both_curves_in_the_same_runs(convolutional, images):
    net, _, size = convolutional
    rng = np.random.default_rng(1)
    X, maps = rng.random(size), rng.random((*size[:2], 2)).astype(np.float32)
    image, channels, told = checked_image(X, size), np.array([3, 0]), []
    fill = np.float32([0.1, 0.2, 0.3])
    found = faithfulness.curves(
        net.network, image, fill, maps, channels, 10, 7, lambda done, total: told.append((done, total))
    )
    assert sum(images) == 2 + 2 * 2 * 9
    assert told[-1] == (38, 38)
    shares = faithfulness.step_shares(48, 10)
    for scores, function in zip(found, (deletion, insertion), strict=True):
        one = function(net, X, maps, channels + 1, NumSteps=10, MaskValue=fill)
        assert scores.shape == (11, 2)
        np.testing.assert_allclose(scores, one.scores, rtol=1e-5)
        np.testing.assert_array_equal(shares, one.shares)
        np.testing.assert_allclose(faithfulness.area(shares, scores), one.area, rtol=1e-5)
    assert (found[0][[0, -1]] == found[1][[-1, 0]]).all()


@pytest.mark.parametrize("shape", [(3, 5, 6, 1), (1, 5, 6, 3), (2, 1, 1, 1)])
def test_ranked_images_are_painted_and_taken_away(shape):
    seed = sum(shape)
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    n_pixels = shape[1] * shape[2]
    original, filled = rng.random((2, *shape), dtype=np.float32)
    of_maps = np.stack([rng.permutation(n_pixels).reshape(shape[1:3]) for _ in range(2)]).astype(np.int32)
    ends = np.sort(rng.integers(0, n_pixels, size=(9, 2), endpoint=True))
    spans = np.column_stack([rng.integers(0, 2, size=9), ends]).astype(np.int32)
    perturbed = Ranked(cpu.CPU, original, filled, of_maps, spans)
    assert len(perturbed) == 9
    batch = np.repeat(original[np.newaxis], 5, axis=0)
    perturbed.paint(slice(4, 8), batch)
    for image, (which, rank0, rank1) in zip(batch, spans[4:8], strict=False):
        for row, col in np.ndindex(*shape[1:3]):
            source = filled if rank0 <= of_maps[which, row, col] < rank1 else original
            assert (image[:, row, col] == source[:, row, col]).all()
    assert (batch[4] == original).all()
    perturbed.restore(slice(4, 8), batch)
    assert (batch == original).all()


def test_samples_differ_widely():
    """By a quarter of the pixels at least, each from each other."""
    original, filled = np.zeros((3, 8, 8, 1), np.float32), np.ones((3, 8, 8, 1), np.float32)
    of_map = np.random.default_rng(0).permutation(64).reshape(1, 8, 8).astype(np.int32)
    samples = Ranked(cpu.CPU, original, filled, of_map, np.zeros((1, 3), np.int32)).samples()
    assert (samples[0] == original).all()
    assert (samples[1] == filled).all()
    apart = [np.mean(one != other) for k, one in enumerate(samples) for other in samples[:k]]
    assert min(apart) >= 0.25
