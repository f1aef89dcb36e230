"""Records: JSON lines, tables and lists of objects."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from searchkit.documents import ReadOptions, read, read_records
from searchkit.errors import DocumentError
from searchkit.types import Document, Failure


def lines(*records):
    return [json.dumps(record) for record in records]


def one(record, options=None):
    (document,) = read_records(lines(record), "in", options)
    return document


def test_a_record_becomes_a_document_and_the_rest_of_it_metadata():
    document = one(
        {
            "_id": "d1",
            "title": "Flood",
            "text": "Water.",
            "place": "Hue",
            "geo": {"lat": 16.5},
            "tags": ["a"],
            "x": None,
        }
    )
    assert document == Document(
        "d1", "Water.", "Flood", {"place": "Hue", "geo.lat": 16.5, "tags": ["a"], "source": "in"}
    )


def test_a_record_without_id_is_named_by_its_line():
    found = list(read_records(["", '{"text": "a"}', "\n", '{"text": "b", "id": "x7"}'], "in", ReadOptions()))
    assert [document.id for document in found] == ["in:2", "x7"]


def test_numbers_that_count_a_file_s_records_are_ids_within_it(tmp_path):
    (tmp_path / "a.csv").write_text("id,name\n1,rope\n2,tar\n")
    assert [document.id for document in read(tmp_path / "a.csv", "two/a.csv")] == ["two/a.csv/1", "two/a.csv/2"]
    assert [document.id for document in read_records(['{"text": "b", "id": 7}'], "in")] == ["in/7"]
    assert [document.id for document in read_records(['{"text": "b", "_id": "7"}'], "in")] == ["7"]  # as BEIR has them
    (asked,) = read_records(['{"text": "b", "id": 7}'], "in", ReadOptions(id_field="id"))
    assert asked.id == "7"


def test_bad_lines_fail_alone_and_say_why():
    found = list(read_records(['{"text": "a"', "[1]", '{"text": "c"}', '{"text": "b"}'], "in", ReadOptions()))
    assert [type(item) for item in found] == [Failure, Failure, Document, Document]
    assert found[0].source == "in:1"
    assert "not valid JSON" in found[0].reason
    assert "a list, not an object" in found[1].reason


def test_an_empty_record_is_a_failure():
    (failure,) = read_records(['{"text": "  ", "id": "x"}'], "in", ReadOptions())
    assert failure.reason == "the record has no text"


def test_usual_names_of_date_authors_and_language_are_understood():
    document = one({"text": "a", "published_at": "18 June 2024", "author": "Jane Doe and John Roe", "lang": "en-GB"})
    assert document.metadata["date"] == "2024-06-18"
    assert document.metadata["authors"] == ["Jane Doe", "John Roe"]
    assert document.metadata["language"] == "en"


def test_nested_metadata_counts_as_the_record_s_own():
    assert one({"text": "a", "metadata": {"date": "2024-06-18", "section": "World"}}).metadata == {
        "date": "2024-06-18",
        "section": "World",
        "source": "in",
    }


def test_fields_can_be_named():
    options = ReadOptions(id_field="key", title_field="name", text_field="note", metadata_fields=["year"])
    document = one({"key": 1, "name": "A", "note": "b", "text": "c", "year": 2024}, options)
    assert document == Document("1", "b", "A", {"year": 2024, "source": "in"})


def test_a_field_that_is_missing_is_named_in_the_failure():
    (failure,) = read_records(lines({"text": "a"}), "in", ReadOptions(text_field="note"))
    assert failure.reason == "the record has no field 'note'; it has 'text'"


def test_a_record_without_text_field_is_read_whole():
    assert one({"name": "pump", "age": 40}).text == "name: pump\nage: 40"


def test_what_json_or_a_database_cannot_hold_is_replaced():
    document = one({"text": "a\ud800b\u0000", "big": 10**30})
    assert document.text == "a\ufffdb\ufffd"
    assert document.metadata["big"] == str(10**30)
    (document,) = read_records(['{"text": "a", "x": NaN, "y": Infinity}'], "in", ReadOptions())
    assert document.metadata == {"source": "in"}


def test_a_table_s_rows_are_documents(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('id,title,text,year\n1,Flood,"Water, and\nmore",2024\n2,,Dry,\n', encoding="utf-8-sig")
    first, second = read(path, "a.csv")
    assert first == Document("a.csv/1", "Water, and\nmore", "Flood", {"year": 2024, "source": "a.csv"})
    assert (second.id, second.text, second.title) == ("a.csv/2", "Dry", "")


@pytest.mark.parametrize(("name", "mark"), [("a.csv", ";"), ("a.csv", "\t"), ("a.csv", "|"), ("a.tsv", "\t")])
def test_the_delimiter_is_found(tmp_path, name, mark):
    (tmp_path / name).write_text(f"text{mark}place\nWater{mark}Hue\n")
    (document,) = read(tmp_path / name, name)
    assert document.metadata["place"] == "Hue"


def test_a_table_without_names_gets_numbers(tmp_path):
    (tmp_path / "a.csv").write_text("1,1\n2,3\n")
    first, _ = read(tmp_path / "a.csv", "a.csv")
    assert first.text == "column 1: 1\ncolumn 2: 1"


def test_one_bad_byte_is_told_in_its_record_only(tmp_path):
    path = tmp_path / "a.jsonl"
    good = "".join(f'{{"id": "{number}", "text": "é"}}\n' for number in range(5_000))
    path.write_bytes(good.encode() + b'{"id": "bad", "text": "\xe9"}\n{"id": "last", "text": "x"}\n')
    found = list(read(path, "a.jsonl"))
    assert len(found) == 5_002
    assert (found[-2].text, [one.count for one in found[-2].omitted]) == ("\ufffd", [1])
    assert {document.text for document in found[:-2]} == {"é"}
    assert not any(document.omitted for document in (*found[:-2], found[-1]))
    assert found[-1].id == "last"


def test_a_record_over_the_limit_fails_alone(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "' + "x" * 500 + '"}\n{"text": "short"}\n')
    failure, document = read(path, "a.jsonl", ReadOptions(max_bytes=100))
    assert "max_bytes" in failure.reason
    assert document.text == "short"


def test_record_files_may_be_larger_than_the_limit_of_a_file(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "short"}\n' * 100)
    assert len(list(read(path, "a.jsonl", ReadOptions(max_bytes=50)))) == 100


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-16-le"])
def test_record_files_in_wide_encodings_are_read(tmp_path, encoding):
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": "1", "text": "nước"}\n{"id": "2", "text": "b"}\n', encoding=encoding)
    assert [document.text for document in read(path, "a.jsonl")] == ["nước", "b"]


def test_a_json_list_of_records_is_read_record_by_record(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('[{"text": "a"}, 3, {"text": "b", "id": "x"}]')
    found = list(read(path, "a.json"))
    assert [getattr(item, "id", None) or item.reason for item in found] == [
        "a.json:1",
        "not an object like the others in the list",
        "x",
    ]


def test_any_other_json_gives_its_texts(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"head": "Flood", "body": ["Water.", {"more": "Rain."}], "n": 3}')
    (document,) = read(path, "a.json")
    assert (document.id, document.text) == ("a.json", "head: Flood\n\nbody: Water.\nbody.more: Rain.\n\nn: 3")


def test_a_json_object_gives_keys_numbers_and_truths(tmp_path):
    path = tmp_path / "config.json"
    path.write_text('{"server": {"port": 8443, "tls": true, "names": ["a", "b"]}, "none": null}')
    (document,) = read(path, "config.json")
    assert document.text == "server.port: 8443\nserver.tls: true\nserver.names: a, b\n\nnone: null"


def test_a_json_object_with_a_text_is_one_document_of_its_file(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"id": 5, "title": "Flood", "text": "Water.", "place": "Hue"}')
    (document,) = read(path, "a.json")
    assert document == Document("a.json", "Water.", "Flood", {"place": "Hue"})


def test_a_description_among_other_fields_is_one_of_them():
    document = one({"name": "pump", "description": "runs day and night", "supplier": "Corvid"})
    assert document.text == "name: pump\ndescription: runs day and night\nsupplier: Corvid"
    assert one({"description": "runs"}).text == "runs"


@pytest.mark.parametrize("content", ["{", "[" * 100_000, "3", "[]", "1" * 5_000])
def test_json_without_text_is_an_error(tmp_path, content):
    path = tmp_path / "a.json"
    path.write_text(content)
    with pytest.raises(DocumentError):
        list(read(path, "a.json"))


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["text", "title", "id", "metadata", "date", "authors", "x"]), JSON_VALUES))
def test_metadata_of_any_record_is_scalars_and_lists_that_json_can_hold(record):
    (found,) = read_records([json.dumps(record)], "in", ReadOptions())
    if isinstance(found, Document):
        json.dumps(found.metadata, allow_nan=False).encode()
        found.text.encode()
        assert found.id
        for value in found.metadata.values():
            members = value if isinstance(value, list) else [value]
            assert all(member is None or isinstance(member, str | int | float | bool) for member in members)
