"""What a sync may remove: nothing that is still there, and nothing that merely could not be looked at."""

import contextlib
import errno
import os
import random
import shutil
import time
from pathlib import Path

import pytest

from searchkit import Index, SyncOptions, documents
from tests.worlds import WORDS, WordHashEmbedder

TEXTS = {
    name: f"The {name} hangs above the harbour door all winter.\n" for name in ("lantern", "capstan", "anchor", "oar")
}


@pytest.fixture
def folder(tmp_path):
    """Four notes, two of them in a folder of their own."""
    root = tmp_path / "ship"
    for name, text in TEXTS.items():
        write(root / ("deck" if name in ("anchor", "oar") else "") / f"{name}.txt", text)
    return root


def write(path: Path, text: str, age: float = 60) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    stamp = time.time() - age
    os.utime(path, (stamp, stamp))


ALL = ["ship/capstan.txt", "ship/deck/anchor.txt", "ship/deck/oar.txt", "ship/lantern.txt"]
DECK = ("ship/deck/anchor.txt", "ship/deck/oar.txt")


class Refusals(dict[str, int]):
    """Paths that the system refuses for now, with an error number each."""

    def check(self, path: object) -> None:
        for refused, number in self.items():
            if f"{path}/".startswith(f"{refused}/"):
                raise OSError(number, os.strerror(number), str(path))


class Entry:
    """What a folder lists, which may not be looked at."""

    def __init__(self, entry, refusals):
        self._entry, self._refusals, self.name, self.path = entry, refusals, entry.name, entry.path

    def stat(self, **more):
        self._refusals.check(self.path)
        return self._entry.stat(**more)

    def __getattr__(self, name):
        return getattr(self._entry, name)


@pytest.fixture
def broken(monkeypatch):
    """Paths to refuse: tests may run as one who may read everything."""
    refusals = Refusals()
    scandir, opened, stat = os.scandir, Path.open, Path.stat

    @contextlib.contextmanager
    def refusing(path):
        with scandir(path) as entries:
            yield [Entry(entry, refusals) for entry in entries]

    def scanning(path="."):
        refusals.check(path)
        return refusing(path) if any(refused.startswith(f"{path}/") for refused in refusals) else scandir(path)

    def opening(self, *given, **named):
        refusals.check(self)
        return opened(self, *given, **named)

    def status(self, **more):
        refusals.check(self.parent)  # a file that may not be read can be looked at
        return stat(self, **more)

    monkeypatch.setattr(os, "scandir", scanning)
    monkeypatch.setattr(Path, "open", opening)
    monkeypatch.setattr(Path, "stat", status)
    return refusals


# --- what cannot be read ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.ESTALE])
def test_a_folder_that_cannot_be_read_keeps_what_the_index_holds_of_it_and_is_told_each_time(
    empty, folder, broken, number
):
    empty.sync(folder)
    broken[str(folder / "deck")] = number
    for _ in range(2):
        report = empty.sync()
        assert (report.removed, report.stale, report.kept) == ((), DECK, 2)
        assert [failure.source for failure in report.failed] == [str(folder / "deck")]
        assert os.strerror(number) in report.failed[0].reason
    broken.clear()
    assert (empty.sync().kept, empty.documents()) == (4, ALL)


def test_a_root_that_cannot_be_read_keeps_all(empty, folder, broken):
    empty.sync(folder)
    broken[str(folder)] = errno.EACCES
    for paths in ((), (folder,), (folder / "deck",)):
        report = empty.sync(paths)
        assert report.removed == ()
        assert set(DECK) <= set(report.stale)
        assert report.failed
    assert empty.documents() == ALL


def test_a_file_that_cannot_be_opened_keeps_its_last_good_version(empty, folder, broken):
    empty.sync(folder)
    write(folder / "lantern.txt", "The lantern was lit.", age=30)
    broken[str(folder / "lantern.txt")] = errno.EIO
    report = empty.sync()
    assert (report.removed, report.changed, report.stale) == ((), (), ("ship/lantern.txt",))
    assert empty.get("ship/lantern.txt").text.strip() == TEXTS["lantern"].strip()
    broken.clear()
    assert empty.sync().changed == ("ship/lantern.txt",)


@pytest.mark.parametrize("half", ["", "\0\0", "#!/bin/sh\necho half of it"])
def test_a_half_written_file_without_a_suffix_keeps_its_last_good_version(empty, folder, half):
    write(folder / "README", "The keeper of the harbour light sleeps by day, and wakes at night.\n" * 3)
    empty.sync(folder)
    assert "ship/README" in empty.documents()
    write(folder / "README", half, age=30)
    report = empty.sync()
    assert (report.removed, len(report.stale) + len(report.changed)) == ((), 1)
    assert "ship/README" in empty.documents()


@pytest.mark.parametrize("half", ["", "   ", b"\x00" * 500, b"%PDF-1.7 half of"])
def test_a_half_written_file_keeps_its_last_good_version_until_it_reads_again_or_is_gone(empty, folder, half):
    empty.sync(folder)
    (folder / "oar.txt").write_bytes(half.encode() if isinstance(half, str) else half)
    if isinstance(half, bytes) and half.startswith(b"%PDF"):
        (folder / "oar.txt").rename(folder / "oar.docx")
        write(folder / "oar.txt", "")
    (folder / "deck" / "oar.txt").write_bytes((folder / "oar.txt").read_bytes())
    for _ in range(2):
        report = empty.sync()
        assert (report.removed, report.stale) == ((), ("ship/deck/oar.txt",))
    write(folder / "deck" / "oar.txt", "An oar of ash.", age=30)
    assert empty.sync().changed == ("ship/deck/oar.txt",)
    (folder / "deck" / "oar.txt").write_text("")
    empty.sync()
    (folder / "deck" / "oar.txt").unlink()
    assert empty.sync().removed == ("ship/deck/oar.txt",)


def test_a_half_written_record_file_loses_none_of_its_records(empty, folder):
    lines = [f'{{"id": "r{number}", "text": "Record {number} of the log."}}\n' for number in range(5)]
    write(folder / "log.jsonl", "".join(lines))
    empty.sync(folder)
    write(folder / "log.jsonl", "".join(lines[:2]) + lines[2][:20], age=30)
    report = empty.sync()
    assert (report.removed, report.stale) == ((), ("r2", "r3", "r4"))
    write(folder / "log.jsonl", "".join(lines[:3]), age=20)
    assert empty.sync().removed == ("r3", "r4")


def test_a_file_that_vanishes_while_it_is_read_is_removed_when_it_is_seen_to_be_gone(empty, folder, monkeypatch):
    empty.sync(folder)
    write(folder / "lantern.txt", "The lantern was lit.", age=30)
    read = documents.read

    def vanishing(path, *rest):
        path.unlink()
        return read(path, *rest)

    with monkeypatch.context() as patched:
        patched.setattr("searchkit.documents.read", vanishing)
        assert empty.sync().stale == ("ship/lantern.txt",)
    assert empty.sync().removed == ("ship/lantern.txt",)


# --- disks that are not mounted -----------------------------------------------------------------------------------


def test_the_empty_mount_point_of_a_disk_in_the_middle_loses_nothing(empty, folder, monkeypatch):
    disks = {folder / "deck": 7}
    monkeypatch.setattr("searchkit.documents.device", lambda path: disks.get(path, 1))
    monkeypatch.setattr("searchkit.documents.walking.device", lambda path: disks.get(path, 1))
    write(folder / "sail.txt", "A sail.")
    empty.sync(folder)
    disks.clear()
    shutil.rmtree(folder / "deck")
    for is_there in (True, False):
        if is_there:
            (folder / "deck").mkdir()
        report = empty.sync()
        assert (report.removed, report.stale) == ((), DECK)
        assert "not mounted" in report.failed[0].reason
        (folder / "deck").rmdir() if is_there else None
    assert empty.sync(allow_removals=True).removed == DECK
    assert empty.sync().failed == ()


def test_a_root_that_is_suddenly_empty_is_kept_until_that_is_allowed(empty, folder):
    empty.sync(folder)
    shutil.rmtree(folder)
    folder.mkdir()
    for _ in range(2):
        report = empty.sync()
        assert (report.removed, report.withheld) == ((), tuple(ALL))
        assert "--allow-removals" in report.warnings[0]
    assert empty.search("lantern")[0].passage.doc_id == "ship/lantern.txt"
    assert empty.sync(allow_removals=True).removed == tuple(ALL)
    assert empty.documents() == []


def test_more_than_half_is_withheld_and_half_is_not(empty, folder):
    empty.sync(folder)
    (folder / "lantern.txt").unlink()
    (folder / "capstan.txt").unlink()
    assert empty.sync().removed == ("ship/capstan.txt", "ship/lantern.txt")
    write(folder / "new.txt", "A new rope.")
    empty.sync()
    shutil.rmtree(folder / "deck")
    assert empty.sync().withheld == DECK


def test_a_folder_that_was_renamed_is_no_loss(empty, folder, embedder):
    write(folder / "deck" / "mast.txt", "A mast.")
    empty.sync(folder)
    count = len(embedder.embedded)
    (folder / "deck").rename(folder / "quarterdeck")
    (folder / "lantern.txt").rename(folder / "lamp.txt")
    report = empty.sync()
    assert (len(report.removed), len(report.added), report.withheld) == (4, 4, ())
    assert len(embedder.embedded) == count


def test_records_that_move_between_files_are_no_loss(empty, folder):
    record = '{"id": "x", "text": "A record of the log."}\n'
    write(folder / "a.jsonl", record + '{"id": "y", "text": "Another."}\n')
    write(folder / "b.jsonl", '{"id": "z", "text": "A third."}\n')
    empty.sync(folder)
    write(folder / "a.jsonl", '{"id": "y", "text": "Another."}\n', age=30)
    write(folder / "b.jsonl", record + '{"id": "z", "text": "A third."}\n', age=30)
    report = empty.sync()
    assert (report.removed, report.failed, report.withheld) == ((), (), ())
    assert empty.get("x").metadata["source"] == str(folder / "b.jsonl")


def test_withheld_records_stay_and_are_told_again(empty, folder):
    lines = [f'{{"id": "r{number}", "text": "Record {number} of the log."}}\n' for number in range(4)]
    write(folder / "log.jsonl", "".join(lines))
    empty.sync(folder / "log.jsonl")
    write(folder / "log.jsonl", lines[0], age=30)
    for _ in range(2):
        report = empty.sync()
        assert (report.removed, report.withheld) == ((), ("r1", "r2", "r3"))
    assert empty.sync(allow_removals=True).removed == ("r1", "r2", "r3")
    assert empty.sync().kept == 1


# --- filters --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("filters", [{"include": ("*.py",)}, {"exclude": ("deck/",)}])
def test_other_filters_say_what_they_would_remove_before_they_do(empty, folder, filters):
    empty.sync(folder)
    options = SyncOptions(**filters)
    report = empty.sync(folder, options=options)
    lost = tuple(ALL) if "include" in filters else DECK
    assert (report.removed, report.withheld) == ((), lost)
    assert empty.sync().kept == 4  # the filters of before hold
    assert empty.sync(folder, options=options, allow_removals=True).removed == lost


def test_filters_that_remove_nothing_are_taken(empty, folder):
    empty.sync(folder, options=SyncOptions(exclude=("deck/",)))
    report = empty.sync(folder, options=SyncOptions(exclude=("*.md",)))
    assert (report.added, report.withheld) == (DECK, ())


# --- a dry run ------------------------------------------------------------------------------------------------------


def test_a_dry_run_tells_all_and_does_nothing(empty, folder, embedder):
    empty.sync(folder)
    write(folder / "new.txt", "A new rope.")
    write(folder / "lantern.txt", "The lantern was lit.", age=30)
    (folder / "deck" / "oar.txt").unlink()
    state = answers(empty)
    count, generation = len(embedder.embedded), empty.generation
    report = empty.sync(dry_run=True)
    assert (report.added, report.changed) == (("ship/new.txt",), ("ship/lantern.txt",))
    assert (report.removed, report.kept, report.dry_run) == (("ship/deck/oar.txt",), 2, True)
    assert (report.generation, report.passages, len(embedder.embedded)) == (generation, 4, count)
    assert answers(empty) == state
    real = empty.sync()
    assert (real.added, real.changed, real.removed) == (report.added, report.changed, report.removed)


def test_a_dry_run_of_a_new_source_leaves_it_unknown(empty, folder):
    assert empty.sync(folder, dry_run=True).added == tuple(ALL)
    assert empty.status()["sources"] == []


def test_a_dry_run_tells_what_is_withheld_and_what_would_go(empty, folder):
    empty.sync(folder)
    shutil.rmtree(folder / "deck")
    (folder / "lantern.txt").unlink()
    assert empty.sync(dry_run=True).withheld == (*DECK, "ship/lantern.txt")
    assert empty.sync(dry_run=True, allow_removals=True).removed == (*DECK, "ship/lantern.txt")
    assert empty.documents() == ALL


# --- roots ----------------------------------------------------------------------------------------------------------


def test_a_folder_by_two_paths_is_one_root(empty, folder, tmp_path, monkeypatch):
    empty.sync(folder)
    (tmp_path / "link").symlink_to(folder)
    monkeypatch.chdir(folder / "deck")
    for path in (f"{folder}/", folder / "deck" / "..", tmp_path / "link", "..", tmp_path / "link" / "deck"):
        report = empty.sync(path)
        assert (report.added, report.removed, report.failed) == ((), (), ())
    assert empty.documents() == ALL
    assert empty.status()["sources"] == [str(folder)]


def test_a_root_keeps_the_name_it_was_first_given(empty, folder, tmp_path):
    (tmp_path / "boat").symlink_to(folder)
    empty.sync(tmp_path / "boat")
    assert empty.documents("boat/*.txt")
    assert empty.sync(folder).added == ()


def test_where_the_file_system_folds_case_names_in_another_case_are_the_same(empty, folder, monkeypatch):
    """As a Mac or Windows does it: whatever the case, a path leads to the same folder."""
    empty.sync(folder)
    stat = Path.stat

    def folded(self, **more):
        return stat(Path(str(self).replace("SHIP", "ship").replace("Deck", "deck")), **more)

    monkeypatch.setattr(Path, "stat", folded)
    report = empty.sync(str(folder / "deck").replace("ship/deck", "SHIP/Deck"))
    assert (report.kept, report.added) == (2, ())


def test_roots_that_older_versions_recorded_twice_become_one(empty, folder, tmp_path):
    from searchkit.storage import store  # noqa: PLC0415 - what this version does not write
    from searchkit.storage.catalog.schema import Root  # noqa: PLC0415

    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    empty.sync([folder, copy])
    shutil.rmtree(copy)
    copy.symlink_to(folder)
    with store.writing(empty.path) as writer:
        assert isinstance(writer.catalog.sources.roots()[str(copy)], Root)
    report = empty.sync()
    assert sorted(report.removed) == [doc_id.replace("ship", "copy") for doc_id in ALL]
    assert empty.documents() == ALL
    assert empty.status()["sources"] == [str(folder)]


def test_a_root_that_is_gone_is_told_and_can_be_forgotten(empty, folder, tmp_path):
    write(tmp_path / "other.txt", "Another text.")
    empty.sync([folder, tmp_path / "other.txt"])
    shutil.rmtree(folder)
    report = empty.sync()
    assert (report.failed, report.stale, report.kept) == ((), tuple(ALL), 1)
    assert f"searchkit forget {folder}" in report.warnings[0]
    assert empty.forget(folder).removed == tuple(ALL)
    report = empty.sync()
    assert (report.warnings, report.kept, empty.documents()) == ((), 1, ["other.txt"])


def test_what_is_no_source_cannot_be_forgotten(empty, folder):
    empty.sync(folder)
    report = empty.forget(folder / "deck")
    assert (report.removed, report.failed[0].source) == ((), str(folder / "deck"))
    assert str(folder) in report.failed[0].reason


@pytest.mark.parametrize("forgets_first", [True, False])
def test_a_root_that_moved_keeps_its_vectors(empty, folder, tmp_path, embedder, forgets_first):
    empty.sync(folder)
    count = len(embedder.embedded)
    folder.rename(tmp_path / "vessel")
    if forgets_first:
        empty.forget(folder)
    report = empty.sync(tmp_path / "vessel")
    assert (len(report.added), report.embedded, report.reused) == (4, 0, 4)
    assert len(embedder.embedded) == count
    if not forgets_first:
        empty.forget(folder)
    assert empty.documents() == [doc_id.replace("ship", "vessel") for doc_id in ALL]
    assert empty.search("lantern", mode="vector")[0].passage.doc_id == "vessel/lantern.txt"
    assert empty.verify().ok


def test_a_file_that_its_folder_leaves_out_stays_when_it_is_named(empty, folder):
    write(folder / "tool.py", "print('a rope')\n")
    write(folder / ".hidden" / "note.txt", "A hidden rope.")
    empty.sync(folder, options=SyncOptions(exclude=("deck/",)))
    for path in ("tool.py", ".hidden", "deck/oar.txt"):
        assert empty.sync(folder / path).failed == ()
    assert empty.documents() == [".hidden/note.txt", "oar.txt", "ship/capstan.txt", "ship/lantern.txt", "tool.py"]
    assert empty.sync().kept == empty.sync(folder).kept == 5


def test_a_named_file_that_is_no_text_fails(empty, folder):
    (folder / "picture.xyz").write_bytes(b"\x00\x01" * 99)
    report = empty.sync(folder / "picture.xyz")
    assert [failure.source for failure in report.failed] == [str(folder / "picture.xyz")]
    assert empty.status()["sources"] == []


def test_a_part_of_a_root_that_is_gone_is_removed_when_it_is_named(empty, folder):
    empty.sync(folder)
    shutil.rmtree(folder / "deck")
    assert empty.sync(folder / "deck").removed == DECK
    assert empty.sync(folder / "dekc").failed[0].reason == "does not exist"


# --- .gitignore -----------------------------------------------------------------------------------------------------


def test_an_ignore_file_that_cannot_be_read_leaves_its_folder_as_it_was(empty, folder, broken):
    write(folder / "deck" / ".gitignore", "secret.txt\n")
    write(folder / "deck" / "secret.txt", "The captain's secret.")
    empty.sync(folder)
    (folder / "deck" / "oar.txt").unlink()
    write(folder / "deck" / "new.txt", "A new rope.")
    broken[str(folder / "deck" / ".gitignore")] = errno.EACCES
    report = empty.sync()
    assert (report.added, report.removed, report.stale) == ((), (), DECK)
    assert ".gitignore" in report.failed[0].reason
    broken.clear()
    report = empty.sync()
    assert (report.added, report.removed) == (("ship/deck/new.txt",), ("ship/deck/oar.txt",))


# --- names ------------------------------------------------------------------------------------------------------------

COMPOSED, APART = "caf\u00e9", "cafe\u0301"


def test_a_name_with_accents_apart_is_found_by_either_spelling(empty, folder):
    write(folder / f"{APART}.txt", "Coffee at the harbour.")
    empty.sync(folder)
    assert f"ship/{COMPOSED}.txt" in empty.documents()
    for name in (COMPOSED, APART):
        assert empty.get(f"ship/{name}.txt").id == f"ship/{COMPOSED}.txt"
        assert empty.get(f"ship/{name}.txt#0").doc_id == f"ship/{COMPOSED}.txt"
        assert len(empty.passages(f"ship/{name}.txt")) == 1
        assert empty.documents(f"*{name}*") == [f"ship/{COMPOSED}.txt"]
        for where in (
            f'doc = "ship/{name}.txt"',
            f'path = "*/{name}.txt"',
            f'path ~ "*{name}*"',
            f'doc contains "{name}"',
        ):
            assert [hit.passage.doc_id for hit in empty.search("harbour coffee", where=where)] == [
                f"ship/{COMPOSED}.txt"
            ]
    assert empty.sync().kept == 5
    assert empty.remove(f"ship/{APART}.txt").removed == (f"ship/{COMPOSED}.txt",)


def test_ids_of_added_documents_are_composed(empty):
    from searchkit import Document  # noqa: PLC0415

    empty.add([Document(APART, "Coffee.")])
    assert empty.documents() == [COMPOSED]
    assert empty.add([Document(COMPOSED, "More coffee.")]).changed == (COMPOSED,)


def test_files_whose_names_differ_only_by_accents_coding_are_both_kept_and_told(empty, folder):
    write(folder / f"{APART}.txt", "Coffee at the harbour.")
    empty.sync(folder)
    write(folder / f"{COMPOSED}.txt", "Tea at the harbour.")
    report = empty.sync()
    ids = {doc_id: empty.get(doc_id).text for doc_id in empty.documents("ship/caf*")}
    assert ids == {f"ship/{COMPOSED}.txt": "Tea at the harbour.", f"ship/{COMPOSED}.txt~2": "Coffee at the harbour."}
    assert COMPOSED in report.warnings[0]
    assert empty.sync().kept == 6
    (folder / f"{COMPOSED}.txt").unlink()
    empty.sync()
    assert empty.get(f"ship/{COMPOSED}.txt").text == "Coffee at the harbour."
    assert len(empty.documents()) == 5


# --- any sequence -----------------------------------------------------------------------------------------------------

NAMES = ("a.txt", "b.txt", "deck/c.txt", "deck/d.txt", "deck/low/e.txt", f"hold/{APART}.txt", "hold/f.jsonl")
FOLDERS = ("", "deck", "deck/low", "hold")


def content(draw: random.Random, name: str) -> str:
    texts = [" ".join(draw.choices(WORDS, k=9)) for _ in range(draw.randint(1, 3))]
    if name.endswith(".jsonl"):
        return "".join(f'{{"id": "r{number}", "text": "{text}"}}\n' for number, text in enumerate(texts))
    return "\n\n".join(texts)


@pytest.mark.parametrize("seed", range(100))
def test_no_sequence_of_faults_removes_what_is_there_and_all_end_where_a_fresh_build_does(tmp_path, broken, seed):
    draw, root, age = random.Random(seed), tmp_path / "ship", 50_000.0
    root.mkdir()
    refused: dict[str, int] = {}
    good: set[str] = set()  # files that hold what can be read
    with Index.create(tmp_path / "index", embedder=WordHashEmbedder()) as index:
        for _ in range(draw.randint(4, 9)):
            for _ in range(draw.randint(1, 3)):
                name, age = draw.choice(NAMES), age - 3
                match draw.choice(("write", "write", "write", "delete", "move", "half", "refuse", "refuse", "allow")):
                    case "write":
                        write(root / name, content(draw, name), age)
                        good.add(name)
                    case "delete":
                        (root / name).unlink(missing_ok=True)
                        good.discard(name)
                    case "move" if name in good and not name.endswith(".jsonl"):
                        (root / name).rename(root / "moved.txt")
                        good = (good - {name}) | {"moved.txt"}
                    case "half":
                        if name in good:
                            write(root / name, "" if draw.random() < 0.5 else "\0\0\0", age)
                    case "refuse":
                        place = draw.choice((*FOLDERS, *NAMES))
                        refused[str(root / place)] = draw.choice((errno.EACCES, errno.EIO))
                    case _:
                        refused.clear()
            before = held(index, root)
            broken.update(refused)
            report = index.sync(root, allow_removals=draw.random() < 0.5)
            broken.clear()
            after = held(index, root)
            lost = {source for source in before - after if (root / source).exists() and source in good}
            assert not lost, report
        for name in good:
            age -= 3
            write(root / name, content(draw, name), age)
        index.sync(root, allow_removals=True)
        with Index.create(tmp_path / "fresh", embedder=WordHashEmbedder()) as fresh:
            fresh.sync(root)
            assert answers(index) == answers(fresh)
        assert index.verify().problems == ()


def held(index: Index, root: Path) -> set[str]:
    """Return the files below the root of which the index holds any document."""
    found = (index.get(doc_id) for doc_id in index.documents())
    return {str(Path(str(document.metadata["source"])).relative_to(root)) for document in found}


def answers(index):
    documents = [index.get(doc_id) for doc_id in index.documents()]
    hits = sorted((round(hit.score, 4), hit.passage.id) for hit in index.search("vietnam coffee lantern", k=100))
    return documents, hits
