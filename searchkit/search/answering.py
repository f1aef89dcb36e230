"""A question in, ranked passages out."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence
from typing import Any

from searchkit.search.evidence import confidences
from searchkit.search.inquiry import VECTOR, Inquiry
from searchkit.search.pool import Found
from searchkit.search.ranked import Ranked, Stretch
from searchkit.search.request import SearchRequest
from searchkit.search.selection import Pick, Picker
from searchkit.storage.contract import View
from searchkit.text.analysis import Analyzer
from searchkit.types import Embedder, Hit, Passage, Results, Source


def search(view: View, model: Embedder | None, analyzer: Analyzer, request: SearchRequest) -> Results:
    """Answer a question. Raises QueryError; finding nothing is no error."""
    started = time.perf_counter()
    return answer(Inquiry(view, model, analyzer, request), started)


def answer(question: Inquiry, started: float, found: Found | None = None) -> Results:
    """Return the hits of a question that came when `time.perf_counter` said `started`.

    found: what the arms find, if that is known.
    """
    request = question.request
    ranked = Ranked(question, found)
    picked = Picker(ranked.stretch.question).pick(ranked)
    chosen = list(itertools.islice(picked, request.offset, None))
    hits = [hit for hit in _hits(ranked.stretch, chosen) if hit.confidence >= request.min_confidence]
    return Results(
        request.query,
        tuple(hits),
        question.mode,
        question.view.generation,
        round((time.perf_counter() - started) * 1000, 3),
        tuple(question.warnings),
        explanation(ranked.stretch) if request.explain else None,
        question.understood,
    )


def _hits(stretch: Stretch, chosen: Sequence[Pick]) -> Iterator[Hit]:
    """Yield the hits of the chosen rows, with their texts and all that is known of them."""
    if not chosen:
        return
    question, rows = stretch.question, [pick.row for pick in chosen]
    passages = question.memory.passages(rows)
    sure = confidences(stretch, [(row, passages[row]) for row in rows])
    around = _around(question, [passages[row] for row in rows])
    found = zip(chosen, sure.tolist(), _sources(stretch, rows), strict=True)
    for rank, (pick, likely, places) in enumerate(found, question.request.offset + 1):
        passage = passages[pick.row]
        near = around.get(passage.id, [])
        yield Hit(
            rank,
            round(pick.score, 6),
            passage,
            places,
            question.highlight(passage.text),
            tuple(other for other in near if other.ordinal < passage.ordinal),
            tuple(other for other in near if other.ordinal > passage.ordinal),
            duplicates=pick.duplicates,
            confidence=round(likely, 4),
        )


def _around(question: Inquiry, passages: Sequence[Passage]) -> dict[str, list[Passage]]:
    """Return the neighbours of passages by their ids, as many as the request wants."""
    size = question.request.context
    return question.view.passages.around(passages, size) if size else {}


def _sources(stretch: Stretch, rows: Sequence[int]) -> list[dict[str, Source]]:
    """Return for each row where each arm and the reranker ranked it, as deep as the search went."""
    found: list[dict[str, Source]] = [{} for _ in rows]
    for name, ranking in stretch.rankings.items():
        places = {row: place for place, row in enumerate(ranking.rows.tolist())}
        for each, row in zip(found, rows, strict=True):
            if row in places:
                each[name] = Source(places[row] + 1, round(float(ranking.scores[places[row]]), 6))
    return found


def explanation(stretch: Stretch) -> dict[str, Any]:
    """Return what each arm saw: how many candidates, the terms with their weights, the fusion."""
    question = stretch.question
    count = question.view.keywords.count
    terms = [
        {"term": term, "passages": question.frequencies[term], "idf": round(question.idf[term], 4)}
        for term in question.terms
    ]
    return {
        "mode": question.mode,
        "advanced": question.parsed.advanced,
        "terms": terms,
        "embedded": question.text if VECTOR in question.arms else None,
        "passages": count,
        "allowed": count if question.scope is None else question.scope.count,
        "candidates": {name: len(ranking.rows) for name, ranking in stretch.pool.found.items()},
        "fusion": question.request.fusion if len(question.arms) > 1 else None,
        "weights": {name: round(weight, 4) for name, weight in stretch.weights.items()},
        "stages": dict(stretch.notes),
        "conversation": None if question.earlier is None else question.earlier.to_dict(),
        "upgraded": stretch.upgraded,
        "reranker": None if stretch.reranker is None else stretch.reranker.name,
        "reranked": 0 if stretch.judged is None else len(stretch.judged.rows),
    }
