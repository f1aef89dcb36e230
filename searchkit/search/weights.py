"""What each arm counts, and one ranking of what all of them say."""

from __future__ import annotations

import numpy as np

from searchkit.rankings import EMPTY
from searchkit.search import fusion
from searchkit.search.inquiry import Inquiry
from searchkit.search.pool import Pool
from searchkit.types import Ranking


def asked_for(question: Inquiry) -> dict[str, float]:
    """Return what each arm counts as the request has it."""
    return {arm: float(question.request.weights.get(arm, 1.0)) for arm in question.arms}


def fuse(pool: Pool) -> Ranking:
    """Return the candidates by their fused scores, best first; those of one arm alone keep its scale."""
    if not pool.scores:
        return EMPTY
    if len(pool.scores) < 2:
        fused = next(iter(pool.scores.values()))
    else:
        fused = fusion.FUSIONS[pool.question.request.fusion](pool.scores, asked_for(pool.question))
    order = np.lexsort((pool.rows, -fused))
    return Ranking(pool.rows[order], fused[order].astype(np.float32))


def fuse_to_unit(pool: Pool) -> Ranking:
    """Return the same with scores mapped to [0, 1]; BM25 alone keeps its scale."""
    fused = fuse(pool)
    return Ranking(fused.rows, fusion.to_unit(fused.scores).astype(np.float32)) if len(pool.scores) > 1 else fused
