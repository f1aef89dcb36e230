"""A gate against regressions: a stored evaluation, and whether a new one is significantly worse."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from searchkit.errors import EvaluationError
from searchkit.evaluation.report import Evaluation
from searchkit.evaluation.scores import Scores, read_baseline, scores_of
from searchkit.evaluation.settings import DEFAULT
from searchkit.evaluation.significance import randomisation_test

LEAST_DROP = 0.01  # of the mean: what is less is no regression that anyone would feel, however significant
LEVEL = 0.05  # of the one-sided paired test: what is more may be noise


class Check(NamedTuple):
    """One setting and measure: mean before and now over the shared questions, p of a drop, whether it is one."""

    setting: str
    measure: str
    questions: int
    before: float
    now: float
    p: float
    dropped: bool


class Verdict(NamedTuple):
    """What the gate found; `ok` if nothing dropped."""

    ok: bool
    checks: tuple[Check, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {"ok": self.ok, "checks": [check._asdict() for check in self.checks]}


def gate(made: Evaluation, baseline: Mapping[str, Scores] | str | Path) -> Verdict:
    """Compare an evaluation with a baseline, question by question, by the baseline's first measure.

    A setting has dropped if its mean fell by LEAST_DROP or more and a paired randomisation test says p < LEVEL.
    The default setting decides where both have it, every shared setting else. Raises EvaluationError.
    """
    stored = baseline if isinstance(baseline, Mapping) else read_baseline(Path(baseline))
    names = gated(stored, made.outcomes)
    checks = tuple(_check(scores_of(made, name), stored[name]) for name in names)
    return Verdict(not any(check.dropped for check in checks), checks)


def gated(stored: Mapping[str, Scores], measured: Mapping[str, object] | None = None) -> list[str]:
    """Return the settings that decide: those of the baseline that are measured, the default alone if it is one."""
    shared = [name for name in stored if measured is None or name in measured]
    if not shared:
        raise EvaluationError(f"the baseline has the settings {', '.join(stored)}; none of them was measured.")
    return [DEFAULT] if DEFAULT in shared else shared


def _check(now: Scores, before: Scores) -> Check:
    measure, stored = next(iter(before.values.items()))
    present = now.values.get(measure)
    if present is None:
        raise EvaluationError(f"the baseline was measured by {measure}; measure by it too: --measure {measure}")
    ids = sorted(stored.keys() & present.keys())
    if not ids:
        raise EvaluationError("the baseline holds none of these questions; write a new one with --save-baseline FILE.")
    old, new = (np.array([side[each] for each in ids]) for side in (stored, present))
    gains = np.where(np.abs(new - old) > 1e-6, new - old, 0.0)  # JSON holds six decimals
    p = randomisation_test(gains, drop=True)
    dropped = bool(gains.mean() <= -LEAST_DROP and p < LEVEL)
    return Check(now.name, measure, len(ids), float(old.mean()), float(new.mean()), p, dropped)
