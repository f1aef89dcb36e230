"""Measures of rankings through ir_measures, as arrays: one row a question, one column a measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.errors import EvaluationError, MissingExtra
from searchkit.evaluation.questions import Question
from searchkit.evaluation.runs import Run

MEASURES = ("nDCG@10", "R@100", "RR@10", "AP@100", "P@3")
RECALL_POINTS = tuple(point / 10 for point in range(11))

Values = npt.NDArray[np.float64]


def require_eval(module: str) -> Any:
    """Import a package of the extra `eval`. Raises MissingExtra."""
    from importlib import import_module  # noqa: PLC0415 - beside its only use

    try:
        return import_module(module)
    except ImportError as error:
        raise MissingExtra(f"{module} is not installed. Run: pip install 'searchkit[eval]'") from error


def parse(names: Sequence[str]) -> dict[str, Any]:
    """Return the measures by their names in ir_measures' language, such as nDCG@10. Raises EvaluationError."""
    ir_measures = require_eval("ir_measures")
    parsed = {}
    for name in names:
        try:
            parsed[name] = made = ir_measures.parse_measure(name)
            usable = ir_measures.DefaultPipeline.supports(made)
        except (NameError, ValueError, SyntaxError, TypeError, KeyError, AssertionError):
            usable = False
        if not usable:
            raise EvaluationError(
                f"{name!r} is no measure that ir_measures can compute here. Some are {', '.join(MEASURES)}."
            ) from None
    return parsed


def measure(questions: Sequence[Question], run: Run, names: Sequence[str] = MEASURES) -> Values:
    """Return the measures of each question: (len(questions), len(names)) float64, 0 where nothing was found."""
    parsed = parse(names)
    ir_measures = require_eval("ir_measures")
    columns = {str(made): column for column, made in enumerate(parsed.values())}
    rows = {question.id: row for row, question in enumerate(questions)}
    grades = {question.id: dict(question.grades) for question in questions}
    values = np.zeros((len(questions), len(parsed)))
    for made in ir_measures.iter_calc(list(parsed.values()), grades, _positions(run, rows)):
        values[rows[made.query_id], columns[str(made.measure)]] = made.value
    return values


def precision_at_recall(questions: Sequence[Question], run: Run) -> Values:
    """Return the mean interpolated precision at recall 0, .1 … 1: (11,) float64."""
    return np.asarray(measure(questions, run, [f"IPrec@{point:.1f}" for point in RECALL_POINTS]).mean(axis=0))


def _positions(run: Run, rows: Mapping[str, int]) -> dict[str, dict[str, float]]:
    """Return 1 / rank as the scores, so that ties stay in the order that users see."""
    return {
        question: {unit: 1 / rank for rank, unit in enumerate(run[question].ids, 1)}
        for question in rows
        if question in run and run[question].ids
    }
