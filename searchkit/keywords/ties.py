"""Order among equals: what makes two scores the same, and which row then comes first."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from searchkit.types import Ranking, Rows

# A sum of float32 depends on its order, and an engine that skips what cannot win adds up in an order that
# varies from passage to passage: scores this close (relative) are those of equal passages.
TOLERANCE = 2e-6

EMPTY = Ranking(np.empty(0, np.int64), np.empty(0, np.float32))


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
    return len(scores) > limit and bool(scores[-1] < scores[limit - 1] - 2 * TOLERANCE * abs(scores[limit - 1]))


def among(rows: Rows, allowed: Rows) -> npt.NDArray[np.bool_]:
    """Tell for each row whether it is one of `allowed`, which are sorted: (len(rows),)."""
    if not len(allowed):
        return np.zeros(len(rows), np.bool_)
    places = np.searchsorted(allowed, rows)
    places[places == len(allowed)] = 0
    found: npt.NDArray[np.bool_] = allowed[places] == rows
    return found


def runs(rows: Rows) -> list[tuple[int, int]]:
    """Return the (first, last) of each stretch of consecutive rows. rows: (n,) sorted, n > 0."""
    breaks = np.flatnonzero(np.diff(rows) > 1)
    return list(zip(rows[np.r_[0, breaks + 1]].tolist(), rows[np.r_[breaks, len(rows) - 1]].tolist(), strict=True))
