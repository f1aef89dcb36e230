"""Connections to SQLite in a process that forks.

SQLite counts the locks of a process in memory that a forked child inherits. As long as the child has a connection of
its parent's, one of its own would take locks for granted that only the parent holds, and a writer could change under
it what it reads. So the child closes the connections that threads share for reading. It can do so only while no other
thread is inside SQLite, whose mutexes it inherits too: the fork waits for the threads that are.
"""

from __future__ import annotations

import os
import sqlite3
import time
import weakref
from typing import Protocol

from searchkit.threads import Guard

PATIENCE = 5.0  # seconds that a fork waits at most
NO_CHECKPOINT = getattr(sqlite3, "SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE", None)  # from Python 3.12 on


class Connected(Protocol):
    """What holds a connection, and a guard that its readers take."""

    lock: Guard

    def leave(self) -> None:
        """In a child: close the connection without a change to the file, if threads share it for reading."""


_connected: weakref.WeakSet[Connected] = weakref.WeakSet()
_held: list[Connected] = []  # during a fork, those inside which no other thread is
_left: list[Connected] = []  # in a child, those of its parent's that cannot be closed: kept from the garbage collector


def watch(connected: Connected) -> None:
    """Look after a connection at forks, before it is made."""
    _connected.add(connected)


def before() -> None:
    """Wait for threads that are inside SQLite, and keep others out."""
    end = time.monotonic() + PATIENCE
    _held.extend(each for each in list(_connected) if each.lock.acquire(max(0, end - time.monotonic())))


def after_in_parent() -> None:
    """Let the threads go on."""
    while _held:
        _held.pop().lock.release()


def after_in_child() -> None:
    """Close the parent's connections, or else never touch them again."""
    held, every = list(_held), list(_connected)
    after_in_parent()
    for each in every:
        if each in held:
            each.leave()
    _left.extend(every)


if hasattr(os, "register_at_fork"):  # Windows does not fork
    os.register_at_fork(before=before, after_in_parent=after_in_parent, after_in_child=after_in_child)
