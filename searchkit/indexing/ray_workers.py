"""Work spread over a Ray cluster: functions of their items alone, so that what a dead worker had is done again.

Machines may join and leave while it goes on. Needs the same searchkit on each of them.
"""

from __future__ import annotations

import os
import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial
from typing import Any

import searchkit
from searchkit.errors import ArgumentError, EmbedderMismatch, SearchkitError
from searchkit.models import embedders
from searchkit.models.embedders.checks import passage_vectors, require
from searchkit.threads import use_cores
from searchkit.types import Embedder, FloatMatrix

LOCAL, RUNNING, ELSEWHERE = "ray", "ray://auto", "ray://"
RETRIES = 10  # of a part of the work whose worker died: more say that it is the work that kills them
AHEAD = 2  # parts under way for each core: one is worked on, one waits there; it also asks an autoscaler for more


class RayWorkers:
    """A connection to a cluster, for one run."""

    def __init__(self, address: str) -> None:
        """Join the cluster at an address, see `Index.sync`. Raises ArgumentError, MissingExtra and SearchkitError."""
        if address != LOCAL and (not address.startswith(ELSEWHERE) or address == ELSEWHERE):
            raise ArgumentError(
                f"workers must be {LOCAL!r} (all cores of this machine), {RUNNING!r} (the cluster that runs on it) or "
                f"'ray://HOST:10001' (one elsewhere); got {address!r}"
            )
        self._ray = require("ray", "ray")
        self._joined = not self._ray.is_initialized()  # a program that uses Ray by itself goes on with its cluster
        if self._joined:
            self._join(address)
        self._work = self._ray.remote(_work).options(num_cpus=1, max_retries=RETRIES)

    @property
    def cores(self) -> int:
        """How many cores the cluster has now."""
        return max(int(self._ray.cluster_resources().get("CPU", 0)), 1)

    def task(self, make: Callable[..., Callable[[Any], Any]], *arguments: Any) -> RayTask:
        """Return what does `make(*arguments)`, a function of one argument, on the cluster's workers."""
        setup = self._ray.cloudpickle.dumps((make, arguments))  # also of what stands in the script that runs
        shared = self._ray.put(setup)
        return RayTask(self, lambda item: self._work.remote(searchkit.__version__, shared, item))

    def vectors(self, model: Embedder) -> RayTask:
        """Return what embeds texts as the model does, to the last bit on the same kind of processor.

        A model that has a name to look it up by goes as that name; another, of the user's own, as it is.
        """
        try:
            named = embedders.embedder(model.name)
        except SearchkitError:
            named = None
        known = named is not None and named.digest == model.digest
        return self.task(_embedding, model.name if known else model, model.digest)

    def close(self) -> None:
        """Leave the cluster; one that was started for this run ends."""
        if self._joined:
            self._ray.shutdown()

    def is_done(self, part: Any) -> bool:
        """Tell whether a part of the work is done."""
        return bool(self._ray.wait([part], timeout=0)[0])

    def result(self, part: Any) -> Any:
        """Wait for a part of the work. Raises what the work raised, and SearchkitError for what befell the cluster."""
        errors = self._ray.exceptions
        try:
            return self._ray.get(part)
        except errors.RayTaskError as error:
            raise (error.cause if isinstance(error.cause, SearchkitError) else _failed(error)) from error
        except (errors.RayError, ConnectionError) as error:
            raise _failed(error) from error

    def _join(self, address: str) -> None:
        quiet = {"log_to_driver": False, "configure_logging": False}
        try:
            if address == LOCAL:
                os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would tell its makers
                self._ray.init("local", include_dashboard=False, **quiet)
            else:
                self._ray.init("auto" if address == RUNNING else address, **quiet)
        except Exception as error:  # Ray raises many kinds, also bare ones
            raise SearchkitError(f"the Ray cluster {address} cannot be joined: {error}") from error


class RayTask:
    """A function that runs on a cluster."""

    def __init__(self, workers: RayWorkers, send: Callable[[Any], Any]) -> None:
        self._workers = workers
        self._send = send

    def submit(self, item: Any) -> RayResult:
        """Begin to work on an item."""
        return RayResult(self._workers, self._send(item))

    def results(self, items: Iterable[Any]) -> Iterator[Any]:
        """Yield the result of each item, in order; several are under way at a time."""
        under_way: deque[RayResult] = deque()
        for item in items:
            under_way.append(self.submit(item))
            while under_way and (under_way[0].done() or len(under_way) >= AHEAD * self._workers.cores):
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


class RayResult:
    """What will come of a part of the work."""

    def __init__(self, workers: RayWorkers, part: Any) -> None:
        self._workers = workers
        self._part = part

    def done(self) -> bool:
        """Tell whether it is there."""
        return self._workers.is_done(self._part)

    def result(self) -> Any:
        """Wait for it. Raises what the work raised, and SearchkitError for what befell the cluster."""
        return self._workers.result(self._part)


def _failed(error: Exception) -> SearchkitError:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return SearchkitError(
        f"a part of the work failed on the Ray cluster: {lines[0]} … {lines[-1]}. What was committed is safe; "
        "run it again"
    )


# --- what runs on the workers


def _work(version: str, setup: bytes, item: Any) -> Any:
    """Do a part of the work. Raises SearchkitError if another searchkit is installed here."""
    if version != searchkit.__version__:
        raise SearchkitError(
            f"a Ray worker has searchkit {searchkit.__version__}, not {version}; install the same on all machines"
        )
    use_cores(1)  # as many of these run here as there are cores
    return _made(setup)(item)


@lru_cache(maxsize=4)
def _made(setup: bytes) -> Callable[[Any], Any]:
    """Return the function that a setup makes, kept as long as the worker lives."""
    make, arguments = pickle.loads(setup)  # noqa: S301 - from the process that joined the cluster
    made: Callable[[Any], Any] = make(*arguments)
    return made


def _embedding(wanted: str | Embedder, digest: str) -> Callable[[list[str]], FloatMatrix]:
    """Return what embeds texts by a model. Raises EmbedderMismatch if it is another one here."""
    model = embedders.embedder(wanted)
    if model is None or model.digest != digest:
        raise EmbedderMismatch(f"the model {wanted} is another one on a Ray worker; install the same on all machines")
    return partial(passage_vectors, model)
