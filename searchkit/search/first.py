"""The first passages of a ranking, as stages look at them again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.search.fusion import to_unit
from searchkit.search.inquiry import Inquiry
from searchkit.search.pool import Pool
from searchkit.search.weights import fuse_to_unit
from searchkit.types import FloatMatrix, Ranking, Rows

DEPTH = 60  # passages that are looked at again

Scores = npt.NDArray[np.float64]


class First:
    """The first DEPTH rows of a ranking with their scores in [0, 1], and notes of what stages did, for `explain`.

    A value: what changes it returns another one.
    """

    def __init__(
        self,
        pool: Pool,
        *,
        ranking: Ranking | None = None,
        scores: Scores | None = None,
        notes: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """ranking: what the pool's fusion is, if that is known."""
        self.pool = pool
        self.notes = dict(notes or {})
        self._ranking = ranking
        self._scores = scores

    @property
    def question(self) -> Inquiry:
        """What was asked."""
        return self.pool.question

    @property
    def ranking(self) -> Ranking:
        """The fused candidates."""
        if self._ranking is None:
            self._ranking = fuse_to_unit(self.pool)
        return self._ranking

    @property
    def rows(self) -> Rows:
        """The first rows, in the order of the fused ranking: (n,)."""
        return self.ranking.rows[:DEPTH]

    @property
    def fused(self) -> Scores:
        """Their fused scores: (n,), falling."""
        return self.ranking.scores[:DEPTH].astype(np.float64)

    @property
    def scores(self) -> Scores:
        """Their present scores: (n,)."""
        return to_unit(self.fused) if self._scores is None else self._scores

    @property
    def vectors(self) -> FloatMatrix:
        """Their vectors: (n, dim), 0 for one that has none."""
        vectors = self.question.memory.vectors(self.rows).vectors
        unknown = np.isnan(vectors[:, :1])
        return np.where(unknown, np.float32(0), vectors) if unknown.any() else vectors

    def widened(self, rows: Rows) -> First:
        """Return the first passages of the candidates and these rows."""
        wider = self.pool.with_rows(rows)
        return self if wider is self.pool else First(wider, notes=self.notes)

    def moved(self, stage: str, scores: Scores, **note: Any) -> First:
        """Return the same passages with other scores: (n,); what the stage says of it goes into the explanation."""
        notes = {**self.notes, stage: note}
        return First(self.pool, ranking=self.ranking, scores=scores, notes=notes)

    def blended(self, stage: str, evidence: Scores, weight: float, **note: Any) -> First:
        """Return them with evidence in [0, 1], (n,), as a share of their scores."""
        scores = (1 - weight) * self.scores + weight * evidence
        return self.moved(stage, scores, weight=round(weight, 4), **note)

    def added(self, stage: str, bonus: npt.NDArray[np.float32] | None, weight: float) -> First:
        """Return them with a bonus, (n,), on top of their scores; None changes nothing."""
        if bonus is None:
            return self
        return self.moved(stage, self.scores + weight * bonus, weight=weight, passages=int((bonus > 0).sum()))

    def settled(self) -> Ranking:
        """Return the whole ranking with the first passages in their new order; the others stay behind them."""
        rows, fused = self.rows, self.fused
        if len(rows) < 2:
            return self.ranking
        scores = self.scores
        order = np.lexsort((rows, -scores))
        low, high = fused[-1], fused[0]
        new = (low + (high - low) * to_unit(scores)[order]).astype(np.float32)
        behind = Ranking(self.ranking.rows[DEPTH:], self.ranking.scores[DEPTH:])
        return Ranking(np.concatenate([rows[order], behind.rows]), np.concatenate([new, behind.scores]))
