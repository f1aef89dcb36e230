"""The vector arm: the passages nearest to a question.

Up to EXACT_ROWS rows all are compared, and the ranking is exact. Beyond, codes choose candidates, as many as hold the
nearest by the recall that is asked for; what is returned is scored exactly either way. A filter is applied before
anything is chosen, so that it cannot starve the ranking, and few rows that it lets through are simply compared.
"""

from __future__ import annotations

import copy
import weakref
from collections.abc import Iterator, Sequence
from typing import cast

import numpy as np
import numpy.typing as npt

from searchkit.errors import IndexCorrupt
from searchkit.ragged import Ragged
from searchkit.rankings import best_first
from searchkit.scanning import products, singles
from searchkit.storage.vectors.gaps import Gaps
from searchkit.storage.vectors.nearest import Candidates, Open, coded, everything, rough
from searchkit.storage.vectors.segments import BLOCK, DTYPE, UNIT, Segment, are_units
from searchkit.threads import Guard, once
from searchkit.types import RECALL, FloatMatrix, FloatVector, Ranking, Rows

EXACT_ROWS = 30_000  # from which on codes are faster; BENCHMARKS.md, "Codes from 30,000 vectors on"
FEW = 1_000  # rows that are read in less time than codes take to choose among them
KEPT_FILTERS = 4
PRODUCTS = 16_000_000  # that are kept at a time, of many questions: 64 MB


class Vectors:
    """All segments of one generation, oldest first, without the rows that are dead; the newest has a row's vector."""

    def __init__(self, segments: Sequence[Segment], dead: Rows) -> None:
        self._segments = segments
        self._alive = living(segments, dead)
        self._newer: tuple[Segment, ...] = ()
        self._open: dict[int, tuple[weakref.ref[Rows], list[Open]]] = {}  # by filter
        self._lock = Guard()

    @once
    def _whole(self) -> list[Open]:
        return [Open.of(*own, None) for own in zip(self._segments, self._alive, strict=True)]

    def __len__(self) -> int:
        return sum(
            len(segment.rows) if alive is None else int(alive.sum())
            for segment, alive in zip(self._segments, self._alive, strict=True)
        )

    def search(self, query: FloatVector, limit: int, allowed: Rows | None = None, recall: float = RECALL) -> Ranking:
        """Return the `limit` rows of highest cosine. query: (dim,) unit; allowed: ascending rows.

        recall: the share of the 10 nearest that must be found, or as near ones (see `codes`), on average, of very many;
        1: all.
        """
        return self.search_many(query[None], limit, allowed, recall)[0]

    def search_many(
        self, queries: FloatMatrix, limit: int, allowed: Rows | None = None, recall: float = RECALL
    ) -> list[Ranking]:
        """Return what `search` returns for each query, to the last bit. queries: (m, dim) unit."""
        found = self._found(np.asarray(queries, np.float32), limit, self._opened(allowed), recall)
        return [self._ranked(query, limit, own) for query, own in zip(queries, found, strict=True)]

    def _found(
        self, queries: FloatMatrix, limit: int, opened: Sequence[Open], recall: float
    ) -> Iterator[list[Candidates]]:
        """Yield, for each query, the rows that are to be compared exactly."""
        count = sum(own.count for own in opened)
        if count <= max(FEW, limit):
            few = [everything(own) for own in opened]
            yield from (few for _ in queries)
            return
        codes = recall < 1 and sum(len(segment.rows) for segment in self._segments) > EXACT_ROWS
        plain = [own for own in opened if own.count and not (codes and own.segment.codes)]
        size = max(1, PRODUCTS // max(1, sum(len(own.segment.rows) for own in plain)))
        for start in range(0, len(queries), size):
            batch = queries[start : start + size]
            compared = [rough(own, batch, limit) for own in plain]
            for query in batch:
                yield [*(next(own) for own in compared), *(coded(opened, query, limit, recall) if codes else ())]

    def _ranked(self, query: FloatVector, limit: int, candidates: Sequence[Candidates]) -> Ranking:
        """Return the best candidates by their exact cosine."""
        if not candidates:
            return Ranking(np.empty(0, np.int64), np.empty(0, np.float32))
        scores = [_exact(segment, at, query[None])[0] for segment, at in candidates]
        rows = np.concatenate([segment.rows[at] for segment, at in candidates])
        return best_first(rows, np.concatenate(scores), limit)

    def _opened(self, allowed: Rows | None) -> list[Open]:
        """Return the rows that may be found; the last few filters are kept, by the array that holds their rows."""
        if allowed is None:
            return self._whole
        with self._lock:
            known, opened = self._open.get(id(allowed), (None, []))
        if known is None or known() is not allowed:
            opened = [Open.of(*own, allowed) for own in zip(self._segments, self._alive, strict=True)]
            with self._lock:
                while len(self._open) >= KEPT_FILTERS:
                    del self._open[next(iter(self._open))]
                self._open[id(allowed)] = weakref.ref(allowed), opened
        return opened

    def score(self, queries: FloatMatrix, rows: Rows) -> npt.NDArray[np.float32]:
        """Return the cosine of each row with each query: (m, len(rows)), NaN for a row without a vector."""
        scores = np.full((len(queries), len(rows)), np.nan, np.float32)
        for segment, at, position in self._places(rows):
            scores[:, at] = _exact(segment, position, queries)
        return scores

    def get(self, rows: Rows) -> npt.NDArray[np.float32]:
        """Return the vectors of rows: (len(rows), dim), NaN where a row has none."""
        dim = self._segments[0].vectors.shape[1] if self._segments else 0
        vectors = np.full((len(rows), dim), np.nan, np.float32)
        for segment, at, position in self._places(rows):
            vectors[at] = singles(segment.read(position))
        return vectors

    def upgraded(self, rows: Rows, matrix: FloatMatrix) -> Vectors:
        """Return the same, with the model's own vectors of some rows, ascending: (n, dim).

        They hold for what is asked of given rows; `search` goes on with the vectors that it knows.
        """
        other = copy.copy(self)
        other._newer = (*self._newer, Segment("", rows, matrix.astype(DTYPE), self.pieces(rows)))
        return other

    def drafts(self, rows: Rows) -> npt.NDArray[np.bool_]:
        """Tell which rows have a vector that was predicted, not computed by the model: (len(rows),)."""
        drafts = np.zeros(len(rows), np.bool_)
        for segment, at, position in self._places(rows):
            drafts[at] = False if segment.drafts is None else segment.drafts[position]
        return drafts

    def all_rows(self, *, drafts: bool | None = None) -> Rows:
        """Return the living rows, ascending; with `drafts` those whose vector is a draft, or is none."""
        found = [np.empty(0, np.int64)]
        for segment, alive in zip(self._segments, self._alive, strict=True):
            kept = np.ones(len(segment.rows), np.bool_) if alive is None else alive
            if drafts is not None:
                flags = np.zeros(len(segment.rows), np.bool_) if segment.drafts is None else segment.drafts
                kept = kept & (flags == drafts)
            found.append(segment.rows[kept])
        return np.sort(np.concatenate(found))

    def broken(self) -> Rows:
        """Return the living rows whose vector is not finite or not of unit length, ascending."""
        found = [np.empty(0, np.int64)]
        for segment, alive in zip(self._segments, self._alive, strict=True):
            blocks = range(0, len(segment.rows), BLOCK)
            wrong = [~are_units(segment.vectors[start : start + BLOCK]) for start in blocks]
            at = np.concatenate([np.empty(0, np.bool_), *wrong])
            found.append(segment.rows[at if alive is None else at & alive])
        return np.sort(np.concatenate(found))

    def pieces(self, rows: Rows) -> Ragged | None:
        """Return the word pieces of each row, none for a row without a vector; None if they are not known for all."""
        if any(segment.pieces is None for segment in self._segments):
            return None
        places = self._places(rows)
        if len(places) == 1 and len(places[0][1]) == len(rows):  # all in one segment, as mostly
            return cast(Ragged | Gaps, places[0][0].pieces).take(places[0][2])
        where = np.zeros(len(rows), np.int64)  # in all pieces that were found, one list after the other; 0 is empty
        parts, count = [Ragged.of([[]])], 1
        for segment, at, position in places:
            parts.append(cast(Ragged | Gaps, segment.pieces).take(position))
            where[at] = np.arange(count, count + len(at))
            count += len(at)
        return Ragged.joined(parts).take(where)

    def _places(self, rows: Rows) -> list[tuple[Segment, npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
        """For each segment: which of `rows` it holds (indices into `rows`), and where."""
        places = []
        for segment in (*self._segments, *self._newer):
            position = np.searchsorted(segment.rows, rows)
            position[position == len(segment.rows)] = 0
            at = np.flatnonzero(segment.rows[position] == rows) if len(segment.rows) else np.empty(0, np.intp)
            if len(at):
                places.append((segment, at, position[at]))
        return places


def _exact(segment: Segment, positions: npt.NDArray[np.intp], queries: FloatMatrix) -> npt.NDArray[np.float32]:
    """Return the products of queries with a segment's rows in float32: (m, n). Raises IndexCorrupt."""
    with np.errstate(all="ignore"):
        scores = products(singles(segment.read(positions)), queries).T
    most = (1 + UNIT) * np.linalg.norm(queries, axis=1, keepdims=True)
    if not (np.abs(scores) <= most).all():  # nor where it is NaN
        name = f"{segment.name}.vectors.npy"
        raise IndexCorrupt(f"{name} holds a vector that is not of unit length. Run: searchkit rebuild")
    return scores


def living(segments: Sequence[Segment], dead: Rows) -> list[npt.NDArray[np.bool_] | None]:
    """Return which rows of each segment count: not dead, and in no newer segment; None for all. dead: ascending."""
    masks: list[npt.NDArray[np.bool_] | None] = []
    for place, segment in enumerate(segments):
        mask = np.ones(len(segment.rows), np.bool_)
        for others in (dead, *(newer.rows for newer in segments[place + 1 :])):
            mask[_found(segment.rows, others)] = False
        masks.append(None if mask.all() else mask)
    return masks


def _found(rows: Rows, others: Rows) -> npt.NDArray[np.intp]:
    """Return where those of the others stand that are among the rows; both ascend."""
    if not len(rows) or not len(others) or rows[-1] < others[0] or others[-1] < rows[0]:
        return np.empty(0, np.intp)
    if len(rows) < len(others):
        at = np.minimum(np.searchsorted(others, rows), len(others) - 1)
        return np.flatnonzero(others[at] == rows)
    places = np.minimum(np.searchsorted(rows, others), len(rows) - 1)
    found: npt.NDArray[np.intp] = places[rows[places] == others]
    return found
