"""The contract between a question and its index, kept by an index on a cluster: a moment seen as a `View`."""

from __future__ import annotations

import copy
from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np

from searchkit.cluster.arms import ClusterKeywords, ClusterVectors
from searchkit.cluster.moment import PointInTime
from searchkit.cluster.queries import NEVER, Clause, translated
from searchkit.cluster.readers import ClusterPassages, ClusterStatements
from searchkit.cluster.scope import FilterScope, clauses_of
from searchkit.cluster.seen import Seen
from searchkit.queries.syntax import Query
from searchkit.storage.contract import Scope, Scores, VectorSearch, WordSearch
from searchkit.types import Embedder, FloatMatrix, FloatVector, Ranking, Rows

if TYPE_CHECKING:
    from searchkit.queries.filters import Filter


class ClusterView:
    """An index on a cluster as of one moment, for one question, or for several that are asked together."""

    def __init__(self, moment: PointInTime) -> None:
        seen = Seen(moment)
        self.moment = moment
        self.settings = moment.settings
        self.generation = moment.generation
        self.keywords = ClusterKeywords(moment, seen)
        self.vectors = ClusterVectors(moment, seen)
        self.passages = ClusterPassages(moment, seen)
        self.statements = ClusterStatements(moment, seen)
        self._scopes: dict[Filter, FilterScope] = {}

    def scope(self, condition: Filter | None = None, speakers: Collection[int] | None = None) -> FilterScope | None:
        """Return the passages whose documents fit, in which any of these speakers says something; None for all."""
        found = None if condition is None else self._fitting(condition)
        if speakers is None:
            return found
        said: Clause = {"terms": {"speakers": sorted(speakers)}} if speakers else NEVER
        return FilterScope(self.moment, [*clauses_of(found), said], by_document=False)

    def _fitting(self, condition: Filter) -> FilterScope:
        """Return the passages whose documents fit; of questions that are asked together, one scope for one filter."""
        from searchkit.cluster.filters import filtered  # noqa: PLC0415 - most questions have no filter

        if condition not in self._scopes:
            self._scopes[condition] = FilterScope(self.moment, [filtered(condition)], by_document=True)
        return self._scopes[condition]

    def narrowed(self, scope: Scope | None, query: Query) -> FilterScope:
        """Return those of the passages that match a query."""
        return FilterScope(self.moment, [*clauses_of(scope), translated(query)], by_document=False)

    def find(self, words: WordSearch, vectors: VectorSearch) -> tuple[Ranking, list[Ranking]]:
        """Return what both arms find, and see how rare the words are: all in one request."""
        by_words = self.keywords.searches(words.query, words.limit, words.scope)
        by_vector = self.vectors.searches(vectors.make(), vectors.limit, clauses_of(vectors.scope))
        answers = self.moment.ask([*by_words, *by_vector])
        told, nearest = answers[: len(by_words)], answers[len(by_words) :]
        found = self.keywords.found(words.query, told, words.scope)
        words.found()
        return found, [self.vectors.ranking(each, vectors.scope) for each in nearest]

    def scores(
        self, query: Query, query_rows: Rows, vectors: FloatMatrix | None, vector_rows: Rows
    ) -> tuple[Scores, Scores]:
        """Return what both arms say of given rows: BM25, 0 without a match; cosines, NaN without a vector."""
        by_words = [self.keywords.scoring(query, query_rows)] if len(query_rows) else []
        by_vector = self.vectors.scoring(vectors, vector_rows)
        answers = self.moment.ask([*by_words, *by_vector]) if by_words or by_vector else []
        said = self.keywords.scored(answers[0], query_rows) if by_words else np.empty(0, np.float32)
        return said, self.vectors.scored(answers[len(by_words) :], vectors, vector_rows)

    def computed(self, rows: Rows) -> dict[int, FloatVector]:
        """Return the model's own vectors that questions had it compute, of those of the rows that have one."""
        return self.moment.kept.of(rows)

    def keep(self, model: Embedder, rows: Rows, matrix: FloatMatrix) -> None:  # noqa: ARG002 - nothing to improve
        """Keep vectors that the model computed for a question, in memory."""
        self.moment.kept.add(rows, matrix)

    def with_vectors(self, rows: Rows, matrix: FloatMatrix) -> ClusterView:
        """Return the same with other vectors of some rows, ascending, in `read`, `scores` and `drafts`."""
        other = copy.copy(self)
        other.vectors = self.vectors.upgraded(rows, matrix)
        return other
