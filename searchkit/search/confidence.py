"""How likely a passage answers: a probability from evidence that can be compared between questions and indexes.

Logistic regression (Platt, 1999) on evidence of the question and the passage: the cosine above the model's background,
how well word pieces are met, which of the question's telling words the passage holds, how many these are, the share of
what the question names (names, numbers, times) that it lacks, its length, for a long text holds words by chance, and
the rank. Of the index there is one thing: how near the question's further neighbours are, since among many alike the
first is right less often. So a confidence depends neither on how documents are cut, nor on copies of them, nor on what
else is there.

`scripts/bench confidence DATA --fit` makes the coefficients, see there; BENCHMARKS.md has how well they hold on
collections that took no part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from searchkit.rankings import distinct

Values = npt.NDArray[np.float64]

LEAST = 5e-5  # of a probability and of its complement
RIVALS = slice(10, 30)  # the question's neighbours, equal ones counted once, whose cosines tell how many are alike
FAR = 0.25  # cosine above the background, nearer than which a neighbour is a rival
SHORT = 20  # characters: a text is taken to be longer by so many


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for n passages, each (n,); `cosine` and `pieces` are None without a model or its word pieces, and NaN
    for a passage without them.

    rank: from 1; coverage: the share of the question's telling words that the passage holds; held: how many these
    are, 1 where a pattern or a date is all that was asked for; rarity: the share by idf, for words alone: languages
    without a list of function words need it; unmet: how much of the names, numbers and times in the question the
    passage lacks, 0 to 1; length: in characters; cosine: above the model's background, of 1; rivals: see `rivals`;
    words: telling ones in the question.
    """

    rank: Values
    coverage: Values
    held: Values
    rarity: Values
    unmet: Values
    length: Values
    cosine: Values | None = None
    pieces: Values | None = None
    rivals: float = FAR
    words: float = 1.0

    def features(self) -> dict[str, Values]:
        """Return what is known by the names that the models below use."""
        found = {
            "rank": np.log(self.rank),
            "coverage": self.coverage,
            "held": np.log1p(self.held),
            "rarity": self.rarity,
            "rare": np.log1p(self.rarity * self.words),
            "unmet": self.unmet,
            "length": np.log(self.length + SHORT),
        }
        if self.cosine is not None:
            found["cosine"] = self.cosine
            found["rivals"] = np.full(len(self.rank), self.rivals)
        if self.pieces is not None:
            found["pieces"] = self.pieces
        return found


# Coefficients by feature, "" for the constant; a passage is judged by the first model whose features are all known.
MODELS: tuple[Mapping[str, float], ...] = (
    {
        "cosine": 6.26, "pieces": 3.75, "coverage": 1.5, "held": 0.51, "unmet": -1.24, "rivals": -4.36,
        "length": -0.66, "rank": -0.76, "": -1.34,
    },
    {
        "cosine": 6.66, "coverage": 2.95, "held": 0.47, "unmet": -1.16, "rivals": -4.19, "length": -0.64,
        "rank": -0.77, "": 0.0,
    },
    {"rarity": 4.68, "rare": 1.95, "unmet": -1.72, "length": -1.23, "rank": -0.58, "": 1.86},
)  # fmt: skip


def rivals(cosines: Values) -> float:
    """Return the mean cosine of RIVALS, FAR in place of those that are farther or do not exist.

    cosines: of the question's neighbours, above the model's background. Of equal ones, which copies have, one counts.
    """
    near = np.zeros(RIVALS.stop)
    nearest = distinct(cosines)[::-1][: RIVALS.stop]
    near[: len(nearest)] = nearest
    return float(np.maximum(near[RIVALS], FAR).mean())


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
    logit = np.full(len(evidence.rank), np.nan)
    for model in MODELS:
        if model.keys() - {""} <= known.keys() and np.isnan(logit).any():
            said = model[""] + sum(weight * known[name] for name, weight in model.items() if name)
            logit = np.where(np.isnan(logit), said, logit)
    probability: Values = 1 / (1 + np.exp(-logit))
    return probability
