"""Runs that go on at once: how images are shared out to them, in which order results come, and how they end."""

import os
import threading
import time
import weakref
from contextlib import closing
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import networks
import reference
from network_checks import goes_together, one_at_a_time
from occlusion_sensitivity import importNetworkFromONNX, mini_batches, occlusionSensitivity
from occlusion_sensitivity.devices.cpu import CPU, Cpu
from occlusion_sensitivity.matlab import minibatchpredict
from occlusion_sensitivity.mini_batches import Sharing, in_mini_batches, in_order
from occlusion_sensitivity.network.session import NetworkSession

counts = st.integers(1, 200)
X = np.random.default_rng(0).random((12, 10, 3))
LONG = 20  # seconds, after which a test gives up


@given(at_once=counts, runs=st.integers(1, 64), most=st.none() | counts)
def test_never_more_at_once_than_asked_for(at_once, runs, most):
    found = Sharing.of(SimpleNamespace(runs_at_once=runs), most, at_once)
    assert 1 <= found.runs <= runs
    assert 1 <= found.images <= (most or at_once)
    assert found.runs * found.images == found.at_once <= at_once
    if at_once >= runs:
        assert found.runs == runs  # none is idle


@given(first=st.integers(0, 100), count=st.integers(0, 500), runs=st.integers(1, 64), images=st.integers(1, 40))
def test_parts_cover_all_and_share_out_the_last(first, count, runs, images):
    parts = list(Sharing(runs, images).parts(first, [first + count]))
    assert [k for part in parts for k in range(part.start, part.stop)] == list(range(first, first + count))
    sizes = [part.stop - part.start for part in parts]
    assert all(1 <= size <= images for size in sizes)
    # Dealt out to whoever has least to do, no run gets more than its share but for the smallest part.
    given_to = [0] * runs
    for size in sizes:
        given_to[given_to.index(min(given_to))] += size
    assert max(given_to) <= -(-count // runs) + images // 4
    assert all(size >= images // 4 for size in sizes[:-1])


@pytest.mark.parametrize("runs", [1, 2, 5])
def test_results_come_in_order(runs):
    def work(part):
        time.sleep(0.002 * (part % 3))
        return part * part

    assert list(in_order(work, range(40), runs)) == [part * part for part in range(40)]
    assert list(in_order(work, [], runs)) == []


def test_runs_go_on_at_the_same_time_and_no_more_than_asked_for():
    meeting = threading.Barrier(3)  # nobody gets past it alone
    going_on, most, lock = 0, 0, threading.Lock()

    def work(part):
        nonlocal going_on, most
        with lock:
            going_on += 1
            most = max(most, going_on)
        meeting.wait(LONG)
        with lock:
            going_on -= 1
        return part

    assert list(in_order(work, range(12), 3)) == list(range(12))
    assert most == 3


def test_parts_are_not_taken_long_before_their_turn():
    taken = []

    def parts():
        for part in range(1000):
            taken.append(part)
            yield part

    with closing(in_order(lambda part: part, parts(), 2)) as results:
        assert [next(results) for _ in range(3)] == [0, 1, 2]
        assert len(taken) < 10


@pytest.mark.parametrize("runs", [1, 3])
def test_an_error_ends_it_all(runs):
    begun, ended = [], []

    def work(part):
        begun.append(part)
        time.sleep(0.01)
        if part == 4:
            raise ZeroDivisionError
        ended.append(part)
        return part

    found = []
    with pytest.raises(ZeroDivisionError):
        found.extend(in_order(work, range(100), runs))
    so_far = list(begun)
    assert set(begun) - set(ended) == {4}  # those beside it were waited for
    assert max(begun) <= 4 + 2 * runs + 1
    time.sleep(0.05)
    assert begun == so_far


def test_closing_waits_for_the_runs_that_go_on():
    begun, ended = [], []

    def work(part):
        begun.append(part)
        time.sleep(0.05)
        ended.append(part)
        return part

    results = in_order(work, range(100), 2)
    assert next(results) == 0
    results.close()
    assert sorted(begun) == sorted(ended)
    assert len(begun) <= 4  # of five that were handed over
    begun_by_then = len(begun)
    time.sleep(0.1)
    assert len(begun) == begun_by_then


@pytest.mark.parametrize("runs", [1, 2, 3, 16])
@pytest.mark.parametrize("images", [1, 2, 5])
def test_the_same_map_with_any_number_of_runs(tmp_path, monkeypatch, runs, images):
    monkeypatch.setattr(Cpu, "runs_at_once", runs)
    monkeypatch.setattr(Cpu, "largest_run", lambda device, image: images)
    file = networks.convolutional(tmp_path / "net.onnx", np.random.default_rng(0))
    expected = reference.score_map(one_at_a_time(file), X, [1, 2], mask=[3, 2], stride=[2, 1])
    net = importNetworkFromONNX(file)
    for size in (1, 2, 3, 7, 128):
        found = occlusionSensitivity(net, X, [1, 2], MaskSize=[3, 2], Stride=[2, 1], MiniBatchSize=size)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * np.ptp(expected))
        four = np.stack([X, 1 - X, X / 2, X * X], axis=3)
        scores = minibatchpredict(net, four, MiniBatchSize=size)
        alone = [net.predict(four[..., k])[0] for k in range(4)]
        np.testing.assert_allclose(scores, alone, rtol=1e-5)


def test_images_that_must_not_meet_still_go_at_the_same_time(tmp_path, monkeypatch):
    """Each in a run of its own; the mini-batch's size is the most of them."""
    monkeypatch.setenv("OCCLUSION_SENSITIVITY_THREADS", "3")
    file, X = networks.batch_mixing(tmp_path / "net.onnx"), np.random.default_rng(0).random((5, 6))
    going_on, most, lock, real = 0, 0, threading.Lock(), NetworkSession._bound_run

    def run(session, onnx_session, batch, output):
        nonlocal going_on, most
        with lock:
            going_on += len(batch)
            most = max(most, going_on)
        time.sleep(0.005)
        try:
            return real(session, onnx_session, batch, output)
        finally:
            with lock:
                going_on -= len(batch)

    net = importNetworkFromONNX(file)
    occlusionSensitivity(net, X, 1)  # sees that they must not
    monkeypatch.setattr(NetworkSession, "_bound_run", run)
    for size, together in ((1, 1), (2, 2), (3, 3), (128, 3)):
        most = 0
        occlusionSensitivity(net, X, 1, MiniBatchSize=size)
        assert most == together
    assert not goes_together(net)


@pytest.mark.parametrize(
    ("size", "images"),
    [((224, 224, 3), 3), ((600, 600, 3), 2), ((96, 96, 3), 16), ((112, 112, 3), 12), ((8, 8, 1), 32)],
)
def test_small_images_in_larger_runs(size, images):
    assert CPU.largest_run(np.zeros(size, dtype=np.float32)) == images


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="sets the processors of a process, as Linux does")
def test_a_run_on_each_processor_of_this_process():
    every = os.sched_getaffinity(0)
    assert CPU.runs_at_once == len(every)
    try:
        os.sched_setaffinity(0, {min(every)})
        assert CPU.runs_at_once == 1
    finally:
        os.sched_setaffinity(0, every)


def test_an_interrupted_consumer_waits_for_every_run(monkeypatch):
    """The one whose result it waited for among them."""
    begun, ended = [], []

    def work(part):
        begun.append(part)
        time.sleep(0.2)
        ended.append(part)
        return part

    def interrupted(_):
        while len(begun) < 2:
            time.sleep(0.001)
        raise KeyboardInterrupt

    monkeypatch.setattr(mini_batches._Run, "result", interrupted)
    with pytest.raises(KeyboardInterrupt):
        list(in_order(work, range(100), 2))
    assert sorted(begun) == sorted(ended)
    assert len(begun) <= 4


def test_nothing_of_a_failed_attempt_is_held_while_the_next_gets_ready():
    """Its batches would lie in the memory that is short."""
    made = []

    class Batch:
        pass

    def prepared(runs, sizes):
        assert not [batch for batch in made if batch() is not None]
        batch = Batch()
        made.append(weakref.ref(batch))

        def work(part):
            if part.stop - part.start > 2:
                raise MemoryError
            return batch is None

        return work

    device = SimpleNamespace(
        runs_at_once=1, largest_run=lambda image: None, pads_last_batch=False, free_memory=lambda: None
    )
    with pytest.warns(RuntimeWarning, match="A mini-batch of 20 images did not fit"):
        assert len(list(in_mini_batches(prepared, 20, 64, device, None))) == 10
    assert len(made) == 4  # 20, 10, 5, 2
