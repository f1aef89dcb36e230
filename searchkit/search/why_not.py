"""Why an expected passage is not in a result, and what would bring it in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from searchkit.search import pool as pools
from searchkit.search.inquiry import VECTOR, Inquiry
from searchkit.search.pool import find
from searchkit.search.ranked import Ranked
from searchkit.search.request import SearchRequest
from searchkit.search.selection import Picker
from searchkit.storage.contract import View
from searchkit.text.analysis import Analyzer
from searchkit.types import Embedder, Source


@dataclass(frozen=True, slots=True)
class WhyNot:
    """What became of one passage under one query.

    verdict: found, not_indexed, filtered, no_match, collapsed, capped, or cut. rank: in the final ranking,
    from 1, None if it is not in it. arms: where each arm ranked it among everything allowed. matched and
    missing: the query's terms that the passage holds and lacks. reasons and advice are for reading.
    """

    passage_id: str
    query: str
    verdict: str
    reasons: tuple[str, ...]
    advice: tuple[str, ...] = ()
    rank: int | None = None
    arms: dict[str, Source] | None = None
    matched: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the answer as JSON-ready values."""
        shape: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        shape["arms"] = {arm: {"rank": s.rank, "score": s.score} for arm, s in (self.arms or {}).items()}
        return shape


def why_not(view: View, model: Embedder | None, analyzer: Analyzer, passage_id: str, request: SearchRequest) -> WhyNot:
    """Follow one passage through a search and say where it was lost. Raises QueryError."""
    row = view.passages.row_of(passage_id)
    if row is None:
        return _not_indexed(view, passage_id, request.query)
    question = Inquiry(view, model, analyzer, request)
    matched, missing = _terms(question, row)
    answer = WhyNot(passage_id, request.query, "found", (), matched=matched, missing=missing)
    here = np.array([row], np.int64)
    if question.filtered is not None and not question.filtered.holds(here)[0]:
        return replace(
            answer,
            verdict="filtered",
            reasons=(f"the filter {request.where!r} does not let its document through",),
            advice=("widen or drop the filter",),
        )
    if question.scope is not None and not question.scope.holds(here)[0]:
        return replace(
            answer,
            verdict="no_match",
            reasons=("it does not fit the operators of the query", *_term_reasons(question, missing)),
            advice=("ask in plain words, or take the operator away that it fails",),
        )
    ranked = Ranked(question)
    return _ranked(ranked, row, replace(answer, arms=_everywhere(ranked, row)))


def _not_indexed(view: View, passage_id: str, query: str) -> WhyNot:
    doc_id = passage_id.rpartition("#")[0] or passage_id
    count = len(view.passages.of(doc_id))
    if count:
        reason = f"document {doc_id} has {count} passages, numbered 0 to {count - 1}; there is no {passage_id}"
        return WhyNot(passage_id, query, "not_indexed", (reason,), (f"see them with: searchkit show {doc_id}",))
    reason = f"the index holds no document {doc_id}"
    return WhyNot(passage_id, query, "not_indexed", (reason,), ("index its file, and read the report for its name",))


def _terms(question: Inquiry, row: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the query's terms that the passage (with title and section) holds, and those it lacks."""
    passage = question.memory.passages([row])[row]
    held = set(question.analyzer.terms(f"{passage.title}\n{passage.section}\n{passage.shown_text}"))
    asked = question.terms
    return tuple(term for term in asked if term in held), tuple(term for term in asked if term not in held)


def _term_reasons(question: Inquiry, missing: tuple[str, ...]) -> Iterator[str]:
    """Yield a line for each term that the passage lacks."""
    for term in missing:
        found, weight = question.frequencies[term], question.idf[term]
        where = f"in {found} other passages, weight {weight:.2f}" if found else "in no passage at all"
        yield f"it lacks the term {term!r} ({where}), also after stemming ({question.analyzer.language})"


def _everywhere(ranked: Ranked, row: int) -> dict[str, Source]:
    """Return the rank of a row in each arm among everything that is allowed."""
    question, found = ranked.stretch.question, {}
    for arm in question.arms:
        score = float(ranked.stretch.pool.said(arm, np.array([row], np.int64))[0])
        if np.isfinite(score) and (score > 0 or arm == VECTOR):
            ranking = find(question, arm, max(1, question.view.keywords.count))
            at = np.flatnonzero(ranking.rows == row)
            if len(at):
                found[arm] = Source(int(at[0]) + 1, round(float(ranking.scores[at[0]]), 6))
    return found


def _ranked(ranked: Ranked, row: int, answer: WhyNot) -> WhyNot:
    """Say how the arms and the final ranking placed a passage that was allowed."""
    question = ranked.stretch.question
    request = question.request
    reasons = [*_arm_reasons(question, answer), *_term_reasons(question, answer.missing)]
    rank = next((at for at, (other, _) in enumerate(ranked, 1) if other == row), None)
    if rank is None:
        advice = ("use a word that the passage holds" + (", or mode=hybrid" if question.mode == "keyword" else ""),)
        return replace(answer, verdict="no_match", reasons=("no arm found it", *reasons), advice=advice)
    picks = list(Picker(question).pick(ranked))
    shown = next((at for at, pick in enumerate(picks, 1) if pick.row == row), None)
    answer = replace(answer, rank=rank, reasons=tuple(reasons))
    if shown is not None and shown > request.offset:
        return replace(answer, verdict="found", reasons=(f"it is hit {shown} of the result", *reasons))
    if any(answer.passage_id in pick.duplicates for pick in picks):
        return replace(
            answer, verdict="collapsed", reasons=("it was collapsed into a near duplicate that ranks higher", *reasons),
            advice=("search without collapse",),
        )  # fmt: skip
    if request.per_document and rank <= request.offset + request.k:
        line = f"its document gave its {request.per_document} hits already"
        return replace(answer, verdict="capped", reasons=(line, *reasons), advice=("raise per_document",))
    line = f"it ranks {rank}, outside places {request.offset + 1} to {request.offset + request.k}"
    better = (f"ask for k={rank}", *_better(answer))
    return replace(answer, verdict="cut", reasons=(line, *reasons), advice=better)


def _arm_reasons(question: Inquiry, answer: WhyNot) -> Iterator[str]:
    for name in question.arms:
        place = (answer.arms or {}).get(name)
        if place is None:
            yield f"{name}: does not find it"
        else:
            depth = pools.DEPTHS[0]
            deep = f", deeper than the first {depth} candidates" if place.rank > depth else ""
            yield f"{name}: rank {place.rank}, score {place.score:.4g}{deep}"


def _better(answer: WhyNot) -> Iterator[str]:
    """Yield the arm that ranks the passage clearly better, if there is one."""
    arms = answer.arms or {}
    if arms and answer.rank:
        best = min(arms, key=lambda arm: arms[arm].rank)
        if arms[best].rank * 2 <= answer.rank:
            yield f"mode={best} ranks it {arms[best].rank}"
