"""Conservation: every word that a PDF, office file, rich text or e-book shows is found, or told in the account.

Files of random structure are made with each format's own library, or by hand where there is none. For more of them:
SEARCHKIT_CONSERVATION=200 pytest tests/test_conservation_office.py
"""

import io
import os
import re
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from searchkit.documents import read
from searchkit.text.splitting import Limits, split
from tests.pdfs import Page, pdf_of
from tests.test_documents_extras import zipped
from tests.test_documents_open import NAMES, row

SHARE = 0.995  # of the words that must be found
EXAMPLES = int(os.environ.get("SEARCHKIT_CONSERVATION", "25"))
WORD = re.compile(r"\w+")
STEMS = ("rent", "Harbour", "über", "naïve", "Größe", "café", "pump", "crew", "x", "Öl")

conserving = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class Words:
    """Makes words, each once, and remembers all."""

    def __init__(self, data):
        self.data = data
        self.made = []
        self._numbers = count(1)

    def some(self, most=8):
        """Return a few words."""
        stems = self.data.draw(st.lists(st.sampled_from(STEMS), min_size=1, max_size=most))
        words = [f"{stem}{next(self._numbers)}" for stem in stems]
        self.made += words
        return " ".join(words)

    def choose(self, *options):
        """Return one of the options."""
        return self.data.draw(st.sampled_from(options))

    def times(self, most):
        """Return numbers to loop over."""
        return range(self.data.draw(st.integers(1, most)))

    def rows(self, most=4):
        """Return a table of words."""
        columns = self.data.draw(st.integers(2, 4))
        return [[self.some(3) for _ in range(columns)] for _ in self.times(most)]


def check(tmp_path, name, content, words):
    """Assert that the words are found, or that the account tells of those that are not."""
    path = tmp_path / name
    path.write_bytes(content)
    (document,) = read(path, name)
    passages = split(document, Limits(), lambda texts: [len(WORD.findall(text)) for text in texts])
    told = [omission.where for omission in document.omitted]
    parts = [document.title, *map(str, document.metadata.values()), *told]
    parts += [part for passage in passages for part in (passage.section, passage.text)]
    found = set(WORD.findall(" ".join(parts)))
    lost = [word for word in words.made if word not in found]
    assert len(lost) <= (1 - SHARE) * len(words.made), (lost, document.text)
    assert all(0 <= mark.start < mark.end <= len(document.text) for mark in document.marks)
    assert all(before.end <= after.start for before, after in zip(document.marks, document.marks[1:], strict=False))


def saved(made):
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


# --- Word


def add_word_block(word, words):
    kind = words.choose("text", "heading", "item", "table", "nested", "changed", "title", "caption", "break")
    if kind == "heading":
        word.add_heading(words.some(), words.choose(1, 2, 3))
    elif kind in ("table", "nested"):
        rows = words.rows()
        table = word.add_table(len(rows), len(rows[0]))
        for line, texts in zip(table.rows, rows, strict=True):
            for place, text in zip(line.cells, texts, strict=True):
                place.text = text
        if kind == "nested":
            inner = table.cell(0, 0).add_table(1, 2)
            inner.cell(0, 0).text, inner.cell(0, 1).text = words.some(), words.some()
        if words.choose(True, False):
            table.cell(0, 0).merge(table.cell(len(rows) - 1, len(rows[0]) - 1))
    elif kind == "changed":
        paragraph = word.add_paragraph(f"{words.some()} ")
        insert = paragraph._p.makeelement(paragraph._p.tag.replace("}p", "}ins"))
        paragraph._p.append(insert)
        insert.append(word.add_paragraph(words.some()).runs[0]._r)
    elif kind == "break":
        word.add_page_break()
    else:
        styles = {"text": "Normal", "item": words.choose("List Bullet", "List Number 2"), "title": "Title"}
        word.add_paragraph(words.some(30), style=styles.get(kind, "Caption"))


@conserving
@given(data=st.data())
def test_word_files_keep_their_words(tmp_path, data):
    docx = pytest.importorskip("docx")
    words, word = Words(data), docx.Document()
    word.add_paragraph(words.some())
    for _ in words.times(8):
        add_word_block(word, words)
    if words.choose(True, False):
        word.sections[0].header.paragraphs[0].text = words.some()
        word.sections[0].footer.paragraphs[0].text = words.some()
    if words.choose(True, False):
        paragraph = word.add_paragraph(words.some())
        word.add_comment(paragraph.runs, text=words.some(), author="Ann")
    check(tmp_path, "a.docx", saved(word), words)


# --- slides


def add_shape(slide, words, util, chart_data):
    kind = words.choose("box", "table", "group", "chart")
    place = (util.Inches(1), util.Inches(1), util.Inches(4), util.Inches(1))
    if kind == "box":
        frame = slide.shapes.add_textbox(*place).text_frame
        frame.text = words.some()
        for _ in words.times(3):
            frame.add_paragraph().text = words.some()
    elif kind == "table":
        rows = words.rows()
        table = slide.shapes.add_table(len(rows), len(rows[0]), *place).table
        for line, texts in zip(table.rows, rows, strict=True):
            for cell_of_slide, text in zip(line.cells, texts, strict=True):
                cell_of_slide.text = text
    elif kind == "group":
        group = slide.shapes.add_group_shape()
        group.shapes.add_textbox(*place).text_frame.text = words.some()
        group.shapes.add_group_shape().shapes.add_textbox(*place).text_frame.text = words.some()
    else:
        values = chart_data()
        values.categories = [words.some(1), words.some(1)]
        values.add_series(words.some(2), (1, 2))
        chart = slide.shapes.add_chart(51, *place, values).chart
        chart.has_title = True
        chart.chart_title.text_frame.text = words.some()


@conserving
@given(data=st.data())
def test_slides_keep_their_words(tmp_path, data):
    pptx = pytest.importorskip("pptx")
    util, charts = pytest.importorskip("pptx.util"), pytest.importorskip("pptx.chart.data")
    words, presentation = Words(data), pptx.Presentation()
    for _ in words.times(4):
        slide = presentation.slides.add_slide(presentation.slide_layouts[words.choose(0, 1, 5, 6)])
        for place in slide.placeholders:
            if words.choose(True, False):
                place.text = words.some()
        for _ in words.times(3):
            add_shape(slide, words, util, charts.CategoryChartData)
        if words.choose(True, False):
            slide.notes_slide.notes_text_frame.text = words.some()
    check(tmp_path, "a.pptx", saved(presentation), words)


# --- workbooks


@conserving
@given(data=st.data())
def test_workbooks_keep_their_words(tmp_path, data):
    openpyxl = pytest.importorskip("openpyxl")
    comments = pytest.importorskip("openpyxl.comments")
    words, workbook = Words(data), openpyxl.Workbook()
    for number in words.times(3):
        sheet = workbook.active if number == 0 else workbook.create_sheet(words.some(2)[:30])
        sheet.sheet_state = "visible" if number == 0 else words.choose("visible", "hidden")
        places = data.draw(st.sets(st.tuples(st.integers(1, 12), st.integers(1, 6)), min_size=1, max_size=20))
        for place in sorted(places):
            value = sheet.cell(*place, words.some(4))
            if words.choose(*[False] * 9, True):
                value.comment = comments.Comment(words.some(), words.some(1))
    workbook["Sheet"].row_dimensions[2].hidden = True
    check(tmp_path, "a.xlsx", saved(workbook), words)


# --- OpenDocument

EMPTY = "<table:table-cell/>"


def paragraph(words):
    note = f"<text:note><text:note-body><text:p>{words.some()}</text:p></text:note-body></text:note>"
    box = f"<draw:frame><draw:text-box><text:p>{words.some()}</text:p></draw:text-box></draw:frame>"
    span = f"<text:span>{words.some()}</text:span><text:s/>"
    comment = f"<office:annotation><text:p>{words.some()}</text:p></office:annotation>"
    return f"<text:p>{words.some()} {words.choose(note, box, span, comment, '')} {words.some()}</text:p>"


def listing(words, depth=0):
    deeper = listing(words, depth + 1) if depth < 2 and words.choose(True, False) else ""
    items = "".join(f"<text:list-item>{paragraph(words)}{deeper}</text:list-item>" for _ in words.times(1))
    return f"<text:list>{items}</text:list>"


def open_table(words):
    return f"<table:table>{''.join(row(*texts) for texts in words.rows())}</table:table>"


def text_block(words):
    kind = words.choose("p", "h", "list", "table", "section")
    if kind == "h":
        return f"<text:h text:outline-level='{words.choose(1, 2, 3)}'>{words.some()}</text:h>"
    if kind == "section":
        return f"<text:section>{paragraph(words)}{open_table(words)}</text:section>"
    return {"p": paragraph, "list": listing, "table": open_table}[kind](words)


def opened(kind, body):
    return zipped(
        content_xml=f"<office:document-content {NAMES}><office:body><office:{kind}>{body}</office:{kind}></office:body>"
        "</office:document-content>"
    )


class OnlyKept(Words):
    """Makes words that count only once the text that holds them is kept: `paragraph` makes more than it uses."""

    def keep(self, text):
        """Count the words of a text alone."""
        self.made = WORD.findall(re.sub(r"<[^>]*>", " ", text))
        return text


@conserving
@given(data=st.data())
def test_open_texts_keep_their_words(tmp_path, data):
    words = OnlyKept(data)
    body = words.keep("".join(text_block(words) for _ in words.times(8)))
    check(tmp_path, "a.odt", opened("text", body), words)


@conserving
@given(data=st.data())
def test_open_sheets_keep_their_words(tmp_path, data):
    words = OnlyKept(data)
    sheets = ""
    for _ in words.times(3):
        lines = [row(*[words.choose(words.some(), EMPTY) for _ in words.times(4)]) for _ in words.times(6)]
        sheets += f"<table:table table:name='{words.some(1)}'>{''.join(lines)}{row(words.some())}</table:table>"
    check(tmp_path, "a.ods", opened("spreadsheet", words.keep(sheets)), words)


@conserving
@given(data=st.data())
def test_open_slides_keep_their_words(tmp_path, data):
    words = OnlyKept(data)

    def frame(attributes=""):
        return f"<draw:frame {attributes}><draw:text-box>{paragraph(words)}</draw:text-box></draw:frame>"

    title = "presentation:class='title'"
    pages = "".join(
        f"<draw:page>{words.choose('', frame(title))}{frame()}<draw:g>{frame()}</draw:g>"
        f"<draw:frame>{open_table(words)}</draw:frame><presentation:notes>{frame()}</presentation:notes></draw:page>"
        for _ in words.times(4)
    )
    check(tmp_path, "a.odp", opened("presentation", words.keep(pages)), words)


# --- rich text


def rich(text):
    return "".join(letter if ord(letter) < 128 else rf"\u{ord(letter)}?" for letter in text)


def rich_block(words):
    kind = words.choose("text", "note", "table", "item", "field", "heading", "byte")
    text = rich(words.some(20))
    if kind == "note":
        return rf"\pard {text}{{\footnote\pard {rich(words.some())}\par}} {rich(words.some())}\par "
    if kind == "table":
        rows = [r"\cell ".join(rich(text) for text in texts) for texts in words.rows()]
        return rf"\pard {text}\par" + "".join(rf"\trowd\pard\intbl {cells}\cell\row " for cells in rows) + r"\pard "
    if kind == "byte":
        written = "".join(letter if ord(letter) < 128 else rf"\'{ord(letter):02x}" for letter in words.some())
        return rf"\pard {text}\line {written}\par "
    beginnings = {
        "item": r"{\listtext 1.\tab}",
        "field": r"{\field{\*\fldinst X}{\fldrslt y }}",
        "heading": r"\outlinelevel0 ",
    }
    return rf"\pard {beginnings.get(kind, '')}{text}\par "


@conserving
@given(data=st.data())
def test_rich_texts_keep_their_words(tmp_path, data):
    words = Words(data)
    head = rf"{{\header {rich(words.some())}\par}}" if words.choose(True, False) else ""
    body = "".join(rich_block(words) for _ in words.times(8))
    check(tmp_path, "a.rtf", rf"{{\rtf1\ansi\ansicpg1252 {head}{body}}}".encode("ascii"), words)


# --- PDF


def printed_block(words, top):
    """Return words at places below `top`, and how far down they go."""
    kind = words.choose("text", "columns", "by row", "table", "heading")
    if kind == "heading":
        return [(words.some(4), 72, top - 24, 18)], top - 40
    if kind == "text":
        lines = [(words.some(8), 72, top - 12 * n, 10) for n in words.times(5)]
        return lines, top - 80
    if kind == "table":
        rows = words.rows()
        return [
            (text, 72 + 120 * c, top - 12 * r, 6) for r, texts in enumerate(rows) for c, text in enumerate(texts)
        ], top - 80
    lines = [(words.some(4), left, top - 12 * n, 8) for left in (72, 330) for n in range(5)]
    return lines if kind == "columns" else sorted(lines, key=lambda line: -line[2]), top - 80


@conserving
@given(data=st.data())
def test_pdfs_keep_their_words(tmp_path, data):
    pytest.importorskip("pypdfium2")
    words, pages = Words(data), []
    head = words.some(3) if words.choose(True, False) else ""
    for number in words.times(5):
        top, lines = 700.0, [(head, 72, 770, 8), (f"- {number + 1} -", 300, 30, 8)] if head else []
        for _ in words.times(5):
            block, top = printed_block(words, top)
            lines += block
        fields = [("Tx", words.some(2), 72, 80)] if words.choose(True, False) else []
        remarks = [("Text", words.some(3), words.some(1))] if words.choose(True, False) else []
        pages.append(Page(lines, fields, remarks))
    check(tmp_path, "a.pdf", pdf_of(pages, title=words.some(3)), words)


# --- e-books


@conserving
@given(data=st.data())
def test_e_books_keep_their_words(tmp_path, data):
    words = Words(data)
    chapters = {f"c{number}": "".join(page_block(words) for _ in words.times(6)) for number in words.times(4)}
    items = "".join(f'<item id="{name}" href="{name}.xhtml" media-type="application/xhtml+xml"/>' for name in chapters)
    spine = "".join(f'<itemref idref="{name}"/>' for name in chapters)
    title = words.some(3)
    package = (
        f'<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>'
        f"{title}</dc:title></metadata><manifest>{items}</manifest><spine>{spine}</spine></package>"
    )
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="p.opf"/>'
        "</rootfiles></container>"
    )
    pages = {
        f"{name}_xhtml": f'<html xmlns="http://www.w3.org/1999/xhtml"><body>{body}</body></html>'
        for name, body in chapters.items()
    }
    check(tmp_path, "a.epub", zipped(**{"META-INF__container_xml": container, "p_opf": package, **pages}), words)


def page_block(words):
    kind = words.choose("p", "h2", "ul", "table", "blockquote", "pre")
    if kind == "ul":
        return f"<ul>{''.join(f'<li>{words.some()}</li>' for _ in words.times(3))}</ul>"
    if kind == "table":
        rows = "".join(f"<tr>{''.join(f'<td>{text}</td>' for text in texts)}</tr>" for texts in words.rows())
        return f"<table>{rows}</table>"
    return f"<{kind}>{words.some(20)}</{kind}>"
