"""What each arm counts, and one ranking of what all of them say."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from searchkit.rankings import EMPTY
from searchkit.search import fusion
from searchkit.search.inquiry import KEYWORD, VECTOR, Inquiry
from searchkit.search.pool import Pool
from searchkit.types import Ranking

FOREIGN = 0.25  # what the words of a question in another language than the index's count: names among them still tell


def asked_for(question: Inquiry) -> dict[str, float]:
    """Return what each arm counts as the request has it, the words less where they are of another language."""
    weights = {arm: float(question.request.weights.get(arm, 1.0)) for arm in question.arms}
    if weights.keys() == {KEYWORD, VECTOR}:
        weights[KEYWORD] *= matching(question.frequencies)
    return weights


def matching(found: Mapping[str, int]) -> float:
    """Return what matches of words can tell: 1, or `FOREIGN` if the index has fewer than half of the question's terms.

    found: in how many passages each of them stands. A question in another language than the index shares names and
    numbers with it, and a few words that mean something else there.
    """
    known = sum(count > 0 for count in found.values())
    return FOREIGN if 2 * known < len(found) else 1.0


def fuse(pool: Pool) -> Ranking:
    """Return the candidates by their fused scores, best first; those of one arm alone keep its scale."""
    if not pool.scores:
        return EMPTY
    if len(pool.scores) < 2:
        fused = next(iter(pool.scores.values()))
    else:
        fused = fusion.FUSIONS[pool.question.request.fusion](pool.scores, asked_for(pool.question))
    order = np.argsort(-fused, kind="stable")  # the rows ascend
    return Ranking(pool.rows[order], fused[order].astype(np.float32))


def fuse_to_unit(pool: Pool) -> Ranking:
    """Return the same with scores mapped to [0, 1]; BM25 alone keeps its scale."""
    fused = fuse(pool)
    return Ranking(fused.rows, fusion.to_unit(fused.scores).astype(np.float32)) if len(pool.scores) > 1 else fused
