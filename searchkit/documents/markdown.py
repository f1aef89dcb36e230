"""Markdown: front matter, headings, lists, tables and code, by their place in the file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING

from searchkit.documents.frontmatter import split_front_matter
from searchkit.documents.headings import BOLD, first_heading, heads_by_type, without_bare_headings
from searchkit.documents.lines import squeeze
from searchkit.documents.properties import metadata_of
from searchkit.types import Document, Mark, MarkKind

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_BLOCKS: dict[str, MarkKind] = {
    "heading_open": "heading",
    "bullet_list_open": "list",
    "ordered_list_open": "list",
    "table_open": "table",
    "fence": "code",
    "code_block": "code",
}
_HEADING_MARKUP = re.compile(r"^#{1,6}\s+|\s+#+$|\s*\n\s*(?:=+|-+)\s*$")
_LINK = re.compile(r"!?\[([^\]\n]*)\]\([^)\n]*\)")
_BOLD = re.compile(r"\*\*(?P<words>(?:(?!\*\*)[^\n])+)\*\*:?[ \t]*$", re.MULTILINE)
_EMPHASIS = re.compile(r"(\*\*|__|\*|(?<!\w)_|_(?!\w)|`)")


def read_markdown(text: str, doc_id: str) -> Document:
    """Return the document of a Markdown text; its first heading is the title where front matter names none."""
    front = split_front_matter(text)
    body_start = front.end
    title, metadata = metadata_of(front.stated)
    marks = list(block_marks(text, body_start))
    first = first_heading(marks)
    heading = heading_text(text[first.start : first.end]) if first else ""
    title = title or heading
    marks = [_as_front(mark) if mark == first and _is_title(first, heading, title, marks) else mark for mark in marks]
    marks = without_bare_headings(text, marks)
    if body_start:
        marks.insert(0, Mark(0, len(text[:body_start].rstrip()), "front"))
    return Document(doc_id, text, title, metadata, tuple(marks), omitted=front.omitted)


def heading_text(markup: str) -> str:
    """Return what a heading says without its Markdown."""
    return squeeze(_EMPHASIS.sub("", _LINK.sub(r"\1", _HEADING_MARKUP.sub("", markup.strip()))))


def _is_title(first: Mark, heading: str, title: str, marks: list[Mark]) -> bool:
    """Tell whether the first heading says the title again, so that it is no section of the document."""
    outermost = [mark for mark in marks if mark.kind == "heading" and mark.level <= first.level]
    return heading.casefold() == title.casefold() and len(outermost) == 1


def _as_front(mark: Mark) -> Mark:
    return Mark(mark.start, mark.end, "front")


def block_marks(text: str, body_start: int = 0) -> Iterator[Mark]:
    """Yield marks for the outermost blocks below `body_start`, which begins a line."""
    body = text[body_start:]
    starts = list(accumulate((len(line) for line in body.split("\n")), lambda at, size: at + size + 1, initial=0))
    for token in _parser().parse(body):
        if token.level or not token.map:
            continue
        start = starts[token.map[0]]
        end = start + len(body[start : starts[token.map[1]]].rstrip())
        kind = _BLOCKS.get(token.type)
        if token.type == "paragraph_open" and (bold := _bold_line(body[start:end])):
            yield Mark(body_start + start, body_start + start + bold, "heading", BOLD)
        if not kind or start >= end:
            continue
        head = _header_end(body, start, end) if kind == "table" else 0
        if head:
            yield Mark(body_start + start, body_start + head, "table", 1)
            start = head + 1
        level = int(token.tag[1]) if kind == "heading" else 0
        yield Mark(body_start + start, body_start + end, kind, level)


def _bold_line(paragraph: str) -> int:
    """Return the length of a paragraph's first line if that is in bold type and reads as a heading, else 0."""
    found = _BOLD.match(paragraph)
    return found.end() if found and heads_by_type(found["words"]) else 0


def _header_end(body: str, start: int, end: int) -> int:
    """Return where a table's header row and the rule below it end, 0 if there is no row below them."""
    rule = body.find("\n", body.find("\n", start, end) + 1, end)
    return rule if rule > 0 and body[rule:end].strip() else 0


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # noqa: PLC0415 - 100 ms that only Markdown costs

    parser = MarkdownIt("commonmark").enable("table")
    parser.core.ruler.enableOnly(["normalize", "block"])  # places are all that is needed, and three times faster
    return parser
