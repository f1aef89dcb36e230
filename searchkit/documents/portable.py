"""PDF: text by pages, running heads and hyphens taken out, headings by their size."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from searchkit.documents.blocks import Blocks
from searchkit.documents.extras import require
from searchkit.documents.layout import PrintedLine, add_pages
from searchkit.documents.lines import squeeze
from searchkit.documents.properties import Value, canonical, flatten
from searchkit.errors import DocumentError
from searchkit.threads import Guard
from searchkit.types import Document

_ONE_AT_A_TIME = Guard()  # PDFium must not be called from two threads
_DATE = re.compile(r"D:(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?)?(Z|[+-]\d{2})?'?(\d{2})?")
_NO_TITLE = re.compile(r"^untitled|^microsoft \w+ - |\.(?:docx?|pdf|tex|dvi|indd|qxd|ps|rtf|odt)$", re.IGNORECASE)
_SOFT_HYPHEN = re.compile(r"[\xad\x02\ufffe]")  # what PDFium writes for a hyphen that divides a word


def read_pdf(data: bytes, doc_id: str) -> Document:
    """Return the document of a PDF. Errors: DocumentError for one that is protected, damaged or without text."""
    pdfium = require("pypdfium2", "pdf")
    with _ONE_AT_A_TIME:
        try:
            pdf = pdfium.PdfDocument(data)
        except pdfium.PdfiumError as error:
            protected = "password" in str(error).lower()
            reason = "it is protected by a password" if protected else "it is damaged or no PDF"
            raise DocumentError(f"the PDF cannot be opened: {reason}.") from error
        try:
            properties = pdf.get_metadata_dict()
            pages = [list(_lines(pdf, number)) for number in range(len(pdf))]
        finally:
            pdf.close()
    blocks = Blocks()
    largest = add_pages(pages, blocks)
    if not blocks.parts:
        raise DocumentError("the PDF holds no text; it may be a scan. Run it through text recognition (OCR) first.")
    title, metadata = _facts(properties)
    return blocks.document(doc_id, title or largest, metadata)


def _lines(pdf: Any, number: int) -> Iterator[PrintedLine]:
    """Yield a page's lines with their place and size."""
    page = pdf[number]
    textpage = page.get_textpage()
    try:
        text, start = textpage.get_text_range(), 0
        for line in text.split("\n"):
            content = line.strip()
            if content:
                yield _printed(textpage, content, start + line.index(content[0]))
            start += len(line) + 1
    finally:
        textpage.close()
        page.close()


def _printed(textpage: Any, content: str, index: int) -> PrintedLine:
    left, bottom, _, top = textpage.get_charbox(min(index, max(0, textpage.count_chars() - 1)), loose=True)
    size = require("pypdfium2.raw", "pdf").FPDFText_GetFontSize(textpage.raw, index)
    hyphenated = bool(_SOFT_HYPHEN.match(content[-1]))
    return PrintedLine(squeeze(_SOFT_HYPHEN.sub("", content)), left, bottom, size or top - bottom, hyphenated)


def _facts(properties: dict[str, Any]) -> tuple[str, dict[str, Value]]:
    """Return title and metadata from a PDF's properties; programs put file names into titles."""
    title = squeeze(properties.get("Title") or "")
    stated = {
        "authors": squeeze(properties.get("Author") or ""),
        "date": _iso(properties.get("CreationDate") or ""),
        "tags": squeeze(properties.get("Keywords") or ""),
        "description": squeeze(properties.get("Subject") or ""),
    }
    return "" if _NO_TITLE.search(title) else title, canonical(flatten(stated), ("date", "authors"))


def _iso(stated: str) -> str:
    match = _DATE.match(stated)
    if not match:
        return ""
    year, month, day, hour, minute, second, zone, zone_minutes = match.groups()
    clock = f"T{hour}:{minute}:{second or '00'}" if hour else ""
    offset = {"Z": "+00:00", None: ""}.get(zone, f"{zone}:{zone_minutes or '00'}")
    return f"{year}-{month}-{day}{clock}{offset if clock else ''}"
