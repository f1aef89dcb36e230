"""Folders into the index: what is new, changed or gone; and that any history ends where a fresh build does."""

import os
import shutil
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from searchkit import Document, DocumentError, Index, ReadOptions, SyncOptions
from tests.worlds import WORDS, WordHashEmbedder

HANOI = "Analysts said Vietnam balances the great powers with care.\n\nThe weather in Hanoi was hot on that day.\n"
COFFEE = "Coffee prices rose again as Vietnam harvested less than before.\n"


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "news"
    (root / "world").mkdir(parents=True)
    write(root / "world" / "hanoi.txt", HANOI)
    write(root / "coffee.txt", COFFEE)
    return root


def write(path: Path, text: str, age: float = 60) -> None:
    """Write a file that was last changed a while ago, so that its time can be trusted."""
    path.write_text(text, encoding="utf-8")
    stamp = time.time() - age
    os.utime(path, (stamp, stamp))


def test_a_folder_is_read_whole(empty, folder):
    report = empty.sync(folder)
    assert report.added == ("news/coffee.txt", "news/world/hanoi.txt")
    assert (report.passages, report.embedded, report.kept) == (3, 3, 0)
    hit = empty.search("analysts Vietnam")[0]
    assert hit.passage.id == "news/world/hanoi.txt#0"
    assert Path(hit.passage.metadata["source"]) == folder / "world" / "hanoi.txt"


def test_nothing_changed_is_kept_without_reading(empty, folder, monkeypatch):
    empty.sync(folder)
    monkeypatch.setattr("searchkit.documents.read", None)
    report = empty.sync(folder)
    assert (report.kept, report.added, report.changed, report.generation) == (2, (), (), 1 + 1)


def test_a_changed_file_keeps_the_vectors_of_its_unchanged_paragraphs(empty, folder, embedder):
    empty.sync(folder)
    write(folder / "world" / "hanoi.txt", HANOI.replace("hot", "cold"), age=30)
    before = len(embedder.embedded)
    report = empty.sync(folder)
    assert report.changed == ("news/world/hanoi.txt",)
    assert (report.embedded, report.reused) == (1, 1)
    assert len(embedder.embedded) == before + 1


def test_a_touched_file_is_read_but_kept(empty, folder):
    empty.sync(folder)
    write(folder / "coffee.txt", COFFEE, age=10)
    assert empty.sync(folder).kept == 2


def test_a_file_written_a_moment_ago_is_read_again(empty, folder):
    (folder / "coffee.txt").write_text(COFFEE)
    empty.sync(folder)
    stamp = (folder / "coffee.txt").stat().st_mtime_ns
    (folder / "coffee.txt").write_text(COFFEE.replace("rose", "fell"))
    os.utime(folder / "coffee.txt", ns=(stamp, stamp))
    assert empty.sync(folder).changed == ("news/coffee.txt",)


def test_a_moved_file_is_not_embedded_again(empty, folder, embedder):
    empty.sync(folder)
    before = len(embedder.embedded)
    (folder / "world" / "hanoi.txt").rename(folder / "moved.txt")
    report = empty.sync(folder)
    assert (report.added, report.removed) == (("news/moved.txt",), ("news/world/hanoi.txt",))
    assert len(embedder.embedded) == before


def test_a_removed_file_is_found_no_more(empty, folder):
    empty.sync(folder)
    (folder / "coffee.txt").unlink()
    assert empty.sync(folder).removed == ("news/coffee.txt",)
    assert {hit.passage.doc_id for hit in empty.search("coffee Vietnam")} == {"news/world/hanoi.txt"}


def test_only_what_was_given_is_synced(empty, folder, tmp_path):
    write(tmp_path / "other.txt", "Another text about tea.")
    empty.sync([folder, tmp_path / "other.txt"])
    (folder / "coffee.txt").unlink()
    (tmp_path / "other.txt").unlink()
    report = empty.sync(folder)
    assert report.removed == ("news/coffee.txt",)
    assert empty.documents() == ["news/world/hanoi.txt", "other.txt"]


def test_without_paths_everything_known_is_synced_again(empty, folder):
    empty.sync(folder)
    (folder / "coffee.txt").unlink()
    assert empty.sync().removed == ("news/coffee.txt",)


def test_a_subfolder_of_a_known_folder_keeps_its_ids(empty, folder):
    empty.sync(folder)
    report = empty.sync(folder / "world")
    assert (report.added, report.kept) == ((), 1)


def test_a_folder_that_is_gone_is_reported_and_kept(empty, folder):
    empty.sync(folder)
    shutil.rmtree(folder)
    report = empty.sync(folder)
    assert [failure.source for failure in report.failed] == [str(folder)]
    assert report.stale == ("news/coffee.txt", "news/world/hanoi.txt")
    assert len(empty.documents()) == 2


def test_folders_of_one_name_do_not_mix(empty, folder, tmp_path):
    (tmp_path / "b" / "news").mkdir(parents=True)
    write(tmp_path / "b" / "news" / "coffee.txt", "Tea, not coffee, is what this is about.")
    empty.sync([folder, tmp_path / "b" / "news"])
    assert empty.documents() == ["news/coffee.txt", "news/world/hanoi.txt", "news~2/coffee.txt"]


def test_globs_choose_files(empty, folder):
    empty.sync(folder, options=SyncOptions(exclude=("world/",)))
    assert empty.documents() == ["news/coffee.txt"]


def test_options_are_remembered_until_others_are_given(empty, folder):
    empty.sync(folder, options=SyncOptions(exclude=("world/",)))
    assert empty.sync().added == ()
    assert empty.sync(folder, options=SyncOptions()).added == ("news/world/hanoi.txt",)
    assert empty.sync().kept == 2


def test_other_ways_of_reading_read_every_file_again(empty, tmp_path):
    write(tmp_path / "records.jsonl", '{"id": "a", "text": "A text.", "abstract": "Another text."}\n')
    empty.sync(tmp_path / "records.jsonl")
    options = SyncOptions(read=ReadOptions(text_field="abstract", metadata_fields=()))
    assert empty.sync(tmp_path / "records.jsonl", options=options).changed == ("a",)
    assert empty.get("a").text == "Another text."
    assert empty.sync().kept == 1


def test_an_unreadable_file_is_reported_by_every_sync_and_keeps_its_last_good_version(empty, folder):
    empty.sync(folder)
    (folder / "coffee.txt").write_bytes(b"\x00\x01\x02\xff" * 100)
    for _ in range(2):
        report = empty.sync(folder)
        assert [failure.source for failure in report.failed] == [str(folder / "coffee.txt")]
        assert report.stale == ("news/coffee.txt",)
    assert "Coffee prices" in empty.get("news/coffee.txt").text
    with pytest.raises(DocumentError, match=r"coffee\.txt"):
        empty.sync(folder, strict=True)


def test_records_are_documents_of_their_own(empty, tmp_path):
    write(tmp_path / "records.jsonl", '{"id": "a", "text": "First record."}\n{"id": "b", "text": "Second record."}\n')
    assert empty.sync(tmp_path / "records.jsonl").added == ("a", "b")
    write(tmp_path / "records.jsonl", '{"id": "b", "text": "Second record."}\n', age=30)
    report = empty.sync(tmp_path / "records.jsonl")
    assert (report.kept, report.removed) == (1, ("a",))


def test_an_id_in_two_files_belongs_to_the_first_whoever_comes_later(empty, tmp_path):
    root = tmp_path / "records"
    root.mkdir()
    write(root / "b.jsonl", '{"id": "x", "text": "From the second file."}\n')
    empty.sync(root)
    write(root / "a.jsonl", '{"id": "x", "text": "From the first file."}\n')
    report = empty.sync(root)
    assert empty.get("x").text == "From the first file."
    assert [failure.source for failure in report.failed] == ["x"]
    (root / "a.jsonl").unlink()
    empty.sync(root)
    assert empty.get("x").text == "From the second file."


def test_a_removed_document_comes_back_with_the_next_sync(empty, folder):
    empty.sync(folder)
    empty.remove("news/coffee.txt")
    assert empty.documents() == ["news/world/hanoi.txt"]
    assert empty.sync(folder).added == ("news/coffee.txt",)


def test_an_interrupted_run_is_not_embedded_again(tmp_path, folder):
    class Interrupted(WordHashEmbedder):
        def embed_passages(self, texts):
            if self.embedded:
                raise KeyboardInterrupt
            return super().embed_passages(texts[:2]) if len(texts) <= 2 else super().embed_passages(texts)

    write(folder / "long.txt", "\n\n".join(f"Paragraph number {n} says something about town {n}." for n in range(300)))
    with Index.create(tmp_path / "index", embedder=Interrupted()) as index, pytest.raises(KeyboardInterrupt):
        index.sync(folder)
    embedder = WordHashEmbedder()
    with Index.open(tmp_path / "index", embedder=embedder) as index:
        assert index.documents() == []
        report = index.sync(folder)
        assert report.reused == 128
        assert report.embedded == len(embedder.embedded) == report.passages - 128
        assert index.verify().ok


PARAGRAPHS = st.lists(st.lists(st.sampled_from(WORDS), min_size=8, max_size=14).map(" ".join), min_size=1, max_size=4)
NAMES = st.sampled_from(["a.txt", "b.txt", "sub/c.txt", "sub/d.txt"])
QUERIES = ("vietnam coffee", "analysts said storm", "election")


class AnyHistoryEqualsAFreshBuild(RuleBasedStateMachine):
    """Files come, change, move and go; the index is synced now and then, and compacted."""

    @initialize()
    def start(self):
        self.home = Path(os.environ["PYTEST_TMP"]) / f"history-{time.monotonic_ns()}"
        self.folder = self.home / "news"
        (self.folder / "sub").mkdir(parents=True)
        self.index = Index.create(self.home / "index", embedder=WordHashEmbedder())
        self.age = 10_000.0

    @rule(name=NAMES, paragraphs=PARAGRAPHS)
    def write(self, name, paragraphs):
        self.age -= 3
        write(self.folder / name, "\n\n".join(paragraphs), self.age)

    @rule(name=NAMES)
    def delete(self, name):
        (self.folder / name).unlink(missing_ok=True)

    @rule(name=NAMES, to=NAMES)
    def move(self, name, to):
        if (self.folder / name).exists():
            (self.folder / name).replace(self.folder / to)

    @rule()
    def sync(self):
        self.index.sync(self.folder, allow_removals=True)

    @rule()
    def compact(self):
        self.index.compact()

    @precondition(lambda self: self.index.documents())
    @rule()
    def remove_one(self):
        self.index.remove(self.index.documents()[0])

    @invariant()
    def verifies(self):
        if hasattr(self, "index"):
            assert self.index.verify().problems == ()

    def teardown(self):
        if not hasattr(self, "index"):
            return
        self.index.sync(self.folder, allow_removals=True)
        with Index.create(self.home / "fresh", embedder=WordHashEmbedder()) as fresh:
            fresh.sync(self.folder)
            assert answers(self.index) == answers(fresh)
        self.index.close()
        shutil.rmtree(self.home)


def answers(index):
    """All that a user can see: documents, and every query's hits, scores and places."""
    documents = [index.get(doc_id) for doc_id in index.documents()]
    hits = {
        (query, mode): sorted(
            (round(hit.score, 4), hit.passage.id, hit.passage.start, hit.passage.end)
            for hit in index.search(query, k=100, mode=mode)
        )
        for query in QUERIES
        for mode in ("hybrid", "keyword", "vector")
    }
    return documents, hits


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTEST_TMP", str(tmp_path))


class TestHistory(AnyHistoryEqualsAFreshBuild.TestCase):
    settings = settings(max_examples=25, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck))

    @pytest.fixture(autouse=True)
    def _place(self, tmp_path, monkeypatch):
        monkeypatch.setenv("PYTEST_TMP", str(tmp_path))


def test_what_is_committed_does_not_pile_up_beside_the_catalog(empty, monkeypatch):
    monkeypatch.setattr("searchkit.indexing.folder_stock.BATCH_PASSAGES", 8)
    monkeypatch.setattr("searchkit.indexing.jobs.CHUNK", 5_000)
    largest = 0

    def documents():
        nonlocal largest
        for number in range(200):
            yield Document(str(number), f"{number} {HANOI}" * 5)
            log = empty.path / "catalog.sqlite-wal"
            largest = max(largest, log.stat().st_size if log.exists() else 0)

    empty.add(documents())
    assert 0 < largest < 5_000_000  # SQLite moves commits from its log when it has 1,000 pages, 4 MB
    assert empty.search("Vietnam")


def test_files_that_number_their_rows_lose_none(empty, tmp_path):
    root = tmp_path / "two"
    root.mkdir()
    write(root / "customers.csv", "id,name\n1,Brightwater Mill\n2,Corvid Supplies\n")
    write(root / "orders.csv", "id,item\n1,copper sheet\n2,oak planks\n")
    report = empty.sync(root)
    assert report.failed == ()
    assert report.added == ("two/customers.csv/1", "two/customers.csv/2", "two/orders.csv/1", "two/orders.csv/2")


@pytest.mark.parametrize("together", [True, False])
def test_an_id_that_two_files_state_names_both(empty, tmp_path, together):
    root = tmp_path / "two"
    root.mkdir()
    write(root / "a.jsonl", '{"_id": "x", "text": "copper"}\n')
    if not together:
        empty.sync(root)
    write(root / "b.jsonl", '{"_id": "x", "text": "oak"}\n')
    (failure,) = empty.sync(root).failed
    assert failure.source == "x"
    assert str(root / "a.jsonl") in failure.reason
    assert str(root / "b.jsonl") in failure.reason
