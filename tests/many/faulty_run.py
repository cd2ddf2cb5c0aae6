"""explain_images in a process of its own, which the tests kill: it writes down what it computes and reports.

Its plan, of tests/faults.py, is in the file that the environment variable FAULTY_RUN names. Workers preload this.
"""

import errno
import functools
import json
import os
import resource
import signal
import sys
import time
from pathlib import Path


@functools.cache
def plan():
    return json.loads(Path(os.environ["FAULTY_RUN"]).read_text(encoding="utf-8"))


def note(what, text):
    """Add a line, whole, whatever ends this process."""
    file = os.open(plan()[what], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, f"{text}\n".encode())
    os.close(file)


def watch(module):
    """Note each image before it is computed; some end the process, as a decoder that crashes does."""
    from occlusion_sensitivity.many.work import outcome_of

    def noted(job, source):
        note("working", os.getpid())
        note("computed", source.name)
        time.sleep(plan()["seconds"])
        if "kills" in source.name:
            os.kill(os.getpid(), signal.SIGKILL)
        return outcome_of(job, source)

    module.outcome_of = noted


def watch_runs():
    """Note when each run of a network began and ended."""
    from occlusion_sensitivity.network.session import NetworkSession

    run = NetworkSession._run
    if run.__name__ == "noted":
        return

    def noted(*arguments):
        began = time.monotonic()
        try:
            return run(*arguments)
        finally:
            note("runs", f"{began} {time.monotonic()}")

    NetworkSession._run = noted


def explain(client=None):
    from occlusion_sensitivity import explain_images, importNetworkFromONNX

    net = importNetworkFromONNX(plan()["network"])
    how = {"client": client, "on_error": plan()["on_error"], "progress": lambda done, of: note("reported", done)}
    return explain_images(net, plan()["images"], plan()["store"], **how, **plan()["options"])


def end_at_write(number, how):
    """End the process, or let the disk be full, when a file is moved to its place, or removed, for the n-th time."""
    left = [number]

    def failing(call):
        def instead(*arguments, **options):
            left[0] -= 1
            if left[0] == 0 and how == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            if left[0] <= 0 and how == "full":
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return call(*arguments, **options)

        return instead

    os.replace, os.unlink = failing(os.replace), failing(os.unlink)


def fork(work):
    """The exit status of a child that does the work: negative after a signal."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    status = 1
    try:
        work()
        status = 0
    finally:
        sys.stderr.flush()
        os._exit(status)


def at_each_write():
    """Runs into stores of their own, each of which ends at another of its writes, and then goes on."""
    import filelock  # noqa: F401, so that no child has to
    import onnx  # noqa: F401
    import onnxruntime  # noqa: F401
    import zarr  # noqa: F401

    from occlusion_sensitivity.many import store

    store._SECONDS = store._TIMES = 0  # it is written after each image

    def run():
        end_at_write(number, plan()["ends"])
        try:
            explain()
        except RuntimeError as error:
            if "No space left on device" not in str(error):
                raise
            os._exit(28)

    def check():
        sys.path.append(str(Path(__file__).parents[1]))
        from faults import done_and_right

        done_and_right(Path(plan()["store"]), Path(plan()["reference"]))

    place = plan()["store"]
    for number in range(*plan()["writes"]):
        plan()["store"] = f"{place}-{number}"
        status = fork(run)
        statuses = status, fork(check), fork(explain)
        note("reported", f"ended {statuses}")
        if status == 0:
            break


def main():
    if plan()["limit"] is not None:
        what, most = plan()["limit"]
        resource.setrlimit(getattr(resource, f"RLIMIT_{what}"), (most, most))
    from occlusion_sensitivity.many import run

    watch(run)
    if plan()["ends"] is not None:
        at_each_write()
    elif plan()["client"] == "a client that exists":
        from distributed import Client, LocalCluster

        how = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0"}
        with LocalCluster(**how) as cluster, Client(cluster) as client:
            print(explain(client))
    else:
        print(explain(plan()["client"]))


if __name__ == "__main__":
    main()
else:
    from occlusion_sensitivity.many import worker

    watch(worker)
    if "OCCLUSION_WATCH_RUNS" in os.environ:  # Dask preloads a file more than once
        watch_runs()
