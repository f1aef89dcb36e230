"""What a server holds while it runs: its indexes, threads, queues of writes and counts."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any, TypeVar

from searchkit.errors import SearchkitError, document_bug
from searchkit.index import Index
from searchkit.server.config import ServerOptions
from searchkit.server.faults import RETRY, Fault, Refusal, fault
from searchkit.server.metrics import Metrics
from searchkit.server.served import Served
from searchkit.server.tasks import Tasks, WriteTask
from searchkit.threads import cores

Result = TypeVar("Result")

LOG = logging.getLogger("searchkit.server")
FOLLOW_SECONDS = 0.5  # between two looks for a newer commit


class Hub:
    """A running server, without HTTP. Raises what opening an index raises."""

    def __init__(self, options: ServerOptions) -> None:
        self.options = options
        self.metrics = Metrics()
        self.tasks = Tasks(options.limits.queue, self.told, self._task_failed)
        self.stopping = threading.Event()
        self.running, self.reading = Gate(options.limits.running), Gate(options.limits.reading)
        self._threads = ThreadPoolExecutor(cores() + 1, "searchkit-request")
        self._unready = set(options.indexes)
        self._following: threading.Thread | None = None
        self._indexes: dict[str, Served] = {}
        self.sockets: dict[str, str] = {}  # the name of an index by the path of the socket in its folder
        with contextlib.ExitStack() as opened:
            for name, path in options.indexes.items():
                index = opened.enter_context(Index.open(path))
                self._indexes[name] = Served(name, index)
            self._opened = opened.pop_all()

    def start(self) -> None:
        """Warm the models, and follow the commits of other processes from now on."""
        self._following = threading.Thread(target=self._follow, name="searchkit-follow", daemon=True)
        self._following.start()

    def stop(self) -> None:
        """Have streams and writes come to an end."""
        self.stopping.set()

    def close(self) -> None:
        """Wait for writes to come to a point where nothing is lost, and let go of the indexes."""
        self.stop()
        self.tasks.close()
        self._threads.shutdown(cancel_futures=True)
        if self._following is not None:
            self._following.join()
        self._opened.close()

    @property
    def names(self) -> list[str]:
        """The names of the indexes."""
        return list(self._indexes)

    @property
    def is_ready(self) -> bool:
        """Tell whether every index can be read and is warm."""
        return not self._unready and not self.stopping.is_set()

    def served(self, name: str) -> Served:
        """Return an index. Raises Refusal."""
        if name not in self._indexes:
            raise Refusal(
                Fault(
                    404, "no_such_index", "this server has no index of this name", "see them: GET /v1/indexes", "name"
                )
            )
        return self._indexes[name]

    def served_at(self, address: tuple[str, int | None] | None) -> Served | None:
        """Return the index in whose folder a socket stands, None for an address on the network."""
        place, port = address or ("", 0)
        return self._indexes.get(self.sockets.get(place, "")) if port is None else None

    def told(self, error: BaseException, names: Collection[str] = ()) -> Fault:
        """Return what a client is told of an error: see `fault`; no path of this machine."""
        found = fault(error, names)
        for served in self._indexes.values():
            found = replace(found, message=served.hide(found.message), hint=served.hide(found.hint))
        return found

    async def work(self, call: Callable[[], Result]) -> Result:
        """Do what takes a while in a thread, for as long as a request may take. Raises Refusal."""
        self.running.enter()
        future, loop = self._threads.submit(call), asyncio.get_running_loop()
        future.add_done_callback(lambda _: _soon(loop, self.running.leave))  # a thread that is late still counts
        return await self.in_time(future)

    async def in_time(self, future: Future[Result]) -> Result:
        """Wait for a thread, for as long as a request may take. Raises Refusal."""
        limits = self.options.limits
        if not await is_done(future, limits.seconds):
            future.cancel()
            raise Refusal(
                Fault(503, "timeout", f"no answer within {limits.seconds:g} seconds", "ask for less, or later", None,
                      RETRY)
            )  # fmt: skip
        return future.result()

    def _follow(self) -> None:
        for served in self._indexes.values():
            self._ready(served, served.warm)
        while not self.stopping.wait(FOLLOW_SECONDS):
            for served in self._indexes.values():
                self._ready(served, served.index.reload)

    def _ready(self, served: Served, look: Callable[[], object]) -> None:
        """Look at an index, and take down whether that went well."""
        try:
            look()
            self._unready.discard(served.name)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one index, the server goes on with the others
            if served.name not in self._unready:
                log_error(error, index=served.name)
            self._unready.add(served.name)

    def _task_failed(self, task: WriteTask, error: BaseException) -> None:
        log_error(error, index=task.index, task=task.id, kind=task.kind)


class Gate:
    """Lets so many in at a time. Entered and left in the event loop alone, so that nothing is locked."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.inside = 0

    def enter(self) -> None:
        """Enter. Raises Refusal where there are enough inside."""
        if self.inside >= self._most:
            raise Refusal(
                Fault(429, "too_many_requests", f"{self._most} requests are being answered", "try again soon", None,
                      RETRY)
            )  # fmt: skip
        self.inside += 1

    def leave(self) -> None:
        """Leave."""
        self.inside -= 1


async def is_done(future: Future[Any], seconds: float) -> bool:
    """Wait for a thread so many seconds; tell whether it is done. Its result is for the caller to look at."""
    waited = asyncio.wrap_future(future)
    waited.add_done_callback(lambda over: over.cancelled() or over.exception())
    return bool((await asyncio.wait({waited}, timeout=seconds))[0])


def _soon(loop: asyncio.AbstractEventLoop, leave: Callable[[], None]) -> None:
    with contextlib.suppress(RuntimeError):  # the server has ended meanwhile
        loop.call_soon_threadsafe(leave)


def log(level: int, **facts: Any) -> None:
    """Write a line of JSON to the log."""
    LOG.log(level, json.dumps({"time": time.strftime("%Y-%m-%dT%H:%M:%S%z"), **facts}, ensure_ascii=False))


def log_error(error: BaseException, **facts: Any) -> None:
    """Write an error to the log: what it says if it is ours, else where it came from."""
    said = str(error) if isinstance(error, SearchkitError) or not isinstance(error, Exception) else document_bug(error)
    log(logging.ERROR, error=type(error).__name__, message=str(said), **facts)
