"""OpenDocument and rich text made by hand: what people see in them is read, what is left out is told."""

import pytest

from searchkit.documents import read
from searchkit.documents.blocks import Blocks
from searchkit.documents.tables import add_table
from searchkit.errors import DocumentError
from searchkit.text.splitting import Limits, split
from tests.test_documents_extras import zipped

NAMES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{space}:1.0"'
    for name, space in {
        "office": "office", "text": "text", "table": "table", "draw": "drawing", "presentation": "presentation",
        "style": "style", "svg": "svg-compatible", "chart": "chart", "form": "form",
    }.items()
)  # fmt: skip
NAMES += ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xlink="http://www.w3.org/1999/xlink"'


def document_of(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    (document,) = read(path, name)
    return document


def open_document(tmp_path, suffix, body, automatic="", **parts):
    kind = {".odt": "text", ".ods": "spreadsheet", ".odp": "presentation"}[suffix]
    content = (
        f"<office:document-content {NAMES}><office:automatic-styles>{automatic}</office:automatic-styles><office:body>"
        f"<office:{kind}>{body}</office:{kind}></office:body></office:document-content>"
    )
    return document_of(tmp_path, f"a{suffix}", zipped(content_xml=content, **parts))


def told(document):
    return {omission.what: omission.count for omission in document.omitted}


def test_notes_boxes_comments_and_descriptions_of_a_text_are_read(tmp_path):
    note_body = "<text:note-body><text:p>In crowns.</text:p></text:note-body>"
    note = f"<text:note><text:note-citation>1</text:note-citation>{note_body}</text:note>"
    author = "<dc:creator>Ann</dc:creator><dc:date>2024</dc:date>"
    comment = f"<office:annotation>{author}<text:p>Check.</text:p></office:annotation>"
    box = "<draw:frame><draw:text-box><text:p>in a box</text:p></draw:text-box></draw:frame>"
    seen = "<draw:frame><draw:image/><svg:desc>A pump</svg:desc></draw:frame>"
    blind = "<draw:frame><draw:image/></draw:frame>"
    removed = "<text:tracked-changes><text:deletion><text:p>gone</text:p></text:deletion></text:tracked-changes>"
    styles = (
        f"<office:document-styles {NAMES}><office:master-styles><style:master-page><style:header><text:p>Harbour office"
        "</text:p></style:header><style:footer><text:p>1</text:p></style:footer></style:master-page>"
        "</office:master-styles></office:document-styles>"
    )
    body = f"{removed}<text:p>The rent{note}{comment} is<text:s text:c='2'/>due.{box}{seen}{blind}</text:p>"
    document = open_document(tmp_path, ".odt", body, styles_xml=styles)
    assert document.text.split("\n\n") == [
        "The rent is  due.", "In crowns.", "in a box", "A pump", "Harbour office", "Comment (Ann): Check.",
    ]  # fmt: skip
    assert told(document) == {"pictures without a description": 1}


def test_a_chart_in_a_text_is_read_and_other_objects_are_told(tmp_path):
    chart = (
        f"<office:document-content {NAMES}><office:body><office:chart><chart:chart><chart:title><text:p>Rents</text:p>"
        "</chart:title><table:table><table:table-row><table:table-cell><text:p>spring</text:p></table:table-cell>"
        "<table:table-cell><text:p>40</text:p></table:table-cell></table:table-row></table:table></chart:chart>"
        "</office:chart></office:body></office:document-content>"
    )
    frames = "".join(
        f"<draw:frame><draw:object xlink:href='./{name}'/><draw:image/></draw:frame>" for name in ("O1", "O2")
    )
    document = open_document(tmp_path, ".odt", f"<text:p>{frames}</text:p>", O1__content_xml=chart)
    assert document.text == "Rents\n\nspring | 40"
    assert told(document) == {"embedded objects": 1}


def cell(text, attributes=""):
    return f"<table:table-cell {attributes}><text:p>{text}</text:p></table:table-cell>"


def row(*cells, attributes=""):
    inside = "".join(one if one.startswith("<") else cell(one) for one in cells)
    return f"<table:table-row {attributes}>{inside}</table:table-row>"


def test_a_table_s_merged_cells_and_inner_tables_keep_their_rows(tmp_path):
    inner = f"<table:table-cell><table:table>{row('a', 'b')}{row('c', 'd')}</table:table></table:table-cell>"
    rows = (
        row("Name", "Berth", "Things")
        + row(cell("crew", "table:number-rows-spanned='2'"), "one", inner)
        + row("<table:covered-table-cell/>", "two", "none")
    )
    document = open_document(tmp_path, ".odt", f"<table:table>{rows}</table:table>")
    assert document.text == "Name | Berth | Things\ncrew | one | a, b; c, d\ncrew | two | none"
    assert [mark[2:] for mark in document.marks] == [("table", 1), ("table", 0)]


def test_a_sheet_is_read_as_it_is_shown_and_hidden_ones_are_told(tmp_path):
    hiding = (
        "<style:style style:name='h' style:family='table'><style:table-properties table:display='false'/></style:style>"
    )
    comment = "<office:annotation><dc:creator>Ann</dc:creator><text:p>Check.</text:p></office:annotation>"
    rows = (
        row("Day", "Share", "Amount")
        + row("<table:table-cell table:number-columns-repeated='3'/>", attributes="table:number-rows-repeated='2'")
        + row(cell("05.03.2024", "office:date-value='2024-03-05'"), cell("47.5%", "office:value='.475'"),
              f"<table:table-cell office:value='7'>{comment}</table:table-cell>")
        + row(cell("x", "table:number-columns-repeated='2'"), attributes="table:number-rows-repeated='2'")
        + row("<table:table-cell table:number-columns-repeated='9'/>", attributes="table:number-rows-repeated='999999'")
    )  # fmt: skip
    body = (
        f"<table:table table:name='Rents'>{rows}</table:table><table:table table:name='Empty'/>"
        f"<table:table table:name='Lists' table:style-name='h'>{row('e')}</table:table>"
    )
    document = open_document(tmp_path, ".ods", body, automatic=hiding)
    assert document.text.split("\n\n") == [
        "Rents", "Day | Share | Amount", "05.03.2024 | 47.5% | 7\nx | x\nx | x", "Comment on C4 (Ann): Check.", "Lists",
        "e",
    ]  # fmt: skip
    assert document.metadata["hidden"] == ["sheet Lists"]


def test_slides_are_pages_with_their_notes(tmp_path):
    def frame(text, attributes=""):
        return f"<draw:frame {attributes}><draw:text-box><text:p>{text}</text:p></draw:text-box></draw:frame>"

    hiding = (
        "<style:style style:name='h'><style:drawing-page-properties presentation:visibility='hidden'/></style:style>"
    )
    title = frame("Water", "presentation:class='title'")
    spoken = frame("Speak slowly.", "presentation:class='notes'")
    notes = f"<presentation:notes><draw:page-thumbnail/>{spoken}</presentation:notes>"
    group = f"<draw:g>{frame('grouped')}<draw:custom-shape><text:p>shaped</text:p></draw:custom-shape></draw:g>"
    body = f"<draw:page>{title}{group}{notes}</draw:page><draw:page draw:style-name='h'>{frame('snow')}</draw:page>"
    document = open_document(tmp_path, ".odp", body, automatic=hiding)
    assert document.text == "Water\n\ngrouped\n\nshaped\n\nSpeak slowly.\n\nsnow"
    assert document.title == "Water"
    passages = split(document, Limits(), lambda texts: [len(text.split()) for text in texts])
    assert [(one.page, one.section) for one in passages] == [(1, ""), (2, "")]
    assert document.metadata["hidden"] == ["slide 2"]


def test_an_encrypted_file_is_named_so(tmp_path):
    manifest = "<manifest:manifest xmlns:manifest='x'><manifest:encryption-data/></manifest:manifest>"
    with pytest.raises(DocumentError, match="protected by a password"):
        document_of(tmp_path, "a.odt", zipped(**{"META-INF__manifest_xml": manifest, "content_xml": "<x/>"}))


# --- rich text


def rich(tmp_path, inside, head=r"\ansi\ansicpg1252"):
    return document_of(tmp_path, "a.rtf", rf"{{\rtf1{head} {inside}}}".encode("latin-1"))


@pytest.mark.parametrize(
    ("inside", "read_as"),
    [
        (r"one\par two\line three\par\par four", "one\n\ntwo\nthree\n\nfour"),
        (r"caf\'e9 \u8364?5 \emdash  \{x\} a\~b\_c", "café €5 — {x} a\xa0b-c"),
        (r"\uc2 \u1087\'ef\'ef\u1072\'e0\'e0", "па"),
        (r"{\uc0 \u-10179\u-8704}", "\U0001f600"),
        (r"{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset204 Arial;}{\f2\fcharset128 Gothic;}}"
         r"{\f1 \'cf\'f0} {\f2 \'93\'fa}", "Пр 日"),
        (r"{\fonttbl{\f0 \u23435\'3f\u20307\'3f;}{\f1 A \{x\}\~y;}}\f0 text", "text"),
        (r"The rent is {\deleted nine}{\revised ten} crowns.", "The rent is ten crowns."),
        (r"{\field{\*\fldinst HYPERLINK x}{\fldrslt a link}}", "a link"),
        (r"{\*\unknown nothing}{\colortbl;\red0;}text", "text"),
        (r"The rent.{\super{\footnote \pard In crowns.\par}} Due.\par Next.", "The rent. Due.\n\nIn crowns.\n\nNext."),
        (r"{\header Harbour office\par}{\footer 12}text", "text\n\nHarbour office"),
        (r"text{\*\atnid A}{\*\atnauthor Ann}\chatn{\*\annotation Check.}", "text\n\nComment (Ann): Check."),
        (r"{\fonttbl{\f2\fcharset2 Symbol;}}{\pntext\f2\'b7\tab}one\par{\listtext 2.\tab}two\par three",
         "- one\n2. two\n\nthree"),
        (r"{\shp{\*\shpinst{\sp{\sn x}{\sv 1}}{\shptxt in a box\par}}}", "in a box"),
        (r"a{\bin3 \\}}b", "ab"),
    ],
)  # fmt: skip
def test_rich_text_is_read_as_it_is_shown(tmp_path, inside, read_as):
    assert rich(tmp_path, inside).text == read_as


def test_rich_text_knows_headings_tables_properties_and_what_it_leaves_out(tmp_path):
    document = rich(
        tmp_path,
        r"{\stylesheet{\s0 Normal;}{\s3 heading 2;}}{\info{\title Lease}{\author Jane Doe}{\creatim\yr2024\mo6\dy18}}"
        r"\pard\s3 Rents\par\pard text\par\trowd\cellx1\cellx2\pard\intbl Name\cell Role\cell\row"
        r"\trowd\pard\intbl Odalys\par Brandt\cell bosun\cell\row\pard\outlinelevel0 Fees\par\pard"
        r" ten{\pict\pngblip 89504e47}{\object\objemb{\*\objdata 01}{\result shown}}",
    )
    assert document.text == "Rents\n\ntext\n\nName | Role\nOdalys Brandt | bosun\n\nFees\n\ntenshown"
    assert [mark[2:] for mark in document.marks] == [("heading", 2), ("table", 1), ("table", 0), ("heading", 1)]
    assert (document.title, document.metadata) == ("Lease", {"authors": ["Jane Doe"], "date": "2024-06-18"})
    assert told(document) == {"pictures without a description": 1, "embedded objects": 1}


def test_what_is_no_rich_text_is_refused(tmp_path):
    with pytest.raises(DocumentError, match="no rich text"):
        document_of(tmp_path, "a.rtf", b"plain")


def test_rows_are_marked_where_they_stand_whatever_their_accents_and_empty_ones_are_left_out():
    blocks = Blocks()
    add_table(blocks, [["|", ""], ["Cafe\u0301", "Ho\u0300a"], ["Nguye\u0302\u0303n", "12"], ["Le\u0302", "3"]])
    document = blocks.document("a", "", {})
    marked = [(mark.level, document.text[mark.start : mark.end]) for mark in document.marks]
    assert marked == [(1, "Café | Hòa"), (0, "Nguyễn | 12\nLê | 3")]
    add_table(nothing := Blocks(), [["|"]])
    assert (nothing.parts, nothing.marks) == ([], [])
