"""Others may prepare and embed what goes into an index on a cluster: it holds the same."""

import pytest

from searchkit import Index
from searchkit.indexing import cluster_stock
from tests.cluster.running import index
from tests.test_ray_workers import ITEMS, Slow
from tests.worlds import WordHashEmbedder


class Counting(Slow):
    """Workers that count what they embed."""

    embedded = 0

    def vectors(self, model):
        return super().vectors(_Counted(self, model))


class _Counted:
    def __init__(self, workers, model):
        self._workers, self._model = workers, model

    def embed_passages(self, texts):
        self._workers.embedded += len(texts)
        return self._model.embed_passages(texts)


def held(found: Index) -> list[object]:
    hits = found.search("coffee prices in hanoi", k=30)
    return [(hit.passage, hit.score, hit.confidence) for hit in hits]


def test_an_index_on_a_cluster_is_the_same_when_others_do_the_work(monkeypatch):
    monkeypatch.setattr(cluster_stock, "CHUNK", 6)
    workers = Counting()
    monkeypatch.setattr("searchkit.index._joined", lambda _: workers)
    with index(ITEMS, WordHashEmbedder()) as alone, index([], WordHashEmbedder()) as spread:
        report = spread.add(ITEMS, workers="ray")
        assert (len(report.added), report.embedded) == (len(ITEMS), workers.embedded)
        found = held(alone)
        assert [each[0] for each in held(spread)] == [each[0] for each in found]
        assert [each[1:] for each in held(spread)] == [pytest.approx(each[1:], abs=1e-6) for each in found]
