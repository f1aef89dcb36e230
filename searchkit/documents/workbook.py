"""Excel files: every sheet's cells as the sheet shows them, hidden ones too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from searchkit.documents.account import Account
from searchkit.documents.archives import open_archive
from searchkit.documents.blocks import Blocks
from searchkit.documents.comments import comment_line
from searchkit.documents.drawings import add_chart, add_drawing, shape_lines
from searchkit.documents.lines import squeeze
from searchkit.documents.numberformats import BUILT_IN, shown_text
from searchkit.documents.packages import Package, attribute, child, local_name, relation_id
from searchkit.documents.tables import Row, add_table, runs, spread
from searchkit.errors import DocumentError
from searchkit.types import Document

_SHEETS = ("worksheet", "chartsheet", "dialogsheet", "xlMacrosheet", "xlIntlMacrosheet")
_PLACE = re.compile(r"^\$?([A-Za-z]{1,3})\$?(\d+)$")
_MERGED = re.compile(r"^\$?([A-Za-z]{1,3})\$?(\d+):\$?([A-Za-z]{1,3})\$?(\d+)$")
_FORMULAS = ("formulas without a stored value", "a program stores it when it saves the workbook")
_OBJECTS_PARTS = ("oleObject", "package", "control")


def read_workbook(data: bytes, doc_id: str) -> Document:
    """Return the document of an Excel file: a heading and a table for each sheet, empty rows parting tables."""
    with open_archive(data) as archive:
        reader = _Reader(Package(archive, Account()))
        blocks = reader.whole()
        return reader.package.document(doc_id, blocks, hidden=reader.hidden)


class _Reader:
    """Reads the sheets of one file."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.account = package.account
        self.hidden: list[str] = []
        self._main = package.main_part()
        self._shared = [_string(item) for item in self._children("sharedStrings") if local_name(item) == "si"]
        self._formats = list(self._cell_formats())
        self._from_1904 = False

    def whole(self) -> Blocks:
        """Return the sheets' blocks in the order of the workbook."""
        root, relations = self.package.xml(self._main), self.package.relations(self._main)
        sheets = child(root, "sheets") if root is not None else None
        if root is None or sheets is None:
            raise DocumentError(f"{self._main} inside it holds no sheets.")
        properties = child(root, "workbookPr")
        self._from_1904 = properties is not None and properties.get("date1904") in ("1", "true")
        blocks = Blocks()
        for sheet in sheets:
            name = squeeze(sheet.get("name") or "")
            relation = relations.get(relation_id(sheet))
            content = self.package.xml(relation.target) if relation and relation.kind in _SHEETS else None
            if relation is None or content is None:
                self.account.add(("sheets", "they are missing, damaged or of an unknown kind"), name)
                continue
            if (sheet.get("state") or "visible") != "visible":
                self.hidden.append(f"sheet {name}")
            inner = Blocks()
            self._add_sheet(content, relation.target, name, inner)
            if inner.parts:
                blocks.add(name, "heading", 1)
                blocks.extend(inner)
        return blocks

    def _children(self, kind: str) -> Any:
        parts = self.package.related(self._main, kind)
        root = self.package.xml(parts[0]) if parts else None
        return () if root is None else root

    def _cell_formats(self) -> Iterator[str]:
        """Yield the number format of each style that cells refer to by number."""
        own: dict[str | None, str] = {str(number): code for number, code in BUILT_IN.items()}
        for element in self._children("styles"):
            if local_name(element) == "numFmts":
                own.update({one.get("numFmtId"): one.get("formatCode") or "" for one in element})
            elif local_name(element) == "cellXfs":
                yield from (own.get(one.get("numFmtId"), "General") for one in element)

    # --- one sheet

    def _add_sheet(self, sheet: Any, part: str, name: str, blocks: Blocks) -> None:
        data = child(sheet, "sheetData")
        rows = dict(self._rows(() if data is None else data, name))
        spread(rows, _merged(sheet))
        for table in runs(rows):
            add_table(blocks, table)
        for comment in self._comments(part):
            blocks.add(comment)
        for drawing in self.package.related(part, "drawing"):
            self._add_drawing(drawing, blocks)
        for relation in self.package.relations(part).values():
            if relation.kind in _OBJECTS_PARTS:
                self.account.add(("embedded objects", "what is inside them is not read"), name)

    def _rows(self, data: Any, sheet: str) -> Iterator[tuple[int, Row]]:
        number = 0
        for row in data:
            if local_name(row) != "row":
                continue
            stated = row.get("r") or ""
            number = int(stated) if stated.isdecimal() else number + 1
            column, texts = 0, Row()
            for cell in row:
                place = _PLACE.match(cell.get("r") or "")
                column = _column(place[1]) if place else column + 1
                text = self._shown(cell, sheet)
                if text:
                    texts[column] = text
            if texts:
                yield number, texts

    def _shown(self, cell: Any, sheet: str) -> str:
        """Return what a cell shows."""
        kind, value = cell.get("t") or "n", child(cell, "v")
        text = (value.text or "") if value is not None else ""
        if kind == "inlineStr":
            inline = child(cell, "is")
            return squeeze(_string(inline)) if inline is not None else ""
        if not text:
            if child(cell, "f") is not None and kind != "str":
                self.account.add(_FORMULAS, f"{sheet}!{cell.get('r') or ''}")
            return ""
        if kind == "s":
            return squeeze(self._shared[int(text)]) if text.isdecimal() and int(text) < len(self._shared) else ""
        if kind == "b":
            return "TRUE" if text == "1" else "FALSE"
        return self._number(text, cell.get("s") or "0") if kind == "n" else squeeze(text)

    def _number(self, text: str, style: str) -> str:
        code = self._formats[int(style)] if style.isdecimal() and int(style) < len(self._formats) else "General"
        return shown_text(text, code, from_1904=self._from_1904)

    # --- what lies on a sheet

    def _comments(self, part: str) -> Iterator[str]:
        threaded = set()
        people = {
            attribute(one, "id"): squeeze(one.get("displayName") or "")
            for name in self.package.related(self._main, "person")
            for one in self._root(name)
        }
        for name in self.package.related(part, "threadedComment"):
            for comment in self._root(name):
                threaded.add(comment.get("ref"))
                yield _comment(comment, people.get(comment.get("personId"), ""))
        for name in self.package.related(part, "comments"):
            root = self._root(name)
            authors = [squeeze(author.text or "") for author in root.iter("{*}author")] if len(root) else []
            for comment in root.iter("{*}comment") if len(root) else ():
                number = comment.get("authorId") or ""
                author = authors[int(number)] if number.isdecimal() and int(number) < len(authors) else ""
                if comment.get("ref") not in threaded:
                    yield _comment(comment, author)

    def _root(self, name: str) -> Any:
        root = self.package.xml(name)
        return () if root is None else root

    def _add_drawing(self, part: str, blocks: Blocks) -> None:
        """Append the boxes, descriptions and charts' titles of a drawing; charts' values stand in cells."""
        root = self._root(part)
        for chart in self.package.related(part, "chart"):
            add_chart(self.package.xml(chart), blocks, values=False)
        if not len(root):
            return
        for charted in list(root.iter("{*}chart")):
            charted.getparent().remove(charted)
        for text in add_drawing(root, self.package, part, blocks):
            blocks.add("\n".join(shape_lines(text)))


def _string(item: Any) -> str:
    """Return a string's text without the reading aids of Japanese."""
    return "".join(node.text or "" for node in item.iter("{*}t", "{*}text") if local_name(node.getparent()) != "rPh")


def _comment(comment: Any, author: str) -> str:
    return comment_line(squeeze(_string(comment)), author, comment.get("ref") or "")


def _column(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def _merged(sheet: Any) -> Iterator[tuple[int, int, int]]:
    """Yield the column, first row and last row of cells that are merged over rows."""
    for merged in sheet.iter("{*}mergeCell"):
        match = _MERGED.match(merged.get("ref") or "")
        if match:
            yield _column(match[1]), int(match[2]), int(match[4])
