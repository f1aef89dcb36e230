"""Answers of the Whoosh engine: query trees evaluated on whole arrays of postings.

Passages are numbered across the segments; removed ones never match and do not count in the statistics.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from searchkit.errors import QueryError
from searchkit.queries import syntax
from searchkit.storage.keywords.engine import K1, B, FieldWeights
from searchkit.storage.keywords.whoosh_segments import Array, Postings, WhooshSegment
from searchkit.storage.keywords.whoosh_terms import matching, near, with_prefix

MAX_EDITS = 2  # as tantivy, so that both engines understand the same queries
STRIDE = 1 << 32  # places of one passage in the one line on which all positions lie
OFFSET = 1 << 20  # no phrase is longer


class Matches(NamedTuple):
    """Passages that match, rising, and their scores: (n,) int64 and (n,) float64."""

    docs: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float64]


NONE = Matches(np.empty(0, np.int64), np.empty(0, np.float64))


class Corpus:
    """All segments of a generation as one."""

    def __init__(self, segments: Sequence[WhooshSegment], weights: FieldWeights) -> None:
        self._segments = segments
        self._weights = weights
        self._bases = np.cumsum([0, *(segment.size for segment in segments)]).tolist()
        self.size = self._bases[-1]
        self.rows = _joined([segment.arrays["rows"] for segment in segments], np.int64)
        self._days = _joined([segment.arrays["days"] for segment in segments], np.int64)
        self._alive = np.ones(self.size, np.bool_)
        for segment, start in zip(segments, self._bases, strict=False):
            self._alive[start + segment.dead] = False
        self.count = int(self._alive.sum())
        self._norms = functools.cache(self._norms_of)
        self._terms = functools.cache(self._terms_of)

    def evaluate(self, query: syntax.Query) -> Matches:
        """Return every match. Raises QueryError."""
        match query:
            case syntax.Boolean():
                return self._boolean(query)
            case syntax.DateRange(start=start, end=end):
                return self._dated(start, end)
            case _:
                parts = [self._leaf(query, name) for name in ((query.field,) if query.field else syntax.TEXT_FIELDS)]
                return self._union(parts, query.boost)

    def document_frequency(self, term: str, field: str | None = None) -> int:
        """Return how many passages hold the term in this field, or in any."""
        found = [self._postings(name, term).docs for name in ([field] if field else syntax.TEXT_FIELDS)]
        return len(np.unique(np.concatenate(found)))

    def _boolean(self, query: syntax.Boolean) -> Matches:
        must, should, must_not = (
            [self.evaluate(child) for child in part] for part in (query.must, query.should, query.must_not)
        )
        if must:
            hits = np.bincount(np.concatenate([match.docs for match in must]), minlength=self.size)
            kept = hits == len(must)
        elif should:
            kept = self._mask(should)
        else:
            kept = self._alive if must_not else np.zeros(self.size, np.bool_)
        docs = np.flatnonzero(kept & ~self._mask(must_not))
        return Matches(docs, self._total([*must, *should])[docs] * query.boost)

    def _union(self, parts: Sequence[Matches], boost: float) -> Matches:
        docs = np.flatnonzero(self._mask(parts))
        return Matches(docs, self._total(parts)[docs] * boost)

    def _mask(self, parts: Sequence[Matches]) -> npt.NDArray[np.bool_]:
        mask = np.zeros(self.size, np.bool_)
        for part in parts:
            mask[part.docs] = True
        return mask

    def _total(self, parts: Sequence[Matches]) -> npt.NDArray[np.float64]:
        total = np.zeros(self.size)
        for part in parts:
            total[part.docs] += part.scores
        return total

    def _dated(self, start: date | None, end: date | None) -> Matches:
        first = start.toordinal() if start else 1  # 0 is no date
        last = end.toordinal() if end else date.max.toordinal()
        docs = np.flatnonzero((self._days >= first) & (self._days <= last) & self._alive)
        return Matches(docs, np.zeros(len(docs)))

    def _leaf(self, query: syntax.Term | _Pattern, name: str) -> Matches:
        match query:
            case syntax.Term(text=text):
                found = self._postings(name, text)
                return self._scored(name, found, self._idf(found))
            case syntax.Phrase(terms=terms, slop=slop):
                return self._phrase(name, terms, slop)
            case syntax.Prefix(text=text):
                return self._constant(name, with_prefix(self._terms(name), text))
            case syntax.Wildcard(pattern=pattern):
                return self._constant(name, matching(self._terms(name), pattern))
            case syntax.Fuzzy(text=text, distance=distance):
                if not 0 <= distance <= MAX_EDITS:
                    raise QueryError(f"{text}~{distance} asks for {distance} edits; at most {MAX_EDITS} are possible.")
                return self._constant(name, near(self._terms(name), text, distance))

    def _scored(self, name: str, found: Postings, idf: float) -> Matches:
        """Return BM25 (Robertson & Zaragoza 2009) with the factor k1 + 1."""
        weight = getattr(self._weights, name) * idf * (K1 + 1)
        return Matches(found.docs, weight * found.counts / (found.counts + self._norms(name)[found.docs]))

    def _idf(self, found: Postings) -> float:
        """Return Lucene's ln(1 + (N - n + 0.5) / (n + 0.5)) for a term in n of N passages."""
        frequency = len(found.docs)
        return math.log1p((self.count - frequency + 0.5) / (frequency + 0.5))

    def _norms_of(self, name: str) -> npt.NDArray[np.float64]:
        """Return k1 (1 - b + b length / average length) of each passage's field: (size,)."""
        place = syntax.TEXT_FIELDS.index(name)
        lengths = _joined([segment.arrays["lengths"][place] for segment in self._segments], np.float64)
        average = lengths[self._alive].mean() if self.count else 0.0
        return K1 * (1 - B + B * lengths / (average or 1.0))

    def _constant(self, name: str, terms: Sequence[str]) -> Matches:
        mask = np.zeros(self.size, np.bool_)
        for term in terms:
            mask[self._postings(name, term).docs] = True
        docs = np.flatnonzero(mask)
        return Matches(docs, np.full(len(docs), float(getattr(self._weights, name))))

    def _phrase(self, name: str, terms: tuple[str, ...], slop: int) -> Matches:
        """Score the places where every term lies within `slop` of where the phrase wants it.

        A term's displacement is its position less its place in the phrase; a match is a stretch of at most
        `slop` that holds a displacement of every term, so a swap of neighbours costs 2 (as in Lucene). The idf of a
        phrase is the sum over its terms.
        """
        found = [self._postings(name, term) for term in terms]
        held = np.bincount(np.concatenate([NONE.docs, *(one.docs for one in found)]), minlength=self.size) == len(terms)
        lines = [_line(_kept(one, held[one.docs]), place) for place, one in enumerate(found)]
        starts = functools.reduce(np.union1d, lines if slop else lines[:1], NONE.docs)
        for line in lines:
            starts = starts[_reaches(starts, line, slop)]
        docs, counts = np.unique(starts // STRIDE, return_counts=True)
        return self._scored(name, Postings(docs, counts, starts), sum(map(self._idf, found)))

    def _postings(self, name: str, term: str) -> Postings:
        """Return where a term occurs among the passages that are left."""
        found = [
            _renumbered(postings, base, self._alive)
            for segment, base in zip(self._segments, self._bases, strict=False)
            if (postings := segment.postings(name, term.encode()))
        ]
        if not found:
            return Postings(NONE.docs, NONE.docs, NONE.docs)
        return Postings(*(np.concatenate(parts) for parts in zip(*found, strict=True)))

    def _terms_of(self, name: str) -> list[str]:
        """Return the terms of a field, sorted; the order of UTF-8 is that of code points."""
        return [term.decode() for term in sorted({term for segment in self._segments for term in segment.terms(name)})]


_Pattern = syntax.Phrase | syntax.Prefix | syntax.Wildcard | syntax.Fuzzy


def _renumbered(found: Postings, base: int, alive: npt.NDArray[np.bool_]) -> Postings:
    """Count passages across all segments and leave out the removed ones."""
    numbered = Postings(found.docs.astype(np.int64) + base, found.counts.astype(np.int64), found.positions)
    return _kept(numbered, alive[numbered.docs])


def _kept(found: Postings, kept: npt.NDArray[np.bool_]) -> Postings:
    """Return the postings of the passages for which `kept` holds: (len(found.docs),)."""
    if kept.all():
        return found
    return Postings(found.docs[kept], found.counts[kept], found.positions[np.repeat(kept, found.counts)])


def _line(found: Postings, place: int) -> npt.NDArray[np.int64]:
    """Put a term's displacements in all passages on one rising line."""
    return np.repeat(found.docs, found.counts) * STRIDE + found.positions.astype(np.int64) - place + OFFSET


def _reaches(starts: npt.NDArray[np.int64], line: npt.NDArray[np.int64], slop: int) -> npt.NDArray[np.bool_]:
    """Tell for each start whether `line` has a value from there to `slop` further on."""
    nexts = np.append(line, np.iinfo(np.int64).max)[np.searchsorted(line, starts)]
    reached: npt.NDArray[np.bool_] = nexts - starts <= slop
    return reached


def _joined(parts: Sequence[Array], dtype: npt.DTypeLike) -> Array:
    return np.concatenate([np.empty(0, dtype), *(part.astype(dtype) for part in parts)])
