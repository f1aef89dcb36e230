"""Which passages a filter on their documents lets through."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

import numpy as np

from searchkit.types import Rows


class Metadata:
    """Looks values of documents' metadata up."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._looked_into: set[str] = set()

    def look_into(self, paths: Iterable[str]) -> None:
        """Take the values at these JSON paths of all metadata into memory, in order, unless they are there already."""
        from searchkit.storage.filter_sql import FILL, ITEMS  # noqa: PLC0415 - most questions have no filter

        for path in set(paths) - self._looked_into:
            if not self._looked_into:
                self._db.execute("PRAGMA temp_store = MEMORY")
                self._db.execute(ITEMS)
            self._db.execute(FILL, (path, path, path))
            self._looked_into.add(path)

    def fields(self) -> dict[str, frozenset[str]]:
        """Return the names that a filter finds values of, each with the kinds of its values."""
        from searchkit.storage.filter_sql import KINDS  # noqa: PLC0415 - as above

        found: dict[str, set[str]] = {}
        for name, kind in self._db.execute(KINDS):
            found.setdefault(name, set()).add(kind)
        return {name: frozenset(kinds) for name, kinds in sorted(found.items())}

    def rows(self, where: str, values: Sequence[object]) -> Rows:
        """Return the rows of passages whose document fits a WHERE clause over `documents`, ascending.

        They come as one text: objects for a million numbers would take longer than finding them.
        """
        found = self._db.execute(
            f"SELECT group_concat(row) FROM passages WHERE document IN (SELECT key FROM documents WHERE {where})",
            tuple(values),
        ).fetchone()[0]
        return np.sort(np.fromstring(found, np.int64, sep=",")) if found else np.empty(0, np.int64)
