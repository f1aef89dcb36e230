"""An index for programs with an event loop: every method in a thread, so that no handler blocks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import partial, update_wrapper
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from searchkit.index import Index
from searchkit.reader import IndexReader
from searchkit.threads import cores

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def awaited(
    method: Callable[Concatenate[Any, Parameters], Result],
) -> Callable[Concatenate[AsyncIndex, Parameters], Coroutine[Any, Any, Result]]:
    """Return a method of `AsyncIndex` that runs one of `Index` in a thread."""

    async def call(self: AsyncIndex, /, *arguments: Parameters.args, **options: Parameters.kwargs) -> Result:
        work = partial(method, self.index, *arguments, **options)
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    update_wrapper(call, method)
    return call


class AsyncIndex:
    """An index whose methods are awaited; they take and return what those of `Index` do.

    As many run at a time as there are cores: more would not be faster. A call that is cancelled ends in its thread all
    the same, and nobody is told its result.
    """

    def __init__(self, index: IndexReader) -> None:
        """index: an open one, which goes on to be used as it is."""
        self.index = index
        self._threads = ThreadPoolExecutor(max_workers=cores(), thread_name_prefix="searchkit")

    @classmethod
    async def open(cls, path: str | Path, **options: Any) -> Self:
        """Open the index at a path. options: of `Index.open`."""
        return cls(await asyncio.to_thread(partial(Index.open, path, **options)))

    search = awaited(Index.search)
    search_many = awaited(Index.search_many)
    context = awaited(Index.context)
    cite = awaited(Index.cite)
    check = awaited(Index.check)
    similar = awaited(Index.similar)
    why_not = awaited(Index.why_not)
    who_said = awaited(Index.who_said)
    get = awaited(Index.get)
    documents = awaited(Index.documents)
    passages = awaited(Index.passages)
    status = awaited(Index.status)
    facets = awaited(Index.facets)
    reload = awaited(Index.reload)
    add = awaited(Index.add)
    sync = awaited(Index.sync)
    remove = awaited(Index.remove)
    improve = awaited(Index.improve)
    compact = awaited(Index.compact)
    rebuild = awaited(Index.rebuild)
    forget = awaited(Index.forget)
    file_of = awaited(Index.file_of)
    verify = awaited(Index.verify)
    export = awaited(Index.export)
    copy = awaited(Index.copy)

    async def close(self) -> None:
        """Wait for what runs, then let go of the index."""
        await asyncio.to_thread(self._threads.shutdown)
        await asyncio.to_thread(self.index.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.close()
