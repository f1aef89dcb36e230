"""What people hold in their hands goes in as it is: mappings, pairs, frames, values of numpy and pandas."""

import os
import sqlite3
import sys
from collections import namedtuple
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import PurePosixPath
from uuid import UUID

import numpy as np
import pytest

from searchkit import Document, DocumentError, Index, MissingExtra
from searchkit.indexing.inputs import FRAME_ROWS


class NaTType(datetime):
    """Shaped like pandas' NaT: a datetime that is none, and differs from itself."""

    __hash__ = datetime.__hash__

    def __eq__(self, other):
        return False

    def isoformat(self, *how):  # noqa: ARG002 - as of any time
        return "NaT"

    __str__ = isoformat


class NAType:
    """Shaped like pandas' NA: nothing can be said of it."""

    def __bool__(self):
        raise TypeError("boolean value of NA is ambiguous")


NAT, NA = NaTType(1, 1, 1), NAType()


class Locations:
    def __init__(self, frame):
        self.frame = frame

    def __getitem__(self, rows):
        return PandasFrame(self.frame.rows[rows], self.frame.index.name)


class PandasFrame:
    """Shaped like a frame of pandas: iterating it gives the names of its columns."""

    def __init__(self, rows, index_name=None):
        self.rows = rows
        self.index = namedtuple("IndexLike", "name")(index_name)
        self.columns = [name for name in rows[0] if name != index_name] if rows else []
        self.iloc = Locations(self)

    def __len__(self):
        return len(self.rows)

    def __iter__(self):
        return iter(self.columns)

    def reset_index(self):
        return PandasFrame(self.rows)

    def to_dict(self, orient):
        assert orient == "records"
        assert len(self.rows) <= FRAME_ROWS
        return [dict(row) for row in self.rows]


class PolarsFrame:
    """Shaped like a frame of polars."""

    def __init__(self, rows):
        self._rows = rows
        self.columns = list(rows[0])

    def iter_rows(self, *, named=False):
        return iter(self._rows if named else [tuple(row.values()) for row in self._rows])


ROWS = [
    {"id": 1, "text": "Tea is steamed.", "title": "Tea", "year": np.int64(2023), "price": np.float32(9.5)},
    {"id": 2, "text": "Coffee is roasted.", "title": float("nan"), "year": NA, "price": NAT},
]


@pytest.fixture
def index(tmp_path):
    with Index.create(tmp_path / "index", embedder="none") as made:
        yield made


def as_pairs(rows):
    return ((row["id"], row["text"]) for row in rows)


Row = namedtuple("Row", ROWS[0])


@pytest.mark.parametrize(
    "given",
    [
        ROWS,
        iter(ROWS),
        (row for row in ROWS),
        [Row(**row) for row in ROWS],
        PandasFrame(ROWS),
        PandasFrame(ROWS, "id"),
        PolarsFrame(ROWS),
    ],
    ids=["list", "iterator", "generator", "named tuples", "pandas", "pandas by id", "polars"],
)
def test_rows_become_documents_whose_other_columns_are_metadata(index, given):
    report = index.add(given)
    assert (report.added, report.failed) == (("1", "2"), ())
    assert index.get("1") == Document("1", "Tea is steamed.", "Tea", {"year": 2023, "price": 9.5})
    assert index.get("2") == Document("2", "Coffee is roasted.", "", {"year": None, "price": None})
    assert [hit.passage.doc_id for hit in index.search("tea coffee", where="year = 2023")] == ["1"]


def test_pairs_are_id_and_text(index):
    assert index.add(as_pairs(ROWS)).added == ("1", "2")
    assert index.get("2").text == "Coffee is roasted."


def test_a_large_frame_is_taken_part_by_part(index):
    rows = [{"id": number, "text": f"Word{number}."} for number in range(FRAME_ROWS + 1)]
    assert len(index.add(PandasFrame(rows)).added) == FRAME_ROWS + 1


def test_rows_of_a_database_go_in(index):
    with sqlite3.connect(":memory:") as db:
        db.row_factory = sqlite3.Row
        report = index.add(db.execute("SELECT 7 AS id, 'Tea is steamed.' AS text, 'green' AS kind"))
    db.close()
    assert report.added == ("7",)
    assert index.get("7").metadata == {"kind": "green"}


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        (np.int32(7), 7),
        (np.float64(2.5), 2.5),
        (np.bool_(True), True),
        (np.str_("a"), "a"),
        (np.datetime64("2024-06-18"), "2024-06-18"),
        (np.datetime64("2024-06-18T09:30:00.000000000"), "2024-06-18T09:30:00"),
        (np.array(["a", "b"]), ["a", "b"]),
        (np.array(["2024-06-18", "NaT"], "datetime64[ns]"), ["2024-06-18T00:00:00", None]),
        ([np.int8(1), NA], [1, None]),
        (Decimal("12"), 12),
        (Decimal("12.50"), 12.5),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (PurePosixPath("a/b"), "a/b"),
        (date(2024, 6, 18), "2024-06-18"),
        (datetime(2024, 6, 18, 9, tzinfo=UTC), "2024-06-18T09:00:00+00:00"),
        (time(9, 30), "09:30:00"),
        (float("nan"), None),
        (np.float32("nan"), None),
        (np.datetime64("NaT"), None),
        (Decimal("NaN"), None),
        (NAT, None),
        (NA, None),
        (None, None),
    ],
    ids=lambda given: type(given).__name__,
)
def test_values_of_numpy_and_pandas_are_understood_and_what_says_that_there_is_none_is_missing(index, given, plain):
    index.add([{"id": "a", "text": "Tea.", "x": given}, Document("b", "Tea.", metadata={"x": given})])
    found = [index.get("a").metadata["x"], index.get("b").metadata["x"]]
    assert found == [plain, plain]
    assert type(found[0]) is type(plain)


@pytest.mark.parametrize(
    ("given", "doc_id"),
    [
        (7, "7"),
        (np.int64(7), "7"),
        (7.0, "7"),
        (2.5, "2.5"),
        (True, "True"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (date(2024, 6, 18), "2024-06-18"),
        (np.str_("a"), "a"),
    ],
)
def test_ids_of_any_simple_type_become_text(index, given, doc_id):
    assert index.add([{"id": given, "text": "Tea."}]).added == (doc_id,)
    assert index.add([(given, "Tea.")]).kept == 1
    assert index.add([Document(given, "Tea.")]).kept == 1


def test_text_alone_gets_an_id_that_stays_the_same(index):
    (first,) = index.add([{"text": "Tea is steamed."}]).added
    report = index.add([{"text": "Tea is steamed.", "id": None}, {"text": "Coffee is roasted.", "title": "Coffee"}])
    assert (report.kept, len(report.added)) == (1, 1)
    assert first.startswith("text-")


@pytest.mark.parametrize(
    ("item", "source", "reason"),
    [
        ({"text": "Tea.", "year": 2023}, "item 2", "has no id; its keys are: text, year."),
        ({"id": NA, "text": "Tea.", "year": 2023}, "item 2", "has no id; its keys are: id, text, year."),
        ({"id": 7, "content": "Tea."}, "7", "has no text; its keys are: id, content."),
        ({"id": 7, "text": float("nan")}, "7", "has no text; its keys are: id, text."),
        ({"id": 7, "text": 5}, "7", "text is int; give text"),
        ({"id": 7, "text": "Tea.", "x": {"y": 1}}, "7", "metadata 'x' is dict; give text"),
        ({"id": 7, "text": "Tea.", "title": ["a"]}, "item 2", "title is list; give text"),
        ({"id": (1, 2), "text": "Tea."}, "item 2", "id is tuple; give text"),
        ((None, "Tea."), "item 2", "id is missing; give text"),
        (("a", None), "a", "text is None; give text"),
        (("a", "Tea.", 3), "item 2", "is tuple; give a Document, a mapping"),
        (Document(None, "Tea."), "None", "id is missing; give text"),
    ],
)
def test_what_is_wrong_with_an_item_is_told_by_its_name_or_place_and_the_others_go_in(index, item, source, reason):
    report = index.add([("one", "One."), item, ("two", "Two.")])
    assert report.added == ("one", "two")
    (failure,) = report.failed
    assert (failure.source, failure.bug) == (source, False)
    assert failure.reason.startswith(reason)


@pytest.mark.parametrize("frame", [PandasFrame, PolarsFrame])
@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"id": 1, "content": "Tea."}, "the frame has no column 'text', but id, content; rename"),
        ({"text": "Tea.", "year": 1}, "the frame has no column 'id', but text, year; rename"),
        ({"a": "Tea."}, "the frame has no column 'id' and none 'text', but a; rename"),
    ],
)
def test_a_frame_that_lacks_a_column_is_told_once(index, frame, row, reason):
    with pytest.raises(DocumentError, match=reason):
        index.add(frame([row]))


def test_nested_metadata_is_metadata_and_what_stands_beside_it_wins(index):
    index.add([{"id": "a", "text": "Tea.", "metadata": {"x": 1, "y": 1}, "y": 2}])
    assert index.get("a").metadata == {"x": 1, "y": 2}


def test_one_mapping_is_not_a_list_of_them(index):
    with pytest.raises(DocumentError, match="from a list, a frame or another iterable, not from dict"):
        index.add({"id": "a", "text": "Tea."})


def test_an_index_has_a_length_ids_to_go_through_and_says_what_it_is(index):
    assert (len(index), list(index), bool(index)) == (0, [], True)
    index.add([("b", "One.\n\nTwo and three and four and five."), ("a", "One.")])
    assert (len(index), list(index)) == (2, ["a", "b"])
    assert "a" in index
    assert "a#0" not in index
    assert 7 not in index
    assert repr(index) == f"<Index {index.path}: 2 documents, 2 passages, keyword only>"
    index.close()
    assert repr(index) == f"<Index {index.path}: closed>"


def test_results_are_rows(index):
    index.add([{"id": "a", "text": "Tea is steamed.", "title": "Tea", "year": 2023, "line": "Assam"}])
    found = index.search("tea")
    (row,) = found.rows()
    assert {name: row[name] for name in ("rank", "passage_id", "doc_id", "title", "text", "year", "header")} == {
        "rank": 1, "passage_id": "a#0", "doc_id": "a", "title": "Tea", "text": "Tea is steamed.", "year": 2023,
        "header": "",
    }  # fmt: skip
    assert (row["line"], row["metadata.line"]) == (1, "Assam")
    assert row["score"] == found[0].score
    assert index.search("nothing").rows() == []


def test_results_become_a_frame_where_pandas_is(index, monkeypatch):
    class Pandas:
        DataFrame = list

    index.add([("a", "Tea is steamed.")])
    found = index.search("tea")
    monkeypatch.setitem(sys.modules, "pandas", Pandas)
    assert found.to_pandas() == found.rows()
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtra, match="pip install pandas"):
        found.to_pandas()


def test_a_document_that_came_from_a_file_is_replaced_on_purpose_alone(index, tmp_path):
    """Until its file changes: then the file has its say again."""
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "a.txt").write_text("Tea is steamed.")
    os.utime(folder / "a.txt", (1, 1))  # long ago: a file of just now is read again
    index.sync(folder)
    (refused,) = index.add([("files/a.txt", "Tea is dried.")]).failed
    assert "belongs to a document of" in refused.reason
    assert index.add([("files/a.txt", "Tea is dried.")], replace=True).changed == ("files/a.txt",)
    assert index.sync(folder).removed == ()
    assert index.get("files/a.txt").text == "Tea is dried."
    (folder / "a.txt").write_text("Tea is rolled by hand.")
    index.sync(folder)
    assert index.get("files/a.txt").text == "Tea is rolled by hand."
