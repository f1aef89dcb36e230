"""Files that survive a crash: written once under another name, made durable, then put in place."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from searchkit.errors import IndexLocked
from searchkit.storage import refusals
from searchkit.storage.turns import PATIENCE, turns
from searchkit.threads import renew_in_children

if sys.platform != "win32":
    import fcntl

FIRST_PAUSE, LONGEST_PAUSE = 0.01, 0.5  # seconds at most between two tries to get the writer's lock


def replace_file(path: Path, content: bytes) -> None:
    """Put `content` at `path` so that a crash leaves either the old file or the new one."""
    with replacing(path) as temporary, temporary.open("wb") as file:
        file.write(content)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a name under which to write what `path` shall hold; a crash or an error leaves what it held before."""
    temporary = path.with_name(path.name + ".tmp")
    try:
        yield temporary
        with temporary.open("r+b") as file:  # Windows flushes only what is open for writing
            flush_file(file)
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    flush_folder(path.parent)


def flush_file(file: IO[bytes]) -> None:
    """Make what was written to an open file durable."""
    file.flush()
    os.fsync(file.fileno())


def flush_folder(folder: Path) -> None:
    """Make the names in a folder durable, where the system knows how (Windows does it by itself)."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    import hashlib  # noqa: PLC0415 - a search needs no digests, and OpenSSL takes a while to load

    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Opened:
    """An open file and its lock. A forked process lets go of its copy, with which the lock would outlive its holder."""

    def __init__(self, path: Path, flags: int) -> None:
        with refusals.translated(path):
            self.number = os.open(path, flags, 0o644)
        self._is_open = True
        renew_in_children(self)

    def close(self) -> None:
        """Free the lock and close the file, once: its number may be another's afterwards."""
        if self._is_open:
            self._is_open = False
            _unlock(self.number)  # a process that is just being forked or started has the open file too, for a moment
            os.close(self.number)

    def renew(self) -> None:
        """Let go: the parent's lock stays."""
        if self._is_open:
            self._is_open = False
            os.close(self.number)


@contextlib.contextmanager
def writer_lock(path: Path, timeout: float | None = None) -> Iterator[None]:
    """Hold the one writer's lock.

    The lock belongs to the open file, so the system frees it when its process ends, however it ends:
    no lock is ever stale. The file's content only says who holds it.

    timeout: seconds to wait for whoever has it. Unless it is given, threads of this process take turns, and another
    process is not waited for. Raises IndexLocked.
    """
    end = time.monotonic() + (timeout or 0)
    with turns.taken(path, PATIENCE if timeout is None else timeout) as came, contextlib.ExitStack() as held:
        if not came:
            raise _refused(path)
        descriptor = held.enter_context(contextlib.closing(_locked(path, end))).number
        with contextlib.suppress(OSError):  # a full disk: the lock holds without saying whose it is
            os.ftruncate(descriptor, 0)
            card = _card().encode()
            os.pwrite(descriptor, card, 0) if hasattr(os, "pwrite") else os.write(descriptor, card)
        yield


def _locked(path: Path, end: float) -> _Opened:
    """Return the file at `path`, locked, as soon as nobody else has the lock. Raises IndexLocked at the time `end`."""
    for pause in pauses():
        opened = _Opened(path, os.O_RDWR | os.O_CREAT)
        try:
            with refusals.translated(path):
                if _try_lock(opened.number) and _is_at(opened.number, path):
                    return opened
        except BaseException:
            opened.close()
            raise
        opened.close()
        left = end - time.monotonic()
        if left <= 0:
            break
        time.sleep(min(pause, left))
    raise _refused(path)


def pauses() -> Iterator[float]:
    """Yield without end the seconds between one try and the next: longer each time, up to LONGEST_PAUSE.

    They are drawn by chance, so that those who wait do not come together again and again.
    """
    import random  # noqa: PLC0415 - few wait

    longest = FIRST_PAUSE
    while True:
        yield random.uniform(longest / 2, longest)  # noqa: S311 - no secret
        longest = min(2 * longest, LONGEST_PAUSE)


def _refused(path: Path) -> IndexLocked:
    return IndexLocked(
        f"{path.parent} is being written by {_holder(path)}. Wait for it to end, or say how long to wait: timeout=60, "
        "or --wait 60 on the command line."
    )


@contextlib.contextmanager
def shared_lock(path: Path) -> Iterator[None]:
    """Mark a file as in use by a reader until the context ends."""
    with contextlib.closing(_Opened(path, os.O_RDONLY)) as opened:
        with refusals.translated(path):
            _lock_shared(opened.number)
        yield


def in_use(path: Path) -> bool:
    """Tell whether another open file holds `path` by `shared_lock`."""
    if not path.exists():
        return False
    with contextlib.closing(_Opened(path, os.O_RDONLY)) as opened, refusals.translated(path):
        return not _try_lock(opened.number)


def _is_at(descriptor: int, path: Path) -> bool:
    """Tell whether an open file still has its name: who gave up making an index removes its lock."""
    try:
        return sys.platform == "win32" or os.path.samestat(os.fstat(descriptor), os.stat(path))  # noqa: PTH116
    except FileNotFoundError:
        return False


def _lock_shared(descriptor: int) -> None:
    """Lock an open file among other readers. `in_use` may hold it for a moment, so this waits."""
    if sys.platform != "win32":  # there an open file cannot be deleted anyway
        fcntl.flock(descriptor, fcntl.LOCK_SH)


def _try_lock(descriptor: int) -> bool:
    """Lock an open file for ourselves without waiting; tell whether that worked."""
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415 - Windows only

        try:  # one byte far beyond the content, which stays readable
            os.lseek(descriptor, 1 << 30, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _unlock(descriptor: int) -> None:
    """Free a lock that was taken on an open file, if any was."""
    if sys.platform != "win32":  # there a file has no second holder
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_UN)


def _card() -> str:
    import socket  # noqa: PLC0415 - writers alone need it

    return json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": time.strftime("%Y-%m-%d %H:%M:%S%z")})


def _holder(path: Path) -> str:
    try:
        card = json.loads(path.read_text())
        return f"process {card['pid']} on {card['host']} since {card['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
