"""Documents' metadata as the catalog holds it: JSON, without a source that documents put together have in common.

Documents of one file share its path, which is longer than all else that most of them have. What is stored of such a one
is the number of the source and the JSON of the rest: `7{"author": "Ann"}`.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from searchkit.errors import IndexCorrupt
from searchkit.storage.catalog.schema import REMEDY, has_table

SCHEMA = """
CREATE TABLE IF NOT EXISTS shared_sources (key INTEGER PRIMARY KEY, source TEXT NOT NULL);
"""
DIGITS = "0123456789"

Metadata = Mapping[str, Any]


def stored_in(db: sqlite3.Connection, table: str = "documents") -> str:
    """Return the two expressions that `unpacked` reads, of a catalog whose format may not share sources yet."""
    if not has_table(db, "shared_sources"):
        return f"{table}.metadata, NULL"
    return f"{table}.metadata, (SELECT source FROM shared_sources WHERE key = CAST({table}.metadata AS INTEGER))"


def source_in(db: sqlite3.Connection) -> str:
    """Return an expression for the source of a document, "" without one."""
    own = "iif(json_type(metadata, '$.source') = 'text', json_extract(metadata, '$.source'), source)"
    if not has_table(db, "shared_sources"):
        return own
    return (
        "CASE WHEN CAST(metadata AS INTEGER) THEN "
        f"(SELECT shared.source FROM shared_sources shared WHERE shared.key = CAST(metadata AS INTEGER)) ELSE {own} END"
    )


def unpacked(stored: str, source: str | None) -> dict[str, Any]:
    """Return metadata. source: the shared one. Raises IndexCorrupt where that is lost."""
    if stored.startswith("{"):
        own: dict[str, Any] = json.loads(stored)
        return own
    if source is None:
        raise IndexCorrupt(f"the catalog lacks a source that documents share. {REMEDY}")
    return {**json.loads(stored.lstrip(DIGITS)), "source": source}


def packer(db: sqlite3.Connection, every: Iterable[Metadata]) -> Callable[[Metadata], str]:
    """Return what packs these; from now on the catalog holds the sources that some of them share."""
    times = Counter(filter(None, map(_last_source, every)))
    first = int(db.execute("SELECT coalesce(max(key), 0) + 1 FROM shared_sources").fetchone()[0])
    shared = {source: key for key, source in enumerate((each for each, n in times.items() if n > 1), first)}
    db.executemany("INSERT INTO shared_sources (source, key) VALUES (?, ?)", shared.items())

    def packed(metadata: Metadata) -> str:
        key = shared.get(_last_source(metadata) or "")
        if key is None:
            return json.dumps(dict(metadata), ensure_ascii=False) if metadata else "{}"
        return f"{key}{json.dumps({name: metadata[name] for name in [*metadata][:-1]}, ensure_ascii=False)}"

    return packed


def _last_source(metadata: Metadata) -> str | None:
    """Return the source if it is text and what was said last: so all comes back in its order."""
    source = metadata.get("source")
    return source if isinstance(source, str) and [*metadata][-1] == "source" else None
