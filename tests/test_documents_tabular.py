"""Tables as Excel, pandas and people write them: no cell is lost, columns have their kind."""

import gzip

import pytest

from searchkit.documents import read
from searchkit.documents.columns import Columns


def rows(tmp_path, content, name="a.csv"):
    (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return list(read(tmp_path / name, name))


def texts(tmp_path, content, name="a.csv"):
    return [document.text for document in rows(tmp_path, content, name)]


def test_a_first_column_without_a_name_keeps_its_header_and_cells(tmp_path):
    assert texts(tmp_path, ",name,amount\n0,rope,5\n1,tar,7\n") == [
        "column 1: 0\nname: rope\namount: 5",
        "column 1: 1\nname: tar\namount: 7",
    ]


@pytest.mark.parametrize("title", ["Report of 2024\n\n", "Report of 2024,,\n,,\n", '"Report of 2024"\n'])
def test_lines_above_the_header_are_a_document_and_name_the_table(tmp_path, title):
    first, second, above = rows(tmp_path, f"{title}name,amount,code\nrope,5,x\ntar,7,y\n")
    assert (first.text, second.text) == ("name: rope\namount: 5\ncode: x", "name: tar\namount: 7\ncode: y")
    assert first.metadata["table"] == "Report of 2024"
    assert (above.id, above.text) == ("a.csv:title", "Report of 2024")


def test_a_separator_line_is_obeyed_and_no_row(tmp_path):
    (document,) = rows(tmp_path, "sep=;\nname;price\nrope, thick;9,50\n")
    assert (document.text, document.metadata["price"]) == ("name: rope, thick\nprice: 9,50", 9.5)


def test_rows_of_any_length_keep_their_cells(tmp_path):
    assert texts(tmp_path, "name,amount\nrope,5,new,old\ntar\nTotal,12\n") == [
        "name: rope\namount: 5\ncolumn 3: new\ncolumn 4: old",
        "name: tar",
        "name: Total\namount: 12",
    ]


@pytest.mark.parametrize("content", ["1,2\n3,4\n", "rope,2\ntar,4\n", "2024-05-01,rope\n2024-05-02,tar\n"])
def test_a_table_without_header_loses_no_row(tmp_path, content):
    first = content.split("\n")[0].split(",")
    assert texts(tmp_path, content)[0] == f"column 1: {first[0]}\ncolumn 2: {first[1]}"
    assert len(texts(tmp_path, content)) == 2


def test_years_name_columns_too(tmp_path):
    assert texts(tmp_path, "country,2021,2022\nMali,6,8\nPeru,5,7\n")[0] == "country: Mali\n2021: 6\n2022: 8"


def test_columns_of_one_name_are_told_apart(tmp_path):
    assert texts(tmp_path, "name,note,note\nrope,thick,old\n") == ["name: rope\nnote: thick\nnote 2: old"]


def test_a_zero_byte_is_told_and_loses_nothing(tmp_path):
    (document,) = rows(tmp_path, "name,size\nro\0pe,5\n")
    assert document.text == "name: ro\ufffdpe\nsize: 5"
    assert [told.what for told in document.omitted] == ["bad bytes"]


def test_a_quotation_mark_that_is_never_closed_swallows_no_rows(tmp_path):
    found = rows(tmp_path, 'name,size\npipe,"5 inches\ntube,7\nrope,8\n')
    assert [document.text for document in found] == [
        'name: pipe\nsize: "5 inches',
        "name: tube\nsize: 7",
        "name: rope\nsize: 8",
    ]
    assert {told.what for told in found[0].omitted} == {"quotation marks"}


def test_quoted_cells_keep_their_lines_signs_and_marks(tmp_path):
    assert texts(tmp_path, 'name,note\nrope,"two\nlines; and, ""more"""\n') == [
        'name: rope\nnote: two\nlines; and, "more"'
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_a_table_in_any_encoding_is_read(tmp_path, encoding):
    assert texts(tmp_path, "name,größe\nWeißtanne,5\n".encode(encoding)) == ["name: Weißtanne\ngröße: 5"]


@pytest.mark.parametrize("name", ["a.csv.gz", "a.jsonl.gz", "a.ndjson", "a.txt.gz"])
def test_packed_files_and_lines_of_json_are_read(tmp_path, name):
    content = {"csv": b"text,size\nrope,5\n", "txt": b"rope"}.get(name.split(".")[1], b'{"text": "rope", "size": 5}\n')
    (document,) = rows(tmp_path, gzip.compress(content) if name.endswith(".gz") else content, name)
    assert document.text == "rope"


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1", "-2", ""], [1, -2, None]),
        (["1", "2.5"], [1.0, 2.5]),
        (["00123", "5"], None),
        (["true", "FALSE", "nan"], [True, False, None]),
        (["yes", "no"], None),
        (["1", "2 m"], None),
        (["2024-06-18", "18 June 2024"], ["2024-06-18", "2024-06-18"]),
        (["13/09/2024", "01/02/2024"], ["2024-09-13", "2024-02-01"]),
        (["09/13/2024", "01/02/2024"], ["2024-09-13", "2024-01-02"]),
        (["01/02/2024", "03/04/2024"], None),
        (["9" * 30], None),
        (["1e5", "2e5"], None),
        (["", "nan"], None),
    ],
)
def test_a_column_has_a_kind_only_if_every_cell_fits(cells, values):
    columns = Columns(["x"])
    for cell in cells:
        columns.add({"x": cell})
    columns.finish()
    found = [columns.typed({"x": cell}).get("x", "text") for cell in cells]
    assert found == (["text"] * len(cells) if values is None else values)
    assert all(type(one) is type(other) for one, other in zip(found, values or found, strict=True))


def test_commas_are_decimal_only_where_semicolons_part_the_cells():
    for semicolons, cells, values in (
        (True, ["1.234,50", "9,5"], [1234.5, 9.5]),
        (True, ["1.234", "5.678"], ["text", "text"]),
        (False, ["9,5"], ["text"]),
    ):
        columns = Columns(["x"], semicolons=semicolons)
        for cell in cells:
            columns.add({"x": cell})
        columns.finish()
        assert [columns.typed({"x": cell}).get("x", "text") for cell in cells] == values


def test_text_shows_a_cell_as_it_was_written(tmp_path):
    (document,) = rows(tmp_path, "name,price\nrope,9.50\n")
    assert (document.text, document.metadata["price"]) == ("name: rope\nprice: 9.50", 9.5)


def test_a_column_of_texts_is_not_cut_at_commas(tmp_path):
    assert texts(tmp_path, "text\nhello, world\nrope, tar, oak\n") == ["hello, world", "rope, tar, oak"]


def test_fields_above_a_table_are_no_header(tmp_path):
    content = "Export;;;\nCreated;2024-05-01;;\n;;;\nNo;Name;Amount;When\n7;rope;1.5;2024-05-01\n8;tar;2.5;2024-05-02\n"
    first, second, above = rows(tmp_path, content)
    assert first.text == "No: 7\nName: rope\nAmount: 1.5\nWhen: 2024-05-01"
    assert second.metadata["Amount"] == 2.5
    assert above.text == "Export\nCreated 2024-05-01"


def test_lines_of_json_are_read_whatever_the_file_is_called(tmp_path):
    assert texts(tmp_path, '{"name": "rope"}\n{"name": "tar"}\n', "a.json") == ["name: rope", "name: tar"]
