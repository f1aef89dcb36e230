"""How the arms' scores become one: pure functions over a candidate set that every arm has scored.

All take `scores`, a mapping of an arm's name to (n,) scores of the same n candidates, higher is better,
NaN where an arm cannot say (a passage without a vector), and return (n,) fused scores.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Scores: TypeAlias = npt.NDArray[np.float64]
Fusion: TypeAlias = Callable[[Mapping[str, Scores], Mapping[str, float]], Scores]

RRF_K = 60  # Cormack, Clarke & Büttcher, SIGIR 2009


def minmax(scores: Mapping[str, Scores], weights: Mapping[str, float]) -> Scores:
    """Return the weighted mean of the arms' scores, each mapped to [0, 1] over the candidates.

    Bruch, Gai & Ingber, ACM TOIS 2023: a convex combination beats reciprocal ranks, in and out of domain.
    """
    return _mean(scores, weights, _to_unit_range)


def zscore(scores: Mapping[str, Scores], weights: Mapping[str, float]) -> Scores:
    """Return the weighted mean of the arms' standard scores over the candidates."""
    return _mean(scores, weights, _standardise)


def rrf(scores: Mapping[str, Scores], weights: Mapping[str, float]) -> Scores:
    """Return the sum of weight / (60 + rank) over the arms that found the candidate (score > 0 or a cosine).

    Ties share the better rank, so that the result does not depend on the order of the candidates.
    """
    fused = np.zeros(_length(scores))
    for arm, values in scores.items():
        found = np.isfinite(values) & ((values > 0) if arm == "keyword" else True)
        ranks = np.searchsorted(np.sort(-values[found]), -values[found]) + 1
        fused[found] += weights[arm] / (RRF_K + ranks)
    return fused


FUSIONS: Mapping[str, Fusion] = {"minmax": minmax, "zscore": zscore, "rrf": rrf}


def _mean(scores: Mapping[str, Scores], weights: Mapping[str, float], normalise: Callable[[Scores], Scores]) -> Scores:
    """Return the weighted mean of normalised scores; an arm that cannot say counts as its lowest."""
    total = sum(weights[arm] for arm in scores)
    fused = np.zeros(_length(scores))
    for arm, values in scores.items():
        known = np.isfinite(values)
        if not known.any():
            continue
        normal = normalise(values[known])
        if len(normal) < len(values):
            lowest = np.full(len(values), normal.min())
            lowest[known] = normal
            normal = lowest
        fused += weights[arm] / total * normal
    return fused


def to_unit(values: npt.NDArray[Any]) -> Scores:
    """Return the values mapped to [0, 1]: (n,); 1 where all are equal."""
    if not len(values):
        return values.astype(np.float64)
    low, high = float(values.min()), float(values.max())
    return (values.astype(np.float64) - low) / (high - low) if high > low else np.ones(len(values))


def _to_unit_range(values: Scores) -> Scores:
    return to_unit(values) if values.max() > 0 or np.ptp(values) > 0 else np.zeros(len(values))


def _standardise(values: Scores) -> Scores:
    apart = values - values.mean()
    deviation = np.sqrt(np.square(apart).mean())
    return np.asarray(apart / deviation) if deviation > 0 else np.zeros(len(values))


def _length(scores: Mapping[str, Scores]) -> int:
    return len(next(iter(scores.values()))) if scores else 0
