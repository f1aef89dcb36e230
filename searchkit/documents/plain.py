"""Plain text: a news article where its head says so, else a title set apart or stated in a field, and crossheads."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import islice, pairwise

from searchkit.documents.faq import question_headings
from searchkit.documents.headings import without_bare_headings
from searchkit.documents.lines import Line, lines_of, squeeze
from searchkit.documents.news import read_front
from searchkit.types import Document, Mark

_LONGEST_TITLE = 120  # characters
_LONGEST_CROSSHEAD = 80
_MOST_CROSSHEAD_WORDS = 12
_SHORTEST_PROSE = 80
_CLOSED = re.compile(r"[.,;:!…。，；：！\"”’)\]]$")
_UNDERLINE = re.compile(r"^(={3,}|-{3,}|~{3,})$")
_ITEM = re.compile(r"^(?:[-*+•‣▪·–—>|]|\(?\d{1,3}[.)]\s|\(?[a-z][.)]\s)")
_UNDERLINE_LEVELS = {"=": 1, "-": 2, "~": 3}
_FIELD = re.compile(r"(?P<key>[A-Za-z][\w-]{0,40}):(?:[ \t]+(?P<value>\S.*))?$")
_NAMING = ("title", "subject", "upstream-name", "name", "package")  # what says what a text is of, the surest first
_FEWEST_FIELDS = 2
_FIELDS_REACH = 4096  # characters


def read_plain(text: str, doc_id: str) -> Document:
    """Return the document of a plain text."""
    front = read_front(text)
    if front is None:
        marks = list(question_headings(text))
        title = _title_line(text)
        if title and marks and marks[0].start <= title.start:
            title = None  # the first of the questions
        marks[:0] = [Mark(title.start, title.end, "front")] if title else []
        stated = squeeze(title.text) if title else _title_in_fields(text)
        return Document(doc_id, text, stated, {}, _with_headings(text, marks))
    return Document(doc_id, text, front.title, front.metadata, _with_headings(text, front.marks))


def _title_line(text: str) -> Line | None:
    """Return the first line if it is short, closed by no full stop, and set apart by a blank line or its length."""
    lines = list(islice(lines_of(text), 2))
    if len(lines) < 2 or len(lines[0].text) > _LONGEST_TITLE:
        return None
    line, below = lines
    set_apart = below.gap or (len(below.text) > _LONGEST_TITLE and below.text.endswith("."))
    is_title = any(map(str.isalpha, line.text)) and not _CLOSED.search(line.text) and not _ITEM.match(line.text)
    return line if set_apart and is_title else None


def _title_in_fields(text: str) -> str:
    """Return what the fields at the top say the text is of, as descriptions of packages do; they stay in the text.

    The top is fields where each line down to the first blank one is a field or, set in, goes on with one.
    """
    top = text.lstrip("\n")[:_FIELDS_REACH].split("\n\n", 1)[0].rstrip()
    lines = [_FIELD.match(line) for line in top.split("\n") if not line[:1].isspace()]
    if len(lines) < _FEWEST_FIELDS or not all(lines):
        return ""
    stated = {line["key"].lower(): line["value"] or "" for line in reversed(lines) if line}
    title = next(filter(None, (stated.get(key, "") for key in _NAMING)), "")
    return squeeze(title) if len(title) <= _LONGEST_TITLE else ""


def _with_headings(text: str, marks: list[Mark]) -> tuple[Mark, ...]:
    """Add the headings that stand outside the other marks."""
    taken = [(mark.start, mark.end) for mark in marks]
    starts = [start for start, _ in taken]
    for heading in _headings(text):
        place = bisect_left(starts, heading.end)
        if place == 0 or taken[place - 1][1] <= heading.start:
            marks.append(heading)
    return tuple(without_bare_headings(text, sorted(marks)))


def _headings(text: str) -> Iterator[Mark]:
    for line, below, after in _threes(lines_of(text)):
        if not below.gap and _UNDERLINE.match(below.text) and _is_short(line.text):
            yield Mark(line.start, below.end, "heading", _UNDERLINE_LEVELS[below.text[0]])
        elif line.gap and below.gap and _is_crosshead(line.text) and _is_prose(below.text, after):
            yield Mark(line.start, line.end, "heading", 2)


def _threes(lines: Iterable[Line]) -> Iterator[tuple[Line, Line, Line]]:
    nothing = Line(0, 0, "", gap=True)
    pairs = pairwise([*lines, nothing, nothing])
    for (first, second), (_, third) in pairwise(pairs):
        yield first, second, third


def _is_short(text: str) -> bool:
    return len(text) <= _LONGEST_CROSSHEAD and not _UNDERLINE.match(text)


def _is_crosshead(text: str) -> bool:
    return (
        len(text) <= _LONGEST_CROSSHEAD
        and len(text.split()) <= _MOST_CROSSHEAD_WORDS
        and not text[0].islower()
        and any(map(str.isalpha, text))
        and not _CLOSED.search(text)
        and not _ITEM.match(text)
    )


def _is_prose(text: str, following: Line) -> bool:
    """Tell whether a line is a paragraph or, wrapped by width, the beginning of one."""
    wrapped = not following.gap and len(text) > _SHORTEST_PROSE // 2
    return (len(text) >= _SHORTEST_PROSE or wrapped) and not _ITEM.match(text)
