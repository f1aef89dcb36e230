"""The catalog's table of bands, by which near duplicates meet: the rows of passages under each band's key.

A table with a row an entry would be the largest of all, and each batch would touch every page of it. So entries are
numbers in sorted runs, cut into chunks; a new run swallows smaller ones (a log-structured merge tree, O'Neil et al.
1996). An entry is a key of 31 bits and a row of 32, the last of which is none. Different bands share a key by chance,
which costs a comparison of signatures. A chunk is stored as the gaps between its keys and its rows, packed; before
format 5 it was eight bytes an entry.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import chain, pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from searchkit.errors import IndexCorrupt
from searchkit.storage.compression import compressed, decompressed
from searchkit.types import Rows

SCHEMA = """
CREATE TABLE band_chunks (
    run INTEGER NOT NULL, first INTEGER NOT NULL, entries BLOB NOT NULL, PRIMARY KEY (run, first)
);
"""
NOWHERE = np.iinfo(np.int64).max  # the row under a key that no entry has
CHUNK = 4_000  # entries, 32 kB
LARGEST = 8_000_000  # entries that runs may have together to become one, of 800,000 passages: 130 MB to merge
TABLE = "the table of near duplicates"  # what it is called where it turns out to be damaged
_PLAIN = 8  # bytes of an entry that is not packed
_ROW_BITS = 32
_ROW_MASK = 2**_ROW_BITS - 1

Entries: TypeAlias = npt.NDArray[np.int64]  # ascending


def entries_of(rows: Rows, keys: npt.NDArray[np.int64]) -> Entries:
    """Return the entries of rows under their keys: (n,) and (n, B) give (n * B,), or fewer if keys of a row agree."""
    entries = np.sort(keys << _ROW_BITS | rows[:, None], axis=None)
    new = np.ones(len(entries), bool)  # np.unique would hash them, at three times the cost
    new[1:] = entries[1:] != entries[:-1]
    return entries[new]


class Bands:
    """Typed access to the table."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def ensure(self) -> None:
        """Give the table to an index of format 1 or 2, whose table has a row an entry, and keys of 64 bits."""
        if self._exists():
            return
        self._db.execute(SCHEMA)
        flat = chain.from_iterable(self._db.execute("SELECT band, row FROM bands"))
        old = np.fromiter(flat, np.int64).reshape(-1, 2)
        self._db.execute("DROP TABLE bands")
        from searchkit.text.minhash import short  # noqa: PLC0415 - for indexes of old formats alone

        self.add(entries_of(old[:, 1], short(old[:, :1])))

    def clear(self) -> None:
        """Remove all entries."""
        self._db.execute("DELETE FROM band_chunks")

    def problems(self) -> list[str]:
        """Return what is wrong with the table, as far as it tells by itself."""
        if not self._exists():
            return []
        try:
            for run, firsts in self._runs():
                for first in firsts.tolist():
                    self._chunk(run, first)
        except IndexCorrupt as error:
            return [str(error)]
        return []

    def add(self, entries: Entries) -> None:
        """Add entries as a run, which swallows smaller ones so that there are never many."""
        runs = self._db.execute("SELECT run, count(*) FROM band_chunks GROUP BY run ORDER BY run DESC").fetchall()
        parts, total = [entries], len(entries)
        for run, chunks in runs:
            if chunks * CHUNK > min(2 * total, LARGEST - total):
                break
            parts += [self._chunk(run, first) for first in self._firsts(run).tolist()]
            total = sum(map(len, parts))
            self._db.execute("DELETE FROM band_chunks WHERE run = ?", (run,))
        number = runs[0][0] + 1 if runs else 1
        merged = np.concatenate(parts)
        del parts
        merged.sort()
        chunks = (merged[start : start + CHUNK] for start in range(0, total, CHUNK))
        self._db.executemany(
            "INSERT INTO band_chunks VALUES (?, ?, ?)", ((number, int(chunk[0]), _blob(chunk)) for chunk in chunks)
        )

    def drop(self, entries: Entries) -> None:
        """Remove entries; what is not there is ignored."""
        for run, firsts in self._runs():
            for first, place in _by_chunk(firsts, entries):
                chunk = self._chunk(run, first)
                kept = chunk[~np.isin(chunk, entries[place], assume_unique=True)]
                if len(kept) < len(chunk):
                    self._db.execute("DELETE FROM band_chunks WHERE run = ? AND first = ?", (run, first))
                    if len(kept):
                        self._db.execute("INSERT INTO band_chunks VALUES (?, ?, ?)", (run, int(kept[0]), _blob(kept)))

    def first_rows(self, keys: npt.NDArray[np.int64]) -> Rows:
        """Return the lowest row under each of these ascending keys, NOWHERE where there is none: (n,)."""
        asked = keys << _ROW_BITS
        found = np.full(len(keys), NOWHERE)
        for run, firsts in self._runs():
            following = dict(pairwise([*firsts.tolist(), NOWHERE]))
            for first, place in _by_chunk(firsts, asked):
                chunk = np.append(self._chunk(run, first), following[first])
                entries = chunk[np.searchsorted(chunk, asked[place])]
                known = (entries >> _ROW_BITS == keys[place]) & (entries < NOWHERE)
                rows = np.where(known, entries & _ROW_MASK, NOWHERE)
                found[place] = np.minimum(found[place], rows)
        return found

    def _exists(self) -> bool:
        return self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'band_chunks'").fetchone() is not None

    def _runs(self) -> Iterator[tuple[int, Entries]]:
        """Yield each run with the first entries of its chunks."""
        for (run,) in self._db.execute("SELECT DISTINCT run FROM band_chunks").fetchall():
            yield run, self._firsts(run)

    def _firsts(self, run: int) -> Entries:
        found = self._db.execute("SELECT first FROM band_chunks WHERE run = ? ORDER BY first", (run,))
        return np.fromiter((first for (first,) in found), np.int64)

    def _chunk(self, run: int, first: int) -> Entries:
        query = "SELECT entries FROM band_chunks WHERE run = ? AND first = ?"
        return _entries(first, self._db.execute(query, (run, first)).fetchone()[0])


def _by_chunk(firsts: Entries, asked: Entries) -> Iterator[tuple[int, slice]]:
    """Yield the first entry of each chunk in which some of `asked` would stand, and where these are in `asked`."""
    numbers = np.maximum(np.searchsorted(firsts, asked, side="right") - 1, 0)
    cuts = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(asked)]
    for start, end in pairwise(cuts):
        if start < end:
            yield int(firsts[numbers[start]]), slice(start, end)


def _blob(chunk: Entries) -> bytes:
    """Return entries packed, in a number of bytes that is no multiple of eight, as that of plain ones is."""
    keys = chunk >> _ROW_BITS
    numbers = np.stack([np.diff(keys, prepend=keys[0]), chunk & _ROW_MASK]).astype("<u4")
    places = numbers.reshape(-1, 1).view(np.uint8).T  # bytes of one weight lie together: the upper ones are mostly 0
    packed = compressed(places.tobytes())
    padding = -len(packed) % _PLAIN
    return bytes([padding]) + packed + bytes(padding)


def _entries(first: int, blob: bytes) -> Entries:
    """Return the entries of a chunk, the first of which is known. Raises IndexCorrupt."""
    if len(blob) % _PLAIN == 0:
        return np.frombuffer(blob, "<i8").astype(np.int64)
    places = np.frombuffer(decompressed(blob[1 : len(blob) - blob[0]], TABLE), np.uint8)
    if len(places) % _PLAIN:
        raise IndexCorrupt(f"{TABLE} is damaged: {len(places)} bytes are no entries. Run: searchkit rebuild")
    gaps, rows = np.ascontiguousarray(places.reshape(4, -1).T).view("<u4").reshape(2, -1).astype(np.int64)
    return np.cumsum(gaps) + (first >> _ROW_BITS) << _ROW_BITS | rows
