"""What a disk, its permissions and its locks refuse, in one kind of error: it says nothing against the index."""

from __future__ import annotations

import contextlib
import errno
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from searchkit.errors import IndexCorrupt, IndexLocked, SearchkitError, StorageError

FULL = "the disk is full. Free some space, then do it again"
READ_ONLY = "it is on a file system that is read-only. Make it writable, or choose another place"
FORBIDDEN = "permission denied. Give this user the right to read and write there, or choose another place"
LOCKLESS = "its file system has no locks, without which two writers would ruin an index. Put it on a local disk"
FAILING = "the disk failed. Look into the system's log, then do it again"
MEMORY = "there is not enough memory. End other programs, then do it again"
TOO_LARGE = "a file would become larger than its file system or a limit allows. Put it on another disk"

REASONS = {
    "ENOSPC": FULL,
    "EDQUOT": "the quota of disk space is used up. Free some space, then do it again",
    "EFBIG": TOO_LARGE,
    "EROFS": READ_ONLY,
    "EACCES": FORBIDDEN,
    "EPERM": FORBIDDEN,
    "ENOLCK": LOCKLESS,
    "EOPNOTSUPP": LOCKLESS,
    "ENOTSUP": LOCKLESS,
    "ENOSYS": LOCKLESS,
    "EIO": FAILING,
    "ENXIO": FAILING,
    "ENODEV": "its file system cannot map files into memory. Put it on a local disk",
    "ESTALE": "the network file system lost the file. Look whether it is still mounted, then do it again",
    "ETIMEDOUT": "the file system does not answer. Look whether it is still mounted, then do it again",
    "EMFILE": "this process has too many files open. Close some, or raise the limit (ulimit -n)",
    "ENFILE": "the system has too many files open. End other programs, then do it again",
    "ENOMEM": MEMORY,
}
BY_NUMBER = {getattr(errno, name): reason for name, reason in REASONS.items() if hasattr(errno, name)}
BY_SQLITE = {  # its own words, which are the same for all codes of a kind
    "database or disk is full": FULL,
    "attempt to write a readonly database": "it cannot be written. Make it and its folder writable for this user",
    "unable to open database file": "it cannot be opened. Give this user the right to read and write it and its folder",
    "disk I/O error": FAILING,
    "locking protocol": LOCKLESS,
    "large file support is disabled": TOO_LARGE,
    "access permission denied": FORBIDDEN,
    "out of memory": MEMORY,
}
DAMAGE_NAMES = ("SQLITE_IOERR_SHORT_READ", "SQLITE_IOERR_CORRUPTFS", "SQLITE_IOERR_DATA")  # input that is not there


def refusal(error: BaseException, path: Path | None = None) -> SearchkitError | None:
    """Return what to raise instead of an error in which no fault of the index shows, None for any other error.

    path: what is named where the error names no file.
    """
    if isinstance(error, SearchkitError):
        return None
    if isinstance(error, sqlite3.Error):
        return _of_sqlite(error, path)
    number = _number(error)
    if number not in BY_NUMBER:
        return None
    named = error.filename if isinstance(error, OSError) and isinstance(error.filename, str) else path
    return StorageError(f"{_place(named)}{BY_NUMBER[number]}.")


def damage(error: BaseException, path: Path, message: str) -> SearchkitError:
    """Return IndexCorrupt with this message, or the refusal that kept us from reading the file at `path`."""
    return refusal(error, path) or IndexCorrupt(message)


@contextlib.contextmanager
def translated(path: Path, *, missing: bool = False) -> Iterator[None]:
    """Turn refusals within a block into SearchkitErrors, and what SQLite says of a file that is damaged.

    missing: also that `path` itself cannot be there, which inside an index would be damage.
    """
    try:
        yield
    except BaseException as error:  # tantivy's panics are no Exceptions
        found = refusal(error, path)
        if missing and isinstance(error, FileNotFoundError | NotADirectoryError | IsADirectoryError):
            found = StorageError(f"{path}: {error.strerror}. Choose another path.")
        if found is None and isinstance(error, sqlite3.DatabaseError) and "malformed" in str(error):
            found = IndexCorrupt(f"{path}: {error}. Restore it from a copy, or index the sources into a new folder.")
        if found is None:
            raise
        raise found from error


def _place(path: Path | str | None) -> str:
    return "" if path is None else f"{path}: "


def _number(error: BaseException) -> int | None:
    """Return the system's number for an error, also where NumPy or tantivy wrapped it."""
    if isinstance(error, OSError):
        short = error.errno is None and re.search(r"\d+ requested and \d+ written", str(error))
        return errno.ENOSPC if short else error.errno
    if isinstance(error, ValueError) or type(error).__name__ == "PanicException":
        found = re.search(r"\(os error (\d+)\)|\bcode: (\d+), kind: ", str(error))
        return int(found[1] or found[2]) if found else None
    return None


def _of_sqlite(error: sqlite3.Error, path: Path | None) -> SearchkitError | None:
    said, name = str(error), getattr(error, "sqlite_errorname", None) or ""
    if said.startswith(("database is locked", "database table is locked")):
        return IndexLocked(
            f"{path or 'the index'} is being written by another process. Wait for it to end, then try again."
        )
    reason = next((reason for words, reason in BY_SQLITE.items() if said.startswith(words)), None)
    if reason is None or name in DAMAGE_NAMES:
        return None
    if re.search(r"IOERR_\w*LOCK", name):
        reason = LOCKLESS
    return StorageError(f"{_place(path)}{reason} (SQLite: {said}{', ' if name else ''}{name}).")
