"""An index is made whole or not at all, and what a kill leaves of one blocks nothing."""

import shutil
import sqlite3

import pytest

from searchkit import Document, Index, IndexExists, IndexLocked, IndexNotFound
from searchkit.storage import creation, durable, store
from searchkit.storage.snapshot import Settings
from tests.worlds import NEWS

PLAIN = Settings(analyzer="en-1")


class Killed(BaseException):
    """Ends a creation where a kill would."""


def files(path):
    return {child.relative_to(path).as_posix(): child.read_bytes() for child in path.rglob("*") if child.is_file()}


@pytest.fixture
def killed(tmp_path, monkeypatch):
    """Return a function that leaves what a kill leaves of a creation that had got as far as its block."""

    def leave(path):
        with monkeypatch.context() as patched:
            patched.setattr(creation, "_clear", lambda path: (path / "keywords" / "000001").exists() and stop())
            with pytest.raises(Killed), creation.creating(path, PLAIN):
                raise Killed
        assert not (path / "index.json").exists()
        assert (path / "catalog.sqlite").exists()
        return path

    def stop():
        raise OSError("a dead process removes nothing")

    return leave


def test_what_a_kill_left_is_no_index_and_says_how_to_go_on(killed, tmp_path):
    path = killed(tmp_path / "index")
    with pytest.raises(IndexNotFound, match=r"its making was cut off.*searchkit index"):
        Index.open(path)


def test_what_a_kill_left_is_replaced(killed, tmp_path):
    path = killed(tmp_path / "index")
    with Index.create(path, embedder="none") as index:
        index.add(NEWS)
        assert index.verify().ok
    assert not (path / store.UNFINISHED).exists()


def test_what_a_kill_left_is_kept_if_somebody_put_files_there_since(killed, tmp_path):
    path = killed(tmp_path / "index")
    (path / "vectors" / "notes.txt").write_text("mine")
    before = files(path)
    with pytest.raises(IndexExists, match=r"holds notes\.txt"):
        Index.create(path, embedder="none")
    assert files(path) == before


def test_what_versions_without_the_sign_left_is_replaced(killed, tmp_path):
    path = killed(tmp_path / "index")
    (path / store.UNFINISHED).unlink()
    Index.create(path, embedder="none").close()
    assert store.check_format(path) == store.FORMAT


def test_documents_are_never_replaced_without_the_sign(tmp_path):
    with Index.create(tmp_path / "index", embedder="none") as index:
        index.add(NEWS)
    (tmp_path / "index" / "index.json").unlink()
    before = files(tmp_path / "index")
    with pytest.raises(IndexExists, match=r"catalog\.sqlite"):
        Index.create(tmp_path / "index", embedder="none")
    assert files(tmp_path / "index") == before


@pytest.mark.parametrize(
    "name", ["notes.txt", "vectors/house.svg", "keywords/list.txt", "keywords/000001/photo.jpg", "vectors/pending"]
)
def test_somebody_elses_folder_stays_as_it_was(tmp_path, name):
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("mine")
    with pytest.raises(IndexExists):
        Index.create(tmp_path, embedder="none")
    assert files(tmp_path) == {name: b"mine"}


def test_somebody_elses_database_stays_as_it_was(tmp_path):
    with sqlite3.connect(tmp_path / "catalog.sqlite") as database:
        database.execute("CREATE TABLE documents (title)")
    database.close()
    before = files(tmp_path)
    with pytest.raises(IndexExists):
        Index.create(tmp_path, embedder="none")
    assert files(tmp_path) == before


def test_a_link_is_never_followed_to_remove_files(killed, tmp_path):
    path = killed(tmp_path / "index")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "000001.rows.npy").write_text("mine")
    shutil.rmtree(path / "vectors")
    (path / "vectors").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(IndexExists):
        Index.create(path, embedder="none")
    assert files(tmp_path / "elsewhere") == {"000001.rows.npy": b"mine"}


@pytest.mark.parametrize("name", ["notes.txt", "notes.txt/index", "notes.txt/below/index"])
def test_a_file_in_the_way_is_named(tmp_path, name):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(IndexExists, match=r"notes\.txt is no folder"):
        Index.create(tmp_path / name, embedder="none")
    assert files(tmp_path) == {"notes.txt": b"mine"}


def test_a_creation_that_fails_leaves_nothing(tmp_path):
    with pytest.raises(Killed), creation.creating(tmp_path / "new", PLAIN):
        raise Killed
    (tmp_path / "empty").mkdir()
    with pytest.raises(Killed), creation.creating(tmp_path / "empty", PLAIN):
        raise Killed
    assert [child.name for child in tmp_path.iterdir()] == ["empty"]
    assert files(tmp_path) == {}


def test_of_two_who_create_at_once_one_is_told_to_wait(tmp_path):
    with creation.creating(tmp_path / "index", PLAIN), pytest.raises(IndexLocked, match="process"):
        creation.create(tmp_path / "index", PLAIN)
    with pytest.raises(IndexExists, match="already holds an index"):
        creation.create(tmp_path / "index", PLAIN)
    assert store.check_format(tmp_path / "index") == store.FORMAT


def test_a_folder_that_the_other_one_removed_meanwhile_is_an_answer_too(tmp_path, monkeypatch):
    lock = durable.writer_lock

    def late(path):
        path.parent.rmdir()
        return lock(path)

    monkeypatch.setattr(durable, "writer_lock", late)
    with pytest.raises(IndexLocked, match="Try again"):
        creation.create(tmp_path / "index", PLAIN)


def test_an_empty_folder_becomes_an_index(tmp_path):
    (tmp_path / "keywords").mkdir()  # as a kill of earlier versions left it
    with Index.create(tmp_path, embedder="none") as index:
        assert index.add([Document("a", "Some text.")]).added == ("a",)
