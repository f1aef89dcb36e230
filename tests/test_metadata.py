"""Metadata comes back as it was given, whoever shares a source."""

import json
import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from searchkit import Document, Index
from searchkit.errors import IndexCorrupt
from searchkit.storage.catalog import metadata

SOURCES = st.one_of(st.sampled_from(["/news/a.jsonl", "/news/b.jsonl", "", "7"]), st.none(), st.integers())
OTHERS = st.dictionaries(st.sampled_from(["author", "n", "7", "é"]), st.text() | st.integers() | st.booleans())


def catalog():
    db = sqlite3.connect(":memory:")
    db.executescript(f"CREATE TABLE documents (key INTEGER PRIMARY KEY, metadata TEXT, source TEXT);{metadata.SCHEMA}")
    return db


def put(db, every):
    packed = metadata.packer(db, every)
    db.executemany(
        "INSERT INTO documents (metadata, source) VALUES (?, ?)",
        [
            (packed(each), "" if isinstance(each.get("source"), str) else str(each.get("source") or ""))
            for each in every
        ],
    )


def read(db):
    found = db.execute(f"SELECT {metadata.stored_in(db)} FROM documents ORDER BY key")  # noqa: S608 - no user's words
    return [metadata.unpacked(*each) for each in found]


@st.composite
def described(draw):
    others, source, last = draw(OTHERS), draw(SOURCES), draw(st.booleans())
    return draw(st.sampled_from([others, {**others, "source": source} if last else {"source": source, **others}]))


@given(st.lists(described(), max_size=9), st.lists(described(), max_size=9))
def test_all_comes_back_in_its_order(first, then):
    db = catalog()
    put(db, first)
    put(db, then)
    assert [list(each.items()) for each in read(db)] == [list(each.items()) for each in first + then]
    sources = db.execute(f"SELECT {metadata.source_in(db)} FROM documents ORDER BY key")  # noqa: S608 - as above
    assert [source for (source,) in sources] == [str(each.get("source") or "") for each in first + then]


def test_a_source_that_many_share_is_held_once():
    db = catalog()
    put(db, [{"n": number, "source": "/a/long/path/of/news.jsonl"} for number in range(50)])
    assert db.execute("SELECT count(*) FROM shared_sources").fetchone()[0] == 1
    assert max(len(stored) for (stored,) in db.execute("SELECT metadata FROM documents")) < len('{"n": 49}') + 2
    put(db, [{"source": "/a/path/of/one.txt"}])
    assert db.execute("SELECT count(*) FROM shared_sources").fetchone()[0] == 1


def test_a_source_that_was_lost_is_named():
    db = catalog()
    put(db, [{"source": "/news"}] * 2)
    db.execute("DELETE FROM shared_sources")
    with pytest.raises(IndexCorrupt, match="source that documents share"):
        read(db)


def test_documents_of_a_file_keep_its_path_when_the_file_is_forgotten(tmp_path):
    news = tmp_path / "news.jsonl"
    news.write_text("".join(json.dumps({"id": name, "text": f"A storm over {name}."}) + "\n" for name in "abc"))
    described = {"source": str(news)}
    with Index.create(tmp_path / "index", embedder="none") as index:
        index.sync(news)
        found = index.search("storm", where=described)
        assert [hit.passage.metadata for hit in found] == [described] * 3
        index.add([Document(name, f"A storm over {name}.", metadata=described) for name in "de"])
        index.forget(news)
        assert {name: index.get(name).metadata for name in index} == {"d": described, "e": described}
        assert index.verify().problems == ()
