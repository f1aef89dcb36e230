"""The catalog's table of passages. Rows are never reused, so that a row number means one passage for ever."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from searchkit.normalization import spellings
from searchkit.storage.catalog import metadata
from searchkit.storage.catalog.schema import IN_LIST, PassageRecord, has_column, listed
from searchkit.storage.catalog.spans import Spans, byte_offsets
from searchkit.types import Passage, Rows

_PASSAGE = 'row, document, ordinal, start, "end", line, end_line, page, section, {byte}, {header} FROM passages'
# The key of the document that has an id as it is or, in old indexes, with its accents coded otherwise.
_KEY = "(SELECT key FROM documents WHERE id IN (?, ?, ?) ORDER BY id <> ? LIMIT 1)"


class Passages:
    """Typed access to the table."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.spans = Spans(db)
        self._has_bytes = has_column(db, "passages", "byte")
        self._has_headers = has_column(db, "passages", "header")
        self._metadata = metadata.stored_in(db)

    def put(self, records: Iterable[tuple[int, PassageRecord]]) -> None:
        """Add passages, each with its document's key."""
        self._db.executemany(
            "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (r.row, document, r.passage.ordinal, r.passage.start, r.passage.end, r.passage.line,
                 r.passage.end_line, r.passage.page, r.passage.section, r.digest, r.signature, r.duplicate_of, r.byte,
                 r.passage.header or None)
                for document, r in records
            ],
        )  # fmt: skip

    def signatures(self, rows: Iterable[int]) -> dict[int, bytes]:
        """Return the MinHash signatures of rows that exist."""
        found = self._db.execute(f"SELECT row, signature FROM passages WHERE row {IN_LIST}", (listed(rows),))
        return dict(found.fetchall())

    def duplicates_of(self, rows: Iterable[int]) -> dict[int, bytes]:
        """Return the passages recorded as duplicates of `rows`: row -> signature."""
        return dict(
            self._db.execute(f"SELECT row, signature FROM passages WHERE duplicate_of {IN_LIST}", (listed(rows),))
        )

    def set_duplicate_of(self, pairs: Iterable[tuple[int | None, int]]) -> None:
        """Record (original row or None, row)."""
        self._db.executemany("UPDATE passages SET duplicate_of = ? WHERE row = ?", pairs)

    def rows_by_digest(self, digests: Iterable[bytes]) -> list[tuple[int, bytes]]:
        """Return every (row, digest) of passages whose embedded text has one of these digests."""
        query = "SELECT row, digest FROM passages WHERE digest = ?"
        return [pair for digest in dict.fromkeys(digests) for pair in self._db.execute(query, (digest,))]

    def get(self, rows: Iterable[int]) -> dict[int, Passage]:
        """Return the passages of rows that exist, with their texts."""
        found = self._db.execute(f"SELECT {self._passage} WHERE row {IN_LIST}", (listed(rows),))
        return self._with_texts(found.fetchall())

    def of(self, doc_id: str, first: int = 0, last: int | None = None) -> dict[int, Passage]:
        """Return a document's passages from ordinal `first` to `last`, both included, in order."""
        found = self._db.execute(
            f"SELECT {self._passage} WHERE document = {_KEY} AND ordinal BETWEEN ? AND ? ORDER BY ordinal",
            (*_spelt(doc_id), first, sys.maxsize if last is None else last),
        )
        return self._with_texts(found.fetchall())

    def row_of(self, passage_id: str) -> int | None:
        """Return the row of a passage, None if there is none."""
        doc_id, _, ordinal = passage_id.rpartition("#")
        found = self._db.execute(
            f"SELECT row FROM passages WHERE document = {_KEY} AND ordinal = ?",
            (*_spelt(doc_id), int(ordinal) if ordinal.isdecimal() and len(ordinal) < 16 else -1),
        ).fetchone()
        return None if found is None else int(found[0])

    def owners(self, rows: Iterable[int]) -> dict[int, int]:
        """Return the key of each row's document."""
        found = self._db.execute(f"SELECT row, document FROM passages WHERE row {IN_LIST}", (listed(rows),))
        return dict(found.fetchall())

    def neighbours(self, rows: Iterable[int], reach: int) -> list[tuple[int, int]]:
        """Return (row, row of a passage at most `reach` before or after it in its document), for each there is."""
        return self._db.execute(
            "SELECT p.row, n.row FROM passages p JOIN passages n ON n.document = p.document "
            f"AND n.ordinal BETWEEN p.ordinal - ? AND p.ordinal + ? AND n.row <> p.row WHERE p.row {IN_LIST}",
            (reach, reach, listed(rows)),
        ).fetchall()

    def days(self, rows: Iterable[int]) -> dict[int, int]:
        """Return the ordinal of the day of each row's document; rows without a date are left out."""
        found = self._db.execute(
            "SELECT p.row, d.day FROM passages p JOIN documents d ON p.document = d.key "
            f"WHERE d.day IS NOT NULL AND p.row {IN_LIST}",
            (listed(rows),),
        )
        return dict(found.fetchall())

    def ids(self, rows: Iterable[int]) -> dict[int, str]:
        """Return the id of each row's passage."""
        found = self._db.execute(
            "SELECT p.row, d.id || '#' || p.ordinal FROM passages p JOIN documents d ON p.document = d.key "
            f"WHERE p.row {IN_LIST}",
            (listed(rows),),
        )
        return dict(found.fetchall())

    def digests(self, rows: Iterable[int]) -> dict[int, bytes]:
        """Return the digests of the rows' embedded texts, by row."""
        found = self._db.execute(f"SELECT row, digest FROM passages WHERE row {IN_LIST} ORDER BY row", (listed(rows),))
        return dict(found.fetchall())

    def rows(self) -> Rows:
        """Return the rows of all passages, ascending."""
        return np.fromiter((row for (row,) in self._db.execute("SELECT row FROM passages ORDER BY row")), np.int64)

    def ensure(self) -> None:
        """Bring an index of an older format to this one.

        Before 4 passages did not know where their texts begin in bytes, and had no header row of their table; before 6
        their documents shared no sources.
        """
        self._ensure_bytes()
        if not self._has_headers:
            self._db.execute("ALTER TABLE passages ADD COLUMN header TEXT")
            self._has_headers = True
        self._metadata = metadata.stored_in(self._db)

    def _ensure_bytes(self) -> None:
        if self._has_bytes:
            return
        self._db.execute("ALTER TABLE passages ADD COLUMN byte INTEGER")
        for (key,) in self._db.execute("SELECT key FROM documents").fetchall():
            text = self._db.execute("SELECT text FROM documents WHERE key = ?", (key,)).fetchone()[0]
            spans = self._db.execute("SELECT row, start FROM passages WHERE document = ? ORDER BY start", (key,))
            rows, starts = zip(*spans.fetchall(), strict=True)
            self._db.executemany(
                "UPDATE passages SET byte = ? WHERE row = ?", zip(byte_offsets(text, starts), rows, strict=True)
            )
        self._has_bytes = True

    @property
    def _passage(self) -> str:
        return _PASSAGE.format(
            byte="byte" if self._has_bytes else "NULL", header="header" if self._has_headers else "NULL"
        )

    def _with_texts(self, found: Sequence[Sequence[Any]]) -> dict[int, Passage]:
        """Return passages by row. What documents tell of all their passages is read once."""
        documents = self._db.execute(
            f"SELECT key, id, title, section, {self._metadata} FROM documents WHERE key {IN_LIST}",
            (listed({key for _, key, *_ in found}),),
        )
        known = {key: rest for key, *rest in documents}
        whole = self._whole({passage[1] for passage in found if passage[-2] is None})
        return {row: _passage(rest, self._span(key, rest, whole), known[key]) for row, key, *rest in found}

    def _whole(self, keys: set[int]) -> dict[int, str]:
        """Return the texts of documents whose passages' bytes are not known, by key."""
        if not keys:
            return {}
        return dict(
            self._db.execute(f"SELECT key, text FROM documents WHERE key {IN_LIST}", (listed(keys),)).fetchall()
        )

    def _span(self, key: int, passage: Sequence[Any], whole: dict[int, str]) -> str:
        """Return a passage's text."""
        _, start, end, *_, byte, _ = passage
        return whole[key][start:end] if byte is None else self.spans.read(key, byte, end - start)


def _spelt(doc_id: str) -> tuple[str, str, str, str]:
    """Return what _KEY binds."""
    first, *others = spellings(doc_id)
    return first, others[0] if others else first, others[-1] if others else first, first


def _passage(found: Sequence[Any], text: str, document: Sequence[Any]) -> Passage:
    ordinal, start, end, line, end_line, page, section, _, header = found
    doc_id, title, own_section, others, source = document
    return Passage(
        f"{doc_id}#{ordinal}", doc_id, ordinal, text, start, end, line, end_line, title,
        section or own_section, page, metadata.unpacked(others, source), header or "",
    )  # fmt: skip
