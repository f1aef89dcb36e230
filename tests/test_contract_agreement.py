"""Any world, and any question of it, has the same answers in a folder, on a cluster and in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from searchkit import Document
from searchkit.indexing import embedding
from searchkit.queries.filters import parse_where
from searchkit.queries.syntax import NOTHING
from searchkit.search.answering import search
from searchkit.search.batch import search_many
from searchkit.search.request import SearchRequest
from searchkit.search.who_said import who_said
from searchkit.search.why_not import why_not
from searchkit.storage.contract import View
from searchkit.storage.keywords import ENGINES
from searchkit.text.analysis import Analyzer
from tests.cluster import running
from tests.keyword_world import MAY, QUERIES
from tests.memory_readers import MemoryVectors
from tests.memory_view import MemoryView
from tests.test_contract import SETTINGS, ids, in_folder, rows
from tests.worlds import WORDS, WordHashEmbedder, WordPieceEmbedder

# --- method by method --------------------------------------------------------------------------------------------


def any_world() -> list[Document]:
    """Return 24 documents of a few paragraphs, of words that queries are made of, some of them dated."""
    draw = np.random.default_rng(11)
    vocabulary = ["a", "b", "ab", "ca", "abc", "bca", *WORDS]

    def text() -> str:
        return "\n\n".join(" ".join(draw.choice(vocabulary, draw.integers(2, 9))) for _ in range(draw.integers(1, 4)))

    days = [date.fromordinal(MAY + at).isoformat() for at in range(4)]
    return [
        Document(
            f"d{at}", text(), " ".join(draw.choice(vocabulary, at % 3)),
            {"date": days[at % 4], "n": at} if at % 5 else {"n": at},
        )
        for at in range(24)
    ] + [
        Document("said", 'Analysts said coffee prices rose. "Voters wait," said Lena Okafor.\n\nShe said trade fell.'),
        Document("copies", "\n\n".join(["the river market was hot in hanoi on monday morning"] * 3)),
    ]  # fmt: skip


@pytest.fixture(scope="module", params=[*ENGINES, "cluster"])
def pair(request, tmp_path_factory):
    """The same world in a folder or on a cluster, and in memory.

    On a cluster without titles: Lucene averages the length of titles over the passages that have one.
    """
    documents = any_world()
    if request.param == "cluster":
        documents = [replace(document, title="") for document in documents]
        home = running.index(documents, WordPieceEmbedder(), target_tokens=1, shards=3)
    else:
        home = in_folder(tmp_path_factory.mktemp("pair") / "i", documents, WordPieceEmbedder(), request.param)
    with home as index, index._reading() as folder:
        memory = MemoryView.of(documents, WordPieceEmbedder(), SETTINGS)
        known = [passage.id for document in documents for passage in memory.passages.of(document.id)]
        yield folder, memory, known


CALM = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
WHERES = st.none() | st.sampled_from(
    ["n < 7", "date = 2024-05-02", "not exists date", "title ~ '*a*'", "doc = d3 or n >= 12", "n > 99"]
)
SOME = st.lists(st.integers(0, 200), unique=True, max_size=12)


def same_ranking(folder, memory, found, wanted, tolerance: float) -> None:
    assert ids(folder, found.rows) == ids(memory, wanted.rows)
    assert found.scores == pytest.approx(wanted.scores, rel=tolerance, abs=tolerance)


@CALM
@given(query=QUERIES, where=WHERES, limit=st.integers(1, 80))
def test_keywords_find_and_score_the_same(pair, query, where, limit):
    folder, memory, known = pair
    scopes = [each.scope(parse_where(where)) if where else None for each in (folder, memory)]
    found, wanted = (
        each.keywords.search(query, limit, scope) for each, scope in zip((folder, memory), scopes, strict=True)
    )
    same_ranking(folder, memory, found, wanted, 1e-4)
    none = np.empty(0, np.int64)
    said, due = (each.scores(query, rows(each, *known), None, none)[0] for each in (folder, memory))
    assert said == pytest.approx(due, rel=1e-4)
    narrow, due = (each.narrowed(scope, query) for each, scope in zip((folder, memory), scopes, strict=True))
    assert narrow.holds(rows(folder, *known)).tolist() == due.holds(rows(memory, *known)).tolist()
    assert narrow.count == due.count


@CALM
@given(terms=st.lists(st.sampled_from(["a", "b", "ab", "abc", "coffe", "price", "hanoi", "x"]), unique=True))
def test_frequencies_are_the_same(pair, terms):
    folder, memory, _ = pair
    assert folder.keywords.frequencies(terms, terms[::2]) == memory.keywords.frequencies(terms, terms[::2])


@CALM
@given(
    texts=st.lists(st.sampled_from([*WORDS, "ab ca", "x"]), min_size=1, max_size=3),
    where=WHERES,
    limit=st.integers(1, 70),
)
def test_vectors_find_and_score_the_same(pair, texts, where, limit):
    folder, memory, known = pair
    questions = np.stack([WordHashEmbedder().embed_query(text) for text in texts])
    found, wanted = (
        each.vectors.search_many(questions, limit, each.scope(parse_where(where)) if where else None)
        for each in (folder, memory)
    )
    for ranking, due in zip(found, wanted, strict=True):
        same_ranking(folder, memory, ranking, due, 1e-6)
    none = np.empty(0, np.int64)
    said, due = (each.scores(NOTHING, none, questions, rows(each, *known))[1] for each in (folder, memory))
    assert said == pytest.approx(due, abs=1e-6)


@CALM
@given(chosen=SOME, reach=st.integers(0, 3))
def test_all_that_is_known_of_passages_is_the_same(pair, chosen, reach):
    folder, memory, known = pair
    names = [known[at % len(known)] for at in dict.fromkeys(number % len(known) for number in chosen)]

    def told(view: View) -> dict[str, object]:
        own = rows(view, *names).tolist()
        named = view.passages.ids(own)
        passages = view.passages.get(own)
        pairs = view.passages.neighbours(own, reach)
        every = {**named, **view.passages.ids([other for _, other in pairs])}
        owners = view.passages.owners(own)
        spoken = view.statements.within(own)
        speakers = view.statements.speakers({said.speaker for said in spoken})
        vectors, pieces = view.vectors.read(np.array(own, np.int64))
        return {
            "passages": {named[row]: passage for row, passage in passages.items()},
            "around": view.passages.around(passages.values(), reach),
            "neighbours": sorted((every[row], every[other]) for row, other in pairs),
            "days": {named[row]: day for row, day in view.passages.days(own).items()},
            "together": {(named[a], named[b]) for a in own for b in own if owners[a] == owners[b]},
            "signatures": {named[row]: blob for row, blob in view.passages.signatures(own).items()},
            "statements": [(named[said.row], speakers[said.speaker], said[3:]) for said in spoken],
            "vectors": vectors.tolist(),
            "pieces": (pieces.values.tolist(), pieces.ends.tolist()),
        }

    assert told(folder) == told(memory)


def test_the_whole_of_it_is_the_same(pair):
    folder, memory, _ = pair
    assert folder.passages.documents("d1*") == memory.passages.documents("d1*")
    assert [folder.passages.document(each) for each in folder.passages.documents()] == [
        memory.passages.document(each) for each in memory.passages.documents()
    ]


# --- whole questions ---------------------------------------------------------------------------------------------

ASKED = [
    "Which prices rose in Hanoi?",
    "What did analysts say about coffee prices in May 2024?",
    "What did Lena Okafor say about trade?",
    "storm river election market voters trade hanoi coffee analysts said prices vietnam storm abc",
    "river market hot in hanoi on monday morning",
    'coffee AND NOT storm OR "river market"',
    "date:2024-05-02",
    "xylophone",
    "",
]
OPTIONS = [
    {},
    {"mode": "keyword"},
    {"mode": "vector"},
    {"fusion": "rrf", "stages": ()},
    {"fusion": "minmax", "weights": {"keyword": 2.0}},
    {"where": "n < 15", "context": 1},
    {"collapse": True, "k": 20},
    {"per_document": 1},
    {"diversity": 0.4, "k": 15},
    {"offset": 5, "k": 5},
    {"recency": 0.2},
    {"said_by": "analysts"},
    {"weights": {"vector": 0.0}},
    {"k": 100},
    {"reranker": "late"},
]


def answered(view: View, question: str, options) -> list[dict]:
    request = SearchRequest(question, **{"today": date(2024, 6, 1), "explain": True, **options})
    found = search(view, WordPieceEmbedder(), Analyzer("en"), request)
    return [{"warnings": found.warnings, "explain": found.explain}, *(hit.to_dict() for hit in found)]


def approximately(value, places: int = 6):
    """Return the value with numbers that need only be near; what is rounded may be rounded up or down."""
    if isinstance(value, float):
        return pytest.approx(value, rel=1e-4, abs=1.1 * 10**-places)
    if isinstance(value, dict):
        return {key: approximately(each, 4 if key == "confidence" else places) for key, each in value.items()}
    return [approximately(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("question", ASKED)
def test_a_question_has_the_same_hits_in_the_same_order(pair, question, options):
    folder, memory, _ = pair
    found, wanted = answered(folder, question, options), answered(memory, question, options)
    assert [hit.get("passage", {}).get("id") for hit in found] == [hit.get("passage", {}).get("id") for hit in wanted]
    assert found == approximately(wanted)


def test_many_questions_have_the_same_answers_at_once(pair):
    folder, memory, _ = pair
    requests = [SearchRequest(question, today=date(2024, 6, 1)) for question in ASKED]
    found, wanted = (search_many(view, WordPieceEmbedder(), Analyzer("en"), requests) for view in (folder, memory))
    for results, due in zip(found, wanted, strict=True):
        assert [hit.to_dict() for hit in results] == approximately([hit.to_dict() for hit in due])


@pytest.mark.parametrize(("name", "about"), [("analysts", None), ("Okafor", "trade"), ("nobody", None)])
def test_the_same_is_said(pair, name, about):
    folder, memory, _ = pair
    found, wanted = (who_said(view, WordPieceEmbedder(), Analyzer("en"), name, about, 10) for view in (folder, memory))
    assert found == wanted
    assert bool(found) == (name != "nobody")


@pytest.mark.parametrize("passage_id", ["d3#0", "said#1", "copies#2", "nothing#0"])
@pytest.mark.parametrize("options", [{}, {"k": 3, "collapse": True}, {"where": "n < 4"}, {"mode": "keyword"}], ids=str)
def test_a_passage_is_missing_for_the_same_reasons(pair, passage_id, options):
    folder, memory, _ = pair
    found, wanted = (
        why_not(view, WordPieceEmbedder(), Analyzer("en"), passage_id, SearchRequest(ASKED[0], **options))
        for view in (folder, memory)
    )
    assert (found.verdict, found.rank, found.advice) == (wanted.verdict, wanted.rank, wanted.advice)


def test_an_upgrade_is_the_same_wherever_drafts_are(monkeypatch, tmp_path):
    monkeypatch.setattr(embedding, "FIRST", 10)
    documents = any_world()
    with in_folder(tmp_path / "i", documents, WordPieceEmbedder(), "tantivy") as index, index._reading() as folder:
        known = [passage.id for document in documents for passage in folder.passages.of(document.id)]
        own = rows(folder, *known)
        vectors, drafts = folder.vectors.read(own), folder.vectors.drafts(own)
        assert 0 < drafts.sum() < len(known)
        pieces = np.split(vectors.pieces.values, vectors.pieces.ends[:-1])
        memory = MemoryView.of(documents, settings=SETTINGS)
        there = rows(memory, *known)
        memory.vectors = MemoryVectors(there.tolist(), vectors.vectors, pieces, there[drafts].tolist())
        for question in ASKED[:3]:
            options = {"upgrade": 20}
            found, wanted = answered(folder, question, options), answered(memory, question, options)
            assert found[0]["explain"]["upgraded"] > 0
            assert found == approximately(wanted)
