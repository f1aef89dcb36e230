"""PowerPoint files: a page for each slide, with tables, charts, diagrams, notes and comments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from searchkit.documents.account import Account
from searchkit.documents.archives import open_archive
from searchkit.documents.blocks import Blocks
from searchkit.documents.comments import comment_line
from searchkit.documents.drawings import add_drawing, chosen, paragraph_text, shape_lines
from searchkit.documents.lines import squeeze
from searchkit.documents.packages import Package, child, local_name, relation_id
from searchkit.documents.tables import add_table
from searchkit.errors import DocumentError
from searchkit.types import Document

_TITLES = frozenset({"title", "ctrTitle"})
_REPEATED = frozenset({"ftr", "dt", "hdr"})  # placeholders that say the same on each slide
_NOT_NOTES = frozenset({"sldNum", "sldImg", "ftr", "dt", "hdr"})


def read_slides(data: bytes, doc_id: str) -> Document:
    """Return the document of a PowerPoint file, a page for each slide, its notes last."""
    with open_archive(data) as archive:
        reader = _Reader(Package(archive, Account()))
        blocks = reader.whole()
        return reader.package.document(doc_id, blocks, reader.first_title, reader.hidden)


class _Reader:
    """Reads the slides of one file."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.account = package.account
        self.first_title = ""
        self.hidden: list[str] = []
        self._said: set[str] = set()  # what heads, feet and backgrounds say, each once
        self._authors = dict(self._stated_authors(package.main_part()))

    def whole(self) -> Blocks:
        """Return the slides' blocks in the order in which they are shown."""
        main = self.package.main_part()
        root, relations = self.package.xml(main), self.package.relations(main)
        if root is None or local_name(root) != "presentation":
            raise DocumentError(f"{main} inside it holds no slides.")
        blocks = Blocks()
        references = child(root, "sldIdLst")
        for number, reference in enumerate(() if references is None else references, 1):
            blocks.begin_page()
            relation = relations.get(relation_id(reference))
            slide = self.package.xml(relation.target) if relation else None
            if relation is None or slide is None:
                self.account.add(("slides", "they are missing or damaged in the file"), f"slide {number}")
                continue
            if slide.get("show") in ("0", "false"):
                self.hidden.append(f"slide {number}")
            self._add_slide(slide, relation.target, blocks)
        return blocks

    def _add_slide(self, slide: Any, part: str, blocks: Blocks) -> None:
        tree = child(slide, "cSld", "spTree")
        shapes = [] if tree is None else list(_shapes(tree))
        titles = [shape for shape in shapes if _placeholder(shape) in _TITLES]
        heading = squeeze(" ".join(line for shape in titles for line in _lines(shape)))
        blocks.add(heading, "heading", 1)
        self.first_title = self.first_title or heading
        if not heading:
            blocks.end_section()
        for shape in shapes:
            if shape not in titles:
                self._add_shape(shape, part, blocks)
        for background in self._backgrounds(part):
            self._add_background(background, blocks)
        for notes in self.package.related(part, "notesSlide"):
            self._add_notes(notes, blocks)
        for comment in self._comments(part):
            blocks.add(comment)

    def _add_shape(self, shape: Any, part: str, blocks: Blocks) -> None:
        kind = _placeholder(shape)
        if kind in _REPEATED:
            self._add_once(" ".join(_lines(shape)), blocks)
        elif kind != "sldNum":
            table = next(shape.iter("{*}tbl"), None) if local_name(shape) == "graphicFrame" else None
            if table is not None:
                _add_table(table, blocks)
                return
            for text in add_drawing((shape,), self.package, part, blocks):
                _add_text(text, blocks)

    def _add_once(self, text: str, blocks: Blocks) -> None:
        if squeeze(text) not in self._said:
            self._said.add(squeeze(text))
            blocks.add(text)

    def _backgrounds(self, part: str) -> Iterator[str]:
        """Yield a slide's layout and the layout's master."""
        for layout in self.package.related(part, "slideLayout"):
            yield layout
            yield from self.package.related(layout, "slideMaster")

    def _add_background(self, part: str, blocks: Blocks) -> None:
        """Append what a layout shows beside the places for a slide's own text, the first time that it is used."""
        if part in self._said:
            return
        self._said.add(part)
        root = self.package.xml(part)
        tree = child(root, "cSld", "spTree") if root is not None else None
        for shape in () if tree is None else _shapes(tree):
            if local_name(shape) == "sp" and _placeholder(shape) is None:
                self._add_once(" ".join(_lines(shape)), blocks)

    def _add_notes(self, part: str, blocks: Blocks) -> None:
        root = self.package.xml(part)
        tree = child(root, "cSld", "spTree") if root is not None else None
        for shape in () if tree is None else _shapes(tree):
            if _placeholder(shape) not in _NOT_NOTES:
                for line in _lines(shape):
                    blocks.add(line)

    def _comments(self, part: str) -> Iterator[str]:
        for kind in ("comments", "comment"):
            for name in self.package.related(part, kind):
                root = self.package.xml(name)
                for comment in () if root is None else root.iter("{*}cm", "{*}reply"):
                    yield self._comment(comment)

    def _comment(self, comment: Any) -> str:
        body = child(comment, "txBody")
        text = child(comment, "text")
        words = squeeze((text.text or "") if text is not None else "" if body is None else " ".join(shape_lines(body)))
        return comment_line(words, self._authors.get(comment.get("authorId") or "", ""))

    def _stated_authors(self, main: str) -> Iterator[tuple[str, str]]:
        for kind in ("commentAuthors", "authors"):
            for name in self.package.related(main, kind):
                root = self.package.xml(name)
                for author in () if root is None else root:
                    yield author.get("id") or "", squeeze(author.get("name") or "")


def _shapes(tree: Any) -> Iterator[Any]:
    """Yield shapes, those in groups too."""
    for shape in tree:
        name = local_name(shape)
        if name == "grpSp":
            yield from _shapes(shape)
        elif name == "AlternateContent":
            yield from _shapes(chosen(shape))
        elif name in ("sp", "graphicFrame", "pic", "cxnSp", "contentPart"):
            yield shape


def _placeholder(shape: Any) -> str | None:
    """Return the kind of place that a layout keeps for a shape, None for a shape of its own."""
    for node in shape:
        if local_name(node).startswith("nv"):
            place = child(node, "nvPr", "ph")
            return (place.get("type") or "obj") if place is not None else None
    return None


def _lines(shape: Any) -> Iterator[str]:
    for node in shape:
        if local_name(node) == "txBody":
            yield from shape_lines(node)


def _add_text(text: Any, blocks: Blocks) -> None:
    """Append a shape's text: one paragraph as it is, several as a list."""
    found: list[tuple[int, str]] = []
    for paragraph in text.iter("{*}p"):
        properties = child(paragraph, "pPr")
        level = (properties.get("lvl") or "") if properties is not None else ""
        found.append((int(level) if level.isdecimal() else 0, squeeze(paragraph_text(paragraph))))
    lines = [(level, words) for level, words in found if words]
    if len(lines) > 1:
        blocks.add("\n".join(f"{'  ' * level}- {words}" for level, words in lines), "list")
    elif lines:
        blocks.add(lines[0][1])


def _add_table(table: Any, blocks: Blocks) -> None:
    """Append a table; a cell over rows stands in each of them, one over columns once."""
    rows: list[list[str]] = []
    for row in (node for node in table if local_name(node) == "tr"):
        above = rows[-1] if rows else []
        texts: list[str] = []
        for cell in (node for node in row if local_name(node) == "tc"):
            if cell.get("vMerge") in ("1", "true") and len(texts) < len(above):
                texts.append(above[len(texts)])
            else:
                body = child(cell, "txBody")
                texts.append("" if body is None else squeeze(" ".join(shape_lines(body))))
        rows.append(texts)
    properties = child(table, "tblPr")
    first = properties.get("firstRow") if properties is not None else None
    add_table(blocks, rows, header=True if first in ("1", "true") else None)
