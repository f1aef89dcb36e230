"""Outlines: Org and AsciiDoc, their headings, lists, tables, code and what they state about themselves."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from searchkit.documents.blocks import Blocks
from searchkit.documents.lines import squeeze
from searchkit.documents.properties import metadata_of
from searchkit.documents.tables import add_table
from searchkit.types import Document, MarkKind

_ITEM = re.compile(r"\s*(?:[-+]|\*+(?=\s)|\.+(?=\s)|\d+[.)]|[a-z][.)])\s+\S")
_ORG_HEADING = re.compile(r"(\*+)\s+(.*)$")
_ORG_FIELD = re.compile(r"#\+(\w[\w-]*):\s*(.*)$", re.IGNORECASE)
_ORG_BEGIN = re.compile(r"\s*#\+begin[_:](\w+)(.*)$", re.IGNORECASE)
_ORG_END = re.compile(r"\s*#\+end", re.IGNORECASE)
_ORG_LINK = re.compile(r"\[\[([^\]]*)\](?:\[([^\]]*)\])?\]")
_ORG_CODE = frozenset({"src", "example", "export", "ascii", "html", "latex"})
_ORG_STATED = frozenset(
    {"title", "author", "date", "description", "keywords", "filetags", "language", "subtitle", "email"}
)
_RULE = re.compile(r"\s*\|[-+|: ]*-[-+|: ]*\|?\s*$")

_ADOC_HEADING = re.compile(r"(={1,6}|#{1,6})\s+(\S.*?)(?:\s+\1)?$")
_ADOC_FIELD = re.compile(r":(!?[\w-]+!?):(?:\s+(.*))?$")
_ADOC_FENCE = re.compile(r"(-{4,}|\.{4,}|={4,}|\*{4,}|_{4,}|\+{4,}|/{4,}|```.*|--)$")
_ADOC_CODE = ("----", "....", "++++", "```")
_ADOC_TABLE = re.compile(r"[|!,:]={3,}$")
_ADOC_PICTURE = re.compile(r"(?:image|video|audio)::?(\S*?)\[([^\],]*)[^\]]*\]")
_ADOC_TERM = re.compile(r"(\S.*?)(?::{2,4}|;;)(?:\s+(.*))?$")
_ADOC_LINK = re.compile(r"(?:link:|xref:)?(?:https?://|mailto:)?[^\s\[\]<>|]*[/.#@:][^\s\[\]<>|]*\[([^\]]+)\]")
_ADOC_AUTHOR = re.compile(r"[^\W\d_][\w.'-]*(?: [\w.'-]+){0,3}(?:\s+<[^>]+>)?(?:;.*)?$")


@dataclass(slots=True)
class _Page:
    """What has been read of a file: blocks, the lines that are being gathered, and what is stated."""

    blocks: Blocks = field(default_factory=Blocks)
    lines: list[str] = field(default_factory=list)
    kind: MarkKind | None = None
    stated: dict[str, str] = field(default_factory=dict)

    def gather(self, line: str, kind: MarkKind | None = None) -> None:
        """Add a line to the block that is being read, or begin one of another kind."""
        if kind != self.kind and not (self.kind == "list" and kind is None and line.startswith(" ")):
            self.flush()
            self.kind = kind
        self.lines.append(line)

    def flush(self) -> None:
        """End the block."""
        if self.lines and self.kind == "table":
            _add_table(self.lines, self.blocks)
        elif self.lines:
            self.blocks.add("\n".join(self.lines), self.kind)
        self.lines, self.kind = [], None

    def document(self, doc_id: str) -> Document:
        """Return the document."""
        self.flush()
        title, metadata = metadata_of(self.stated)
        return self.blocks.document(doc_id, title or self.blocks.first_heading(), metadata)


def read_org(text: str, doc_id: str) -> Document:
    """Return the document of an Org file."""
    page, block = _Page(), ""
    for line in text.split("\n"):
        if block:
            if _ORG_END.match(line):
                page.flush()
                block = ""
            else:
                page.gather(line, "code" if block in _ORG_CODE else None)
        elif begin := _ORG_BEGIN.match(line):
            page.flush()
            block = begin[1].lower()
        else:
            _org_line(line, page)
    return page.document(doc_id)


def _org_line(line: str, page: _Page) -> None:
    if heading := _ORG_HEADING.match(line):
        page.flush()
        page.blocks.add(squeeze(_org_inline(heading[2])), "heading", min(len(heading[1]), 6))
    elif stated := _ORG_FIELD.match(line.strip()):
        page.flush()
        key, value = stated[1].lower(), stated[2].strip()
        if key in _ORG_STATED:
            page.stated[key] = f"{page.stated[key]} {value}" if key in page.stated else value
        elif key in ("caption", "name", "header", "include"):
            page.blocks.add(_org_inline(value))
    elif line.lstrip().startswith("|"):
        page.gather(line, "table")
    elif not line.strip() or re.match(r"\s*#(?:\s|$)", line):
        page.flush()
    else:
        is_drawer = re.match(r"\s*:[\w-]+:(?:\s|$)", line)
        if is_drawer and not line.strip().strip(":").strip("+").isupper():
            page.gather(_org_inline(line.strip()), "list")
        elif not is_drawer or len(line.strip().split()) > 1:
            page.gather(_org_inline(line.rstrip()), "list" if _ITEM.match(line) or is_drawer else None)


def _org_inline(text: str) -> str:
    return _ORG_LINK.sub(lambda link: link[2] or link[1], text)


def read_asciidoc(text: str, doc_id: str) -> Document:
    """Return the document of an AsciiDoc file."""
    page, fence = _Page(), ""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        stripped = line.rstrip()
        if fence:
            if stripped == fence:
                page.flush()
                fence = ""
            elif not fence.startswith("////"):
                page.gather(stripped, "table" if _ADOC_TABLE.match(fence) else "code")
        elif _ADOC_TABLE.match(stripped) or (
            _ADOC_FENCE.match(stripped) and stripped.startswith((*_ADOC_CODE, "////"))
        ):
            page.flush()
            fence = "```" if stripped.startswith("```") else stripped
        elif _ADOC_FENCE.match(stripped) or re.match(r"\[[^\]]*\]$", stripped):
            page.flush()  # blocks whose inside is read as all else, and attributes of the block that follows
            _adoc_attributes(stripped, page)
        else:
            _adoc_line(stripped, page, above=lines[number - 1] if number else "")
    return page.document(doc_id)


def _adoc_attributes(line: str, page: _Page) -> None:
    """Append who is quoted: "[quote, Ida Holm, Letters]"."""
    kind, *names = (part.strip() for part in line.strip("[]").split(","))
    if kind in ("quote", "verse"):
        page.blocks.add(", ".join(filter(None, names)))


def _adoc_line(line: str, page: _Page, above: str) -> None:
    heading, stated = _ADOC_HEADING.match(line), _ADOC_FIELD.match(line)
    if heading:
        page.flush()
        page.blocks.add(_adoc_inline(heading[2]), "heading", len(heading[1]))
    elif stated:
        if stated[2]:
            page.stated[stated[1].strip("!").lower()] = stated[2]
    elif re.match(r"=\s+\S", above) and _ADOC_AUTHOR.match(line):
        page.stated["author"] = line
    elif not line.strip() or line in ("'''", "<<<", "+"):
        page.flush()
    elif line.startswith("//"):
        return
    elif re.match(r"\.[^\s.]", line):  # the title of a block
        page.flush()
        page.blocks.add(_adoc_inline(line[1:]))
    elif (term := _ADOC_TERM.match(line)) and not re.match(r"\w+::\S", line):
        page.gather(f"- {_adoc_inline(term[1])}: {_adoc_inline(term[2] or '')}".rstrip(" :"), "list")
    else:
        page.gather(_adoc_inline(line), "list" if _ITEM.match(line) else None)


def _adoc_inline(text: str) -> str:
    text = _ADOC_PICTURE.sub(lambda picture: picture[2] or picture[1], text)
    return _ADOC_LINK.sub(lambda link: link[1], text)


def _add_table(lines: Sequence[str], blocks: Blocks) -> None:
    """Append a table of either format: a rule or a blank line below its first row makes that the header."""
    rows: list[list[str]] = []
    has_header = False
    for line in lines:
        if _RULE.match(line) or not line.strip():
            has_header = has_header or len(rows) == 1
            continue
        cells = [squeeze(cell) for cell in line.strip().strip("|").split("|")]
        if not line.lstrip().startswith("|") and rows:  # a cell that goes on
            rows[-1][-1] = f"{rows[-1][-1]} {squeeze(line)}"
            continue
        rows.append([_adoc_inline(_org_inline(cell)) for cell in cells])
    width = len(rows[0]) if rows else 0
    if width > 1 and all(len(row) == 1 for row in rows[1:]):  # a cell a line below the header
        cells = [row[0] for row in rows[1:]]
        rows[1:] = [cells[at : at + width] for at in range(0, len(cells), width)]
    add_table(blocks, rows, header=has_header)
