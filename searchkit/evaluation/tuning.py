"""Fitting fusion and confidences to judged questions: gains are out of fold, and only real ones change anything.

Each point that is tried answers every question by a real search, with all stages, so that what is measured is what
users get.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from searchkit import homes
from searchkit.errors import EvaluationError
from searchkit.evaluation import scaling
from searchkit.evaluation.measures import measure, parse
from searchkit.evaluation.questions import Questions
from searchkit.evaluation.reading import read_questions
from searchkit.evaluation.runs import Run, ask
from searchkit.evaluation.scaling import Scaled
from searchkit.evaluation.significance import Interval, bootstrap_interval, folds, randomisation_test
from searchkit.search import request
from searchkit.search.request import SearchOptions
from searchkit.types import Progress

if TYPE_CHECKING:
    from searchkit.index import Index

KINDS = ("minmax", "zscore")  # of fusion; ranks alone (rrf) throw away what the weights would weigh
SHARES = tuple(step / 10 for step in range(1, 10))  # of the keyword arm
SAMPLE = 150  # questions, unless more are asked for: each is asked once a point
FEWEST = 20  # questions: with fewer, folds are too small to say anything
LEVEL = 0.05
CUT = 10
MEASURE = f"nDCG@{CUT}"

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

    questions: answerable ones that were asked; available: those that there are. present, best: nDCG@10 of what the
    index does now and of the best point on all questions. real: whether the gain is significant. confidence: what
    fitting the confidences gained, None where the questions cannot tell. applied: whether the index does what is real
    from now on.
    """

    questions: int
    available: int
    fusion: str
    weights: Mapping[str, float]
    present: float
    best: float
    gain: float
    interval: Interval
    p: float
    real: bool
    confidence: Scaled | None = None
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
    sample: int = SAMPLE,
    progress: Progress | None = None,
) -> Tuned:
    """Fit the kind of fusion, the arms' weights and the confidences to judged questions by cross-validation.

    sample: at most so many questions. apply: make what gains significantly the index's own, for searches that choose
    neither fusion nor weights. Raises EvaluationError for an index without vectors or too few questions.
    """
    if index.settings.embedder is None:
        raise EvaluationError(f"{index.path} holds no vectors, so that there is nothing to weigh against keywords.")
    if not isinstance(questions, Questions):
        questions = read_questions(questions, split=split, qrels=qrels)
    parse([MEASURE])  # before any work, so that a missing package costs nothing
    asked = questions.sample(sample).judged_in(index)
    points = [present(index), *(point for point in grid() if point != present(index))]
    runs = searched(index, asked, points, progress)
    found = fit(points, values(asked, runs))
    found = replace(
        found,
        available=sum(question.answerable for question in questions.items),
        confidence=scaling.judge(asked.items, runs[points.index(Point(found.fusion, found.weights["keyword"]))]),
    )
    return applied(index, found) if apply else found


def searched(
    index: Index, questions: Questions, points: Sequence[Point], progress: Progress | None = None
) -> list[Run]:
    """Return what a search answers at each point; the first is what the index does by itself."""
    settings: dict[str, SearchOptions] = {"0": {}}
    for number, point in enumerate(points[1:], 1):
        settings[str(number)] = {"fusion": point.fusion, "weights": point.weights}
    return list(ask(index, questions, settings, progress, depth=CUT + 1).values())  # one may be the question itself


def values(questions: Questions, runs: Sequence[Run]) -> Values:
    """Return nDCG@10 of each answerable question in each run: (answerable questions, runs)."""
    answerable = [question for question in questions.items if question.answerable]
    return np.column_stack([measure(answerable, run, [MEASURE])[:, 0] for run in runs])


def applied(index: Index, found: Tuned) -> Tuned:
    """Make what was found to be real the index's own."""
    scaled = found.confidence if found.confidence and found.confidence.real else None
    if not (found.real or scaled):
        return found
    ranking, calibration = index.settings.ranking, index.settings.calibration
    if found.real:
        ranking = {"fusion": found.fusion, "weights": dict(found.weights)}
    if scaled:
        calibration = scaled.after(calibration)
    prefer(index, ranking, calibration)
    return replace(found, applied=True)


def prefer(index: Index, ranking: Mapping[str, Any] | None, calibration: Mapping[str, float] | None = None) -> None:
    """Make fusion, weights and a scaling of confidences the default of an index, None for searchkit's own.

    Raises QueryError for a ranking that no search takes.
    """
    request.SearchRequest("", **(ranking or {}))
    homes.prefer(index.path, lambda settings: replace(settings, ranking=ranking, calibration=calibration))
    index.reload()


def present(index: Index) -> Point:
    """Return how the index fuses now."""
    chosen = index.settings.ranking or {}
    weights = {"keyword": 1.0, "vector": 1.0, **chosen.get("weights", {})}
    share = round(weights["keyword"] / (weights["keyword"] + weights["vector"]), 3)
    return Point(chosen.get("fusion", request.DEFAULT_FUSION), share)


def grid() -> list[Point]:
    """Return the points that are tried."""
    return [Point(kind, share) for kind in KINDS for share in SHARES]


def fit(points: Sequence[Point], measured: Values) -> Tuned:
    """Choose among the points by cross-validation; the first stays unless the gain is significant.

    In each fold the point that is best on the other folds is measured on this one, so that no question judges a
    choice that it took part in. measured: (questions, points). Raises EvaluationError for too few questions.
    """
    if len(measured) < FEWEST:
        raise EvaluationError(f"{len(measured)} judged questions are too few to tune with; {FEWEST} are the least.")
    gains = out_of_fold(measured) - measured[:, 0]
    p = randomisation_test(gains)
    best = int(np.argmax(measured.mean(axis=0)))
    real = bool(best and gains.mean() > 0 and p < LEVEL)
    chosen = points[best if real else 0]
    return Tuned(
        len(measured),
        len(measured),
        chosen.fusion,
        chosen.weights,
        float(measured[:, 0].mean()),
        float(measured[:, best].mean()),
        float(gains.mean()),
        bootstrap_interval(gains),
        p,
        real,
    )


def out_of_fold(measured: Values) -> Values:
    """Return each question's value at the point that the other folds like best: (questions,).

    measured: (questions, points); the first point wins ties.
    """
    found = np.empty(len(measured))
    for inside in folds(len(measured)):
        found[inside] = measured[inside, int(np.argmax(measured[~inside].mean(axis=0)))]
    return found
