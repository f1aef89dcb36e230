"""A question in another language than the index's: the vectors find the passage, and chance matches of words don't."""

from __future__ import annotations

import re

import numpy as np
import pytest

from searchkit import Document, Index
from searchkit.search.weights import FOREIGN, matching
from tests.worlds import WordHashEmbedder

MEANT = {"wem": "who", "gehört": "owns", "die": "the", "größte": "largest", "brauerei": "brewery", "im": "in",
         "land": "country", "wie": "how", "viele": "many", "stimmen": "votes", "bekam": "got"}  # fmt: skip
BREWERY = Document("brewery", "Nobody owns as much beer as the largest brewery of this country does.")
DEATH = Document("death", "People die on land. They die, and the land is sold when they die.")
VOTES = Document("votes", "Solheim got many votes, and Renner few.")
OTHERS = [Document(f"other {number}", f"The harbour was closed on day {number}.") for number in range(5)]


class BilingualEmbedder(WordHashEmbedder):
    """The same vectors for a German text as for its English meaning."""

    name = digest = "bilingual"

    def embed_query(self, text: str) -> np.ndarray:
        return super().embed_query(" ".join(MEANT.get(word, word) for word in re.findall(r"\w+", text.lower())))


@pytest.fixture
def english(tmp_path):
    with Index.create(tmp_path / "index", embedder=BilingualEmbedder()) as index:
        index.add([DEATH, BREWERY, VOTES, *OTHERS])
        yield index


def test_words_that_mean_something_else_there_do_not_outvote_the_vectors(english):
    found = english.search("Wem gehört die größte Brauerei im Land?", explain=True)
    assert [hit.passage.doc_id for hit in english.search("die Land", mode="keyword")] == ["death"]
    assert found[0].passage.doc_id == "brewery"
    assert found.explain["weights"] == {"keyword": FOREIGN, "vector": 1}


def test_a_question_in_the_language_of_the_index_counts_its_words_in_full(english):
    found = english.search("Who owns the largest brewery in the country?", explain=True)
    assert found[0].passage.doc_id == "brewery"
    assert found.explain["weights"] == {"keyword": 1, "vector": 1}


def test_a_name_still_helps_a_question_in_another_language(english):
    assert english.search("Wie viele Stimmen bekam Solheim?")[0].passage.doc_id == "votes"


def test_weights_that_are_asked_for_are_reduced_by_the_same_factor(english):
    found = english.search("Wem gehört die größte Brauerei im Land?", weights={"keyword": 2, "vector": 0}, explain=True)
    assert found[0].passage.doc_id == "death"
    assert found.explain["weights"] == {"keyword": 2 * FOREIGN, "vector": 0}


@pytest.mark.parametrize(
    ("found", "share"), [({}, 1), ({"a": 0}, FOREIGN), ({"a": 3, "b": 0}, 1), ({"a": 3, "b": 0, "c": 0}, FOREIGN)]
)
def test_fewer_than_half_of_the_terms_make_a_question_foreign(found, share):
    assert matching(found) == share
