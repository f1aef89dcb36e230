"""The candidates of a question: what each arm finds, and what every arm says of each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from searchkit.rankings import among, best_first, distinct
from searchkit.search.inquiry import KEYWORD, VECTOR, Inquiry
from searchkit.storage.contract import VectorSearch, WordSearch
from searchkit.types import Ranking, Rows

DEPTHS = (200, 4_000)  # candidates of each arm; the deeper ones only when a page lies beyond the first

Values = npt.NDArray[np.float64]
Found = Mapping[str, Ranking]  # by arm, best first
NO_ROWS = np.empty(0, np.int64)
NO_SCORES = np.empty(0, np.float32)


def find(question: Inquiry, arm: str, limit: int) -> Ranking:
    """Return the best rows that an arm finds."""
    if arm == KEYWORD:
        return question.view.keywords.search(question.parsed.tree, limit, question.scope)
    vectors = np.asarray(question.vectors)
    found = question.view.vectors.search_many(vectors, limit, question.scope, question.request.recall)
    return nearest(found, limit)


def nearest(rankings: Sequence[Ranking], limit: int) -> Ranking:
    """Return the rows that are nearest to any of a question's parts. rankings: what each part finds to this limit."""
    if len(rankings) == 1:
        return rankings[0]
    rows, scores = (np.concatenate(each) for each in zip(*rankings, strict=True))
    order = np.lexsort((-scores, rows))
    rows, scores = rows[order], scores[order]
    best = np.flatnonzero(np.diff(rows, prepend=-1))
    return best_first(rows[best], scores[best], limit)


def find_by_words(question: Inquiry) -> Ranking:
    """Return what the keyword arm finds to the first depth, with all that is known of the words by then."""
    found = find(question, KEYWORD, DEPTHS[0])
    question.prepare()
    return found


def find_all(question: Inquiry, depth: int | None = None) -> Found:
    """Return what each arm finds, to the first depth if no other is given; both in one call."""
    limit, scope = depth or DEPTHS[0], question.scope
    if len(question.arms) < 2:
        return {arm: find(question, arm, limit) for arm in question.arms}
    by_words, by_part = question.view.find(
        WordSearch(question.parsed.tree, limit, scope, question.prepare),
        VectorSearch(lambda: np.asarray(question.vectors), limit, scope, question.request.recall),
    )
    return {KEYWORD: by_words, VECTOR: nearest(by_part, limit)}


@dataclass(frozen=True, slots=True)
class Pool:
    """Candidates, ascending: (n,), and what each arm says of each of them: (n,), NaN where it cannot say.

    found: what each arm found by itself; candidates may be more.
    """

    question: Inquiry
    found: Found
    rows: Rows
    scores: Mapping[str, Values]

    def with_rows(self, rows: Rows) -> Pool:
        """Return the pool with these rows too, if they may be found: one that an arm does not rank is found too."""
        if len(self.found) < 2:
            return self
        scope = self.question.scope
        new = distinct(rows if scope is None else rows[scope.holds(rows)])
        new = new[~among(new, self.rows)]
        if not len(new):
            return self
        said = _asked(self.question, dict.fromkeys(self.scores, new))
        every = np.concatenate([self.rows, new])
        order = np.argsort(every)
        scores = {arm: np.concatenate([known, said[arm]])[order] for arm, known in self.scores.items()}
        return replace(self, rows=every[order], scores=scores)

    def rescored(self, question: Inquiry) -> Pool:
        """Return the pool of a question that is seen by another view: what was found is scored by it anew."""
        rows = self.found[VECTOR].rows
        scores = _asked(question, {VECTOR: rows})[VECTOR].astype(np.float32)
        return pooled(question, {**self.found, VECTOR: best_first(rows, scores, len(rows))})

    def said(self, arm: str, rows: Rows) -> Values:
        """Return the score that an arm, also one that has no say, gives each row, in any order: (n,)."""
        scores = np.full(len(rows), np.nan)
        known = among(rows, self.rows) if arm in self.scores else np.zeros(len(rows), np.bool_)
        if known.any():
            scores[known] = self.scores[arm][np.searchsorted(self.rows, rows[known])]
        if not known.all():
            scores[~known] = _asked(self.question, {arm: rows[~known]})[arm]
        return scores


def pooled(question: Inquiry, found: Found) -> Pool:
    """Return the union of what the arms found, each candidate scored by every arm."""
    if not found:
        return Pool(question, found, NO_ROWS, {})
    rows = distinct(np.concatenate([ranking.rows for ranking in found.values()]))
    scores, missing = {}, {}
    for arm, ranking in found.items():  # what an arm has not said yet is asked, in one call, not assumed to be 0
        scores[arm] = np.full(len(rows), np.nan)
        at = np.searchsorted(rows, ranking.rows)
        scores[arm][at] = ranking.scores
        unknown = np.ones(len(rows), np.bool_)
        unknown[at] = False
        missing[arm] = rows[unknown]
    for arm, values in _asked(question, missing).items():
        scores[arm][np.searchsorted(rows, missing[arm])] = values
    return Pool(question, found, rows, scores)


def _asked(question: Inquiry, rows: Mapping[str, Rows]) -> dict[str, Values]:
    """Return what arms say of rows, by arm: (n,) each."""
    if not any(len(wanted) for wanted in rows.values()):
        return {}
    tree, vectors = question.parsed.tree, question.vectors if VECTOR in rows else None
    by_words, by_part = question.view.scores(tree, rows.get(KEYWORD, NO_ROWS), vectors, rows.get(VECTOR, NO_ROWS))
    said = {KEYWORD: by_words, VECTOR: by_part.max(axis=0) if len(by_part) else NO_SCORES}
    return {arm: said[arm].astype(np.float64) for arm in rows}
