"""What the first fused passages show beyond their two scores, stage by stage; any can be left out.

guard       the vector counts less for a question of many words: a mean of their states blurs what each asks for
neighbours  a passage whose neighbours in the document match too gains; one that stands alone among others loses
pieces      each word piece of the question looks for its best match among the passage's (see `maxsim`)
feedback    the question's vector moves towards the best passages, and these are compared again (Rocchio, 1971)
speaker     for questions of the form "what did X say about Y": statements by X in the passage (see `said`)
time        for questions that name a time: how well the document's date fits it (see `timeliness`)

The weights were chosen on the training or development questions of SciFact, NFCorpus and SQuAD, and on questions put
together from two to five of those; BENCHMARKS.md has what each stage gains.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import compress
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.asked import Asked
from searchkit.errors import IndexCorrupt
from searchkit.fusion import to_unit
from searchkit.keywords.ranking import among
from searchkit.maxsim import maxsim
from searchkit.request import SearchRequest
from searchkit.scanning import products
from searchkit.snapshot import Snapshot
from searchkit.types import PieceEmbedder, Ranking, Rows

DEPTH = 60  # passages that are looked at again
CLEAR_TERMS = 12  # up to so many terms, a question's vector and pieces count in full
NEIGHBOURS_REACH = 2  # passages on each side
NEIGHBOURS_WEIGHT = 0.3
PIECES_WEIGHT = 0.4
FEEDBACK_WEIGHT = 0.2
FEEDBACK_PASSAGES = 10
FEEDBACK_SHORT, FEEDBACK_LONG = 4, 10  # terms: up to which feedback helps in full, and from which it only drifts
SPEAKER_WEIGHT = 0.5
HALF_LIFE = 365.0  # days, of recency

Scores = npt.NDArray[np.float64]


def focus(terms: int) -> float:
    """Return how far the vector of a question of so many terms can be trusted: 1, falling as 1 / terms beyond 12."""
    return min(1.0, CLEAR_TERMS / max(terms, 1))


def guarded(weights: Mapping[str, float], terms: int) -> dict[str, float]:
    """Return the arms' weights with the vector's share reduced by `focus`."""
    total = sum(weights.values())
    if not total or focus(terms) == 1 or weights.keys() != {"keyword", "vector"}:
        return dict(weights)
    share = weights["vector"] / total * focus(terms)
    return {"keyword": 1 - share, "vector": share}


class Refiner:
    """Runs the stages of one question, and notes what they did for `explain`."""

    def __init__(
        self,
        snapshot: Snapshot,
        asked: Asked,
        request: SearchRequest,
        embedder: PieceEmbedder | None,
        allowed: Rows | None = None,
    ) -> None:
        self._snapshot = snapshot
        self._asked = asked
        self._request = request
        self._embedder = embedder
        self._allowed = allowed
        self.notes: dict[str, Any] = {}
        self._met: dict[int, float] = {}  # piece scores by row

    def refine(self, fused: Ranking, fuse: Callable[[Rows], Ranking]) -> Ranking:
        """Return the ranking with its first DEPTH rows in a new order; the others stay behind them.

        fuse: ranks the candidates and these further rows.
        """
        evidence = None
        if "neighbours" in self._request.stages and len(fused.rows):
            fused, evidence = self._neighbours(fused, fuse)
        rows = fused.rows[:DEPTH]
        if len(rows) < 2:
            return fused
        before = fused.scores[: len(rows)].astype(np.float64)
        scores = to_unit(before if evidence is None else before + NEIGHBOURS_WEIGHT * evidence)
        for stage in (self._pieces, self._feedback, self._speaker, self._time, self._recency):
            scores = stage(rows, scores)
        order = np.lexsort((rows, -scores))
        low, high = before[-1], before[0]
        new = (low + (high - low) * to_unit(scores)[order]).astype(np.float32)
        return Ranking(
            np.concatenate([rows[order], fused.rows[len(rows) :]]), np.concatenate([new, fused.scores[len(rows) :]])
        )

    def _neighbours(self, fused: Ranking, fuse: Callable[[Rows], Ranking]) -> tuple[Ranking, Scores]:
        """Return the ranking with the neighbours of its first rows, and for each its best neighbour's score.

        A document's only passage is its own neighbour: it must neither gain nor lose. What a filter keeps out is
        nobody's neighbour; what is let through and not found matches nothing, and scores 0.
        """
        with self._snapshot.lock:
            pairs = self._snapshot.catalog.neighbours(fused.rows[:DEPTH].tolist(), NEIGHBOURS_REACH)
        others = np.array([other for _, other in pairs], np.int64)
        if self._allowed is not None:
            kept = among(others, self._allowed)
            pairs, others = list(compress(pairs, kept)), others[kept]
        if not among(others, np.sort(fused.rows)).all():  # else they are candidates, ranked already
            fused = fuse(np.unique(others))
        scores = dict(zip(fused.rows.tolist(), fused.scores.tolist(), strict=True))
        best: dict[int, float] = {}
        for row, other in pairs:
            best[row] = max(best.get(row, -np.inf), scores.get(other, 0.0))
        found = np.array([best.get(row, -np.inf) for row in fused.rows[:DEPTH].tolist()])
        alone = ~np.isfinite(found)
        found[alone] = fused.scores[:DEPTH][alone]
        self.notes["neighbours"] = {"weight": NEIGHBOURS_WEIGHT, "passages": len({row for row, _ in pairs})}
        return fused, found

    def _pieces(self, rows: Rows, scores: Scores) -> Scores:
        found = self.piece_scores(rows) if self._wanted("pieces") else None
        if found is None or not np.isfinite(found).any():
            return scores
        weight = PIECES_WEIGHT * focus(len(self._asked.terms))
        self.notes["pieces"] = {"weight": round(weight, 4), "pieces": len(self._asked.weights)}
        known = np.where(np.isfinite(found), found, np.nanmin(found)).astype(np.float64)
        return (1 - weight) * scores + weight * to_unit(known)

    def piece_scores(self, rows: Rows) -> npt.NDArray[np.float32] | None:
        """Return how well the question's word pieces are met in each row: (n,), None where they are not known."""
        if self._embedder is None or self._asked.states is None:
            return None
        new = np.array([row for row in rows.tolist() if row not in self._met], np.int64)
        pieces = self._snapshot.vectors.pieces(new)
        if pieces is None:
            return None
        try:
            found = maxsim(self._asked.states.states, self._asked.weights, pieces, self._embedder.piece_states)
        except IndexError as error:
            reason = f"the index holds word pieces that its model does not have: {error}. Run: searchkit rebuild"
            raise IndexCorrupt(reason) from error
        self._met.update(zip(new.tolist(), found.tolist(), strict=True))
        return np.array([self._met[row] for row in rows.tolist()], np.float32)

    def _feedback(self, rows: Rows, scores: Scores) -> Scores:
        """Blend in the cosine with the question's vector plus the mean of the best passages', by their scores."""
        short = np.clip((FEEDBACK_LONG - len(self._asked.terms)) / (FEEDBACK_LONG - FEEDBACK_SHORT), 0, 1)
        weight = FEEDBACK_WEIGHT * float(short)
        if not weight or self._asked.vector is None or not self._wanted("feedback"):
            return scores
        vectors = np.nan_to_num(self._snapshot.vectors.get(rows))
        best = np.argsort(-scores, kind="stable")[:FEEDBACK_PASSAGES]
        shares = np.maximum(scores[best], 1e-9)
        moved = self._asked.vector + (shares / shares.sum()) @ vectors[best]
        self.notes["feedback"] = {"weight": round(weight, 4), "passages": len(best)}
        return (1 - weight) * scores + weight * to_unit(products(vectors, moved[None] / np.linalg.norm(moved))[:, 0])

    def _wanted(self, stage: str) -> bool:
        """Tell whether a stage that follows the vector is asked for; without the vector arm it has no say."""
        return stage in self._request.stages and self._request.weights.get("vector", 1.0) > 0

    def _speaker(self, rows: Rows, scores: Scores) -> Scores:
        if "speaker" not in self._request.stages:
            return scores
        from searchkit import said  # noqa: PLC0415 - its patterns are for hybrid questions alone

        bonus = said.bonus(self._snapshot, self._asked.text, self._asked.analyzer, rows)
        return self._added("speaker", scores, bonus, SPEAKER_WEIGHT)

    def _time(self, rows: Rows, scores: Scores) -> Scores:
        if "time" not in self._request.stages or not self._asked.times:
            return scores
        from searchkit import timeliness  # noqa: PLC0415 - as above

        bonus = timeliness.bonus(self._snapshot, self._asked.text, rows, today=self._request.today)
        return self._added("time", scores, bonus, timeliness.WEIGHT)

    def _recency(self, rows: Rows, scores: Scores) -> Scores:
        if not self._request.recency:
            return scores
        from searchkit import timeliness  # noqa: PLC0415 - as above

        bonus = timeliness.recency(self._snapshot, rows, HALF_LIFE, self._request.today)
        return self._added("recency", scores, bonus, self._request.recency)

    def _added(self, stage: str, scores: Scores, bonus: npt.NDArray[np.float32] | None, weight: float) -> Scores:
        if bonus is None:
            return scores
        self.notes[stage] = {"weight": weight, "passages": int((bonus > 0).sum())}
        return scores + weight * bonus
