"""Writing into an index on a cluster: nobody sees a part of a document, and what a kill leaves is mended."""

from __future__ import annotations

import threading

import pytest

from searchkit import Document, Index, SyncOptions
from searchkit.cluster import home, lease, mapping, session
from searchkit.cluster.address import parsed
from searchkit.cluster.batch import intents
from searchkit.cluster.client import Client
from searchkit.errors import ArgumentError, IndexExists, IndexLocked, IndexNotFound
from searchkit.evaluation.tuning import prefer
from searchkit.indexing.cluster_stock import ClusterStock
from searchkit.indexing.ingest import Ingest
from searchkit.models.embedders import token_counter
from searchkit.types import silent
from tests.cluster import running
from tests.worlds import WordPieceEmbedder

OLD = "Old tea.\n\nOld coffee.\n\nOld cocoa."
NEW = "New tea.\n\nNew coffee.\n\nNew cocoa.\n\nNew rice."


@pytest.fixture
def empty():
    with running.index([], WordPieceEmbedder(), target_tokens=1, shards=2) as index:
        yield index


@pytest.fixture
def client(empty):
    found = home.client(empty.path)
    yield found
    found.close()


def texts(index: Index) -> dict[str, list[str]]:
    return {doc_id: [passage.text for passage in index.passages(doc_id)] for doc_id in index}


def split(text: str) -> list[str]:
    return text.split("\n\n")


# --- documents ------------------------------------------------------------------------------------------------------


def test_documents_are_added_replaced_kept_and_removed(empty):
    done = empty.add([("a", OLD), ("b", "Rice.")])
    assert (done.added, done.passages, done.embedded, done.generation) == (("a", "b"), 4, 4, 2)
    assert texts(empty) == {"a": split(OLD), "b": ["Rice."]}
    done = empty.add([("a", NEW), ("b", "Rice.")])
    assert (done.added, done.changed, done.kept, done.passages, done.generation) == ((), ("a",), 1, 5, 3)
    assert texts(empty) == {"a": split(NEW), "b": ["Rice."]}
    done = empty.remove(["b", "c*"])
    assert (done.removed, [failure.source for failure in done.failed], done.passages) == (("b",), ["c*"], 4)
    assert list(empty) == ["a"]
    assert empty.verify().ok


def test_a_text_that_had_a_vector_is_not_embedded_again(empty):
    empty.add([("a", OLD)])
    done = empty.add([("b", f"{OLD}\n\nNew rice.")])
    assert (done.embedded, done.reused) == (1, 3)


def test_a_run_that_is_done_again_changes_nothing(empty):
    documents = [Document("a", OLD, "Title", {"date": "2024-06-18"}), Document("b", "Rice.")]
    empty.add(documents)
    done = empty.add(documents)
    assert (done.kept, done.generation, done.passages) == (2, 2, 4)


def test_a_dry_run_stores_nothing(empty, tmp_path):
    (tmp_path / "a.txt").write_text(OLD)
    done = empty.sync(tmp_path, dry_run=True)
    assert len(done.added) == 1
    assert (list(empty), empty.status()["sources"], empty.generation) == ([], [], 1)


def test_folders_are_synced_and_forgotten(empty, tmp_path):
    root = tmp_path / "news"
    root.mkdir()
    for name in "abc":
        (root / f"{name}.txt").write_text(f"Text {name}.")
    assert empty.sync(root).added == ("news/a.txt", "news/b.txt", "news/c.txt")
    (root / "a.txt").write_text("Another text.")
    (root / "b.txt").unlink()
    done = empty.sync()
    assert (done.changed, done.removed, done.kept) == (("news/a.txt",), ("news/b.txt",), 1)
    assert empty.file_of("news/a.txt") == root / "a.txt"
    assert empty.status(sources=True)["accounts"] == [{"source": str(root), "documents": 2, "omitted": {}}]
    done = empty.sync(options=SyncOptions(include=("a.txt",)))
    assert (done.removed, done.withheld) == ((), ("news/c.txt",))  # other filters take none away unless that is allowed
    assert empty.forget(root).removed == ("news/a.txt", "news/c.txt")
    assert (len(empty), empty.status()["files"], empty.status()["sources"]) == (0, 0, [])


def test_a_file_belongs_to_its_document_until_the_document_is_given_by_hand(empty, tmp_path):
    (tmp_path / "a.txt").write_text("From a file.")
    doc_id = empty.sync(tmp_path / "a.txt").added[0]
    assert empty.add([(doc_id, "By hand.")]).failed[0].source == doc_id
    assert empty.add([(doc_id, "By hand.")], replace=True).changed == (doc_id,)
    assert empty.file_of(doc_id) is None


def test_a_fresh_object_sees_what_was_committed(empty):
    empty.add([("a", OLD)])
    with Index.open(empty.path, embedder=WordPieceEmbedder()) as other:
        assert texts(other) == {"a": split(OLD)}
        empty.add([("b", "Rice.")])
        assert "b" not in other
        assert other.reload()
        assert "b" in other
        assert not other.reload()


# --- nobody sees a part -------------------------------------------------------------------------------------------


def test_whenever_one_looks_each_document_is_there_in_one_version_whole(empty, monkeypatch):
    empty.add([(f"doc {number}", OLD) for number in range(4)])
    asked, seen = Client.request, []
    allowed = (split(OLD), split(NEW), [])

    def look_after(self, method, path, body=None, *, parameters=None):
        answer = asked(self, method, path, body, parameters=parameters)
        if path == "_bulk" and not looking.is_set():
            looking.set()
            asked(self, "POST", f"{mapping.passages(self.address.index)}/_refresh")
            with Index.open(empty.path, embedder=WordPieceEmbedder()) as other:
                found = {
                    f"doc {number}": [each.text for each in other.passages(f"doc {number}")] for number in range(5)
                }
                assert all(each in allowed for each in found.values())
                assert sorted(doc_id for doc_id, held in found.items() if held) == sorted(other)
                hits = other.search("tea coffee cocoa rice", 50, mode="keyword")
                assert {hit.passage.text for hit in hits} == {text for held in found.values() for text in held}
                seen.append(tuple(map(tuple, found.values())))
            looking.clear()
        return answer

    looking = threading.Event()
    monkeypatch.setattr("searchkit.cluster.bulk.MOST", 2)  # so that a document goes over several requests
    monkeypatch.setattr(Client, "request", look_after)
    empty.add([(f"doc {number}", NEW) for number in range(5)])
    assert len(seen) > 10
    assert len(set(seen)) == 3  # before, one part of two, and after
    assert empty.verify().ok


class Killed(BaseException):
    """A writer that ends in the middle."""


def killed(*given, **named):
    raise Killed


@pytest.mark.parametrize("step", range(1, 13))
def test_what_a_killed_writer_leaves_is_never_seen_in_part_and_is_mended_by_the_next(empty, client, monkeypatch, step):
    empty.add([("a", OLD), ("b", OLD)])
    asked, count = Client.request, [0]

    def stopped(self, method, path, body=None, *, parameters=None):
        if path == "_bulk":
            count[0] += 1
            if count[0] == step:
                raise Killed
        return asked(self, method, path, body, parameters=parameters)

    monkeypatch.setattr("searchkit.cluster.bulk.MOST", 3)
    with monkeypatch.context() as patched:
        patched.setattr(Client, "request", stopped)
        try:
            empty.add([("a", NEW), ("b", NEW)])
            ended = True
        except Killed:
            ended = False
    client.request("POST", f"{mapping.passages(empty.path.index)}/_refresh")
    with Index.open(empty.path, embedder=WordPieceEmbedder()) as other:
        assert all(held in (split(OLD), split(NEW)) for held in texts(other).values())
        assert list(other) == ["a", "b"]
        assert other.verify().ok
    done = empty.add([("a", NEW), ("b", NEW)])
    assert texts(empty) == {"a": split(NEW), "b": split(NEW)}
    assert done.kept == 2 or not ended
    left = [each["_source"]["state"] for each in intents(client)]
    assert set(left) <= {mapping.VOID}
    client.request("POST", f"{empty.path.index}/_refresh")
    rows = client.request("POST", f"{empty.path.index}/_count", {"query": {"exists": {"field": "ordinal"}}})
    assert rows["count"] == 8  # nothing is left of what was not to be
    assert empty.verify().ok


@pytest.mark.parametrize("step", ["_open", "_puts", "_change_intent"])
def test_a_writer_that_slept_while_another_took_over_does_no_harm(empty, client, step):
    empty.add([("a", OLD)])
    with session.writing(client) as sleeper:
        asked = getattr(sleeper._batches, step)

        def slept(*given):
            given_up(client)  # as if no beat had come for as long as a dead writer takes to be given up
            empty.add([("a", NEW)])
            return asked(*given)

        setattr(sleeper._batches, step, slept)
        model = WordPieceEmbedder()
        ingest = Ingest(ClusterStock(sleeper, model, silent), model, token_counter(model), silent)
        ingest.put(Document("a", "Sleeper's text."))
        with pytest.raises(IndexLocked, match="took over"):
            ingest.finish()
        ingest.close()
    empty.reload()
    assert texts(empty) == {"a": split(NEW)}
    assert empty.verify().ok


def given_up(client: Client) -> None:
    """Free the lock as if its holder had been given up."""
    there, version = lease._read(client)
    lease._put(client, there | {"holder": "", "session": ""}, version)


# --- one writer -----------------------------------------------------------------------------------------------------


def test_another_process_that_writes_is_told_of(empty, client, monkeypatch):
    with lease.leased(client):
        monkeypatch.setattr(lease, "me", lambda: "process 1 on elsewhere")
        with pytest.raises(IndexLocked, match=r"being written to by process \d+ on"):
            empty.add([("a", OLD)], timeout=0)
    empty.add([("a", OLD)])


def test_a_writer_that_is_dead_is_given_up(empty, client, monkeypatch):
    monkeypatch.setattr(lease, "GIVEN_UP", 0.2)
    monkeypatch.setattr(lease, "LOOK", 0.05)
    held = lease._taken(client, None)
    held._ends.set()  # no beat comes any more, and nobody lets go of the lock
    assert empty.add([("a", OLD)]).added == ("a",)
    held._write()
    with pytest.raises(IndexLocked, match="took over"):
        held.renew()


def test_whoever_waits_less_than_that_takes_a_dead_ones_place_in_a_later_attempt(empty, client):
    held = lease._taken(client, None)
    held._ends.set()
    with pytest.raises(IndexLocked, match="being written to by"):
        empty.add([("a", OLD)], timeout=0)
    beat, first = lease._seen[str(client.address)]
    lease._seen[str(client.address)] = beat, first - lease.GIVEN_UP  # so much later
    assert empty.add([("a", OLD)], timeout=0).added == ("a",)


def test_threads_of_one_process_take_turns(empty):
    threads = [threading.Thread(target=empty.add, args=([(f"doc {n}", f"Text {n}.")],)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(empty) == ["doc 0", "doc 1", "doc 2"]


# --- indexes -----------------------------------------------------------------------------------------------------


def test_an_index_is_made_once_and_found_only_where_it_is(empty, client):
    with pytest.raises(IndexExists, match="already holds an index"):
        Index.create(empty.path, embedder="none")
    with pytest.raises(IndexNotFound, match="no index at"):
        Index.open(running.fresh())
    client.request("PUT", f"{empty.path.index}.other", {})
    try:
        other = parsed(f"{empty.path}.other")
        with pytest.raises(IndexNotFound, match="is no searchkit index"):
            Index.open(other)
        with pytest.raises(IndexExists, match="is no searchkit index"):
            Index.create(other, embedder="none")
    finally:
        client.request("DELETE", f"{empty.path.index}.other")


def test_an_index_that_was_never_finished_is_made_anew(empty, client, monkeypatch):
    address = parsed(running.fresh())
    with monkeypatch.context() as patched:
        patched.setattr(home, "describe", killed)
        with pytest.raises(Killed):
            Index.create(address, embedder="none")
    with pytest.raises(IndexNotFound, match="its making was cut off"):
        Index.open(address)
    with Index.create(address, embedder="none") as index:
        assert index.add([("a", "Tea.")]).added == ("a",)
    home.drop(home.client(address))


@pytest.mark.parametrize("name", ["compact", "improve"])
def test_what_a_cluster_cannot_is_refused_with_the_reason(empty, name):
    with pytest.raises(ArgumentError, match="is on a cluster: it"):
        getattr(empty, name)()


def test_settings_that_were_fitted_are_kept(empty):
    ranking = {"fusion": "zscore", "weights": {"keyword": 0.3, "vector": 0.7}}
    prefer(empty, ranking)
    assert empty.settings.ranking == ranking
    with Index.open(empty.path, embedder=WordPieceEmbedder()) as other:
        assert other.status()["ranking"] == ranking


# --- another model --------------------------------------------------------------------------------------------------


class Backwards(WordPieceEmbedder):
    """Another model of the same words."""

    name, digest = "backwards", "backwards"

    def embed_passages(self, texts):
        return super().embed_passages(texts)[:, ::-1]

    def embed_query(self, text):
        return super().embed_query(text)[::-1]


def test_another_model_takes_the_place_of_the_one_before_as_one(empty, tmp_path):
    (tmp_path / "c.txt").write_text("From a file.")
    empty.add([("a", OLD), ("b", "Rice.")])
    doc_id = empty.sync(tmp_path / "c.txt").added[0]
    with Index.open(empty.path, embedder=WordPieceEmbedder()) as reader:
        wanted = [hit.passage.id for hit in reader.search("coffee", mode="keyword")]
        generation = empty.rebuild(embedder=Backwards())
        assert (empty.settings.embedder, empty.generation) == ("backwards", generation)
        assert next(hit.passage.id for hit in empty.search("tea", mode="vector")) == "a#0"
        assert [hit.passage.id for hit in reader.search("coffee", mode="keyword")] == wanted  # of the new state
    assert empty.verify().ok
    assert (list(empty), empty.sync().kept) == (["a", "b", doc_id], 1)
    assert empty.rebuild(embedder=WordPieceEmbedder()) > generation
    assert empty.settings.embedder == WordPieceEmbedder.name


def test_a_rebuild_that_was_cut_off_leaves_the_index_as_it_was(empty, monkeypatch):
    empty.add([("a", OLD)])
    with monkeypatch.context() as patched:
        patched.setattr(home, "switch", killed)
        with pytest.raises(Killed):
            empty.rebuild(embedder=Backwards())
    assert (empty.settings.embedder, texts(empty)) == (WordPieceEmbedder.name, {"a": split(OLD)})
    empty.rebuild(embedder=Backwards())
    assert (empty.settings.embedder, texts(empty)) == ("backwards", {"a": split(OLD)})
