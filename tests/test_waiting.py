"""Threads and processes that want the same thing at once: each gets it, in turn, and it is made once."""

import itertools
import subprocess
import sys
import threading

import pytest

from searchkit import ArgumentError, Document, Index, IndexClosed, IndexLocked
from searchkit.models import embedders, rerankers
from searchkit.storage import durable, store
from searchkit.storage.turns import Turns
from searchkit.threads import PerProcess, once
from tests.test_durable import HOLD
from tests.worlds import WordHashEmbedder

EIGHT = 8


def at_once(work, threads=EIGHT):
    """Return what several threads return, or raise, that begin at one moment."""
    start, found = threading.Barrier(threads), [None] * threads

    def run(number):
        start.wait()
        try:
            found[number] = work(number)
        except Exception as error:  # noqa: BLE001 - for the assertion
            found[number] = error

    running = [threading.Thread(target=run, args=(number,)) for number in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return found


class Counted:
    """Counts how often it is made; to make it takes until every thread had its chance to begin another."""

    def __init__(self):
        self.made = 0
        self.second = threading.Event()

    def __call__(self, *_):
        self.made += 1
        if self.made > 1:
            self.second.set()
        self.second.wait(0.1)
        return WordHashEmbedder()


@pytest.fixture
def holder(news):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(news.path / store.LOCK)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def test_eight_first_searches_load_one_model(news, monkeypatch):
    load = Counted()
    monkeypatch.setattr(embedders, "recorded", load)
    with Index.open(news.path) as index:
        found = at_once(lambda _: index.search("Vietnam analysts")[0].passage.doc_id)
    assert (found, load.made) == (["hanoi"] * EIGHT, 1)


def test_eight_indexes_share_the_model_that_travels_with_searchkit(monkeypatch):
    load = Counted()
    monkeypatch.setattr(embedders, "_loaded", {})  # another test may have it already
    monkeypatch.setattr(embedders, "OnnxEmbedder", load)
    assert len(set(map(id, at_once(lambda _: embedders.embedder("minilm"))))) == load.made == 1


def test_eight_threads_load_one_reranker(monkeypatch, tmp_path):
    load = Counted()
    monkeypatch.setattr(rerankers, "OnnxReranker", load)
    assert len(set(map(id, at_once(lambda _: rerankers.reranker(f"onnx:{tmp_path}"))))) == load.made == 1


def test_a_property_and_what_a_process_has_once_are_made_by_one_thread():
    count, made = Counted(), Counted()

    class Thing:
        @once
        def part(self):
            return count()

    thing, per_process = Thing(), PerProcess(made)
    assert len(set(map(id, at_once(lambda _: thing.part)))) == count.made == 1
    assert len(set(map(id, at_once(lambda _: per_process())))) == made.made == 1


def test_threads_that_add_at_once_all_get_in(news):
    reports = at_once(lambda number: news.add([Document(f"t{number}", f"Thread text {number}.")]).added)
    assert reports == [(f"t{number}",) for number in range(EIGHT)]
    assert news.verify().ok


def test_turns_go_by_who_came_first(tmp_path):
    turns, order, running = Turns(), [], []

    def take(number):
        with turns.taken(tmp_path, 60) as came:
            order.append((number, came))

    with turns.taken(tmp_path, 0) as mine:
        for number in range(3):
            running.append(threading.Thread(target=take, args=(number,)))
            running[-1].start()
            while len(turns._lines[tmp_path.resolve()]) < number + 2:  # until it stands in line
                running[-1].join(0.001)
    for thread in running:
        thread.join()
    assert mine
    assert order == [(0, True), (1, True), (2, True)]
    assert turns._lines == {}


def test_without_a_turn_in_time_a_thread_is_refused_and_nobody_waits_for_it(news):
    with store.writing(news.path):
        assert [type(found) for found in at_once(lambda _: news.remove("hanoi", timeout=0), 2)] == [IndexLocked] * 2
    assert news.remove("hanoi", timeout=0).removed == ("hanoi",)


def test_a_thread_does_not_wait_for_itself(news):
    with store.writing(news.path), pytest.raises(IndexLocked):
        news.compact(timeout=3600)


def test_another_process_is_not_waited_for_unless_asked(news, holder):
    with pytest.raises(IndexLocked, match=rf"process {holder.pid} .*timeout=60.*--wait 60"):
        news.remove("hanoi")


@pytest.mark.parametrize(
    "write",
    [
        lambda index: index.add([Document("new", "New.")], timeout=3600),
        lambda index: index.sync(timeout=3600),
        lambda index: index.remove("hanoi", timeout=3600),
        lambda index: index.compact(timeout=3600),
        lambda index: index.rebuild(timeout=3600),
        lambda index: index.improve(timeout=3600),
    ],
)
def test_every_writing_method_waits_for_another_process(news, holder, monkeypatch, write):
    paused = []

    def pause(seconds):
        paused.append(seconds)
        if len(paused) == 3:
            holder.kill()
            holder.wait()

    monkeypatch.setattr(durable.time, "sleep", pause)
    write(news)
    assert len(paused) == 3
    assert news.verify().ok


def test_the_command_line_waits_too(news, holder):
    command = [sys.executable, "-m", "searchkit", "compact", "-i", str(news.path)]
    refused = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (refused.returncode, str(holder.pid) in refused.stderr) == (3, True)
    with subprocess.Popen([*command, "--wait", "600"], stdout=subprocess.PIPE, text=True) as waiting:
        holder.stdin.close()
        assert "generation" in waiting.communicate()[0]
    assert waiting.returncode == 0


def test_pauses_grow_to_a_bound_and_are_drawn_by_chance():
    first, second = ([*itertools.islice(durable.pauses(), 20)] for _ in range(2))
    assert first != second
    bounds = [min(durable.FIRST_PAUSE * 2**step, durable.LONGEST_PAUSE) for step in range(20)]
    assert all(bound / 2 <= pause <= bound for pause, bound in zip(first, bounds, strict=True))


@pytest.mark.parametrize("timeout", [-1, "soon", float("nan"), True])
def test_a_senseless_timeout_is_named(news, timeout):
    with pytest.raises(ArgumentError, match="timeout"):
        news.remove("hanoi", timeout=timeout)


def test_an_index_is_searched_written_reloaded_exported_and_closed_at_once(news, tmp_path):
    def work(number):
        for step in range(5):
            match number % 4:
                case 0:
                    assert news.search("analysts Vietnam", where="doc = hanoi")[0].passage.doc_id == "hanoi"
                case 1:
                    news.add([Document(f"new{number}-{step}", f"Something else, {number} {step}.")])
                case 2:
                    news.reload()
                    news.status()
                case 3:
                    assert news.export(tmp_path / f"{number}.zip") >= 3

    assert at_once(work) == [None] * EIGHT
    assert news.status()["documents"] == 3 + 2 * 5

    def close_or_search(number):
        return news.close() if number == 0 else [news.search("analysts Vietnam") for _ in range(50)]

    later = at_once(close_or_search)[1:]
    assert {type(found) for found in later} <= {IndexClosed, list}
    with pytest.raises(IndexClosed):
        news.search("analysts")
