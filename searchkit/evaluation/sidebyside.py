"""Ask, measure, and put side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from searchkit.errors import EvaluationError
from searchkit.evaluation import settings
from searchkit.evaluation.measures import MEASURES, measure, parse
from searchkit.evaluation.questions import Questions
from searchkit.evaluation.reading import read_questions
from searchkit.evaluation.report import Evaluation, Outcome
from searchkit.evaluation.runs import Run, ask, read_run
from searchkit.types import Progress

if TYPE_CHECKING:
    from searchkit.index import Index


def evaluate(  # noqa: PLR0913 - all by keyword but the first two
    index: Index | None,
    questions: Questions | str | Path,
    *,
    names: Sequence[str] = (),
    measures: Sequence[str] = MEASURES,
    split: str | None = None,
    qrels: str | Path | None = None,
    sample: int | None = None,
    runs: Iterable[str | Path] = (),
    progress: Progress | None = None,
) -> Evaluation:
    """Measure settings of an index, and TREC run files, on judged questions.

    questions: see `read_questions`, which takes split, qrels and sample. names: of settings, all unless given;
    with `runs` alone nothing is searched, and an index is needed only for quotes. Raises EvaluationError.
    """
    if not isinstance(questions, Questions):
        questions = read_questions(questions, split=split, qrels=qrels)
    questions = questions.sample(sample)
    parse(measures)  # before any work, so that a misspelling costs nothing
    if index is not None:
        questions = questions.judged_in(index)
    elif questions.unit == "passage":
        raise EvaluationError(f"{questions.source} judges quotes: which passages hold them, only the index can say.")
    found: dict[str, Run] = {}
    files = list(runs)
    if index is not None and (names or not files):
        has_vectors = index.settings.embedder is not None
        wanted = settings.chosen(names, vectors=has_vectors, conversations=questions.conversations)
        found |= ask(index, questions, wanted, progress)
    for path in map(Path, files):
        found[path.name if path.stem in found else path.stem] = read_run(path)
    return assembled(questions, found, measures, None if index is None else str(index.path))


def assembled(
    questions: Questions, runs: Mapping[str, Run], measures: Sequence[str] = MEASURES, index: str | None = None
) -> Evaluation:
    """Measure runs and put them side by side."""
    answerable = [question for question in questions.items if question.answerable]
    outcomes = {name: Outcome(name, run, measure(answerable, run, measures)) for name, run in runs.items()}
    return Evaluation(
        questions.source, index, questions.unit, questions.items, tuple(measures), outcomes, questions.warnings
    )
