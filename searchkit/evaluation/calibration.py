"""Whether a confidence means what it says, and whether it tells questions that have no answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from searchkit.evaluation.questions import Question
from searchkit.evaluation.runs import Run

BINS = 10

Values = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


class BestHits(NamedTuple):
    """Of each question, (n,): how sure its best hit was, whether it was right, whether any could have been, and
    whether the search declined (None where it cannot say).
    """

    confidence: Values
    right: Flags
    answerable: Flags
    declined: Flags | None


class Bin(NamedTuple):
    """The answers whose confidence lies in one tenth: mean confidence, share that was right, how many they are."""

    confidence: float
    right: float
    size: int


class Calibration(NamedTuple):
    """ece: expected calibration error of the best hit. auroc: of its confidence, answerable against unanswerable
    questions. refused, lost: share of unanswerable and of answerable questions that the search declined.
    None where the set or the search cannot say.
    """

    ece: float
    auroc: float | None
    refused: float | None
    lost: float | None
    bins: tuple[Bin, ...]


def calibration(questions: Sequence[Question], run: Run) -> Calibration | None:
    """Return how far the confidences of a run can be trusted, None where it has none."""
    found = best_hits(questions, run)
    if found is None:
        return None
    confidence, right, answerable, declined = found
    return Calibration(
        expected_error(confidence, right),
        auroc(confidence[answerable], confidence[~answerable]) if 0 < answerable.sum() < len(answerable) else None,
        _share(declined, ~answerable),
        _share(declined, answerable),
        tuple(reliability(confidence, right)),
    )


def best_hits(questions: Sequence[Question], run: Run) -> BestHits | None:
    """Return the best hits of a run's questions, None where it has no confidences."""
    asked = [(question, run[question.id]) for question in questions if question.id in run]
    confidences = [answer.confidence for _, answer in asked if answer.confidence is not None]
    if not confidences or len(confidences) < len(asked):
        return None
    verdicts = [answer.answerable for _, answer in asked]
    return BestHits(
        np.array(confidences),
        np.array([bool(answer.ids) and answer.ids[0] in question.grades for question, answer in asked]),
        np.array([question.answerable for question, _ in asked]),
        None if None in verdicts else ~np.array(verdicts, bool),
    )


def reliability(confidence: Values, right: Flags) -> list[Bin]:
    """Return the bins of equal width that hold anything, lowest first."""
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)
    inside = [place == number for number in range(BINS)]
    return [Bin(float(confidence[i].mean()), float(right[i].mean()), int(i.sum())) for i in inside if i.any()]


def expected_error(confidence: Values, right: Flags) -> float:
    """Return the ECE: the mean distance of confidence and share right over bins, by size.

    Naeini, Cooper & Hauskrecht, AAAI 2015.
    """
    bins = reliability(confidence, right)
    return sum(abs(b.confidence - b.right) * b.size for b in bins) / len(confidence)


def auroc(positives: Values, negatives: Values) -> float:
    """Return the chance that a positive lies above a negative, ties counting half (Mann-Whitney)."""
    ordered = np.sort(negatives)
    below = np.searchsorted(ordered, positives, "left")
    upto = np.searchsorted(ordered, positives, "right")
    return float((below + upto).mean() / 2 / len(negatives))


def _share(declined: Flags | None, among: Flags) -> float | None:
    return None if declined is None or not among.any() else float(declined[among].mean())


def to_dict(made: Calibration) -> Mapping[str, object]:
    """Return JSON-ready values."""
    return made._asdict() | {"bins": [each._asdict() for each in made.bins]}
