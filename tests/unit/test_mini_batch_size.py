"""The map does not depend on MiniBatchSize, whatever a network does to a batch."""

import itertools
from unittest import mock

import numpy as np
import pytest
from onnx import helper

import networks
import reference
from network_checks import goes_together, one_at_a_time
from occlusion_sensitivity import importNetworkFromONNX, occlusionSensitivity
from occlusion_sensitivity.devices.cpu import Cpu
from occlusion_sensitivity.matlab import minibatchpredict
from occlusion_sensitivity.network.session import NetworkSession
from occlusion_sensitivity.network.together import orders

SIZE = (6, 5)
X = np.random.default_rng(2).random(SIZE, dtype=np.float32)
SIZES = (1, 2, 3, 7, 128)
node = helper.make_node


def whole_numbers(**constants):
    return {name: np.int64(value) for name, value in constants.items()}


def over_the_batch(axis=0):
    return {
        "reversal": (
            [node("Slice", ["flat", "last", "before_first", "axis", "back"], ["score"])],
            whole_numbers(last=[-1], before_first=[-(2**31)], axis=[axis], back=[-1]),
        ),
        "rotation": (
            [
                node("Slice", ["flat", "one", "end", "axis"], ["rest"]),
                node("Slice", ["flat", "zero", "one", "axis"], ["first"]),
                node("Concat", ["rest", "first"], ["score"], axis=axis),
            ],
            whole_numbers(zero=[0], one=[1], end=[2**31], axis=[axis]),
        ),
        "rotation from the fourth on": (
            [
                node("Slice", ["flat", "three", "end", "axis"], ["rest"]),
                node("Slice", ["flat", "zero", "three", "axis"], ["first"]),
                node("Concat", ["rest", "first"], ["score"], axis=axis),
            ],
            whole_numbers(zero=[0], three=[3], end=[2**31], axis=[axis]),
        ),
        "means": (
            [
                node("ReduceMean", ["flat"], ["mean"], axes=[axis], keepdims=1),
                node("Sub", ["flat", "mean"], ["centred"]),
                node("Add", ["flat", "centred"], ["score"]),
            ],
            {},
        ),
        "cumulative sums": ([node("CumSum", ["flat", "axis"], ["score"])], whole_numbers(axis=axis)),
        "TopK": (
            [
                node("Shape", ["flat"], ["shape"]),
                node("Slice", ["shape", "zero", "one", "zero"], ["count"]),
                node("TopK", ["flat", "count"], ["score", "places"], axis=axis),
            ],
            whole_numbers(zero=[0], one=[1]),
        ),
    }


ALONE = {
    "the input itself": None,
    "identity": ([node("Identity", ["flat"], ["score"])], {}),
    "a scale": ([node("Mul", ["flat", "two"], ["score"])], {"two": np.float32(2)}),
}
ZOO = {**over_the_batch(), **ALONE}


def save(file, kind):
    if ZOO[kind] is None:
        return networks.save(file, [], {}, {"input": ["N", 1, *SIZE]}, {"input": ["N", 1, *SIZE]})
    nodes, constants = ZOO[kind]
    nodes = [node("Flatten", ["input"], ["flat"]), *nodes]
    return networks.save(file, nodes, constants, {"input": ["N", 1, *SIZE]}, {"score": ["N", 30]})


@pytest.fixture(params=[1, 2], ids=["one run", "two runs"])
def _runs(request, monkeypatch):
    monkeypatch.setattr(Cpu, "runs_at_once", request.param)


@pytest.mark.usefixtures("_runs")
@pytest.mark.parametrize("images", [2, 3, 5, 32])
@pytest.mark.parametrize("kind", ZOO)
def test_the_map_does_not_depend_on_the_mini_batch_size(tmp_path, monkeypatch, kind, images):
    monkeypatch.setattr(Cpu, "largest_run", lambda device, image: images)
    file = save(tmp_path / "net.onnx", kind)
    channels = [1] if ZOO[kind] is None else [8, 1, 30]
    expected = reference.score_map(one_at_a_time(file), X, channels, mask=[3, 2], stride=[1, 2], upsampling="none")
    how = {"MaskSize": [3, 2], "Stride": [1, 2], "OutputUpsampling": "none"}
    for size in SIZES:
        net = importNetworkFromONNX(file)
        for _ in range(2):  # as it is first tried, and as it is then known
            found = occlusionSensitivity(net, X, channels, MiniBatchSize=size, **how)
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5, err_msg=f"MiniBatchSize {size}")
    if kind in ALONE:
        assert goes_together(net)


@pytest.mark.parametrize("kind", ZOO)
def test_predictions_do_not_depend_on_it_either(tmp_path, kind):
    file = save(tmp_path / "net.onnx", kind)
    images = np.random.default_rng(0).random((*SIZE, 1, 9), dtype=np.float32)
    alone = [one_at_a_time(file)(images[..., k])[0] for k in range(9)]
    expected = np.stack([one.transpose(1, 2, 0) for one in alone], axis=3) if ZOO[kind] is None else np.stack(alone)
    for size in SIZES:
        found = minibatchpredict(importNetworkFromONNX(file), images, MiniBatchSize=size)
        np.testing.assert_allclose(found, expected, rtol=1e-6, err_msg=f"MiniBatchSize {size}")


def test_a_later_call_with_more_images_tries_them_first(tmp_path, monkeypatch):
    """Three images go together in this network, and four do not."""
    monkeypatch.setattr(Cpu, "runs_at_once", 1)
    net = importNetworkFromONNX(save(tmp_path / "net.onnx", "rotation from the fourth on"))
    how = {"MaskSize": 2, "Stride": 1, "OutputUpsampling": "none"}
    expected = occlusionSensitivity(net, X, 8, MiniBatchSize=1, **how)
    for size, together in ((3, True), (4, False), (3, False)):
        np.testing.assert_allclose(occlusionSensitivity(net, X, 8, MiniBatchSize=size, **how), expected, atol=1e-6)
        assert goes_together(net) is together


@pytest.mark.parametrize("n", range(2, 70))
@pytest.mark.parametrize("k", range(2, 7))
def test_no_exchange_of_images_leaves_every_order_alone(n, k):
    """No two places hold the same images throughout, so that whoever moves an image changes an order."""
    found = orders(n, k)
    assert all(len(order) == n and set(order) <= set(range(k)) for order in found)
    assert len(set(zip(*found, strict=True))) == n
    assert k ** (len(found) - 1) < n  # no more than it takes
    if n <= 5:
        for moved in itertools.permutations(range(n)):
            same = [[order[place] for place in moved] == order for order in found]
            assert all(same) == (list(moved) == list(range(n)))


def fixed_batch(file, batch, nodes, constants, n_channels=30):
    nodes = [node("Flatten", ["input"], ["flat"]), *nodes]
    return networks.save(file, nodes, constants, {"input": [batch, 1, *SIZE]}, {"score": [batch, n_channels]})


@pytest.mark.parametrize("batch", [2, 3, 32])
def test_a_fixed_batch_in_the_graph_s_constants(tmp_path, monkeypatch, batch):
    """At this number of images the graph leaves each alone; at others it exchanges them, or adds rows for all."""
    monkeypatch.setattr(Cpu, "runs_at_once", 1)
    monkeypatch.setattr(Cpu, "largest_run", lambda device, image: batch)
    half = batch // 2
    twice = [
        node("Slice", ["flat", "half", "end", "axis"], ["b"]),
        node("Slice", ["flat", "zero", "half", "axis"], ["a"]),
        node("Concat", ["b", "a"], ["turned"], axis=0),
        node("Slice", ["turned", "rest", "end", "axis"], ["d"]),
        node("Slice", ["turned", "zero", "rest", "axis"], ["c"]),
        node("Concat", ["d", "c"], ["score"], axis=0),
    ]
    places = whole_numbers(zero=[0], half=[half], rest=[batch - half], end=[2**31], axis=[0])
    rows = {"rows": np.ones((batch, 30), dtype=np.float32)}
    for kind, nodes, constants in (
        ("exchanged", twice, places),
        ("rows", [node("Add", ["flat", "rows"], ["score"])], rows),
    ):
        net = importNetworkFromONNX(fixed_batch(tmp_path / f"{kind}.onnx", batch, nodes, constants))
        how = {"MaskSize": 2, "Stride": [2, 3], "OutputUpsampling": "none"}
        expected = occlusionSensitivity(net, X, [8, 1], MiniBatchSize=1, **how)
        alone = net.predict(X)
        found = occlusionSensitivity(net, X, [8, 1], **how)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6, err_msg=kind)
        np.testing.assert_allclose(net.predict(X), alone, rtol=1e-6)


def test_what_is_given_away_is_not_written_again(tmp_path):
    """A score that is the input itself, and one of constants only, which lie in the session."""
    net = importNetworkFromONNX(save(tmp_path / "net.onnx", "the input itself"))
    first = net.predict(X)
    kept = first.copy()
    net.predict(X + 1)
    assert first.tolist() == kept.tolist()
    constant = networks.save(
        tmp_path / "constant.onnx",
        [node("Identity", ["table"], ["score"])],
        {"table": np.ones((1, 3), dtype=np.float32)},
        {"input": [1, 1, *SIZE]},
        {"score": [1, 3]},
    )
    net = importNetworkFromONNX(constant)
    net.predict(X)[:] = 7
    assert net.predict(X).tolist() == [[1, 1, 1]]


# A run that fails -----------------------------------------------------------------------------------------------------


@pytest.fixture
def net(tmp_path):
    return importNetworkFromONNX(networks.convolutional(tmp_path / "net.onnx", np.random.default_rng(0)))


def failing_runs(when):
    """Runs of which those fail for which `when(number of the run, images)` is true, as ONNX Runtime fails."""
    real, counted = NetworkSession._bound_run, itertools.count()

    def run(session, onnx_session, images, output):
        if when(next(counted), images):
            raise RuntimeError("Non-zero status code returned while running a node")
        return real(session, onnx_session, images, output)

    return mock.patch.object(NetworkSession, "_bound_run", run)


def test_one_failure_is_no_verdict(net):
    picture = np.random.default_rng(1).random((12, 10, 3))
    expected = occlusionSensitivity(net, picture, 1, Stride=1)
    with failing_runs(lambda k, images: k == 2 and len(images) > 1):
        np.testing.assert_allclose(occlusionSensitivity(net, picture, 1, Stride=1), expected, rtol=0, atol=1e-6)
    assert goes_together(net)


def test_an_image_that_fails_alone_as_well_is_no_verdict_either(net):
    picture = np.random.default_rng(1).random((12, 10, 3))
    expected = occlusionSensitivity(net, picture, 1, Stride=1)
    with (
        failing_runs(lambda k, images: (images == 0).all(axis=(1, 2, 3)).any()),
        pytest.raises(RuntimeError, match=r"net\.onnx fails on 1 image\(s\) at once: Non-zero status"),
    ):
        occlusionSensitivity(net, picture, 1, MaskSize=[12, 10], Stride=1, MaskValue=0)
    assert goes_together(net)
    np.testing.assert_array_equal(occlusionSensitivity(net, picture, 1, Stride=1), expected)


def test_twelve_sizes_keep_two_sessions_at_most(tmp_path):
    """A fixed batch, and images of any size: the file as it is, and the network with an open batch."""
    kernel = {"kernel": np.random.default_rng(0).normal(size=(2, 1, 3, 3)).astype(np.float32)}
    nodes = [
        node("Conv", ["input", "kernel"], ["conv"]),
        node("GlobalAveragePool", ["conv"], ["pool"]),
        node("Flatten", ["pool"], ["score"]),
    ]
    file = networks.save(tmp_path / "net.onnx", nodes, kernel, {"input": [1, 1, "H", "W"]}, {"score": [1, 2]})
    net, plain = importNetworkFromONNX(file), one_at_a_time(file)
    for k in range(12):
        picture = np.random.default_rng(k).random((8 + k, 20 - k), dtype=np.float32)
        expected = reference.score_map(plain, picture, [1, 2])
        np.testing.assert_allclose(
            occlusionSensitivity(net, picture, [1, 2]), expected, rtol=0, atol=1e-5 * np.ptp(expected)
        )
        session = net.network._together.session
        assert [session._as_it_is is None, session._with_open_batch is None] == [True, False]
    assert goes_together(net)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_map_without_values_says_so(tmp_path, value):
    """The logarithm of 0, or of less, where the mask lies on the first pixel."""
    nodes = [
        node("Flatten", ["input"], ["flat"]),
        node("Sub", ["flat", "one"] if np.isnan(value) else ["flat", "zero"], ["shifted"]),
        node("Log", ["shifted"], ["score"]),
    ]
    constants = {"one": np.float32(0.5), "zero": np.float32(0)}
    file = networks.save(tmp_path / "net.onnx", nodes, constants, {"input": ["N", 1, 2, 2]}, {"score": ["N", 4]})
    net = importNetworkFromONNX(file)
    how = {"MaskSize": 1, "Stride": 1, "MaskValue": 0, "OutputUpsampling": "none"}
    with pytest.warns(RuntimeWarning, match="^The network's output is NaN or infinite for some images: so are 1 of 4"):
        found = occlusionSensitivity(net, [[1, 2], [3, 4]], 1, **how)
    assert np.isfinite(found).tolist() == [[False, True], [True, True]]
    with pytest.warns(RuntimeWarning, match="for the image without a mask.*so are 4 of 4") as caught:
        occlusionSensitivity(net, [[0, 2], [3, 4]], 1, **how)
    assert caught[0].filename == __file__
