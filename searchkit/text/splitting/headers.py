"""Header rows of tables: what names the columns of passages that begin further below."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from searchkit.types import Mark


class _Rows(NamedTuple):
    """The rows of a table below its header row: `text[start:end]`."""

    start: int
    end: int
    header: str


class Headers:
    """The tables of a text that have a header row: a table mark of level 1, directly above one of the rows."""

    def __init__(self, text: str, marks: Sequence[Mark]) -> None:
        self._tables: list[_Rows] = []
        first: Mark | None = None  # of the header rows that end directly above
        above = 0
        for mark in marks:
            follows = first is not None and not text[above : mark.start].strip()
            if mark.kind == "table" and mark.level == 1:
                first = first if follows else mark
            else:
                if first is not None and follows and mark.kind == "table":
                    self._tables.append(_Rows(mark.start, mark.end, _words(text[first.start : above])))
                first = None
            above = mark.end
        self._starts = [table.start for table in self._tables]

    def at(self, start: int) -> str:
        """Return the header row of the table in whose rows a passage begins here, "" for none."""
        found = bisect_right(self._starts, start)
        return self._tables[found - 1].header if found and start < self._tables[found - 1].end else ""


def _words(header: str) -> str:
    """Return the lines of a header row that say something: Markdown has one of dashes below it."""
    return "\n".join(line.strip() for line in header.splitlines() if any(map(str.isalnum, line)))
