"""The catalog: one SQLite file that decides what exists. Keywords and vectors are derived from it.

Rows of passages are never reused, so a row number that a derived part holds means one passage for ever.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from searchkit import storage
from searchkit.bands import SCHEMA as BANDS
from searchkit.bands import Bands
from searchkit.days import day_of
from searchkit.errors import IndexCorrupt
from searchkit.schema import SCHEMA, DocumentRecord, KnownFile, PassageRecord, Root, connect
from searchkit.spans import Spans, byte_offsets
from searchkit.statements import SCHEMA as STATEMENTS
from searchkit.statements import Statements
from searchkit.types import Document, Mark, Passage, Rows


class Catalog:
    """Typed access to the SQLite file. One connection; not safe to share between threads without a lock."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        self._path = path
        self.lock = threading.RLock()  # held by whoever lets several threads read
        self._looked_into: set[str] = set()
        if not create and not path.exists():
            raise IndexCorrupt(f"{path} is missing; the index cannot be opened without it.")
        self._db = connect(path, f"BEGIN;{SCHEMA}{BANDS}{STATEMENTS}COMMIT;" if create else "")
        self._spans = Spans(self._db)
        self._has_bytes = self._column("passages", "byte")
        self.bands = Bands(self._db)
        self.statements = Statements(self._db)

    # --- transactions -------------------------------------------------------------------------------------

    def begin_read(self) -> None:
        """Pin the current state: every later read sees it until `end`."""
        self._db.execute("BEGIN")
        self._db.execute("SELECT value FROM counters LIMIT 1").fetchone()
        self._spans.pinned = True

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

    def close(self) -> None:
        """Close the file."""
        self._spans.close()
        self._db.close()

    # --- small facts --------------------------------------------------------------------------------------

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

    # --- roots and files ----------------------------------------------------------------------------------

    def roots(self) -> dict[str, Root]:
        """Return the folders and files that were synced, by absolute path."""
        found = self._db.execute("SELECT path, prefix, options FROM roots ORDER BY path")
        return {path: Root(prefix, json.loads(options)) for path, prefix, options in found}

    def put_root(self, path: str, root: Root) -> None:
        """Record a root, or what changed of it."""
        self._db.execute("INSERT OR REPLACE INTO roots VALUES (?, ?, ?)", (path, root.prefix, json.dumps(root.options)))

    def files_under(self, root: str) -> dict[str, KnownFile]:
        """Return the known files that are `root` or lie below it, by absolute path."""
        below = root.rstrip("/") + "/"
        found = self._db.execute(
            "SELECT path, key, size, mtime_ns, documents FROM files WHERE path = ? OR (path >= ? AND path < ?)",
            (root, below, below[:-1] + "0"),  # "0" follows "/"
        )
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

    def forget_file(self, key: int) -> None:
        """Forget a file, so that the next sync reads it again. Its documents stay."""
        self._db.execute("UPDATE documents SET file = NULL WHERE file = ?", (key,))
        self._db.execute("DELETE FROM files WHERE key = ?", (key,))

    def file_path(self, key: int) -> str:
        """Return a known file's path."""
        return str(self._db.execute("SELECT path FROM files WHERE key = ?", (key,)).fetchone()[0])

    def unsettle_file(self, key: int) -> None:
        """Make the next sync read a file again."""
        self._db.execute("UPDATE files SET mtime_ns = -1 WHERE key = ?", (key,))

    # --- documents ----------------------------------------------------------------------------------------

    def document_state(self, doc_id: str) -> tuple[int, int | None, bytes] | None:
        """Return the key, file key and content digest of a document, None if there is none."""
        row = self._db.execute("SELECT key, file, digest FROM documents WHERE id = ?", (doc_id,)).fetchone()
        return None if row is None else (row[0], row[1], row[2])

    def documents_of(self, file: int) -> Iterator[str]:
        """Yield the ids of the documents that a file holds, in the order of their keys."""
        query = "SELECT id FROM documents WHERE file = ? ORDER BY key"
        return (doc_id for (doc_id,) in self._db.execute(query, (file,)))

    def adopt(self, key: int, file: int | None) -> None:
        """Record which file a document comes from."""
        self._db.execute("UPDATE documents SET file = ? WHERE key = ?", (file, key))

    def next_document(self) -> int:
        """Return a key that is free, with all above it."""
        return int(self._db.execute("SELECT coalesce(max(key), 0) + 1 FROM documents").fetchone()[0])

    def put_documents(self, records: Iterable[DocumentRecord]) -> None:
        """Add documents; their ids must be free."""
        self._db.executemany(
            "INSERT INTO documents (key, id, file, digest, title, section, date, day, source, metadata, text, marks, "
            "page_starts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            map(_document_row, records),
        )

    def drop_document(self, key: int) -> list[tuple[int, bytes, bytes]]:
        """Remove a document with its passages, dead from now on; return their (row, digest, signature)."""
        gone = self._db.execute("SELECT row, digest, signature FROM passages WHERE document = ?", (key,)).fetchall()
        self._db.executemany("INSERT INTO dead VALUES (?)", [(row,) for row, *_ in gone])
        self._db.execute("DELETE FROM documents WHERE key = ?", (key,))
        return gone

    def document(self, doc_id: str) -> Document | None:
        """Return a document with its text, None if there is none."""
        found = self._db.execute(
            "SELECT id, text, title, metadata, marks, page_starts FROM documents WHERE id = ?", (doc_id,)
        ).fetchone()
        return None if found is None else _document(found)

    def documents(self) -> Iterator[Document]:
        """Yield every document, in the order they came."""
        cursor = self._db.execute("SELECT id, text, title, metadata, marks, page_starts FROM documents ORDER BY key")
        return (_document(found) for found in cursor)

    def document_ids(self, pattern: str = "*") -> list[str]:
        """Return the ids that match a glob, sorted."""
        found = self._db.execute("SELECT id FROM documents WHERE id GLOB ? ORDER BY id", (pattern,))
        return [doc_id for (doc_id,) in found]

    # --- passages -----------------------------------------------------------------------------------------

    def put_passages(self, records: Iterable[tuple[int, PassageRecord]]) -> None:
        """Add passages, each with its document's key."""
        self._db.executemany(
            "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (r.row, document, r.passage.ordinal, r.passage.start, r.passage.end, r.passage.line,
                 r.passage.end_line, r.passage.page, r.passage.section, r.digest, r.signature, r.duplicate_of, r.byte)
                for document, r in records
            ],
        )  # fmt: skip

    def signatures(self, rows: Iterable[int]) -> dict[int, bytes]:
        """Return the MinHash signatures of rows that exist."""
        found = self._db.execute(f"SELECT row, signature FROM passages WHERE row {_IN_LIST}", (_list(rows),))
        return dict(found.fetchall())

    def orphaned_duplicates(self, rows: Iterable[int]) -> dict[int, bytes]:
        """Return the passages recorded as duplicates of `rows`: row -> signature."""
        return dict(
            self._db.execute(f"SELECT row, signature FROM passages WHERE duplicate_of {_IN_LIST}", (_list(rows),))
        )

    def set_duplicate_of(self, pairs: Iterable[tuple[int | None, int]]) -> None:
        """Record (original row or None, row)."""
        self._db.executemany("UPDATE passages SET duplicate_of = ? WHERE row = ?", pairs)

    def rows_by_digest(self, digests: Iterable[bytes]) -> list[tuple[int, bytes]]:
        """Return every (row, digest) of passages whose embedded text has one of these digests."""
        query = "SELECT row, digest FROM passages WHERE digest = ?"
        return [pair for digest in dict.fromkeys(digests) for pair in self._db.execute(query, (digest,))]

    def passages(self, rows: Iterable[int]) -> dict[int, Passage]:
        """Return the passages of rows that exist, with their texts."""
        found = self._db.execute(f"SELECT {self._passage} WHERE row {_IN_LIST}", (_list(rows),))
        return self._with_texts(found.fetchall())

    def passages_of(self, doc_id: str, first: int = 0, last: int | None = None) -> dict[int, Passage]:
        """Return a document's passages from ordinal `first` to `last`, both included, in order."""
        found = self._db.execute(
            f"SELECT {self._passage} WHERE document = (SELECT key FROM documents WHERE id = ?) "
            "AND ordinal BETWEEN ? AND ? ORDER BY ordinal",
            (doc_id, first, sys.maxsize if last is None else last),
        )
        return self._with_texts(found.fetchall())

    @property
    def _passage(self) -> str:
        return _PASSAGE.format(byte="byte" if self._has_bytes else "NULL")

    def _with_texts(self, found: Sequence[Sequence[Any]]) -> dict[int, Passage]:
        """Return passages by row. What documents tell of all their passages is read once."""
        documents = self._db.execute(
            f"SELECT key, id, title, section, metadata FROM documents WHERE key {_IN_LIST}",
            (_list({key for _, key, *_ in found}),),
        )
        known = {key: rest for key, *rest in documents}
        whole: dict[int, str] = {}  # of documents whose passages' bytes are not known
        return {row: _passage(rest, self._span(key, rest, whole), known[key]) for row, key, *rest in found}

    def _span(self, key: int, passage: Sequence[Any], whole: dict[int, str]) -> str:
        """Return a passage's text."""
        _, start, end, *_, byte = passage
        if byte is not None:
            return self._spans.read(key, byte, end - start)
        if key not in whole:
            whole[key] = self._db.execute("SELECT text FROM documents WHERE key = ?", (key,)).fetchone()[0]
        return whole[key][start:end]

    def ensure_bytes(self) -> None:
        """Bring an index of a format before 4 to this one: passages know where their texts begin, in bytes."""
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

    def _column(self, table: str, name: str) -> bool:
        """Tell whether a table has a column."""
        return any(name == found for _, found, *_ in self._db.execute(f"PRAGMA table_info({table})"))

    def row_of(self, passage_id: str) -> int | None:
        """Return the row of a passage, None if there is none."""
        doc_id, _, ordinal = passage_id.rpartition("#")
        found = self._db.execute(
            "SELECT p.row FROM passages p JOIN documents d ON p.document = d.key WHERE d.id = ? AND p.ordinal = ?",
            (doc_id, int(ordinal) if ordinal.isdecimal() and len(ordinal) < 16 else -1),
        ).fetchone()
        return None if found is None else int(found[0])

    def owners(self, rows: Iterable[int]) -> dict[int, int]:
        """Return the key of each row's document."""
        found = self._db.execute(f"SELECT row, document FROM passages WHERE row {_IN_LIST}", (_list(rows),))
        return dict(found.fetchall())

    def neighbours(self, rows: Iterable[int], reach: int) -> list[tuple[int, int]]:
        """Return (row, row of a passage at most `reach` before or after it in its document), for each there is."""
        return self._db.execute(
            "SELECT p.row, n.row FROM passages p JOIN passages n ON n.document = p.document "
            f"AND n.ordinal BETWEEN p.ordinal - ? AND p.ordinal + ? AND n.row <> p.row WHERE p.row {_IN_LIST}",
            (reach, reach, _list(rows)),
        ).fetchall()

    def days(self, rows: Iterable[int]) -> dict[int, int]:
        """Return the ordinal of the day of each row's document; rows without a date are left out."""
        found = self._db.execute(
            "SELECT p.row, d.day FROM passages p JOIN documents d ON p.document = d.key "
            f"WHERE d.day IS NOT NULL AND p.row {_IN_LIST}",
            (_list(rows),),
        )
        return dict(found.fetchall())

    def passage_ids(self, rows: Iterable[int]) -> dict[int, str]:
        """Return the id of each row's passage."""
        found = self._db.execute(
            "SELECT p.row, d.id || '#' || p.ordinal FROM passages p JOIN documents d ON p.document = d.key "
            f"WHERE p.row {_IN_LIST}",
            (_list(rows),),
        )
        return dict(found.fetchall())

    def look_into(self, paths: Iterable[str]) -> None:
        """Take the values at these JSON paths of all metadata into memory, in order, unless they are there already."""
        for path in set(paths) - self._looked_into:
            from searchkit.filters import FILL, ITEMS  # noqa: PLC0415 - most questions have no filter

            if not self._looked_into:
                self._db.execute("PRAGMA temp_store = MEMORY")
                self._db.execute(ITEMS)
            self._db.execute(FILL, (path, path, path))
            self._looked_into.add(path)

    def rows(self, where: str, values: Sequence[object]) -> Rows:
        """Return the rows of passages whose document fits a WHERE clause over `documents`, ascending.

        They come as one text: objects for a million numbers would take longer than finding them.
        """
        found = self._db.execute(
            f"SELECT group_concat(row) FROM passages WHERE document IN (SELECT key FROM documents WHERE {where})",
            tuple(values),
        ).fetchone()[0]
        return np.sort(np.fromstring(found, np.int64, sep=",")) if found else np.empty(0, np.int64)

    def digests(self, rows: Iterable[int]) -> dict[int, bytes]:
        """Return the digests of the rows' embedded texts, by row."""
        found = self._db.execute(f"SELECT row, digest FROM passages WHERE row {_IN_LIST} ORDER BY row", (_list(rows),))
        return dict(found.fetchall())

    def all_rows(self) -> Rows:
        """Return the rows of all passages, ascending."""
        return np.fromiter((row for (row,) in self._db.execute("SELECT row FROM passages ORDER BY row")), np.int64)

    # --- derived parts ------------------------------------------------------------------------------------

    def dead_rows(self) -> Rows:
        """Return the rows that were removed since the vectors were last compacted, ascending."""
        return np.fromiter((row for (row,) in self._db.execute("SELECT row FROM dead ORDER BY row")), np.int64)

    def clear_dead(self) -> None:
        """Forget the dead rows: no derived part holds them any more."""
        self._db.execute("DELETE FROM dead")

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

    def problems(self) -> list[str]:
        """Return what SQLite's own checks find wrong, empty when all is well."""
        try:
            broken = [text for (text,) in self._db.execute("PRAGMA integrity_check") if text != "ok"]
            dangling = self._db.execute("PRAGMA foreign_key_check")
            broken += [f"{table} row {row} refers to nothing" for table, row, *_ in dangling]
            broken += self.statements.problems()
        except sqlite3.DatabaseError as error:
            return [str(storage.damage(error, self._path, f"{self._path}: {error}"))]
        return [f"{self._path}: {problem}" for problem in broken]


_IN_LIST = "IN (SELECT value FROM json_each(?))"
_PASSAGE = 'row, document, ordinal, start, "end", line, end_line, page, section, {byte} FROM passages'


def _list(numbers: Iterable[int]) -> str:
    return json.dumps([int(number) for number in numbers])


def _document_row(record: DocumentRecord) -> tuple[object, ...]:
    key, document, file, digest = record
    when = document.metadata.get("date")
    return (
        key, document.id, file, digest, document.title, str(document.metadata.get("section") or ""),
        when if isinstance(when, str) else None, day_of(str(when or "")), str(document.metadata.get("source") or ""),
        json.dumps(dict(document.metadata), ensure_ascii=False) if document.metadata else "{}", document.text,
        json.dumps(document.marks) if document.marks else "[]",
        json.dumps(document.page_starts) if document.page_starts else "[]",
    )  # fmt: skip


def _document(found: Sequence[Any]) -> Document:
    doc_id, text, title, metadata, marks, page_starts = found
    return Document(
        doc_id, text, title, json.loads(metadata), tuple(Mark(*mark) for mark in json.loads(marks)),
        tuple(json.loads(page_starts)),
    )  # fmt: skip


def _passage(found: Sequence[Any], text: str, document: Sequence[Any]) -> Passage:
    ordinal, start, end, line, end_line, page, section, _ = found
    doc_id, title, own_section, metadata = document
    return Passage(
        f"{doc_id}#{ordinal}", doc_id, ordinal, text, start, end, line, end_line, title,
        section or own_section, page, json.loads(metadata),
    )  # fmt: skip
