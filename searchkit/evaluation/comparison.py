"""Two runs question by question: is B better than A, by how much, and where."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from searchkit.errors import EvaluationError
from searchkit.evaluation.measures import MEASURES
from searchkit.evaluation.scores import Scores, read_scores
from searchkit.evaluation.significance import Interval, bootstrap_interval, randomisation_test

if TYPE_CHECKING:
    from collections.abc import Sequence

    from searchkit.evaluation.questions import Questions

TIE = 1e-6  # JSON holds six decimals

Values = npt.NDArray[np.float64]


class Difference(NamedTuple):
    """One measure of both runs: means, B - A with its 95 % interval and p, questions that B wins, loses, ties."""

    measure: str
    a: float
    b: float
    difference: float
    interval: Interval
    p: float
    wins: int
    losses: int
    ties: int


class Contrast(NamedTuple):
    """A question that A and B answer differently, by the first measure."""

    question: str
    a: float
    b: float


@dataclass(frozen=True)
class Comparison:
    """Run B against run A on the questions that both have; `contrasts` are ordered by size."""

    a: str
    b: str
    count: int
    unshared: int
    differences: tuple[Difference, ...]
    contrasts: tuple[Contrast, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return asdict(self) | {
            "differences": [each._asdict() for each in self.differences],
            "contrasts": [each._asdict() for each in self.contrasts],
        }


def compare(
    a: Scores | str | Path,
    b: Scores | str | Path,
    *,
    settings: Sequence[str] = (),
    questions: Questions | None = None,
    measures: Sequence[str] = MEASURES,
) -> Comparison:
    """Compare two runs: JSON of evaluations, TREC run files that `questions` judge, or scores at hand.

    settings: which of an evaluation, one for both or one each. Raises EvaluationError.
    """
    first, last = (settings[0], settings[-1]) if settings else (None, None)
    left = a if isinstance(a, Scores) else read_scores(Path(a), setting=first, questions=questions, measures=measures)
    right = b if isinstance(b, Scores) else read_scores(Path(b), setting=last, questions=questions, measures=measures)
    shared = [measure for measure in left.values if measure in right.values]
    if not shared:
        raise EvaluationError(f"{left.name} and {right.name} share no measure; evaluate both with the same --measure.")
    ids, unshared = _ids(left, right, shared[0])
    pairs = {measure: _pair(left, right, measure, ids) for measure in shared}
    differences = tuple(_difference(measure, *pair) for measure, pair in pairs.items())
    return Comparison(left.name, right.name, len(ids), unshared, differences, _contrasts(ids, *pairs[shared[0]]))


def _ids(left: Scores, right: Scores, measure: str) -> tuple[list[str], int]:
    ours, theirs = left.values[measure].keys(), right.values[measure].keys()
    if not ours & theirs:
        raise EvaluationError(f"{left.name} and {right.name} share no question; evaluate both on the same questions.")
    return sorted(ours & theirs), len(ours ^ theirs)


def _pair(left: Scores, right: Scores, measure: str, ids: list[str]) -> tuple[Values, Values]:
    return tuple(np.array([side.values[measure].get(each, 0.0) for each in ids]) for side in (left, right))  # type: ignore[return-value]


def _difference(measure: str, a: Values, b: Values) -> Difference:
    gains = np.where(np.abs(b - a) > TIE, b - a, 0.0)
    wins, losses = int((gains > 0).sum()), int((gains < 0).sum())
    interval, p = bootstrap_interval(gains), randomisation_test(gains)
    counts = (wins, losses, len(gains) - wins - losses)
    return Difference(measure, float(a.mean()), float(b.mean()), float(gains.mean()), interval, p, *counts)


def _contrasts(ids: list[str], a: Values, b: Values) -> tuple[Contrast, ...]:
    order = np.lexsort((np.arange(len(ids)), -np.abs(b - a)))
    return tuple(Contrast(ids[i], float(a[i]), float(b[i])) for i in order if abs(b[i] - a[i]) > TIE)
