"""A passage whose neighbours in the document match too gains; one that stands alone among others loses."""

from __future__ import annotations

from itertools import compress

import numpy as np

from searchkit.rankings import by_row, look_up
from searchkit.search.first import First, Scores
from searchkit.search.fusion import to_unit

REACH = 2  # passages on each side
WEIGHT = 0.3

Pairs = list[tuple[int, int]]


class Neighbours:
    """Adds to each passage's fused score that of its best neighbour."""

    name = "neighbours"

    def refine(self, first: First) -> First:
        """Return the passages of the ranking with their neighbours, which become candidates.

        What a filter keeps out is nobody's neighbour.
        """
        pairs = first.question.view.passages.neighbours(first.rows.tolist(), REACH)
        others = np.array([other for _, other in pairs], np.int64)
        if first.question.scope is not None:
            kept = first.question.scope.holds(others)
            pairs, others = list(compress(pairs, kept)), others[kept]
        wider = first.widened(others)
        scores = to_unit(wider.fused + WEIGHT * _evidence(wider, pairs))
        return wider.moved(self.name, scores, weight=WEIGHT, passages=len({row for row, _ in pairs}))


def _evidence(first: First, pairs: Pairs) -> Scores:
    """Return the fused score of each passage's best neighbour: (n,).

    A document's only passage is its own neighbour: it must neither gain nor lose. What is let through and not found
    matches nothing, and scores 0.
    """
    candidates = by_row(first.ranking)
    own, others = np.array(pairs, np.int64).reshape(-1, 2).T
    best = np.full(len(candidates.rows), -np.inf)
    np.maximum.at(best, np.searchsorted(candidates.rows, own), look_up(others, candidates))
    found = best[np.searchsorted(candidates.rows, first.rows)]
    return np.where(np.isfinite(found), found, first.fused)
