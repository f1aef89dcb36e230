"""A process that forks while its threads search: the child searches by itself."""

import fcntl
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import searchkit
from searchkit import Document, Index
from searchkit.storage import store
from searchkit.storage.catalog import forking
from searchkit.threads import Guard, PerProcess
from tests.worlds import WordHashEmbedder

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork"),
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
]

FORKS = 6
SCRIPT = """
import os, sys, threading, warnings
from searchkit import Index

warnings.simplefilter("ignore", DeprecationWarning)
index, stop = Index.open(sys.argv[1]), threading.Event()
question = "Which minister met the analysts in Hanoi?"
first = [hit.passage.id for hit in index.search(question)]
assert first, "the world holds an answer"

def ask():
    while not stop.is_set():
        index.search(question, where="doc = h0", context=1)

threads = [threading.Thread(target=ask) for _ in range(4)]
for thread in threads:
    thread.start()
failed = []
for _ in range(int(sys.argv[2])):
    child = os.fork()
    if child == 0:
        same = [[hit.passage.id for hit in index.search(question)] == first for _ in range(2)]
        os._exit(0 if all(same) and index.status()["documents"] == 3 else 1)
    failed.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
stop.set()
for thread in threads:
    thread.join()
print(failed)
"""


def forked(work):
    """Return the number of a forked process that does this work, and exits with 0 if it returns true."""
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if work() else 1)
        finally:
            os._exit(2)
    return child


def ended(child):
    """Return the exit code of a child, once it has ended."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def in_child(work):
    return ended(forked(work))


@pytest.mark.parametrize(("engine", "embedder"), [("tantivy", "minilm"), ("whoosh", "none")])
def test_children_of_a_process_whose_threads_search_answer_as_it_does(tmp_path, engine, embedder):
    with Index.create(tmp_path / "index", engine=engine, embedder=embedder) as index:
        texts = ("The minister met analysts in Hanoi.", "Coffee prices rose.", "A storm reached Manila.")
        index.add([Document(f"h{number}", text) for number, text in enumerate(texts)])
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "index"), str(FORKS)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (done.stdout.strip(), done.returncode) == (str([0] * FORKS), 0), done.stderr


def test_a_lock_that_another_thread_had_is_free_in_the_child():
    guard, has_it, may_go = Guard(), threading.Event(), threading.Event()

    def hold():
        with guard:
            has_it.set()
            may_go.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    has_it.wait()
    assert in_child(lambda: guard.acquire(0)) == 0
    assert not guard.acquire(0)
    may_go.set()
    thread.join()


def test_a_lock_of_the_forking_thread_is_its_own_in_the_child_too():
    guard = Guard()
    with guard:
        assert in_child(lambda: guard.release() is None and guard.acquire(0)) == 0


def test_what_a_parent_made_is_made_anew():
    made = PerProcess(os.getpid)
    assert made() == os.getpid()
    assert in_child(lambda: made() == os.getpid()) == 0


def test_a_child_sees_what_is_written_after_the_fork_and_leaves_its_parents_view_alone(news, embedder):
    def changed():
        news.reload()
        with Index.open(news.path, embedder=embedder) as other:
            other.add([Document("new", "Saffron was dear.")])
            other.compact()
        news.reload()
        return news.search("saffron")[0].passage.doc_id == "new"

    with news._reading() as view:
        assert in_child(changed) == 0
        assert view.passages.document("new") is None
        assert view.passages.document("hanoi").title == "Hanoi visit"
    assert news.reload()
    assert news.get("new").text == "Saffron was dear."
    assert news.verify().ok


def test_a_child_has_locks_of_its_own_on_the_catalog(news):
    """As long as only the child reads, nobody else gets the lock that SQLite takes to remove the log."""

    def reads_alone():
        news.reload()
        reader, writer = os.pipe()
        if os.fork() == 0:  # a process without connections of its own, to ask whether the file is locked
            with (news.path / "catalog.sqlite").open("r+b") as file:
                try:
                    fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 510, 0x40000002)  # SQLite's shared range
                except OSError:
                    os.write(writer, b"locked")
            os._exit(0)
        os.wait()
        os.close(writer)
        return os.read(reader, 6) == b"locked"

    closed, told = os.pipe()

    def after_the_parent_closed():
        os.read(closed, 1)
        return reads_alone()

    child = forked(after_the_parent_closed)
    news.close()
    os.write(told, b"x")
    assert ended(child) == 0


def test_a_child_does_not_keep_its_parents_writer_lock(news):
    started, go_on = os.pipe(), os.pipe()
    with store.writing(news.path):
        child = os.fork()
        if child == 0:
            os.write(started[1], b"x")
            os.read(go_on[0], 1)
            os._exit(0)
        os.read(started[0], 1)
    assert news.add([Document("new", "New text.")], timeout=0).added == ("new",)  # while the child lives
    os.write(go_on[1], b"x")
    os.waitpid(child, 0)


def test_a_child_does_not_free_its_parents_writer_lock(news):
    with store.writing(news.path), news._reading():
        assert in_child(lambda: True) == 0
        assert subprocess.run(
            [sys.executable, "-m", "searchkit", "remove", "hanoi", "-i", str(news.path)],
            capture_output=True, text=True, check=False,
        ).stderr.startswith(f"searchkit: {news.path} is being written by process {os.getpid()}")  # fmt: skip


def test_a_fork_waits_for_threads_inside_the_catalog(news):
    order, inside = [], threading.Event()
    with news._reading() as view:

        def read():
            with view.snapshot.catalog.lock:
                inside.set()
                waiting.wait()
                order.append("read")

        waiting = threading.Event()
        thread = threading.Thread(target=read)
        thread.start()
        inside.wait()
        waker = threading.Timer(0.05, waiting.set)
        waker.start()
        forking.before()
        order.append("fork")
        forking.after_in_parent()
        thread.join()
    assert order == ["read", "fork"]


def test_all_locks_are_such_as_a_fork_renews():
    """threading.Lock, functools.cached_property and the like would hang in a child, or make things twice."""
    package = Path(searchkit.__file__).parent
    found = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if re.search(r"threading\.(R?Lock|Condition|Semaphore|Event)\(|cached_property", path.read_text("utf-8"))
    }
    found.discard("server/hub.py")  # a child of a server does not serve
    found.discard("cluster/lease.py")  # nor does a child of a writer write
    assert found == {"threads.py", "storage/turns.py"}


def test_a_model_of_the_users_own_goes_on_in_the_child(tmp_path):
    with Index.create(tmp_path / "index", embedder=WordHashEmbedder()) as index:
        index.add([Document("hanoi", "The minister met analysts in Hanoi.")])
        assert in_child(lambda: index.search("minister", mode="vector")[0].passage.doc_id == "hanoi") == 0
