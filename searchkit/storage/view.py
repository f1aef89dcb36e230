"""The contract between a question and its index, kept by an index in a folder: a snapshot seen as a `View`."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from searchkit.queries.syntax import Query
from searchkit.rankings import among
from searchkit.storage.computed import ComputedVectors
from searchkit.storage.contract import Scope, Scores, VectorRows, VectorSearch, WordSearch
from searchkit.storage.keywords import EngineReader
from searchkit.storage.readers import CatalogPassages, CatalogStatements
from searchkit.storage.snapshot import Snapshot
from searchkit.storage.vectors.arm import Vectors
from searchkit.threads import meanwhile
from searchkit.types import RECALL, Embedder, FloatMatrix, FloatVector, Ranking, Rows

if TYPE_CHECKING:
    from searchkit.queries.filters import Filter

KEPT_FILTERS = 16


@dataclass(frozen=True, slots=True, eq=False)
class RowScope:
    """The rows that may be found, ascending: (n,)."""

    rows: Rows

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.rows)

    def holds(self, rows: Rows) -> npt.NDArray[np.bool_]:
        """Tell for each row whether it may be found."""
        return among(rows, self.rows)


def rows_of(scope: Scope | None) -> Rows | None:
    """Return the rows of a scope that an index in a folder made, None for all."""
    if scope is None or isinstance(scope, RowScope):
        return None if scope is None else scope.rows
    raise TypeError(f"a scope belongs to the view that made it, and {type(scope).__name__} is none of ours")


class EngineKeywords:
    """The keyword arm, by an engine's reader."""

    def __init__(self, reader: EngineReader) -> None:
        self._reader = reader

    @property
    def count(self) -> int:
        """How many passages there are."""
        return self._reader.count

    def search(self, query: Query, limit: int, scope: Scope | None = None) -> Ranking:
        """Return the best `limit` passages; those that match nothing are not among them."""
        return self._reader.search(query, limit, rows_of(scope))

    def score(self, query: Query, rows: Rows) -> Scores:
        """Return the score of each row: (n,), 0 without a match."""
        return self._reader.score(query, rows) if len(rows) else np.empty(0, np.float32)

    def frequencies(
        self, terms: Collection[str], anywhere: Collection[str] = ()
    ) -> tuple[dict[str, int], dict[str, int]]:
        """Return in how many passages index terms stand; `anywhere`: in texts, titles and sections alike."""
        found = self._reader.document_frequency
        return {term: found(term, "body") or found(term) for term in terms}, {term: found(term) for term in anywhere}


class SegmentVectors:
    """The vector arm, by the segments of a commit."""

    def __init__(self, stored: Vectors, unread: int) -> None:
        self._stored = stored
        self.unread = unread

    def __len__(self) -> int:
        return len(self._stored)

    def search_many(
        self, queries: FloatMatrix, limit: int, scope: Scope | None = None, recall: float = RECALL
    ) -> list[Ranking]:
        """Return the `limit` nearest passages of each query. queries: (m, dim) unit rows; recall: see `Vectors`."""
        return self._stored.search_many(queries, limit, rows_of(scope), recall)

    def score(self, queries: FloatMatrix | None, rows: Rows) -> Scores:
        """Return the cosines of each row with each query: (m, n), NaN without a vector."""
        return np.empty((0, len(rows)), np.float32) if queries is None else self._stored.score(queries, rows)

    def read(self, rows: Rows) -> VectorRows:
        """Return vectors and word pieces of rows."""
        return VectorRows(self._stored.get(rows), self._stored.pieces(rows))

    def drafts(self, rows: Rows) -> npt.NDArray[np.bool_]:
        """Tell which rows have a vector that was predicted: (n,)."""
        return self._stored.drafts(rows)

    def upgraded(self, rows: Rows, matrix: FloatMatrix) -> SegmentVectors:
        """Return the same with other vectors of some rows, see `Vectors.upgraded`."""
        return SegmentVectors(self._stored.upgraded(rows, matrix), self.unread)


class FolderView:
    """An index in a folder as of one commit; it lives as long as its snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        snapshot.catalog.share()
        self.settings = snapshot.settings
        self.generation = snapshot.generation
        self.keywords = EngineKeywords(snapshot.keywords)
        self.vectors = SegmentVectors(snapshot.vectors, len(snapshot.catalog.parts.unread_rows()))
        self.passages = CatalogPassages(snapshot)
        self.statements = CatalogStatements(snapshot.catalog)
        self.kept = ComputedVectors()
        self._scopes: dict[Filter, RowScope] = {}

    def scope(self, condition: Filter | None = None, speakers: Collection[int] | None = None) -> RowScope | None:
        """Return the passages whose documents fit, in which any of these speakers says something; None for all."""
        found = None if condition is None else self._fitting(condition)
        if speakers is None:
            return found
        said = np.unique(np.array([each.row for each in self.statements.by(speakers)], np.int64))
        return RowScope(said if found is None else np.intersect1d(said, found.rows))

    def _fitting(self, condition: Filter) -> RowScope:
        """Return the passages whose documents fit; the last few answers are kept, for a snapshot never changes."""
        with self.snapshot.catalog.lock:
            found = self._scopes.get(condition)
            if found is None:
                while len(self._scopes) >= KEPT_FILTERS:
                    del self._scopes[next(iter(self._scopes))]
                found = self._scopes[condition] = RowScope(self.snapshot.filtering.rows(condition))
            return found

    def narrowed(self, scope: Scope | None, query: Query) -> RowScope:
        """Return those of the passages that match a query."""
        return RowScope(np.sort(self.keywords.search(query, max(1, self.keywords.count), scope).rows))

    def find(self, words: WordSearch, vectors: VectorSearch) -> tuple[Ranking, list[Ranking]]:
        """Return what both arms find; another thread looks words up while this one makes the vectors."""
        found: list[Ranking] = []

        def look() -> None:
            found.append(self.keywords.search(words.query, words.limit, words.scope))
            words.found()

        with meanwhile(look):
            nearest = self.vectors.search_many(vectors.make(), vectors.limit, vectors.scope, vectors.recall)
        return found[0], nearest

    def scores(
        self, query: Query, query_rows: Rows, vectors: FloatMatrix | None, vector_rows: Rows
    ) -> tuple[Scores, Scores]:
        """Return what both arms say of given rows: BM25, 0 without a match; cosines, NaN without a vector."""
        return self.keywords.score(query, query_rows), self.vectors.score(vectors, vector_rows)

    def computed(self, rows: Rows) -> dict[int, FloatVector]:
        """Return the model's own vectors that questions had it compute for some of these rows."""
        return self.kept.of(rows)

    def keep(self, model: Embedder, rows: Rows, matrix: FloatMatrix) -> None:
        """Keep vectors that the model computed for a question: in memory, and in a journal for `improve`."""
        from searchkit.storage.vectors.journal import reached  # noqa: PLC0415 - for drafts alone

        catalog = self.snapshot.catalog
        with catalog.lock:
            digests = catalog.passages.digests(rows.tolist())
            self.kept.add(rows, matrix)
            with contextlib.suppress(OSError):  # an index that cannot be written is searched all the same
                journal = reached(self.snapshot.path, model)
                journal.append([digests[row] for row in rows.tolist()], matrix)

    def with_vectors(self, rows: Rows, matrix: FloatMatrix) -> FolderView:
        """Return the same with other vectors of some rows, ascending, in `read`, `scores` and `drafts`."""
        other = copy.copy(self)
        other.vectors = self.vectors.upgraded(rows, matrix)
        return other
