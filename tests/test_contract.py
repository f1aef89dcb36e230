"""What a question may ask of an index: one test body for every implementation, on worlds small enough to work out."""

from __future__ import annotations

import math
import shutil
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from searchkit import Document, Index
from searchkit.queries.filters import parse_where
from searchkit.queries.syntax import NOTHING, Boolean, DateRange, Phrase, Prefix, Term
from searchkit.storage import store
from searchkit.storage.contract import Said, Speaker, VectorSearch, View, WordSearch
from searchkit.storage.keywords import ENGINES
from searchkit.storage.keywords.engine import K1, B
from searchkit.storage.settings import Settings
from searchkit.storage.view import FolderView
from searchkit.text.analysis import Analyzer
from searchkit.text.minhash import DTYPE, THRESHOLD, similarity
from tests.cluster import running
from tests.keyword_world import idf_of
from tests.memory_view import MemoryView
from tests.worlds import WordHashEmbedder, WordPieceEmbedder

DOCUMENTS = (
    Document(
        "harbour", "Coffee is dear.\n\nTea is cheap.\n\nCoffee, coffee.", "Drinks", {"date": "2024-06-20", "page": 7}
    ),
    Document("ferry", '"The ferry was late," said Lena Okafor.\n\nCoffee is dear.', metadata={"date": "2024-07-01"}),
    Document("hill", "Analysts said tea would rise.", metadata={"kind": "report"}),
)
PASSAGES = ["harbour#0", "harbour#1", "harbour#2", "ferry#0", "ferry#1", "hill#0"]
SETTINGS = Settings(target_tokens=1)  # every paragraph is a passage


def in_folder(path: Path, documents, embedder, engine: str) -> Index:
    """Return an index of documents of which every paragraph is a passage."""
    index = Index.create(path, embedder=embedder, engine=engine, target_tokens=1)
    index.add(documents)
    return index


@pytest.fixture(scope="module", params=[*ENGINES, "memory", "cluster"])
def view(request, tmp_path_factory):
    if request.param == "memory":
        yield MemoryView.of(DOCUMENTS, WordPieceEmbedder(), SETTINGS)
        return
    if request.param == "cluster":
        with (
            running.index(DOCUMENTS, WordPieceEmbedder(), target_tokens=1, shards=3) as index,
            index._reading() as found,
        ):
            yield found
        return
    with (
        in_folder(tmp_path_factory.mktemp("contract") / "i", DOCUMENTS, WordPieceEmbedder(), request.param) as index,
        index._reading() as found,
    ):
        yield found


def rows(view: View, *ids: str) -> np.ndarray:
    return np.array([view.passages.row_of(each) for each in ids], np.int64)


def ids(view: View, found) -> list[str]:
    names = view.passages.ids(found.tolist())
    return [names[row] for row in found.tolist()]


def held(view: View, scope) -> set[str]:
    return {each for each, inside in zip(PASSAGES, scope.holds(rows(view, *PASSAGES)), strict=True) if inside}


# --- passages ----------------------------------------------------------------------------------------------------


def test_every_passage_has_a_row_and_every_row_its_passage(view):
    known = rows(view, *PASSAGES).tolist()
    assert len(set(known)) == view.keywords.count == len(view.vectors) == 6
    assert view.passages.ids(known) == dict(zip(known, PASSAGES, strict=True))
    assert [view.passages.row_of(other) for other in ("harbour#3", "harbour", "nothing#0", "")] == [None] * 4


def test_passages_have_their_texts_and_what_is_known_of_their_documents(view):
    first, last = rows(view, "harbour#1", "hill#0").tolist()
    found = view.passages.get([last, first, max(rows(view, *PASSAGES)) + 1])
    assert set(found) == {first, last}
    assert (found[first].id, found[first].doc_id, found[first].ordinal) == ("harbour#1", "harbour", 1)
    assert (found[first].text, found[first].title, found[first].start) == ("Tea is cheap.", "Drinks", 17)
    assert (found[first].line, found[first].end_line, found[first].page) == (3, 3, None)
    assert dict(found[first].metadata) == {"date": "2024-06-20", "page": 7}
    assert (found[last].text, found[last].title) == ("Analysts said tea would rise.", "")
    assert view.passages.get([]) == {}


def test_a_documents_passages_come_in_order(view):
    assert [each.id for each in view.passages.of("harbour")] == PASSAGES[:3]
    assert view.passages.of("nothing") == []


def test_around_a_passage_are_its_documents_own_and_itself(view):
    first, lone = view.passages.of("harbour")[0], view.passages.of("hill")[0]
    found = view.passages.around([lone, first], 1)
    assert {each: [other.id for other in near] for each, near in found.items()} == {
        "harbour#0": ["harbour#0", "harbour#1"],
        "hill#0": ["hill#0"],
    }
    assert found["harbour#0"][0] == first
    assert [other.id for other in view.passages.around([first], 2)["harbour#0"]] == PASSAGES[:3]
    assert view.passages.around([], 1) == {}


def test_neighbours_are_within_reach_in_the_same_document_and_not_oneself(view):
    h0, h1, h2, f0, f1, hill = rows(view, *PASSAGES).tolist()
    assert sorted(view.passages.neighbours([h0, h1, hill], 1)) == sorted([(h0, h1), (h1, h0), (h1, h2)])
    assert sorted(view.passages.neighbours([h0, f1], 2)) == sorted([(h0, h1), (h0, h2), (f1, f0)])
    assert view.passages.neighbours([], 2) == []


def test_passages_of_one_document_have_one_owner(view):
    owners = view.passages.owners(rows(view, *PASSAGES).tolist())
    parts = {}
    for row, owner in owners.items():
        parts.setdefault(owner, set()).update(view.passages.ids([row]).values())
    assert sorted(map(sorted, parts.values())) == [["ferry#0", "ferry#1"], PASSAGES[:3], ["hill#0"]]


def test_days_are_those_of_the_documents_dates(view):
    h0, f0, hill = rows(view, "harbour#0", "ferry#0", "hill#0").tolist()
    days = {h0: date(2024, 6, 20).toordinal(), f0: date(2024, 7, 1).toordinal()}
    assert view.passages.days([h0, f0, hill]) == days


def test_signatures_tell_passages_of_one_text(view):
    known = rows(view, "harbour#0", "ferry#1", "hill#0").tolist()
    found = {row: np.frombuffer(blob, DTYPE) for row, blob in view.passages.signatures(known).items()}
    same, copy, other = (found[row] for row in known)
    assert similarity(same, copy) == 1
    assert similarity(same, other) < THRESHOLD


def test_documents_are_found_by_id_and_by_glob(view):
    assert view.passages.document("ferry") == DOCUMENTS[1]
    assert view.passages.document("ferry#0") is None
    assert view.passages.documents() == ["ferry", "harbour", "hill"]
    assert view.passages.documents("h*") == ["harbour", "hill"]
    assert view.passages.documents("h?") == []


# --- keywords ----------------------------------------------------------------------------------------------------


def test_frequencies_are_of_texts_and_else_of_titles_or_of_all(view):
    """The title stands before the first passage's text: "drink" is in one text, and in three titles."""
    texts, anywhere = view.keywords.frequencies(["coffe", "drink", "x"], ["coffe", "drink"])
    assert texts == {"coffe": 3, "drink": 1, "x": 0}
    assert anywhere == {"coffe": 3, "drink": 3}
    assert view.keywords.frequencies([]) == ({}, {})


def test_keywords_find_by_bm25(view):
    """Of 6 passages 2 hold tea, 3 and 5 terms long, of 25 terms in all."""
    found = view.keywords.search(Term("tea", "body"), 10)
    lengths = [len(Analyzer("en").terms(text)) + extra for text, extra in zip(TEXTS, (1, 0, 0, 0, 0, 0), strict=True)]
    average = sum(lengths) / 6
    wanted = {
        each: idf_of(6, 2) * (K1 + 1) / (1 + K1 * (1 - B + B * lengths[PASSAGES.index(each)] / average))
        for each in ("harbour#1", "hill#0")
    }
    assert ids(view, found.rows) == ["harbour#1", "hill#0"]
    assert found.scores == pytest.approx(list(wanted.values()), rel=1e-5)
    assert found.scores.dtype == np.float32


TEXTS = ["Coffee is dear.", "Tea is cheap.", "Coffee, coffee.", DOCUMENTS[1].text.split("\n\n")[0], "Coffee is dear.",
         "Analysts said tea would rise."]  # fmt: skip


def test_the_best_come_first_and_equal_ones_by_row(view):
    coffee = view.keywords.search(Term("coffe", "body"), 10)
    assert ids(view, coffee.rows)[0] == "harbour#2"
    assert set(ids(view, coffee.rows)) == {"harbour#0", "harbour#2", "ferry#1"}
    assert ids(view, view.keywords.search(Term("coffe", "body"), 1).rows) == ["harbour#2"]
    assert sorted(coffee.scores.tolist(), reverse=True) == coffee.scores.tolist()
    dated = view.keywords.search(DateRange(date(2024, 6, 1), date(2024, 7, 1)), 10)
    assert dated.rows.tolist() == sorted(rows(view, *PASSAGES[:5]).tolist())


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (Phrase(("coffe", "is")), {"harbour#0", "ferry#1"}),
        (Phrase(("coffe", "dear"), slop=1), {"harbour#0", "ferry#1"}),
        (Phrase(("coffe", "dear")), set()),
        (Prefix("che"), {"harbour#1"}),
        (Boolean(must=(Term("coffe"),), must_not=(Term("dear"),)), {"harbour#2"}),
        (Boolean(must_not=(Term("is"),)), {"harbour#2", "ferry#0", "hill#0"}),
        (DateRange(date(2024, 7, 1), None), {"ferry#0", "ferry#1"}),
        (NOTHING, set()),
    ],
    ids=lambda given: type(given).__name__ if isinstance(given, set) else repr(given),
)
def test_a_query_finds_what_matches_and_nothing_else(view, query, found):
    assert set(ids(view, view.keywords.search(query, 10).rows)) == found
    assert held(view, view.narrowed(None, query)) == found


# --- vectors -----------------------------------------------------------------------------------------------------


def test_the_nearest_vectors_are_those_of_the_highest_cosine(view):
    """By counting words: all three of ferry#1, three of the four of harbour#0; coffee twice beside a title."""
    question = WordHashEmbedder().embed_query("Coffee is dear.")
    (found,) = view.vectors.search_many(question[None], 3)
    assert ids(view, found.rows) == ["ferry#1", "harbour#0", "harbour#2"]
    assert found.scores == pytest.approx([1, 3 / math.sqrt(3 * 4), 2 / math.sqrt(3 * 5)], abs=1e-3)


def test_many_questions_are_answered_each_as_by_itself(view):
    questions = np.stack([WordHashEmbedder().embed_query(text) for text in ("tea", "ferry", "analysts rise")])
    found = view.vectors.search_many(questions, 2)
    for question, ranking in zip(questions, found, strict=True):
        (alone,) = view.vectors.search_many(question[None], 2)
        assert (ranking.rows.tolist(), ranking.scores.tolist()) == (alone.rows.tolist(), alone.scores.tolist())
    assert [ids(view, ranking.rows)[0] for ranking in found] == ["harbour#1", "ferry#0", "hill#0"]


def test_vectors_and_pieces_are_the_models(view):
    model = WordPieceEmbedder()
    texts = ["Drinks\nTea is cheap.", "Coffee is dear."]
    vectors, pieces = view.vectors.read(rows(view, "harbour#1", "ferry#1"))
    assert vectors == pytest.approx(model.embed_passages(texts), abs=1e-3)
    assert vectors.dtype == np.float32
    lists = np.split(pieces.values, pieces.ends[:-1])
    assert [own.tolist() for own in lists] == [own.tolist() for own in model.pieces(texts)]


def test_of_a_row_without_a_vector_nothing_is_known(view):
    nowhere = rows(view, *PASSAGES).max() + np.array([1, 2])
    vectors, pieces = view.vectors.read(nowhere)
    assert np.isnan(vectors).all()
    assert vectors.shape == (2, view.settings.dim)
    assert pieces.lengths.tolist() == [0, 0]
    assert view.vectors.drafts(nowhere).tolist() == [False, False]
    assert view.vectors.read(nowhere[:0]).vectors.shape == (0, view.settings.dim)


def test_both_arms_find_in_one_call_what_each_finds_alone(view):
    questions, query, done = WordHashEmbedder().embed_passages(["tea", "ferry"]), Term("tea"), []
    only = view.scope(parse_where("doc != hill"))
    by_words, by_vector = view.find(
        WordSearch(query, 2, only, lambda: done.append("words are found")),
        VectorSearch(lambda: questions, 3, only, 1.0),
    )
    words, vectors = view.keywords.search(query, 2, only), view.vectors.search_many(questions, 3, only)
    assert [ids(view, each.rows) for each in (by_words, *by_vector)] == [
        ids(view, each.rows) for each in (words, *vectors)
    ]
    assert by_words.scores.tolist() == words.scores.tolist()
    assert done == ["words are found"]


def test_scores_are_what_both_arms_say_of_rows_in_any_order(view):
    questions, query = WordHashEmbedder().embed_passages(["Coffee is dear.", "ferry"]), Term("tea")
    found = view.keywords.search(query, 10)
    said = dict(zip(ids(view, found.rows), found.scores.tolist(), strict=True))
    nowhere = rows(view, *PASSAGES).max() + 1
    asked = np.append(rows(view, "harbour#0", "ferry#1"), nowhere)
    by_words, by_vector = view.scores(query, rows(view, "hill#0", "ferry#0", "harbour#1"), questions, asked)
    assert by_words.tolist() == [said["hill#0"], 0, said["harbour#1"]]
    assert by_vector[0, :2] == pytest.approx([3 / math.sqrt(12), 1], abs=1e-3)
    assert np.isnan(by_vector[:, 2]).all()
    alone = [view.scores(query, asked[:0], each[None], asked)[1][0] for each in questions]
    np.testing.assert_array_equal(by_vector, alone)
    none = rows(view)
    assert [each.shape for each in view.scores(query, none, None, none)] == [(0,), (0, 0)]
    assert [each.shape for each in view.scores(query, rows(view, "hill#0"), questions, none)] == [(1,), (2, 0)]


def test_other_vectors_hold_for_given_rows_and_a_search_goes_on_without_them(view):
    model = WordHashEmbedder()
    question, far = model.embed_passages(["Coffee is dear."]), model.embed_passages(["ferry", "okafor"])
    changed = np.sort(rows(view, "ferry#1", "harbour#0"))
    other = view.with_vectors(changed, far)
    assert other.vectors.read(changed).vectors == pytest.approx(far, abs=1e-3)
    before, after = view.vectors.read(changed).pieces, other.vectors.read(changed).pieces
    assert (after.values.tolist(), after.ends.tolist()) == (before.values.tolist(), before.ends.tolist())
    assert other.scores(NOTHING, changed[:0], question, changed)[1][0] == pytest.approx([0, 0], abs=1e-3)
    assert ids(view, other.vectors.search_many(question, 1)[0].rows) == ["ferry#1"]
    assert other.generation == view.generation
    assert view.scores(NOTHING, changed[:0], question, rows(view, "ferry#1"))[1][0] == pytest.approx([1], abs=1e-3)


def test_other_vectors_upon_others_leave_those_of_other_rows(view):
    model = WordHashEmbedder()
    ferry, hill = rows(view, "ferry#1"), rows(view, "hill#0")
    twice = view.with_vectors(ferry, model.embed_passages(["tea"])).with_vectors(hill, model.embed_passages(["river"]))
    found = twice.vectors.read(np.concatenate([ferry, hill])).vectors
    assert found == pytest.approx(model.embed_passages(["tea", "river"]), abs=1e-3)


def test_vectors_that_a_question_computed_are_known_to_the_next(view):
    model = WordHashEmbedder()
    first, second = np.sort(rows(view, "harbour#2", "ferry#0"))
    assert view.computed(np.array([first, second])) == {}
    matrix = model.embed_passages(["tea", "river"])
    view.keep(model, np.array([second, first]), matrix)
    found = view.computed(np.array([first, second, second + 1]))
    assert list(found) == [first, second]
    assert found[second] == pytest.approx(matrix[0])
    other = view.with_vectors(np.array([first]), matrix[1:])
    assert other.computed(np.array([second]))[second] == pytest.approx(matrix[0])


# --- statements --------------------------------------------------------------------------------------------------


def test_statements_are_found_by_speaker_and_by_passage(view):
    assert view.statements.known
    matching = view.statements.matching(["okafor", "lena", "nobodi"])
    (lena,) = matching
    assert matching == {lena: {"okafor", "lena"}}
    assert view.statements.speakers([lena]) == {lena: Speaker("Lena Okafor")}
    (ferry,) = rows(view, "ferry#0").tolist()
    text = view.passages.get([ferry])[ferry].text
    start, claim = text.index("Lena"), '"The ferry was late,"'
    wanted = [Said(ferry, 0, lena, "say", start, start + len("Lena Okafor"), 0, len(claim))]
    assert view.statements.by([lena]) == view.statements.within([ferry]) == wanted
    assert view.statements.within(rows(view, "harbour#0").tolist()) == view.statements.by([]) == []


def test_statements_come_in_the_order_of_passages(view):
    said = view.statements.within(rows(view, *reversed(PASSAGES)).tolist())
    assert [each.row for each in said] == sorted(rows(view, "ferry#0", "hill#0").tolist())
    assert view.statements.by({each.speaker for each in said}) == said


# --- scopes ------------------------------------------------------------------------------------------------------

ROWS = {"harbour#0", "harbour#1", "harbour#2"}


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("doc = 'harbour'", ROWS),
        ("title = Drinks", ROWS),
        ("page > 6", ROWS),
        ("date >= 2024-07-01", {"ferry#0", "ferry#1"}),
        ("not kind = report", set(PASSAGES) - {"hill#0"}),
        ("doc ~ 'h*' and exists kind", {"hill#0"}),
        ("doc = nothing", set()),
    ],
)
def test_a_filter_lets_through_the_passages_of_documents_that_fit(view, where, found):
    scope = view.scope(parse_where(where))
    assert held(view, scope) == found
    assert scope.count == len(found)


def test_the_names_that_filters_find_values_of_have_the_kinds_of_these(view):
    text, when, number = frozenset({"text"}), frozenset({"date"}), frozenset({"number"})
    kinds = {"doc": text, "path": text, "title": text, "date": when, "page": number, "kind": text}
    assert dict(view.passages.fields()) == kinds


def test_speakers_let_through_the_passages_in_which_they_speak(view):
    speakers = view.statements.matching(["okafor", "analyst"])
    assert held(view, view.scope(speakers=speakers)) == {"ferry#0", "hill#0"}
    assert held(view, view.scope(parse_where("doc = hill"), list(speakers))) == {"hill#0"}
    assert held(view, view.scope(speakers=[])) == set()
    assert view.scope() is None


def test_an_arm_finds_what_the_scope_holds_and_no_less_for_it(view):
    scope = view.scope(parse_where("doc = harbour"))
    assert set(ids(view, view.keywords.search(Term("coffe"), 10, scope).rows)) == {"harbour#0", "harbour#2"}
    assert ids(view, view.keywords.search(Term("coffe", "body"), 1, scope).rows) == ["harbour#2"]
    question = WordHashEmbedder().embed_query("late ferry")
    (found,) = view.vectors.search_many(question[None], 10, scope)
    assert set(ids(view, found.rows)) == ROWS
    nothing = view.scope(parse_where("doc = nothing"))
    assert [len(each.rows) for each in view.vectors.search_many(question[None], 10, nothing)] == [0]
    assert len(view.keywords.search(Term("coffe"), 10, nothing).rows) == 0


def test_a_scope_is_narrowed_to_what_matches(view):
    scope = view.narrowed(view.scope(parse_where("doc ~ 'h*'")), Term("tea"))
    assert held(view, scope) == {"harbour#1", "hill#0"}
    assert scope.count == 2
    assert held(view, view.narrowed(view.scope(parse_where("doc = hill")), Term("coffe"))) == set()


def test_a_scope_of_another_view_is_refused(view):
    class Foreign(NamedTuple):
        count: int = 0

    with pytest.raises(TypeError, match="Foreign"):
        view.keywords.search(Term("tea"), 1, Foreign())
    with pytest.raises(TypeError, match="Foreign"):
        view.vectors.search_many(WordHashEmbedder().embed_query("tea")[None], 1, Foreign())


# --- indexes that lack something ---------------------------------------------------------------------------------


@pytest.fixture(params=["folder", "memory", "cluster"])
def bare(request, tmp_path):
    """A view of an index without documents and without a model."""
    if request.param == "memory":
        yield MemoryView.of([], settings=SETTINGS)
    elif request.param == "cluster":
        with running.index([], "none", target_tokens=1) as index, index._reading() as found:
            yield found
    else:
        with in_folder(tmp_path / "i", [], "none", "tantivy") as index, index._reading() as found:
            yield found


def test_an_empty_index_without_a_model_answers_with_nothing(bare):
    none = np.empty(0, np.int64)
    assert (bare.keywords.count, len(bare.vectors), bare.settings.dim) == (0, 0, 0)
    assert len(bare.keywords.search(Term("tea"), 10).rows) == 0
    assert bare.keywords.frequencies(["tea"], ["tea"]) == ({"tea": 0}, {"tea": 0})
    assert bare.vectors.read(none).vectors.shape == (0, 0)
    assert bare.passages.documents() == []
    assert bare.passages.signatures([1]) == bare.passages.days([1]) == bare.passages.owners([1]) == {}
    assert bare.statements.matching(["tea"]) == {}
    assert bare.narrowed(None, Term("tea")).count == 0


def test_in_an_index_that_was_never_read_for_statements_nobody_says_anything(tmp_path):
    shutil.copytree(Path(__file__).parent / "data" / "index-format-1-tantivy", tmp_path / "old")
    with store.opened(tmp_path / "old") as snapshot:
        old = FolderView(snapshot)
        assert not old.statements.known
        assert old.statements.matching(["analyst"]) == old.statements.speakers([1]) == {}
        assert old.statements.by([1]) == old.statements.within([0, 1]) == []
        assert old.scope(speakers=[]).count == 0
