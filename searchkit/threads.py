"""Work in several threads: models and indexes leave the interpreter to others while they compute."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

Item = TypeVar("Item")
Result = TypeVar("Result")


class Renewable(Protocol):
    """What a forked process cannot go on with as it is: the other threads stay in the parent, with what they held."""

    def renew(self) -> None:
        """Begin anew, in the child."""


_renewable: weakref.WeakSet[Renewable] = weakref.WeakSet()


def renew_in_children(instance: Renewable) -> None:
    """Have `instance.renew` called in each process that this one forks, as long as the instance lives."""
    _renewable.add(instance)


def _renew_all() -> None:
    for instance in list(_renewable):
        instance.renew()


if hasattr(os, "register_at_fork"):  # Windows does not fork
    os.register_at_fork(after_in_child=_renew_all)


_kept: list[object] = []


def keep(thing: object) -> None:
    """Never let go of an object that a parent made, not even when the process ends: to end it could do harm."""
    import ctypes  # noqa: PLC0415 - for forked processes alone

    _kept.append(thing)
    if hasattr(ctypes, "pythonapi"):  # CPython clears its modules in the end
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))


class Guard:
    """A lock that its thread may take again, and that is free in a forked process unless the forking thread had it."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        renew_in_children(self)

    def acquire(self, timeout: float = -1) -> bool:
        """Take it, waiting so many seconds at most; tell whether it was got."""
        return self._lock.acquire(timeout=timeout)

    def release(self) -> None:
        """Let others have it."""
        self._lock.release()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *raised: object) -> None:
        self._lock.release()

    def renew(self) -> None:
        """Make the lock anew if a thread had it that stayed in the parent."""
        if self._lock.acquire(blocking=False):
            self._lock.release()
        else:
            self._lock = threading.RLock()


class PerProcess(Generic[Result]):
    """What is made once by whichever thread needs it first, and anew in a forked process.

    That is for threads, and for what libraries guard by locks of their own. A parent's is left as it is: to end it
    would be to wait for threads that are not there.
    """

    def __init__(self, make: Callable[[], Result]) -> None:
        self._make = make
        self._guard = Guard()
        self._made: list[Result] = []
        self._inherited: list[list[Result]] = []
        renew_in_children(self)

    def __call__(self) -> Result:
        """Return it."""
        if not self._made:
            with self._guard:
                if not self._made:
                    self._made.append(self._make())
        return self._made[0]

    def renew(self) -> None:
        """Forget what the parent made."""
        self._inherited.append(self._made)
        self._made = []


class kept(Generic[Result]):  # noqa: N801 - used like `property`
    """A property that is computed when it is first asked for. Without a lock: threads that ask at once compute it each.

    functools.cached_property has one lock for all instances before Python 3.12: questions would wait for each other.
    """

    def __init__(self, compute: Callable[[Any], Result]) -> None:
        self._compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: type | None = None) -> Result:
        found = vars(instance)[self._name] = self._compute(instance)  # comes before this descriptor from now on
        return found


class once(kept[Result]):  # noqa: N801 - used like `property`
    """A property that is computed when it is first asked for, by one thread while the others wait."""

    def __get__(self, instance: Any, owner: type | None = None) -> Result:
        known = vars(instance)  # what is in it comes before this descriptor: only the first time ends here
        with known.setdefault(f"guard of {self._name}", Guard()):
            if self._name not in known:
                known[self._name] = self._compute(instance)
        found: Result = known[self._name]
        return found


_most: list[int] = []  # of the cores that this process uses, if somebody said so


def cores() -> int:
    """Return how many cores this process may use."""
    has_affinity = hasattr(os, "sched_getaffinity")  # not on macOS and Windows
    allowed = len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count() or 1
    return min([allowed, *_most])


def use_cores(most: int) -> None:
    """Use no more cores in this process from now on: others have the rest of the machine."""
    _most[:] = [most]


def lower_priority() -> None:
    """Let every other process of the machine go first, where the system knows such a thing."""
    if hasattr(os, "nice"):  # not on Windows
        os.nice(19)


def parallel(function: Callable[[Any], Result], items: Iterable[Any], threads: int) -> list[Result]:
    """Return the function's results in order; an interruption drops what has not begun."""
    items = list(items)
    if min(threads, len(items)) < 2:
        return [function(item) for item in items]
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - it brings logging, which words alone need not

    pool = ThreadPoolExecutor(min(threads, len(items)))
    try:
        return list(pool.map(function, items))
    finally:
        pool.shutdown(cancel_futures=True)


def _helping_threads() -> ThreadPoolExecutor:
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - as above

    return ThreadPoolExecutor(cores(), "searchkit")


_helpers = PerProcess(_helping_threads)  # to start a thread each time takes .3 ms


@contextmanager
def meanwhile(work: Callable[[], object]) -> Iterator[None]:
    """Do some work in another thread while the block runs; what it raises is raised when both are done.

    Where no other thread has begun it by the end of the block, this one does it.
    """
    done = _helpers().submit(work)
    try:
        yield
    except BaseException:
        if not done.cancel():
            _ = done.exception()  # waits
        raise
    if done.cancel():
        work()
    else:
        done.result()


def along(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[tuple[Item, Result]]:
    """Yield each item with what the function makes of it in another thread, while this one fetches the next."""
    results: list[Result] = []

    def compute(item: Item) -> None:
        results.append(function(item))

    left = iter(items)
    ahead = list(islice(left, 1))
    while ahead:
        item = ahead.pop()
        with meanwhile(partial(compute, item)):
            ahead += islice(left, 1)
        yield item, results.pop()
