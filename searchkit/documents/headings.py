"""Headings that nothing stands under, and lines in bold type that are headings to those who read them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from searchkit.types import Mark

_NO_LEVEL = 99
_SILENT = frozenset({"caption", "front"})
BOLD = 10  # the level of a line that is a heading by its bold type alone: below all others
_FEWEST_BOLD = 2  # a single one is rather something that is stressed
_LONGEST_BOLD = 120  # characters
_SAID = re.compile(r"[.,;!…。，；！]$")


def first_heading(marks: Sequence[Mark]) -> Mark | None:
    """Return the first heading that may be a title: not one by its type."""
    return next((mark for mark in marks if mark.kind == "heading" and mark.level != BOLD), None)


def heads_by_type(text: str) -> bool:
    """Tell whether a paragraph that is all in bold type reads as a heading, and not as a sentence that is stressed."""
    is_line = "\n" not in text and len(text) <= _LONGEST_BOLD
    return is_line and any(map(str.isalpha, text)) and not _SAID.search(text)


def without_bare_headings(text: str, marks: Sequence[Mark]) -> list[Mark]:
    """Return the marks without headings that no text stands under: as prose, they are found.

    A heading above a heading of a lower level that has text stays: it is in that one's path. A heading mark on the
    space before a bare one ends the section above it. Lines in bold type are headings where there are several.
    """
    if sum(mark.level == BOLD for mark in marks) < _FEWEST_BOLD:
        marks = [mark for mark in marks if mark.level != BOLD]
    kept: list[Mark] = []
    below, outermost = len(text), 0  # where the next mark begins; the outermost heading between here and the next text
    for number in range(len(marks) - 1, -1, -1):
        mark = marks[number]
        if text[mark.end : below].strip():
            outermost = _NO_LEVEL
        below = mark.start
        if mark.kind != "heading":
            outermost = outermost if mark.kind in _SILENT else _NO_LEVEL
            kept.append(mark)
        elif mark.level < outermost or not text[mark.start : mark.end].strip():
            outermost = min(outermost, mark.level)
            kept.append(mark)
        else:
            outermost = mark.level
            if mark.start > (marks[number - 1].end if number else 0) and text[mark.start - 1].isspace():
                kept.append(Mark(mark.start - 1, mark.start, "heading", mark.level))
    return kept[::-1]
