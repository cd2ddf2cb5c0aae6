"""Many threads on one network and on several: every call is right, sees one state, and leaves nothing behind."""

import gc
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from occlusion_sensitivity import importNetworkFromONNX, imresize, occlusionSensitivity, thread_limit
from occlusion_sensitivity.matlab import minibatchpredict, predict

THREADS = 8


def picture(net):
    rows, cols, channels = net.Layers[0].InputSize
    return np.random.default_rng(3).random((rows, cols, channels), dtype=np.float32)


def calls(nets):
    """Public functions with different options, each with the arguments that give the same every time."""
    found = []
    for net in nets:
        X = picture(net)
        four = np.stack([X, X / 2, 1 - X, X * X], axis=3)
        options = [
            {},
            {"Stride": 1, "MiniBatchSize": 5},
            {"MaskSize": 4, "OutputUpsampling": "none"},
            {"MiniBatchSize": 1},
        ]
        found += [lambda net=net, X=X, how=how: occlusionSensitivity(net, X, [1, 2], **how) for how in options]
        found.append(lambda net=net, X=X: predict(net, X))
        found.append(lambda net=net, four=four: minibatchpredict(net, four, MiniBatchSize=3))
    found.append(lambda: imresize(np.random.default_rng(1).random((30, 20, 200)), [150, 170]))
    return found


def limited(call, limit):
    with thread_limit(limit):
        return call()


def test_every_call_is_right(files, nets, rng, rounds):
    """The numbers of fresh networks in one thread, bit for bit where images go alone, else within float noise."""
    expected = [call() for call in calls([importNetworkFromONNX(file) for file in files])]
    work = calls(nets)
    chosen = rng.integers(len(work), size=300 * rounds)
    limits = rng.integers(1, 5, size=len(chosen))
    with ThreadPoolExecutor(THREADS) as pool:
        results = pool.map(lambda k, limit: limited(work[k], limit), chosen, limits)
        for k, found in zip(chosen, results, strict=True):
            np.testing.assert_allclose(found, expected[k], rtol=1e-5, atol=1e-6 * np.ptp(expected[k]))


def test_a_call_sees_one_state_of_the_outputs(nets, rounds):
    """Another thread sets OutputNames all the time: a map is one layer's or the other's, never something between."""
    net = nets[0]
    X = picture(net)
    expected = {}
    for name in ("logits", "prob"):
        net.OutputNames = name
        expected[name] = occlusionSensitivity(net, X, 1)
    stop, seen = threading.Event(), set()

    def change():
        while not stop.is_set():
            for name in expected:
                net.OutputNames = name

    changer = threading.Thread(target=change)
    changer.start()
    try:
        with ThreadPoolExecutor(4) as pool:
            for found in pool.map(lambda _: occlusionSensitivity(net, X, 1), range(60 * rounds)):
                apart = {name: np.abs(found - one).max() / np.ptp(one) for name, one in expected.items()}
                closest = min(apart, key=apart.get)
                assert apart[closest] < 1e-5, apart
                seen.add(closest)
    finally:
        stop.set()
        changer.join()
    assert seen == set(expected)


def test_networks_that_are_collected_during_a_run(files, rounds):
    expected = [occlusionSensitivity(net, picture(net), 1) for net in map(importNetworkFromONNX, files)]

    def work(k):
        net = importNetworkFromONNX(files[k])
        X = picture(net)
        maps = [occlusionSensitivity(net, X, 1)]
        run = threading.Thread(target=lambda net=net: maps.append(occlusionSensitivity(net, X, 1, Stride=1)))
        run.start()
        del net
        gc.collect()
        run.join()
        return maps

    with ThreadPoolExecutor(4) as pool:
        for k, (found, finer) in enumerate(pool.map(lambda k: work(k % 3), range(12 * rounds))):
            np.testing.assert_allclose(found, expected[k % 3], rtol=0, atol=1e-5 * np.ptp(expected[k % 3]))
            assert np.isfinite(finer).all()


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="reads what Linux says of a process")
def test_500_maps_leave_nothing_behind(nets):
    def held():
        gc.collect()
        with open("/proc/self/statm", encoding="ascii") as status:
            pages = int(status.read().split()[1])
        return (
            pages * os.sysconf("SC_PAGE_SIZE") / 2**20,
            len(os.listdir("/proc/self/task")),
            len(os.listdir("/proc/self/fd")),
        )

    def maps(count):
        for k in range(count):
            net = nets[k % 3]
            occlusionSensitivity(net, picture(net), [1, 2], Stride=2, MiniBatchSize=1 + k % 7)

    maps(60)
    memory, threads, descriptors = held()
    maps(500)
    later, threads_later, descriptors_later = held()
    assert threads_later <= threads
    assert descriptors_later <= descriptors
    assert later < memory + 8, f"{memory:.1f} MB, then {later:.1f} MB"
