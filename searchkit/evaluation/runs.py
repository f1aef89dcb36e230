"""Runs: what a setting answered to each question; made by searching, read from and written to TREC run files."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from searchkit.errors import EvaluationError
from searchkit.evaluation.questions import Question, Questions
from searchkit.search.request import SearchOptions
from searchkit.types import Progress

if TYPE_CHECKING:
    from searchkit.index import Index

DEPTH = 100  # hits that are asked for


class Answer(NamedTuple):
    """What came back for a question: ids of documents or passages, best first, with scores.

    elapsed_ms: NaN when unknown. confidence: of the best hit, and answerable: the search's own verdict;
    None for a run from a file.
    """

    ids: tuple[str, ...]
    scores: tuple[float, ...]
    elapsed_ms: float = math.nan
    confidence: float | None = None
    answerable: bool | None = None


Run: TypeAlias = Mapping[str, Answer]  # by question id


def ask(
    index: Index,
    questions: Questions,
    settings: Mapping[str, SearchOptions],
    progress: Progress | None = None,
    *,
    depth: int = DEPTH,
) -> dict[str, dict[str, Answer]]:
    """Ask every question in every setting for `depth` hits: setting -> question id -> answer.

    A document's score is that of its best passage. Each question goes through all settings before the next,
    beginning with another one each time, so that a busy moment or a warm cache favours none.
    """
    runs: dict[str, dict[str, Answer]] = {name: {} for name in settings}
    names = list(settings)
    for number, question in enumerate(questions.items):
        if not number:  # the model warms up on a question that is not measured
            for options in settings.values():
                index.search(question.text, 1, **options)
        turn = number % len(names) if names else 0
        for name in names[turn:] + names[:turn]:
            runs[name][question.id] = _answer(index, question, questions.unit, settings[name], depth)
        if progress:
            progress("ask", number + 1, len(questions.items))
    return runs


def _answer(index: Index, question: Question, unit: str, options: SearchOptions, depth: int) -> Answer:
    if unit == "document":
        options = {**options, "per_document": 1}
    if question.history:
        options = {"history": question.history, **options}
    found = index.search(question.text, depth, **options)
    named = [(hit.passage.doc_id if unit == "document" else hit.passage.id, hit) for hit in found]
    kept = [(name, hit) for name, hit in named if name != question.id]  # collections of questions hold themselves
    return Answer(
        tuple(name for name, _ in kept),
        tuple(hit.score for _, hit in kept),
        found.elapsed_ms,
        kept[0][1].confidence if kept else 0.0,
        found.answerable,
    )


# --- TREC run files -----------------------------------------------------------------------------------------


def write_run(path: Path, run: Run, tag: str) -> None:
    """Write a run in TREC's six columns: question, Q0, id, rank, score, tag."""
    with path.open("w", encoding="utf-8") as file:
        for question, answer in run.items():
            for rank, (unit, score) in enumerate(zip(answer.ids, answer.scores, strict=True), 1):
                file.write(f"{question} Q0 {unit} {rank} {score:.6f} {tag}\n")


def read_run(path: Path) -> dict[str, Answer]:
    """Read a run in TREC's six columns, ordered by score, ties by rank. Raises EvaluationError."""
    listed: dict[str, list[tuple[float, int, str]]] = {}
    for line, content in _lines(path):
        try:
            question, _, rest = content.split(None, 2)
            unit, rank, score, _ = rest.rsplit(None, 3)  # an id may hold blanks
            listed.setdefault(question, []).append((-float(score), int(rank), unit))
        except ValueError:
            raise EvaluationError(
                f"{path}:{line}: {content[:60]!r} is no line of a TREC run, as q1 Q0 document-7 1 12.5 bm25 is."
            ) from None
    run = {}
    for question, entries in listed.items():
        entries.sort()
        run[question] = Answer(tuple(unit for *_, unit in entries), tuple(-negative for negative, *_ in entries))
    return run


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise EvaluationError(f"{path} cannot be read as a TREC run: {error}") from error
    lines = [(number, line.strip()) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if not lines:
        raise EvaluationError(f"{path} is empty; a TREC run has a line for each hit.")
    yield from lines
