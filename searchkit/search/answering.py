"""A question in, ranked passages out."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence

from searchkit.search.evidence import confidences
from searchkit.search.inquiry import Inquiry
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
    explain = None
    if request.explain:
        from searchkit.search.explanation import explanation  # noqa: PLC0415 - few ask for it

        explain = explanation(ranked.stretch, {hit.rank: chosen[hit.rank - request.offset - 1].row for hit in hits})
    return Results(
        request.query,
        tuple(hits),
        question.mode,
        question.view.generation,
        round((time.perf_counter() - started) * 1000, 3),
        tuple(question.warnings),
        explain,
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
    found: dict[int, dict[str, Source]] = {row: {} for row in rows}
    for name, ranking in stretch.rankings.items():
        for place, row in enumerate(ranking.rows.tolist()):
            if row in found:
                found[row][name] = Source(place + 1, round(float(ranking.scores[place]), 6))
    return list(found.values())
