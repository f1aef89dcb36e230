"""What every reranker's scores go through: a check, and the blend with the scores of the ranking before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.errors import ModelError
from searchkit.search.fusion import to_unit

Scores = npt.NDArray[np.float32]


def checked(scores: Any, passages: Sequence[str], name: str) -> Scores:
    """Return a reranker's scores: (len(passages),) float32.

    Raise ModelError for a wrong shape, and for NaN or infinity.
    """
    try:
        found: Scores = np.asarray(scores, np.float32)
    except (TypeError, ValueError) as error:
        raise ModelError(
            f"the reranker {name} must return {len(passages)} scores; it returned none: {error}"
        ) from error
    if found.shape != (len(passages),):
        raise ModelError(f"the reranker {name} must return {len(passages)} scores; it returned shape {found.shape}")
    wrong = np.flatnonzero(~np.isfinite(found))
    if len(wrong):
        raise ModelError(f"the reranker {name} returned {found[wrong[0]]} for {passages[wrong[0]][:60]!r}")
    return found


def blend(before: Scores, reranked: Scores, weight: float) -> Scores:
    """Return weight * reranked + (1 - weight) * before, each mapped to [0, 1], in the range that `before` had.

    All: (n,), of the same n passages. The range is kept so that passages that were not reranked stay below.
    """
    low, high = float(before.min()), float(before.max())
    mixed = weight * to_unit(reranked) + (1 - weight) * to_unit(before)
    return (low + (high - low) * mixed).astype(np.float32) if high > low else low + 0 * before
