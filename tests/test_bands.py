"""The table of bands answers as a plain list of pairs would, after any additions and removals."""

import sqlite3
from contextlib import closing

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searchkit import Index, IndexCorrupt
from searchkit.storage.catalog import bands
from searchkit.storage.catalog.bands import NOWHERE, SCHEMA, Bands, entries_of
from searchkit.text.minhash import short

KEYS = st.sampled_from([0, 1, 2, 3, 500, 2**31 - 2, 2**31 - 1])
ROWS = st.sampled_from([0, 1, 2, 7, 2**32 - 2])
CHANGES = st.lists(st.tuples(st.booleans(), st.lists(st.tuples(KEYS, ROWS), min_size=1, max_size=9)), max_size=12)


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(bands, "CHUNK", 3)
    monkeypatch.setattr(bands, "LARGEST", 40)


def made() -> Bands:
    db = sqlite3.connect(":memory:")
    db.execute(SCHEMA)
    return Bands(db)


def entries(pairs):
    array = np.array(list(pairs), np.int64).reshape(-1, 2)
    return entries_of(array[:, 1], array[:, :1])


def lowest(pairs, keys):
    return [min((row for key, row in pairs if key == wanted), default=NOWHERE) for wanted in keys]


@settings(deadline=None)
@given(CHANGES)
def test_it_answers_as_a_list_of_pairs(changes):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bands, "CHUNK", 3)
        patch.setattr(bands, "LARGEST", 40)
        table, pairs = made(), set()
        for adds, changed in changes:
            if adds:
                table.add(entries(set(changed) - pairs))
                pairs |= set(changed)
            else:
                table.drop(entries(changed))
                pairs -= set(changed)
            keys = np.array([0, 1, 2, 3, 4, 500, 2**31 - 2, 2**31 - 1])
            assert table.first_rows(keys).tolist() == lowest(pairs, keys)


def test_runs_stay_few(small):
    table = made()
    for row in range(100):
        table.add(entries([(key, row) for key in range(3)]))
    assert len(list(table._runs())) < 12


def test_a_table_with_a_row_an_entry_is_taken_over():
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE bands (band INTEGER, row INTEGER)")
    old = [(-(2**63), 5), (-1, 4), (3 << 40, 3), (3 << 40, 2)]
    db.executemany("INSERT INTO bands VALUES (?, ?)", old)
    table = Bands(db)
    table.ensure()
    table.ensure()
    keys = np.unique(short(np.array([band for band, _ in old])))
    assert sorted(table.first_rows(keys).tolist()) == [2, 4, 5]
    assert [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE name = 'bands'")] == []


def test_chunks_of_older_formats_are_read_as_they_are(small):
    """Plain ones are eight bytes an entry, which packed ones never are."""
    table = made()
    old = entries([(5, 1), (5, 2), (500, 0)])
    table._db.execute("INSERT INTO band_chunks VALUES (1, ?, ?)", (int(old[0]), old.astype("<i8").tobytes()))
    assert table.first_rows(np.array([5, 6, 500])).tolist() == [1, NOWHERE, 0]
    table.add(entries([(6, 3)]))
    table.drop(entries([(5, 1)]))
    assert table.first_rows(np.array([5, 6, 500])).tolist() == [2, 3, 0]
    assert all(len(blob) % 8 == 1 for (blob,) in table._db.execute("SELECT entries FROM band_chunks"))


def test_a_damaged_table_is_told_and_written_anew_by_rebuild(tmp_path):
    text = "The harbour bought twelve new cranes from a yard in the north, and sold the old ones to a farm. " * 4
    with Index.create(tmp_path / "i", embedder="none") as index:
        index.add([("a", text), ("b", "Tea is cheap.")])
    with closing(sqlite3.connect(tmp_path / "i" / "catalog.sqlite")) as db, db:
        run, first, entries = db.execute("SELECT run, first, entries FROM band_chunks").fetchone()
        damaged = bytes([entries[0]]) + bytes(len(entries) - 1)
        db.execute("UPDATE band_chunks SET entries = ? WHERE run = ? AND first = ?", (damaged, run, first))
    with Index.open(tmp_path / "i") as index:
        (problem,) = index.verify().problems
        assert "near duplicates is damaged" in problem
        with pytest.raises(IndexCorrupt, match="searchkit rebuild"):
            index.add([("c", text)])
        index.rebuild()
        assert index.verify().problems == ()
        index.add([("c", text)])
        assert index.status()["duplicates"] == 1
