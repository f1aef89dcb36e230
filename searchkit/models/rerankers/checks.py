"""What every reranker's scores go through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.errors import ModelError

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
