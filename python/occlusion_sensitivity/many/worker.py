"""What a worker of a Dask cluster has of a run, and does for it. Imported in the workers, by name."""

import pickle
import socket
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from distributed import Status, WorkerPlugin, get_worker

from ..network.origin import drop_copy, keep_copy
from ..threads import of_the_process, processors, quota_of_the_process, thread_limit
from .sources import Source
from .work import Job, Outcome, outcome_of

# A nanny takes a worker for started some tenths of a second after it takes tasks, and leaves one alone that ends
# before. Seconds that it takes none.
_SETTLES = 1.0
# The processors that each worker of a machine may use.
Machine = Sequence[frozenset[int]]


class NetworkMissingError(RuntimeError):
    """The network's file is not here, or another: its content is asked for."""


class ForgottenError(RuntimeError):
    """The cluster knows nothing of the run any more: its scheduler was started again."""


class JobPlugin(WorkerPlugin):
    """A run's job, on a worker: there before the first image comes, also on workers that join later.

    Parameters
    ----------
    job : bytes
        Pickled: the network as its place and SHA-256.
    files : mapping, optional
        The content of the network's files, by their names, for workers that do not see them.
    """

    def __init__(self, name: str, job: bytes, files: Mapping[str, bytes] | None) -> None:
        self.name = name
        self._job = job
        self._files = files

    def setup(self, worker: Any) -> None:
        # Where Dask cleans up after workers that were killed.
        self._place = worker.local_directory
        self._opening = threading.Lock()
        self._opened: Job | None = None
        is_new = worker.nanny is not None and worker.status != Status.running
        self._settled = time.monotonic() + (_SETTLES if is_new else 0)
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def teardown(self, worker: Any) -> None:
        self._opened = None
        if self._folder is not None:
            drop_copy(Path(self._folder.name))
            self._folder.cleanup()

    def __getstate__(self) -> dict[str, Any]:
        # As it travels: without what setup makes.
        return {name: value for name, value in vars(self).items() if name in ("name", "_job", "_files")}

    def job(self) -> Job:
        """The job, whose network is opened once."""
        with self._opening:
            if self._opened is None:
                time.sleep(max(0.0, self._settled - time.monotonic()))
                self._opened = self._loaded()
            return self._opened

    def _loaded(self) -> Job:
        if self._files is not None:
            # Where files that are mapped into memory cannot be removed, they stay, until Dask cleans up.
            self._folder = tempfile.TemporaryDirectory(
                prefix="occlusion-sensitivity-", dir=self._place, ignore_cleanup_errors=True
            )
            folder = Path(self._folder.name)
            for name, content in self._files.items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(content)
            keep_copy(folder, self._files)
        try:
            job: Job = pickle.loads(self._job)
        except (OSError, RuntimeError) as error:
            if self._files is not None:
                raise
            raise NetworkMissingError(str(error)) from error
        return job


class SharePlugin(WorkerPlugin):
    """What a task's share of a worker's machine is.

    Parameters
    ----------
    machines : mapping
        Of each machine that is known, its workers.
    """

    def __init__(self, name: str, machines: Mapping[str, Machine]) -> None:
        self.name = name
        self._machines = machines

    def setup(self, worker: Any) -> None:
        tasks, self.threads = share_of(self._machines.get(machine(), ()), worker.state.nthreads)
        self.tasks = threading.BoundedSemaphore(tasks)


def explain(job_name: str, share_name: str, source: Source) -> Outcome:
    """Explain an image for a run, in the threads that are a task's share of the machine."""
    plugins: dict[str, Any] = get_worker().plugins
    if not {job_name, share_name} <= plugins.keys():
        raise ForgottenError
    share: SharePlugin = plugins[share_name]
    job: Job = plugins[job_name].job()
    with share.tasks, thread_limit(share.threads):
        return outcome_of(job, source)


def machine() -> str:
    """What workers on the same machine, or in the same container, have in common."""
    return socket.gethostname()


def own_processors() -> tuple[str, frozenset[int]]:
    """The machine of this process, and the processors that it may use."""
    return machine(), processors()


def share_of(workers: Machine, tasks: int) -> tuple[int, int]:
    """How many tasks of a worker with so many threads go on at once, and in how many threads each.

    Workers share the processors that several of them may use, and all of them the quota of their container. Until it is
    known how many there are, one is enough.
    """
    if not workers:
        return 1, 1
    mine = processors()
    sharing = Counter(number for worker in workers for number in worker)
    share = sum(1 / max(1, sharing[number]) for number in mine)
    share = min(share, quota_of_the_process() / len(workers))
    threads = min(of_the_process(), max(1, int(share + 1e-9)))
    limit = max(1, threads // tasks)
    return max(1, threads // limit), limit
