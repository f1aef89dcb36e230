"""The walk of a question: gathered, fused, refined by stages, reranked; as deep as it is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from searchkit.rankings import EMPTY
from searchkit.search import pool as pools
from searchkit.search.first import First
from searchkit.search.inquiry import VECTOR, Inquiry
from searchkit.search.pool import Found, Pool, find_all, pooled
from searchkit.search.weights import fuse
from searchkit.types import Ranking, Reranker


@dataclass(frozen=True, slots=True)
class Stretch:
    """A ranking as far as one depth of the arms reaches, and what came together for it.

    question: as it was seen in the end, by an upgraded view perhaps. notes: of the stages, by name. judged: the
    reranker's own ranking. upgraded: passages whose predicted vectors were replaced by the model's own. nearest: what
    the vector arm found at the first depth, whatever this one is.
    """

    question: Inquiry
    pool: Pool
    ranking: Ranking
    notes: Mapping[str, Any] = field(default_factory=dict)
    reranker: Reranker | None = None
    judged: Ranking | None = None
    upgraded: int = 0
    nearest: Ranking = EMPTY

    @property
    def rankings(self) -> Mapping[str, Ranking]:
        """The rankings of the arms, and of the reranker if there is one."""
        return self.pool.found if self.judged is None else {**self.pool.found, "reranker": self.judged}


def first_stretch(question: Inquiry, found: Found | None = None) -> Stretch:
    """Return the ranking to the first depth. found: what the arms find, if that is known."""
    reranker = _reranker(question)
    pool = pooled(question, find_all(question) if found is None else found)
    first = _refined(pool)
    upgraded = 0
    if question.request.upgrade and VECTOR in question.arms:
        from searchkit.search.upgrading import upgraded as upgrade  # noqa: PLC0415 - most questions ask for none

        rows = _ranking(first).rows[: question.request.upgrade]
        view, upgraded = upgrade(question, rows, question.request.upgrade_seconds)
        if upgraded:
            question = question.seen_by(view)
            pool = pool.rescored(question)
            first = _refined(pool)
    ranking, judged = _ranking(first), None
    if reranker is not None and len(ranking.rows) and question.text.strip():
        from searchkit.search.reranking import reranked  # noqa: PLC0415 - few questions rerank

        ranking, judged = reranked(question, reranker, ranking)
    nearest = first.pool.found.get(VECTOR, EMPTY)
    return Stretch(question, first.pool, ranking, first.notes, reranker, judged, upgraded, nearest)


def _reranker(question: Inquiry) -> Reranker | None:
    """Return the reranker that is asked for."""
    if question.request.reranker is None:
        return None
    from searchkit.models.rerankers import reranker  # noqa: PLC0415 - few questions rerank

    return reranker(question.request.reranker, question.model)


def _refined(pool: Pool) -> First:
    """Return what the stages make of a pool, in hybrid mode: the arms alone stay what they are."""
    first = First(pool)
    if not _refines(pool.question):
        return first
    from searchkit.search.stages import refined  # noqa: PLC0415 - the arms alone need no stages

    return refined(first)


def _refines(question: Inquiry) -> bool:
    request = question.request
    return request.mode == "hybrid" and bool(request.stages or request.recency) and bool(question.text.strip())


def _ranking(first: First) -> Ranking:
    """Return the ranking that was refined, or else the plain one, whose scores keep their scale."""
    return first.settled() if _refines(first.question) else fuse(first.pool)


class Ranked:
    """The rows of a question with their scores, best first, to the last passage that fits.

    The first `pool.DEPTHS[0]` candidates of each arm are fused by themselves, whatever page is asked for, so that
    pages fit together; deeper candidates follow behind them when they are read. `stretch` is the last one that was
    needed.
    """

    def __init__(self, question: Inquiry, found: Found | None = None) -> None:
        self._first = self.stretch = first_stretch(question, found)

    def __iter__(self) -> Iterator[tuple[int, float]]:
        yielded: set[int] = set()
        ceiling = float("inf")
        for stretch, depth in self._stretches():
            self.stretch = stretch
            rows, scores = stretch.ranking
            for row, score in zip(rows.tolist(), scores.tolist(), strict=True):
                if row not in yielded:
                    yielded.add(row)
                    ceiling = min(ceiling, score)
                    yield row, ceiling
            if all(len(ranking.rows) < depth for ranking in stretch.pool.found.values()):
                return

    def _stretches(self) -> Iterator[tuple[Stretch, int]]:
        first = self._first
        yield first, pools.DEPTHS[0]
        for depth in (*pools.DEPTHS[1:], max(1, first.question.view.keywords.count)):
            pool = pooled(first.question, find_all(first.question, depth))
            yield replace(first, pool=pool, ranking=fuse(pool)), depth
