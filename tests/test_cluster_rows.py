"""Rows of a cluster: which of them count, metadata by kind, and what is stored of documents and passages."""

from __future__ import annotations

import json

import numpy as np
import pytest

from searchkit import Document, Passage
from searchkit.cluster import mapping
from searchkit.cluster.metadata import values
from searchkit.cluster.records import (
    HeldPassage,
    Spoken,
    document_of,
    document_source,
    passage_of,
    passage_source,
    pieces_of,
    said_of,
    signature_of,
    speaker_key,
    speaker_source,
    vector_of,
)
from searchkit.storage.contract import Said, Speaker
from searchkit.storage.keywords import Entry
from searchkit.storage.settings import Settings
from searchkit.types import Mark, Omission

PASSAGE = Passage("a#1", "a", 1, "Prices rose.", 4, 16, 2, 2, "Coffee", "World > Trade", 3, {"date": "2024-06-18"}, "x")
ENTRY = Entry(0, "coffe", "world trade", "price rose", 738_000)


def held(**given) -> HeldPassage:
    said = [Spoken(Speaker("Ada Fox", "analysts"), "say", 0, 3, 4, 9)]
    return HeldPassage(PASSAGE, ENTRY, b"\x01" * 16, b"\x02" * 64, said, **given)


def through_json(source):
    return json.loads(json.dumps(source))


# --- which rows count ---------------------------------------------------------------------------------------------


def test_nothing_is_excluded_where_nobody_writes():
    assert mapping.standing([]) == []


def test_rows_of_open_and_void_batches_do_not_count_nor_do_versions_that_done_ones_replaced():
    intents = [
        {"born": "b.1", "state": mapping.OPEN, "replaces": [1]},
        {"born": "a.0", "state": mapping.VOID, "replaces": [2]},
        {"born": "c.0", "state": mapping.DONE, "replaces": [9, 4]},
        {"born": "c.1", "state": mapping.DONE, "replaces": [5]},
    ]
    assert mapping.standing(intents) == [{"terms": {"born": ["a.0", "b.1"]}}, {"terms": {"key": [4, 5, 9]}}]


def test_documents_spread_over_all_parts_and_stay_where_they_are():
    parts = [mapping.part_of(f"doc {number}", 3) for number in range(300)]
    assert {part: 70 < parts.count(part) < 130 for part in range(3)} == dict.fromkeys(range(3), True)
    assert mapping.part_of("doc 0", 3) == parts[0]


@pytest.mark.parametrize("name", ["author", "a.b", "", "%", "über uns", "x%2Ey", "a/b", " "])
def test_any_name_of_metadata_can_be_a_field_and_is_read_back(name):
    assert "." not in mapping.encoded(name)
    assert mapping.encoded(name).strip()
    assert mapping.decoded(mapping.encoded(name)) == name


def test_an_index_without_a_model_has_no_vectors():
    body = mapping.passages_index(Settings(), 2, 1, ["0", "7"])
    assert "vector" not in body["mappings"]["properties"]
    assert body["settings"]["index.write.wait_for_active_shards"] == 2
    assert body["mappings"]["_meta"]["routings"] == ["0", "7"]
    assert Settings.from_dict(body["mappings"]["_meta"]["settings"]) == Settings()


# --- metadata -----------------------------------------------------------------------------------------------------


def test_values_stand_by_kind_and_name():
    metadata = {
        "author": "Fox", "year": 2024, "huge": 10**400, "draft": False,
        "tags": ["tea", "2024-06-18T10:00:00+02:00", None],
        "place": {"city": "Hanoi", "height": 12.5, "deep": {"er": 1}}, "none": None,
    }  # fmt: skip
    assert values("a/b.txt", "Coffee", metadata) == {
        "s": {"doc": ["a/b.txt"], "title": ["Coffee"], "path": ["a/b.txt"], "author": ["Fox"]},
        "n": {"year": [2024.0], "place": [12.5], "place%2Eheight": [12.5], "place%2Edeep": [1.0],
              "place%2Edeep%2Eer": [1.0]},
        "b": {"draft": [False]},
        "l": {"tags": ["tea", "2024-06-18T10:00:00+02:00"], "place": ["Hanoi"]},
        "d": {"tags": ["2024-06-18T10:00:00+02:00"]},
        "t": {"tags": [1_718_697_600]},
    } | {"s": {"doc": ["a/b.txt"], "title": ["Coffee"], "path": ["a/b.txt"], "author": ["Fox"],
               "place%2Ecity": ["Hanoi"]}}  # fmt: skip


def test_section_source_and_date_are_what_filters_take_them_for():
    found = values("a", "", {"section": "World", "source": "/x/y", "date": "2024-06-18"})
    assert found["s"] == {
        "doc": ["a"], "section": ["World"], "path": ["a", "/x/y"], "source": ["/x/y"], "date": ["2024-06-18"]
    }  # fmt: skip
    assert found["d"] == {"date": ["2024-06-18T00:00:00"]}


# --- rows ---------------------------------------------------------------------------------------------------------


def test_a_passage_is_read_back_as_it_was():
    vector = np.array([0.6, -0.8], np.float16)
    given = held(vector=vector, pieces=np.array([7, 65_535], np.uint16))
    source = through_json(passage_source(given, 5, "b.0", count=2, embedded=True))
    assert passage_of(source) == PASSAGE
    assert vector_of(source).tobytes() == vector.tobytes()
    assert pieces_of(source).tolist() == [7, 65_535]
    assert signature_of(source) == b"\x02" * 64
    key = speaker_key(Speaker("Ada Fox", "analysts"))
    assert said_of(source | {"row": 8}) == [Said(8, 0, key, "say", 0, 3, 4, 9)]
    assert (source["title"], source["body"], source["day"]) == (ENTRY.title, ENTRY.body, ENTRY.day)
    assert source["vector"] == pytest.approx([0.6, -0.8], abs=1e-3)


def test_a_passage_that_the_model_cannot_read_has_no_vector():
    source = through_json(passage_source(held(), 5, "b.0", count=2, embedded=False))
    assert (vector_of(source), pieces_of(source), source["embedded"], "vector" in source) == (None, None, False, False)
    assert "embedded" not in passage_source(held(), 5, "b.0", count=2, embedded=None)


def test_a_document_is_read_back_as_it_was():
    omitted = (Omission("pages without text", "they are scans", 2, "pages 2, 7"),)
    document = Document("a", "Head\nText", "T", {"tags": ["x"]}, (Mark(0, 4, "heading", 1),), (0, 5), omitted)
    source = through_json(document_source(document, 5, "b.0", file=3, digest=b"\x01\x02", count=1))
    assert document_of(source) == document
    assert (source["file"], source["content"], source["partial"]) == (3, "0102", True)


def test_a_speaker_has_the_same_key_everywhere_and_is_found_by_name_and_group():
    speaker = Speaker("Ada Fox", "analysts")
    source = speaker_source(speaker, str.split)
    assert source["terms"] == ["Ada", "Fox", "analysts"]
    assert source["key"] == speaker_key(Speaker("Ada Fox", "analysts")) < 2**63
    assert speaker_key(Speaker("Ada Fox analysts")) != source["key"]


def test_a_mapping_under_a_name_with_a_dot_is_looked_into_no_further():
    found = values("d", "", {"a.b": {"c": 1}, "e": {"f": {"g": 2}}})
    assert sorted(found["n"]) == [mapping.encoded(name) for name in ("a.b", "e.f", "e.f.g")]
