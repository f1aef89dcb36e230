"""Collections of many shapes, asked everything: what speaks for each hit, and whether it is right."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from scripts.benchmarks.confidence.questions import JUDGED, drawn, foreign_to, judged_questions, swapped, unanswerable
from scripts.benchmarks.confidence.shapes import shapes
from searchkit import Index
from searchkit.evaluation import Question, Questions
from searchkit.models.embedders import OnnxEmbedder
from searchkit.search.evidence import evidence
from searchkit.search.inquiry import Inquiry
from searchkit.search.ranked import Ranked
from searchkit.search.request import SearchRequest
from searchkit.storage.contract import View
from searchkit.text.analysis import Analyzer
from searchkit.types import Document, QuestionStates

ONE_TOPIC = ("scifact", "nq-utd", "hotpotqa-200", "squad-dev", "covidqa-para", "pubmedqa-l-para", "musique-200")
DEPTH, OWN, FOREIGN, NEAR, SWAPPED = 10, 150, 9, 30, 60  # hits; questions, foreign ones of each other collection
SIZES, FEWEST = (40, 100), 12  # documents of a neighbourhood; its own questions at least
Example = dict[str, object]


class Reader(OnnxEmbedder):
    """Reads each question once, whatever number of indexes are asked it."""

    @cached_property
    def _read(self) -> dict[str, QuestionStates]:
        return {}

    def read_question(self, text: str) -> QuestionStates:
        if text not in self._read:
            self._read[text] = super().read_question(text)
        return self._read[text]


class Asked(NamedTuple):
    """A collection with its examples: features, right, kind of question ("own", "foreign", …), question, rank.

    family: what must not lie on both sides of a split.
    """

    name: str
    family: str
    examples: list[Example]


def examples(index: Index, question: Question, mode: str) -> Iterator[tuple[dict[str, float], bool]]:
    """Yield what speaks for each of the best hits, and whether it is right."""
    with index._reading() as view:
        analyzer, request = (
            Analyzer(index.settings.language),
            SearchRequest(question.text, mode=mode, history=question.history),
        )
        ranked = Ranked(Inquiry(view, index.embedder, analyzer, request))
        rows = [row for row, _ in itertools.islice(ranked, DEPTH)]
        if not rows or ranked.stretch.question.asks_nothing:
            return
        passages = view.passages.get(rows)
        features = evidence(ranked.stretch, [(row, passages[row]) for row in rows]).features()
        for at, row in enumerate(rows):
            if passages[row].doc_id != question.id:
                right = {passages[row].doc_id, passages[row].id} & question.grades.keys()
                yield {name: float(values[at]) for name, values in features.items()}, bool(right)


def asked(
    name: str,
    family: str,
    index: Index,
    own: list[Question],
    foreign: list[Question],
    *,
    near: Sequence[Question] = (),
    unanswerable: Sequence[Question] = (),
    mode: str,
) -> Asked:
    """Ask an index everything. near: about its topic, answered elsewhere; unanswerable: as people judged."""
    others = itertools.islice(swapped(own, random.Random(0)), SWAPPED)
    kinds = {"own": own, "foreign": foreign, "near": near, "swapped": others, "unanswerable": unanswerable}
    found: list[Example] = [
        {"features": features, "right": right and kind == "own", "kind": kind, "question": number, "first": at == 0}
        for kind, questions in kinds.items()
        for number, question in enumerate(questions)
        for at, (features, right) in enumerate(examples(index, question, mode))
    ]
    return Asked(name, family, found)


def neighbourhood(index: Index, questions: Sequence[Question], size: int, seed: str) -> set[str]:
    """Return the documents nearest to one that answers a question."""
    with index._reading() as view:
        rows = np.sort(np.array([row for doc in index.documents() for row in first_row(view, doc)], np.int64))
        matrix = view.vectors.read(rows).vectors
        ids = [each.rpartition("#")[0] for each in view.passages.ids(rows.tolist()).values()]
    centre = sorted(drawn(questions, 1, seed)[0].grades)[0]
    nearest = np.argsort(-(matrix @ matrix[ids.index(centre)])) if centre in ids else []
    return {ids[at] for at in nearest[:size]}


def first_row(view: View, doc_id: str) -> list[int]:
    row = view.passages.row_of(f"{doc_id}#0")
    return [] if row is None else [row]


def made(path: Path, documents: Iterable[Document], model: OnnxEmbedder) -> Index:
    """Return an index of documents, which is made once."""
    if (path / "index.json").exists():
        return Index.open(path, embedder=model)
    path.parent.mkdir(parents=True, exist_ok=True)
    index = Index.create(path, embedder=model)
    index.add(documents)
    return index


def plain(name: str) -> str:
    return name.replace(",", "").replace(" ", "-")


def neighbourhoods(
    name: str, index: Index, questions: list[Question], foreign: list[Question], place: Path, mode: str
) -> Iterator[Asked]:
    """Yield a neighbourhood of each size in a judged collection."""
    for size in SIZES:
        for attempt in range(50):
            label = f"{name}, {size} around {attempt}"
            kept = neighbourhood(index, questions, size, label)
            own = [question for question in questions if question.grades.keys() <= kept]
            if len(own) >= FEWEST:
                near = [question for question in questions if not question.grades.keys() & kept]
                with made(
                    place / label.replace(", ", "-").replace(" ", "-"), map(index.get, sorted(kept)), index.embedder
                ) as small:
                    yield asked(
                        label,
                        name,
                        small,
                        drawn(own, SWAPPED, label),
                        foreign,
                        near=drawn(near, NEAR, label),
                        mode=mode,
                    )
                break


def collected(data: Path, cache: Path, mode: str = "hybrid") -> Iterator[Asked]:
    """Yield every collection that is there, asked in one mode: what words alone find is other than what they are in."""
    model = Reader()
    names = [name for name in JUDGED if (cache / f"{name}-minilm-256" / "index.json").exists()]
    pools = {name: judged_questions(data, name) for name in names}
    small = {shape.name: shape.questions for shape in shapes() if not shape.name.endswith(("in one", "headings"))}
    for name in names:
        with Index.open(cache / f"{name}-minilm-256", embedder=model) as index:
            foreign = foreign_to(name, pools, FOREIGN)
            own, lacking = judged_questions(data, name), unanswerable(data, name)
            yield asked(name, name, index, drawn(own, OWN, name), foreign, unanswerable=lacking, mode=mode)
            if name in ONE_TOPIC:
                yield from neighbourhoods(name, index, pools[name], foreign[::2], cache / "confidence", mode)
    for shape in shapes():
        family = shape.name.partition(",")[0].partition(" of ")[0]
        with made(
            cache / "confidence" / shape.name.replace(",", "").replace(" ", "-"), shape.documents, model
        ) as index:
            unit = "passage" if shape.questions[0].quotes else "document"
            own = list(Questions(shape.name, unit, tuple(shape.questions)).judged_in(index).items)
            others = {other: found for other, found in small.items() if not other.startswith(family)}
            foreign = foreign_to(shape.name, pools, 4) + foreign_to(shape.name, others, 6)
            yield asked(shape.name, family, index, own, foreign, mode=mode)
