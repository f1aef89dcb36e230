"""The catalog's tables of the parts that are derived from it: vector segments, rows without vectors, checksums."""

from __future__ import annotations

import sqlite3

import numpy as np

from searchkit.types import Rows


class Parts:
    """Typed access to the tables."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def dead_rows(self) -> Rows:
        """Return the rows that were removed since the vectors were last compacted, ascending."""
        return np.fromiter((row for (row,) in self._db.execute("SELECT row FROM dead ORDER BY row")), np.int64)

    def clear_dead(self) -> None:
        """Forget the dead rows: no derived part holds them any more."""
        self._db.execute("DELETE FROM dead")

    def ensure_unread(self) -> None:
        """Give the table of unread rows to an index that was made without it."""
        self._db.execute("CREATE TABLE IF NOT EXISTS unread (row INTEGER PRIMARY KEY)")

    def unread_rows(self) -> Rows:
        """Return the rows that have no vector because the model cannot read their passages, ascending."""
        if not self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'unread'").fetchone():
            return np.empty(0, np.int64)
        found = self._db.execute("SELECT row FROM unread WHERE row IN (SELECT row FROM passages) ORDER BY row")
        return np.fromiter((row for (row,) in found), np.int64)

    def add_unread(self, rows: Rows) -> None:
        """Note rows whose passages the model cannot read."""
        self._db.executemany("INSERT OR IGNORE INTO unread VALUES (?)", [(row,) for row in rows.tolist()])

    def clear_unread(self) -> None:
        """Forget which rows the model cannot read: there is another model."""
        self._db.execute("DELETE FROM unread")

    def segments(self) -> dict[str, int]:
        """Return the vector segments: name -> number of rows, oldest first."""
        return dict(self._db.execute("SELECT name, count FROM segments ORDER BY name").fetchall())

    def set_segments(self, segments: dict[str, int]) -> None:
        """Replace the list of vector segments."""
        self._db.execute("DELETE FROM segments")
        self._db.executemany("INSERT INTO segments VALUES (?, ?)", segments.items())

    def checksums(self) -> dict[str, tuple[int, str]]:
        """Return size and SHA-256 of every derived file: path inside the index -> (size, digest)."""
        return {
            path: (size, digest) for path, size, digest in self._db.execute("SELECT * FROM checksums ORDER BY path")
        }

    def set_checksums(self, checksums: dict[str, tuple[int, str]]) -> None:
        """Replace the checksums."""
        self._db.execute("DELETE FROM checksums")
        self._db.executemany("INSERT INTO checksums VALUES (?, ?, ?)", [(p, *rest) for p, rest in checksums.items()])
