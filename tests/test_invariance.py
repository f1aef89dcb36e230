"""A confidence means the same in every index: however documents are cut, copied, and whatever else is there."""

from __future__ import annotations

import pytest

from searchkit import Document, Index

ANSWER = "The harbour master closes the inner lock at ten in the evening, and opens it again at five."
TOPIC = (
    ANSWER,
    "Yachts moor at the eastern pier of the harbour, where water and electricity are paid by coins.",
    "Fishing boats unload at the western pier before noon; their catch is sold in the hall behind it.",
)
ELSEWHERE = (
    "The orchestra rehearsed a symphony by Bruckner in a hall without heating.",
    "Vaccines against measles are given twice in the first two years of life.",
    "A comet passed the sun and lost most of its ice in a few days.",
    "The court found that the merger would have ended competition among cement makers.",
    "Bakers fold butter into dough many times, so that it rises in thin leaves.",
    "Voters in the mountain valleys elected a new council by a show of hands.",
)
QUESTIONS = (
    "When does the lock of the harbour close?",
    "Where do yachts moor?",
    "Who won the chess tournament in Oslo?",
)
SAME = 0.02


@pytest.fixture
def confidences(tmp_path):
    """Return how sure the best hit for each question is, in an index of these documents."""
    count = iter(range(100))

    def ask(*documents: Document) -> list[float]:
        with Index.create(tmp_path / str(next(count)), target_tokens=1) as index:  # each paragraph is a passage
            index.add(documents)
            return [index.search(question, 1)[0].confidence for question in QUESTIONS]

    return ask


def each(*texts: str, start: int = 0) -> list[Document]:
    return [Document(str(at), text) for at, text in enumerate(texts, start)]


@pytest.fixture
def alone(confidences):
    found = confidences(*each(*TOPIC))
    assert found[0] > 0.5
    assert found[1] > 0.5
    assert found[2] < 0.08
    return pytest.approx(found, abs=SAME)


def test_one_document_or_many(confidences, alone):
    assert confidences(Document("all", "\n\n".join(TOPIC))) == alone


@pytest.mark.parametrize("copies", [2, 5])
def test_copies(confidences, alone, copies):
    assert confidences(*each(*TOPIC * copies)) == alone


def test_unrelated_documents(confidences, alone):
    assert confidences(*each(*TOPIC, *ELSEWHERE)) == alone
    assert confidences(*each(*TOPIC, *(f"{text} Part {n}." for text in ELSEWHERE for n in range(20)))) == alone


def test_an_index_of_one_topic(confidences, alone):
    """The same paragraphs among others about the harbour."""
    berths = (f"Berth {number} of the harbour is {number + 5} metres long and no club's." for number in range(8))
    assert confidences(*each(*TOPIC, *berths)) == alone
