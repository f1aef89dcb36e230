"""Dates in queries: a year, a month, a day, a comparison or a range."""

from __future__ import annotations

import re
from datetime import date, timedelta

from searchkit.errors import QueryError
from searchkit.queries.filters import Period
from searchkit.queries.syntax import DateRange

_COMPARED = re.compile(r"(<=|>=|<|>)(.+)")
_OPEN = (None, "", "*")


def named(text: str) -> DateRange:
    """Return the days of `2024`, `2024-06`, `2024-06-18` or `>=2024-06`. Raises QueryError."""
    compared = _COMPARED.fullmatch(text)
    if compared is None:
        return DateRange(*_days(text))
    first, last = _days(compared[2])
    match compared[1]:
        case "<":
            return DateRange(None, _shifted(first, -1))
        case "<=":
            return DateRange(None, last)
        case ">":
            return DateRange(_shifted(last, 1), None)
        case _:
            return DateRange(first, None)


def between(start: str | None, end: str | None, *, after: bool = False, before: bool = False) -> DateRange:
    """Return the days from `start` to `end`; None, "" or "*" is open. `after` and `before` leave the ends out."""
    first = None if start in _OPEN else named(f"{'>' if after else '>='}{start}").start
    last = None if end in _OPEN else named(f"{'<' if before else '<='}{end}").end
    if first is None and last is None:
        raise QueryError("a range of dates needs a start or an end, as in date:[2024-06 TO]")
    if first is not None and last is not None and first > last:
        raise QueryError(f"the range of dates from {start} to {end} ends before it begins")
    return DateRange(first, last)


def _days(text: str) -> tuple[date, date]:
    period = Period.parse(text)
    if period is None:
        raise QueryError(f"{text!r} is no date; write 2024, 2024-06 or 2024-06-18")
    first, last = period.days
    return date.fromordinal(first), date.fromordinal(last)


def _shifted(day: date, days: int) -> date:
    try:
        return day + timedelta(days)
    except OverflowError:
        return day
