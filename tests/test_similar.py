"""More like this: what comes back for a document or a passage."""

from __future__ import annotations

from collections import Counter

import pytest

from searchkit import Document, Index, QueryError
from searchkit.search.request import SearchRequest
from searchkit.search.similar import Likeness, similar
from searchkit.storage.settings import Settings
from searchkit.text.analysis import Analyzer
from tests.counting import Counted
from tests.memory_view import MemoryView
from tests.worlds import WordPieceEmbedder

DOCUMENTS = (
    Document("robusta", "Traders in London bought robusta.\n\nThe harbour was flooded by a storm.", "Monday"),
    Document("arabica", "Traders in Hanoi bought arabica and robusta.", "Tuesday", {"lang": "en"}),
    Document("flood", "A storm flooded the harbour of the island.", "Wednesday", {"lang": "vi"}),
    Document("chess", "She won the final in nine moves.", "Thursday"),
)


@pytest.fixture
def index(tmp_path):
    with Index.create(tmp_path / "i", embedder=WordPieceEmbedder(), target_tokens=1) as made:
        made.add(DOCUMENTS)
        yield made


def ids(found) -> list[str]:
    return [hit.passage.id for hit in found]


@pytest.mark.parametrize("mode", ["hybrid", "keyword", "vector"])
def test_what_is_like_a_document_is_like_one_of_its_passages_and_none_of_them(index, mode):
    found = ids(index.similar("robusta", mode=mode))
    assert set(found[:2]) == {"arabica#0", "flood#0"}
    assert not any(each.startswith("robusta") for each in found)


def test_what_is_like_a_passage_is_none_of_its_document(index):
    assert ids(index.similar("robusta#1", 1)) == ["flood#0"]
    assert ids(index.similar("robusta#0", 1)) == ["arabica#0"]


def test_nothing_is_read_by_the_model_anew(index):
    before = len(index.embedder.embedded)
    index.embedder.embed_query = index.embedder.read_question = None  # would fail
    assert ids(index.similar("flood", 1)) == ["robusta#1"]
    assert len(index.embedder.embedded) == before


def test_an_id_is_no_small_talk(index):
    index.add([Document("thanks", "Robusta traders in London.")])
    found = index.similar("thanks", 1)
    assert ids(found) == ["robusta#0"]
    assert found[0].confidence > 0


def test_options_of_a_search_hold(index):
    assert ids(index.similar("robusta", where={"lang": "vi"})) == ["flood#0"]
    assert ids(index.similar("arabica", where="not lang = vi", per_document=1, k=1)) == ["robusta#0"]


def test_explain_tells_the_passages_and_which_of_them_a_hit_is_near(index):
    explained = index.similar("robusta", 2, mode="vector", explain=True).explain
    ranks = {hit.passage.id: hit.rank for hit in index.similar("robusta", 2, mode="vector")}
    assert explained["parts"] == [
        {"text": "Traders in London bought robusta.", "hits": [ranks["arabica#0"]]},
        {"text": "The harbour was flooded by a storm.", "hits": [ranks["flood#0"]]},
    ]


def test_words_that_stand_nowhere_else_are_not_looked_up(index):
    asked = [term["term"] for term in index.similar("arabica", explain=True).explain["terms"]]
    assert sorted(asked) == ["bought", "in", "robusta", "trader"]


def test_an_index_without_vectors_finds_by_words(tmp_path):
    with Index.create(tmp_path / "i", embedder="none", target_tokens=1) as index:
        index.add(DOCUMENTS)
        assert ids(index.similar("flood", 1)) == ["robusta#1"]
        with pytest.raises(QueryError, match="holds no vectors"):
            index.similar("flood", mode="vector")


@pytest.mark.parametrize("item_id", ["nobody", "robusta#7", ""])
def test_an_unknown_id_is_an_error_that_says_where_to_look(index, item_id):
    with pytest.raises(QueryError, match=f"no document or passage '{item_id}'; see them with: searchkit list"):
        index.similar(item_id)


def test_of_a_long_document_passages_from_begin_to_end_are_compared():
    long = Document("long", "\n\n".join(f"Passage {at}." for at in range(100)))
    view = MemoryView.of([long, *DOCUMENTS], WordPieceEmbedder(), Settings(target_tokens=1))
    parts = Likeness(view, None, Analyzer("en"), SearchRequest("long")).parts
    assert len(parts) == 32
    assert (parts[0], parts[-1]) == ("Passage 0.", "Passage 99.")


def test_each_thing_is_asked_once():
    counted = Counted(MemoryView.of(DOCUMENTS, WordPieceEmbedder(), Settings(target_tokens=1)))
    assert len(similar(counted, None, Analyzer("en"), SearchRequest("robusta", stages=())))
    once = ("row_of", "neighbours", "get")
    assert counted.calls - Counter({"passages.get": 1, "vectors.read": 1, "scores": 1}) == Counter(
        {**{f"passages.{each}": 1 for each in once}, "keywords.frequencies": 1, "scope": 1} | {"find": 1}
    )
