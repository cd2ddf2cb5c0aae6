"""One rule for threads: affinity, the container's quota, the environment variable, thread_limit; and one account."""

import math
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import networks
from occlusion_sensitivity import (
    importNetworkFromONNX,
    imresize,
    occlusionSensitivity,
    thread_limit,
    threads,
)
from occlusion_sensitivity.devices.cpu import CPU

X = np.random.default_rng(0).random((12, 10, 3))


@pytest.fixture
def processors(monkeypatch):
    """Sets what the environment says."""
    return lambda n: monkeypatch.setenv("OCCLUSION_SENSITIVITY_THREADS", str(n))


@pytest.fixture
def net(tmp_path):
    return importNetworkFromONNX(networks.convolutional(tmp_path / "net.onnx", np.random.default_rng(0)))


def test_the_environment_variable_counts(processors):
    processors(5)
    assert threads.of_the_process() == threads.of_a_call() == CPU.runs_at_once == 5
    with thread_limit(2):
        assert (threads.of_the_process(), threads.of_a_call()) == (5, 2)
        with thread_limit(9):
            assert threads.of_a_call() == 5
        assert threads.of_a_call() == 2
    assert threads.of_a_call() == 5


@pytest.mark.parametrize("bad", ["0", "-1", "two", "1.5"])
def test_a_variable_that_is_no_number(net, processors, bad):
    processors(bad)
    for call in (lambda: occlusionSensitivity(net, X, 1), lambda: net.predict(X), lambda: imresize(X, 2)):
        with pytest.raises(
            ValueError, match=f"OCCLUSION_SENSITIVITY_THREADS must be a positive integer, but is '{bad}'"
        ):
            call()


@pytest.mark.parametrize(("bad", "error"), [(0, ValueError), (1.5, ValueError), ("2", TypeError), (None, TypeError)])
def test_a_limit_that_is_no_number(bad, error):
    with pytest.raises(error, match="^n must be a positive integer, but is"), thread_limit(bad):
        pass


def test_a_limit_is_for_the_calls_of_its_own_thread(processors):
    processors(4)
    with thread_limit(1), ThreadPoolExecutor(1) as pool:
        assert pool.submit(threads.of_a_call).result() == 4


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="sets the processors of a process, as Linux does")
def test_the_affinity_counts():
    every = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(every)})
        assert threads.of_the_process() == 1
    finally:
        os.sched_setaffinity(0, every)


# Control groups -------------------------------------------------------------------------------------------------------


def groups(tmp_path, membership, files):
    (tmp_path / "cgroup").write_text(membership, encoding="utf-8")
    for name, content in files.items():
        file = tmp_path / "mount" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="ascii")
    return threads.quota(tmp_path / "cgroup", tmp_path / "mount")


@pytest.mark.parametrize(
    ("membership", "files", "processors"),
    [
        ("0::/\n", {}, math.inf),
        ("0::/\n", {"cpu.max": "max 100000\n"}, math.inf),
        ("0::/\n", {"cpu.max": "150000 100000\n"}, 1.5),
        ("0::/a/b\n", {"a/b/cpu.max": "max 100000\n", "a/cpu.max": "300000 100000\n"}, 3),
        ("0::/a/b\n", {"a/b/cpu.max": "200000 100000\n", "a/cpu.max": "300000 100000\n"}, 2),
        # In a container the path is one outside of it, and the group itself is the root.
        ("0::/../../docker/1234\n", {"cpu.max": "50000 100000\n", "docker/1234/cpu.max": "1 100000\n"}, 0.5),
        ("4:cpu,cpuacct:/x\n3:memory:/x\n", {"cpu,cpuacct/x/cpu.cfs_quota_us": "-1"}, math.inf),
        (
            "4:cpu,cpuacct:/x\n0::/\n",
            {"cpu,cpuacct/x/cpu.cfs_quota_us": "400000\n", "cpu,cpuacct/x/cpu.cfs_period_us": "100000\n"},
            4,
        ),
        ("4:cpuacct,cpu:/x\n", {"cpu/cpu.cfs_quota_us": "70000", "cpu/cpu.cfs_period_us": "100000"}, 0.7),
        ("4:cpuset:/x\n", {"cpuset/x/cpu.cfs_quota_us": "1", "cpuset/x/cpu.cfs_period_us": "100000"}, math.inf),
        ("0::/\n", {"cpu.max": "nonsense"}, math.inf),
        ("0::/\n", {"cpu.max": "1000 0"}, math.inf),
        ("nonsense\n", {}, math.inf),
    ],
)
def test_quotas_of_containers(tmp_path, membership, files, processors):
    assert groups(tmp_path, membership, files) == processors


def test_a_system_without_groups(tmp_path):
    assert threads.quota(tmp_path / "nowhere", tmp_path) == math.inf


@pytest.mark.parametrize(("quota", "count"), [(math.inf, None), (0.5, 1), (1.5, 2), (1.0, 1)])
def test_a_quota_is_rounded_up(monkeypatch, quota, count):
    monkeypatch.setattr(threads, "quota_of_the_process", lambda: quota)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)), raising=False)
    assert threads.of_the_process() == (count or 64)


# The account ----------------------------------------------------------------------------------------------------------


def test_no_more_compute_at_once_than_there_are(processors):
    processors(3)
    lock, now, most = threading.Lock(), 0, 0

    def compute(wanted):
        nonlocal now, most
        with threads.taken(wanted) as count:
            assert 1 <= count <= wanted
            with lock:
                now += count
                most = max(most, now)
            time.sleep(0.002)
            with lock:
                now -= count

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(compute, [1, 2, 5, 1, 3] * 20))
    assert (now, most) == (0, 3)


def test_what_fails_gives_back_what_it_took(processors):
    processors(1)
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt), threads.taken():
            raise KeyboardInterrupt
    with threads.taken(5) as count:
        assert count == 1


def test_what_nobody_holds_is_not_in_use(processors):
    """As after Ctrl-C at an unlucky moment: whoever took it, is gone without giving it back."""
    processors(1)
    lost = threads.taken()
    lost.__enter__()
    lost = None
    with threads.taken() as count:
        assert count == 1


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="reads what Linux says of a process")
def test_calls_at_the_same_time_share_the_threads(net, processors):
    """Four callers, and as many workers as there are processors; never more."""
    processors(2)
    expected = occlusionSensitivity(net, X, 1, Stride=1)
    before = len(os.listdir("/proc/self/task"))
    counts, stop = [], threading.Event()

    def watch():
        while not stop.is_set():
            counts.append(len(os.listdir("/proc/self/task")))
            time.sleep(0.001)

    watcher = threading.Thread(target=watch)
    watcher.start()
    callers = ThreadPoolExecutor(4)
    for found in callers.map(lambda _: occlusionSensitivity(net, X, 1, Stride=1), range(40)):
        np.testing.assert_array_equal(found, expected)
    stop.set()
    watcher.join()
    callers.shutdown()
    assert max(counts) <= before + 1 + 4


def test_a_call_inside_a_progress_report(net, processors):
    """Whoever waits for the results holds no thread, and so may call again."""
    from occlusion_sensitivity.name_values import NameValues
    from occlusion_sensitivity.occlusion import occlusion_map

    processors(2)
    expected = occlusionSensitivity(net, X, 1, Stride=2)
    inner = []
    how = NameValues.of({"Stride": 2})
    occlusion_map(net.network, X, 1, how, lambda *_: inner.append(occlusionSensitivity(net, X, 1, Stride=2)))
    assert inner
    for found in inner:
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("n", [1, 2, 7])
def test_imresize_gives_the_same_in_any_number_of_threads(processors, n):
    image = np.random.default_rng(1).random((40, 30, 300))
    expected = imresize(image, [200, 170])
    processors(n)
    np.testing.assert_array_equal(imresize(image, [200, 170]), expected)


NO_THREADS = """
import resource, sys
import numpy as np
from occlusion_sensitivity import imresize
image = np.random.default_rng(1).random((40, 30, 300))
expected = imresize(image, [200, 170])
import os
os.environ["OCCLUSION_SENSITIVITY_THREADS"] = "8"
# Neither a process nor memory for the stack of a thread is to be had.
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + expected.nbytes * 3,) * 2)
resource.setrlimit(resource.RLIMIT_STACK, (1 << 30, resource.RLIM_INFINITY))
found = imresize(image, [200, 170])
print((found == expected).all())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits the memory of a process, as Linux does")
def test_imresize_where_no_thread_is_to_be_had():
    done = subprocess.run([sys.executable, "-c", NO_THREADS], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "True"), done.stderr
