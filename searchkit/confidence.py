"""How likely a passage answers: a probability from evidence that can be compared between questions and indexes.

Logistic regression (Platt, 1999) on evidence that needs no judgments of this index: the cosine above the index's own
background (the mean cosine of its passages with each other), the share of the question's terms that the passage holds,
by idf, how well its word pieces are met, and the rank. scripts/fit_confidence made the coefficients from the training
or development questions of SciFact, NFCorpus and SQuAD, mixed with questions from elsewhere that have no answer there;
BENCHMARKS.md has how well they hold on collections that took no part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for n passages, each (n,); `cosine` and `pieces` are None without a model or its word pieces.

    bm25: the raw score; bm25_share: of the most that the question's terms could give; rank: from 1.
    """

    rank: Values
    coverage: Values
    bm25: Values
    bm25_share: Values
    cosine: Values | None = None
    background: float = 0.0
    pieces: Values | None = None

    def features(self) -> dict[str, Values]:
        """Return what is known by the names that the models below use."""
        found = {
            "rank": np.log(self.rank), "coverage": self.coverage, "bm25": self.bm25, "bm25_share": self.bm25_share
        }  # fmt: skip
        if self.cosine is not None:
            found["cosine"] = (self.cosine - self.background) / max(1 - self.background, 1e-6)
        if self.pieces is not None:
            found["pieces"] = self.pieces
        return found


# Coefficients by feature, "" for the constant; the first model whose features are all known is taken.
MODELS: tuple[Mapping[str, float], ...] = (
    {"cosine": 5.5, "coverage": 1.0, "pieces": 5.5, "rank": -0.6, "": -7.8},
    {"cosine": 6.5, "coverage": 2.7, "rank": -0.6, "": -5.8},
    {"bm25_share": 2.25, "bm25": 0.07, "coverage": 0.3, "rank": -0.7, "": -4.3},
)


def confidence(evidence: Evidence) -> Values:
    """Return the probability that each passage answers: (n,) in [0, 1]."""
    known = evidence.features()
    model = next(model for model in MODELS if model.keys() - {""} <= known.keys())
    logit = model[""] + sum(weight * known[name] for name, weight in model.items() if name)
    probability: Values = 1 / (1 + np.exp(-logit))
    return probability
