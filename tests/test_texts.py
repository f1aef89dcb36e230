"""Texts are read as they were written, whole or in part, however they are packed."""

import io
import sqlite3
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from searchkit import Document, Index
from searchkit.errors import IndexCorrupt
from searchkit.storage import store
from searchkit.storage.catalog import texts
from searchkit.storage.catalog.texts import LEAST, SCHEMA, Texts

LESSON = [
    f"The ferry number {number} leaves the quay at dawn, and nobody at the harbour knows why." for number in range(2000)
]
WORDS = st.sampled_from(["ferry ", "quay ", "é", "茶", "👍 ", "at dawn, ", "\n", "\0"])
SOME = st.lists(WORDS, max_size=80).map("".join)


class Bytes(io.BytesIO):
    """Bytes that have a length, as those of SQLite."""

    def __len__(self):
        return len(self.getvalue())


def catalog():
    db = sqlite3.connect(":memory:")
    db.executescript(SCHEMA)
    return Texts(db), db


@pytest.fixture(params=["without a dictionary", "with one"])
def packing(request, monkeypatch):
    monkeypatch.setattr(texts, "CHUNK", 64)
    found, db = catalog()
    packed = found.packer(LESSON if request.param == "with one" else LESSON[:1])
    assert db.execute("SELECT count(*) FROM dictionaries").fetchone()[0] == (request.param == "with one")
    return found, packed


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=SOME, byte=st.integers(0, 300), size=st.integers(0, 300))
def test_any_part_of_a_text_is_what_it_was(packing, text, byte, size):
    found, packed = packing
    stored = packed(text)
    assert found.unpacked(stored) == text
    raw = stored.encode() if isinstance(stored, str) else stored
    assert len(raw) <= len(text.encode())
    assert found.read(Bytes(raw), byte, size) == text.encode()[byte : byte + size]


def test_a_dictionary_makes_like_texts_small():
    found, _ = catalog()
    packed = found.packer(LESSON)
    more = "The ferry number 7001 leaves the quay at dawn, and nobody at the harbour knows why. Nobody does, at dawn."
    assert len(more) > LEAST
    assert 3 * len(packed(more)) < len(more)
    assert found.is_newest(packed(more))
    assert not found.is_newest(more)


def test_what_is_damaged_says_so():
    found, db = catalog()
    stored = found.packer(LESSON)(" ".join(LESSON[:3]))
    with pytest.raises(IndexCorrupt, match="a text in the catalog is damaged"):
        found.unpacked(stored[:-4])
    db.execute("DELETE FROM dictionaries")
    with pytest.raises(IndexCorrupt, match="lacks the dictionary 1"):
        Texts(db).unpacked(stored)


def test_compacting_packs_what_came_before_there_was_a_dictionary(tmp_path):
    documents = [Document(f"d{number}", f"{text} {text}") for number, text in enumerate(LESSON)]
    long = Document("long", "\n\n".join(LESSON))
    with Index.create(tmp_path / "index", embedder="none") as index:
        for document in (*documents[:2], long):
            index.add([document])
        before = [passage.text for passage in index.passages("long")]
        index.add(documents[2:])
        index.compact()
        with store.opened(index.path) as snapshot:
            kinds = {
                type(text) for (text,) in snapshot.catalog._db.execute("SELECT text FROM documents WHERE id > 'd'")
            }
        assert [passage.text for passage in index.passages("long")] == before
        assert index.get("long").text == long.text
        assert index.get("d0").text == f"{LESSON[0]} {LESSON[0]}"
        assert index.verify().problems == ()
        assert kinds == {bytes}


def test_compacting_gives_back_the_room_of_what_was_removed(tmp_path):
    catalog = tmp_path / "index" / "catalog.sqlite"
    with Index.create(tmp_path / "index", embedder="none") as index:
        index.add([Document(f"d{number}", f"{text} {text}") for number, text in enumerate(LESSON)])
        index.remove("d1*")
        index.compact()
        names = index.documents()
    with closing(sqlite3.connect(catalog)) as db:
        pages, free = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count"))
        assert free <= 0.1 * pages
        assert len(names) == db.execute("SELECT count(*) FROM documents").fetchone()[0] == 889
