"""PDF: text by pages with fields and comments, heads and feet taken out, headings by their size."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from searchkit.documents.account import ATTACHMENTS, Account
from searchkit.documents.blocks import Blocks
from searchkit.documents.extras import require
from searchkit.documents.fields import Annotations, with_fields
from searchkit.documents.layout import PrintedPage, add_pages
from searchkit.documents.page_columns import in_reading_order
from searchkit.documents.printed import Piece, page_pieces
from searchkit.documents.properties import Value, canonical, flatten
from searchkit.documents.rows import Cell, PrintedLine
from searchkit.documents.titles import stated_fact, stated_title
from searchkit.errors import DocumentError
from searchkit.threads import Guard
from searchkit.types import Document

_ONE_AT_A_TIME = Guard()  # PDFium must not be called from two threads
_DATE = re.compile(r"D:(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?)?(Z|[+-]\d{2})?'?(\d{2})?")
_RUNNING = ("heads and feet of pages", "they repeat at the same place of pages")
_BLANK = ("pages without text", "perhaps they are scans; text recognition (OCR) makes them readable")
_DAMAGED = ("pages", "they are damaged")
_NO_TEXT = "the PDF holds no text; it may be a scan. Run it through text recognition (OCR) first."


def read_pdf(data: bytes, doc_id: str) -> Document:
    """Return the document of a PDF. Errors: DocumentError for one that is protected, damaged or without text."""
    account = Account()
    with _ONE_AT_A_TIME:
        pdf = _opened(data)
        try:
            properties = pdf.get_metadata_dict()
            annotations = Annotations(pdf, account)
            pages = [_page(pdf, number, annotations, account) for number in range(len(pdf))]
            for number in range(pdf.count_attachments()):
                account.add(ATTACHMENTS, pdf.get_attachment(number).get_name())
        finally:
            pdf.close()
    blocks = Blocks()
    laid = add_pages(pages, blocks)
    if not blocks.parts:
        raise DocumentError(_NO_TEXT)
    for number in laid.blank:
        account.add(_BLANK, f"page {number}")
    for line in laid.running:
        account.add(_RUNNING, f'"{line}"')
    title, metadata = _facts(properties)
    return account.attached(blocks.document(doc_id, title or laid.largest, metadata))


def _opened(data: bytes) -> Any:
    pdfium = require("pypdfium2", "pdf")
    try:
        return pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        protected = "password" in str(error).lower()
        reason = "it is protected by a password" if protected else "it is damaged or no PDF"
        raise DocumentError(f"the PDF cannot be opened: {reason}.") from error


def _page(pdf: Any, number: int, annotations: Annotations, account: Account) -> PrintedPage:
    """Return a page's lines in reading order, its comments last."""
    try:
        page = pdf[number]
    except require("pypdfium2", "pdf").PdfiumError:
        account.add(_DAMAGED, f"page {number + 1}")
        return PrintedPage([])
    textpage = page.get_textpage()
    try:
        _, bottom, _, top = page.get_cropbox()
        fields, remarks = annotations.of(page)
        pieces = in_reading_order(with_fields(page_pieces(textpage), fields))
        lines = [_line(line) for line in pieces]
    finally:
        textpage.close()
        page.close()
    return PrintedPage(lines, bottom, top, remarks)


def _line(pieces: Sequence[Piece]) -> PrintedLine:
    first, last = pieces[0], pieces[-1]
    cells = tuple(Cell(piece.text, piece.left, piece.right) for piece in pieces)
    return PrintedLine(
        " ".join(piece.text for piece in pieces), first.left, first.bottom, first.size, last.hyphenated, cells
    )


def _facts(properties: dict[str, Any]) -> tuple[str, dict[str, Value]]:
    """Return title and metadata from a PDF's properties."""
    stated = {
        "authors": stated_fact(properties.get("Author") or ""),
        "date": _iso(properties.get("CreationDate") or ""),
        "tags": stated_fact(properties.get("Keywords") or ""),
        "description": stated_fact(properties.get("Subject") or ""),
    }
    return stated_title(properties.get("Title") or ""), canonical(flatten(stated), ("date", "authors"))


def _iso(stated: str) -> str:
    match = _DATE.match(stated)
    if not match:
        return ""
    year, month, day, hour, minute, second, zone, zone_minutes = match.groups()
    clock = f"T{hour}:{minute}:{second or '00'}" if hour else ""
    offset = {"Z": "+00:00", None: ""}.get(zone, f"{zone}:{zone_minutes or '00'}")
    return f"{year}-{month}-{day}{clock}{offset if clock else ''}"
