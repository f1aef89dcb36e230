"""The catalog's table of documents."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import astuple
from typing import Any

from searchkit.normalization import spellings
from searchkit.storage.catalog import metadata
from searchkit.storage.catalog.schema import DocumentRecord, has_column
from searchkit.storage.catalog.texts import SAMPLES, Texts
from searchkit.text.days import day_of
from searchkit.types import Document, Mark, Omission


class Documents:
    """Typed access to the table."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._texts = Texts(db)
        self._has_accounts = has_column(db, "documents", "omitted")
        self._metadata = metadata.stored_in(db)

    def ensure(self) -> None:
        """Bring an index of an older format to this one.

        Before 4 documents had no account of what was not read, before 6 they shared no sources.
        """
        self._metadata = metadata.stored_in(self._db)
        if not self._has_accounts:
            self._db.execute("ALTER TABLE documents ADD COLUMN omitted TEXT")
            self._has_accounts = True

    def state(self, doc_id: str) -> tuple[int, int | None, bytes] | None:
        """Return the key, file key and content digest of a document, None if there is none."""
        row = _first(self._db, "SELECT key, file, digest FROM documents WHERE id = ?", doc_id)
        return None if row is None else (row[0], row[1], row[2])

    def of_file(self, file: int) -> Iterator[tuple[int, str]]:
        """Yield key and id of the documents that a file holds, in the order of their keys."""
        return self._db.execute("SELECT key, id FROM documents WHERE file = ? ORDER BY key", (file,))

    def adopt(self, key: int, file: int | None, omitted: Sequence[Omission] = ()) -> None:
        """Record which file a document comes from, and what was not read of it this time."""
        account = _account(omitted)
        self._db.execute(
            "UPDATE documents SET file = ?, omitted = ? WHERE key = ? AND (file IS NOT ? OR omitted IS NOT ?)",
            (file, account, key, file, account),
        )

    def next_key(self) -> int:
        """Return a key that is free, with all above it."""
        return int(self._db.execute("SELECT coalesce(max(key), 0) + 1 FROM documents").fetchone()[0])

    def put(self, records: Sequence[DocumentRecord]) -> None:
        """Add documents; their ids must be free."""
        text = self._texts.packer([record.document.text for record in records])
        others = metadata.packer(self._db, (record.document.metadata for record in records))
        self._db.executemany(
            "INSERT INTO documents (key, id, file, digest, title, section, date, day, source, metadata, text, marks, "
            "page_starts, omitted) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (_document_row(record, others(record.document.metadata), text(record.document.text)) for record in records),
        )

    def drop(self, key: int) -> list[tuple[int, bytes, bytes]]:
        """Remove a document with its passages, dead from now on; return their (row, digest, signature)."""
        gone = self._db.execute("SELECT row, digest, signature FROM passages WHERE document = ?", (key,)).fetchall()
        self._db.executemany("INSERT INTO dead VALUES (?)", [(row,) for row, *_ in gone])
        self._db.execute("DELETE FROM documents WHERE key = ?", (key,))
        return gone

    def get(self, doc_id: str) -> Document | None:
        """Return a document with its text, None if there is none."""
        found = _first(self._db, f"SELECT {self._document} FROM documents WHERE id = ?", doc_id)
        return None if found is None else self._read(found)

    def file_path(self, doc_id: str) -> str | None:
        """Return the path of the file that a document comes from, None for none."""
        query = "SELECT files.path FROM documents JOIN files ON files.key = documents.file WHERE id = ?"
        found = _first(self._db, query, doc_id)
        return None if found is None else str(found[0])

    def all(self) -> Iterator[Document]:
        """Yield every document, in the order they came."""
        cursor = self._db.execute(f"SELECT {self._document} FROM documents ORDER BY key")
        return map(self._read, cursor)

    def repack(self) -> None:
        """Pack anew all texts that can be packed better: those that came before there was a dictionary."""
        sample = self._db.execute("SELECT text FROM documents ORDER BY key LIMIT ?", (SAMPLES,))
        packed = self._texts.packer([self._texts.unpacked(text) for (text,) in sample])
        for (key,) in self._db.execute("SELECT key FROM documents").fetchall():
            text = self._db.execute("SELECT text FROM documents WHERE key = ?", (key,)).fetchone()[0]
            if not self._texts.is_newest(text):
                again = packed(self._texts.unpacked(text))
                self._db.execute("UPDATE documents SET text = ? WHERE key = ?", (again, key))

    def count(self) -> int:
        """Return how many there are."""
        return int(self._db.execute("SELECT count(*) FROM documents").fetchone()[0])

    def ids(self, pattern: str = "*") -> list[str]:
        """Return the ids that match a glob, sorted."""
        query = "SELECT id FROM documents WHERE id GLOB ?"
        return sorted({doc_id for each in spellings(pattern) for (doc_id,) in self._db.execute(query, (each,))})

    def by_file(self) -> Iterator[tuple[str | None, int]]:
        """Yield the path of each file that gave documents, None for none, and how many."""
        return self._db.execute(
            "SELECT files.path, count(*) FROM documents LEFT JOIN files ON files.key = documents.file "
            "GROUP BY files.key"
        )

    def places(self) -> Iterator[tuple[str, str, str, int | None]]:
        """Yield the id, section, source and day of every document."""
        return self._db.execute(f"SELECT id, section, {metadata.source_in(self._db)}, day FROM documents")

    def accounts(self) -> Iterator[tuple[str, str | None, tuple[Omission, ...]]]:
        """Yield each document that was not read in full: its id, its file's path, and what was left out."""
        if self._has_accounts:
            cursor = self._db.execute(
                "SELECT id, files.path, omitted FROM documents LEFT JOIN files ON files.key = documents.file "
                "WHERE omitted IS NOT NULL ORDER BY id"
            )
            yield from ((doc_id, path, _omissions(account)) for doc_id, path, account in cursor)

    def _read(self, found: Sequence[Any]) -> Document:
        doc_id, text, *rest = found
        return _document((doc_id, self._texts.unpacked(text), *rest))

    @property
    def _document(self) -> str:
        return f"id, text, title, {self._metadata}, marks, page_starts, {'omitted' if self._has_accounts else 'NULL'}"


def _first(db: sqlite3.Connection, query: str, doc_id: str) -> Any:
    """Return what a query finds for an id, however its accents are coded: ids of old indexes may have them apart."""
    found = (db.execute(query, (each,)).fetchone() for each in spellings(doc_id))
    return next((row for row in found if row is not None), None)


def _document_row(record: DocumentRecord, others: str, text: str | bytes) -> tuple[object, ...]:
    key, document, file, digest = record
    when, source = document.metadata.get("date"), document.metadata.get("source")
    return (
        key, document.id, file, digest, document.title, str(document.metadata.get("section") or ""),
        when if isinstance(when, str) else None, day_of(str(when or "")),
        "" if isinstance(source, str) else str(source or ""),  # a text, often a long path, stands in the metadata alone
        others, text,
        json.dumps(document.marks) if document.marks else "[]",
        json.dumps(document.page_starts) if document.page_starts else "[]", _account(document.omitted),
    )  # fmt: skip


def _document(found: Sequence[Any]) -> Document:
    doc_id, text, title, others, source, marks, page_starts, account = found
    return Document(
        doc_id, text, title, metadata.unpacked(others, source), tuple(Mark(*mark) for mark in json.loads(marks)),
        tuple(json.loads(page_starts)), _omissions(account),
    )  # fmt: skip


def _account(omitted: Sequence[Omission]) -> str | None:
    """Return what was not read as the catalog holds it."""
    return json.dumps([astuple(each) for each in omitted], ensure_ascii=False) if omitted else None


def _omissions(account: str | None) -> tuple[Omission, ...]:
    return tuple(Omission(*each) for each in json.loads(account)) if account else ()
