"""Questions with their judgments, and how judged quotes become judged passages of an index."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from searchkit.errors import EvaluationError
from searchkit.queries.conversation import Turn
from searchkit.types import Document, Passage

if TYPE_CHECKING:
    from searchkit.index import Index

SAMPLE_SEED = 0
SHOWN = 3  # examples in a message


class Quote(NamedTuple):
    """Words that an answer holds: `text` inside the document `doc`; grade 1 helps, 2 answers."""

    doc: str
    text: str
    grade: int


@dataclass(frozen=True, slots=True)
class Question:
    """A question and what answers it: `grades` maps ids of documents or passages to grades above 0.

    Without grades nothing answers it. kind: for a breakdown. quotes: judgments that are not passages yet. history: the
    turns of the conversation before it.
    """

    id: str
    text: str
    grades: Mapping[str, int] = field(default_factory=dict)
    kind: str = ""
    quotes: tuple[Quote, ...] = ()
    history: tuple[Turn, ...] = ()

    @property
    def turn(self) -> str:
        """Which turn of a conversation it is."""
        return "follow-up" if self.history else "first turn"

    @property
    def answerable(self) -> bool:
        """Whether anything was judged to answer it."""
        return bool(self.grades or self.quotes)


@dataclass(frozen=True, slots=True)
class Questions:
    """A set of questions judged by whole documents or by passages."""

    source: str
    unit: Literal["document", "passage"]
    items: tuple[Question, ...]
    warnings: tuple[str, ...] = ()

    @property
    def conversations(self) -> bool:
        """Whether some of the questions follow others."""
        return any(question.history for question in self.items)

    def sample(self, size: int | None) -> Questions:
        """Return at most `size` of the questions, always the same ones, ordered by id."""
        if size is None or len(self.items) <= size:
            return self
        by_id = {question.id: question for question in self.items}
        chosen = random.Random(SAMPLE_SEED).sample(sorted(by_id), size)  # noqa: S311 - a sample, no secret
        return replace(self, items=tuple(by_id[each] for each in sorted(chosen)))

    def judged_in(self, index: Index) -> Questions:
        """Return the questions with quotes turned into passages of `index`, and warnings: for what it lacks, and where
        it holds the questions themselves.

        What was judged but is not in the index stays as an id that no search returns: not to find it is a miss.
        Raises EvaluationError if the index holds nothing that was judged.
        """
        found = _with_passages(self, index) if self.unit == "passage" else self
        judged = {unit for question in found.items for unit in question.grades}
        known = _known_units(found, index)
        missing = sorted(judged - known)
        if judged and len(missing) == len(judged):
            raise EvaluationError(
                f"{index.path} holds none of the {len(judged)} {self.unit}s that {self.source} judges "
                f"(such as {missing[0]!r}). Name the index of their collection with --index."
            )
        told = list(found.warnings)
        if asked := _own_file(self, index):
            told.append(f"{index.path} holds {asked} itself: questions find themselves. Leave it out with --exclude")
        if not missing:
            return replace(found, warnings=tuple(told))
        some = ", ".join(map(repr, missing[:SHOWN])) + (" …" if len(missing) > SHOWN else "")
        share = f"{len(missing)} of {len(judged)} judged {self.unit}s"
        told.append(f"{share} are not in {index.path} and count as missed: {some}")
        return replace(found, warnings=tuple(told))


def _own_file(questions: Questions, index: Index) -> Path | None:
    """Return the file that the questions come from if it was indexed too, as a record each or whole."""
    source = Path(questions.source).resolve()
    files = {source, source / "queries.jsonl"}
    records = [question.id for question in questions.items[:SHOWN]]
    named = [doc_id for file in files for doc_id in index.documents(f"*{escape(file.name)}*")[:SHOWN]]
    return next((path for path in map(index.file_of, (*records, *named)) if path in files), None)


def _known_units(questions: Questions, index: Index) -> set[str]:
    """Return which judged ids exist; a quote that no passage holds has an id that does not."""
    if questions.unit == "document":
        return set(index.documents())
    return {unit for question in questions.items for unit in question.grades if not unit.endswith("#?")}


def _with_passages(questions: Questions, index: Index) -> Questions:
    documents = _Documents(index)
    items = tuple(
        replace(question, grades=dict(_graded(question.quotes, documents)), quotes=()) if question.quotes else question
        for question in questions.items
    )
    return replace(questions, items=items)


def _graded(quotes: Iterable[Quote], documents: _Documents) -> Iterable[tuple[str, int]]:
    best: dict[str, int] = {}
    for quote in quotes:
        for unit in documents.passages_with(quote) or [f"{quote.doc}: {quote.text[:40]!r}#?"]:
            best[unit] = max(best.get(unit, 0), quote.grade)
    return best.items()


class _Documents:
    """Finds the passages that hold a quote; a document is known by its id or the end of its path."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._ids = index.documents()
        self._exact = set(self._ids)
        self._seen: dict[str, tuple[Document, list[Passage]] | None] = {}

    def passages_with(self, quote: Quote) -> list[str]:
        """Return the ids of the passages that share text with the quote, none if the document lacks it."""
        if quote.doc not in self._seen:
            self._seen[quote.doc] = self._find(quote.doc)
        found = self._seen[quote.doc]
        if found is None:
            return []
        document, passages = found
        spaced = re.compile(r"\s+".join(map(re.escape, quote.text.split())))
        spans = [match.span() for match in spaced.finditer(document.text)]
        return [p.id for p in passages if any(p.start < end and start < p.end for start, end in spans)]

    def _find(self, doc: str) -> tuple[Document, list[Passage]] | None:
        ids = [doc] if doc in self._exact else [each for each in self._ids if each.endswith("/" + doc)]
        if len(ids) > 1:
            raise EvaluationError(f"{doc!r} could be {ids[0]!r} or {ids[1]!r}; write the whole id into the judgment.")
        item = self._index.get(ids[0]) if ids else None
        return (item, self._index.passages(item.id)) if isinstance(item, Document) else None
