"""Passages are read from where they stand in their documents, whatever the characters before them take in UTF-8."""

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from searchkit import Document, Index, IndexCorrupt
from searchkit.storage.catalog.spans import KEPT, LARGE, Spans, byte_offsets

WIDE = "Ferries — “Fähre” 渡船 🚢 — leave at nine."


@given(st.text(), st.data())
def test_byte_offsets_count_what_the_characters_before_take(text, data):
    starts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=5)))
    assert byte_offsets(text, starts) == [len(text[:start].encode("utf-8", "surrogatepass")) for start in starts]


@pytest.fixture
def made(tmp_path):
    """Make an index of texts, every paragraph of which is a passage."""
    opened = []

    def make(**texts: str) -> Index:
        opened.append(Index.create(tmp_path / "i", embedder="none", target_tokens=1))
        opened[-1].add(Document(doc_id, text) for doc_id, text in texts.items())
        return opened[-1]

    yield make
    for index in opened:
        index.close()


def test_each_passage_of_a_long_document_has_its_text(made):
    text = "\n\n".join(f"{WIDE} Paragraph {number}." for number in range(2_000))
    index = made(long=text, short=WIDE)
    assert len(text.encode()) > LARGE
    assert [passage.text for passage in index.passages("long")] == text.split("\n\n")
    assert {hit.passage.text for hit in index.search("paragraph 1234", k=3)} <= set(text.split("\n\n"))
    assert index.get("short#0").text == WIDE


def test_neighbours_come_with_their_texts(made):
    index = made(long="\n\n".join(f"{WIDE} Paragraph x{number}y." for number in range(50)))
    (hit,) = index.search("x25y", k=1, context=2)
    assert [other.ordinal for other in (*hit.before, *hit.after)] == [23, 24, 26, 27]
    assert hit.after[0].text == f"{WIDE} Paragraph x26y."


def test_a_passage_that_lies_outside_its_document_is_damage_that_is_named(made, tmp_path):
    made(short=WIDE).close()
    with sqlite3.connect(tmp_path / "i" / "catalog.sqlite") as db:
        db.execute("UPDATE passages SET byte = 1000")
    db.close()
    with Index.open(tmp_path / "i") as index, pytest.raises(IndexCorrupt, match="outside its document"):
        index.search("ferries")


def test_no_more_texts_stay_open_than_a_few():
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE documents (key INTEGER PRIMARY KEY, text TEXT)")
    db.executemany("INSERT INTO documents VALUES (?, ?)", ((key, "x" * LARGE + "yes") for key in range(3 * KEPT)))
    spans = Spans(db)
    spans.pinned = True
    for _ in range(2):
        assert all(spans.read(key, LARGE, 3) == "yes" for key in range(3 * KEPT))
    assert len(spans._open) == KEPT
    spans.close()
    db.close()
