"""What a search did, for those who ask: what each arm saw, the parts of the question, what stages and reranker did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from searchkit.queries.syntax import NOTHING
from searchkit.search.inquiry import VECTOR, Inquiry
from searchkit.search.pool import NO_ROWS
from searchkit.search.ranked import Stretch
from searchkit.search.weights import asked_for


def explanation(stretch: Stretch, rows: Mapping[int, int]) -> dict[str, Any]:
    """Return what came together for a ranking as JSON-ready values. rows: of the hits, by rank."""
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
        "parts": _parts(question, rows),
        "passages": count,
        "allowed": count if question.scope is None else question.scope.count,
        "candidates": {name: len(ranking.rows) for name, ranking in stretch.pool.found.items()},
        "fusion": question.request.fusion if len(question.arms) > 1 else None,
        "weights": {name: round(weight, 4) for name, weight in asked_for(question).items()},
        "stages": dict(stretch.notes),
        "conversation": None if question.earlier is None else question.earlier.to_dict(),
        "upgraded": stretch.upgraded,
        "reranker": None if stretch.reranker is None else stretch.reranker.name,
        "reranked": 0 if stretch.judged is None else len(stretch.judged.rows),
    }


def _parts(question: Inquiry, rows: Mapping[int, int]) -> list[dict[str, Any]]:
    """Return what the model read, and the ranks of the hits whose cosine comes from there."""
    if VECTOR not in question.arms:
        return []
    found = np.array(list(rows.values()), np.int64)
    cosines = question.view.scores(NOTHING, NO_ROWS, question.vectors, found)[1]
    nearest = np.argmax(cosines, axis=0)
    known = dict(zip(rows, np.where(np.isfinite(cosines).any(axis=0), nearest, -1).tolist(), strict=True))
    return [
        {"text": part, "hits": [rank for rank, nearest in known.items() if nearest == at]}
        for at, part in enumerate(question.parts)
    ]
