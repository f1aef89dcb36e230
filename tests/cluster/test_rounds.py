"""How often a question asks a cluster: rounds wait for each other, and each costs the way there and back."""

from __future__ import annotations

import pytest

from searchkit.cluster.client import Client
from searchkit.search.answering import search
from searchkit.search.batch import search_many
from tests.cluster import running
from tests.test_calls import ANALYZER, EVERYTHING, PLAIN, documents, few_candidates, request_of
from tests.worlds import WordPieceEmbedder

__all__ = ["few_candidates"]

WORDS, VECTORS = 1, 1  # of many questions: the model reads each alone, and vectors are sought for together
ARMS, SCORES, NEIGHBOURS, FETCH = 1, 1, 1, 1
OPENING = 6  # lets the state before go; generation, mapping, point in time; batches that are not in yet; counts
FIRST = ARMS + SCORES + NEIGHBOURS + FETCH  # both arms in each of three rounds, and a fetch


@pytest.fixture(scope="module")
def index():
    with running.index(documents(), WordPieceEmbedder(), target_tokens=1, shards=3) as found:
        yield found


def requests(index, question: str, **options) -> int:
    """Return how many requests a question sends."""
    with index._reading() as view:
        before = view.moment.client.requests
        assert len(search(view, WordPieceEmbedder(), ANALYZER, request_of(question, **options))) > 0
        return view.moment.client.requests - before


def test_a_question_takes_three_rounds_and_one_fetch(index):
    assert requests(index, PLAIN) == FIRST


def test_both_arms_share_a_request_in_every_round(index, monkeypatch):
    """Words with how rare they are, and vectors; what each arm says of the other's; what both say of neighbours."""
    sent = []
    real = Client.msearch
    monkeypatch.setattr(Client, "msearch", lambda client, bodies: sent.append(bodies) or real(client, bodies))
    requests(index, PLAIN)
    kinds = [
        ["vectors" if "knn" in str(body["query"]) else "counts" if "aggs" in body else "words" for body in bodies]
        for bodies in sent
    ]
    assert kinds[:3] == [["words", "counts", "vectors"], ["words", "vectors"], ["words", "vectors"]]


def test_one_arm_alone_takes_one_round_and_one_fetch(index):
    assert requests(index, PLAIN, mode="keyword") == 2
    assert requests(index, PLAIN, mode="vector") == 3  # how rare its words are, for the confidence


def test_a_filter_is_counted_and_costs_nothing_for_neighbours(index):
    assert requests(index, PLAIN, where="date >= 2022") == FIRST


def test_speakers_and_passages_around_cost_a_request_each(index):
    assert requests(index, EVERYTHING) == FIRST + 1
    assert requests(index, PLAIN, context=1) == FIRST + 1


def test_operators_cost_nothing_more(index):
    assert requests(index, "coffee AND NOT storm") <= FIRST


def test_many_questions_share_one_search_of_vectors(index):
    asked = [request_of(question) for question in (PLAIN, "hanoi storm", "storm election", "river market voters")]
    with index._reading() as view:
        before = view.moment.client.requests
        search_many(view, WordPieceEmbedder(), ANALYZER, asked)
        alone = SCORES + NEIGHBOURS + FETCH
        assert view.moment.client.requests - before <= len(asked) * (WORDS + alone) + VECTORS


def test_what_an_index_is_asked_at_first_depends_on_nothing_in_it(index):
    """A question of an index that was just opened pays for no look at all of it."""
    latest = index._latest
    before = latest._client.requests
    latest.lost()
    with latest.reading():
        pass
    assert latest._client.requests - before == OPENING
