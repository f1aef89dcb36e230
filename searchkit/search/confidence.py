"""How likely a passage answers: a probability from evidence that can be compared between questions and indexes.

Logistic regression (Platt, 1999) on evidence that needs no judgments of this index: the cosine above the index's own
background (the mean cosine of its passages with each other), the share of the question's terms that the passage holds,
by idf, the share of what the question names (names, numbers, times) that it lacks, how well its word pieces are met,
how many terms the question has, and the rank. scripts/bench confidence made the coefficients from the training
or development questions of SciFact, NFCorpus and SQuAD, mixed with questions from elsewhere that have no answer there;
BENCHMARKS.md has how well they hold on collections that took no part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

LEAST = 5e-5  # of a probability and of its complement
LEAST_ROOM = 0.1  # that a background leaves to cosines above it: of an index of copies it is 1


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for n passages, each (n,); `cosine` and `pieces` are None without a model or its word pieces.

    rank: from 1; terms: of the question; unmet: how much of the names, numbers and times in the question the passage
    lacks, 0 to 1; bm25: the raw score; background: mean cosine of two passages of the index.
    """

    rank: Values
    terms: int
    coverage: Values
    unmet: Values
    bm25: Values
    cosine: Values | None = None
    background: float = 0.0
    pieces: Values | None = None

    def features(self) -> dict[str, Values]:
        """Return what is known by the names that the models below use."""
        found = {
            "rank": np.log(self.rank),
            "terms": np.full(len(self.rank), np.log(max(self.terms, 1))),
            "coverage": self.coverage,
            "unmet": self.unmet,
            "bm25": self.bm25,
        }
        if self.cosine is not None:
            found["cosine"] = (self.cosine - self.background) / max(1 - self.background, LEAST_ROOM)
        if self.pieces is not None:
            found["pieces"] = self.pieces
        return found


# Coefficients by feature, "" for the constant; the first model whose features are all known is taken.
MODELS: tuple[Mapping[str, float], ...] = (
    {"cosine": 3.59, "coverage": 1.56, "pieces": 4.19, "unmet": -1.06, "terms": 0.27, "rank": -0.72, "": -5.93},
    {"cosine": 3.85, "coverage": 2.78, "unmet": -1.07, "terms": 0.05, "rank": -0.74, "": -3.57},
    {"bm25": 0.07, "coverage": 2.36, "unmet": -1.26, "terms": -0.24, "rank": -0.66, "": -2.56},
)


def scaled(probability: Values, slope: float, shift: float) -> Values:
    """Return probabilities with their logits mapped to slope * logit + shift (Platt scaling): (n,)."""
    found: Values = np.exp(-np.logaddexp(0, -(slope * logits(probability) + shift)))
    return found


def logits(probability: Values) -> Values:
    """Return ln(p / (1 - p)): (n,). Probabilities are kept away from 0 and 1 by LEAST, which they are rounded to."""
    kept = np.clip(probability, LEAST, 1 - LEAST)
    found: Values = np.log(kept / (1 - kept))
    return found


def confidence(evidence: Evidence) -> Values:
    """Return the probability that each passage answers: (n,) in [0, 1]."""
    known = evidence.features()
    model = next(model for model in MODELS if model.keys() - {""} <= known.keys())
    logit = model[""] + sum(weight * known[name] for name, weight in model.items() if name)
    probability: Values = 1 / (1 + np.exp(-logit))
    return probability
