"""Forked and spawned processes, and Ctrl-C at any moment."""

import multiprocessing
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from occlusion_sensitivity import importNetworkFromONNX, occlusionSensitivity

LONG = 120  # seconds, after which a process is said to hang
X = np.random.default_rng(3).random((12, 10, 3))
POSIX = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks a process, as POSIX does")


def the_map(net):
    return occlusionSensitivity(net, X, [1, 2], Stride=1)


@POSIX
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_processes_that_are_forked_while_others_compute(nets, rounds):
    """What the parent's threads hold at that moment, the child must not wait for."""
    net = nets[0]
    expected = the_map(net)
    stop = threading.Event()

    def compute():
        while not stop.is_set():
            the_map(net)

    busy = [threading.Thread(target=compute) for _ in range(3)]
    for thread in busy:
        thread.start()
    try:
        for _ in range(20 * rounds):
            child = os.fork()
            if child == 0:
                try:
                    right = np.allclose(the_map(net), expected, rtol=0, atol=1e-6)
                    os._exit(0 if right else 3)
                finally:
                    os._exit(4)
            watch = threading.Timer(LONG, os.kill, (child, 9))
            watch.start()
            _, status = os.waitpid(child, 0)
            watch.cancel()
            assert os.waitstatus_to_exitcode(status) == 0
    finally:
        stop.set()
        for thread in busy:
            thread.join()
    np.testing.assert_array_equal(the_map(net), expected)


def in_another_process(file):
    return the_map(importNetworkFromONNX(file))


@pytest.mark.parametrize(
    "method", [m for m in ("fork", "spawn", "forkserver") if m in multiprocessing.get_all_start_methods()]
)
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_pool_of_processes(files, nets, method):
    expected = the_map(nets[0])
    with multiprocessing.get_context(method).Pool(2) as pool:
        for found in pool.map_async(in_another_process, [files[0]] * 4).get(LONG):
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


INTERRUPTED = """
import os, random, signal, sys, threading, time
import numpy as np
from occlusion_sensitivity import importNetworkFromONNX, occlusionSensitivity, threads
from occlusion_sensitivity.network.session import NetworkSession

signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background, a shell has it ignored
seed = int(sys.argv[2])
random.seed(seed)
net = importNetworkFromONNX(sys.argv[1])
X = np.random.default_rng(3).random((12, 10, 3))
real, begun, signalled = NetworkSession._bound_run, [], []

def run(session, onnx_session, images, output):
    begun.append(bool(signalled))
    time.sleep(0.002)  # long enough for a signal to come
    return real(session, onnx_session, images, output)

def the_map():
    return occlusionSensitivity(net, X, [1, 2], Stride=1)

def send():
    signalled.append(1)
    os.kill(os.getpid(), signal.SIGINT)

expected = the_map()
NetworkSession._bound_run = run
interrupted = 0
for attempt in range(int(sys.argv[3])):
    begun.clear(), signalled.clear()
    timer = threading.Timer(random.uniform(0, 0.02), send)
    try:
        timer.start()
        the_map()
        timer.join()
        time.sleep(1)
    except KeyboardInterrupt:
        interrupted += 1
        # No more than what the threads had been given by then.
        assert sum(begun) <= 2 * threads.of_the_process() + 1, (seed, attempt, sum(begun))
    timer.join()
    count = len(begun)
    np.testing.assert_array_equal(the_map(), expected, err_msg=f"seed {seed}, attempt {attempt}")
    assert not threads._ACCOUNT._in_use
print(interrupted)
"""


@POSIX
@pytest.mark.parametrize("processors", ["1", "2", "3"])
def test_an_interrupt_at_any_moment(files, rng, rounds, processors):
    """The call ends within one mini-batch, and the next one is right."""
    environment = {**os.environ, "OCCLUSION_SENSITIVITY_THREADS": processors}
    count = 50 * rounds
    command = [sys.executable, "-c", INTERRUPTED, str(files[0]), str(rng.integers(2**31)), str(count)]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=LONG * rounds,
        cwd=Path(__file__).parent,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == count


FROM_OUTSIDE = """
import os, signal, subprocess, sys, threading, time
import numpy as np
from occlusion_sensitivity import importNetworkFromONNX, imresize, occlusionSensitivity

armed = False

def interrupt(*_):
    if armed:
        raise KeyboardInterrupt

signal.signal(signal.SIGINT, interrupt)
net = importNetworkFromONNX(sys.argv[1])
X = np.random.default_rng(3).random((12, 10, 3), dtype=np.float32)
calls = {
    "predict": lambda: net.predict(X),
    "map": lambda: occlusionSensitivity(net, X, [1, 2], Stride=2),
    "imresize": lambda: imresize(X, [8, 8]),
}
call = calls[sys.argv[2]]
expected = call()
send = "import os, random, sys, time\\nwhile True: time.sleep(random.uniform(.001, .003)); os.kill(int(sys.argv[1]), 2)"
quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
sender = subprocess.Popen([sys.executable, "-c", send, str(os.getpid())], **quiet)
end, count = time.time() + float(sys.argv[3]), 0
while time.time() < end:
    try:
        armed = True
        while True:
            call()
    except KeyboardInterrupt:
        armed = False
    count += 1
    found = []
    another = threading.Thread(target=lambda: found.append(call()), daemon=True)
    another.start()
    another.join(20)
    if another.is_alive() or not np.array_equal(found[0], expected):
        print(f"after {count} interrupts another thread", "hangs" if another.is_alive() else "is wrong", flush=True)
        sender.kill()
        os._exit(1)
sender.kill()
print(count)
os._exit(0)
"""


@POSIX
@pytest.mark.parametrize("processors", ["1", "2"])
@pytest.mark.parametrize("call", ["predict", "map", "imresize"])
def test_interrupts_leave_nothing_locked(files, rounds, call, processors):
    """Signals from outside come between any two lines; afterwards other threads compute as before."""
    environment = {**os.environ, "OCCLUSION_SENSITIVITY_THREADS": processors}
    command = [sys.executable, "-c", FROM_OUTSIDE, str(files[0]), call, str(2 * rounds)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, timeout=LONG + 2 * rounds
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout) > 20
