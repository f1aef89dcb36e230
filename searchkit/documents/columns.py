"""What the columns of a table hold: numbers, truths and dates where every value is one, else text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from searchkit.documents.dates import find_dates
from searchkit.types import Scalar

_MISSING = frozenset({"", "nan", "null", "none", "n/a", "#n/a"})
_INTEGER = re.compile(r"-?(?:0|[1-9]\d{0,17})")  # 00123 is a name; more digits are in no database's integer
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?")
_COMMA_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14}|[1-9]\d{0,2}(?:\.\d{3})+)(?:,\d{1,15})?")
_THOUSANDS = re.compile(r"-?[1-9]\d{0,2}(?:\.\d{3})+")
_SHORT_DATE = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})")
_LONGEST_DATE = 60  # characters


class _Kind(NamedTuple):
    """What all values of a column may be: returns a value, or None for a text that is none."""

    name: str
    read: Callable[[str], Scalar]


def _integer(text: str) -> Scalar:
    return int(text) if _INTEGER.fullmatch(text) else None


def _number(text: str) -> Scalar:
    return float(text) if _NUMBER.fullmatch(text) else None


def _number_of_europe(text: str) -> Scalar:
    """Return a number beside decimal commas: 1.234 may be a thousand there."""
    return None if _THOUSANDS.fullmatch(text) else _number(text)


def _comma_number(text: str) -> Scalar:
    return float(text.replace(".", "").replace(",", ".")) if _COMMA_NUMBER.fullmatch(text) else None


def _truth(text: str) -> Scalar:
    return {"true": True, "false": False}.get(text.lower())


def _written_date(text: str) -> Scalar:
    """Return a date that nobody reads in two ways."""
    if len(text) > _LONGEST_DATE or not any(map(str.isdigit, text)):
        return None
    found = find_dates(text)
    whole = len(found) == 1 and found[0].start == 0 and found[0].end == len(text)
    return (found[0].value or None) if whole else None


def _day_first(text: str) -> Scalar:
    return _short_date(text, day=1, month=3)


def _month_first(text: str) -> Scalar:
    return _short_date(text, day=3, month=1)


def _short_date(text: str, day: int, month: int) -> Scalar:
    match = _SHORT_DATE.fullmatch(text)
    try:
        return date(int(match[4]), int(match[month]), int(match[day])).isoformat() if match else None
    except ValueError:
        return None


_KINDS = (
    _Kind("truth", _truth),
    _Kind("integer", _integer),
    _Kind("number", _number),
    _Kind("date", _written_date),
    _Kind("day first", _day_first),
    _Kind("month first", _month_first),
)
_KINDS_OF_EUROPE = (
    *_KINDS[:2],
    _Kind("number", _number_of_europe),
    _Kind("comma number", _comma_number),
    *_KINDS[3:],
)


@dataclass(slots=True)
class _Column:
    kinds: tuple[_Kind, ...]
    filled: bool = False
    comma: bool = False

    def add(self, text: str) -> None:
        if text.lower() in _MISSING:
            return
        self.filled = True
        self.comma = self.comma or "," in text
        if self.kinds:
            self.kinds = tuple(kind for kind in self.kinds if kind.read(text) is not None)

    @property
    def kind(self) -> _Kind | None:
        """Return what every value is, None for text or where it can be read in two ways."""
        names = [kind.name for kind in self.kinds]
        if not self.filled or ({"day first", "month first"} <= set(names) and "date" not in names):
            return None
        kinds = [kind for kind in self.kinds if kind.name != "comma number" or self.comma]
        return kinds[0] if kinds else None


@dataclass(slots=True)
class Columns:
    """Sees every row once, then reads values. semicolons: whether these part the cells, as beside decimal commas."""

    names: Sequence[str]
    semicolons: bool = False
    _columns: dict[str, _Column] = field(default_factory=dict)
    _kinds: dict[str, _Kind] = field(default_factory=dict)

    def add(self, row: Mapping[str, str]) -> None:
        """Look at a row."""
        for name, cell in row.items():
            column = self._columns.get(name)
            if column is None:
                column = self._columns[name] = _Column(_KINDS_OF_EUROPE if self.semicolons else _KINDS)
            column.add(cell.strip())

    def finish(self) -> None:
        """Settle what each column is."""
        self._kinds = {name: kind for name, column in self._columns.items() if (kind := column.kind)}

    def typed(self, row: Mapping[str, str]) -> dict[str, Scalar]:
        """Return the values of those cells that are in a column of numbers, truths or dates; None for missing ones."""
        return {name: self._kinds[name].read(cell.strip()) for name, cell in row.items() if name in self._kinds}


def is_value(text: str) -> bool:
    """Tell whether a cell is a number, a truth or a date, as names of columns are not."""
    return any(kind.read(text.strip()) is not None for kind in _KINDS_OF_EUROPE)
