"""An index of every format that was ever shipped still answers."""

import shutil
from pathlib import Path

import pytest

from searchkit import Index
from searchkit.storage import store
from tests.worlds import WordPieceEmbedder

FIXTURES = sorted((Path(__file__).parent / "data").glob("index-format-*"))


def test_there_is_an_index_of_every_format_that_is_read():
    formats = {int(path.name.split("-")[2]) for path in FIXTURES}
    assert formats == set(range(store.FLOOR, store.FORMAT + 1))


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.name)
def test_an_old_index_answers_verifies_and_takes_documents(fixture, tmp_path):
    path = tmp_path / "index"
    shutil.copytree(fixture, path)
    embedder = WordPieceEmbedder()
    with Index.open(path, embedder=embedder) as index:
        assert index.search("What did analysts say about Vietnam?")[0].passage.id == "hanoi#0"
        assert index.documents() == ["coffee", "hanoi"]
        assert index.verify().problems == ()
        index.add([])
        assert "pieces" in index.search("Vietnam", explain=True).explain["stages"]
        index.remove("coffee")
        assert index.compact()
        assert index.documents() == ["hanoi"]


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.name)
def test_an_index_that_cannot_be_written_is_read(fixture, tmp_path):
    path = tmp_path / "index"
    shutil.copytree(fixture, path)
    for item in (path, *path.rglob("*")):
        item.chmod(item.stat().st_mode & ~0o222)
    with Index.open(path, embedder=WordPieceEmbedder()) as index:
        assert index.search("Vietnam", mode="keyword")[0].passage.doc_id in ("hanoi", "coffee")
    for item in (path, *path.rglob("*")):
        item.chmod(item.stat().st_mode | 0o222)
