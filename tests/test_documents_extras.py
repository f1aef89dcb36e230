"""PDF, office files and e-books: made here, read back; damaged ones never do more than fail."""

import io
import zipfile
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from searchkit.documents import extras, read
from searchkit.documents.blocks import Blocks
from searchkit.documents.layout import PrintedPage, add_pages
from searchkit.documents.rows import PrintedLine
from searchkit.errors import DocumentError

SENTENCE = "The pumps in the old quarter are forty years old, and nobody knows who has the key to their house."


def document_of(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    (document,) = read(path, name)
    return document


def marked(document, kind):
    return [document.text[mark.start : mark.end] for mark in document.marks if mark.kind == kind]


def zipped(**files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), content)
    return buffer.getvalue()


# --- e-books and OpenDocument: the base installation reads them


PACKAGE = """<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:title>Water</dc:title><dc:creator>Jane Doe</dc:creator><dc:creator>John Roe</dc:creator>
<dc:date>2024-06-18</dc:date><dc:language>en</dc:language></metadata><manifest>
<item id="a" href="a.xhtml" media-type="application/xhtml+xml"/>
<item id="b" href="b.xhtml" media-type="application/xhtml+xml"/>
<item id="n" href="n.xhtml" media-type="application/xhtml+xml" properties="nav"/>
</manifest><spine><itemref idref="n"/><itemref idref="b"/><itemref idref="a"/>
<itemref idref="gone"/></spine></package>"""
CONTAINER = """<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="OPS/p.opf"/></rootfiles></container>"""
CHAPTER = '<html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head><body>{}</body></html>'
EPUB = zipped(
    **{
        "META-INF__container_xml": CONTAINER,
        "OPS__p_opf": PACKAGE,
        "OPS__a_xhtml": CHAPTER.format("<h1>Two</h1><p>The pumps are <i>old</i>.</p>"),
        "OPS__b_xhtml": CHAPTER.format("<h1>One</h1><p>The water came.</p><ul><li>rain</li></ul>"),
        "OPS__n_xhtml": CHAPTER.format("<p>Contents</p>"),
    }
)


def test_an_e_book_s_chapters_come_in_reading_order(tmp_path):
    document = document_of(tmp_path, "a.epub", EPUB)
    assert document.text == "One\n\nThe water came.\n\n- rain\n\nTwo\n\nThe pumps are old."
    assert document.title == "Water"
    assert document.metadata == {"authors": ["Jane Doe", "John Roe"], "date": "2024-06-18", "language": "en"}
    assert marked(document, "heading") == ["One", "Two"]


def test_an_e_book_s_named_characters_missing_chapters_and_pictures_are_seen_to(tmp_path):
    parts = {
        "META-INF__container_xml": CONTAINER,
        "OPS__p_opf": PACKAGE,
        "OPS__b_xhtml": CHAPTER.format(
            "<p>a&nbsp;b caf&eacute; &amp; c</p><p><img src='x'/><img src='y' alt='z'/></p>"
        ),
    }
    document = document_of(tmp_path, "a.epub", zipped(**parts))
    assert document.text.startswith("a b café & c")
    told = {omission.what: (omission.count, omission.where) for omission in document.omitted}
    assert told == {"pictures without a description": (1, ""), "chapters": (1, "OPS/a.xhtml")}


def test_a_book_that_is_protected_against_copying_is_named_so(tmp_path):
    reference = '<encryption xmlns="x"><CipherReference URI="OPS/b.xhtml"/></encryption>'
    parts = {"META-INF__container_xml": CONTAINER, "OPS__p_opf": PACKAGE, "META-INF__encryption_xml": reference}
    with pytest.raises(DocumentError, match="protected against copying"):
        document_of(tmp_path, "a.epub", zipped(**parts))


ODT_CONTENT = """<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0">
<office:body><office:text><text:h text:outline-level="1">Water</text:h>
<text:p>The water<text:s/>came<text:note>a note</text:note>.</text:p><text:h text:outline-level="2">Pumps</text:h>
<text:list><text:list-item><text:p>one</text:p>
<text:list><text:list-item><text:p>two</text:p></text:list-item></text:list>
</text:list-item></text:list><table:table><table:table-row><table:table-cell><text:p>a</text:p></table:table-cell>
<table:table-cell><text:p>b</text:p></table:table-cell></table:table-row></table:table></office:text></office:body>
</office:document-content>"""
ODT_META = """<office:document-meta xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><office:meta><dc:title>Water</dc:title><dc:creator>Jane Doe</dc:creator>
</office:meta></office:document-meta>"""
ODT = zipped(content_xml=ODT_CONTENT, meta_xml=ODT_META)


def test_an_opendocument_text_keeps_its_structure(tmp_path):
    document = document_of(tmp_path, "a.odt", ODT)
    assert document.text == "Water\n\nThe water came.\n\nPumps\n\n- one\n  - two\n\na | b"
    assert (document.title, document.metadata) == ("Water", {"authors": ["Jane Doe"]})
    assert [(mark.kind, mark.level) for mark in document.marks] == [
        ("front", 0),
        ("heading", 2),
        ("list", 0),
        ("table", 0),
    ]


def test_entities_in_xml_are_not_unfolded(tmp_path):
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    content = ODT_CONTENT.replace("<text:p>a</text:p>", "<text:p>&b;</text:p>")
    document = document_of(tmp_path, "a.odt", zipped(content_xml=bomb + content))
    assert "aaaa" not in document.text


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("searchkit.documents.archives._LARGEST_UNPACKED", 100)
    with pytest.raises(DocumentError, match="unpacks to more than 100 bytes"):
        document_of(tmp_path, "a.odt", ODT)


# --- office files


@cache
def docx_bytes():
    docx = pytest.importorskip("docx")
    word = docx.Document()
    word.core_properties.title, word.core_properties.author = "Water", "Jane Doe"
    word.add_heading("Water", 0)
    word.add_paragraph(SENTENCE)
    word.add_heading("Pumps", 1)
    for item in ("one", "two"):
        word.add_paragraph(item, style="List Bullet")
    table = word.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "a", "b"
    word.add_paragraph("A pump", style="Caption")
    buffer = io.BytesIO()
    word.save(buffer)
    return buffer.getvalue()


def test_a_word_file_keeps_its_structure(tmp_path):
    document = document_of(tmp_path, "a.docx", docx_bytes())
    assert document.text == f"Water\n\n{SENTENCE}\n\nPumps\n\n- one\n- two\n\na | b\n\nA pump"
    assert (document.title, document.metadata["authors"]) == ("Water", ["Jane Doe"])
    assert [mark.kind for mark in document.marks] == ["front", "heading", "list", "table"]


def test_slides_are_pages(tmp_path):
    pptx = pytest.importorskip("pptx")
    presentation = pptx.Presentation()
    for title, body in (("Water", "came at night\nleft at noon"), ("Pumps", "old")):
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text, slide.placeholders[1].text = title, body
    slide.notes_slide.notes_text_frame.text = "Speak slowly."
    buffer = io.BytesIO()
    presentation.save(buffer)
    document = document_of(tmp_path, "a.pptx", buffer.getvalue())
    assert document.text == "Water\n\n- came at night\n- left at noon\n\nPumps\n\nold\n\nSpeak slowly."
    assert document.page_starts == (0, document.text.index("Pumps"))
    assert document.title == "Water"


def test_a_workbook_s_sheets_are_sections_and_empty_rows_part_tables(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.title = "Pumps"
    for row in (["Pump", "Age"], ["One", 40], [], ["x", None]):
        sheet.append(row)
    buffer = io.BytesIO()
    workbook.save(buffer)
    document = document_of(tmp_path, "a.xlsx", buffer.getvalue())
    assert document.text == "Pumps\n\nPump | Age\nOne | 40\n\nx"
    assert [mark[2:] for mark in document.marks] == [("heading", 1), ("table", 1), ("table", 0), ("table", 0)]


def test_an_old_or_protected_office_file_is_named_so(tmp_path):
    pytest.importorskip("docx")
    with pytest.raises(DocumentError, match="old Office file or protected by a password"):
        document_of(tmp_path, "a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))


# --- PDF


def pdf_bytes(*pages, title="", size=12):
    """Return a PDF written by hand: lines of (text, font size, height) for each page."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", ""]
    kids = []
    for page in pages:
        stream = "\n".join(f"BT /F1 {size} Tf 72 {height} Td ({text}) Tj ET" for text, size, height in page)
        kids.append(len(objects) + 1)
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {len(objects) + 2} 0 R /Resources "
            "<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>"
        )
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    objects[1] = f"<< /Type /Pages /Count {len(kids)} /Kids [{' '.join(f'{kid} 0 R' for kid in kids)}] >>"
    objects.append(f"<< /Title ({title}) /Author (Jane Doe) /CreationDate (D:20240618234800+07'00') >>")
    body, places = "%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    trailer = f"trailer << /Size {len(objects) + 1} /Root 1 0 R /Info {len(objects)} 0 R >>"
    body += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{trailer}\n"
    return f"{body}startxref\n{body.index('xref')}\n%%EOF".encode()


NUMBERS = ("no", "one", "two", "three")


def report_page(number):
    return [
        ("Annual report on water", 8, 760),
        ("Pumps", 18, 720),
        (f"{number} the pumps in the old quarter of the town are forty years old, and nobody", 12, 690),
        ("knows who has the key to their house, not even the mayor, who lives beside it.", 12, 676),
        ("A second paragraph stands farther below, and it is parted by its dis-", 12, 640),
        (f"tance from the first, like all {NUMBERS[number]} others.", 12, 626),
        (f"Page {number}", 8, 40),
    ]


def test_a_pdf_gives_paragraphs_headings_and_pages_without_running_heads(tmp_path):
    pytest.importorskip("pypdfium2")
    document = document_of(tmp_path, "a.pdf", pdf_bytes(*(report_page(number) for number in (1, 2, 3)), title="Water"))
    page = (
        "Pumps\n\n{} the pumps in the old quarter of the town are forty years old, and nobody knows who has the key to "
        "their house, not even the mayor, who lives beside it.\n\nA second paragraph stands farther below, and it is "
        "parted by its distance from the first, like all {} others."
    )
    assert document.text == "\n\n".join(page.format(number, NUMBERS[number]) for number in (1, 2, 3))
    assert [document.text[start:][:8] for start in document.page_starts] == [
        f"Pumps\n\n{number}" for number in (1, 2, 3)
    ]
    assert marked(document, "heading") == ["Pumps"] * 3
    assert document.title == "Water"
    assert document.metadata == {"authors": ["Jane Doe"], "date": "2024-06-18T23:48:00+07:00"}


def test_a_pdf_whose_title_is_a_file_name_takes_its_largest_line(tmp_path):
    pytest.importorskip("pypdfium2")
    document = document_of(tmp_path, "a.pdf", pdf_bytes(report_page(1), title="report_v2.docx"))
    assert document.title == "Pumps"


def test_a_pdf_without_text_hints_at_text_recognition(tmp_path):
    pytest.importorskip("pypdfium2")
    with pytest.raises(DocumentError, match="text recognition"):
        document_of(tmp_path, "a.pdf", pdf_bytes([]))


def test_a_missing_package_is_named_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pypdfium2", None)
    with pytest.raises(DocumentError, match=r"pip install 'searchkit\[pdf\]'"):
        extras.require("pypdfium2", "pdf")


def laid_out(*lines):
    blocks = Blocks()
    add_pages([PrintedPage([PrintedLine(text, left, bottom, 10.0) for text, left, bottom in lines])], blocks)
    return blocks.parts


def test_hyphens_of_divided_words_go_and_those_of_compounds_stay():
    assert laid_out(
        ("The well-known harbour of the north is a place of inter-", 0, 100),
        ("national trade, and its ships are well-", 0, 90),
        ("known too, as is its light, which has burned for a hundred years.", 0, 80),
    ) == [
        "The well-known harbour of the north is a place of international trade, and its ships are well-known too, as "
        "is its light, which has burned for a hundred years."
    ]


def test_lines_of_chinese_are_put_together_without_a_space():
    assert laid_out(("我们去公园散步，你想一起", 0, 100), ("来吗？当然可以，谢谢你们", 0, 90)) == [
        "我们去公园散步，你想一起来吗？当然可以，谢谢你们"
    ]


def test_a_first_line_s_indent_begins_a_paragraph_and_bullets_keep_their_lines():
    long = "which goes on for as long as a line of a book goes on."
    assert laid_out(
        (f"One, {long}", 0, 100),
        (f"Two, {long}", 12, 90),
        (f"• three, {long}", 0, 80),
        (f"• four, {long}", 0, 70),
    ) == [f"One, {long}", f"Two, {long}\n• three, {long}\n• four, {long}"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
@pytest.mark.parametrize("name", ["a.pdf", "a.docx", "a.epub", "a.odt"])
def test_a_damaged_file_is_read_or_refused_and_nothing_else(tmp_path, name, data):
    if name == "a.pdf":
        pytest.importorskip("pypdfium2")
    whole = {"a.pdf": pdf_bytes(report_page(1)), "a.epub": EPUB, "a.odt": ODT}.get(name) or docx_bytes()
    cut = data.draw(st.integers(1, len(whole)))
    broken = bytearray(whole[:cut])
    for place in data.draw(st.lists(st.integers(0, cut - 1), max_size=20)):
        broken[place] = data.draw(st.integers(0, 255))
    try:
        document = document_of(tmp_path, name, bytes(broken))
    except DocumentError:
        return
    assert all(0 <= mark.start < mark.end <= len(document.text) for mark in document.marks)
