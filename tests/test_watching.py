"""An index kept current: a commit for each burst of changes. Bursts are made up, so that no test waits for a clock."""

import sys
import threading
from pathlib import Path

import pytest

from searchkit import Index, MissingExtra, SyncOptions
from searchkit.errors import DocumentError, IndexLocked
from searchkit.indexing import watching
from tests.test_sync import write
from tests.worlds import WordHashEmbedder

PATIENCE = 120  # seconds that the one test with real events waits at most, on a busy machine


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "news"
    write(root_file(root, "tea.txt"), "Tea prices rose.")
    return root


def root_file(root: Path, name: str) -> Path:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    return root / name


def did(report):
    return report.added, report.changed, report.removed


def test_each_burst_is_one_commit(empty, folder):
    def bursts():
        write(folder / "rice.txt", "Rice prices fell.")
        write(folder / "corn.txt", "Corn prices fell.")
        yield [folder / "rice.txt", folder / "corn.txt"]
        write(folder / "tea.txt", "Tea prices rose again.", age=30)
        (folder / "corn.txt").unlink()
        yield [folder / "tea.txt", folder / "corn.txt"]

    reports = list(empty.watch(folder, events=bursts()))
    assert [did(report) for report in reports] == [
        (("news/tea.txt",), (), ()),
        (("news/corn.txt", "news/rice.txt"), (), ()),
        ((), ("news/tea.txt",), ("news/corn.txt",)),
    ]
    assert [report.generation for report in reports] == [2, 3, 4]


def test_a_burst_that_changes_nothing_is_not_told(empty, folder):
    events = [[folder / "tea.txt"], [], [folder.parent / "elsewhere.txt"], [folder / ".git" / "index"]]
    assert len(list(empty.watch(folder, events=events))) == 1


def test_an_ignore_file_that_changes_is_looked_at(empty, folder):
    write(folder / "corn.txt", "Corn prices fell.")

    def bursts():
        write(folder / ".gitignore", "corn.txt\n")
        yield [folder / ".gitignore"]

    assert [report.removed for report in empty.watch(folder, events=bursts())] == [(), ("news/corn.txt",)]


def test_only_the_source_that_changed_is_synced(empty, folder, tmp_path):
    write(root_file(tmp_path / "other", "oil.txt"), "Oil prices rose.")
    empty.sync([folder, tmp_path / "other"])

    def bursts():
        write(folder / "rice.txt", "Rice prices fell.")
        write(tmp_path / "other" / "gas.txt", "Gas prices fell.")
        yield [folder / "rice.txt"]

    assert [report.added for report in empty.watch(events=bursts())] == [(), ("news/rice.txt",)]


def test_options_of_the_first_sync_hold(empty, folder):
    def bursts():
        write(folder / "rice.md", "Rice prices fell.")
        yield [folder / "rice.md"]

    reports = list(empty.watch(folder, options=SyncOptions(exclude=("*.md",)), events=bursts()))
    assert len(reports) == 1


def test_what_another_writer_kept_it_from_is_done_at_the_next_look(empty, folder, monkeypatch):
    sync, refused = Index.sync, []

    def sometimes(self, *given, **named):
        if refused and refused.pop():
            raise IndexLocked("another process is writing")
        return sync(self, *given, **named)

    monkeypatch.setattr(Index, "sync", sometimes)

    def bursts():
        write(folder / "rice.txt", "Rice prices fell.")
        refused.append(True)
        yield [folder / "rice.txt"]
        yield []

    assert [report.added for report in empty.watch(folder, events=bursts())] == [("news/tea.txt",), ("news/rice.txt",)]


def test_an_interrupt_leaves_all_that_was_committed(empty, folder):
    def bursts():
        write(folder / "rice.txt", "Rice prices fell.")
        yield [folder / "rice.txt"]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(empty.watch(folder, events=bursts()))
    assert empty.documents() == ["news/rice.txt", "news/tea.txt"]
    assert empty.verify().ok


def test_without_watchfiles_it_says_what_to_install(empty, folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    with pytest.raises(MissingExtra, match=r"searchkit\[watch\]"):
        empty.watch(folder)


def test_all_sources_count_as_changed_once_it_looks_and_when_one_comes_back(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    looked_at = []

    def look(present):
        looked_at.append(list(present))
        two.mkdir(exist_ok=True)
        yield {(1, str(one / "a.txt"))}
        yield set()

    bursts = watching._bursts(lambda: [one, two], look)
    found = [next(bursts) for _ in range(3)]
    assert looked_at == [[one], [one, two]]
    assert found == [[str(one), str(one / "a.txt")], [str(one), str(two), str(one / "a.txt")], []]


def test_nothing_to_watch_is_an_error():
    with pytest.raises(DocumentError, match="nothing to watch"):
        next(watching._bursts(list, iter))


def test_real_changes_become_commits(tmp_path, folder):
    """The index lies in the folder that is watched: its own files are no changes."""
    pytest.importorskip("watchfiles")
    seen: list[tuple[str, ...]] = []
    begun, done = threading.Event(), threading.Event()

    def follow():
        with Index.create(folder / "index", embedder=WordHashEmbedder()) as index:
            for report in index.watch(folder):
                seen.append(report.added)
                begun.set()
                if "news/rice.txt" in report.added:
                    break
        done.set()

    threading.Thread(target=follow, daemon=True).start()
    assert begun.wait(PATIENCE)
    write(folder / "rice.txt", "Rice prices fell.")
    assert done.wait(PATIENCE)
    assert seen == [("news/tea.txt",), ("news/rice.txt",)]
