"""Order and sets of rows: what both engines need between their hits and a Ranking."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from searchkit.rankings import EMPTY
from searchkit.types import Ranking, Rows

# A sum of float32 depends on its order, and an engine that skips what cannot win adds up in an order that
# varies from passage to passage: scores this close (relative) are those of equal passages.
TOLERANCE = 2e-6


def settle(rows: Rows, scores: npt.NDArray[np.float32]) -> Ranking:
    """Order by score, best first, then by row; scores within TOLERANCE are made the same.

    rows: (n,) int64 and scores: (n,) float32, in any order.
    """
    if not len(rows):
        return EMPTY
    order = np.argsort(-scores, kind="stable")
    rows, scores = rows[order], scores[order]
    leaders = _leaders(scores)
    order = np.lexsort((rows, -leaders))
    return Ranking(rows[order], leaders[order])


def _leaders(scores: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return for each score the highest of those that count as the same. scores: (n,), falling.

    Runs of close neighbours are cut where they grow longer than TOLERANCE in all.
    """
    margin = np.abs(scores) * np.float32(TOLERANCE)
    opens = np.concatenate([[True], scores[:-1] - scores[1:] > margin[:-1]])
    first = np.maximum.accumulate(np.where(opens, np.arange(len(scores)), 0))
    steps = ((scores[first] - scores) / np.maximum(margin[first], np.finfo(np.float32).tiny)).astype(np.int64)
    opens[1:] |= np.diff(steps) != 0
    return scores[np.maximum.accumulate(np.where(opens, np.arange(len(scores)), 0))]


def is_decided(scores: npt.NDArray[np.float32], limit: int) -> bool:
    """Tell whether nothing below the last of these falling scores can tie with the one at `limit`."""
    return len(scores) > limit and bool(scores[-1] < _edge(scores[limit - 1]))


def best(rows: Rows, scores: npt.NDArray[np.float32], limit: int) -> Ranking:
    """Return the first `limit` of what `settle` would return, without sorting the rest."""
    if len(rows) > limit:
        kept = scores >= _edge(np.partition(scores, len(scores) - limit)[len(scores) - limit])
        rows, scores = rows[kept], scores[kept]
    ranking = settle(rows, scores)
    return Ranking(ranking.rows[:limit], ranking.scores[:limit])


def _edge(score: np.float32) -> float:
    """Return what a score must not fall below to tie with this one."""
    return float(score) - 2 * TOLERANCE * abs(float(score))


def runs(rows: Rows, at_most: int) -> list[tuple[int, int]] | None:
    """Return the (first, last) of each stretch of consecutive rows, None if there are more than `at_most`.

    rows: (n,) sorted, n > 0.
    """
    breaks = np.flatnonzero(np.diff(rows) > 1)
    if len(breaks) >= at_most:
        return None
    return list(zip(rows[np.r_[0, breaks + 1]].tolist(), rows[np.r_[breaks, len(rows) - 1]].tolist(), strict=True))
