"""The catalog's tables, the records that go into them, and how its file is opened."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from searchkit.storage import refusals
from searchkit.types import Document, Passage

SCHEMA = """
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO counters VALUES ('generation', 0), ('next_row', 0), ('keywords', 0), ('removed', 0),
    ('next_segment', 1);
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE roots (path TEXT PRIMARY KEY, prefix TEXT NOT NULL UNIQUE, options TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE files (
    key INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    documents INTEGER NOT NULL
);
CREATE TABLE documents (
    key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, file INTEGER REFERENCES files (key), digest BLOB NOT NULL,
    title TEXT NOT NULL, section TEXT NOT NULL, date TEXT, day INTEGER, source TEXT NOT NULL,
    metadata TEXT NOT NULL, text TEXT NOT NULL, marks TEXT NOT NULL, page_starts TEXT NOT NULL, omitted TEXT
);
CREATE INDEX documents_by_file ON documents (file) WHERE file IS NOT NULL;
CREATE TABLE passages (
    row INTEGER PRIMARY KEY, document INTEGER NOT NULL REFERENCES documents (key) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL, line INTEGER NOT NULL,
    end_line INTEGER NOT NULL, page INTEGER, section TEXT NOT NULL, digest BLOB NOT NULL,
    signature BLOB NOT NULL, duplicate_of INTEGER, byte INTEGER, header TEXT
);
CREATE UNIQUE INDEX passages_by_document ON passages (document, ordinal);
CREATE INDEX passages_by_digest ON passages (digest);
CREATE INDEX passages_by_original ON passages (duplicate_of) WHERE duplicate_of IS NOT NULL;
CREATE TABLE dead (row INTEGER PRIMARY KEY);
CREATE TABLE unread (row INTEGER PRIMARY KEY);
CREATE TABLE segments (name TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE checksums (path TEXT PRIMARY KEY, size INTEGER NOT NULL, sha256 TEXT NOT NULL) WITHOUT ROWID;
"""


def has_column(db: sqlite3.Connection, table: str, name: str) -> bool:
    """Tell whether a table has a column: an index of an older format may lack it."""
    return any(found == name for _, found, *_ in db.execute(f"PRAGMA table_info({table})"))


def has_table(db: sqlite3.Connection, name: str) -> bool:
    """Tell whether there is a table: an index of an older format may lack it."""
    return db.execute("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", (name,)).fetchone() is not None


UNSETTLED = -1  # the time of a file that is to be read again: not all of it is in, or its last good version was kept
REMEDY = "Restore the index from a copy, or index the sources into a new folder."  # of what nothing else tells
IN_LIST = "IN (SELECT value FROM json_each(?))"  # a column's value among those of `listed`


def listed(values: Iterable[int]) -> str:
    """Return numbers as what IN_LIST binds."""
    return json.dumps([int(value) for value in values])


class PassageRecord(NamedTuple):
    """A passage as the write path stores it, with what is derived from it."""

    row: int
    passage: Passage
    digest: bytes  # of the text that is embedded
    signature: bytes  # MinHash, for near duplicates
    duplicate_of: int | None
    byte: int  # where its text begins in the document's, in UTF-8


class DocumentRecord(NamedTuple):
    """A document as the write path stores it."""

    key: int
    document: Document
    file: int | None
    digest: bytes


class Root(NamedTuple):
    """What was synced: the prefix of its document ids, and how it is read."""

    prefix: str
    options: dict[str, Any]


class KnownFile(NamedTuple):
    """A file as it was when its documents were read. mtime_ns: UNSETTLED if it is to be read again."""

    key: int
    size: int
    mtime_ns: int
    documents: int


def connect(path: Path, script: str = "") -> sqlite3.Connection:
    """Open a catalog for reading and writing, or for reading alone where it cannot be written; run a script first.

    Raises IndexCorrupt or StorageError.
    """
    try:
        with contextlib.ExitStack() as opened:
            uri = _uri(path)
            db = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=30)
            opened.callback(db.close)
            db.execute("PRAGMA trusted_schema = OFF")  # a stranger's schema must not call functions
            db.execute("PRAGMA cell_size_check = ON")
            db.execute("PRAGMA foreign_keys = ON")
            db.execute("PRAGMA synchronous = FULL")
            if "mode=ro" not in uri:
                db.execute("PRAGMA journal_mode = WAL")
            db.executescript(script)
            db.execute("SELECT value FROM counters").fetchall()
            opened.pop_all()
    except sqlite3.DatabaseError as error:
        raise refusals.damage(error, path, f"{path} is not a searchkit catalog: {error}. {REMEDY}") from error
    return db


def _uri(path: Path) -> str:
    if not path.exists() or (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        return path.absolute().as_uri()
    return read_only(path)


def read_only(path: Path) -> str:
    """Return how to open a database without writing anything: without locks too, unless it has a log to be read."""
    log = path.with_name(path.name + "-wal")
    has_log = log.exists() and log.stat().st_size > 0
    return path.absolute().as_uri() + ("?mode=ro" if has_log else "?mode=ro&immutable=1")
