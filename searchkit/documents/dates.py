"""Dates as newspapers and metadata write them, to ISO 8601.

The grammar is strict on purpose: a full day, month and year, or nothing. Libraries that guess (dateutil turns
"10" into a date) would take ordinary lines for date lines.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from typing import NamedTuple

from searchkit.text.days import MONTHS

_FOREIGN_MONTHS = (
    "januar janvier enero gennaio janeiro januari января январь",
    "februar février fevrier febrero febbraio fevereiro februari февраля февраль",
    "märz marz mars marzo março marco maart марта март mär",
    "avril abril aprile апреля апрель",
    "mai mayo maggio maio mei мая май",
    "juni juin junio giugno junho июня июнь",
    "juli juillet julio luglio julho июля июль",
    "août aout agosto augustus августа август",
    "septembre septiembre settembre setembro сентября сентябрь",
    "oktober okt octobre octubre ottobre outubro октября октябрь",
    "novembre noviembre novembro ноября ноябрь",
    "dezember dez décembre decembre diciembre dicembre dezembro desember декабря декабрь",
)
_MONTHS = MONTHS | {name: number for number, names in enumerate(_FOREIGN_MONTHS, 1) for name in names.split()}
_MONTH = rf"(?P<month>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\b\.?"
_YEAR = r"(?P<year>[12]\d{3})(?!\d)"
_LAST_YEAR = r"(?P<year>[12]\d{3})(?=\D|$|\d{1,2}[: ])"  # web pages glue the time or the next date to it
_DAY = r"(?:(?<!\d)|(?<=[12]\d\d\d))(?P<day>\d{1,2})"

_DATE_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?<!\d)(?P<year>[12]\d{3})([-/.])(?P<number>\d{1,2})\2(?P<day>\d{1,2})(?!\d)",
        r"(?<!\d)(?P<year>[12]\d{3})\s?年\s?(?P<number>\d{1,2})\s?月\s?(?P<day>\d{1,2})\s?日",
        rf"\b{_MONTH}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s*(?:,\s*|\s){_LAST_YEAR}",
        rf"{_DAY}(?:st|nd|rd|th|er|\.|º)?[\s-]+(?:de\s+|of\s+)?{_MONTH},?[\s-]+(?:del?\s+)?{_LAST_YEAR}",
        rf"(?<![\d.])(?P<first>\d{{1,2}})(?P<separator>[./-])(?P<second>\d{{1,2}})(?P=separator){_YEAR}",
    )
)

# Only abbreviations that name one offset worldwide; CST, IST, ET and the like name several.
_ZONE_HOURS = {
    "Z": 0, "UTC": 0, "GMT": 0, "EST": -5, "EDT": -4, "PST": -8, "PDT": -7, "CET": 1, "CEST": 2, "MSK": 3,
    "ICT": 7, "SGT": 8, "HKT": 8, "JST": 9, "KST": 9,
}  # fmt: skip
_ZONE = (
    r"\(?(?P<zone>(?:UTC|GMT)?\s?[+\u2212-]\d{1,2}(?::?\d{2})?(?!\d)|Z\b"
    rf"|(?:{'|'.join(sorted(_ZONE_HOURS, key=len, reverse=True))}|ET|PT|CT|MT|IST|CST|BST|AEST|AEDT)\b)\)?"
)
_CLOCK = r"(?P<hour>\d{1,2})(?:[:h.](?P<minute>\d{2})(?!\d)(?::(?P<second>\d{2})(?:[.,]\d+)?)?)"
_CLOCK_12 = rf"(?:{_CLOCK}|(?P<full>\d{{1,2}}))\s*(?P<half>[ap])\.?m\b\.?"
_TIME_AFTER = tuple(
    re.compile(
        rf"(?:\s*(?:[,|T\u00b7•/-]|at|um|lúc|\u2013|\u2014)\s*|\s+|(?<=\d)(?=\d{{1,2}}:)){clock}(?:\s*{_ZONE})?",
        re.IGNORECASE,
    )
    for clock in (_CLOCK_12, _CLOCK)
)
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+)?"
_TIME_BEFORE = tuple(
    re.compile(rf"(?<![\d:.]){clock}(?:\s*{_ZONE})?\s*(?:,|on|\||-|\u2013)?\s*{_WEEKDAY}$", re.IGNORECASE)
    for clock in (_CLOCK_12, _CLOCK)
)
_LONGEST_FIELD = 500  # a date stands at the head of a metadata field, or the field holds something else
_LOOK_BACK = 40  # characters before a date in which its time may stand
_LONGEST_DATE = 64


class FoundDate(NamedTuple):
    """A date in a text, at `text[start:end]`. `value` is ISO 8601, "" where day and month cannot be told apart."""

    value: str
    start: int
    end: int


def find_dates(text: str) -> list[FoundDate]:
    """Return the full dates in `text` with their times, in order."""
    found: list[FoundDate] = []
    while (next_date := _next_date(text, found[-1].end if found else 0)) is not None:
        found.append(next_date)
    return found


def parse_date(text: str) -> str:
    """Return the first full date of `text` as ISO 8601, "" without one."""
    text = text[:_LONGEST_FIELD].strip()
    if len(text) <= _LONGEST_DATE and text[4:5] == "-":
        try:
            return _iso(datetime.fromisoformat(text), has_time=len(text) > len("2024-01-01"))
        except ValueError:
            pass
    return next((found.value for found in find_dates(text) if found.value), "")


def _next_date(text: str, position: int) -> FoundDate | None:
    floor = position
    while True:
        matches = [match for pattern in _DATE_PATTERNS if (match := pattern.search(text, position))]
        if not matches:
            return None
        first = min(matches, key=lambda match: (match.start(), -match.end()))
        day = _day(first)
        if day is not None:
            return _with_time(text, first, day, floor)
        position = first.start() + 1


def _with_time(text: str, match: re.Match[str], day: date, floor: int) -> FoundDate:
    start, end = match.span()
    clock = next((found for pattern in _TIME_AFTER if (found := pattern.match(text, end))), None)
    moment = _moment(clock) if clock else None
    if clock and moment:
        end = clock.end()
    else:
        back = max(floor, start - _LOOK_BACK)
        clock = next((found for pattern in _TIME_BEFORE if (found := pattern.search(text[back:start]))), None)
        moment = _moment(clock) if clock else None
        start = back + clock.start() if clock and moment else start
    if day is _UNCERTAIN:
        return FoundDate("", start, end)
    value = _iso(datetime.combine(day, moment), has_time=True) if moment else day.isoformat()
    return FoundDate(value, start, end)


_UNCERTAIN = date(1, 1, 1)


def _day(match: re.Match[str]) -> date | None:
    """Return the match's day, None where no calendar has it, _UNCERTAIN for one like 05/09/2024."""
    groups = match.groupdict()
    year = int(groups["year"])
    if "first" in groups:
        return _numeric_day(year, int(groups["first"]), int(groups["second"]), groups["separator"])
    month = _MONTHS[groups["month"].lower()] if "month" in groups else int(groups["number"])
    return _calendar(year, month, int(groups["day"]))


def _numeric_day(year: int, first: int, second: int, separator: str) -> date | None:
    if separator == "." or first > 12 or first == second:
        return _calendar(year, second, first)
    if second > 12:
        return _calendar(year, first, second)
    return _UNCERTAIN if first and second else None


def _calendar(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _moment(match: re.Match[str]) -> time | None:
    groups = match.groupdict()
    hour = int(groups["hour"] or groups.get("full") or 0)
    if half := groups.get("half"):
        hour = hour % 12 + (12 if half.lower() == "p" else 0)
    try:
        return time(hour, int(groups["minute"] or 0), int(groups["second"] or 0), tzinfo=_zone(groups["zone"]))
    except ValueError:
        return None


def _zone(name: str | None) -> tzinfo | None:
    if not name:
        return None
    offset = re.search(r"([+\u2212-])(\d{1,2}):?(\d{2})?$", name)
    if not offset:
        hours = _ZONE_HOURS.get(name.strip().upper())
        return None if hours is None else timezone(timedelta(hours=hours))
    delta = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
    if delta >= timedelta(hours=24):
        return None
    return timezone(delta if offset[1] == "+" else -delta)


def _iso(moment: datetime, *, has_time: bool) -> str:
    return moment.replace(microsecond=0).isoformat() if has_time else moment.date().isoformat()
