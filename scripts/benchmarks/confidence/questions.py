"""Questions to ask a collection: its own, swapped, foreign, and those that people judged to have no answer."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from searchkit.evaluation import Question, read_questions
from searchkit.queries.conversation import turns

JUDGED = {"scifact": "train", "nfcorpus": "dev"} | dict.fromkeys(
    (
        "squad-dev", "multihoprag-pool", "nq-utd", "cranfield", "hotpotqa-200", "cisi", "npl-vaswani", "musique-200",
        "2wiki-200", "covidqa-para", "pubmedqa-l-para", "chat-dev",
    ),
    "test",
)  # fmt: skip
REPORTED = 1_000  # questions of SQuAD that scripts/bench relevance reports: they stay out of this


def swapped(questions: list[Question], draw: random.Random) -> Iterator[Question]:
    """Yield questions with a name or number of another question in place of one of their own."""
    found = {question.id: list(marked(question.text)) for question in questions}
    pools = {kind: [text for spans in found.values() for text, own in spans if own == kind] for kind in (True, False)}
    for question in questions:
        if found[question.id]:
            text, number = draw.choice(found[question.id])
            others = [other for other in pools[number] if other not in question.text]
            if others:
                yield Question(
                    f"swapped/{question.id}", question.text.replace(text, draw.choice(others)), kind="swapped"
                )


def marked(text: str) -> Iterator[tuple[str, bool]]:
    """Yield runs of capitalised words behind the first, and numbers, with whether they are numbers."""
    words = text.rstrip("?. ").split()
    for capital, run in itertools.groupby(words[1:], key=lambda word: word[0].isupper()):
        if capital:
            yield " ".join(run).strip(",;:'\""), False
    yield from ((word.strip(",;:"), True) for word in words if any(map(str.isdigit, word)))


def judged_questions(data: Path, name: str) -> list[Question]:
    """Return a collection's questions, but for those that another benchmark reports."""
    found = read_questions(data / name, split=JUDGED[name], sample=10**6)
    if len(found.items) <= REPORTED or JUDGED[name] != "test":
        return list(found.items)
    reported = {question.id for question in found.sample(REPORTED).items}
    return [question for question in found.items if question.id not in reported] or list(found.items)


def unanswerable(data: Path, name: str) -> list[Question]:
    """Return the questions that people judged to have no answer in a collection; none of most collections."""
    with (data / name / "queries.jsonl").open(encoding="utf-8") as lines:
        return [
            Question(
                found["_id"], found["text"], kind="unanswerable", history=turns("history", found.get("history") or ())
            )
            for found in map(json.loads, lines)
            if found.get("answerability") == "UNANSWERABLE"
        ]


def drawn(questions: Sequence[Question], count: int, seed: str) -> list[Question]:
    return random.Random(seed).sample(list(questions), min(count, len(questions)))


def foreign_to(family: str, pools: Mapping[str, Sequence[Question]], count: int) -> list[Question]:
    """Return so many questions of each other family."""
    others = {name: questions for name, questions in pools.items() if name != family}
    return [
        Question(f"{name}/{question.id}", question.text)
        for name, questions in others.items()
        for question in drawn(questions, count, family + name)
    ]
