"""One bad document is in the report with its id and the reason; the others are in."""

import json
import sys
from datetime import date, datetime
from enum import StrEnum

import pytest

from searchkit import Document, Index
from searchkit.errors import DocumentError
from searchkit.indexing.cleaning import Cleaned, cleaned
from searchkit.types import Failure, Mark

ENDLESS: list[object] = []
ENDLESS.append(ENDLESS)
BAD = [
    ("title", None, "title is None; give text"),
    ("text", None, "text is None; give text"),
    ("text", b"Some text.", "text is bytes; give text"),
    ("metadata", None, "metadata is None; give a mapping"),
    ("metadata", [("a", 1)], "metadata is list; give a mapping"),
    ("metadata", {"x": object()}, "metadata 'x' is object; give text, numbers"),
    ("metadata", {"x": b"bytes"}, "metadata 'x' is bytes; give text, numbers"),
    ("metadata", {"x": {"a": 1}}, "metadata 'x' is dict; give text, numbers"),
    ("metadata", {"x": {1, 2}}, "metadata 'x' is set; give text, numbers"),
    ("metadata", {"x": [object()]}, "metadata 'x' is object; give text, numbers"),
    ("metadata", {"x": ENDLESS}, "metadata 'x' is a list of lists"),
    ("metadata", {"x": float("inf")}, "metadata 'x' is a number that JSON cannot hold"),
    ("metadata", {"x": 10**5000}, "metadata 'x' is a number that JSON cannot hold"),
    ("marks", None, "marks is None; give a tuple"),
    ("marks", "heading", "marks is str; give a tuple"),
    ("marks", ((0, 4, "heading", 1),), "marks[0] is tuple; give a Mark"),
    ("marks", (Mark(0, 4, "heading"), None), "marks[1] is None; give a Mark"),
    ("marks", (Mark(0, 11, "heading"),), "but the text has 10 characters"),
    ("marks", (Mark(-1, 4, "heading"),), "but the text has 10 characters"),
    ("marks", (Mark(4, 2, "heading"),), "but the text has 10 characters"),
    ("marks", (Mark(0.0, 4, "heading"),), "give whole numbers"),
    ("marks", (Mark(0, 4, "heading", "1"),), "give whole numbers"),
    ("marks", (Mark(0, 4, "footer"),), "its kind must be one of: caption code front heading list table"),
    ("marks", (Mark(5, 9, "list"), Mark(0, 4, "heading")), "marks are not in the order of the text"),
    ("page_starts", None, "page_starts is None; give a tuple"),
    ("page_starts", 3, "page_starts is int; give a tuple"),
    ("page_starts", ("0",), "page_starts[0] is str; give whole numbers"),
    ("page_starts", (0, 11), "page_starts[1] is 11, but the text has 10 characters"),
    ("page_starts", (5, 0), "page_starts are not in the order of the text"),
]


@pytest.mark.parametrize(
    ("name", "value", "reason"), BAD, ids=[f"{name}-{number}" for number, (name, *_) in enumerate(BAD)]
)
def test_a_bad_document_is_reported_and_the_others_are_in(tmp_path, name, value, reason):
    bad = Document(**{"id": "bad", "text": "Some text."} | {name: value})
    with Index.create(tmp_path / "index", embedder="none") as index:
        report = index.add([Document("one", "Good one."), bad, Document("two", "Good two.")])
        assert report.added == ("one", "two")
        (failure,) = report.failed
        assert (failure.source, failure.bug) == ("bad", False)
        assert reason in failure.reason
        assert [hit.passage.doc_id for hit in index.search("good")] == ["one", "two"]


@pytest.mark.parametrize(("value", "named"), [(None, "None"), (b"x", "b'x'"), ("", ""), ("a\nb", "a\nb")])
def test_a_bad_id_is_named_as_far_as_it_can_be(value, named):
    failure = cleaned(Document(value, "Some text."))
    assert isinstance(failure, Failure)
    assert failure.source == named
    assert "id" in failure.reason


def test_what_is_no_document_is_named_by_its_place(tmp_path):
    items = [Document("one", "Good one."), "some text", None, {1, 2}, Document("two", "Good two.")]
    with Index.create(tmp_path / "index", embedder="none") as index:
        report = index.add(items)
        assert report.added == ("one", "two")
        assert [(failure.source, failure.reason) for failure in report.failed] == [
            ("item 2", "is str; give a Document, a mapping with id and text, or a pair of both"),
            ("item 3", "is NoneType; give a Document, a mapping with id and text, or a pair of both"),
            ("item 4", "is set; give a Document, a mapping with id and text, or a pair of both"),
        ]
        with pytest.raises(DocumentError, match="item 2: is str"):
            index.add(items, strict=True)


@pytest.mark.parametrize("items", [Document("one", "One."), "one", None, 3])
def test_one_document_is_not_a_list_of_documents(tmp_path, items):
    with Index.create(tmp_path / "index", embedder="none") as index:
        with pytest.raises(DocumentError, match=r"documents are added from a list, .* not from"):
            index.add(items)
        assert index.add([Document("one", "One.")]).added == ("one",)


class Unwilling(dict):
    def items(self):
        raise RuntimeError("not today")

    keys = __iter__ = items


def test_whatever_a_document_s_own_parts_raise_is_told_of_it_alone(tmp_path):
    with Index.create(tmp_path / "index", embedder="none") as index:
        report = index.add([Document("bad", "Some text.", metadata=Unwilling()), Document("one", "Good one.")])
        assert report.added == ("one",)
        (failure,) = report.failed
        assert failure.bug
        assert "RuntimeError: not today" in failure.reason
        assert "searchkit.indexing.cleaning line " in failure.reason


class Word(str):
    """A text of a class that no other process knows, as a parser's."""

    __slots__ = ()


class Colour(StrEnum):
    RED = "red"


def test_what_can_be_held_is_held_as_plain_values():
    metadata = {"day": date(2024, 6, 18), "time": datetime(2024, 6, 18, 9), "tags": (Word("a"), 1, None), 5: Colour.RED}
    marks = [Mark(0, 4, "heading", 1)]
    document = Document(Word("x"), Word("Tea \ud800"), Word("Te\udfff"), metadata, marks, [0])
    item = cleaned(document, {"big": 2**64})
    assert isinstance(item, Cleaned)
    clean = item.document
    assert clean == Document(
        "x", "Tea \ufffd", "Te\ufffd",
        {"day": "2024-06-18", "time": "2024-06-18T09:00:00", "tags": ["a", 1, None], "5": "red", "big": 2**64},
        (Mark(0, 4, "heading", 1),), (0,),
    )  # fmt: skip
    assert {type(clean.id), type(clean.text), type(clean.title), type(clean.metadata["5"])} == {str}
    assert json.loads(json.dumps(clean.metadata)) == clean.metadata


def test_the_digest_tells_documents_apart_by_all_that_is_kept():
    same = [Document("x", "Tea.", metadata={"a": 1, "b": 2}), Document("y", "Tea.", metadata={"b": 2, "a": 1})]
    others = [
        Document("x", "Tea!"), Document("x", "Tea.", "T"), Document("x", "Tea.", metadata={"a": 1}),
        Document("x", "Tea.", marks=(Mark(0, 3, "list"),)), Document("x", "Tea.", page_starts=(0,)),
    ]  # fmt: skip
    first, second, *rest = [cleaned(document).digest for document in (*same, *others)]
    assert first == second
    assert len({first, *rest}) == 1 + len(others)


def test_the_largest_number_is_that_of_a_float():
    assert isinstance(cleaned(Document("x", "Tea.", metadata={"n": int(sys.float_info.max) // 2})), Cleaned)
    assert isinstance(cleaned(Document("x", "Tea.", metadata={"n": 2 * int(sys.float_info.max)})), Failure)
