"""Platt scaling: confidences fitted to judgments, kept only where questions that took no part are the better for it.

The best hit's confidence, as a logit, against whether it is right: two numbers (Platt, 1999). They are drawn towards
leaving it as it is, so that few questions change little.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from searchkit.evaluation.calibration import best_hits
from searchkit.evaluation.questions import Question
from searchkit.evaluation.runs import Run
from searchkit.evaluation.significance import Interval, bootstrap_interval, folds, randomisation_test
from searchkit.search.confidence import logits

FEWEST = 50  # questions
FEWEST_UNANSWERABLE = 10  # of them: fitted without such questions, confidences refuse none (SQuAD: 57 % before, then 0)
LEVEL = 0.05
PRIOR = np.array([1.0, 0.0])  # slope and shift that change nothing
STRENGTH = 1.0  # of the pull towards them, as so many units of log loss at distance sqrt(2)
STEPS, HALVINGS, SMALL = 50, 30, 1e-10

Values = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Scaled:
    """What fitting the confidences found: logit -> slope * logit + shift.

    present: mean log loss as they are; fitted: of questions that the fit did not see. gain: present - fitted, with
    its 95 % interval and p. real: whether the gain is significant.
    """

    questions: int
    slope: float
    shift: float
    present: float
    fitted: float
    gain: float
    interval: Interval
    p: float
    real: bool

    def after(self, earlier: Mapping[str, float] | None) -> dict[str, float]:
        """Return the scaling that does the same as an earlier one, through which the confidences went, and this."""
        slope, shift = (earlier["slope"], earlier["shift"]) if earlier else (1.0, 0.0)
        return {"slope": round(self.slope * slope, 4), "shift": round(self.slope * shift + self.shift, 4)}


def judge(questions: Sequence[Question], run: Run) -> Scaled | None:
    """Fit the confidences of a run; None where its questions are too few, or all of one kind, to tell."""
    found = best_hits(questions, run)
    if found is None or (~found.answerable).sum() < FEWEST_UNANSWERABLE:
        return None
    return fit(found.confidence, found.right)


def fit(confidence: Values, right: Flags) -> Scaled | None:
    """Fit confidences to what was right, both (n,), by cross-validation; None for too few or all of one kind."""
    if len(right) < FEWEST or right.all() or not right.any():
        return None
    known = logits(confidence)
    unseen = np.empty(len(right))
    for inside in folds(len(right)):
        unseen[inside] = losses(platt(known[~inside], right[~inside]), known[inside], right[inside])
    now = losses(PRIOR, known, right)
    gains, chosen = now - unseen, platt(known, right)
    p = randomisation_test(gains)
    real = bool(gains.mean() > 0 and p < LEVEL and chosen[0] > 0)  # a slope below 0 would turn the order around
    means = (float(now.mean()), float(unseen.mean()), float(gains.mean()))
    return Scaled(len(right), float(chosen[0]), float(chosen[1]), *means, bootstrap_interval(gains), p, real)


def platt(known: Values, right: Flags) -> Values:
    """Return slope and shift: (2,) of the least log loss plus STRENGTH / 2 times the squared distance from PRIOR.

    Newton's steps, halved until they do not lead uphill. known: (n,) logits.
    """
    inputs = np.column_stack([known, np.ones(len(known))])
    at = PRIOR
    for _ in range(STEPS):
        likely = np.exp(-np.logaddexp(0, -inputs @ at))
        slope = inputs.T @ (likely - right) + STRENGTH * (at - PRIOR)
        curvature = (inputs.T * (likely * (1 - likely))) @ inputs + STRENGTH * np.eye(2)
        step = np.linalg.solve(curvature, slope)
        before = _objective(at, known, right)
        sizes = (at - step / 2**halved for halved in range(HALVINGS))
        there = next((each for each in sizes if _objective(each, known, right) <= before), at)
        if np.abs(there - at).max() < SMALL:
            break
        at = there
    return at


def losses(at: Values, known: Values, right: Flags) -> Values:
    """Return the log loss of each: (n,), in nats. at: (2,) slope and shift; known: (n,) logits."""
    scaled = at[0] * known + at[1]
    found: Values = np.logaddexp(0, np.where(right, -scaled, scaled))
    return found


def _objective(at: Values, known: Values, right: Flags) -> float:
    return float(losses(at, known, right).sum() + STRENGTH / 2 * ((at - PRIOR) ** 2).sum())
