"""What text, sheets and slides of OpenDocument have in common: words, tables, frames, notes and comments."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from zipfile import ZipFile

from searchkit.documents.account import OBJECTS, PICTURES, Account
from searchkit.documents.archives import open_archive, read_xml
from searchkit.documents.blocks import Blocks
from searchkit.documents.comments import comment_line
from searchkit.documents.lines import squeeze
from searchkit.documents.packages import attribute, child, local_name
from searchkit.documents.properties import Value, metadata_of
from searchkit.documents.tables import add_table, cell_text
from searchkit.errors import DocumentError

_PROPERTIES = {
    "title": "title", "creator": "author", "initial-creator": "author", "date": "date", "creation-date": "date",
    "language": "language", "subject": "description", "keyword": "tags",
}  # fmt: skip
_NO_TEXT = frozenset(
    ("tracked-changes", "sequence-decls", "user-field-decls", "variable-decls", "dde-connection-decls",
     "settings", "animations", "par", "event-listeners", "note-citation", "creator", "date", "sender-initials", "meta")
)  # fmt: skip
_SPACES = {"tab": "\t", "line-break": "\n"}
_FRAMES = frozenset(
    ("frame", "custom-shape", "g", "rect", "ellipse", "circle", "line", "connector", "caption", "polygon", "path",
     "polyline", "measure", "regular-polygon", "control", "a")
)  # fmt: skip
_MOST_REPEATED = 1_000  # times that one row or cell is repeated in a text


class OpenFile:
    """An OpenDocument file: its archive, its content, and the account of what is not read."""

    def __init__(self, archive: ZipFile) -> None:
        self.archive = archive
        self.account = Account()
        if b"encryption-data" in (archive.read(_MANIFEST) if _MANIFEST in archive.namelist() else b""):
            raise DocumentError("it is protected by a password. Save it again without.")
        self.content = read_xml(archive, "content.xml", self.account)
        self.styles = read_xml(archive, "styles.xml", self.account) if "styles.xml" in archive.namelist() else None

    def body(self, kind: str) -> Any:
        """Return the content of one kind ("text", "spreadsheet"); without it, all there is."""
        body = child(self.content, "body", kind)
        return self.content if body is None else body

    def properties(self) -> tuple[str, dict[str, Value]]:
        """Return the title and metadata that the file states."""
        stated: dict[str, str] = {}
        if "meta.xml" in self.archive.namelist():
            for element in read_xml(self.archive, "meta.xml", self.account).iter():
                name = local_name(element)
                if name in _PROPERTIES and element.text:
                    stated.setdefault(_PROPERTIES[name], element.text)
        return metadata_of(stated)

    def hidden_styles(self, property_name: str, value: str) -> set[str]:
        """Return the names of styles that hide what they are for."""
        return {
            attribute(style, "name") or ""
            for style in self.content.iter("{*}style")
            if any(attribute(properties, property_name) == value for properties in style)
        }

    def part(self, reference: str) -> Any | None:
        """Return the content of a document inside this one."""
        name = posixpath.join(posixpath.normpath(reference or "-"), "content.xml")
        return read_xml(self.archive, name, self.account) if name in self.archive.namelist() else None


_MANIFEST = "META-INF/manifest.xml"


@dataclass(slots=True)
class _Paragraph:
    """A paragraph's words, and what hangs on it."""

    words: list[str] = field(default_factory=list)
    hanging: list[Any] = field(default_factory=list)


class Flow:
    """Reads paragraphs, lists, tables and frames in order; comments and the fields of forms are kept for the end."""

    def __init__(self, file: OpenFile) -> None:
        self.file = file
        self.last: list[str] = []

    def read(self, container: Iterable[Any], blocks: Blocks) -> None:
        """Append what stands in a container."""
        for element in container:
            self._add(element, blocks)

    def _add(self, element: Any, blocks: Blocks) -> None:
        name = local_name(element)
        if name in ("h", "p"):
            self._add_paragraph(element, name, blocks)
        elif name == "list":
            hanging: list[Any] = []
            blocks.add("\n".join(self._items(element, 0, hanging)), "list")
            self._add_hanging(hanging, blocks)
        elif name == "table":
            self.add_table(element, blocks)
        elif name in _FRAMES:
            self.add_frame(element, blocks)
        elif name == "annotation":
            self.add_comment(element)
        elif name == "forms":
            self.last += filter(None, map(_shown_field, element.iter()))
        elif name and name not in _NO_TEXT:
            self.read(element, blocks)

    def _add_paragraph(self, element: Any, name: str, blocks: Blocks) -> None:
        paragraph = _Paragraph()
        self._read_inline(element, paragraph)
        text = "".join(paragraph.words)
        if name == "h":
            level = attribute(element, "outline-level") or "1"
            blocks.add(squeeze(text), "heading", int(level) if level.isdecimal() else 1)
        else:
            blocks.add(text)
        self._add_hanging(paragraph.hanging, blocks)

    def _add_hanging(self, hanging: list[Any], blocks: Blocks) -> None:
        """Append the frames and notes of a paragraph below it."""
        for element in hanging:
            if local_name(element) == "note-body":
                self.read(element, blocks)
            else:
                self.add_frame(element, blocks)

    def _read_inline(self, element: Any, paragraph: _Paragraph) -> None:
        paragraph.words.append(element.text or "")
        for node in element:
            self._read_node(node, local_name(node), paragraph)
            paragraph.words.append(node.tail or "")

    def _read_node(self, node: Any, name: str, paragraph: _Paragraph) -> None:
        if name == "s":
            count = attribute(node, "c") or "1"
            paragraph.words.append(" " * (min(int(count), 80) if count.isdecimal() else 1))
        elif name in _SPACES:
            paragraph.words.append(_SPACES[name])
        elif name == "note":
            paragraph.hanging += [part for part in node if local_name(part) == "note-body"]
        elif name == "annotation":
            self.add_comment(node)
        elif name in _FRAMES and "drawing" in str(node.tag):
            paragraph.hanging.append(node)
        elif name and name not in _NO_TEXT:
            self._read_inline(node, paragraph)

    def _items(self, listing: Any, depth: int, hanging: list[Any]) -> Iterator[str]:
        for item in listing:
            if local_name(item) not in ("list-item", "list-header"):
                continue
            paragraph = _Paragraph()
            for part in item:
                if local_name(part) in ("p", "h"):
                    self._read_inline(part, paragraph)
                    paragraph.words.append(" ")
            hanging += paragraph.hanging
            if words := squeeze("".join(paragraph.words)):
                yield f"{'  ' * depth}- {words}"
            for part in item:
                if local_name(part) == "list":
                    yield from self._items(part, depth + 1, hanging)

    # --- tables

    def add_table(self, table: Any, blocks: Blocks) -> None:
        """Append a table of a text or slide; a cell over rows stands in each of them, one over columns once."""
        rows: list[list[str]] = []
        spans: dict[int, tuple[int, str]] = {}  # by column: for how many rows more, and which text
        for row in rows_of(table):
            texts: list[str] = []
            for cell in cells_of(row):
                column = len(texts)
                if local_name(cell) == "covered-table-cell" and spans.get(column, (0, ""))[0]:
                    texts.append(spans[column][1])
                    spans[column] = (spans[column][0] - 1, spans[column][1])
                else:
                    texts.append(self.cell(cell))
                    spans[column] = (_count(cell, "number-rows-spanned") - 1, texts[-1])
                texts += [texts[-1]] * (_count(cell, "number-columns-repeated") - 1)
            rows += [texts] * _count(row, "number-rows-repeated")
        if max(map(len, rows), default=0) == 1:  # a frame around text rather than a table
            for row in rows_of(table):
                for cell in cells_of(row):
                    self.read(cell, blocks)
            return
        has_header = any(local_name(part) == "table-header-rows" for part in table)
        add_table(blocks, rows, header=True if has_header else None)

    def cell(self, cell: Any) -> str:
        """Return what a cell holds, on one line."""
        inner = Blocks()
        self.read(cell, inner)
        return cell_text(inner)

    # --- frames

    def add_frame(self, frame: Any, blocks: Blocks) -> None:
        """Append what a frame or shape shows: its text, its table, its chart, the description of its picture."""
        description = " ".join(
            squeeze("".join(part.itertext())) for part in frame if local_name(part) in ("title", "desc")
        ).strip()
        blocks.add(description)
        objects = [part for part in frame if local_name(part) in ("object", "object-ole")]
        for part in frame:
            name = local_name(part)
            if name == "image":
                if not description and not objects:
                    self.file.account.add(PICTURES)
            elif name in ("object", "object-ole"):
                self._add_object(part, blocks)
            elif name not in ("title", "desc"):
                self._add(part, blocks)

    def _add_object(self, element: Any, blocks: Blocks) -> None:
        """Append a chart's titles and values or a formula; count any other object."""
        root = self.file.part(attribute(element, "href") or "") if local_name(element) == "object" else None
        chart = child(root, "body", "chart", "chart") if root is not None else None
        if chart is not None:
            for title in chart.iter("{*}title", "{*}subtitle"):
                blocks.add(squeeze("".join(title.itertext())))
            for table in chart.iter("{*}table"):
                self.add_table(table, blocks)
        elif root is not None and local_name(root) == "math":
            blocks.add(squeeze(" ".join("".join(note.itertext()) for note in root.iter("{*}annotation"))))
        else:
            self.file.account.add(OBJECTS)

    def add_comment(self, annotation: Any, place: str = "") -> None:
        """Keep a comment for the end."""
        words = ["".join(part.itertext()) for part in annotation if local_name(part) in ("p", "list")]
        author = child(annotation, "creator")
        by = squeeze(author.text or "") if author is not None else ""
        self.last.append(comment_line(squeeze(" ".join(words)), by, place))


def _shown_field(element: Any) -> str:
    """Return the label and value of a form's field; of an entry in a list, if it is chosen."""
    if local_name(element) == "option" and attribute(element, "current-selected") != "true":
        return ""
    return squeeze(f"{attribute(element, 'label') or ''} {attribute(element, 'current-value') or ''}")


def open_file(data: bytes) -> OpenFile:
    """Return the file; it is read whole, so that its archive may be closed."""
    return OpenFile(open_archive(data))


def rows_of(table: Any) -> Iterator[Any]:
    """Yield a table's rows, those in groups too, but not those of tables inside it."""
    for part in table:
        name = local_name(part)
        if name == "table-row":
            yield part
        elif name in ("table-header-rows", "table-rows", "table-row-group"):
            yield from rows_of(part)


def cells_of(row: Any) -> Iterator[Any]:
    """Yield a row's cells, covered ones too."""
    for cell in row:
        if local_name(cell) in ("table-cell", "covered-table-cell"):
            yield cell


def _count(element: Any, name: str) -> int:
    value = attribute(element, name) or "1"
    return min(int(value), _MOST_REPEATED) if value.isdecimal() else 1
