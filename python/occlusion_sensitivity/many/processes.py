"""Workers of a Dask cluster in processes of this machine: started, started again where they end, and ended.

Dask has nannies for this. They leave a worker alone that is killed while it starts, and they import the script of the
user again in each worker, which must be written for it.
"""

import asyncio
import logging
import os
import subprocess
import sys
import threading
import time
from typing import Any

from distributed import Worker

# Workers that end so many times each, and so many times in all, before any has been there, are not started again. Dask
# blames a task for the ends of four.
_STARTS, _FEWEST_STARTS = 3, 6
# Seconds that workers have to end when they are told to.
_PATIENCE = 5.0


class Processes:
    """Processes with a worker each.

    Parameters
    ----------
    count : int
    address : str
        Of the scheduler.
    typed : str
        What errors call the number of workers.
    """

    def __init__(self, count: int, address: str, typed: str) -> None:
        self.count = count
        self._typed = typed
        self._command = [sys.executable, "-P", "-c", f"from {__name__} import serve; serve({address!r})"]
        # What can be imported here can be imported there.
        self._environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        self._processes = [self._started() for _ in range(count)]
        self._ended = 0
        self._have_come = False

    def _started(self) -> subprocess.Popen[bytes]:
        # The pipe is closed when this process ends, in whatever way that is; Ctrl-C is for this process alone.
        how: dict[str, Any] = {"stdin": subprocess.PIPE, "start_new_session": True}
        how["creationflags"] = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)  # Windows knows no sessions
        return subprocess.Popen(self._command, env=self._environment, **how)

    def have_come(self) -> None:
        """They can be started: one that was there ends for other reasons."""
        self._have_come = True

    def keep(self, *, are_there: bool) -> None:
        """Start those again that ended; RuntimeError where that does not help."""
        self._have_come = self._have_come or are_there
        for k, process in enumerate(self._processes):
            if process.poll() is not None:
                self._ended += 1
                most = max(_STARTS * len(self._processes), _FEWEST_STARTS)
                if not self._have_come and self._ended >= most:
                    status = process.returncode
                    msg = f"{self._typed}: the workers end as soon as they are started, with exit status {status}."
                    raise RuntimeError(msg)
                _close_input(process)
                self._processes[k] = self._started()

    def close(self) -> None:
        """End them, whatever they do."""
        for process in self._processes:
            _close_input(process)
        for process in self._processes:
            try:
                process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _close_input(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()


def serve(address: str) -> None:
    """Be a worker of that scheduler, in a process of its own, until its input is closed or the scheduler is gone."""
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    asyncio.run(_work(address))


async def _work(address: str) -> None:
    made: Any = Worker
    # A worker that takes more memory than its share may be right: the networks of all fit, or they do not.
    worker = made(address, nthreads=1, memory_limit=0)
    threading.Thread(target=_close_with_the_input, args=(worker, asyncio.get_running_loop()), daemon=True).start()
    async with worker:
        await worker.finished()


def _close_with_the_input(worker: Any, loop: asyncio.AbstractEventLoop) -> None:
    os.read(0, 1)
    asyncio.run_coroutine_threadsafe(worker.close(executor_wait=False), loop)
    time.sleep(_PATIENCE / 2)
    os._exit(0)  # whatever it computes
