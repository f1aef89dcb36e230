"""The same index whoever did the work, in whatever order it was done."""

import contextlib
import pickle
import shutil
import sqlite3
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searchkit import Document, Index
from searchkit.errors import SearchkitError
from searchkit.indexing import jobs
from searchkit.indexing.jobs import Pipeline
from searchkit.indexing.prepare import Preparer, Recipe, Text
from searchkit.models.embedders import embedder, estimate_all, portable_counter
from searchkit.text.splitting import Limits, split
from searchkit.workers import WorkerPool
from tests.test_sync import write
from tests.worlds import WORDS, WordHashEmbedder

TABLES = ("documents", "passages", "band_chunks", "said", "speakers", "speaker_terms", "counters")
SENTENCES = st.lists(
    st.sampled_from([*WORDS, "Analysts said that prices would rise.", '"We will vote," Lee said.', "\n\n", "He added"])
)
BODIES = SENTENCES.map(" ".join)


POOLS: dict[str, WorkerPool] = {}  # by recipe; started once for all tests


class Helped(Pipeline):
    """A pipeline whose processes are there from the start, so that they do all the work, in small portions."""

    def _send(self) -> None:
        key = str(self._recipe)
        if key not in POOLS:
            POOLS[key] = WorkerPool(Preparer, (self._recipe,), 2)
        while not POOLS[key].ready:
            time.sleep(0.01)
        self._pool = POOLS[key]
        super()._send()

    def close(self) -> None:
        pass


@pytest.fixture(scope="module", autouse=True)
def _close_pools():
    yield
    while POOLS:
        POOLS.popitem()[1].close()


@contextlib.contextmanager
def help_of_others():
    """Have two other processes do everything."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "CHUNK", 60)
        patch.setattr("searchkit.indexing.ingest.Pipeline", Helped)
        yield


def tables(index: Index) -> dict[str, list[tuple[object, ...]]]:
    db = sqlite3.connect(index.path / "catalog.sqlite")
    found = {name: db.execute(f"SELECT * FROM {name}").fetchall() for name in TABLES}  # noqa: S608 - our own names
    db.close()
    return found


def news(folder: Path) -> Path:
    """Return a folder of files of several kinds, some of them damaged."""
    folder.mkdir()
    write(folder / "a.txt", "Vietnam balances the great powers with care.\n\n" + "Hanoi was hot that day. " * 40)
    write(folder / "b.txt", "Coffee prices rose.\n\nTraders agree about this.")
    write(folder / "c.md", "# Rivers\n\nThe river rose.\n\n## Storms\n\nA storm came, officials said.")
    write(folder / "bad.json", "{")
    write(folder / "page.html", "<html><body><article><p>" + "Voters chose. " * 30 + "</p></article></body></html>")
    write(folder / "records.jsonl", '{"id": "x", "text": "One."}\nnot JSON\n{"id": "y", "text": "Two \\ud800."}\n')
    return folder


def histories(path, folder, model="none"):
    """Fill an index in several ways; return what it holds and what was reported."""
    with Index.create(path, embedder=model) as index:
        reports = [index.sync(folder)]
        items = [Document(str(number), f"{' '.join(WORDS)} {number % 7}. Lee said it.") for number in range(40)]
        reports.append(index.add([*items, Document("", "no id"), Document("blank", " \n"), items[3]]))
        (folder / "page.html").unlink()
        write(folder / "b.txt", "Analysts said coffee is dear.\n\nTraders agree about this.", age=30)
        write(folder / "records.jsonl", '{"id": "x", "text": "Changed by now."}\n{"id": "z", "text": "New."}\n', age=30)
        reports.append(index.sync(folder))
        reports.append(index.add(Document(item.id, item.text.replace("3", "three")) for item in items))
        return tables(index), [report.to_dict() for report in reports], index.search("coffee prices", k=20)


@pytest.mark.parametrize("model", ["none", "minilm"])
def test_an_index_is_the_same_whoever_did_the_work(tmp_path, model):
    results = []
    for name, by in (("alone", contextlib.nullcontext), ("helped", help_of_others)):
        folder = news(tmp_path / "news")
        with by():
            catalog, reports, hits = histories(tmp_path / name, folder, model)
        assert hits
        results.append((catalog, reports, [(hit.passage, hit.score) for hit in hits]))
        shutil.rmtree(folder)
    assert results[0] == results[1]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.lists(st.tuples(st.integers(0, 5), BODIES), max_size=8), min_size=1, max_size=3))
def test_any_additions_end_in_the_same_catalog(tmp_path_factory, rounds):
    catalogs = []
    for by in (contextlib.nullcontext, help_of_others):
        with by(), Index.create(tmp_path_factory.mktemp("index") / "index", embedder="none") as index:
            for items in rounds:
                index.add(Document(str(number), text) for number, text in items)
            catalogs.append(tables(index))
    assert catalogs[0] == catalogs[1]


@settings(deadline=None)
@given(st.lists(st.integers(0, 9), max_size=60))
def test_results_and_what_comes_between_keep_their_order(sizes):
    recipe = Recipe("en", Limits(), estimate_all)
    line = Pipeline(recipe, portable=False)
    taken = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "CHUNK", 200)
        for number, size in enumerate(sizes):
            job = Text("word " * size * 10, ()) if size else None
            line.put(job, lambda result, number=number: taken.append((number, result is None)))
        line.flush()
    assert taken == [(number, not size) for number, size in enumerate(sizes)]


def test_a_model_of_ones_own_is_not_sent_to_other_processes():
    assert portable_counter(WordHashEmbedder()) is None


def test_what_counts_tokens_elsewhere_counts_as_the_model_does():
    model = embedder("minilm")
    counter = pickle.loads(pickle.dumps(portable_counter(model)))  # noqa: S301 - our own
    texts = ["Snow.", "", "snowman in Hà Nội " * 9]
    assert counter(texts) == model.count_tokens(texts)


@given(st.text(alphabet="a \n\t#\u2003"))
def test_only_white_space_gives_no_passage(text):
    assert bool(split(Document("d", text), Limits(), estimate_all)) == bool(text.strip())


STUMBLE = "Here the analysis stumbles over a long word: " + "o" * 300


def stumbling(texts):
    """Count characters; fail on the text over which to stumble, as a bug would."""
    return [len(text) // (len(text) - len(STUMBLE)) for text in texts]


@pytest.mark.parametrize("by", [contextlib.nullcontext, help_of_others])
def test_a_document_on_which_our_code_fails_takes_no_other_with_it(tmp_path, by, monkeypatch):
    monkeypatch.setattr("searchkit.indexing.ingest.portable_counter", lambda _: stumbling)
    folder = tmp_path / "files"
    folder.mkdir()
    for name, text in (
        ("a.txt", "Tea."),
        ("b.txt", STUMBLE),
        ("c.md", "# Rivers\n\nRain."),
        ("d.jsonl", '{"text": "Snow."}'),
    ):
        write(folder / name, text)
    with by(), Index.create(tmp_path / "index", embedder="none") as index:
        report = index.add([Document("one", "Coffee."), Document("bad", STUMBLE), Document("two", "Rice.")])
        assert report.added == ("one", "two")
        assert [(failure.source, failure.bug) for failure in report.failed] == [("bad", True)]
        assert "ZeroDivisionError" in report.failed[0].reason
        assert "tests.test_pipeline line " in report.failed[0].reason
        assert "searchkit.text.splitting.places line " in report.failed[0].reason
        report = index.sync(folder)
        assert report.added == ("files/a.txt", "files/c.md", "files/d.jsonl:1")
        assert [(failure.source, failure.bug) for failure in report.failed] == [("files/b.txt", True)]
        assert index.sync(folder).failed == report.failed  # it is tried again
        assert index.add([Document("one", STUMBLE)]).failed[0].source == "one"
        assert index.get("one").text == "Coffee."
        assert index.verify().ok


def test_what_a_user_can_mend_ends_the_run():
    def missing(texts):
        raise SearchkitError("the model is not there")

    with pytest.raises(SearchkitError, match="the model is not there"):
        Preparer(Recipe("en", Limits(), missing))([Text(STUMBLE, ())])
