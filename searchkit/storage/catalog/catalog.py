"""The catalog: one SQLite file that decides what exists. Keywords and vectors are derived from it."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from searchkit.errors import IndexCorrupt
from searchkit.storage import refusals
from searchkit.storage.catalog import forking
from searchkit.storage.catalog.bands import SCHEMA as BANDS
from searchkit.storage.catalog.bands import Bands
from searchkit.storage.catalog.columns import SCHEMA as COLUMNS
from searchkit.storage.catalog.columns import MetadataColumns
from searchkit.storage.catalog.documents import Documents
from searchkit.storage.catalog.metadata import SCHEMA as METADATA
from searchkit.storage.catalog.parts import Parts
from searchkit.storage.catalog.passages import Passages
from searchkit.storage.catalog.schema import SCHEMA, connect
from searchkit.storage.catalog.sources import Sources
from searchkit.storage.catalog.statements import SCHEMA as STATEMENTS
from searchkit.storage.catalog.statements import Statements
from searchkit.storage.catalog.texts import SCHEMA as TEXTS
from searchkit.threads import Guard
from searchkit.types import Passage

TABLES = "".join((SCHEMA, TEXTS, METADATA, COLUMNS, BANDS, STATEMENTS))
PASSAGES = 2_000  # that are read at once
MUCH = 0.1  # share of the file's pages


class Catalog:
    """Typed access to the SQLite file, table by table. One connection: threads that share it hold `lock`."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        self._path = path
        self.lock = Guard()  # held by whoever lets several threads read
        self._is_shared = False
        if not create and not path.exists():
            raise IndexCorrupt(f"{path} is missing; the index cannot be opened without it.")
        self.file: forking.File | None = None
        forking.watch(self, path)
        try:
            with self.lock:
                self._db = connect(
                    path, f"BEGIN;{SCHEMA}{TEXTS}{METADATA}{COLUMNS}{BANDS}{STATEMENTS}COMMIT;" if create else ""
                )
                self.file = forking.file_at(path)
        except BaseException:
            self.file = None
            raise
        self.sources = Sources(self._db)
        self.documents = Documents(self._db)
        self.passages = Passages(self._db)
        self.columns = MetadataColumns(self._db)
        self.parts = Parts(self._db)
        self.bands = Bands(self._db)
        self.statements = Statements(self._db)

    def begin_read(self) -> None:
        """Pin the current state: every later read sees it until `end`."""
        self._db.execute("BEGIN")
        self._db.execute("SELECT value FROM counters LIMIT 1").fetchone()
        self.passages.spans.pinned = True

    def share(self) -> None:
        """From now on let threads read, each call with `lock`: a forked process can then open a catalog of its own."""
        self._is_shared = True

    def begin_write(self) -> None:
        """Start a transaction that `commit` makes durable or `rollback` undoes."""
        self._db.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Make everything since `begin_write` durable, as one."""
        self._db.execute("COMMIT")

    def rollback(self) -> None:
        """Undo everything since `begin_write`; end a read."""
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def shrink(self) -> None:
        """Give back the room of what was removed, where that is much. Not within a transaction."""
        pages, free = (self._db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count"))
        if free > MUCH * pages:
            with contextlib.suppress(sqlite3.OperationalError):  # there is no room to do it in
                self._db.execute("VACUUM")

    def close(self) -> None:
        """Close the file."""
        with self.lock:
            self.passages.spans.close()
            self._db.close()
            self.file = None

    def leave(self) -> None:
        """Let go of a parent's file in a forked process: see `forking`."""
        if self._is_shared:
            if forking.NO_CHECKPOINT is not None:
                self._db.setconfig(forking.NO_CHECKPOINT, True)  # type: ignore[attr-defined]  # from Python 3.12 on
            self.close()

    def ensure(self) -> None:
        """Bring the tables of an older format to this one."""
        self._db.execute(TEXTS)
        self.bands.ensure()
        self._db.execute(METADATA)
        self.passages.ensure()
        self.documents.ensure()
        self.parts.ensure_unread()
        self.columns.ensure()

    def counter(self, name: str) -> int:
        """Return a counter.

        generation; next_row; keywords: generation of the keyword part; removed: rows that were removed since
        that part was last built from nothing; next_segment.
        """
        return int(self._db.execute("SELECT value FROM counters WHERE name = ?", (name,)).fetchone()[0])

    def set_counter(self, name: str, value: int) -> None:
        """Set a counter."""
        self._db.execute("UPDATE counters SET value = ? WHERE name = ?", (value, name))

    def counts(self) -> dict[str, int]:
        """Return how many documents, passages, files and near duplicates there are."""
        queries = {
            "documents": "SELECT count(*) FROM documents",
            "passages": "SELECT count(*) FROM passages",
            "files": "SELECT count(*) FROM files",
            "duplicates": "SELECT count(*) FROM passages WHERE duplicate_of IS NOT NULL",
        }
        return {name: int(self._db.execute(query).fetchone()[0]) for name, query in queries.items()}

    def settings(self) -> dict[str, Any]:
        """Return what was frozen when the index was created."""
        return {name: json.loads(value) for name, value in self._db.execute("SELECT name, value FROM settings")}

    def set_settings(self, settings: dict[str, Any]) -> None:
        """Replace the settings."""
        self._db.execute("DELETE FROM settings")
        self._db.executemany("INSERT INTO settings VALUES (?, ?)", [(k, json.dumps(v)) for k, v in settings.items()])

    def all_passages(self) -> Iterator[dict[int, Passage]]:
        """Yield every passage of the index by row, in chunks."""
        chunk: dict[int, Passage] = {}
        for doc_id in self.documents.ids():
            chunk.update(self.passages.of(doc_id))
            if len(chunk) >= PASSAGES:
                yield chunk
                chunk = {}
        yield chunk

    def problems(self) -> list[str]:
        """Return what SQLite's own checks find wrong, empty when all is well."""
        try:
            broken = [text for (text,) in self._db.execute("PRAGMA integrity_check") if text != "ok"]
            dangling = self._db.execute("PRAGMA foreign_key_check")
            broken += [f"{table} row {row} refers to nothing" for table, row, *_ in dangling]
            broken += self.statements.problems()
            broken += self.bands.problems()
            broken += self.columns.problems(self.documents.count(), self.parts.dead_rows())
        except sqlite3.DatabaseError as error:
            return [str(refusals.damage(error, self._path, f"{self._path}: {error}"))]
        return [f"{self._path}: {problem}" for problem in broken]
