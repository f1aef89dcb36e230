"""Coefficients from examples, and what they are worth on collections that gave none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from scripts.benchmarks.confidence.examples import Asked, Example
from scripts.benchmarks.confidence.questions import JUDGED
from searchkit.evaluation.calibration import auroc, expected_error, reliability
from searchkit.types import ANSWERABLE, CITED

PENALTY = 1e-3
BY_WORDS = 3.0  # what foreign questions count where words alone are judged, to which they look like others
DRAWS = 200  # of answers that are right as often as their confidences say
LOST = 0.05  # of the answerable questions, where a threshold is looked for
# Of examples whose question some passage may answer all the same.
WEIGHTS = {"swapped": 0.1, "near": 0.5, "unanswerable": 0.5}


def fitted(sets: Sequence[Asked], names: list[str]) -> dict[str, float]:
    """Return coefficients by feature; the n collections of a family count as its root; a hit at rank r as 1 / r²."""
    matrix = np.array([[e["features"].get(name, np.nan) for name in names] for one in sets for e in one.examples])
    right = np.array([e["right"] for one in sets for e in one.examples], float)
    families = [one.family for one in sets]
    by_words = "cosine" not in names
    weights = np.concatenate([shares(one, by_words=by_words) / families.count(one.family) ** 0.5 for one in sets])
    known = np.isfinite(matrix).all(axis=1)
    matrix, right, weights = matrix[known], right[known], weights[known] / len(sets)
    mean, spread = matrix.mean(axis=0), matrix.std(axis=0)
    scaled = (matrix - mean) / spread

    def loss(coefficients: np.ndarray) -> tuple[float, np.ndarray]:
        logit = scaled @ coefficients[1:] + coefficients[0]
        slope = weights * (1 / (1 + np.exp(-logit)) - right)
        value = weights @ (np.logaddexp(0, logit) - right * logit) + PENALTY * (coefficients[1:] ** 2).sum()
        return float(value), np.append(slope.sum(), slope @ scaled + 2 * PENALTY * coefficients[1:])

    best = minimize(loss, np.zeros(len(names) + 1), jac=True).x
    slopes = best[1:] / spread
    found = {name: round(float(slope), 2) for name, slope in zip(names, slopes, strict=True)}
    return {**found, "": round(float(best[0] - slopes @ mean), 2)}


def shares(one: Asked, *, by_words: bool) -> np.ndarray:
    """Return what each example of a collection counts, of sum 1."""
    foreign = BY_WORDS if by_words else 1.0
    weights = np.array([weight(each) * (foreign if each["kind"] == "foreign" else 1.0) for each in one.examples])
    return weights / weights.sum()


def weight(example: Example) -> float:
    return WEIGHTS.get(example["kind"], 1.0) / float(np.exp(2 * example["features"]["rank"]))


# --- measuring -----------------------------------------------------------------------------------------------------


class Judged(NamedTuple):
    """Of each question, (n,): the first hit's confidence, whether it was right, its kind, the best hit's confidence."""

    sure: np.ndarray
    right: np.ndarray
    kind: np.ndarray
    best: np.ndarray

    def auroc(self, kind: str) -> float:
        own, others = self.best[self.kind == "own"], self.best[self.kind == kind]
        return auroc(own, others) if len(own) and len(others) else float("nan")

    def below(self, kind: str, threshold: float) -> float:
        found = self.best[self.kind == kind]
        return float((found < threshold).mean()) if len(found) else float("nan")

    @property
    def mixed(self) -> np.ndarray:
        return np.isin(self.kind, ("own", "foreign"))


def judged(one: Asked, model: Mapping[str, float]) -> Judged:
    """Return what a model says of a collection's questions."""
    logit = np.array([sum(w * e["features"].get(f, 0) for f, w in model.items() if f) for e in one.examples])
    sure = 1 / (1 + np.exp(-(logit + model[""])))
    best: dict[tuple[object, object], float] = {}
    for each, value in zip(one.examples, sure.tolist(), strict=True):
        key = each["kind"], each["question"]
        best[key] = max(value, best.get(key, 0.0))
    first = [at for at, each in enumerate(one.examples) if each["first"]]
    return Judged(
        sure[first],
        np.array([one.examples[at]["right"] for at in first], bool),
        np.array([one.examples[at]["kind"] for at in first]),
        np.array([best[one.examples[at]["kind"], one.examples[at]["question"]] for at in first]),
    )


def by_chance(confidence: np.ndarray) -> float:
    """Return the mean ECE of confidences that are exactly right, with as many answers: what a sample alone makes."""
    drawn = np.random.default_rng(0).random((DRAWS, len(confidence))) < confidence
    return float(np.mean([expected_error(confidence, right) for right in drawn]))


def report(sets: Sequence[Asked], names: list[str]) -> None:
    """Print how each collection fares with coefficients to which its family gave nothing, and the reliability."""
    measured = "ECE | by chance | right | AUROC: foreign | near | swapped | lost | refused | not cited | refused"
    print(f"| collection | {measured} |\n|---|{'---|' * (measured.count('|') + 1)}")
    every: list[Judged] = []
    lines: list[list[float]] = []
    for one in sets:
        found = judged(one, fitted([other for other in sets if other.family != one.family], names))
        every.append(found)
        own = found.kind == "own"
        lines.append([
            expected_error(found.sure[found.mixed], found.right[found.mixed]), by_chance(found.sure[found.mixed]),
            float(found.right[own].mean()),
            *(found.auroc(kind) for kind in ("foreign", "near", "swapped")),
            *(found.below(kind, limit) for limit in (ANSWERABLE, CITED) for kind in ("own", "foreign")),
        ])  # fmt: skip
        print(row(one.name, lines[-1]))
        if (found.kind == "unanswerable").any():
            limit = float(np.quantile(found.best[own], LOST))
            shares = [found.below("unanswerable", at) for at in (ANSWERABLE, limit)]
            print(
                row(
                    f"{one.name}, unanswerable: AUROC, refused, at {LOST:.0%} lost",
                    [found.auroc("unanswerable"), *shares],
                )
            )
    groups = {
        "mean of judged collections": [one.name == one.family for one in sets],
        "mean of neighbourhoods": [" around " in one.name for one in sets],
        "mean of written shapes": [one.family not in JUDGED for one in sets],
    }
    for label, inside in groups.items():
        columns = zip(*(line for line, is_in in zip(lines, inside, strict=True) if is_in), strict=True)
        known = [[value for value in column if not np.isnan(value)] for column in columns]
        print(row(label, [np.mean(values) if values else np.nan for values in known]))
    print("\n| confidence | mean | right | answers |\n|---|---|---|---|")
    sure = np.concatenate([found.sure[found.mixed] for found in every])
    for each in reliability(sure, np.concatenate([found.right[found.mixed] for found in every])):
        at = min(int(each.confidence * 10), 9) / 10
        print(f"| {at:.1f} to {at + 0.1:.1f} | {each.confidence:.2f} | {each.right:.2f} | {each.size} |")


def row(name: str, values: Iterable[float]) -> str:
    return f"| {name} | " + " | ".join("–" if np.isnan(value) else f"{value:.3f}" for value in values) + " |"
