"""Connections to SQLite in a process that forks.

SQLite counts the locks of a process in memory that a forked child inherits. As long as the child has a connection of
its parent's, one of its own would take locks for granted that only the parent holds, and a writer could change under
it what it reads. So the child closes the connections that threads share for reading. It can do so only while no other
thread is inside SQLite, whose mutexes it inherits too: the fork waits for the threads that are.

A connection that writes cannot be closed in the child: that would undo, in memory that both share, what the parent is
about to commit. Nor can one whose thread did not come out of SQLite in time. Then the child must not open the file.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import weakref
from pathlib import Path
from typing import Protocol, TypeAlias

from searchkit.errors import IndexLocked
from searchkit.threads import Guard, keep

File: TypeAlias = tuple[int, int]  # device and inode, by which SQLite knows a file

PATIENCE = 5.0  # seconds that a fork waits at most
NO_CHECKPOINT = getattr(sqlite3, "SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE", None)  # from Python 3.12 on


class Connected(Protocol):
    """What holds a connection, and a guard that its readers take."""

    lock: Guard
    file: File | None  # while a connection is open, or is being opened

    def leave(self) -> None:
        """In a child: close the connection without a change to the file, if threads share it for reading."""


_connected: weakref.WeakValueDictionary[int, Connected] = weakref.WeakValueDictionary()  # by id
_held: dict[int, list[Connected]] = {}  # by thread that forks, those inside which no other thread is
_lost: set[File] = set()  # in a child, what it cannot open


def watch(connected: Connected, path: Path) -> None:
    """Look after a connection at forks, before it is made. Raises IndexLocked in a child that must not make it."""
    connected.file = file_at(path)
    if connected.file in _lost:
        raise IndexLocked(
            f"{path.parent} was being written, or read as a whole, by another thread when this process was forked, and "
            "SQLite cannot be used after that. Fork at another time, or start processes anew (multiprocessing's spawn)."
        )
    _connected[id(connected)] = connected


def file_at(path: Path) -> File | None:
    """Return the file at a path, None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _all_connected() -> list[Connected]:
    """Return those that still live; other threads may go on making some."""
    return [each for reference in _connected.valuerefs() if (each := reference()) is not None]


def before() -> None:
    """Wait for threads that are inside SQLite, and keep others out."""
    end = time.monotonic() + PATIENCE
    held = _held[threading.get_ident()] = []  # known at once, so that whatever happens it is given back
    held.extend(each for each in _all_connected() if each.lock.acquire(max(0, end - time.monotonic())))


def after_in_parent() -> None:
    """Let the threads go on."""
    for each in _held.pop(threading.get_ident(), ()):
        each.lock.release()


def after_in_child() -> None:
    """Close the parent's connections, or else never touch them again."""
    held = list(_held.get(threading.get_ident(), ()))
    after_in_parent()
    _held.clear()
    for each in _all_connected():
        if each in held:
            each.leave()
        if each.file is not None:  # still open
            _lost.add(each.file)
            keep(each)


if hasattr(os, "register_at_fork"):  # Windows does not fork
    os.register_at_fork(before=before, after_in_parent=after_in_parent, after_in_child=after_in_child)
