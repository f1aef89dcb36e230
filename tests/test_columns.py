"""Columns answer filters as documents would, whatever was added, removed and forgotten before."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from searchkit import Document, Index
from searchkit.queries.filters import parse_where
from searchkit.storage import store
from searchkit.storage.catalog import columns
from searchkit.storage.catalog.columns import SCHEMA, MetadataColumns
from searchkit.storage.filtering import Filtering
from searchkit.storage.haystack import Haystack
from tests.worlds import WordPieceEmbedder

FIXTURES = sorted((Path(__file__).parent / "data").glob("index-format-*"))


def found(index, where):
    return sorted({hit.passage.doc_id for hit in index.search("tea", mode="keyword", where=where)})


def tea(doc_id, **metadata):
    return Document(doc_id, f"Tea is served at the {doc_id}.", metadata=metadata)


@pytest.fixture
def shop(tmp_path):
    with Index.create(tmp_path / "index", embedder="none") as index:
        index.add([tea("quay", stars=3, kinds=["green", "black"]), tea("hill", stars=5, open=True)])
        yield index


def test_a_document_that_was_changed_is_found_by_what_it_holds_now(shop):
    assert found(shop, "stars > 2") == ["hill", "quay"]
    shop.add([tea("quay", stars=1)])
    assert found(shop, "stars > 2") == ["hill"]
    assert found(shop, "stars = 1") == ["quay"]
    assert found(shop, "not kinds = green") == ["hill", "quay"]


def test_what_is_gone_is_no_name_to_filter_by(shop):
    shop.remove("hill")
    with store.opened(shop.path) as snapshot:
        assert set(snapshot.filtering.fields()) == {"doc", "path", "stars", "kinds"}
    shop.compact()
    with store.opened(shop.path) as snapshot:
        assert "open" not in snapshot.catalog.columns.names()
        assert snapshot.filtering.rows(parse_where("stars = 3")).tolist() == [0]


def test_runs_are_few_however_many_commits_there_are(shop):
    for number in range(20):
        shop.add([tea(f"stall{number}", stars=number % 2)])
    with store.opened(shop.path) as snapshot:
        assert len(snapshot.catalog.columns.runs()) <= 5  # the binary logarithm of 22
    assert len(found(shop, "stars = 1")) == 10


def test_a_run_as_large_as_may_be_swallows_nothing(monkeypatch):
    monkeypatch.setattr(columns, "LARGEST", 4)
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(SCHEMA)
        table = MetadataColumns(database)
        for first in range(0, 12, 3):
            table.add([(tea(f"stall{row}", stars=row % 2), row, 1) for row in range(first, first + 3)])
        assert [len(places.first) for places in table.places().values()] == [3, 3, 3, 3]
        rows = Filtering(table, np.array([3])).rows(parse_where("stars = 1"))
        assert rows.tolist() == [1, 5, 7, 9, 11]


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.name)
def test_an_index_of_any_format_is_filtered_before_and_after_it_is_written(fixture, tmp_path):
    path = tmp_path / "index"
    shutil.copytree(fixture, path)
    with Index.open(path, embedder=WordPieceEmbedder()) as index:
        for _ in range(2):
            assert {hit.passage.doc_id for hit in index.search("Vietnam", where="doc = hanoi")} == {"hanoi"}
            assert not list(index.search("Vietnam", where="doc = manila"))  # which was removed
            index.add([Document("rice", "Rice.")])


def haystack(*texts):
    written = [text.encode() for text in texts]
    ends = np.cumsum([len(each) + 1 for each in written])
    return Haystack(b"\0".join([b"", *written, b""]), ends - [len(each) for each in written], ends)


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ("*", [1, 1, 1, 1]),
        ("", [0, 0, 1, 0]),
        ("tea*", [1, 0, 0, 1]),
        ("*tea", [0, 0, 0, 1]),
        ("*a*a*", [0, 1, 0, 0]),
        ("t*a", [0, 0, 0, 1]),
        ("te*ea", [0, 0, 0, 0]),  # the stretches must not overlap
        ("*é*", [0, 1, 0, 0]),
    ],
)
def test_a_pattern_fits_texts_as_a_whole(pattern, fits):
    assert haystack("teas", "à la café carte", "", "tea").fitting(pattern).tolist() == [bool(fit) for fit in fits]
