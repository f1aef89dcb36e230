"""Work in several threads: models and indexes leave the interpreter to others while they compute."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any, TypeVar

Result = TypeVar("Result")


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def lower_priority() -> None:
    """Let every other process of the machine go first, where the system knows such a thing."""
    if hasattr(os, "nice"):  # not on Windows
        os.nice(19)


def parallel(function: Callable[[Any], Result], items: Iterable[Any], threads: int) -> list[Result]:
    """Return the function's results in order; an interruption drops what has not begun."""
    items = list(items)
    if min(threads, len(items)) < 2:
        return [function(item) for item in items]
    pool = ThreadPoolExecutor(min(threads, len(items)))
    try:
        return list(pool.map(function, items))
    finally:
        pool.shutdown(cancel_futures=True)


_helpers: dict[int, ThreadPoolExecutor] = {}  # by process: a forked one has none of its parent's threads


@contextmanager
def meanwhile(work: Callable[[], object]) -> Iterator[None]:
    """Do some work in another thread while the block runs; what it raises is raised when both are done."""
    helper = _helpers.get(os.getpid())
    if helper is None:  # a thread of its own for each piece of work would take .3 ms to start
        helper = _helpers[os.getpid()] = ThreadPoolExecutor(cores(), "searchkit")
    done = helper.submit(work)
    try:
        yield
    finally:
        wait([done])
    done.result()
