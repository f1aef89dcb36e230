"""The catalog's tables of what was synced: folders and files, and the files that were read."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable

from searchkit.storage.catalog.schema import IN_LIST, UNSETTLED, KnownFile, Root, listed


class Sources:
    """Typed access to the tables."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def roots(self) -> dict[str, Root]:
        """Return the folders and files that were synced, by absolute path."""
        found = self._db.execute("SELECT path, prefix, options FROM roots ORDER BY path")
        return {path: Root(prefix, json.loads(options)) for path, prefix, options in found}

    def put_root(self, path: str, root: Root) -> None:
        """Record a root, or what changed of it."""
        self._db.execute("INSERT OR REPLACE INTO roots VALUES (?, ?, ?)", (path, root.prefix, json.dumps(root.options)))

    def drop_root(self, path: str) -> None:
        """Forget a root; its files stay known."""
        self._db.execute("DELETE FROM roots WHERE path = ?", (path,))

    def files_under(self, root: str) -> dict[str, KnownFile]:
        """Return the known files that are `root` or lie below it, by absolute path."""
        below = root.rstrip("/") + "/"
        found = self._db.execute(
            "SELECT path, key, size, mtime_ns, documents FROM files WHERE path = ? OR (path >= ? AND path < ?)",
            (root, below, below[:-1] + "0"),  # "0" follows "/"
        )
        return {path: KnownFile(*rest) for path, *rest in found}

    def files(self) -> dict[str, KnownFile]:
        """Return all known files, by absolute path."""
        found = self._db.execute("SELECT path, key, size, mtime_ns, documents FROM files ORDER BY key")
        return {path: KnownFile(*rest) for path, *rest in found}

    def put_file(self, path: str, size: int, mtime_ns: int, documents: int) -> int:
        """Record a file as read; return its key."""
        return int(
            self._db.execute(
                "INSERT INTO files (path, size, mtime_ns, documents) VALUES (?, ?, ?, ?) ON CONFLICT (path) DO UPDATE "
                "SET size = excluded.size, mtime_ns = excluded.mtime_ns, documents = excluded.documents RETURNING key",
                (path, size, mtime_ns, documents),
            ).fetchone()[0]
        )

    def rename_file(self, key: int, path: str) -> bool:
        """Record a file under another path; tell whether none was known there."""
        cursor = self._db.execute("UPDATE OR IGNORE files SET path = ? WHERE key = ?", (path, key))
        return cursor.rowcount > 0

    def count_documents(self, keys: Iterable[int]) -> int:
        """Return how many documents come from files."""
        query = f"SELECT count(*) FROM documents WHERE file {IN_LIST}"
        return int(self._db.execute(query, (listed(keys),)).fetchone()[0])

    def forget_file(self, key: int) -> None:
        """Forget a file, so that the next sync reads it again. Its documents stay."""
        self._db.execute("UPDATE documents SET file = NULL WHERE file = ?", (key,))
        self._db.execute("DELETE FROM files WHERE key = ?", (key,))

    def file_path(self, key: int) -> str:
        """Return a known file's path."""
        return str(self._db.execute("SELECT path FROM files WHERE key = ?", (key,)).fetchone()[0])

    def unsettle_file(self, key: int) -> None:
        """Make the next sync read a file again."""
        self._db.execute("UPDATE files SET mtime_ns = ? WHERE key = ?", (UNSETTLED, key))
