"""An index on a cluster through `Index`: it answers what a folder answers, and a state that is lost is opened anew."""

from __future__ import annotations

import pytest

from searchkit import Document, Index
from searchkit.cluster import latest as latest_module
from searchkit.cluster.client import ViewLost
from searchkit.errors import BackendUnavailable, IndexClosed
from tests.cluster import running
from tests.test_calls import documents
from tests.test_contract import in_folder
from tests.worlds import WordPieceEmbedder

QUESTION = "Which coffee prices rose in Hanoi?"


@pytest.fixture(scope="module")
def index():
    with running.index(documents(), WordPieceEmbedder(), target_tokens=1, shards=3) as found:
        yield found


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    with in_folder(tmp_path_factory.mktemp("asking") / "i", documents(), WordPieceEmbedder(), "tantivy") as found:
        yield found


def hits(results) -> list[tuple[str, float, float]]:
    """Return passages, scores and confidences.

    Rivals of the first, which confidences look at, count once where their cosines are equal to the last bit: in a world
    of few words Lucene's bits make others equal.
    """
    near = (
        (hit.passage.id, pytest.approx(hit.score, abs=1e-5), pytest.approx(hit.confidence, abs=0.02)) for hit in results
    )
    return list(near)


@pytest.mark.parametrize("options", [{}, {"where": "date >= 2022", "context": 1}, {"said_by": "analysts"}, {"k": 40}])
def test_a_cluster_answers_what_a_folder_answers(index, folder, options):
    found, wanted = index.search(QUESTION, **options), folder.search(QUESTION, **options)
    assert hits(found) == hits(wanted)
    assert [hit.passage for hit in found] == [hit.passage for hit in wanted]


def test_every_way_of_asking_has_the_answers_of_a_folder(index, folder):
    asked = [QUESTION, "storm election"]
    assert [hits(each) for each in index.search_many(asked)] == [hits(each) for each in folder.search_many(asked)]
    assert hits(index.similar("d7#0")) == hits(folder.similar("d7#0"))
    assert index.why_not("d9#0", QUESTION).verdict == folder.why_not("d9#0", QUESTION).verdict
    assert index.context(QUESTION, min_confidence=0.0).text == folder.context(QUESTION, min_confidence=0.0).text
    assert index.who_said("analysts", about="coffee") == folder.who_said("analysts", about="coffee")


def test_what_it_holds_is_what_was_put_in(index, folder):
    assert (len(index), list(index)) == (len(folder), list(folder))
    assert index.get("d7") == folder.get("d7")
    assert index.get("d7#0") == folder.get("d7#0")
    assert index.get("d7#99") is None
    assert index.passages("d9") == folder.passages("d9")
    assert "d9" in index
    assert index.facets() == folder.facets()
    shared = ("documents", "passages", "vectors", "drafts", "unread", "language", "embedder", "target_tokens")
    found, wanted = index.status(), folder.status()
    assert [found[name] for name in shared] == [wanted[name] for name in shared]


def forget(index) -> None:
    """Have the cluster lose the present point in time, as it does with a node that holds it."""
    index._latest._moment.close()


def test_a_question_whose_state_is_lost_is_asked_once_more(index):
    before = hits(index.search(QUESTION))
    forget(index)
    assert hits(index.search(QUESTION)) == before
    forget(index)
    assert hits(index.search_many([QUESTION, "storm"])[0]) == before


def test_a_question_whose_state_is_lost_twice_says_so(index, monkeypatch):
    real = latest_module.PointInTime

    def lost(*values):
        moment = real(*values)
        moment.close()
        return moment

    monkeypatch.setattr(latest_module, "PointInTime", lost)
    forget(index)
    with pytest.raises(ViewLost, match="Ask again"):
        index.search(QUESTION)
    monkeypatch.undo()
    assert index.search(QUESTION)


def test_one_question_sees_one_state_and_the_next_the_next():
    with (
        running.index([Document("one", "Coffee is dear.")], WordPieceEmbedder()) as writer,
        Index.open(writer.path, embedder=WordPieceEmbedder()) as reader,
        reader._reading() as view,
    ):
        writer.add([Document("one", "Tea is cheap."), Document("two", "Coffee is cheap.")])
        assert view.passages.documents() == ["one"]
        assert view.passages.document("one").text == "Coffee is dear."
        assert [hit.passage.id for hit in reader.search("coffee")] == ["one#0"]
        assert reader.reload()
        assert not reader.reload()
        assert [hit.passage.id for hit in reader.search("coffee", mode="keyword")] == ["two#0"]
        assert view.passages.documents() == ["one"]


def test_whoever_only_asks_sees_a_commit_after_a_while(monkeypatch):
    with (
        running.index([], WordPieceEmbedder()) as writer,
        Index.open(writer.path, embedder=WordPieceEmbedder()) as reader,
    ):
        writer.add([Document("one", "Coffee is dear.")])
        assert len(reader) == 0
        monkeypatch.setattr(latest_module, "LOOKS", -1.0)
        assert len(reader) == 1


def test_a_state_is_asked_for_a_while_only(index, monkeypatch):
    """While it is open, a node cannot open anew a shard that it holds: whoever asks on would hold it for ever."""
    index.search("coffee")
    before = index._latest._moment
    index.search("coffee")
    assert index._latest._moment is before
    monkeypatch.setattr(latest_module, "LONGEST", -1.0)
    assert [hit.passage.id for hit in index.search("coffee")]
    assert index._latest._moment is not before


def test_a_closed_index_says_how_to_open_it():
    with running.index([], "none") as index:
        place = str(index.path)
        index.close()
        with pytest.raises(IndexClosed, match=place):
            index.search("coffee")
        assert repr(index) == f"<Index {place}: closed>"


def test_a_state_without_some_of_its_shards_is_none(index, monkeypatch):
    """A cluster would leave out shards that are away when it opens a point in time, and say no more of it."""
    client, asked = index._latest._client, []
    real = client.request

    def request(method, path, body=None, *, parameters=None):
        if not path.endswith("point_in_time") or method == "DELETE":
            return real(method, path, body, parameters=parameters)
        asked.append(parameters["allow_partial_pit_creation"])
        return {"pit_id": "half", "_shards": {"total": 3, "successful": 2, "failed": 1}}

    monkeypatch.setattr(client, "request", request)
    index._latest.lost()
    with pytest.raises(BackendUnavailable, match="2 of 3 shards"):
        index.search(QUESTION)
    assert asked == ["false"]
    monkeypatch.undo()
    assert index.search(QUESTION)
