"""Both arms over a cluster: BM25 over index terms, and the nearest vectors by Lucene's HNSW graphs.

What an arm finds is cut to what one search of a cluster returns, or k-NN looks for: `WINDOW` passages.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt

from searchkit.cluster.client import JSON
from searchkit.cluster.moment import BEST_FIRST, WINDOW, PointInTime, among, counted, rows_of
from searchkit.cluster.queries import Clause, any_of, translated
from searchkit.cluster.records import pieces_of, vector_of
from searchkit.cluster.scope import clauses_of, note
from searchkit.cluster.seen import SHOWN, Seen
from searchkit.queries.highlight import query_terms
from searchkit.queries.syntax import TEXT_FIELDS, Query
from searchkit.ragged import Ragged
from searchkit.rankings import EMPTY
from searchkit.scanning import products
from searchkit.storage.contract import Scope, Scores, VectorRows
from searchkit.types import RECALL, FloatMatrix, FloatVector, Ranking, Rows

DTYPE = np.float16  # of vectors, as they are stored
FEWEST = 200  # that k-NN looks for, so that of equal ones the first by row are found


def best(query: Clause, limit: int) -> JSON:
    """Return the search for the best `limit` passages, with what is seen of them at a glance."""
    shown = {"_source": False, "docvalue_fields": SHOWN, "track_total_hits": False}
    return {"query": query, "size": min(limit, WINDOW), "sort": BEST_FIRST} | shown


def scores_of(answer: JSON, rows: Rows, missing: float) -> Scores:
    """Return the score that a search's answer gives each row: (n,), `missing` where it is not among the hits."""
    hits = answer["hits"]["hits"]
    said = dict(zip(rows_of(hits).tolist(), (hit["sort"][0] for hit in hits), strict=True))
    return np.array([said.get(row, missing) for row in rows.tolist()], np.float32)


class ClusterKeywords:
    """The keyword arm."""

    def __init__(self, moment: PointInTime, seen: Seen) -> None:
        self._moment = moment
        self._seen = seen
        self._frequencies: dict[str, tuple[int, int]] = {}  # by term: in texts; in texts, titles and sections

    @property
    def count(self) -> int:
        """How many passages there are."""
        return self._moment.counts.passages

    def search(self, query: Query, limit: int, scope: Scope | None = None) -> Ranking:
        """Return the best `limit` passages; those that match nothing are not among them.

        How rare the query's terms are comes in the same request.
        """
        return self.found(query, self._moment.ask(self.searches(query, limit, scope)), scope)

    def searches(self, query: Query, limit: int, scope: Scope | None) -> list[JSON]:
        """Return the searches whose answers `found` reads."""
        terms = list(dict.fromkeys(query_terms(query)))
        return [best(self.within(query, clauses_of(scope)), limit), *([self._counting(terms)] if terms else [])]

    def found(self, query: Query, answers: Sequence[JSON], scope: Scope | None) -> Ranking:
        """Return the passages of the answers to `searches`, and note how rare the query's terms are."""
        for told in answers[1:]:
            self._note(list(dict.fromkeys(query_terms(query))), told)
        return self.ranking(answers[0], scope)

    def within(self, query: Query, clauses: Sequence[Clause]) -> Clause:
        """Return the search for a query among the passages that match all clauses. Raises QueryError."""
        return {"bool": {"must": [translated(query, self._moment.scale)], "filter": [self._moment.passages(clauses)]}}

    def ranking(self, answer: JSON, scope: Scope | None) -> Ranking:
        """Return the passages of a search's answer, which are noted."""
        hits = answer["hits"]["hits"]
        self._seen.note(hits)
        rows = rows_of(hits)
        note(scope, rows)
        return Ranking(rows, np.array([hit["sort"][0] for hit in hits], np.float32) * np.float32(self._moment.scale))

    def scoring(self, query: Query, rows: Rows) -> JSON:
        """Return the search whose answer `scored` reads."""
        return best(self.within(query, [among(rows.tolist())]), len(rows))

    def scored(self, answer: JSON, rows: Rows) -> Scores:
        """Return the score of each row: (n,), 0 without a match."""
        return scores_of(answer, rows, 0.0) * np.float32(self._moment.scale)

    def frequencies(
        self, terms: Collection[str], anywhere: Collection[str] = ()
    ) -> tuple[dict[str, int], dict[str, int]]:
        """Return in how many passages index terms stand; `anywhere`: in texts, titles and sections alike."""
        unknown = self._unknown([*terms, *anywhere])
        if unknown:
            (told,) = self._moment.ask([self._counting(unknown)])
            self._note(unknown, told)
        found = self._frequencies
        return {term: found[term][0] or found[term][1] for term in terms}, {term: found[term][1] for term in anywhere}

    def _unknown(self, terms: Collection[str]) -> list[str]:
        return [term for term in dict.fromkeys(terms) if term not in self._frequencies]

    def _counting(self, terms: Sequence[str]) -> JSON:
        places = [{name: {"term": {name: term}} for name in TEXT_FIELDS} for term in terms]
        return self._moment.counting([each for own in places for each in (own["body"], any_of(list(own.values())))])

    def _note(self, terms: Sequence[str], answer: JSON) -> None:
        counts = counted(answer)
        self._frequencies.update(zip(terms, zip(counts[::2], counts[1::2], strict=True), strict=True))


class ClusterVectors:
    """The vector arm."""

    def __init__(self, moment: PointInTime, seen: Seen) -> None:
        self._moment = moment
        self._seen = seen
        self._newer: dict[int, FloatVector] = {}  # what is said of given rows; a search goes on without

    def __len__(self) -> int:
        return self._moment.counts.vectors

    @property
    def unread(self) -> int:
        """How many have none for the model cannot read them."""
        return self._moment.counts.unread

    def search_many(
        self,
        queries: FloatMatrix,
        limit: int,
        scope: Scope | None = None,
        recall: float = RECALL,  # noqa: ARG002 - the graphs find what they find
    ) -> list[Ranking]:
        """Return the `limit` nearest passages of each query. queries: (m, dim) unit rows."""
        clauses = clauses_of(scope)
        if not len(self) or not len(queries):
            return [EMPTY for _ in queries]
        return [self.ranking(answer, scope) for answer in self._moment.ask(self.searches(queries, limit, clauses))]

    def searches(self, queries: FloatMatrix, limit: int, clauses: Sequence[Clause] = ()) -> list[JSON]:
        """Return the searches whose answers `ranking` reads."""
        filters = [*clauses, self._moment.passages()] if self._moment.unborn else clauses
        condition = {"filter": {"bool": {"filter": list(filters)}}} if filters else {}
        k = min(max(limit, FEWEST), WINDOW)
        return [
            best({"knn": {"vector": {"vector": query.astype(float).tolist(), "k": k, **condition}}}, limit)
            for query in queries
        ]

    def ranking(self, answer: JSON, scope: Scope | None) -> Ranking:
        """Return the passages of a search's answer, which are noted."""
        hits = answer["hits"]["hits"]
        self._seen.note(hits)
        rows = rows_of(hits)
        note(scope, rows)
        return Ranking(rows, cosines(np.array([hit["sort"][0] for hit in hits], np.float64)))

    def scoring(self, queries: FloatMatrix | None, rows: Rows) -> list[JSON]:
        """Return the searches whose answers `scored` reads: all of so few are compared exactly."""
        there = self._asked(rows)
        if queries is None or not len(there) or not len(self):
            return []
        return self.searches(queries, len(there), [among(there.tolist())])

    def scored(self, answers: Sequence[JSON], queries: FloatMatrix | None, rows: Rows) -> Scores:
        """Return the cosines of each row with each query: (m, n), NaN without a vector."""
        if queries is None:
            return np.empty((0, len(rows)), np.float32)
        found = np.full((len(queries), len(rows)), np.nan, np.float32)
        for own, answer in zip(found, answers, strict=False):
            own[:] = cosines(scores_of(answer, rows, np.nan).astype(np.float64))
        newer = [at for at, row in enumerate(rows.tolist()) if row in self._newer]
        if newer:
            matrix = np.stack([self._newer[row] for row in rows[newer].tolist()])
            found[:, newer] = products(matrix, np.asarray(queries, np.float32)).T
        return found

    def _asked(self, rows: Rows) -> Rows:
        return rows[[row not in self._newer for row in rows.tolist()]] if self._newer else rows

    def read(self, rows: Rows) -> VectorRows:
        """Return vectors and word pieces of rows."""
        dim = self._moment.settings.dim
        found = np.full((len(rows), dim), np.nan, np.float32)
        pieces: list[npt.ArrayLike] = []
        known = True
        sources = self._seen.sources(rows.tolist())
        for own, row in zip(found, rows.tolist(), strict=True):
            source = sources.get(row)
            vector = None if source is None else vector_of(source)
            pieces.append([])
            if source is not None and vector is not None:
                own[:] = self._newer.get(row, vector.astype(np.float32))
                told = pieces_of(source)
                known = known and told is not None
                pieces[-1] = [] if told is None else told
        return VectorRows(found, Ragged.of(pieces) if known else None)

    def drafts(self, rows: Rows) -> npt.NDArray[np.bool_]:
        """Tell which rows have a vector that was predicted: none, the model reads all that goes into a cluster."""
        return np.zeros(len(rows), np.bool_)

    def upgraded(self, rows: Rows, matrix: FloatMatrix) -> ClusterVectors:
        """Return the same with other vectors of some rows, in `read` and `scored`: (n, dim)."""
        other = ClusterVectors(self._moment, self._seen)
        rounded = matrix.astype(DTYPE).astype(np.float32)
        other._newer = {**self._newer, **dict(zip(rows.tolist(), rounded, strict=True))}
        return other


def cosines(scores: npt.NDArray[np.float64]) -> Scores:
    """Return the products of unit vectors that Lucene's scores of maximum inner products stand for: (n,)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(scores >= 1, scores - 1, 1 - 1 / scores).astype(np.float32)
