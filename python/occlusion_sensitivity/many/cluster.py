"""A Dask cluster as the place where images are explained. What comes back is for the store, which workers never see."""

import dataclasses
import logging
import pickle
import secrets
import time
from collections import defaultdict
from collections.abc import Generator, Iterator
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

from ..arguments import expected, positive_integer
from ..notices import warn_user
from ..packages import missing
from .sources import File, Remote, Source
from .work import Job, Outcome

# For each thread of the workers, so many images are on their way: enough to keep it busy.
_WINDOW = 3
_FEWEST = 8
# Dask itself tries a task on four workers before it blames the task for their ends; as often it is tried here. Workers
# end for other reasons as well.
_ATTEMPTS = 5
# Seconds between two looks at who is there; until a scheduler that does not answer is given up; until it is said that
# no worker is there.
_LOOK, _PATIENCE, _WARNING = 2.0, 20.0, 30.0
# How long one waits for what has come before something else is done.
_BRIEFLY = 0.25

CLIENTS = "a dask.distributed Client, the address of a scheduler, or a number of workers"


@dataclass(frozen=True, slots=True)
class _Task:
    """An image on its way, for the n-th time."""

    number: int
    source: Source
    attempt: int = 1


class Cluster:
    """Workers of a Dask cluster, as a :class:`~occlusion_sensitivity.many.run.Pool`.

    Parameters
    ----------
    client : distributed.Client, str or int
        Of a cluster that exists, or its address; or how many workers are started on this machine.
    typed : str
        What errors call it.
    """

    def __init__(self, client: Any, typed: str) -> None:
        try:
            from distributed import Client
        except ImportError as error:
            raise missing("A cluster needs", "dask.distributed", "many", error) from error
        if not isinstance(client, Client | str | int) or isinstance(client, bool):
            raise TypeError(expected(typed, CLIENTS, client))
        if isinstance(client, int):
            positive_integer(typed, client)
        self._given = client
        self._typed = typed

    def outcomes(self, job: Job, items: Iterator[tuple[int, Source]]) -> Generator[tuple[int, Outcome] | None]:
        first = next(items, None)
        if first is None:  # nothing to do: no worker has to be started
            return
        with ExitStack() as stack:
            running = _Running(self._connected(stack), self._typed, job)
            stack.callback(running.end)
            yield from running.outcomes(first, items)

    def _connected(self, stack: ExitStack) -> Any:
        from distributed import Client, LocalCluster

        connected: Any = Client
        if isinstance(self._given, Client):
            return self._given
        if isinstance(self._given, str):
            try:
                return stack.enter_context(connected(self._given, timeout=_PATIENCE, set_as_default=False))
            except (OSError, ValueError) as error:
                msg = f"{self._typed}: there is no scheduler at {self._given!r}: {error}"
                raise RuntimeError(msg) from error
        # A worker that takes more memory than its share may be right: the networks of all fit, or they do not.
        how: dict[str, Any] = {"n_workers": self._given, "threads_per_worker": 1, "memory_limit": 0}
        # No dashboard, and for what Dask serves beside it any port that is free.
        how |= {"dashboard_address": None, "scheduler_kwargs": {"dashboard_address": ":0"}}
        made: Any = LocalCluster
        cluster = stack.enter_context(made(**how, silence_logs=logging.ERROR))
        return stack.enter_context(connected(cluster, set_as_default=False))


class _Running:
    """A run on a cluster: the tasks that are on their way, and what is known of the workers."""

    def __init__(self, client: Any, typed: str, job: Job) -> None:
        self._client = client
        self._typed = typed
        self._job = job
        self._name = f"occlusion-sensitivity-{secrets.token_hex(8)}"
        self._share_name = f"{self._name}-share"
        self._tasks: dict[Any, _Task] = {}
        self._ended: SimpleQueue[Any] = SimpleQueue()
        self._machines: dict[str, list[frozenset[int]]] = {}
        self._addresses: set[str] = set()
        self._threads = 0
        self._looked = 0.0
        self._sends_pictures = False
        self._files: dict[str, bytes] | None = None
        self._began = self._answered = time.monotonic()
        self._is_alone = False

    def outcomes(
        self, first: tuple[int, Source], items: Iterator[tuple[int, Source]]
    ) -> Generator[tuple[int, Outcome] | None]:
        self._send_job()
        self._look_for_workers()
        self._submit(_Task(*first))
        is_more = True
        while is_more or self._tasks:
            self._look_for_workers()
            while is_more and len(self._tasks) < max(_FEWEST, _WINDOW * self._threads):
                item = next(items, None)
                is_more = item is not None
                if item is not None:
                    self._submit(_Task(*item))
            found = self._come_back()
            yield from found
            if not found:
                yield None

    def end(self) -> None:
        """Leave nothing with the workers, as far as they are there."""
        with suppress(Exception):
            self._client.cancel(list(self._tasks), force=True)
        self._tasks.clear()
        with suppress(Exception):
            if self._client.status == "running":
                for name in (self._name, self._share_name):
                    self._client.unregister_worker_plugin(name)

    def _submit(self, task: _Task) -> None:
        from .worker import explain

        if self._sends_pictures:
            task = _with_content(task)
        key = f"{self._name}-{task.number}-{task.attempt}-{secrets.token_hex(4)}"
        with self._errors_of_the_scheduler():
            future = self._client.submit(explain, self._name, self._share_name, task.source, key=key, pure=False)
            self._tasks[future] = task
            future.add_done_callback(self._ended.put)

    def _come_back(self) -> list[tuple[int, Outcome]]:
        """What came back by now; nothing where that takes long."""
        try:
            ended = [self._ended.get(timeout=_BRIEFLY)]
        except Empty:
            self._check_scheduler()
            return []
        with suppress(Empty):
            while True:
                ended.append(self._ended.get_nowait())
        ended = [future for future in ended if future in self._tasks]
        finished = [future for future in ended if future.status == "finished"]
        results = self._results(finished) if finished else {}
        found = []
        for future in ended:
            task = self._tasks.pop(future)
            outcome = self._outcome(task, future, results.get(future))
            if outcome is not None:
                found.append((task.number, outcome))
        return found

    def _outcome(self, task: _Task, future: Any, outcome: Outcome | None) -> Outcome | None:
        """What became of a task; None where it is on its way again."""
        from distributed import KilledWorker

        from .worker import NetworkMissingError

        if outcome is not None and outcome.is_missing and not self._sends_pictures:
            self._sends_pictures = _with_content(task) is not task
            if self._sends_pictures:  # it is here, but not there
                self._submit(task)
                return None
        if outcome is not None:
            return outcome
        error = future.exception() if future.status == "error" else None
        if isinstance(error, NetworkMissingError) and self._files is None:
            self._send_network()
        elif isinstance(error, NetworkMissingError) and task.attempt <= _ATTEMPTS:
            pass  # it had begun before the network came
        elif isinstance(error, KilledWorker):
            if task.attempt == _ATTEMPTS:
                return Outcome(error="Each process that computed its map was killed, one after the other.")
        elif error is not None:
            raise error
        else:
            self._check_scheduler()  # cancelled, or lost
            if task.attempt == _ATTEMPTS:
                msg = f"{self._typed}: the cluster gives up tasks that are not done."
                raise RuntimeError(msg)
        self._submit(dataclasses.replace(task, attempt=task.attempt + 1))
        return None

    def _look_for_workers(self) -> None:
        """See now and then who is there: what is new is told how many share a machine."""
        from .worker import own_processors

        now = time.monotonic()
        if now - self._looked < _LOOK:
            return
        self._looked = now
        with self._errors_of_the_scheduler():
            threads = self._client.nthreads()
        self._threads = sum(threads.values())
        if threads or self._is_alone:
            self._is_alone = bool(self._is_alone and not threads)
        elif now - self._began > _WARNING:
            self._is_alone = True
            warn_user(f"{self._typed}: the cluster has no workers. The run goes on when some come.")
        if set(threads) <= self._addresses and self._addresses:
            return
        self._addresses |= set(threads)
        with self._errors_of_the_scheduler():
            answers = self._client.run(own_processors, on_error="ignore")
        machines: dict[str, list[frozenset[int]]] = defaultdict(list)
        for name, mine in answers.values():
            machines[name].append(mine)
        # Where one has just ended, another will come.
        known = {**self._machines, **{n: w for n, w in machines.items() if len(w) > len(self._machines.get(n, ()))}}
        if known != self._machines or not self._machines:
            self._machines = known
            self._share()

    def _share(self) -> None:
        from .worker import SharePlugin

        self._register(SharePlugin(self._share_name, self._machines))

    def _send_job(self) -> None:
        from .worker import JobPlugin

        self._register(JobPlugin(self._name, pickle.dumps(self._job), self._files))

    def _send_network(self) -> None:
        """Let the workers have the network's files, of which at least one does not see them."""
        file = self._job.network.file
        self._files = {name: (file.path.parent / name).read_bytes() for name in file.digests()}
        self._send_job()

    def _register(self, plugin: Any) -> None:
        with self._errors_of_the_scheduler():
            self._client.register_plugin(plugin, name=plugin.name)

    def _results(self, finished: list[Any]) -> dict[Any, Outcome]:
        """What the tasks gave; of those whose worker ended before it could tell, nothing."""
        try:
            return dict(zip(finished, self._client.gather(finished), strict=True))
        except Exception:  # of one of them, or of the scheduler
            self._check_scheduler()
        found = {}
        for future in finished:
            with suppress(Exception):
                found[future] = future.result(timeout=_PATIENCE)
        return found

    @contextmanager
    def _errors_of_the_scheduler(self) -> Generator[None]:
        try:
            yield
        except (OSError, TimeoutError, CancelledError) as error:
            raise self._gone() from error

    def _check_scheduler(self) -> None:
        """Raise RuntimeError where the scheduler has not been there for a while."""
        if self._client.status == "running":
            self._answered = time.monotonic()
        elif self._client.status == "closed" or time.monotonic() - self._answered > _PATIENCE:
            raise self._gone()

    def _gone(self) -> RuntimeError:
        return RuntimeError(
            f"{self._typed}: the scheduler of the cluster is gone. What is finished is in the store; the same call "
            "goes on with it."
        )


def _with_content(task: _Task) -> _Task:
    """The task with the picture's content, if it is to be had here."""
    if not isinstance(task.source, File | Remote):
        return task
    try:
        return dataclasses.replace(task, source=task.source.content())
    except OSError:
        return task
