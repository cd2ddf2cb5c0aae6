"""A Dask cluster as the place where images are explained. What comes back is for the store, which workers never see."""

import asyncio
import dataclasses
import logging
import math
import pickle
import secrets
import time
from collections import defaultdict, deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import CancelledError
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from ..arguments import expected, positive_integer
from ..notices import warn_user
from ..packages import missing
from .sources import File, Remote, Source
from .work import Job, Outcome

if TYPE_CHECKING:
    from .processes import Processes

# For each thread of the workers, so many images are on their way: enough to keep it busy.
_WINDOW = 3
_FEWEST = 8
# How often a task is tried that gets lost.
_ATTEMPTS = 5
# Seconds between two looks at who is there; until a scheduler that does not answer is given up; until it is said that
# no worker is there.
_LOOK, _PATIENCE, _WARNING = 2.0, 20.0, 30.0
# How long one waits for what has come before something else is done.
_BRIEFLY = 0.25

CLIENTS = "a dask.distributed Client, the address of a scheduler, or a number of workers"


@dataclass(frozen=True, slots=True)
class _Task:
    """An image on its way, for the n-th time; alone, where it may have ended workers."""

    number: int
    source: Source
    attempt: int = 1
    is_alone: bool = False


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
            running = _Running(*self._connected(stack), self._typed, job)
            stack.callback(running.end)
            yield from running.outcomes(first, items)

    def _connected(self, stack: ExitStack) -> "tuple[Any, Processes | None]":
        """The client, and the workers that are this run's own."""
        from distributed import Client, LocalCluster

        from .processes import Processes

        connected: Any = Client
        if isinstance(self._given, Client):
            return self._given, None
        if isinstance(self._given, str):
            try:
                return stack.enter_context(connected(self._given, timeout=_PATIENCE, set_as_default=False)), None
            except (OSError, ValueError) as error:
                msg = f"{self._typed}: there is no scheduler at {self._given!r}: {error}"
                raise RuntimeError(msg) from error
        # No dashboard, and for what Dask serves beside it any port that is free.
        how: dict[str, Any] = {"dashboard_address": None, "scheduler_kwargs": {"dashboard_address": "127.0.0.1:0"}}
        made: Any = LocalCluster
        cluster = stack.enter_context(made(n_workers=0, processes=True, silence_logs=logging.CRITICAL, **how))
        client = stack.enter_context(connected(cluster, set_as_default=False))
        return client, stack.enter_context(closing(Processes(self._given, cluster.scheduler_address, self._typed)))


class _Running:
    """A run on a cluster: the tasks that are on their way, and what is known of the workers."""

    def __init__(self, client: Any, processes: "Processes | None", typed: str, job: Job) -> None:
        from .worker import own_processors

        self._client = client
        self._processes = processes
        self._typed = typed
        self._job = job
        self._name = f"occlusion-sensitivity-{secrets.token_hex(8)}"
        self._plugins: list[str] = []
        self._tasks: dict[Any, _Task] = {}
        self._suspects: deque[_Task] = deque()
        self._ended: SimpleQueue[Any] = SimpleQueue()
        self._workers: dict[str, tuple[str, frozenset[int]]] = {}
        self._machines: dict[str, list[frozenset[int]]] = {}
        if processes is not None:  # they share this machine from the beginning, whichever comes first
            name, mine = own_processors()
            self._machines[name] = [mine] * processes.count
        self._threads = 0
        self._looked = -math.inf
        self._sends_pictures = False
        self._files: dict[str, bytes] | None = None
        self._answered = self._seen = time.monotonic()
        self._is_told = False

    def outcomes(
        self, first: tuple[int, Source], items: Iterator[tuple[int, Source]]
    ) -> Generator[tuple[int, Outcome] | None]:
        self._send_job()
        self._share()
        self._look_for_workers()
        self._submit(_Task(*first))
        is_more = True
        while is_more or self._tasks or self._suspects:
            self._look_for_workers()
            if not is_more and not self._tasks:
                self._submit(self._suspects.popleft())
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
            if self._client.status == "running":
                self._client.cancel(list(self._tasks), force=True)
                for name in self._plugins:
                    self._client.unregister_worker_plugin(name)
        self._tasks.clear()

    def _submit(self, task: _Task) -> None:
        from .worker import explain

        if self._sends_pictures:
            task = _with_content(task)
        key = f"{self._name}-{task.number}-{task.attempt}-{secrets.token_hex(4)}"
        with self._errors_of_the_scheduler():
            future = self._client.submit(explain, self._job_name, self._share_name, task.source, key=key, pure=False)
            self._tasks[future] = task
            future.add_done_callback(lambda done: self._ended.put(([done], None)))

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
        finished, found = [], []
        for futures, gathered in ended:
            results = self._results(futures, gathered)
            for future in futures:
                if future not in self._tasks:
                    continue
                if gathered is None and future.status == "finished":
                    finished.append(future)
                    continue
                task = self._tasks.pop(future)
                outcome = self._outcome(task, future, results.get(future))
                if outcome is not None:
                    found.append((task.number, outcome))
        self._gather(finished)
        return found

    def _gather(self, finished: list[Any]) -> None:
        """Ask for what tasks gave, without waiting: where a worker ends before it told, they are done again first."""
        if finished:
            gathering = self._client.gather(finished, asynchronous=True)
            gathered = asyncio.run_coroutine_threadsafe(gathering, self._client.loop.asyncio_loop)
            gathered.add_done_callback(lambda done: self._ended.put((finished, done)))

    def _results(self, futures: list[Any], gathered: Any) -> dict[Any, Outcome]:
        """What tasks gave, as far as it is here."""
        if gathered is None:
            return {}
        try:
            return dict(zip(futures, gathered.result(), strict=True))
        except Exception:  # of one of them, or of the scheduler
            self._check_scheduler()
        if len(futures) > 1:
            for future in futures:
                self._gather([future])
            futures.clear()
        return {}

    def _outcome(self, task: _Task, future: Any, outcome: Outcome | None) -> Outcome | None:
        """What became of a task; None where it is on its way again, or will be."""
        from distributed import KilledWorker

        if outcome is not None:
            if not outcome.is_missing or (sent := _with_content(task)) is task:
                return outcome
            self._sends_pictures = True  # it is here, but not there
            self._submit(sent)
            return None
        error = future.exception() if future.status == "error" else None
        if isinstance(error, KilledWorker):
            return self._outcome_of_a_suspect(task)
        if error is not None:
            self._look_into(error, task)
        else:
            self._check_scheduler()  # cancelled, or lost
            if task.attempt == _ATTEMPTS:
                msg = f"{self._typed}: the cluster gives up tasks that are not done."
                raise RuntimeError(msg)
        self._submit(dataclasses.replace(task, attempt=task.attempt + 1))
        return None

    def _outcome_of_a_suspect(self, task: _Task) -> Outcome | None:
        """Of a task that was with four workers when they ended: it may be the reason, or have waited behind it."""
        if self._processes is not None:
            self._processes.have_come()  # if only for so short a time that nobody saw it
        if task.is_alone:
            return Outcome(error="Each process that computed its map was killed, one after the other.")
        self._suspects.append(dataclasses.replace(task, is_alone=True))
        return None

    def _look_into(self, error: BaseException, task: _Task) -> None:
        """Raise the error of a task, unless it can be tried again."""
        from .worker import ForgottenError, NetworkMissingError

        if isinstance(error, ForgottenError):
            raise self._gone()
        if not isinstance(error, NetworkMissingError) or task.attempt > _ATTEMPTS:
            raise error
        if self._files is None:
            self._send_network()  # others had begun before it came

    def _look_for_workers(self) -> None:
        """See now and then who is there: what is new is told how many share a machine."""
        from .worker import own_processors

        now = time.monotonic()
        if self._client.status != "running" or now - self._looked < (_LOOK if self._threads else _BRIEFLY):
            return
        self._looked = now
        with self._errors_of_the_scheduler():
            threads = self._client.nthreads()
        self._threads = sum(threads.values())
        if self._processes is not None:
            self._processes.keep(are_there=bool(threads))
        self._say_where_nobody_is(now)
        new = [address for address in threads if address not in self._workers]
        if not new:
            return
        with self._errors_of_the_scheduler():
            answers = self._client.run(own_processors, workers=new, on_error="ignore")
        self._workers = {address: own for address, own in self._workers.items() if address in threads} | answers
        if len(self._workers) < len(threads):
            return  # those that did not answer are asked again: who shares a machine with others, is not known
        machines: dict[str, list[frozenset[int]]] = defaultdict(list)
        for name, mine in self._workers.values():
            machines[name].append(mine)
        # Where one has just ended, another will come.
        known = {**self._machines, **{n: w for n, w in machines.items() if len(w) > len(self._machines.get(n, ()))}}
        if known != self._machines:
            self._machines = known
            self._share()

    def _say_where_nobody_is(self, now: float) -> None:
        if self._threads:
            self._seen, self._is_told = now, False
        elif now - self._seen > _WARNING and not self._is_told:
            self._is_told = True
            warn_user(f"{self._typed}: the cluster has no workers. The run goes on when some come.")

    def _share(self) -> None:
        from .worker import SharePlugin

        self._share_name = self._register(lambda name: SharePlugin(name, self._machines))

    def _send_job(self) -> None:
        from .worker import JobPlugin

        self._job_name = self._register(lambda name: JobPlugin(name, pickle.dumps(self._job), self._files))

    def _send_network(self) -> None:
        """Let the workers have the network's files, of which at least one does not see them."""
        file = self._job.network.file
        self._files = {name: (file.path.parent / name).read_bytes() for name in file.digests()}
        self._send_job()

    def _register(self, made: Callable[[str], Any]) -> str:
        """Give the workers of now, and those that come, a plugin; its name.

        Which is new each time: tasks that go on have begun with the one before.
        """
        name = f"{self._name}-{len(self._plugins)}"
        self._plugins.append(name)
        end = time.monotonic() + _PATIENCE
        while True:
            try:
                self._client.register_plugin(made(name), name=name)
                return name
            except Exception as error:
                if not isinstance(error, OSError) and self._client.status == "running":
                    raise
                self._check_scheduler()  # which may be gone, or a worker that ended just then
                if time.monotonic() > end:
                    raise self._gone() from error
            time.sleep(_BRIEFLY)

    @contextmanager
    def _errors_of_the_scheduler(self) -> Generator[None]:
        try:
            yield
        except Exception as error:
            if isinstance(error, OSError | CancelledError) or self._client.status != "running":
                raise self._gone() from error
            raise

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
