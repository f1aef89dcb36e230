"""Many questions shared by several processes have the answers that each has by itself, whatever befalls the others."""

import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from searchkit import Index, workers
from searchkit.answerer import answering, asker
from searchkit.errors import QueryError, SearchkitError
from searchkit.search import batch
from searchkit.search.batch import requests_of, search_many
from searchkit.search.request import SearchRequest
from searchkit.workers import WorkerPool
from tests.test_index import without_time

TEXTS = [
    "The ferry to the island leaves at nine.",
    "Coffee prices fell in May 2024.",
    "Anna said the museum is closed.",
]
ASKED = ["When does the ferry leave?", "coffee prices", "Who said the museum is closed?", ""] * 4


class Started(WorkerPool):
    """A pool whose processes have started, or ended, before it is asked for anything; it notes what they are asked."""

    asked = 0

    def __init__(self, *given):
        super().__init__(*given)
        deadline = time.monotonic() + 60
        while not self.ready and self._workers[0]._process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)

    def submit(self, item):
        Started.asked += len(item)
        return super().submit(item)


@pytest.fixture
def at_once(monkeypatch):
    """Let the smallest batch be shared."""
    monkeypatch.setattr(workers, "WorkerPool", Started)
    monkeypatch.setattr(batch, "WORTHWHILE", 0.0)
    monkeypatch.setattr(batch, "SHARE", 2)
    monkeypatch.setattr(batch, "cores", lambda: 2)
    monkeypatch.setattr(Started, "asked", 0)


@pytest.fixture(scope="module", params=["none", "minilm"])
def index(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("many") / "index"
    with Index.create(path, embedder=request.param) as made:
        made.add([{"id": str(number), "text": text} for number, text in enumerate(TEXTS)])
        yield made


def alone(index, **options):
    return [without_time(index.search(question, **options)) for question in ASKED]


@pytest.mark.parametrize("options", [{}, {"mode": "keyword", "where": "doc = 1"}, {"explain": True, "k": 2}])
def test_shared_questions_are_answered_as_each_by_itself(index, at_once, options):
    assert [*map(without_time, index.search_many(ASKED, **options))] == alone(index, **options)
    assert Started.asked


def dying():
    return os._exit


def raising():
    def work(item):
        raise ValueError(item)

    return work


def unable():
    raise ValueError("no work here")


@pytest.mark.parametrize("make", [dying, raising, unable])
def test_what_another_process_cannot_answer_is_answered_here(index, at_once, make):
    requests = requests_of(ASKED, 10, {})
    with index._reading() as view:
        found = search_many(view, index.embedder, index._analyzer, requests, (make, ()))
    assert [*map(without_time, found)] == alone(index)
    assert Started.asked == (0 if make is unable else 4)  # two shares, and no more once one has failed


def test_an_error_of_a_shared_question_is_raised_here(index, at_once):
    with pytest.raises(QueryError, match="date"):
        index.search_many([*ASKED, "date:[2024"], strict=True)


def test_another_process_answers_from_no_other_commit(index):
    with pytest.raises(SearchkitError, match=f"at commit {index.generation} now, not at {index.generation + 1}"):
        answering(index.path, index.generation + 1, False)


def test_only_a_model_that_another_process_finds_alike_goes_along(index):
    class Own:
        """A model that somebody made."""

    with index._reading() as view:
        assert asker(index.path, view, index.embedder) is not None
        assert asker(index.path, view, Own()) is None


@pytest.mark.parametrize(
    "option", [{"upgrade": 5}, {"reranker": lambda _, texts: [0.0] * len(texts)}], ids=["upgrade", "function"]
)
def test_what_needs_this_process_stays_here(index, at_once, option):
    index.search_many(ASKED, **option)
    assert not Started.asked
    assert not batch._is_portable(SearchRequest("coffee", **option))


def test_other_threads_than_the_main_one_share_nothing(index, at_once):
    with ThreadPoolExecutor(1) as thread:
        found = thread.submit(index.search_many, ASKED).result()
    assert [*map(without_time, found)] == alone(index)
    assert not Started.asked


def test_few_questions_start_no_process(index, monkeypatch):
    monkeypatch.setattr(workers, "WorkerPool", None)
    assert len(index.search_many(ASKED * 3)) == len(ASKED * 3)
