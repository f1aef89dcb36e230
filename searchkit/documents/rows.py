"""Printed lines that are rows of tables: cells that stand under each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

_SAME_EDGE = 3.0  # points by which cells of one column differ
_NEXT_LINE = 1.8  # times the font size that lines of one cell are apart at most
_MOST_COMPARED = 60  # cells of a table that a further row is compared with
_FEWEST_SHARED = 2  # columns that neighbouring rows of a table have in common


class Cell(NamedTuple):
    """A part of a line that a wide gap sets apart: its text, and where it begins and ends from the left."""

    text: str
    left: float
    right: float

    def stands_under(self, other: Cell) -> bool:
        """Tell whether two cells begin, end or are centred at the same place."""
        begin, end = self.left - other.left, self.right - other.right
        return min(abs(begin), abs(end), abs(begin + end) / 2) <= _SAME_EDGE


class PrintedLine(NamedTuple):
    """A line on a page: its text, where it begins (points from the left and from the bottom) and its font size.

    `hyphenated` tells that a hyphen that divided a word was taken from its end; `cells` are its parts, if it has any.
    """

    text: str
    left: float
    bottom: float
    size: float
    hyphenated: bool = False
    cells: tuple[Cell, ...] = ()


def is_row_above(above: PrintedLine, below: PrintedLine) -> bool:
    """Tell whether two lines are rows of one table: two of their cells begin, end or are centred at the same place."""
    return len(above.cells) >= _FEWEST_SHARED and _goes_on([above], above.cells, below)


def runs_of_rows(page: Sequence[PrintedLine]) -> Iterator[tuple[bool, list[PrintedLine]]]:
    """Yield neighbouring lines that are rows of one table, and those between tables: whether they are, and which."""
    table: list[PrintedLine] = []
    cells: list[Cell] = []  # of all the table's rows: one of them may lack some
    others: list[PrintedLine] = []
    for line in page:
        if table and _goes_on(table, cells[-_MOST_COMPARED:], line):
            table.append(line)
            cells += line.cells
            continue
        yield from _ended(table, others)
        table, cells = ([line], list(line.cells)) if len(line.cells) >= _FEWEST_SHARED else ([], [])
        others += [] if table else [line]
    yield from _ended(table, others)
    if others:
        yield False, others


def _ended(table: list[PrintedLine], others: list[PrintedLine]) -> Iterator[tuple[bool, list[PrintedLine]]]:
    """Yield a table with what stands above it; a single row is none."""
    if len(table) < 2:
        others += table
        return
    if others:
        yield False, others[:]
        others.clear()
    yield True, table


def _goes_on(table: Sequence[PrintedLine], cells: Sequence[Cell], line: PrintedLine) -> bool:
    """Tell whether a line is a further row of a table, or the second line of a cell in it."""
    if not line.cells or line.bottom >= table[-1].bottom:
        return False
    shared = sum(any(map(cell.stands_under, cells)) for cell in line.cells)
    if len(line.cells) > 1:
        return shared >= _FEWEST_SHARED
    near = table[-1].bottom - line.bottom < _NEXT_LINE * line.size
    return len(table) > 1 and near and shared == 1 and line.left > table[0].left + _SAME_EDGE


def rows_of(table: Sequence[PrintedLine]) -> list[list[str]]:
    """Return a table's rows, cells that a row lacks as empty texts where the columns can be told."""
    columns: list[tuple[float, float]] = []
    for cell in sorted((cell for line in table for cell in line.cells), key=lambda cell: cell.left):
        if columns and cell.left < columns[-1][1]:
            columns[-1] = columns[-1][0], max(columns[-1][1], cell.right)
        else:
            columns.append((cell.left, cell.right))
    places = [[_column(columns, cell) for cell in line.cells] for line in table]
    if any(len(set(row)) < len(row) for row in places):  # a cell over several columns
        return [[cell.text for cell in line.cells] for line in table]
    rows = [["" for _ in columns] for _ in table]
    for row, line, own in zip(rows, table, places, strict=True):
        for cell, column in zip(line.cells, own, strict=True):
            row[column] = cell.text
    return rows


def _column(columns: Sequence[tuple[float, float]], cell: Cell) -> int:
    return next(at for at, (_, right) in enumerate(columns) if cell.left < right or cell.right <= right)
