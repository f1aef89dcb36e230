"""Rows of cells to lines of text, the header row marked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from searchkit.documents.blocks import Blocks
from searchkit.documents.decoding import clean
from searchkit.documents.lines import squeeze
from searchkit.types import Mark

_CELL_JOINER = " | "

Row: TypeAlias = dict[int, str]  # of a sheet: texts by column from 1

_VALUE = re.compile(r"^[^\w]*\d[\d\s.,:/%'’€$£-]*\W*$")
_LONGEST_LABEL = 80  # characters of a column's name
_LONGEST_MERGE = 10_000  # rows over which one cell's text is repeated at most
_TITLE_ROWS = 3  # above a header row in which a title may stand


def add_table(blocks: Blocks, rows: Sequence[Sequence[str]], header: bool | None = None) -> None:
    """Append rows as lines "cell | cell"; `header` tells whether the first is one, None that it is not known.

    A header row bears a table mark of level 1, the rows below it one of level 0.
    """
    squeezed = ([squeeze(cell) for cell in row] for row in rows)
    written = ((row, clean(_CELL_JOINER.join(row).rstrip(" |"))) for row in squeezed)
    kept = [(row, line) for row, line in written if line]
    if not kept:
        return
    filled, lines = [row for row, _ in kept], [line for _, line in kept]
    blocks.add("\n".join(lines))
    at = blocks.length - len(blocks.parts[-1])
    head = _header(filled) if header is None else (0 if header and len(filled) > 1 else None)
    for first, last, level in _stretches(head, len(lines)):
        start = at + sum(len(line) + 1 for line in lines[:first])
        end = start + sum(len(line) + 1 for line in lines[first:last]) - 1
        blocks.marks.append(Mark(start, end, "table", level))


def cell_text(inner: Blocks) -> str:
    """Return a cell's blocks on one line; a table inside it as "cell, cell; cell, cell"."""
    return squeeze(" ".join(part.replace(_CELL_JOINER, ", ").replace("\n", "; ") for part in inner.parts))


def _stretches(head: int | None, count: int) -> list[tuple[int, int, int]]:
    """Return the runs of rows as first, last and level."""
    if head is None:
        return [(0, count, 0)]
    return [run for run in ((0, head, 0), (head, head + 1, 1), (head + 1, count, 0)) if run[0] < run[1]]


def _header(rows: Sequence[Sequence[str]]) -> int | None:
    """Return which of the first rows names the columns: short, different words in all that the next row fills."""
    for number, row in enumerate(rows[:_TITLE_ROWS]):
        if number + 1 == len(rows):
            return None
        named = [cell for cell in row if cell]
        if len(named) < 2:  # a title above the table
            continue
        labels = len(set(named)) == len(named) and not any(cell.endswith(":") or _is_value(cell) for cell in named)
        below = sum(bool(cell) for cell in rows[number + 1])
        return number if labels and len(named) + 1 >= below else None
    return None


def _is_value(cell: str) -> bool:
    return len(cell) > _LONGEST_LABEL or bool(_VALUE.match(cell))


def runs(rows: Mapping[int, Row]) -> Iterator[list[list[str]]]:
    """Yield a sheet's runs of rows without an empty row between them, columns that are empty in a run left out."""
    run: list[int] = []
    for number in sorted(rows):
        if run and number != run[-1] + 1:
            yield _filled(rows, run)
            run = []
        run.append(number)
    if run:
        yield _filled(rows, run)


def spread(rows: Mapping[int, Row], merged: Iterable[tuple[int, int, int]]) -> None:
    """Let cells that are merged over rows stand in each of them that holds anything: (column, first row, last row)."""
    for column, first, last in merged:
        text = rows.get(first, {}).get(column, "")
        for number in range(first + 1, min(last, first + _LONGEST_MERGE) + 1) if text else ():
            if number in rows:
                rows[number].setdefault(column, text)


def _filled(rows: Mapping[int, Row], run: Sequence[int]) -> list[list[str]]:
    columns = sorted({column for number in run for column in rows[number]})
    return [[rows[number].get(column, "") for column in columns] for number in run]
