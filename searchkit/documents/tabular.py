"""Tables of text as Excel, pandas and people write them: delimiter, title lines, header row, rows."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from math import ceil
from typing import TypeAlias

from searchkit.documents.columns import Columns, is_value
from searchkit.documents.decoding import bad_bytes, bad_signs, clean, unify_newlines
from searchkit.documents.lines import squeeze
from searchkit.documents.options import ReadOptions
from searchkit.documents.records import USUAL_FIELDS, attempted, record_document
from searchkit.types import Document, Failure, Omission

OpenLines: TypeAlias = Callable[[], Iterator[str]]

_DELIMITERS = ",;\t|"
_NO_DELIMITER = "\x1f"
_SEPARATOR_LINE = re.compile(r"\ufeff?\"?sep=(.)\"?\s*$", re.IGNORECASE)
_LOOK = 100  # rows that tell what a table looks like
_LONGEST_COLUMN_NAME = 100
_HEADER_SHARE = 0.6  # of the usual number of cells that a header row fills at least
_YEAR = re.compile(r"(?:19|20)\d\d")
_UNCLOSED = Omission("quotation marks", "one is never closed: all are read as plain characters")


@dataclass(slots=True)
class _Table:
    """How a table is written. `first` is the number of the first row below title lines and header."""

    delimiter: str
    names: list[str] = field(default_factory=list)
    titles: list[int] = field(default_factory=list)
    first: int = 0
    quoted: bool = True

    def rows(self, lines: Iterator[str]) -> Iterator[tuple[int, list[str] | str]]:
        """Yield the last line of each row and its cells, or what is wrong with it."""
        if self.quoted:
            reader = csv.reader(lines, delimiter=self.delimiter)
        else:
            reader = csv.reader(lines, delimiter=self.delimiter, quoting=csv.QUOTE_NONE)
        while True:
            try:
                yield reader.line_num, next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield reader.line_num, f"not a row of a table: {error}"

    def named(self, row: Sequence[str]) -> dict[str, str]:
        """Return a row's cells by column; those beyond the header have numbers."""
        while len(self.names) < len(row):
            self.names.append(_free(f"column {len(self.names) + 1}", self.names))
        return {name: unify_newlines(cell).strip() for name, cell in zip(self.names, row, strict=False)}


def read_rows(
    open_lines: OpenLines, name: str, options: ReadOptions, delimiter: str = ""
) -> Iterator[Document | Failure]:
    """Yield a document for each row of a table, and one for the lines above its header; "" finds the delimiter.

    The lines are read twice: a column holds numbers only if all of its cells do.
    """
    csv.field_size_limit(options.max_bytes)  # Python's own limit, 128 kB for all readers, is less than an article
    table = _survey(open_lines, delimiter)
    columns = _typed_columns(table, open_lines())
    above: list[str] = []
    for number, (before, row) in enumerate(table.rows(open_lines())):
        place = f"{name}:{before + 1}"
        if isinstance(row, str):
            yield Failure(place, row)
        elif number in table.titles:
            above.append(clean(" ".join(filter(None, map(squeeze, row)))))
        elif number >= table.first and any(cell.strip() for cell in row):
            yield _document(table, row, columns, options, place, name, " ".join(above))
    if above:
        yield Document(f"{name}:title", "\n".join(above), "", {"source": name})


def _document(
    table: _Table, row: list[str], columns: Columns, options: ReadOptions, place: str, source: str, above: str
) -> Document | Failure:
    cells = table.named(row)
    omitted = bad_bytes(sum(bad_signs(cell) + cell.count("\x00") for cell in row))
    omitted += () if table.quoted else (_UNCLOSED,)
    told = partial(record_document, typed=columns.typed(cells), omitted=omitted, extra={"table": above})
    return attempted(place, partial(told, cells, options, place, source))


def _survey(open_lines: OpenLines, delimiter: str) -> _Table:
    """Return how a table is written, from its first rows."""
    lines = list(islice(open_lines(), _LOOK))
    stated = _SEPARATOR_LINE.match(lines[0]) if lines else None
    table = _Table(delimiter or (stated[1] if stated else _delimiter(lines)))
    if _is_never_closed(table, open_lines()):
        table.quoted = False
    rows = [row for _, row in islice(table.rows(open_lines()), _LOOK) if isinstance(row, list)]
    _find_header(table, rows, skipped=1 if stated else 0)
    return table


def _delimiter(lines: Sequence[str]) -> str:
    """Return the sign that parts most rows into the same number of cells; none where one column is all there is."""
    if lines and lines[0].strip().strip('\ufeff"').lower() in USUAL_FIELDS:
        return _NO_DELIMITER

    def consistency(sign: str) -> tuple[float, int, int]:
        widths = [len(row) for _, row in _Table(sign).rows(iter(lines)) if isinstance(row, list) and any(row)]
        width, count = max(Counter(widths).items(), key=lambda item: (item[1], item[0]), default=(1, 0))
        share = count / len(widths) if width > 1 else 0.0
        return share, max(widths, default=0), -_DELIMITERS.index(sign)

    return max(_DELIMITERS, key=consistency)


def _is_never_closed(table: _Table, lines: Iterator[str]) -> bool:
    """Tell whether a quotation mark opens a cell that ends with the file."""
    kept: list[str] = []

    def watched() -> Iterator[str]:
        for line in lines:
            kept.append(line)
            yield line

    marks = 0
    for _ in table.rows(watched()):
        marks = sum(line.count('"') for line in kept)
        kept.clear()
    return marks % 2 == 1


def _find_header(table: _Table, rows: Sequence[Sequence[str]], skipped: int) -> None:
    """Set the names of the columns, the title lines and the number of the first row below them."""
    filled = [_filled(row) for row in rows]
    widths = Counter(_width(row) for row in rows[skipped:] if any(_stripped(row)))
    width = max(widths, key=lambda size: (widths[size], size), default=1)
    needed = max(min(width, 2), ceil(width * _HEADER_SHARE))
    at = next((n for n in range(skipped, len(rows)) if _may_be_header(rows[n], width, needed)), len(rows))
    table.first = skipped
    if at == len(rows):
        return
    below = [row for row in rows[at + 1 :] if any(_stripped(row))]
    titles = [number for number in range(skipped, at) if filled[number]]
    if _is_header(_stripped(rows[at]), below):
        table.titles, table.first = titles, at + 1
        for position, cell in enumerate(_stripped(rows[at]), 1):
            label = clean(squeeze(cell.lstrip("\ufeff"))) or f"column {position}"
            table.names.append(_free(label, table.names))
    elif width > 1:
        table.titles, table.first = titles, at


def _may_be_header(row: Sequence[str], width: int, needed: int) -> bool:
    """Tell whether a row is as wide as the table, unlike the lines of a title."""
    return _filled(row) >= needed or (_filled(row) > 1 and _width(row) == width)


def _is_header(first: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Tell whether a row names the columns: by usual names, or since its cells are texts above numbers and dates."""
    names = [cell for cell in first if cell]
    if any(name.lower().lstrip("\ufeff") in USUAL_FIELDS for name in names):
        return True
    if not below or any(len(name) > _LONGEST_COLUMN_NAME for name in names):
        return False
    speaks = [_speaks_for_header(cell, _column(below, number)) for number, cell in enumerate(first) if cell]
    if sum(speaks):
        return sum(speaks) > 0
    repeated = len(names) - len(set(names))
    again = any(cell and cell in _column(below, number) for number, cell in enumerate(first))
    return not again and (not repeated or repeated * 2 < len(names))


def _speaks_for_header(cell: str, values: Sequence[str]) -> int:
    """Return 1 where a cell differs in kind from those below it, -1 where it is a value itself, else 0."""
    if is_value(cell):
        is_year = _YEAR.fullmatch(cell) and values and not all(map(_YEAR.fullmatch, values))
        return 1 if is_year else -1
    return 1 if values and all(map(is_value, values)) else 0


def _column(rows: Sequence[Sequence[str]], number: int) -> list[str]:
    return [cell for row in rows if number < len(row) and (cell := row[number].strip())]


def _typed_columns(table: _Table, lines: Iterator[str]) -> Columns:
    columns = Columns(table.names, semicolons=table.delimiter == ";")
    for number, (_, row) in enumerate(table.rows(lines)):
        if number >= table.first and number not in table.titles and isinstance(row, list):
            columns.add(table.named(row))
    columns.finish()
    return columns


def _stripped(row: Sequence[str]) -> list[str]:
    return [cell.strip() for cell in row]


def _filled(row: Sequence[str]) -> int:
    return sum(map(bool, _stripped(row)))


def _width(row: Sequence[str]) -> int:
    """Return how many cells a row has, empty ones at its end left out."""
    return max((number for number, cell in enumerate(row, 1) if cell.strip()), default=0)


def _free(name: str, taken: Sequence[str]) -> str:
    """Return a name that no other column has: `name`, `name 2`, and so on."""
    number, candidate = 2, name
    while candidate in taken:
        candidate, number = f"{name} {number}", number + 1
    return candidate
