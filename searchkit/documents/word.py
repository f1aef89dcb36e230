"""Word files: the accepted state of the whole text, with notes, boxes, comments, heads and feet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from searchkit.documents.account import Account
from searchkit.documents.archives import open_archive
from searchkit.documents.blocks import Blocks
from searchkit.documents.comments import comment_line
from searchkit.documents.drawings import add_drawing, chosen
from searchkit.documents.headings import BOLD, heads_by_type
from searchkit.documents.lines import squeeze
from searchkit.documents.packages import Package, attribute, child, local_name
from searchkit.documents.tables import add_table, cell_text
from searchkit.documents.wordstyles import Numbers, Styles, numbers_of
from searchkit.errors import DocumentError
from searchkit.types import Document

_REMOVED = frozenset({"del", "moveFrom"})  # what is gone once all changes are accepted
_NO_TEXT = _REMOVED | {"delText", "instrText", "delInstrText", "pPr", "rPr", "sdtPr", "sdtEndPr", "tblPr", "tblGrid",
                       "trPr", "tcPr", "sectPr"}  # fmt: skip
_SIGNS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_NOTES = {"footnoteReference": "footnotes", "endnoteReference": "endnotes"}
_DRAWN = frozenset({"drawing", "pict", "object"})
_IMPORTED = ("imported parts", "a file of another format inside the document is not read")


@dataclass(slots=True)
class _Paragraph:
    """A paragraph's words, whether all are in bold type, and what hangs on it: drawings, notes as (kind, id)."""

    words: list[str] = field(default_factory=list)
    is_bold: bool = True
    drawings: list[Any] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)


def read_word(data: bytes, doc_id: str) -> Document:
    """Return the document of a Word file."""
    with open_archive(data) as archive:
        reader = _Reader(Package(archive, Account()))
        blocks = reader.whole()
        return reader.package.document(doc_id, blocks, reader.title)


class _Reader:
    """Reads the parts of one Word file."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.account = package.account
        self.title = ""
        self._main = package.main_part()
        self._part = self._main
        self._styles = Styles(self._side_part("styles"))
        self._numbers: Numbers = numbers_of(self._side_part("numbering"))
        self._notes = {kind: self._by_id(kind) for kind in _NOTES.values()}

    def whole(self) -> Blocks:
        """Return the body's blocks, then each head, foot and comment once."""
        root = self.package.xml(self._main)
        body = child(root, "body") if root is not None else None
        if body is None:
            raise DocumentError(f"{self._main} inside it holds no text of Word.")
        blocks = Blocks()
        self._read(body, blocks)
        for text in dict.fromkeys(self._heads_and_feet(body)):
            blocks.add(text)
        for comment in self._comments():
            blocks.add(comment)
        return blocks

    def _side_part(self, kind: str) -> Any | None:
        names = self.package.related(self._main, kind)
        return self.package.xml(names[0]) if names else None

    def _by_id(self, kind: str) -> dict[str, Any]:
        root = self._side_part(kind)
        return {attribute(note, "id") or "": note for note in (() if root is None else root)}

    # --- blocks

    def _read(self, container: Iterable[Any], blocks: Blocks) -> None:
        """Append what stands in a container of paragraphs and tables."""
        items: list[str] = []
        carried: list[str] = []
        for element in _flattened(container):
            name = local_name(element)
            if name == "tbl":
                self._end_list(items, blocks)
                self._add_table(element, blocks)
            elif name == "altChunk":
                self.account.add(_IMPORTED)
            elif name == "p":
                self._add_paragraph(element, blocks, items, carried)
        self._end_list(items, blocks)
        blocks.add("".join(carried))

    def _end_list(self, items: list[str], blocks: Blocks) -> None:
        blocks.add("\n".join(items), "list")
        items.clear()

    def _add_paragraph(self, element: Any, blocks: Blocks, items: list[str], carried: list[str]) -> None:
        paragraph = _Paragraph()
        self._read_inline(element, paragraph)
        text = "".join([*carried, *paragraph.words])
        properties = child(element, "pPr")
        if _ends_in_deleted_mark(properties):
            carried[:] = [text]
            self._add_hanging(paragraph, blocks)
            return
        carried.clear()
        looks = self._styles.looks(properties)
        label = self._numbers.label(looks.number, looks.depth) if looks.number and text.strip() else ""
        if looks.item and not looks.heading:
            if text.strip():
                items.append(f"{'  ' * looks.depth}{label or '-'} {squeeze(text)}")
            if paragraph.drawings or paragraph.notes:
                self._end_list(items, blocks)
        else:
            self._end_list(items, blocks)
            if looks.title or looks.heading:
                heading = squeeze(f"{label.strip('-')} {text}")
                blocks.add(heading, "heading", max(1, looks.heading))
                self.title = self.title or (heading if looks.title else "")
            elif paragraph.is_bold and heads_by_type(text.strip()):
                blocks.add(text, "heading", BOLD)
            else:
                blocks.add(text)
        self._add_hanging(paragraph, blocks)

    def _add_hanging(self, paragraph: _Paragraph, blocks: Blocks) -> None:
        """Append the boxes, pictures and notes of a paragraph below it."""
        for drawing in paragraph.drawings:
            for box in add_drawing(drawing, self.package, self._part, blocks):
                self._read(box, blocks)
        for kind, number in paragraph.notes:
            note = self._notes[kind].pop(number, None)  # a note is read once, whatever refers to it
            if note is not None:
                self._read_part(kind, note, blocks)

    def _read_part(self, kind: str, container: Any, blocks: Blocks) -> None:
        """Read what stands in another part, whose references are its own."""
        outer = self._part
        self._part = next(iter(self.package.related(self._main, kind)), self._part)
        self._read(container, blocks)
        self._part = outer

    # --- the words of a paragraph

    def _read_inline(self, element: Any, paragraph: _Paragraph) -> None:
        for node in element:
            name = local_name(node)
            if name == "t":
                paragraph.words.append(node.text or "")
                paragraph.is_bold &= not (node.text or "").strip() or _is_bold(element)
            elif name in _SIGNS:
                paragraph.words.append(_SIGNS[name])
            elif name == "sym":
                paragraph.words.append(_symbol(node))
            elif name in _NOTES:
                paragraph.notes.append((_NOTES[name], attribute(node, "id") or ""))
            elif name in _DRAWN:
                paragraph.drawings.append(node)
            elif name == "AlternateContent":
                self._read_inline(chosen(node), paragraph)
            elif name == "ffData":
                paragraph.words.append(_chosen_entry(node))
            elif name and name not in _NO_TEXT:
                self._read_inline(node, paragraph)

    # --- tables

    def _add_table(self, table: Any, blocks: Blocks) -> None:
        rows = [row for row in _flattened(table) if local_name(row) == "tr" and not _has(row, "trPr", "del")]
        cells = [[cell for cell in _flattened(row) if local_name(cell) == "tc" and not _has(cell, "tcPr", "cellDel")]
                 for row in rows]  # fmt: skip
        if max(map(len, cells), default=0) == 1:  # a frame around text rather than a table
            for (cell,) in filter(None, cells):
                self._read(cell, blocks)
            return
        texts: list[list[str]] = []
        for row in cells:
            texts.append(self._row(row, texts[-1] if texts else []))
        add_table(blocks, texts, header=True if rows and _has(rows[0], "trPr", "tblHeader") else None)

    def _row(self, cells: list[Any], above: list[str]) -> list[str]:
        """Return a row's texts; a cell over rows stands in each of them, one over columns once."""
        texts: list[str] = []
        for cell in cells:
            merge = child(cell, "tcPr", "vMerge")
            if merge is not None and attribute(merge, "val") in (None, "continue") and len(texts) < len(above):
                text = above[len(texts)]
            else:
                text = self._cell(cell)
            spanned = child(cell, "tcPr", "gridSpan")
            span = (attribute(spanned, "val") or "") if spanned is not None else ""
            texts += [text, *[""] * (min(int(span), 64) - 1 if span.isdecimal() else 0)]
        return texts

    def _cell(self, cell: Any) -> str:
        inner = Blocks()
        self._read(cell, inner)
        return cell_text(inner)

    # --- what stands beside the body

    def _heads_and_feet(self, body: Any) -> Iterator[str]:
        relations = self.package.relations(self._main)
        for node in body.iter("{*}headerReference", "{*}footerReference"):
            relation = relations.get(attribute(node, "id") or "")
            root = self.package.xml(relation.target) if relation else None
            if relation is None or root is None:
                continue
            blocks, outer = Blocks(), self._part
            self._part = relation.target
            self._read(root, blocks)
            self._part = outer
            yield from (part for part in blocks.parts if any(map(str.isalpha, part)))

    def _comments(self) -> Iterator[str]:
        root = self._side_part("comments")
        for comment in () if root is None else root:
            blocks = Blocks()
            self._read_part("comments", comment, blocks)
            author = squeeze(attribute(comment, "author") or "")
            if blocks.parts:
                yield comment_line(" ".join(map(squeeze, blocks.parts)), author)


def _flattened(container: Iterable[Any]) -> Iterator[Any]:
    """Yield paragraphs, tables, rows or cells, those in content controls and in accepted insertions too."""
    for element in container:
        name = local_name(element)
        if name in ("p", "tbl", "tr", "tc", "altChunk"):
            yield element
        elif name == "AlternateContent":
            yield from _flattened(chosen(element))
        elif name and name not in _NO_TEXT:
            yield from _flattened(element)


def _has(element: Any, *path: str) -> bool:
    return child(element, *path) is not None


def _ends_in_deleted_mark(properties: Any | None) -> bool:
    """Tell whether a paragraph runs on into the next once all changes are accepted."""
    return properties is not None and any(_has(properties, "rPr", name) for name in _REMOVED)


def _symbol(node: Any) -> str:
    """Return a symbol; those of fonts with an order of their own mean nothing as text."""
    try:
        code = int(attribute(node, "char") or "", 16)
    except ValueError:
        return ""
    return "" if 0xE000 <= code <= 0xF8FF else chr(code) if code < 0x110000 else ""


def _is_bold(run: Any) -> bool:
    """Tell whether a run is set in bold type, by itself or by a style for what is strong."""
    stated, style = child(run, "rPr", "b"), child(run, "rPr", "rStyle")
    if stated is not None:
        return attribute(stated, "val") not in ("0", "false", "off")
    return style is not None and attribute(style, "val") == "Strong"


def _chosen_entry(form: Any) -> str:
    """Return the entry that is chosen in a drop-down field of the old kind."""
    listed = child(form, "ddList")
    entries = [
        attribute(node, "val") or "" for node in (() if listed is None else listed) if local_name(node) == "listEntry"
    ]
    result = child(listed, "result") if listed is not None else None
    number = (attribute(result, "val") or "0") if result is not None else "0"
    return entries[int(number)] if number.isdecimal() and int(number) < len(entries) else ""
