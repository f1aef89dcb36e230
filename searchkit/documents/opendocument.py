"""OpenDocument text, sheets and slides (.odt, .ods, .odp)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from searchkit.documents.blocks import Blocks
from searchkit.documents.lines import squeeze
from searchkit.documents.openparts import Flow, OpenFile, cells_of, open_file, rows_of
from searchkit.documents.packages import attribute, child, local_name
from searchkit.documents.tables import Row, add_table, runs, spread
from searchkit.documents.titles import stated_title
from searchkit.types import Document

_LONGEST_REPEAT = 1_000  # rows or columns over which one content is repeated
_REPEATED_CLASSES = frozenset({"date-time", "footer", "header", "page-number", "page"})


def read_odt(data: bytes, doc_id: str) -> Document:
    """Return the document of an OpenDocument text, heads, feet and comments last."""
    file = open_file(data)
    blocks, flow = Blocks(), Flow(file)
    flow.read(file.body("text"), blocks)
    for text in dict.fromkeys(_heads_and_feet(file, flow)):
        blocks.add(text)
    return _finished(doc_id, flow, blocks, [])


def read_ods(data: bytes, doc_id: str) -> Document:
    """Return the document of an OpenDocument spreadsheet, a heading for each sheet, empty rows parting tables."""
    file = open_file(data)
    blocks, hidden_styles, hidden = Blocks(), file.hidden_styles("display", "false"), list[str]()
    for sheet in file.body("spreadsheet"):
        if local_name(sheet) != "table":
            continue
        name, inner, flow = attribute(sheet, "name") or "", Blocks(), Flow(file)
        _add_sheet(sheet, flow, inner)
        for comment in flow.last:
            inner.add(comment)
        if inner.parts:
            blocks.add(squeeze(name), "heading", 1)
            blocks.extend(inner)
        if attribute(sheet, "style-name") in hidden_styles:
            hidden.append(f"sheet {name}")
    return _finished(doc_id, Flow(file), blocks, hidden)


def read_odp(data: bytes, doc_id: str) -> Document:
    """Return the document of an OpenDocument presentation, a page for each slide, its notes last."""
    file = open_file(data)
    blocks, hidden_styles, hidden = Blocks(), file.hidden_styles("visibility", "hidden"), list[str]()
    first_title = ""
    slides = [page for page in file.body("presentation") if local_name(page) == "page"]
    for number, page in enumerate(slides, 1):
        blocks.begin_page()
        title = _add_slide(page, file, blocks)
        first_title = first_title or title
        if attribute(page, "style-name") in hidden_styles:
            hidden.append(f"slide {number}")
    return _finished(doc_id, Flow(file), blocks, hidden, first_title)


def _finished(doc_id: str, flow: Flow, blocks: Blocks, hidden: list[str], first_title: str = "") -> Document:
    for comment in flow.last:
        blocks.add(comment)
    title, metadata = flow.file.properties()
    more = {"hidden": hidden} if hidden else {}
    return flow.file.account.attached(blocks.document(doc_id, stated_title(title) or first_title, {**metadata, **more}))


def _heads_and_feet(file: OpenFile, flow: Flow) -> Iterator[str]:
    """Yield the heads and feet that pages of any kind bear."""
    pages = file.styles.iter("{*}master-page") if file.styles is not None else ()
    for page in pages:
        for part in page:
            if local_name(part).startswith(("header", "footer")):
                blocks = Blocks()
                flow.read(part, blocks)
                yield from (text for text in blocks.parts if any(map(str.isalpha, text)))


# --- sheets


def _add_sheet(sheet: Any, flow: Flow, blocks: Blocks) -> None:
    rows: dict[int, Row] = {}
    merged: list[tuple[int, int, int]] = []
    frames: list[Any] = []
    number = 0
    for row in rows_of(sheet):
        repeated = _repeated(row, "number-rows-repeated")
        texts = _row(row, number + 1, flow, merged, frames)
        if texts:
            for again in range(min(repeated, _LONGEST_REPEAT)):
                rows[number + 1 + again] = dict(texts)
        number += repeated
    spread(rows, merged)
    for table in runs(rows):
        add_table(blocks, table)
    for part in sheet:
        if local_name(part) == "shapes":
            flow.read(part, blocks)
    for frame in frames:
        flow.add_frame(frame, blocks)


def _row(row: Any, number: int, flow: Flow, merged: list[tuple[int, int, int]], frames: list[Any]) -> Row:
    texts, column = Row(), 0
    for cell in cells_of(row):
        repeated = _repeated(cell, "number-columns-repeated")
        column += 1
        text = _shown(cell, _place(column, number), flow, frames)
        if text:
            for again in range(min(repeated, _LONGEST_REPEAT)):
                texts[column + again] = text
        rows_spanned = _repeated(cell, "number-rows-spanned")
        if rows_spanned > 1:
            merged.append((column, number, number + rows_spanned - 1))
        column += repeated - 1
    return texts


def _shown(cell: Any, place: str, flow: Flow, frames: list[Any]) -> str:
    """Return what a cell shows, which stands beside its value."""
    paragraphs: list[Any] = []
    for part in cell:
        name = local_name(part)
        if name == "annotation":
            flow.add_comment(part, place)
        elif name in ("frame", "custom-shape", "g"):
            frames.append(part)
        else:
            paragraphs.append(part)
    inner = Blocks()
    flow.read(paragraphs, inner)
    shown = squeeze(" ".join(inner.parts))
    return shown or next(
        (value for name in ("string-value", "date-value", "time-value", "value") if (value := attribute(cell, name))),
        "",
    )


def _repeated(element: Any, name: str) -> int:
    value = attribute(element, name) or "1"
    return max(1, int(value)) if value.isdecimal() else 1


def _place(column: int, row: int) -> str:
    letters = ""
    while column:
        column, letter = divmod(column - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return f"{letters}{row}"


# --- slides


def _add_slide(page: Any, file: OpenFile, blocks: Blocks) -> str:
    """Append a slide; return its title."""
    flow, inner = Flow(file), Blocks()
    shapes = [shape for shape in page if local_name(shape) != "notes"]
    titles = [shape for shape in shapes if attribute(shape, "class") == "title"]
    for shape in titles:
        flow.add_frame(shape, inner)
    title = squeeze(" ".join(inner.parts))
    blocks.add(title, "heading", 1)
    if not title:
        blocks.end_section()
    flow.read([shape for shape in shapes if shape not in titles], blocks)
    notes = child(page, "notes")
    for shape in () if notes is None else notes:
        if attribute(shape, "class") not in _REPEATED_CLASSES:
            flow.read([shape], blocks)
    for comment in flow.last:
        blocks.add(comment)
    return title
