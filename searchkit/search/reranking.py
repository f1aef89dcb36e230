"""The first passages judged anew by a reranker, where one is asked for."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from searchkit.models.rerankers.checks import checked
from searchkit.search.fusion import to_unit
from searchkit.search.inquiry import Inquiry
from searchkit.types import Ranking, Reranker

Scores = npt.NDArray[np.float32]


def reranked(question: Inquiry, reranker: Reranker, ranking: Ranking) -> tuple[Ranking, Ranking]:
    """Return the ranking with its first rows judged anew, the others behind them; and the reranker's own ranking."""
    request = question.request
    rows = ranking.rows[: request.rerank_depth]
    passages = question.memory.passages(rows.tolist())
    texts = [passages[row].embedded_text for row in rows.tolist()]
    scores = checked(reranker.score(question.text, texts), texts, reranker.name)
    order = np.lexsort((rows, -scores))
    own = Ranking(rows[order], scores[order])
    mixed = blend(ranking.scores[: len(rows)], scores, request.rerank_weight)
    order = np.lexsort((rows, -mixed))
    found = np.concatenate([rows[order], ranking.rows[len(rows) :]])
    return Ranking(found, np.concatenate([mixed[order], ranking.scores[len(rows) :]])), own


def blend(before: Scores, reranked: Scores, weight: float) -> Scores:
    """Return weight * reranked + (1 - weight) * before, each mapped to [0, 1], in the range that `before` had.

    All: (n,), of the same n passages. The range is kept so that passages that were not reranked stay below.
    """
    low, high = float(before.min()), float(before.max())
    mixed = weight * to_unit(reranked) + (1 - weight) * to_unit(before)
    return (low + (high - low) * mixed).astype(np.float32) if high > low else low + 0 * before
