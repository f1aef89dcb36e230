"""Headings that nothing stands under."""

from __future__ import annotations

from collections.abc import Sequence

from searchkit.types import Mark

_NO_LEVEL = 99
_SILENT = frozenset({"caption", "front"})


def without_bare_headings(text: str, marks: Sequence[Mark]) -> list[Mark]:
    """Return the marks without headings that no text stands under: as prose, they are found.

    A heading above a heading of a lower level that has text stays: it is in that one's path.
    """
    kept: list[Mark] = []
    below, outermost = len(text), 0  # where the next mark begins; the outermost heading between here and the next text
    for mark in reversed(marks):
        if text[mark.end : below].strip():
            outermost = _NO_LEVEL
        below = mark.start
        if mark.kind == "heading" and mark.level >= outermost:
            outermost = _NO_LEVEL
            continue
        if mark.kind == "heading":
            outermost = min(outermost, mark.level)
        elif mark.kind not in _SILENT:
            outermost = _NO_LEVEL
        kept.append(mark)
    return kept[::-1]
