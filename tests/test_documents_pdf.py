"""PDFs made by hand: nothing but heads and feet is taken out, columns and rows are told apart, the rest is told."""

import pytest

from searchkit.documents import read
from searchkit.documents.hyphens import hyphens_of
from searchkit.documents.titles import stated_fact, stated_title
from searchkit.errors import DocumentError
from searchkit.text.splitting import Limits, split
from tests.pdfs import Page, pdf_of

pytest.importorskip("pypdfium2")


def document_of(tmp_path, *pages, **options):
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf_of(pages, **options))
    (document,) = read(path, "a.pdf")
    return document


def told(document):
    return {omission.what: (omission.count, omission.where) for omission in document.omitted}


def lines(*texts, top=700, step=14, left=72, size=10):
    return [(text, left, top - step * number, size) for number, text in enumerate(texts)]


def rows(texts, top=700, step=14, columns=(72, 180, 330, 430)):
    """Return the cells of rows where they stand."""
    return [
        (cell, left, top - step * number, 10)
        for number, row in enumerate(texts)
        for cell, left in zip(row, columns, strict=False)
    ]


# --- heads and feet


PROSE = (
    "The pumps in the old quarter of the town are forty years old, and nobody",
    "knows who has the key to their house, not even the mayor beside it.",
)


def test_every_row_of_a_table_over_pages_is_kept_whatever_its_shape(tmp_path):
    bookings = [(f"2024-01-{day:02}", "Card payment", f"-{day}.30", f"8{day}.80") for day in range(1, 31)]
    pages = [Page(rows(bookings[start : start + 10], top=760)) for start in (0, 10, 20)]
    document = document_of(tmp_path, *pages)
    assert [line for line in document.text.split("\n") if line] == [" | ".join(booking) for booking in bookings]
    assert document.omitted == ()
    passages = split(document, Limits(40, 40), lambda texts: [len(text.split()) for text in texts])
    cut = [line for passage in passages for line in passage.text.split("\n")]
    assert cut == [" | ".join(booking) for booking in bookings]


def test_heads_and_feet_that_repeat_in_the_margin_go_and_are_counted(tmp_path):
    pages = [
        Page([("Harbour report", 72, 760, 8), (f"Page {n} of 4", 300, 30, 8), *lines(f"Part {word} begins.", *PROSE)])
        for n, word in enumerate(("one", "two", "three", "four"), 1)
    ]
    document = document_of(tmp_path, *pages)
    assert "Harbour" not in document.text
    assert "Page" not in document.text
    assert all(f"Part {word} begins." in document.text for word in ("one", "two", "three", "four"))
    count, where = told(document)["heads and feet of pages"]
    assert count == 8
    assert '"Harbour report"' in where


@pytest.mark.parametrize(
    "line",
    [
        lambda n: ("Harbour report", 72, 760 - 30 * n, 8),  # another place on each page
        lambda n: ("Harbour report"[: 99 + n], 72, 400, 8),  # in the text
        lambda n: (f"Invoice {(17, 90, 23, 4)[n]}", 72, 760, 8),  # a number that counts nothing
        lambda n: (f"Carried over: {(17.5, 90.1, 23.7, 4.2)[n]}", 72, 30, 8),
        lambda n: (f"Question {n + 1}", 72, 760, 16),  # a heading
    ],
)
def test_what_does_not_repeat_in_the_margin_stays(tmp_path, line):
    pages = [Page([line(n), *lines(f"Part {n} begins.", *PROSE, top=640)]) for n in range(4)]
    document = document_of(tmp_path, *pages)
    assert all(line(n)[0] in document.text for n in range(4))
    assert document.omitted == ()


def test_pages_that_hold_a_head_alone_are_told_as_pages_without_text(tmp_path):
    head = ("Harbour report", 72, 760, 8)
    document = document_of(tmp_path, Page([head, *lines(*PROSE)]), Page([head]), Page([head]))
    assert told(document)["pages without text"] == (2, "page 2, page 3")
    assert document_of(tmp_path, *[Page([head])] * 3).text.count("Harbour report") == 3


def test_on_two_pages_nothing_is_a_running_head(tmp_path):
    document = document_of(tmp_path, *[Page([("Harbour report", 72, 760, 8), *lines(*PROSE)])] * 2)
    assert document.text.count("Harbour report") == 2


def test_the_names_of_columns_on_each_page_are_no_running_head(tmp_path):
    pages = [
        Page(
            [*rows([("Day", "Purpose", "Amount")], top=760), *rows([(f"{n}{d}", "rent", f"{d}.50") for d in range(9)])]
        )
        for n in range(3)
    ]
    assert document_of(tmp_path, *pages).text.count("Day | Purpose | Amount") == 3


# --- columns and tables


LEFT = ("The harbour council met on Tuesday to", "settle the dispute over mooring fees", "and the clerk recorded it.")
RIGHT = ("Meanwhile the lighthouse keeper said", "that the lamp had failed twice in the", "month of August.")


@pytest.mark.parametrize("shift", [0, 5])
def test_columns_that_are_drawn_row_by_row_are_read_one_after_the_other(tmp_path, shift):
    words = [
        word
        for number, (left, right) in enumerate(zip(LEFT, RIGHT, strict=True))
        for word in ((left, 72, 600 - 12 * number, 10), (right, 320, 600 - shift - 12 * number, 10))
    ]
    above, below = (
        ("A headline of the day that goes over both columns of the page", 72, 660, 10),
        ("The end.", 72, 500, 10),
    )
    document = document_of(tmp_path, Page([above, *words, below]))
    assert " ".join(document.text.split()) == " ".join([above[0], *LEFT, *RIGHT, below[0]])


def test_three_columns_are_read_one_after_the_other(tmp_path):
    columns = [[f"{name} {n} and some words" for n in range(4)] for name in ("alpha", "beta", "gamma")]
    words = [(columns[at][n], 50 + 180 * at, 600 - 12 * n, 10) for n in range(4) for at in range(3)]
    text = " ".join(document_of(tmp_path, Page(words)).text.split())
    assert text == " ".join(line for column in columns for line in column)


def test_a_table_s_rows_stay_rows_and_missing_cells_leave_their_column_empty(tmp_path):
    cells = [("Pump", "Age", "House"), ("One", "40", "north"), ("Two", "", "south"), ("Three", "12", "")]
    words = [word for word in rows(cells) if word[0]]
    document = document_of(tmp_path, Page([*words, *lines("A sentence stands below the table.", top=600)]))
    assert document.text == (
        "Pump | Age | House\nOne | 40 | north\nTwo |  | south\nThree | 12\n\nA sentence stands below the table."
    )
    assert [mark[2:] for mark in document.marks] == [("table", 1), ("table", 0)]


# --- forms, remarks, attachments, blank pages


def test_the_values_of_fields_stand_where_the_form_shows_them(tmp_path):
    page = Page(
        [("Name:", 72, 700, 10), ("Berth:", 72, 680, 10), ("Signed on the pier.", 72, 600, 10)],
        fields=[("Tx", "Odalys Brandt", 140, 700), ("Tx", "forty-two", 140, 680), ("Tx", "alone", 72, 640)],
    )
    document = document_of(tmp_path, page)
    assert document.text.split("\n\n") == ["Name: | Odalys Brandt\nBerth: | forty-two", "alone", "Signed on the pier."]


def test_a_page_that_is_all_fields_is_read(tmp_path):
    assert document_of(tmp_path, Page(fields=[("Tx", "Odalys Brandt", 140, 700)])).text == "Odalys Brandt"


def test_remarks_and_boxes_on_pages_are_read_after_the_page(tmp_path):
    page = Page(lines(*PROSE), remarks=[("Text", "Is this so?", "Ann"), ("FreeText", "seen", ""), ("Link", "no", "")])
    document = document_of(tmp_path, page, Page(lines("Next.")))
    assert document.text.split("\n\n")[1:] == ["Comment (Ann): Is this so?", "seen", "Next."]


def test_pages_without_text_and_attachments_are_told(tmp_path):
    document = document_of(tmp_path, Page(lines(*PROSE)), Page(), Page(), attached=["list.xlsx"])
    assert told(document) == {"attachments": (1, "list.xlsx"), "pages without text": (2, "page 2, page 3")}
    assert len(document.page_starts) == 3


def test_a_pdf_without_any_text_hints_at_text_recognition(tmp_path):
    with pytest.raises(DocumentError, match="text recognition"):
        document_of(tmp_path, Page(), Page())


# --- words and titles


@pytest.mark.parametrize(
    ("before", "after", "joined", "elsewhere"),
    [
        ("informa", "tion", "information", ""),
        ("well", "known", "well-known", ""),
        ("long", "term", "long-term", ""),
        ("harbour", "master", "harbour-master", "the harbour has a master"),
        ("some", "thing", "something", "some of the thing"),
        ("co", "operate", "cooperate", ""),
        ("over", "worked", "over-worked", "an over-worked crew"),
        ("high", "way", "highway", ""),
        ("under", "stand", "understand", "understand this: it stands under the stand"),
        ("Nord", "Süd", "Nord-Süd", ""),
        ("INFORMA", "TION", "INFORMATION", ""),
        ("state-of", "the", "state-of-the", ""),
        ("COVID", "19", "COVID-19", ""),
        ("twenty", "three", "twenty-three", ""),
    ],
)
def test_a_word_that_a_line_s_end_divides_is_put_together(before, after, joined, elsewhere):
    assert hyphens_of([(elsewhere, False)]).join(before, after) == joined


def test_compounds_at_line_ends_keep_their_hyphen_in_a_pdf(tmp_path):
    text = document_of(tmp_path, Page(lines("The harbour is well-", "known for the informa-", "tion it gives."))).text
    assert "well-known for the information it gives" in text.replace("\n", " ")


@pytest.mark.parametrize(
    "stated",
    ["(anonymous)", "untitled", "Untitled Document 2", "Microsoft Word - lease.doc", "lease_v2.docx", "Document1",
     "---", "PowerPoint Presentation", "Unbenannt 1", "C:\\tmp\\lease", "", "about:blank"],
)  # fmt: skip
def test_what_programs_write_for_a_title_is_none(stated):
    assert stated_title(stated) == ""


@pytest.mark.parametrize(
    "stated", ["Untitled works of the harbour", "Titles of the crown", "Page 3 of a diary", "1984"]
)
def test_a_title_may_sound_like_none(stated):
    assert stated_title(stated) == stated


def test_placeholders_are_no_authors():
    assert [stated_fact(name) for name in ("(unspecified)", "anonymous", " Jane  Doe ")] == ["", "", "Jane Doe"]
