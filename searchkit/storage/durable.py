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


@contextlib.contextmanager
def writer_lock(path: Path) -> Iterator[None]:
    """Hold the one writer's lock.

    The lock belongs to the open file, so the system frees it when its process ends, however it ends:
    no lock is ever stale. The file's content only says who holds it. Raises IndexLocked.
    """
    with refusals.translated(path):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        with refusals.translated(path):
            if not _try_lock(descriptor) or not _is_at(descriptor, path):
                raise IndexLocked(
                    f"{path.parent} is being written by {_holder(path)}. Wait for it to end, then try again."
                )
        with contextlib.suppress(OSError):  # a full disk: the lock holds without saying whose it is
            os.ftruncate(descriptor, 0)
            card = _card().encode()
            os.pwrite(descriptor, card, 0) if hasattr(os, "pwrite") else os.write(descriptor, card)
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def shared_lock(path: Path) -> Iterator[None]:
    """Mark a file as in use by a reader until the context ends."""
    with refusals.translated(path):
        descriptor = os.open(path, os.O_RDONLY)
    try:
        with refusals.translated(path):
            _lock_shared(descriptor)
        yield
    finally:
        os.close(descriptor)


def in_use(path: Path) -> bool:
    """Tell whether another open file holds `path` by `shared_lock`."""
    with refusals.translated(path):
        try:
            descriptor = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            return False
        try:
            return not _try_lock(descriptor)
        finally:
            os.close(descriptor)


def _is_at(descriptor: int, path: Path) -> bool:
    """Tell whether an open file still has its name: who gave up making an index removes its lock."""
    try:
        return sys.platform == "win32" or os.path.samestat(os.fstat(descriptor), os.stat(path))  # noqa: PTH116
    except FileNotFoundError:
        return False


def _lock_shared(descriptor: int) -> None:
    """Lock an open file among other readers. `in_use` may hold it for a moment, so this waits."""
    if sys.platform != "win32":  # there an open file cannot be deleted anyway
        import fcntl  # noqa: PLC0415 - absent on Windows

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
    import fcntl  # noqa: PLC0415 - absent on Windows

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _card() -> str:
    import socket  # noqa: PLC0415 - writers alone need it

    return json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": time.strftime("%Y-%m-%d %H:%M:%S%z")})


def _holder(path: Path) -> str:
    try:
        card = json.loads(path.read_text())
        return f"process {card['pid']} on {card['host']} since {card['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
