"""The catalog's table of columns, by which filters find documents: what they hold under each name.

A table with a row a value would be read row by row for every filter. So documents stand in runs, a commit's each, and
a run has one column for each name: its different values once, and which of them each document has (a dictionary
encoding, as in Abadi, Madden & Ferreira, SIGMOD 2006). Runs never change; a new one swallows smaller ones, so that
there are never many. They are of rows, which are never reused: documents that were removed stay in them, and count no
more because their rows are dead.
"""

from __future__ import annotations

import json
import sqlite3
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from searchkit.errors import IndexCorrupt
from searchkit.queries.filters.matching import NAMED, Held, in_metadata
from searchkit.queries.filters.tree import as_number
from searchkit.storage.catalog.metadata import stored_in, unpacked
from searchkit.storage.compression import compressed, decompressed
from searchkit.text.days import day_of
from searchkit.types import Document, Metadata, Rows

SCHEMA = """
CREATE TABLE columns (field NOT NULL, run INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (field, run));
"""
PLACES, DAYS = 0, 1  # fields of ours, which no name can be: where a document's passages are, the day of its date
# What a value is: DOUBLE is a number in the eight bytes of float64, NUMBER one that these do not hold, in digits. An
# element of a list has LISTED besides.
TEXT, NUMBER, TRUTH, DOUBLE, LISTED = 0, 1, 2, 3, 4
EXACT = 2**53  # below which whole numbers are themselves in float64
COLUMN = "a column of the catalog"  # what one is called that is damaged
LARGEST = 100_000  # documents that runs may have together to become one
BATCH = 20_000  # documents at a time of an index that has no columns yet

Field: TypeAlias = str | int
Key: TypeAlias = tuple[int, bytes]  # what a value is, and how it is written
Numbers: TypeAlias = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Column:
    """What the documents of a run hold under one name, each different value once.

    kinds: (n,) uint8; text: all values as they are written, a NUL before and after each; ends: (n,) where each ends in
    it. An entry is a document, by its place in the run, with a value: codes, documents (m,).
    """

    kinds: npt.NDArray[np.uint8]
    text: bytes
    ends: Numbers
    codes: Numbers
    documents: Numbers

    @property
    def starts(self) -> Numbers:
        """Where each value starts in the text: (n,)."""
        return np.concatenate([[1], self.ends.astype(np.int64) + 1])[:-1]

    def written(self) -> list[Key]:
        """Return what each value is, and how it is written."""
        bounds = zip(self.kinds.tolist(), self.starts.tolist(), self.ends.tolist(), strict=True)
        return [(kind, self.text[start:end]) for kind, start, end in bounds]

    def doubles(self) -> npt.NDArray[np.float64] | None:
        """Return all values if all are numbers in eight bytes."""
        if not len(self.kinds) or (self.kinds & ~np.uint8(LISTED) != DOUBLE).any():
            return None
        rows = np.frombuffer(self.text, np.uint8, offset=1).reshape(len(self.kinds), 9)  # a NUL after each
        return np.ascontiguousarray(rows[:, :8]).view("<f8").ravel()

    def value(self, at: int) -> Any:
        """Return a value as the filters compare it."""
        start = int(self.ends[at - 1]) + 1 if at else 1
        return _value(int(self.kinds[at]), self.text[start : int(self.ends[at])])

    def values(self) -> list[Any]:
        """Return each value as the filters compare it."""
        return [_value(kind, written) for kind, written in self.written()]


class Places(NamedTuple):
    """The first row of each document of a run, and how many passages it has: (n,) each."""

    first: Rows
    counts: Rows


@dataclass
class _Growing:
    """A column that is being filled."""

    known: dict[Key, int] = field(default_factory=dict)
    codes: list[int] = field(default_factory=list)
    documents: list[int] = field(default_factory=list)

    def add(self, document: int, key: Key) -> None:
        self.codes.append(self.known.setdefault(key, len(self.known)))
        self.documents.append(document)

    def column(self) -> Column:
        return _column(self.known, np.array(self.codes, np.int64), np.array(self.documents, np.int64))


class MetadataColumns:
    """Typed access to the table."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def readable(self) -> MetadataColumns:
        """Return what can be read: of an index that has no table yet, one in memory."""
        if self.exist():
            return self
        other = MetadataColumns(sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False))
        other._db.execute(SCHEMA)
        other._fill(self._db)
        return other

    def exist(self) -> bool:
        """Tell whether the index has the table."""
        return self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'columns'").fetchone() is not None

    def ensure(self) -> None:
        """Give the table to an index of a format before 5."""
        if not self.exist():
            self._db.execute(SCHEMA)
            self._fill(self._db)

    def rebuild(self) -> None:
        """Write the columns anew, of the documents that there are."""
        self._db.execute("DELETE FROM columns")
        self._fill(self._db)

    def problems(self, documents: int, dead: Rows) -> list[str]:
        """Return what is wrong with the columns of so many documents; dead: rows that are gone, ascending."""
        if not self.exist():
            return []
        try:
            living = sum(int((~np.isin(places.first, dead)).sum()) for places in self.places().values())
            for run in self.runs():
                self._of_run(run)
        except IndexCorrupt as error:
            return [str(error)]
        fits = living == documents
        return [] if fits else [f"the columns are of {living} documents, not {documents}. Run: searchkit rebuild"]

    def _fill(self, catalog: sqlite3.Connection) -> None:
        for batch in stored(catalog):
            self.add(batch)

    def runs(self) -> list[int]:
        """Return the numbers of the runs, oldest first."""
        return [run for (run,) in self._db.execute("SELECT run FROM columns WHERE field = ? ORDER BY run", (PLACES,))]

    def names(self) -> list[str]:
        """Return every name under which some document holds something, but those of ours."""
        found = self._db.execute("SELECT DISTINCT field FROM columns WHERE typeof(field) = 'text' ORDER BY field")
        return [name for (name,) in found]

    def read(self, name: Field) -> dict[int, Column]:
        """Return what is held under a name, by run."""
        found = self._db.execute("SELECT run, data FROM columns WHERE field = ? ORDER BY run", (name,))
        return {run: _of_packed(data) for run, data in found}

    def places(self) -> dict[int, Places]:
        """Return where the passages of the documents are, by run."""
        found = self._db.execute("SELECT run, data FROM columns WHERE field = ? ORDER BY run", (PLACES,))
        return {run: Places(*(each.astype(np.int64) for each in _unpacked(data, 2))) for run, data in found}

    def add(self, documents: Sequence[tuple[Document, int, int]]) -> None:
        """Add documents, each with its first row and number of passages, as a run, which swallows smaller ones."""
        if not documents:
            return
        first, counts = np.array([rest for _, *rest in documents], np.int64).T
        parts = [(Places(first, counts), columns_of(document for document, *_ in documents))]
        total, number = len(documents), 1
        for run, places in reversed(self.places().items()):
            number = max(number, run + 1)
            if len(places.first) > min(2 * total, LARGEST - total):
                break
            parts.append((places, self._of_run(run)))
            total += len(places.first)
            self._db.execute("DELETE FROM columns WHERE run = ?", (run,))
        self._put(number, *_merged(parts[::-1]))

    def compact(self, dead: Rows) -> None:
        """Forget the documents whose rows are dead: ascending."""
        for run, places in self.places().items():
            living = ~np.isin(places.first, dead)
            if not living.all():
                columns = self._of_run(run)
                self._db.execute("DELETE FROM columns WHERE run = ?", (run,))
                if living.any():
                    kept = {name: _picked(column, living) for name, column in columns.items()}
                    self._put(run, Places(places.first[living], places.counts[living]), kept)

    def _of_run(self, run: int) -> dict[Field, Column]:
        found = self._db.execute("SELECT field, data FROM columns WHERE run = ? AND field <> ?", (run, PLACES))
        return {name: _of_packed(data) for name, data in found}

    def _put(self, run: int, places: Places, columns: Mapping[Field, Column]) -> None:
        packed: list[tuple[Field, int, bytes]] = [(PLACES, run, _packed(*places))]
        packed += [(name, run, _packed(*_parts(column))) for name, column in columns.items() if len(column.codes)]
        self._db.executemany("INSERT INTO columns VALUES (?, ?, ?)", packed)


def stored(db: sqlite3.Connection) -> Iterator[list[tuple[Document, int, int]]]:
    """Yield the documents of a catalog, without their texts, with first row and number of passages, in batches."""
    found = db.execute(
        f"SELECT d.id, d.title, {stored_in(db, 'd')}, min(p.row), count(*) FROM documents d "
        "JOIN passages p ON p.document = d.key GROUP BY d.key ORDER BY d.key"
    )
    while batch := found.fetchmany(BATCH):
        yield [
            (Document(doc_id, "", title, unpacked(metadata, source)), first, count)
            for doc_id, title, metadata, source, first, count in batch
        ]


def columns_of(documents: Iterable[Document]) -> dict[Field, Column]:
    """Return what documents hold under each name, as the columns of a run."""
    growing: dict[Field, _Growing] = {}
    for place, document in enumerate(documents):
        for name, key in _held(document):
            growing.setdefault(name, _Growing()).add(place, key)
    return {name: each.column() for name, each in growing.items()}


def _held(document: Document) -> Iterator[tuple[Field, Key]]:
    """Yield every name under which a filter finds a value of a document, with that value: see `queries.filters`."""
    metadata = document.metadata
    date, source = metadata.get("date"), metadata.get("source")
    day = day_of(date) if isinstance(date, str) else None
    if day is not None:
        yield DAYS, _number(day)
    yield "doc", (TEXT, document.id.encode())
    if document.title:
        yield "title", (TEXT, document.title.encode())
    if section := metadata.get("section"):
        yield "section", (TEXT, str(section).encode())
    if date and isinstance(date, str):
        yield "date", (TEXT, date.encode())
    if source and not isinstance(source, str):
        yield "path", (TEXT, str(source).encode())  # besides doc, and source where that is text
    yield from _metadata(metadata)


def _metadata(metadata: Metadata) -> Iterator[tuple[Field, Key]]:
    others = {}
    for name, value in metadata.items():
        if type(value) is not str:
            others[name] = value
        elif name not in NAMED:  # as most are
            yield name, (TEXT, value.encode())
    yield from ((name, _key(held)) for name, held in in_metadata(others))


def _key(held: Held) -> Key:
    """Return what a value is, and how it is written."""
    value, listed = held
    if isinstance(value, str):
        kind, written = TEXT, value.encode()
    elif isinstance(value, bool):
        kind, written = TRUTH, b"true" if value else b"false"
    else:
        kind, written = _number(value)
    return kind | LISTED * listed, written


def _number(value: float) -> Key:
    if isinstance(value, int) and abs(value) >= EXACT:
        return NUMBER, b"%d" % value
    return DOUBLE, struct.pack("<d", value)


def _value(kind: int, written: bytes) -> Any:
    kind &= ~LISTED
    if kind == TEXT:
        return written.decode()
    if kind == DOUBLE:
        return struct.unpack("<d", written)[0]
    return written == b"true" if kind == TRUTH else as_number(json.loads(written))


def _column(known: Iterable[Key], codes: Numbers, documents: Numbers) -> Column:
    keys = list(known)
    kinds = np.array([kind for kind, _ in keys], np.uint8)
    lengths = np.array([len(written) + 1 for _, written in keys], np.int64)  # with the NUL after it
    text = b"\0".join([b"", *(written for _, written in keys), b""])
    return Column(kinds, text, np.cumsum(lengths), codes, documents)


def _merged(parts: Sequence[tuple[Places, Mapping[Field, Column]]]) -> tuple[Places, dict[Field, Column]]:
    """Return runs as one, in their order."""
    places = Places(*(np.concatenate(each) for each in zip(*(places for places, _ in parts), strict=True)))
    if len(parts) == 1:
        return places, dict(parts[0][1])
    starts = np.cumsum([0, *(len(own.first) for own, _ in parts)]).tolist()
    merged: dict[Field, Column] = {}
    for name in dict.fromkeys(name for _, columns in parts for name in columns):
        known: dict[Key, int] = {}
        codes, documents = [], []
        for start, (_, columns) in zip(starts, parts, strict=False):
            if name in columns:
                column = columns[name]
                now = np.array([known.setdefault(key, len(known)) for key in column.written()], np.int64)
                codes.append(now[column.codes])
                documents.append(column.documents.astype(np.int64) + start)
        merged[name] = _column(known, np.concatenate(codes), np.concatenate(documents))
    return places, merged


def _picked(column: Column, living: npt.NDArray[np.bool_]) -> Column:
    """Return what those of a run's documents hold that are living: (number of documents,)."""
    kept = living[column.documents]
    used, codes = np.unique(column.codes[kept], return_inverse=True)
    keys = column.written()
    places = np.cumsum(living) - 1
    return _column([keys[code] for code in used.tolist()], codes, places[column.documents[kept]])


def _of_packed(data: bytes) -> Column:
    kinds, text, ends, codes, documents = _unpacked(data, 5)
    return Column(kinds, text.tobytes(), ends, codes, documents)


def _parts(column: Column) -> tuple[Numbers, ...]:
    return column.kinds, np.frombuffer(column.text, np.uint8), column.ends, column.codes, column.documents


def _packed(*arrays: Numbers) -> bytes:
    """Return arrays of numbers that are not negative, each in as few bytes a number as it needs.

    Of one that counts from 0 there is only the length.
    """
    header, parts = [len(arrays)], []
    for array in arrays:
        counts = len(array) > 1 and bool((array == np.arange(len(array))).all())
        narrow = array.astype(np.min_scalar_type(int(array.max(initial=0))).newbyteorder("<"))
        parts.append(b"" if counts else narrow.tobytes())
        header += [0 if counts else narrow.itemsize, len(array)]
    return compressed(b"".join([np.array(header, "<i8").tobytes(), *parts]))


def _unpacked(data: bytes, count: int) -> list[Numbers]:
    """Return the arrays that `_packed` took, so many. Raises IndexCorrupt."""
    try:
        raw = decompressed(data, COLUMN)
        header = np.frombuffer(raw, "<i8", 2 * count, 8).reshape(count, 2)
        ends = 8 + header.nbytes + np.cumsum(header.prod(axis=1))
        return [
            np.frombuffer(raw, f"<u{size}", length, end - size * length) if size else np.arange(length)
            for (size, length), end in zip(header.tolist(), ends.tolist(), strict=True)
        ]
    except (ValueError, TypeError, MemoryError) as error:
        raise IndexCorrupt(f"{COLUMN} is damaged: {error}. Run: searchkit rebuild") from error
