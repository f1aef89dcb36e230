"""How often a question asks its index: a view that is far away is asked a few times, not once a passage."""

from __future__ import annotations

from collections import Counter
from datetime import date

import numpy as np
import pytest

from searchkit import Document, Index
from searchkit.search import pool
from searchkit.search.answering import search
from searchkit.search.batch import search_many
from searchkit.search.memory import Memory
from searchkit.search.request import SearchRequest
from searchkit.search.who_said import who_said
from searchkit.search.why_not import why_not
from searchkit.storage.settings import Settings
from searchkit.text.analysis import Analyzer
from tests.counting import Counted
from tests.memory_view import MemoryView
from tests.worlds import WORDS, WordPieceEmbedder

ANALYZER = Analyzer("en")


@pytest.fixture(autouse=True)
def few_candidates(monkeypatch):
    """Let the arms find few enough for the neighbours of the first passages to be none of them."""
    monkeypatch.setattr(pool, "DEPTHS", (120, 4_000))


PLAIN = "Which coffee prices rose in Hanoi?"
EVERYTHING = "What did analysts say about coffee prices in June 2022?"


def documents() -> list[Document]:
    """Return 100 documents of one to three passages of few words, dated, in some of which analysts say something."""
    draw = np.random.default_rng(3)

    def text() -> str:
        said = "Analysts said coffee prices rose. " if draw.random() < 0.3 else ""
        return said + " ".join(draw.choice(WORDS, draw.integers(3, 7))) + "."

    texts = ["\n\n".join(text() for _ in range(draw.integers(1, 4))) for _ in range(100)]
    return [Document(f"d{at}", text, metadata={"date": f"20{20 + at % 5}-06-01"}) for at, text in enumerate(texts)]


@pytest.fixture(scope="module", params=["folder", "memory"])
def view(request, tmp_path_factory):
    if request.param == "memory":
        yield MemoryView.of(documents(), WordPieceEmbedder(), Settings(target_tokens=1))
        return
    path = tmp_path_factory.mktemp("calls") / "i"
    with Index.create(path, embedder=WordPieceEmbedder(), target_tokens=1) as index:
        index.add(documents())
        with index._reading() as found:
            yield found


def request_of(question: str, **options) -> SearchRequest:
    return SearchRequest(question, **{"today": date(2024, 7, 1), **options})


def calls(view, question: str, **options) -> Counter[str]:
    """Return how often each method is called by a question; one that it does not call counts 0."""
    counted = Counted(view)
    assert len(search(counted, WordPieceEmbedder(), ANALYZER, request_of(question, **options))) > 0
    return counted.calls


ONCE = {"keywords.frequencies": 1, "find": 1, "scope": 1}
FIRST = {**ONCE, "scores": 2, "passages.neighbours": 1, "vectors.read": 1, "passages.get": 1}
WHOSE = {"statements.speakers": 1, "statements.within": 1}


def test_a_hybrid_question_asks_each_thing_once(view):
    """Both arms score candidates of the other in one call, and the neighbours of the first in another."""
    assert calls(view, PLAIN) == FIRST


def test_a_question_of_many_parts_asks_no_more_than_one_of_one(view):
    """The vector arm looks for all parts at once, and says of all what it says of a passage."""
    parts = "Which coffee prices rose in Hanoi? Did the storm flood the harbour market? Who won the last election?"
    assert calls(view, parts) == FIRST


def test_passages_around_the_hits_come_in_one_call(view):
    assert calls(view, PLAIN, context=1) == {**FIRST, "passages.around": 1}


def test_somebodys_words_of_some_time_cost_a_call_for_each_of_the_two(view):
    assert calls(view, EVERYTHING) == {**FIRST, **WHOSE, "passages.days": 1}


@pytest.mark.parametrize("reranker", ["late", lambda _, passages: [float(len(text)) for text in passages]])
def test_all_at_once_asks_no_thing_twice(view, reranker):
    options = {"reranker": reranker, "context": 1, "collapse": True, "recency": 0.1, "per_document": 2, "explain": True}
    found = calls(view, EVERYTHING, **options)
    assert found.pop("passages.ids", 0) <= 1  # of copies, if the reranker puts any among the first
    assert found.pop("passages.get") <= 2  # texts of near duplicates, if there are any, in one call
    about = ("days", "around", "owners", "signatures")
    assert found.pop("scores") == 3  # to explain, which part of the question each hit is nearest to
    once = {**FIRST, **WHOSE, **{f"passages.{each}": 1 for each in about}}
    assert found == {name: count for name, count in once.items() if name not in ("scores", "passages.get")}


@pytest.mark.parametrize(
    "stages", [("neighbours",), ("pieces",), ("feedback",), ("smoothing",), ("speaker",), ("time",), ()]
)
@pytest.mark.parametrize("mode", ["hybrid", "keyword", "vector"])
def test_no_mode_and_no_stage_asks_a_thing_twice(view, mode, stages):
    found = calls(view, EVERYTHING, mode=mode, stages=stages)
    assert found.pop("scores", 0) <= 2
    assert set(found.values()) == {1}


@pytest.mark.parametrize("diversity", [0.3, 0.9])
def test_the_first_passages_are_diverse_for_one_more_look_at_vectors(view, diversity):
    """Also where they come from behind those that stages look at: their pieces are known by then."""
    assert calls(view, PLAIN, diversity=diversity) == {**FIRST, "vectors.read": 2}


def test_an_upgrade_asks_which_vectors_are_drafts_and_goes_on_if_there_are_none(view):
    assert calls(view, PLAIN, upgrade=20) == {**FIRST, "vectors.drafts": 1, "computed": 2}


def test_many_questions_share_one_call_of_the_vector_arm(view):
    counted = Counted(view)
    requests = [request_of(question) for question in (PLAIN, EVERYTHING, "storm election", "river market voters")]
    search_many(counted, WordPieceEmbedder(), ANALYZER, requests)
    assert counted.calls["vectors.search_many"] == 1
    assert counted.calls["keywords.search"] == counted.calls["keywords.frequencies"] == 4


def test_an_operator_asks_for_what_it_binds(view):
    """Both arms find all of the few that it lets through: neither is asked for scores."""
    assert calls(view, "coffee AND NOT storm") == Counter({**FIRST, "narrowed": 1, "scores": 0})


def test_who_said_asks_each_thing_once(view):
    counted = Counted(view)
    assert who_said(counted, WordPieceEmbedder(), ANALYZER, "analysts", "coffee", 100)
    asked = ("statements.matching", "statements.by", "statements.speakers", "passages.get", "keywords.frequencies")
    assert counted.calls == {**dict.fromkeys(asked, 1), "scores": 1}


def test_why_not_asks_each_arm_once_more_for_all_that_it_finds(view):
    counted = Counted(view)
    assert why_not(counted, WordPieceEmbedder(), ANALYZER, "d9#0", request_of(PLAIN)).verdict == "cut"
    assert counted.calls["find"] == counted.calls["keywords.search"] == counted.calls["vectors.search_many"] == 1
    assert counted.calls["passages.row_of"] == 1


def test_some_of_the_rows_that_were_read_are_known_in_any_order(view):
    """Vectors and pieces are those that a new reading gives."""
    counted = Counted(view)
    memory = Memory(counted)
    memory.vectors(np.array([9, 2, 7, 30]))
    vectors, pieces = memory.vectors(np.array([30, 9]))
    wanted = view.vectors.read(np.array([30, 9]))
    assert counted.calls["vectors.read"] == 1
    assert vectors.tolist() == wanted.vectors.tolist()
    assert [own.tolist() for own in pieces] == [own.tolist() for own in wanted.pieces]
    memory.vectors(np.array([9, 3]))
    assert counted.calls["vectors.read"] == 2
