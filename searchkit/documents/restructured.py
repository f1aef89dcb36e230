"""reStructuredText: headings, lists, tables and code, by their place in the file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from searchkit.documents.headings import without_bare_headings
from searchkit.documents.lines import squeeze
from searchkit.documents.properties import metadata_of
from searchkit.types import Document, Mark, MarkKind

_ADORNMENT = re.compile(r"^([!-/:-@\[-`{-~])\1{2,}\s*$")
_CODE_DIRECTIVE = re.compile(r"^\s*\.\. (?:code|code-block|sourcecode|highlight|literalinclude|doctest|prompt)::")
_DIRECTIVE = re.compile(r"^\s*\.\. ")
_DOCINFO = re.compile(r"^:(?P<key>[\w -]{1,40}):\s*(?P<value>.*)$")
_ITEM = re.compile(r"^\s{0,3}(?:[-*+•]|\(?(?:\d+|[a-zA-Z#])[.)])\s+\S")
_TABLE = re.compile(r"^\s*(?:\+[-=+]{3,}\+|={2,}(?:\s+={2,})+)\s*$")

_LONGEST_TABLE = 1_000  # lines looked at for its end


class _Row(NamedTuple):
    """A line of the file: its offsets and what it holds."""

    start: int
    end: int
    text: str

    @property
    def indent(self) -> int:
        return len(self.text) - len(self.text.lstrip())


class _Heading(NamedTuple):
    """A heading's first and last line and its adornment, "==" where a line stands above it too."""

    first: int
    last: int
    text: str
    style: str


def read_restructured(text: str, doc_id: str) -> Document:
    """Return the document of a reStructuredText file."""
    lines = text.split("\n")
    starts = accumulate((len(line) for line in lines), lambda at, size: at + size + 1, initial=0)
    rows = [_Row(start, start + len(line.rstrip()), line.rstrip()) for start, line in zip(starts, lines, strict=False)]
    headings = list(_headings(rows))
    levels = {style: level for level, style in enumerate(dict.fromkeys(heading.style for heading in headings), 1)}
    title = headings[0] if headings and [heading.style for heading in headings].count(headings[0].style) == 1 else None
    covered = {number for heading in headings for number in range(heading.first, heading.last + 1)}
    docinfo, docinfo_marks = _docinfo(rows, title.last + 1 if title else 0)
    marks = [
        Mark(
            rows[one.first].start,
            rows[one.last].end,
            "front" if one == title else "heading",
            _level(one, title, levels),
        )
        for one in headings
    ]
    marks += docinfo_marks
    taken = {mark.start for mark in marks}
    marks += [mark for mark in _block_marks(rows, covered) if mark.start not in taken]
    stated_title, metadata = metadata_of(docinfo)
    kept = without_bare_headings(text, list(_apart(sorted(marks))))
    return Document(doc_id, text, squeeze(title.text if title else stated_title), metadata, tuple(kept))


def _level(heading: _Heading, title: _Heading | None, levels: dict[str, int]) -> int:
    return 0 if heading == title else levels[heading.style]


def _headings(rows: Sequence[_Row]) -> Iterator[_Heading]:
    number = 0
    while number < len(rows) - 1:
        heading = _overlined(rows, number) or _underlined(rows, number)
        if heading:
            yield heading
        number = heading.last + 1 if heading else number + 1


def _overlined(rows: Sequence[_Row], number: int) -> _Heading | None:
    above, text, below = (row.text for row in (*rows[number : number + 3], *[_Row(0, 0, "")] * 3)[:3])
    if _ADORNMENT.match(above) and above == below and text.strip() and not _ADORNMENT.match(text):
        return _Heading(number, number + 2, text, above[0] * 2)
    return None


def _underlined(rows: Sequence[_Row], number: int) -> _Heading | None:
    text, below = rows[number].text, rows[number + 1].text
    set_apart = number == 0 or not rows[number - 1].text or _DIRECTIVE.match(rows[number - 1].text)
    fits = _ADORNMENT.match(below) and len(below) >= min(len(text), 4)
    if set_apart and fits and text.strip() and not text[0].isspace() and not _ADORNMENT.match(text):
        return _Heading(number, number + 1, text, below[0])
    return None


def _docinfo(rows: Sequence[_Row], first: int) -> tuple[dict[str, str], list[Mark]]:
    """Return the fields below the title (":Author: Jane Doe") and their marks."""
    stated: dict[str, str] = {}
    marks: list[Mark] = []
    for row in rows[first:]:
        match = _DOCINFO.match(row.text)
        if match:
            stated[match["key"].lower()] = match["value"].strip()
            marks.append(Mark(row.start, row.end, "front"))
        elif row.text:
            break
    return stated, marks


def _block_marks(rows: Sequence[_Row], covered: set[int]) -> Iterator[Mark]:
    number = 0
    while number < len(rows):
        kind = None if number in covered or not rows[number].text else _kind(rows, number)
        if kind is None:
            number += 1
            continue
        begin = number + 1 if kind == "code" and not _CODE_DIRECTIVE.match(rows[number].text) else number
        last = _last_row(rows, number, kind)
        while begin < last and not rows[begin].text:
            begin += 1
        if last > number or kind == "list":
            yield Mark(rows[begin].start + (rows[begin].indent if kind == "list" else 0), rows[last].end, kind)
        number = last + 1


def _kind(rows: Sequence[_Row], number: int) -> MarkKind | None:
    text = rows[number].text
    if _CODE_DIRECTIVE.match(text) or (text.endswith("::") and not _DIRECTIVE.match(text)):
        return "code"
    if _TABLE.match(text):
        return "table"
    return "list" if _ITEM.match(text) and (number == 0 or not rows[number - 1].text) else None


def _last_row(rows: Sequence[_Row], number: int, kind: MarkKind) -> int:
    """Return the last line of a block that begins at `number`."""
    if kind == "table":
        return _last_table_row(rows, number)
    last = number
    for other in range(number + 1, len(rows)):
        row = rows[other]
        inside = row.indent > rows[number].indent or (kind == "list" and _ITEM.match(row.text))
        if row.text and not inside:
            break
        last = other if row.text else last
    return last


def _last_table_row(rows: Sequence[_Row], number: int) -> int:
    """Return the last rule of a table; below the rule under its head a simple table may have a blank line."""
    closing = (
        other
        for other in range(number + 1, min(len(rows), number + _LONGEST_TABLE))
        if _TABLE.match(rows[other].text) and (other + 1 == len(rows) or not rows[other + 1].text)
    )
    head = next(closing, number)
    if rows[head].text != rows[number].text:
        return head
    further = next(closing, head)
    same = rows[further].text == rows[head].text and rows[further - 1].text
    return further if same else head


def _apart(marks: Sequence[Mark]) -> Iterator[Mark]:
    """Yield the marks without those that begin inside another."""
    end = 0
    for mark in marks:
        if mark.start >= end and mark.start < mark.end:
            yield mark
            end = mark.end
