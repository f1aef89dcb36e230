"""Jobs in, results out in the same order: done here if there are few, in other processes too if there are many.

Workers elsewhere, if any are given, take what is no file: files are read where they are. The results are the same
wherever they come from.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from typing import Any, Protocol

from searchkit.indexing.prepare import File, Job, Preparer, Recipe, Result, Text
from searchkit.threads import cores
from searchkit.types import Embedder
from searchkit.workers import WorkerPool

CHUNK = 200_000  # characters that go to a process at once: some 50 ms of work
AHEAD = 40 * CHUNK  # characters that may be under way: enough to keep all busy during a commit
WORTHWHILE = 1.0  # seconds of work in this process before others are started, which takes them .3
MOST_PROCESSES = 4  # the one writer takes no more than these bring


class Awaited(Protocol):
    """What will come of work that goes on elsewhere; a `Future` is one."""

    def done(self) -> bool:
        """Tell whether it is there."""

    def result(self) -> Any:
        """Wait for it. Raises what the work raised."""


class Task(Protocol):
    """A function that runs elsewhere."""

    def submit(self, item: Any, /) -> Awaited:
        """Begin to work on an item."""

    def results(self, items: Iterable[Any]) -> Iterator[Any]:
        """Yield the result of each item, in order; several are under way at a time."""


class Workers(Protocol):
    """Workers on other machines: see `ray_workers`."""

    @property
    def cores(self) -> int:
        """How many cores they have now."""

    def task(self, make: Callable[..., Callable[[Any], Any]], *arguments: Any) -> Task:
        """Return what does `make(*arguments)`, a function of one argument, there."""

    def vectors(self, model: Embedder) -> Task:
        """Return what embeds texts there as the model does here."""


class Pipeline:
    """What goes in one end comes out of the other, in order."""

    def __init__(self, recipe: Recipe, *, portable: bool, workers: Workers | None = None) -> None:
        """portable: whether the recipe may be sent to another process."""
        self._recipe = recipe
        self._prepare = Preparer(recipe)
        self._processes = min(cores(), MOST_PROCESSES) if portable else 1
        self._pool: WorkerPool | None = None
        self._elsewhere = workers.task(Preparer, recipe) if workers and portable else None
        self._ahead = max(AHEAD, 2 * CHUNK * workers.cores) if workers else AHEAD
        self._spent = 0.0  # seconds
        self._chunk = _Chunk()
        self._under_way: deque[tuple[_Chunk, Awaited]] = deque()

    def put(self, job: Job | None, take: Callable[[Any], object]) -> None:
        """Have `take` called with the job's result when its turn comes; with None where there is no job."""
        if job is None and not self._chunk.takers and not self._under_way:
            take(None)
            return
        self._chunk.add(job, take)
        if self._chunk.size >= CHUNK:
            self._send()

    def do(self, job: Job) -> Any:
        """Return the result of a job at once."""
        return self._prepare([job])[0]

    def flush(self) -> None:
        """Wait until all has been taken."""
        self._send()
        while self._under_way:
            self._take_first()

    def close(self) -> None:
        """End the other processes; what is under way is lost."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def _send(self) -> None:
        chunk, self._chunk = self._chunk, _Chunk()
        self._under_way.append((chunk, self._begin(chunk)))
        while self._under_way[0][1].done() or sum(one.size for one, _ in self._under_way) > self._ahead:
            self._take_first()
            if not self._under_way:
                break

    def _begin(self, chunk: _Chunk) -> Awaited:
        if self._elsewhere and not any(isinstance(job, File) for job in chunk.jobs):
            return self._elsewhere.submit(chunk.jobs)
        if self._pool is not None and self._pool.ready:
            return self._pool.submit(chunk.jobs)
        return self._do_here(chunk)

    def _do_here(self, chunk: _Chunk) -> Awaited:
        done: Future[list[Result]] = Future()
        started = time.perf_counter()
        done.set_result(self._prepare(chunk.jobs))
        self._spent += time.perf_counter() - started
        if self._spent > WORTHWHILE and self._pool is None and self._processes > 1:
            self._pool = WorkerPool(Preparer, (self._recipe,), self._processes)
        return done

    def _take_first(self) -> None:
        chunk, outcome = self._under_way.popleft()
        chunk.hand_out(outcome.result())


class _Chunk:
    """Jobs that go to a process together, and who takes their results."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self.takers: list[tuple[bool, Callable[[Any], object]]] = []
        self.size = 0

    def add(self, job: Job | None, take: Callable[[Any], object]) -> None:
        if job is not None:
            self.jobs.append(job)
            self.size += len(job.text) if isinstance(job, Text) else job.size
        self.takers.append((job is not None, take))

    def hand_out(self, results: Sequence[Result]) -> None:
        waiting = iter(results)
        for has_job, take in self.takers:
            take(next(waiting) if has_job else None)
