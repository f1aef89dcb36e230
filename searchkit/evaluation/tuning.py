"""Fitting fusion to judged questions, with the gain reported out of fold, and the default kept unless it is real."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from searchkit import fusion, maintenance, request, store
from searchkit.errors import EvaluationError
from searchkit.evaluation.candidates import Candidates, collect, ndcg
from searchkit.evaluation.questions import Questions
from searchkit.evaluation.reading import read_questions
from searchkit.evaluation.significance import Interval, bootstrap_interval, randomisation_test
from searchkit.types import Progress

if TYPE_CHECKING:
    from searchkit.index import Index

SHARES = tuple(step / 10 for step in range(11))  # of the keyword arm
FOLDS = 5
FEWEST = 20  # questions: with fewer, folds are too small to say anything
LEVEL = 0.05

Values = npt.NDArray[np.float64]


class Point(NamedTuple):
    """A way to fuse the arms: its kind, and the keyword arm's share of the weights."""

    fusion: str
    share: float

    @property
    def weights(self) -> dict[str, float]:
        """The weights of both arms, as `Index.search` takes them."""
        return {"keyword": self.share, "vector": round(1 - self.share, 3)}


@dataclass(frozen=True)
class Tuned:
    """What tuning found. `gain` and its 95 % interval and p are of nDCG@10 out of fold, against what the index does.

    present, best: nDCG@10 of what the index does now and of the chosen point on all questions. real: whether the
    gain is significant. applied: whether the index uses it from now on.
    """

    questions: int
    fusion: str
    weights: Mapping[str, float]
    present: float
    best: float
    gain: float
    interval: Interval
    p: float
    real: bool
    applied: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return asdict(self)


def tune(
    index: Index,
    questions: Questions | str | Path,
    *,
    apply: bool = False,
    split: str | None = None,
    qrels: str | Path | None = None,
    sample: int | None = None,
    progress: Progress | None = None,
) -> Tuned:
    """Fit the kind of fusion and the arms' weights to judged questions by cross-validation.

    apply: make a significant gain the index's default for searches that choose neither fusion nor weights.
    Raises EvaluationError for an index without vectors or too few questions.
    """
    if index.settings.embedder is None:
        raise EvaluationError(f"{index.path} holds no vectors, so that there is nothing to weigh against keywords.")
    if not isinstance(questions, Questions):
        questions = read_questions(questions, split=split, qrels=qrels)
    found = collect(index, questions.sample(sample).judged_in(index), progress)
    tuned = fit(found, present(index))
    if not (apply and tuned.real):
        return tuned
    prefer(index, {"fusion": tuned.fusion, "weights": dict(tuned.weights)})
    return replace(tuned, applied=True)


def prefer(index: Index, ranking: Mapping[str, Any] | None) -> None:
    """Make fusion and weights the default of an index, None for searchkit's own."""
    with store.writing(index.path) as writer:
        maintenance.prefer(writer, ranking)
    index.reload()


def present(index: Index) -> Point:
    """Return how the index fuses now."""
    chosen = index.settings.ranking or {}
    weights = {"keyword": 1.0, "vector": 1.0, **chosen.get("weights", {})}
    share = round(weights["keyword"] / (weights["keyword"] + weights["vector"]), 3)
    return Point(chosen.get("fusion", request.DEFAULT_FUSION), share)


def fit(candidates: Sequence[Candidates], now: Point) -> Tuned:
    """Choose among all points by cross-validation; `now` stays unless the gain is significant.

    In each fold the point that is best on the other folds is measured on this one, so that no question judges a
    choice that it took part in. Raises EvaluationError for too few questions.
    """
    if len(candidates) < FEWEST:
        raise EvaluationError(f"{len(candidates)} judged questions are too few to tune with; {FEWEST} are the least.")
    points = [now, *(point for point in grid() if point != now)]
    values = np.array([[_value(each, point) for point in points] for each in candidates])
    gains = out_of_fold(values) - values[:, 0]
    p = randomisation_test(gains)
    best = int(np.argmax(values.mean(axis=0)))
    real = bool(best and gains.mean() > 0 and p < LEVEL)
    chosen = points[best if real else 0]
    return Tuned(
        len(candidates),
        chosen.fusion,
        chosen.weights,
        float(values[:, 0].mean()),
        float(values[:, best].mean()),
        float(gains.mean()),
        bootstrap_interval(gains),
        p,
        real,
    )


def grid() -> list[Point]:
    """Return the points that are tried."""
    return [Point(kind, share) for kind in fusion.FUSIONS for share in SHARES]


def out_of_fold(values: Values) -> Values:
    """Return each question's value at the point that the other folds like best: (questions,).

    values: (questions, points); the first point wins ties.
    """
    fold = np.random.default_rng(0).permutation(len(values)) % FOLDS
    measured = np.empty(len(values))
    for number in range(FOLDS):
        inside = fold == number
        measured[inside] = values[inside, int(np.argmax(values[~inside].mean(axis=0)))]
    return measured


def _value(candidates: Candidates, point: Point) -> float:
    return ndcg(candidates, fusion.FUSIONS[point.fusion](candidates.scores, point.weights))
