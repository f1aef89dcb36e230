"""Word, PowerPoint and Excel files by python-docx, python-pptx and openpyxl."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

from searchkit.documents.archives import open_archive
from searchkit.documents.blocks import Blocks
from searchkit.documents.extras import require
from searchkit.documents.lines import squeeze
from searchkit.documents.properties import metadata_of
from searchkit.types import Document

_HEADING = re.compile(r"^heading (\d)", re.IGNORECASE)
_LIST = re.compile(r"^list\b", re.IGNORECASE)
_NO_TITLE = re.compile(r"^powerpoint presentation$|^presentation$|^untitled", re.IGNORECASE)


def read_word(data: bytes, doc_id: str) -> Document:
    """Return the document of a Word file."""
    docx = require("docx", "office")
    open_archive(data).close()
    word = docx.Document(io.BytesIO(data))
    blocks, title, items = Blocks(), "", list[str]()
    for item in word.iter_inner_content():
        style = getattr(item.style, "name", None) or ""
        is_paragraph = hasattr(item, "text")
        if is_paragraph and (_LIST.match(style) or _is_numbered(item)):
            items.append(f"- {squeeze(item.text)}")
            continue
        blocks.add("\n".join(items), "list")
        items.clear()
        title = title or (item.text if is_paragraph and style == "Title" else "")
        _add_word_block(item, style, blocks)
    blocks.add("\n".join(items), "list")
    stated, metadata = metadata_of(_properties(word.core_properties))
    return blocks.document(doc_id, stated or title, metadata)


def _add_word_block(item: Any, style: str, blocks: Blocks) -> None:
    if not hasattr(item, "text"):
        rows = ([squeeze(cell.text) for cell in row.cells] for row in item.rows)
        blocks.add(_table(rows), "table")
    elif style == "Title":
        blocks.add(squeeze(item.text), "heading", 1)
    elif heading := _HEADING.match(style):
        blocks.add(squeeze(item.text), "heading", max(1, int(heading[1])))
    elif style == "Caption":
        blocks.add(item.text, "caption")
    else:
        blocks.add(item.text)


def _is_numbered(paragraph: Any) -> bool:
    properties = paragraph._p.pPr  # the library shows list membership nowhere else
    return properties is not None and properties.numPr is not None


def read_slides(data: bytes, doc_id: str) -> Document:
    """Return the document of a PowerPoint file, a page for each slide, notes last."""
    pptx = require("pptx", "office")
    open_archive(data).close()
    presentation = pptx.Presentation(io.BytesIO(data))
    blocks, first_title = Blocks(), ""
    for slide in presentation.slides:
        blocks.begin_page()
        title = slide.shapes.title
        heading = squeeze(title.text_frame.text) if title is not None and title.has_text_frame else ""
        blocks.add(heading, "heading", 1)
        first_title = first_title or heading
        for shape in _shapes(slide.shapes):
            if title is None or shape.shape_id != title.shape_id:
                _add_shape(shape, blocks)
        if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
            blocks.add(slide.notes_slide.notes_text_frame.text)
    stated, metadata = metadata_of(_properties(presentation.core_properties))
    return blocks.document(doc_id, first_title if _NO_TITLE.match(stated) else stated or first_title, metadata)


def _shapes(shapes: Any) -> Iterator[Any]:
    """Yield shapes, those in groups too."""
    for shape in shapes:
        if hasattr(shape, "shapes"):
            yield from _shapes(shape.shapes)
        else:
            yield shape


def _add_shape(shape: Any, blocks: Blocks) -> None:
    if getattr(shape, "has_table", False):
        blocks.add(_table([squeeze(cell.text) for cell in row.cells] for row in shape.table.rows), "table")
    elif shape.has_text_frame:
        texts = [(paragraph.level, squeeze(paragraph.text)) for paragraph in shape.text_frame.paragraphs]
        lines = [(level, text) for level, text in texts if text]
        if len(lines) > 1:
            blocks.add("\n".join(f"{'  ' * level}- {text}" for level, text in lines), "list")
        elif lines:
            blocks.add(lines[0][1])


def read_workbook(data: bytes, doc_id: str) -> Document:
    """Return the document of an Excel file: a heading and a table for each sheet, empty rows parting tables."""
    openpyxl = require("openpyxl", "office")
    open_archive(data).close()
    workbook = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    blocks = Blocks()
    try:
        for sheet in workbook.worksheets:
            blocks.add(squeeze(sheet.title), "heading", 1)
            for rows in _tables(sheet.iter_rows(values_only=True)):
                blocks.add(_table(rows), "table")
        title, metadata = metadata_of(_properties(workbook.properties))
    finally:
        workbook.close()
    return blocks.document(doc_id, title, metadata)


def _tables(rows: Iterator[tuple[Any, ...]]) -> Iterator[list[list[str]]]:
    """Yield runs of rows with something in them."""
    table: list[list[str]] = []
    for row in rows:
        cells = ["" if value is None else squeeze(str(value)) for value in row]
        if any(cells):
            table.append(cells)
        elif table:
            yield table
            table = []
    if table:
        yield table


def _table(rows: Any) -> str:
    """Return rows as lines; cells at the end of a row that are empty in it are left out."""
    return "\n".join(" | ".join(cells).rstrip(" |") for cells in rows if any(cells))


def _properties(core: Any) -> dict[str, Any]:
    """Return what the three libraries' property objects share."""
    stated = {
        "title": getattr(core, "title", None),
        "author": getattr(core, "author", None) or getattr(core, "creator", None),
        "date": getattr(core, "created", None) or getattr(core, "modified", None),
        "language": getattr(core, "language", None),
        "section": getattr(core, "category", None),
        "tags": getattr(core, "keywords", None),
    }
    return {key: value for key, value in stated.items() if value}
