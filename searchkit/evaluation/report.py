"""The settings side by side: their measures, regret, confidence, latency; as JSON too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from searchkit.evaluation import calibration, settings
from searchkit.evaluation.measures import measure
from searchkit.evaluation.questions import Question
from searchkit.evaluation.regret import Regret, regret
from searchkit.evaluation.runs import Answer, Run
from searchkit.evaluation.significance import Interval, bootstrap_interval, randomisation_test
from searchkit.search.choices import ARMS
from searchkit.threads import once

PERCENTILES = (50, 95, 99)

Grouping = Literal["kind", "turn"]  # attributes of a question
Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Outcome:
    """How a setting did: its run, and `values`, (answerable questions, measures)."""

    name: str
    run: Run
    values: Values

    @once
    def latency(self) -> dict[str, float] | None:
        """p50, p95 and p99 of the milliseconds that a search took, None for a run from a file."""
        times = np.array([answer.elapsed_ms for answer in self.run.values()])
        if not len(times) or not np.isfinite(times).all():
            return None
        return {f"p{p}": round(float(value), 3) for p, value in zip(PERCENTILES, np.percentile(times, PERCENTILES))}  # noqa: B905


@dataclass(frozen=True)
class Evaluation:
    """The settings side by side. `questions` are all that were asked; measures are over the answerable ones."""

    source: str
    index: str | None
    unit: str
    questions: tuple[Question, ...]
    measures: tuple[str, ...]
    outcomes: Mapping[str, Outcome]
    warnings: tuple[str, ...] = field(default=())

    @once
    def answerable(self) -> tuple[Question, ...]:
        """The questions that have an answer: the rows of every outcome's values."""
        return tuple(question for question in self.questions if question.answerable)

    def values(self, name: str, measure_name: str | None = None) -> Values:
        """Return a setting's values of one measure, the first unless given: (answerable questions,)."""
        column = 0 if measure_name is None else self.measures.index(measure_name)
        return np.asarray(self.outcomes[name].values[:, column])

    def mean(self, name: str, measure_name: str | None = None) -> float:
        """Return a setting's mean of one measure, the first unless given."""
        return float(self.values(name, measure_name).mean())

    def regret(self, name: str) -> Regret | None:
        """Return a setting's regret by the first measure, None unless both arms were measured."""
        if not set(ARMS) <= set(self.outcomes):
            return None
        return regret(self.values(name), *(self.values(arm) for arm in ARMS))

    def interval(self, name: str) -> Interval:
        """Return where the mean of the first measure lies, with 95 % confidence."""
        return bootstrap_interval(self.values(name))

    def reference(self) -> str | None:
        """Return the setting that others are tested against: the default, or else the last one; None for one alone."""
        names = list(self.outcomes)
        return None if len(names) < 2 else settings.DEFAULT if settings.DEFAULT in names else names[-1]

    def p_value(self, name: str, other: str) -> float:
        """Return p of the difference of two settings by the first measure."""
        return randomisation_test(self.values(name) - self.values(other))

    def better_arm(self) -> str | None:
        """Return the arm with the higher mean of the first measure, None unless both were measured."""
        arms = [arm for arm in ARMS if arm in self.outcomes]
        return max(arms, key=self.mean) if len(arms) == len(ARMS) else None

    @once
    def _ideal(self) -> Values:
        """What a perfect ranking reaches: (answerable questions, measures)."""
        best = {q.id: Answer(tuple(sorted(q.grades, key=lambda unit: -q.grades[unit])), ()) for q in self.answerable}
        return measure(self.answerable, best, self.measures)

    def ceilings(self, kind: str | None = None, *, by: Grouping = "kind") -> dict[str, float]:
        """Return the mean of each measure that a perfect ranking reaches, for all questions or for those of a group.

        It is less than 1 where a question has fewer answers than are counted (P@3) or more (R@100).
        """
        rows = [row for row, question in enumerate(self.answerable) if kind in (None, getattr(question, by))]
        return dict(zip(self.measures, self._ideal[rows].mean(axis=0).tolist(), strict=True))

    def groups(self, by: Grouping = "kind") -> dict[str, int]:
        """Return how many questions there are of each kind, or of first turns and follow-ups; none if all are alike."""
        if by == "turn" and not any(question.history for question in self.answerable):
            return {}
        counted = Counter(getattr(question, by) for question in self.answerable)
        return {group: counted[group] for group in sorted(counted.keys() - {""})}

    def kinds(self, name: str, *, by: Grouping = "kind") -> dict[str, dict[str, float]]:
        """Return a setting's mean measures for each group of questions, where there are groups."""
        found = {}
        for kind in self.groups(by):
            rows = [row for row, question in enumerate(self.answerable) if getattr(question, by) == kind]
            means = self.outcomes[name].values[rows].mean(axis=0)
            found[kind] = {each: round(float(mean), 6) for each, mean in zip(self.measures, means, strict=True)}
        return found

    def calibration(self, name: str) -> calibration.Calibration | None:
        """Return how far a setting's confidences can be trusted, None where it has none."""
        return calibration.calibration(self.questions, self.outcomes[name].run)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values: what `compare` and the gate read."""
        turns = {turn: self._group(turn, "turn", count) for turn, count in self.groups("turn").items()}
        return {
            "searchkit": "evaluation",
            "questions": self.source,
            "index": self.index,
            "unit": self.unit,
            "count": len(self.questions),
            "answerable": len(self.answerable),
            "measures": list(self.measures),
            "ceilings": {each: _rounded(best) for each, best in self.ceilings().items()},
            "kinds": {kind: self._group(kind, "kind", count) for kind, count in self.groups().items()},
            **({"turns": turns} if turns else {}),
            "settings": {name: self._setting(name) for name in self.outcomes},
            "warnings": list(self.warnings),
        }

    def _group(self, group: str, by: Grouping, count: int) -> dict[str, Any]:
        best = {each: _rounded(value) for each, value in self.ceilings(group, by=by).items()}
        return {"count": count, "ceilings": best}

    def _setting(self, name: str) -> dict[str, Any]:
        outcome, behind, trust = self.outcomes[name], self.regret(name), self.calibration(name)
        facts = {
            "means": {each: round(self.mean(name, each), 6) for each in self.measures},
            "interval": [round(end, 6) for end in self.interval(name)],
            "latency_ms": outcome.latency,
            "regret": behind._asdict() if behind else None,
            "confidence": calibration.to_dict(trust) if trust else None,
            "kinds": self.kinds(name) or None,
            "turns": self.kinds(name, by="turn") or None,
        }
        rows = zip(self.answerable, outcome.values, strict=True)
        queries = {q.id: dict(zip(self.measures, map(_rounded, row), strict=True)) for q, row in rows}
        return {key: value for key, value in facts.items() if value is not None} | {"queries": queries}


def _rounded(value: float) -> float:
    return round(float(value), 6)
