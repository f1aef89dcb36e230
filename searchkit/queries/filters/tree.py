"""The filter tree and what its parts mean.

A name stands for the values that a document has under it: none where the key is missing or null, one for
a scalar, each element for a list. A comparison holds when any value satisfies it; `!=`, `not in` and `not`
are its negation, so they hold where the key is missing. Values of another type than asked for never
satisfy: numbers compare with numbers, true with true, dates with dates, text with text, by code point,
upper and lower case being different.

doc, title, section and path are text; path is the document's id or its source and compares as a pattern.
date is a calendar date. A time with an offset from UTC is compared as an instant, one without as each document states
it, at its own place. Every other name is a key of the metadata; `a.b` is the key "a.b" and also "b"
inside "a".
"""

from __future__ import annotations

import math
import re
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, NamedTuple, TypeAlias

from searchkit.errors import QueryError
from searchkit.normalization import nfc, spellings
from searchkit.queries.filters.instants import Instant

Operator: TypeAlias = Literal["=", "<", "<=", ">", ">=", "~", "contains"]

TEXT_NAMES = ("doc", "title", "section", "path")
ORDERING = ("<", "<=", ">", ">=")
MOST_VALUES = 10_000  # in one list; SQLite binds no more than 32,766 values in a statement
LONGEST_PATTERN = 1_000  # characters; SQLite refuses patterns over 50,000 bytes
DATE_LIKE = "[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]"  # means the same to re and to SQLite's GLOB

_PERIOD = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?)?)?)?", re.ASCII)
_UNSAFE = re.compile(r'["\\\x00-\x1f\x7f\ud800-\udfff]')  # SQLite versions differ in how a JSON path escapes these


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time written as the beginning of an ISO 8601 time: a year, month, day, minute or second.

    Times are the document's own, at the place it states; a date without a time counts as its midnight.
    `days` are the ordinals of its first and last day.
    """

    prefix: str
    days: tuple[int, int]

    @property
    def has_time(self) -> bool:
        """Say whether the period is shorter than a day."""
        return len(self.prefix) > len("2024-06-18")

    @classmethod
    def parse(cls, text: str) -> Period | None:
        """Return the period that the text names, None if it names none."""
        found = _PERIOD.fullmatch(text)
        if found is None:
            return None
        year, month, day, hour, minute, second = (int(part) if part else None for part in found.groups())
        try:
            first = datetime(year or 0, month or 1, day or 1, hour or 0, minute or 0, second or 0)
        except ValueError:
            return None
        last = date(first.year, month or 12, day or monthrange(first.year, month or 12)[1])
        return cls(text.replace(" ", "T"), (first.toordinal(), last.toordinal()))


Value: TypeAlias = str | int | float | bool | Period | Instant


@dataclass(frozen=True, slots=True)
class Compared:
    """Any of the name's values stands in `operator` to any of `values`."""

    name: str
    operator: Operator
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Exists:
    """The name has a value."""

    name: str


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds; without parts, always."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One part holds at least; without parts, never."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Filter


Filter: TypeAlias = Compared | Exists | AllOf | AnyOf | Not


class Operand(NamedTuple):
    """A value as written, and as what it is where the name leaves that open; None is null."""

    text: str
    value: Value | None


def compare(name: str, operator: Operator, operands: Sequence[Operand]) -> Filter:
    """Build the filter `name operator any of operands`. Raises QueryError."""
    check_name(name)
    if len(operands) > MOST_VALUES:
        raise QueryError(f"{name} is compared with {len(operands)} values; give at most {MOST_VALUES}")
    given = [operand for operand in operands if operand.value is not None]
    if operator in ORDERING and any(operand.value is None or isinstance(operand.value, bool) for operand in operands):
        raise QueryError(f"{name} {operator} needs a number, date or text; null, true and false have no order")
    values = [value for operand in given for value in _spelt(name, operator, _value(name, operator, operand))]
    comparison = Compared(name, operator, tuple(values))
    if len(given) == len(operands):
        return comparison
    missing = Not(Exists(name))
    return AnyOf((missing, comparison)) if given else missing


def _spelt(name: str, operator: Operator, value: Value) -> tuple[Value, ...]:
    """Return how a name may be written: ids of documents are composed, names of files are as the disk has them."""
    if name not in ("doc", "path") or not isinstance(value, str):
        return (value,)
    return (nfc(value),) if operator in ORDERING else spellings(value)


def check_name(name: str) -> None:
    """Raise QueryError for a name that cannot be looked up."""
    if not name or _UNSAFE.search(name):
        raise QueryError(f"{name!r} is no name to filter by: leave quotes, backslashes and control characters out")


def json_paths(name: str) -> tuple[str, ...]:
    """Return the JSON paths at which SQLite finds the values of a metadata name."""
    flat, nested = f'$."{name}"', "$" + "".join(f'."{step}"' for step in name.split("."))
    return (flat,) if "." not in name.strip(".") or ".." in name else (flat, nested)


def sqlite_pattern(pattern: str) -> str:
    """Return a pattern of * and ? as both SQLite's GLOB and fnmatch read it: brackets are plain."""
    return pattern.replace("[", "[[]")


def _value(name: str, operator: Operator, operand: Operand) -> Value:
    """Return the operand as the type that the name and operator ask for."""
    if operator == "~" or (operator == "=" and name == "path"):
        if len(operand.text) > LONGEST_PATTERN:
            raise QueryError(f"the filter's pattern for {name} has over {LONGEST_PATTERN} characters; make it shorter")
        return _whole(operand.text)
    if name == "date" and operator != "contains":
        given = operand.value if isinstance(operand.value, Period | Instant) else _time(operand.text)
        if given is None:
            raise QueryError(
                f"{operand.text!r} is no date; write 2024, 2024-06, 2024-06-18, 2024-06-18T09:30 or 2024-06-18T09:30Z"
            )
        return given
    if name in (*TEXT_NAMES, "date") or operand.value is None:
        return _whole(operand.text)
    instant = Instant.parse(operand.text) if operator in ORDERING else None  # as text they would have no order
    return instant or _plain(operand.value)


def _time(text: str) -> Period | Instant | None:
    return Period.parse(text) or Instant.parse(text)


def _plain(value: Value) -> Value:
    """Return the value as SQLite can hold it. Raises QueryError for what is no finite number."""
    if isinstance(value, str):
        return _whole(value)
    if isinstance(value, Period | Instant | bool):
        return value
    number = as_number(value)
    if not math.isfinite(number):
        raise QueryError(f"{value} is too large or no number; filters compare finite numbers")
    return number


def as_number(number: float) -> int | float:
    """Return a whole number beyond 64 bits as the nearest float, as SQLite reads it."""
    if isinstance(number, float) or -(2**63) <= number < 2**63:
        return number
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def _whole(text: str) -> str:
    """Return the text. Raises QueryError for what UTF-8 cannot write and SQLite would cut short."""
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise QueryError(f"{text!r} holds a null character or half of a surrogate pair, which no document can")
    return text
