"""Indexing with Whoosh, in arrays instead of Whoosh's files.

Whoosh's writer drives: it numbers passages, merges segments and commits. What it drives is ours: a pool that
keeps occurrences of terms as arrays, and a codec that hands them to `whoosh_segments`. None of Whoosh's file
formats is written or read.
"""

from __future__ import annotations

import itertools
import types
from array import array
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from whoosh.codec import base  # type: ignore[import-untyped] # Whoosh has no types
from whoosh.columns import NumericColumn  # type: ignore[import-untyped] # the same
from whoosh.fields import COLUMN, FieldType, Schema  # type: ignore[import-untyped] # the same
from whoosh.filedb.filestore import FileStorage  # type: ignore[import-untyped] # the same
from whoosh.writing import SegmentWriter  # type: ignore[import-untyped] # the same

from searchkit.queries.syntax import TEXT_FIELDS
from searchkit.storage.keywords.whoosh_segments import Array, WhooshSegment, write_manifest, write_segment
from searchkit.types import Rows

MAX_SEGMENT = 100_000  # passages; what is sorted in memory at once
MERGE_FACTOR = 2  # segments of up to so many times the new passages are merged with them
MAX_DEAD = 0.5  # share of removed passages from which a segment is written anew


class AnalysedText(FieldType):  # type: ignore[misc] # Whoosh has no types
    """Text whose index terms are joined by spaces already."""

    def __init__(self) -> None:
        super().__init__(format=None, analyzer=None, scorable=True)

    def index(self, value: str, **_: Any) -> Iterator[tuple[list[str], int, int, bytes]]:
        """Yield the whole text as one item: its terms and their number."""
        terms = value.split()
        yield terms, len(terms), 1, b""


class Occurrences(NamedTuple):
    """Which term (by number), in which passage, at which position: three arrays (n,) of uint32."""

    terms: Array
    docs: Array
    positions: Array


class FieldPool:
    """Collects the occurrences of terms in one field."""

    def __init__(self) -> None:
        self._numbers: defaultdict[str, int] = defaultdict(itertools.count().__next__)
        self._terms, self._docs, self._lengths = array("I"), array("I"), array("I")
        self._merged: list[Occurrences] = []

    def add(self, doc: int, terms: Sequence[str]) -> None:
        """Take a text."""
        self._terms.extend(map(self._numbers.__getitem__, terms))
        self._docs.append(doc)
        self._lengths.append(len(terms))

    def merge(self, segment: WhooshSegment, name: str, docs: Array) -> None:
        """Take the field from a segment whose passages are now `docs`: (size,), -1 where removed."""
        numbers = [self._numbers[term.decode()] for term in segment.terms(name)]
        sizes, found = segment.field_postings(name)
        old = np.repeat(found.docs, found.counts)
        kept = docs[old] >= 0
        terms = np.repeat(np.array(numbers, np.uint32), sizes)
        self._merged.append(Occurrences(terms[kept], docs[old[kept]].astype(np.uint32), found.positions[kept]))

    def sorted_terms(self) -> list[bytes]:
        """Return the terms. Python sorts strings as their UTF-8 bytes are sorted."""
        return [term.encode() for term in sorted(self._numbers)]

    def sorted_occurrences(self) -> Occurrences:
        """Return the occurrences by term, passage and position; terms are numbered as `sorted_terms`."""
        chunks = [self._collected(), *self._merged]
        terms, docs, positions = (np.concatenate(parts) for parts in zip(*chunks, strict=True))
        ranks = np.empty(len(self._numbers), np.uint32)
        ranks[[self._numbers[term] for term in sorted(self._numbers)]] = np.arange(len(ranks))
        terms = ranks[terms]
        order = np.argsort(terms, kind="stable")  # each chunk has passages and positions in order, and chunks follow
        return Occurrences(terms[order], docs[order], positions[order])

    def _collected(self) -> Occurrences:
        lengths = np.array(self._lengths, np.int64)
        starts = np.cumsum(lengths) - lengths
        positions = np.arange(len(self._terms)) - np.repeat(starts, lengths)
        docs = np.repeat(np.array(self._docs, np.uint32), lengths)
        return Occurrences(np.array(self._terms, np.uint32), docs, positions.astype(np.uint32))


class TermPool:
    """Stands in for Whoosh's pool of postings, which sorts tuples."""

    def __init__(self) -> None:
        self.fields = {name: FieldPool() for name in TEXT_FIELDS}

    def add(self, item: tuple[str, list[str], int, float, bytes]) -> None:
        """Take a text as `AnalysedText` gives it."""
        name, terms, doc, _, _ = item
        self.fields[name].add(doc, terms)

    def iter_postings(self) -> Iterator[tuple[list[bytes], Occurrences]]:
        """Yield the sorted terms and occurrences of each field."""
        return ((field.sorted_terms(), field.sorted_occurrences()) for field in self.fields.values())

    def cleanup(self) -> None:
        """Forget everything."""
        self.fields.clear()


class DocumentArrays(base.PerDocumentWriter):  # type: ignore[misc] # Whoosh has no types
    """Collects what there is once a passage."""

    def __init__(self) -> None:
        self.rows, self.days = array("q"), array("i")
        self.is_closed = False
        self._lengths = {name: array("I") for name in TEXT_FIELDS}

    def start_doc(self, docnum: int) -> None:
        """Begin a passage."""

    def add_field(self, fieldname: str, fieldobj: Any, value: Any, length: int) -> None:  # noqa: ARG002 - Whoosh's
        """Take the length of a text."""
        if fieldname in self._lengths:
            self._lengths[fieldname].append(length)

    def add_column_value(self, fieldname: str, columnobj: Any, value: int) -> None:  # noqa: ARG002 - Whoosh's
        """Take the row or the day."""
        (self.rows if fieldname == "row" else self.days).append(value)

    def close(self) -> None:
        """End the last passage."""
        self.is_closed = True

    def arrays(self) -> dict[str, Array]:
        """Return rows, days and lengths."""
        lengths = np.array([np.array(column) for column in self._lengths.values()], np.uint32)
        return {"rows": np.array(self.rows, np.int64), "days": np.array(self.days, np.int32), "lengths": lengths}


class PostingArrays(base.FieldWriter):  # type: ignore[misc] # Whoosh has no types
    """Turns the occurrences of all fields into the arrays of a segment."""

    def __init__(self) -> None:
        self.is_closed = False
        self.arrays: dict[str, Array] = {}

    def add_postings(self, schema: Any, lengths: Any, items: Iterator[tuple[list[bytes], Occurrences]]) -> None:  # noqa: ARG002 - Whoosh's
        """Take everything that the pool holds."""
        names, found = zip(*items, strict=True)
        terms = list(itertools.chain(*names))
        fields = np.cumsum([0, *map(len, names)])
        numbers = np.concatenate([part.terms + first for part, first in zip(found, fields, strict=False)])
        docs = np.concatenate([part.docs for part in found])
        firsts = np.flatnonzero(np.diff(numbers, prepend=-1) | np.diff(docs.astype(np.int64), prepend=-1))
        self.arrays = {
            "text": np.frombuffer(b"".join(terms), np.uint8),
            "ends": np.cumsum([len(term) for term in terms], dtype=np.int64),
            "fields": fields,
            "starts": np.searchsorted(numbers[firsts], np.arange(len(terms) + 1)),
            "docs": docs[firsts],
            "counts": _compact(np.diff(firsts, append=len(docs))),
            "spots": np.searchsorted(numbers, np.arange(len(terms) + 1)),
            "positions": _compact(np.concatenate([part.positions for part in found])),
        }

    def close(self) -> None:
        """End the last field."""
        self.is_closed = True


class NewSegment(base.Segment):  # type: ignore[misc] # Whoosh has no types
    """The segment that is being written."""

    def set_doc_count(self, count: int) -> None:
        """Take note of nothing: the arrays have lengths."""


class ArrayCodec(base.Codec):  # type: ignore[misc] # Whoosh has no types
    """Writes one segment as arrays."""

    length_stats = False

    def __init__(self) -> None:
        self.documents = DocumentArrays()
        self.postings = PostingArrays()

    def per_document_writer(self, storage: Any, segment: Any) -> DocumentArrays:  # noqa: ARG002 - Whoosh's
        """Return what takes rows, days and lengths."""
        return self.documents

    def field_writer(self, storage: Any, segment: Any) -> PostingArrays:  # noqa: ARG002 - Whoosh's
        """Return what takes terms and postings."""
        return self.postings

    def new_segment(self, storage: Any, indexname: str) -> NewSegment:  # noqa: ARG002 - Whoosh's
        """Return the segment being written."""
        return NewSegment(indexname)


class MergeSource:
    """Shows Whoosh a finished segment as a reader to merge, without its removed passages."""

    def __init__(self, segment: WhooshSegment) -> None:
        self.segment = segment
        self._dead = frozenset(segment.dead.tolist())
        self._lengths = dict(zip(TEXT_FIELDS, segment.arrays["lengths"].tolist(), strict=True))

    def indexed_field_names(self) -> tuple[str, ...]:
        """Return the text fields."""
        return TEXT_FIELDS

    def has_deletions(self) -> bool:
        """Ask for a map from old to new numbers, even where nothing was removed."""
        return True

    def has_column(self, fieldname: str) -> bool:  # noqa: ARG002 - Whoosh's
        """Tell that both columns have values."""
        return True

    def column_reader(self, fieldname: str, column: Any) -> list[int]:  # noqa: ARG002 - Whoosh's
        """Return the value of each passage."""
        values: list[int] = self.segment.arrays[f"{fieldname}s"].tolist()
        return values

    def iter_docs(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield every passage that is left, with its stored fields: none."""
        return ((number, {}) for number in range(self.segment.size) if number not in self._dead)

    def doc_field_length(self, docnum: int, fieldname: str) -> int:
        """Return how many terms a text has."""
        return self._lengths[fieldname][docnum] if fieldname in self._lengths else 0


class ArrayWriter(SegmentWriter):  # type: ignore[misc] # Whoosh has no types
    """Whoosh's writer, less its lock and its table of contents."""

    def __init__(self, folder: Path, segments: list[WhooshSegment]) -> None:
        texts = {name: AnalysedText() for name in TEXT_FIELDS}
        schema = Schema(row=COLUMN(NumericColumn("q")), day=COLUMN(NumericColumn("i")), **texts)
        contents = types.SimpleNamespace(generation=0, schema=schema, segments=[])
        storage = FileStorage(str(folder))
        index = types.SimpleNamespace(storage=storage, indexname="segment", _read_toc=lambda: contents)
        super().__init__(index, codec=ArrayCodec(), compound=False, _lk=False)
        self.pool = TermPool()
        self._folder = folder
        self._old = segments
        self._gone: set[int] = set()  # passages that were added and then removed

    def remove_rows(self, rows: Rows) -> None:
        """Remove passages, those added before among them."""
        self._old = [segment.without(rows) for segment in self._old]
        self._gone.update(np.flatnonzero(np.isin(self.codec.documents.rows, rows)).tolist())

    def add_postings_to_pool(self, reader: MergeSource, startdoc: int, docmap: dict[int, int]) -> None:  # noqa: ARG002 - Whoosh's
        """Take over the postings of a segment that Whoosh merges."""
        docs = np.full(reader.segment.size, -1, np.int64)
        docs[list(docmap)] = list(docmap.values())
        for name, field in self.pool.fields.items():
            field.merge(reader.segment, name, docs)

    def _merge_segments(self, *_: Any) -> list[WhooshSegment]:
        """Draw small and mostly removed segments into the new one; return the others.

        Sizes grow geometrically, so that a passage is rewritten a logarithmic number of times.
        """
        total, kept = self.doc_count() - len(self._gone), []
        for segment in sorted(self._old, key=lambda segment: segment.alive):
            wasteful = len(segment.dead) > MAX_DEAD * segment.size
            if (segment.alive > MERGE_FACTOR * total and not wasteful) or total + segment.alive > MAX_SEGMENT:
                kept.append(segment)
            elif segment.alive:
                self.add_reader(MergeSource(segment))
                total += segment.alive
        return kept

    def _finalize_segment(self) -> WhooshSegment:
        super()._finalize_segment()
        arrays = self.codec.documents.arrays() | self.codec.postings.arrays
        segment = write_segment(self._folder, self.newsegment.segid, arrays)
        return WhooshSegment(segment.name, segment.arrays, np.array(sorted(self._gone), np.int64))

    def _commit_toc(self, segments: list[WhooshSegment]) -> None:
        write_manifest(self._folder, segments)


def _compact(numbers: Array) -> Array:
    """Return the numbers, none negative, in the smallest type that holds them."""
    return numbers.astype(np.min_scalar_type(int(numbers.max(initial=0))))
