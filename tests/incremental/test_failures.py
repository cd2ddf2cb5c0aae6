"""Incremental inference where something fails, or would be wrong: the map is that of whole images all the same."""

import resource
import signal
import tempfile
import warnings

import numpy as np
import pytest

import networks
from incremental_checks import OPTIONS, X, all_stages, are_equal, both, convolutional, listen, maps, reasons
from occlusion_sensitivity import importNetworkFromONNX, occlusionSensitivity
from occlusion_sensitivity.incremental import comparison, models
from occlusion_sensitivity.incremental.sessions import Sessions
from occlusion_sensitivity.network.session import NetworkSession, OutOfMemoryError


def test_stages_that_give_other_scores(tmp_path, monkeypatch, caplog):
    """The map is that of whole images all the same, and so are those that follow."""
    all_stages(monkeypatch)
    listen(caplog)
    file = convolutional(tmp_path)
    rest = Sessions.rest
    monkeypatch.setattr(Sessions, "rest", lambda *given: rest(*given) * np.float32(1.001))
    exhaustive, incremental = both(file)
    expected = occlusionSensitivity(exhaustive, X, 1, **OPTIONS)
    with pytest.warns(RuntimeWarning, match="gave other scores"):
        np.testing.assert_array_equal(occlusionSensitivity(incremental, X, 1, **OPTIONS), expected)
    np.testing.assert_array_equal(occlusionSensitivity(incremental, X, 1, **OPTIONS), expected)
    assert "other scores" in reasons(caplog)[-1]


def test_stages_that_gave_other_scores_are_not_tried_with_other_sizes(tmp_path, monkeypatch):
    all_stages(monkeypatch)
    file = networks.fully_convolutional(tmp_path / "network.onnx", np.random.default_rng(0))
    net = importNetworkFromONNX(file, Inference="incremental")
    rest = Sessions.rest
    monkeypatch.setattr(Sessions, "rest", lambda *given: rest(*given) * np.float32(1.001))
    with pytest.warns(RuntimeWarning, match="gave other scores"):
        occlusionSensitivity(net, X, 1, **OPTIONS)
    occlusionSensitivity(net, X[:, :16], 1, **OPTIONS)  # without a warning, which is an error here


def test_totals_are_compared_channel_by_channel():
    """A large one does not hide what is wrong in a small one; nor does infinity, or what is no number."""
    expected = np.array([[1e7, 1.0, 0.0], [2e7, 1.5, 0.0]])
    assert comparison.are_equal(expected, expected)
    assert comparison.are_equal(expected * (1 + 1e-7), expected)
    for size in (1e4, np.inf):
        large = expected * [size / 1e7, 1.0, 1.0]
        assert not comparison.are_equal(large * [1.0, 1.2, 1.0], large)
    for odd in (np.inf, -np.inf, np.nan):
        channel = np.array([[odd], [1.0], [2.0]])
        assert comparison.are_equal(channel, channel)
        assert comparison.are_equal(channel * (1 + 1e-7), channel)
        assert not comparison.are_equal(np.array([[odd], [1.0], [2.1]]), channel)
        assert not comparison.are_equal(np.array([[0.0], [1.0], [2.0]]), channel)


def test_stages_that_fail(tmp_path, monkeypatch, caplog):
    """The reason is one line, whatever the error says."""
    all_stages(monkeypatch)
    listen(caplog)
    file = convolutional(tmp_path)

    def fail(*given):
        raise RuntimeError("first\nsecond")

    monkeypatch.setattr(Sessions, "stage_on_whole", fail)
    np.testing.assert_array_equal(*maps(file, X, OPTIONS))
    assert reasons(caplog) == ["network.onnx is evaluated exhaustively: its stages fail: first."]


@pytest.mark.parametrize("error", [OSError("no space"), MemoryError("no memory")])
def test_stages_that_fail_for_now(tmp_path, monkeypatch, caplog, error):
    all_stages(monkeypatch)
    listen(caplog)
    exhaustive, incremental = both(convolutional(tmp_path))
    expected = occlusionSensitivity(exhaustive, X, 1, **OPTIONS)

    def fail(*given):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(Sessions, "stage_on_whole", fail)
        np.testing.assert_array_equal(occlusionSensitivity(incremental, X, 1, **OPTIONS), expected)
    assert len(reasons(caplog)) == 1
    assert are_equal(occlusionSensitivity(incremental, X, 1, **OPTIONS), expected)
    assert len(reasons(caplog)) == 1  # it is incremental now


def test_a_full_disk(tmp_path, monkeypatch, caplog):
    """ONNX Runtime cannot write the optimised graph; the next map is incremental again."""
    all_stages(monkeypatch)
    listen(caplog)
    exhaustive, incremental = both(convolutional(tmp_path))
    expected = occlusionSensitivity(exhaustive, X, 1, **OPTIONS)
    opened = models.opened

    def on_a_full_disk(*given, **how):
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
        try:
            return opened(*given, **how)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    with monkeypatch.context() as patch:
        patch.setattr(signal, "SIGXFSZ", signal.signal(signal.SIGXFSZ, signal.SIG_IGN) and signal.SIGXFSZ)
        patch.setattr(models, "opened", on_a_full_disk)
        np.testing.assert_array_equal(occlusionSensitivity(incremental, X, 1, **OPTIONS), expected)
    assert len(reasons(caplog)) == 1
    assert are_equal(occlusionSensitivity(incremental, X, 1, **OPTIONS), expected)
    assert len(reasons(caplog)) == 1


def test_no_folder_for_temporary_files(tmp_path, monkeypatch, caplog):
    all_stages(monkeypatch)
    listen(caplog)
    file = convolutional(tmp_path)
    net = importNetworkFromONNX(file, Inference="incremental")
    expected = occlusionSensitivity(importNetworkFromONNX(file), X, 1, **OPTIONS)
    with monkeypatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
        assert "there is no folder for temporary files" in repr(net)
        np.testing.assert_array_equal(occlusionSensitivity(net, X, 1, **OPTIONS), expected)
    assert "there is no folder for temporary files" in reasons(caplog)[0]
    assert are_equal(occlusionSensitivity(net, X, 1, **OPTIONS), expected)
    assert len(reasons(caplog)) == 1


@pytest.mark.parametrize("error", [RuntimeError("boom"), MemoryError("no memory")])
def test_stages_that_fail_later(tmp_path, monkeypatch, caplog, error):
    """In the middle of a second map."""
    all_stages(monkeypatch)
    listen(caplog)
    exhaustive, incremental = both(convolutional(tmp_path))
    expected = occlusionSensitivity(exhaustive, X, 1, **OPTIONS)
    assert are_equal(occlusionSensitivity(incremental, X, 1, **OPTIONS), expected)
    assert reasons(caplog) == []
    rest, runs = Sessions.rest, []

    def fails_late(*given):
        runs.append(1)
        if len(runs) > 4:
            raise error
        return rest(*given)

    with monkeypatch.context() as patch:
        patch.setattr(Sessions, "rest", fails_late)
        with warnings.catch_warnings(record=True):
            warnings.simplefilter("always")  # of mini-batches that did not fit
            np.testing.assert_array_equal(occlusionSensitivity(incremental, X, 1, **OPTIONS), expected)
    assert "its stages fail" in reasons(caplog)[0]
    assert "exhaustive, as its stages fail" in repr(incremental)
    occlusionSensitivity(incremental, X, 1, **OPTIONS)
    assert len(reasons(caplog)) == (1 if isinstance(error, MemoryError) else 2)  # memory may be there again


def test_a_file_that_is_gone(tmp_path, monkeypatch, caplog):
    all_stages(monkeypatch)
    listen(caplog)
    file = convolutional(tmp_path)
    exhaustive, incremental = both(file)
    expected = occlusionSensitivity(exhaustive, X, 1, **OPTIONS)
    file.unlink()
    np.testing.assert_array_equal(occlusionSensitivity(incremental, X, 1, **OPTIONS), expected)
    assert "is gone since it was imported" in reasons(caplog)[0]


def test_too_little_memory_to_compare(tmp_path, monkeypatch, caplog):
    """As many images at once as fit, as ever."""
    all_stages(monkeypatch)
    listen(caplog)
    exhaustive, incremental = both(convolutional(tmp_path))
    expected = occlusionSensitivity(exhaustive, X, 1, **OPTIONS)
    together = NetworkSession.together

    def short_of_memory(session, images, output):
        if len(images) > 1:
            raise OutOfMemoryError("one image fits")
        return together(session, images, output)

    monkeypatch.setattr(NetworkSession, "together", short_of_memory)
    with pytest.warns(RuntimeWarning, match="did not fit into memory"):
        np.testing.assert_array_equal(occlusionSensitivity(incremental, X, 1, **OPTIONS), expected)
    assert "not enough memory to compare" in reasons(caplog)[0]
