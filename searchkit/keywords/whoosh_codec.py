"""A codec for Whoosh that writes NumPy arrays instead of pickles, and the writer that uses it.

Whoosh collects, sorts (on disk where they do not fit into memory) and merges postings; its own file formats
are never written nor read.
"""

from __future__ import annotations

import types
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from whoosh.codec import base  # type: ignore[import-untyped] # Whoosh has no types
from whoosh.columns import NumericColumn  # type: ignore[import-untyped] # the same
from whoosh.fields import COLUMN, FieldType, Schema  # type: ignore[import-untyped] # the same
from whoosh.filedb.filestore import FileStorage  # type: ignore[import-untyped] # the same
from whoosh.writing import SegmentWriter  # type: ignore[import-untyped] # the same

from searchkit.keywords.whoosh_segments import Array, Segment, write_manifest, write_segment
from searchkit.syntax import TEXT_FIELDS
from searchkit.types import Rows

MEMORY = 256  # megabytes of postings before they are sorted on disk
MERGE_FACTOR = 2  # segments of up to so many times the new passages are merged with them
MAX_DEAD = 0.5  # share of removed passages from which a segment is written anew
FIELD_CODES = {name: f"{place}" for place, name in enumerate(TEXT_FIELDS)}  # Whoosh sorts fields by name


class AnalysedText(FieldType):  # type: ignore[misc] # Whoosh has no types
    """Text whose index terms are joined by spaces already."""

    def __init__(self) -> None:
        super().__init__(format=None, analyzer=None, scorable=True)

    def index(self, value: str, **_: Any) -> Iterator[tuple[bytes, int, int, bytes]]:
        """Yield each term's bytes, frequency, weight and positions."""
        places: dict[str, array[int]] = {}
        for place, term in enumerate(value.split()):
            places.setdefault(term, array("I")).append(place)
        for term, found in places.items():
            yield term.encode(), len(found), len(found), found.tobytes()


class ArrayCodec(base.Codec):  # type: ignore[misc] # Whoosh has no types
    """Writes one segment as arrays."""

    length_stats = False

    def __init__(self) -> None:
        self.documents = DocumentArrays()
        self.postings = PostingArrays()

    def per_document_writer(self, storage: Any, segment: Any) -> DocumentArrays:  # noqa: ARG002 - Whoosh's signature
        """Return what takes rows, days and lengths."""
        return self.documents

    def field_writer(self, storage: Any, segment: Any) -> PostingArrays:  # noqa: ARG002 - Whoosh's signature
        """Return what takes terms and postings."""
        return self.postings

    def new_segment(self, storage: Any, indexname: str) -> NewSegment:  # noqa: ARG002 - Whoosh's signature
        """Return the segment being written."""
        return NewSegment(indexname)

    def arrays(self) -> dict[str, Array]:
        """Return everything that was written."""
        return self.documents.arrays() | self.postings.arrays()


class NewSegment(base.Segment):  # type: ignore[misc] # Whoosh has no types
    """The segment that is being written."""

    def set_doc_count(self, count: int) -> None:
        """Take note of nothing: the arrays have lengths."""


class DocumentArrays(base.PerDocumentWriter):  # type: ignore[misc] # Whoosh has no types
    """Collects what there is once a passage."""

    def __init__(self) -> None:
        self.rows, self.days = array("q"), array("i")
        self.is_closed = False
        self._lengths = {code: array("I") for code in FIELD_CODES.values()}

    def start_doc(self, docnum: int) -> None:  # noqa: ARG002 - Whoosh's signature
        """Begin a passage; its texts are empty until told otherwise."""
        for lengths in self._lengths.values():
            lengths.append(0)

    def add_field(self, fieldname: str, fieldobj: Any, value: Any, length: int) -> None:  # noqa: ARG002 - same
        """Take the length of a text."""
        if fieldname in self._lengths:
            self._lengths[fieldname][-1] = length

    def add_column_value(self, fieldname: str, columnobj: Any, value: int) -> None:  # noqa: ARG002 - same
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
    """Collects terms and their postings, which come sorted by field, term and passage."""

    def __init__(self) -> None:
        self.is_closed = False
        self._text, self._ends = bytearray(), array("q")
        self._sizes = dict.fromkeys(FIELD_CODES.values(), 0)
        self._starts, self._docs, self._counts = array("q"), array("I"), array("I")
        self._spots, self._positions = array("q"), array("I")
        self._field = ""

    def start_field(self, fieldname: str, fieldobj: Any) -> None:  # noqa: ARG002 - Whoosh's signature
        """Begin a field."""
        self._field = fieldname

    def start_term(self, text: bytes) -> None:
        """Begin a term."""
        self._text += text
        self._ends.append(len(self._text))
        self._sizes[self._field] += 1
        self._starts.append(len(self._docs))
        self._spots.append(len(self._positions))

    def add(self, docnum: int, weight: int, vbytes: bytes, length: int) -> None:  # noqa: ARG002 - same
        """Take a posting."""
        self._docs.append(docnum)
        self._counts.append(int(weight))
        self._positions.frombytes(vbytes)

    def finish_term(self) -> None:
        """End a term."""

    def close(self) -> None:
        """End the last field."""
        self.is_closed = True

    def arrays(self) -> dict[str, Array]:
        """Return terms and postings, numbers in the smallest type that holds them."""
        return {
            "text": np.frombuffer(bytes(self._text), np.uint8),
            "ends": np.array(self._ends, np.int64),
            "fields": np.cumsum([0, *self._sizes.values()], dtype=np.int64),
            "starts": np.array([*self._starts, len(self._docs)], np.int64),
            "docs": np.array(self._docs, np.uint32),
            "counts": _compact(self._counts),
            "spots": np.array([*self._spots, len(self._positions)], np.int64),
            "positions": _compact(self._positions),
        }


class MergeSource:
    """Shows a finished segment to Whoosh as a reader that it can merge, without its removed passages."""

    def __init__(self, segment: Segment) -> None:
        self._segment = segment
        self._dead = frozenset(segment.dead.tolist())
        self._lengths = dict(zip(FIELD_CODES.values(), segment.arrays["lengths"], strict=True))

    def indexed_field_names(self) -> list[str]:
        """Return the text fields."""
        return list(FIELD_CODES.values())

    def has_deletions(self) -> bool:
        """Tell whether passages were removed."""
        return bool(self._dead)

    def has_column(self, fieldname: str) -> bool:
        """Tell whether there is a value for each passage: there is, of both columns."""
        return fieldname in ("row", "day")

    def column_reader(self, fieldname: str, column: Any) -> list[int]:  # noqa: ARG002 - Whoosh's signature
        """Return the value of each passage."""
        values: list[int] = self._segment.arrays[f"{fieldname}s"].tolist()
        return values

    def iter_docs(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield every passage that is left, with its stored fields: none."""
        return ((number, {}) for number in range(self._segment.size) if number not in self._dead)

    def doc_field_length(self, docnum: int, fieldname: str) -> int:
        """Return how many terms a text has."""
        return int(self._lengths[fieldname][docnum]) if fieldname in self._lengths else 0

    def iter_postings(self) -> Iterator[tuple[str, bytes, int, int, bytes]]:
        """Yield field, term, passage, frequency and positions of every posting that is left."""
        number = 0
        for name, code in FIELD_CODES.items():
            for term in self._segment.terms(name):
                docs, counts, positions = self._segment.postings_at(number)
                number += 1
                places, end = positions.astype(np.uintc), 0
                for doc, count in zip(docs.tolist(), counts.tolist(), strict=True):
                    end += count
                    if doc not in self._dead:
                        yield code, term, doc, count, places[end - count : end].tobytes()


class ArrayWriter(SegmentWriter):  # type: ignore[misc] # Whoosh has no types
    """Whoosh's writer, less its lock and its table of contents."""

    def __init__(self, folder: Path, segments: list[Segment]) -> None:
        texts = {code: AnalysedText() for code in FIELD_CODES.values()}
        schema = Schema(row=COLUMN(NumericColumn("q")), day=COLUMN(NumericColumn("i")), **texts)
        contents = types.SimpleNamespace(generation=0, schema=schema, segments=[])
        index = types.SimpleNamespace(storage=FileStorage(str(folder)), indexname="segment", _read_toc=lambda: contents)
        super().__init__(index, codec=ArrayCodec(), compound=False, limitmb=MEMORY, _lk=False)
        self._folder = folder
        self._old = segments
        self._gone: set[int] = set()  # passages that were added and then removed

    def remove_rows(self, rows: Rows) -> None:
        """Remove passages, those added before among them."""
        self._old = [segment.without(rows) for segment in self._old]
        self._gone.update(np.flatnonzero(np.isin(self.codec.documents.rows, rows)).tolist())

    def _merge_segments(self, *_: Any) -> list[Segment]:
        """Draw small and mostly removed segments into the new one; return the others.

        Sizes grow geometrically, so that a passage is rewritten a logarithmic number of times.
        """
        total, kept = self.doc_count() - len(self._gone), []
        for segment in sorted(self._old, key=lambda segment: segment.alive):
            if segment.alive <= MERGE_FACTOR * total or len(segment.dead) > MAX_DEAD * segment.size:
                self.add_reader(MergeSource(segment)) if segment.alive else None
                total += segment.alive
            else:
                kept.append(segment)
        return kept

    def _finalize_segment(self) -> Segment:
        super()._finalize_segment()
        segment = write_segment(self._folder, self.newsegment.segid, self.codec.arrays())
        return Segment(segment.name, segment.arrays, np.array(sorted(self._gone), np.int64))

    def _commit_toc(self, segments: list[Segment]) -> None:
        write_manifest(self._folder, segments)


def _compact(values: array[int]) -> Array:
    numbers = np.array(values, np.uint32)
    return numbers.astype(np.min_scalar_type(numbers.max())) if len(numbers) else numbers
