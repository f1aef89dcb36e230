"""An index whose vectors are not made yet, as a run that was cut off leaves it, is searched by words."""

import numpy as np
import pytest

from searchkit import Document
from searchkit.search.answering import search
from searchkit.search.request import SearchRequest
from searchkit.text.analysis import Analyzer
from tests.memory_readers import MemoryVectors
from tests.memory_view import MemoryView
from tests.worlds import WordHashEmbedder

TEXTS = ("The river and the storm.", "Coffee prices.", "Trade with Hanoi.", "The market by the river.")
TOLD = "only {} of 4 passages have vectors yet, so this was answered by words; the next run of searchkit index goes on"


@pytest.mark.parametrize(("known", "mode"), [(0, "keyword"), (1, "keyword"), (3, "keyword"), (4, "hybrid")])
def test_hybrid_asks_vectors_once_nearly_all_passages_have_one(known, mode):
    model = WordHashEmbedder()
    view = MemoryView.of([Document(f"d{at}", text) for at, text in enumerate(TEXTS)], model)
    view.vectors = MemoryVectors(range(known), view.vectors.read(np.arange(known)).vectors)
    found = search(view, model, Analyzer("en"), SearchRequest("market by the river"))
    assert found.mode == mode
    assert [warning.startswith(TOLD.format(known)) for warning in found.warnings] == [True] * (known in (1, 3))
    if mode == "keyword":
        assert found.hits[0].passage.doc_id == "d3"
