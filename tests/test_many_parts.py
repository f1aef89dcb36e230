"""A question of many parts in an index: each part finds what it alone would find."""

from __future__ import annotations

import numpy as np
import pytest

from searchkit import Document, Index
from searchkit.search.pool import nearest
from searchkit.types import Ranking
from tests.worlds import WordHashEmbedder, WordPieceEmbedder

COFFEE, STORM = "Coffee prices rose in Hanoi market.", "The storm flooded every harbour street."
BOTH = "Coffee storm."
QUESTION = "Why did coffee prices rise in Hanoi? Which harbour street was flooded by the storm?"
FIRST, SECOND = "Why did coffee prices rise in Hanoi?", "Which harbour street was flooded by the storm?"


@pytest.fixture(params=[WordHashEmbedder, WordPieceEmbedder])
def index(request, tmp_path):
    with Index.create(tmp_path / "i", embedder=request.param()) as made:
        made.add(
            [Document("coffee", COFFEE), Document("storm", STORM), Document("both", BOTH), Document("tea", "Tea.")]
        )
        yield made


def cosines(found) -> dict[str, float]:
    return {hit.passage.doc_id: hit.sources["vector"].score for hit in found}


def test_a_passages_cosine_is_the_highest_with_any_part(index):
    alone = [cosines(index.search(part, mode="vector")) for part in (FIRST, SECOND)]
    assert cosines(index.search(QUESTION, mode="vector")) == {
        name: max(each[name] for each in alone) for name in ("coffee", "storm", "both", "tea")
    }


def test_explain_tells_the_parts_and_where_the_cosine_of_each_hit_comes_from(index):
    found = index.search(QUESTION, mode="vector", explain=True)
    ranks = {hit.passage.doc_id: hit.rank for hit in found}
    first, second = found.explain["parts"]
    assert (first["text"], second["text"]) == (FIRST, SECOND)
    assert ranks["coffee"] in first["hits"]
    assert ranks["storm"] in second["hits"]
    assert sorted(first["hits"] + second["hits"]) == [1, 2, 3, 4]
    assert index.search(FIRST, 1, explain=True).explain["parts"] == [{"text": FIRST, "hits": [1]}]
    assert index.search(QUESTION, mode="keyword", explain=True).explain["parts"] == []


def test_many_questions_are_answered_as_each_by_itself(index):
    asked = [QUESTION, "tea", SECOND, f"{QUESTION} Tea or coffee, who drinks more?", FIRST]
    for found, question in zip(index.search_many(asked), asked, strict=True):
        alone = index.search(question)
        assert [hit.to_dict() for hit in found] == [hit.to_dict() for hit in alone]


def test_the_model_reads_each_part_by_itself_once(index, monkeypatch):
    read = []
    method = "read_question" if isinstance(index.embedder, WordPieceEmbedder) else "embed_query"
    own = getattr(index.embedder, method)
    monkeypatch.setattr(index.embedder, method, lambda text: read.append(text) or own(text))
    index.search(QUESTION)
    assert sorted(read) == [SECOND, FIRST]


def ranking(found: dict[int, float]) -> Ranking:
    return Ranking(np.array(list(found), np.int64), np.array(list(found.values()), np.float32))


def test_the_nearest_to_any_part_are_the_best_of_all_rankings_ties_by_row():
    found = nearest([ranking({7: 0.9, 3: 0.5, 2: 0.25}), ranking({3: 0.75, 9: 0.5, 1: 0.25})], 4)
    assert found.rows.tolist() == [7, 3, 9, 1]
    assert found.scores == pytest.approx([0.9, 0.75, 0.5, 0.25])


def test_the_nearest_to_one_part_are_what_it_finds():
    own = ranking({4: 0.5, 2: 0.25})
    assert nearest([own], 2) is own
