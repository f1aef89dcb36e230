"""Parents, children and siblings: what a fork amid a write leaves alone, and threads that cross each other's ways."""

import os
import threading

import pytest

from searchkit import Document, Index, IndexLocked
from searchkit.storage import durable, inspection, store
from searchkit.storage.catalog import Catalog, forking
from searchkit.workers import WorkerPool
from tests.test_forking import in_child
from tests.test_waiting import at_once
from tests.test_workers import shouting
from tests.worlds import OtherEmbedder, WordHashEmbedder

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
QUESTION = "analysts Vietnam"


# --- forks ----------------------------------------------------------------------------------------------------


@forks
def test_a_process_forked_amid_a_write_leaves_the_index_alone(news):
    """SQLite cannot share a file with a child that inherits a transaction: that is said, and nothing hangs."""

    def fork(stage, done, total):
        if stage == "embed":
            codes.append(in_child(is_refused))

    def is_refused():
        with pytest.raises(IndexLocked, match=r"when this process was forked.*spawn"):
            news.search("analysts")
        with pytest.raises(IndexLocked, match="when this process was forked"):
            Index.open(news.path)
        return True

    codes = []
    news.add([Document("new", "New text.")], progress=fork)
    assert codes == [0]
    assert news.search(QUESTION)[0].passage.id == "hanoi#0"
    assert in_child(lambda: len(news.documents()) == 4) == 0  # after the write all is well
    assert news.verify().ok


@forks
def test_another_index_can_be_opened_in_a_process_forked_amid_a_write(news, tmp_path):
    with Index.create(tmp_path / "other", embedder="none") as other:
        other.add([Document("a", "Rates rise.")])
        with store.writing(news.path) as writer:
            writer.begin()
            assert in_child(lambda: other.search("rates")[0].passage.id == "a#0") == 0


@forks
def test_what_a_child_drops_of_a_write_is_its_parents(news):
    """The child leaves the write by an error, which must neither undo nor end what the parent does."""

    def fork(stage, done, total):
        if stage == "embed" and not children:
            children.append(os.fork())
            if children == [0]:
                raise KeyboardInterrupt

    children, parent = [], os.getpid()
    try:
        report = news.add([Document("new", "New text.")], progress=fork)
    except BaseException as error:
        if os.getpid() == parent:
            raise
        os._exit(7 if isinstance(error, KeyboardInterrupt) else 99)
    assert os.waitstatus_to_exitcode(os.waitpid(children[0], 0)[1]) == 7
    assert report.added == ("new",)
    assert news.verify().ok


@forks
def test_a_fork_while_another_thread_reads_a_catalog_as_a_whole_is_told_in_the_child(news, monkeypatch):
    """Who verifies or exports has a connection of its own, without the lock by which threads share one."""
    monkeypatch.setattr(forking, "PATIENCE", 0)
    with store.opened(news.path):

        def is_refused():
            with pytest.raises(IndexLocked, match="read as a whole"):
                news.search("analysts")
            return True

        assert in_child(is_refused) == 0
    assert in_child(lambda: news.search(QUESTION)[0].passage.id == "hanoi#0") == 0


@forks
def test_forks_of_several_threads_give_back_what_they_took(news):
    assert at_once(lambda _: in_child(lambda: news.search(QUESTION)[0].passage.id == "hanoi#0"), 4) == [0] * 4
    assert forking._held == {}
    assert at_once(lambda _: news.search(QUESTION)[0].passage.id, 4) == ["hanoi#0"] * 4


@forks
def test_connections_may_come_while_a_fork_looks_at_them(news, monkeypatch):
    """Other threads go on opening catalogs while the locks of those that there are are taken."""
    path, made = news.path / "catalog.sqlite", []
    with news._reading() as view:
        lock = view.snapshot.catalog.lock
        acquire = lock.acquire
        monkeypatch.setattr(lock, "acquire", lambda timeout: (made.append(Catalog(path)), acquire(timeout))[1])
        forking.before()
        forking.after_in_parent()
    assert len(made) == 1
    made[0].close()


@forks
def test_a_lock_is_free_as_soon_as_its_holder_lets_go_whoever_has_the_file(tmp_path):
    """A process that is just being started has the parent's open files for a moment."""
    lock = tmp_path / "writer.lock"
    opened = durable._locked(lock, 0)
    copy = os.dup(opened.number)
    opened.close()
    with durable.writer_lock(lock, 0):
        os.close(copy)


@forks
def test_a_child_cannot_end_the_helpers_of_its_parent():
    pool = WorkerPool(shouting, (), 1)
    try:
        pool._threads.submit(int).result()  # after the set-up
        assert in_child(lambda: all(worker.kill() is None for worker in pool._workers)) == 0
        assert pool.submit("still here").result() == "STILL HERE"
    finally:
        pool.close()


# --- threads --------------------------------------------------------------------------------------------------


def test_a_search_goes_on_with_the_model_of_its_commit_while_another_takes_over(news):
    with news._reading() as view:  # as a search in another thread does
        news.rebuild(embedder=OtherEmbedder())
        assert news._model(view, "hybrid").name == "word-hash"
        assert news.embedder.name == "other"
    assert news.search(QUESTION)[0].passage.id == "hanoi#0"


def test_a_commit_with_another_model_can_be_searched_before_the_rebuild_is_back(news, monkeypatch):
    """Another thread may load the commit that changes the model before the rebuilding thread has."""
    commit, found = store.Writer.commit, []

    def commit_and_search(writer):
        generation = commit(writer)
        news.reload()
        found.append(news.search(QUESTION)[0].passage.id)
        return generation

    monkeypatch.setattr(store.Writer, "commit", commit_and_search)
    news.rebuild(embedder=OtherEmbedder())
    assert found == ["hanoi#0"]
    assert news.embedder.name == "other"


def test_a_rebuild_without_a_model_goes_on_with_the_index_s_own(news):
    news.rebuild()
    assert news.embedder.name == "word-hash"
    news.rebuild(embedder="none")
    assert news.embedder is None
    news.rebuild(embedder=WordHashEmbedder())
    assert news.search(QUESTION)[0].passage.id == "hanoi#0"


def test_the_size_of_an_index_can_be_told_while_a_writer_removes_files(news, monkeypatch):
    """A file goes between its being listed and its being looked at."""
    passing, walk = news.path / "vectors" / "passing.npy", os.walk
    before = news.status()["bytes"]
    passing.write_bytes(b"12345")
    assert news.status()["bytes"] == before + 5

    def slow(folder):
        listed = list(walk(folder))
        passing.unlink()
        return listed

    monkeypatch.setattr(inspection.os, "walk", slow)
    assert news.status()["bytes"] == before


def test_no_thread_minds_what_the_others_do(news, embedder):
    """Every way to read, beside two writers, while other objects open and close the same index: answers stay right."""
    reads = (
        lambda: news.search(QUESTION)[0].passage.id == "hanoi#0",
        lambda: len(news.search_many([QUESTION, "coffee"])) == 2,
        lambda: news.get("hanoi").title == "Hanoi visit",
        lambda: "hanoi" in news.documents(),
        lambda: news.context(QUESTION).text != "",
        lambda: news.why_not("coffee#0", QUESTION).query == QUESTION,
        lambda: news.status()["passages"] >= 5,
        lambda: news.reload() in (True, False),
        lambda: news.who_said("analysts") is not None,
    )
    writing, ended = [0, 1], threading.Event()

    def read(answers_right):
        while not ended.is_set():
            assert answers_right()

    def write(number):
        try:
            for step in range(2):
                news.add([Document(f"new{number}", f"Something else, {number} {step}.")])
                news.remove(f"new{number}")
                with Index.open(news.path, embedder=embedder) as other:
                    other.search(QUESTION)
            news.compact()
        finally:
            writing.pop()
            if not writing:
                ended.set()

    found = at_once(lambda number: write(number) if number < 2 else read(reads[number - 2]), 2 + len(reads))
    assert found == [None] * len(found)
    assert news.documents() == ["coffee", "hanoi", "manila"]
    assert news.verify().ok
