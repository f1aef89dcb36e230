"""The values of one setting by question: from an evaluation at hand, its JSON, or a TREC run file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from searchkit.errors import EvaluationError
from searchkit.evaluation.measures import MEASURES
from searchkit.evaluation.questions import Questions
from searchkit.evaluation.report import Evaluation
from searchkit.evaluation.runs import read_run
from searchkit.evaluation.settings import DEFAULT
from searchkit.evaluation.sidebyside import assembled


class Scores(NamedTuple):
    """A setting's values: measure -> question id -> value."""

    name: str
    values: Mapping[str, Mapping[str, float]]


def scores_of(made: Evaluation, name: str) -> Scores:
    """Return the values of one setting of an evaluation."""
    columns = {measure: made.values(name, measure).tolist() for measure in made.measures}
    ids = [question.id for question in made.answerable]
    return Scores(name, {measure: dict(zip(ids, column, strict=True)) for measure, column in columns.items()})


def read_scores(
    path: Path, *, setting: str | None = None, questions: Questions | None = None, measures: Sequence[str] = MEASURES
) -> Scores:
    """Read the JSON of an evaluation, or a TREC run file, which `questions` judge. Raises EvaluationError.

    setting: of several in the JSON; the default setting unless given.
    """
    text = _text(path)
    if text.lstrip().startswith("{"):
        return _from_json(path, text, setting)
    if questions is None:
        raise EvaluationError(f"{path} is a run file; name the questions that judge it with --questions.")
    return scores_of(assembled(questions, {path.stem: read_run(path)}, measures), path.stem)


def read_baseline(path: Path) -> dict[str, Scores]:
    """Read every setting of an evaluation's JSON. Raises EvaluationError."""
    text = _text(path)
    return {name: _from_json(path, text, name) for name in _settings(path, text)}


def _from_json(path: Path, text: str, setting: str | None) -> Scores:
    found = _settings(path, text)
    if setting is None:
        setting = DEFAULT if DEFAULT in found else next(iter(found)) if len(found) == 1 else None
    if setting is None or setting not in found:
        raise EvaluationError(f"{path} has the settings {', '.join(found)}; choose one with --setting.")
    values: dict[str, dict[str, float]] = {}
    try:
        for question, row in found[setting]["queries"].items():
            for measure, value in row.items():
                values.setdefault(measure, {})[question] = float(value)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise EvaluationError(f"{path}: the values of {setting} are damaged: {error!r}") from error
    return Scores(f"{path.stem}: {setting}", values)


def _settings(path: Path, text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)["settings"]
    except (ValueError, KeyError, TypeError):
        found = None
    if not isinstance(found, dict) or not found:
        raise EvaluationError(f"{path} is no evaluation. Make one with: searchkit evaluate QUESTIONS --json > FILE")
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise EvaluationError(f"{path} cannot be read: {error}") from error
