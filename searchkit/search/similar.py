"""More like this: passages of the index instead of words for a question."""

from __future__ import annotations

import math
import time
from collections import Counter

import numpy as np

from searchkit.errors import QueryError
from searchkit.queries import Parsed
from searchkit.queries.filters import AllOf, Compared, Filter, Not
from searchkit.queries.syntax import Term
from searchkit.queries.times import TimeSpan
from searchkit.queries.words import any_of
from searchkit.search.answering import answer
from searchkit.search.inquiry import VECTOR, Inquiry, idf
from searchkit.search.request import SearchRequest
from searchkit.storage.contract import View
from searchkit.text.analysis import Analyzer
from searchkit.threads import kept
from searchkit.types import Embedder, FloatMatrix, QuestionStates, Results, Rows

PARTS = 32  # passages that stand for a longer document, evenly spread over it
TERMS = 32  # that tell most
LOOKED_UP = 2_000  # of a document's terms, the most frequent, for how rare they are
WHOLE = 10**9  # passages: more than a document has


def similar(view: View, model: Embedder | None, analyzer: Analyzer, request: SearchRequest) -> Results:
    """Return the passages of other documents that are most like a document or passage, whose id is the query.

    model: for options that need one; what is stored of the document is not read anew. Raises QueryError.
    """
    started = time.perf_counter()
    return answer(Likeness(view, model, analyzer, request), started)


class Likeness(Inquiry):
    """A question whose parts are passages of the index, by the vectors that it holds of them.

    It asks for the words that tell most of them by (1 + ln tf) * idf (Salton & Buckley, 1988), of those that stand
    elsewhere too. Names and times that they hold are asked for by nobody.
    """

    def __init__(self, view: View, model: Embedder | None, analyzer: Analyzer, request: SearchRequest) -> None:
        """Read a request. Raises QueryError where there is nothing of this id, or the filter is none."""
        if request.history or request.rewrite is not None:
            raise QueryError("what is similar follows no conversation; leave history and rewrite out")
        rows = _rows(view, request.query)
        passages = view.passages.get(rows.tolist())
        found = view.vectors.read(rows).vectors
        known = np.flatnonzero(np.isfinite(found).all(axis=1)) if found.size else np.empty(0, np.int64)
        self._texts = [passages[row].shown_text for row in rows.tolist()]
        self._document = passages[int(rows[0])].doc_id
        self._nearby = found[known]
        super().__init__(view, model, analyzer, request)
        self.parts = [self._texts[at] for at in known.tolist()]

    def _parsed(self) -> Parsed:
        held = [self.analyzer.terms(text) for text in self._texts]
        here = Counter(term for terms in held for term in set(terms))  # passages
        boosts = {
            term: 1 + math.log(count)
            for term, count in Counter(term for terms in held for term in terms).most_common(LOOKED_UP)
        }
        found, total = self.view.keywords.frequencies(boosts)[0], self.view.keywords.count
        weights = {term: boosts[term] * idf(total, found[term]) for term in boosts if found[term] > here[term]}
        best = sorted(weights, key=lambda term: (-weights[term], term))[:TERMS]
        self._frequencies = {term: found[term] for term in best}, {}
        return Parsed("\n".join(self._texts), any_of([Term(term, boost=boosts[term]) for term in best]))

    def _condition(self) -> Filter:
        others, asked = Not(Compared("doc", "=", (self._document,))), super()._condition()
        return others if asked is None else AllOf((others, asked))

    def _has_vectors(self) -> bool:
        return len(self._nearby) > 0

    @kept
    def read(self) -> tuple[list[QuestionStates] | None, FloatMatrix | None]:
        """Nothing is known of word pieces in context; the vectors are the passages' own."""
        return None, self._nearby if VECTOR in self.arms else None

    @kept
    def times(self) -> tuple[TimeSpan, ...]:
        """No times."""
        return ()

    @kept
    def names(self) -> list[frozenset[str]]:
        """No names."""
        return []

    @kept
    def asks_nothing(self) -> bool:
        """It asks for what is alike, whatever its id means as words."""
        return False

    @kept
    def statements(self) -> None:
        """No statements."""
        return


def _rows(view: View, item_id: str) -> Rows:
    """Return the row of the passage of this id, or those of the document's passages, at most PARTS of them."""
    row = view.passages.row_of(f"{item_id}#0")
    if row is None:
        row = view.passages.row_of(item_id)
        if row is None:
            raise QueryError(f"the index holds no document or passage {item_id!r}; see them with: searchkit list")
        return np.array([row], np.int64)
    every = np.sort(np.array([row, *(other for _, other in view.passages.neighbours([row], WHOLE))], np.int64))
    return every[np.unique(np.linspace(0, len(every) - 1, PARTS).round().astype(np.int64))]
