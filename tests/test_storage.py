"""What the disk refuses is said as such, and never called damage."""

import errno
import fcntl
import os
import sqlite3

import numpy as np
import pytest
from typer.testing import CliRunner

from searchkit import Document, Index, IndexCorrupt, IndexLocked, StorageError
from searchkit.cli.commands import app
from searchkit.storage import durable, inspection, refusals
from searchkit.storage.vectors import segments
from tests.worlds import NEWS

REFUSED = {
    errno.ENOSPC: "disk is full",
    errno.EROFS: "read-only",
    errno.EACCES: "permission denied",
    errno.ENOLCK: "no locks",
    errno.EOPNOTSUPP: "no locks",
    errno.EIO: "disk failed",
    errno.EMFILE: "too many files open",
}
SAID = {
    "database or disk is full": "disk is full",
    "attempt to write a readonly database": "cannot be written",
    "unable to open database file": "cannot be opened",
    "disk I/O error": "disk failed",
}


def failing(number):
    """Return a function that fails as the system does."""

    def fail(*arguments, **options):
        raise OSError(number, os.strerror(number))

    return fail


class Connection(sqlite3.Connection):
    """Refuses what starts with a word, as SQLite does on a disk that does."""

    said = word = ""

    def execute(self, statement, *values):
        self.refuse(statement)
        return super().execute(statement, *values)

    def executemany(self, statement, values):
        self.refuse(statement)
        return super().executemany(statement, values)

    def refuse(self, statement):
        if self.word and statement.startswith(self.word):
            raise sqlite3.OperationalError(self.said)


@pytest.fixture
def refusing(monkeypatch):
    """Return a function after which SQLite refuses statements that begin with `word`, saying `said`."""
    connect = sqlite3.connect

    def refuse(word, said):
        monkeypatch.setattr(Connection, "said", said)
        monkeypatch.setattr(Connection, "word", word)

    monkeypatch.setattr(sqlite3, "connect", lambda *place, **options: connect(*place, factory=Connection, **options))
    return refuse


@pytest.mark.parametrize(("number", "said"), REFUSED.items(), ids=lambda value: errno.errorcode.get(value, ""))
def test_each_refusal_says_what_where_and_what_to_do(tmp_path, number, said):
    with pytest.raises(StorageError, match=rf"elsewhere: .*{said}.*\. [A-Z].*\.$"), refusals.translated(tmp_path):
        raise OSError(number, os.strerror(number), str(tmp_path / "elsewhere"))


def test_other_errors_pass_as_they_are(tmp_path):
    for error in (ValueError("x"), FileNotFoundError(errno.ENOENT, "gone"), IndexCorrupt("y"), KeyboardInterrupt()):
        with pytest.raises(type(error)), refusals.translated(tmp_path):
            raise error


@pytest.mark.parametrize(
    "error",
    [
        OSError("119821 requested and 73600 written"),  # NumPy
        ValueError("An IO error occurred: 'No space left on device (os error 28)'"),  # tantivy
        sqlite3.OperationalError("database or disk is full"),
    ],
)
def test_a_full_disk_is_known_whoever_met_it(tmp_path, error):
    with pytest.raises(StorageError, match="disk is full"), refusals.translated(tmp_path):
        raise error


@pytest.mark.parametrize(("words", "said"), SAID.items())
def test_what_sqlite_refuses_to_open_is_not_called_damaged(news, refusing, words, said):
    news.close()
    refusing("SELECT value", words)
    with pytest.raises(StorageError, match=rf"catalog\.sqlite: .*{said}.*{words}"):
        Index.open(news.path)
    with pytest.raises(StorageError, match=said):
        inspection.verify(news.path)


@pytest.mark.parametrize(("words", "said"), SAID.items())
@pytest.mark.parametrize("word", ["BEGIN IMMEDIATE", "COMMIT", "INSERT", "UPDATE"])
def test_what_sqlite_refuses_to_write_takes_nothing_away(tmp_path, embedder, refusing, word, words, said):
    with Index.create(tmp_path / "index", embedder=embedder) as index:
        index.add(NEWS[:1])
        refusing(word, words)
        with pytest.raises(StorageError, match=said):
            index.add(NEWS[1:])
        refusing("", "")
        assert index.documents() == ["hanoi"]
        assert len(index.add(NEWS).added) == len(NEWS) - 1
        assert index.verify().ok


def test_a_catalog_that_another_program_holds_is_locked(news, refusing):
    news.close()
    refusing("SELECT value", "database is locked")
    with pytest.raises(IndexLocked):
        Index.open(news.path)


def test_a_search_on_a_failing_disk_says_so(tmp_path, embedder, refusing):
    with Index.create(tmp_path / "index", embedder=embedder) as index:
        index.add(NEWS)
        refusing("SELECT key, id, title", "disk I/O error")
        with pytest.raises(StorageError, match="disk failed"):
            index.search("Vietnam")


def test_a_catalog_that_turns_out_malformed_is_damaged(tmp_path, embedder, refusing):
    with Index.create(tmp_path / "index", embedder=embedder) as index:
        index.add(NEWS)
        refusing("SELECT key, id, title", "database disk image is malformed")
        with pytest.raises(IndexCorrupt, match="malformed"):
            index.search("Vietnam")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_a_disk_that_refuses_to_flush_takes_nothing_away(news, monkeypatch, number):
    before = news.documents()
    with monkeypatch.context() as refused:
        refused.setattr(os, "fsync", failing(number))
        with pytest.raises(StorageError, match=REFUSED[number]):
            news.add([Document("new", "New text.")])
        with pytest.raises(StorageError, match=REFUSED[number]):
            news.export(news.path.parent / "news.zip")
    assert not list(news.path.parent.glob("news.zip*"))
    assert news.documents() == before
    assert news.add([Document("new", "New text.")]).added == ("new",)
    assert news.verify().ok


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_named(news, tmp_path, monkeypatch, number):
    news.close()
    monkeypatch.setattr(fcntl, "flock", failing(number))
    with pytest.raises(StorageError, match="no locks"):
        Index.open(news.path)
    with pytest.raises(StorageError, match="no locks"), durable.writer_lock(news.path / "writer.lock"):
        pass
    with pytest.raises(StorageError, match="no locks"):
        Index.create(tmp_path / "other", embedder="none")


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.EMFILE])
def test_files_that_cannot_be_read_are_not_called_damaged(news, engine, monkeypatch, number):
    with Index.create(news.path.parent / engine, embedder="none", engine=engine) as index:
        index.add(NEWS)
    with monkeypatch.context() as refused:
        refused.setattr("pathlib.Path.read_bytes", failing(number))
        with pytest.raises(StorageError, match=REFUSED[number]):
            Index.open(index.path)
    monkeypatch.setattr(np, "load", failing(number))
    with pytest.raises(StorageError, match=REFUSED[number]):
        segments.open_segment(news.path / "vectors", "000001", news.settings.dim)


def test_an_export_to_nowhere_names_the_path(news, tmp_path):
    for path in (tmp_path / "missing" / "news.zip", tmp_path):
        with pytest.raises(StorageError, match=f"{path}: .*another path"):
            news.export(path)


def test_an_index_on_a_read_only_disk_is_read_with_all_that_its_log_holds(news, tmp_path, monkeypatch, embedder):
    with Index.open(news.path, embedder=embedder) as reader:  # keeps the log from being moved into the catalog
        news.add([Document("new", "Robots learned to paint.")])
        assert (news.path / "catalog.sqlite-wal").stat().st_size
        monkeypatch.setattr(os, "access", lambda _, mode: mode != os.W_OK)
        with Index.open(news.path, embedder=embedder) as found:
            assert "new" in found.documents()
        assert "new" not in reader.documents()


def test_the_command_line_ends_with_one_line(news, monkeypatch):
    news.close()
    monkeypatch.setattr(fcntl, "flock", failing(errno.ENOLCK))
    ended = CliRunner().invoke(app, ["list", "-i", str(news.path)])
    assert ended.exit_code == 3
    assert "no locks" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
