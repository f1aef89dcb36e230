"""The points in time that English words and ISO 8601 name, wherever they stand in a text."""

from __future__ import annotations

import math
import re
from calendar import monthrange
from collections.abc import Callable, Iterable
from datetime import date
from functools import cache
from typing import Literal, NamedTuple, TypeAlias

from searchkit.text.days import MONTHS

Days: TypeAlias = tuple[date, date]
Kind: TypeAlias = Literal["absolute", "relative"]

YEARS_BACK = 8  # how far to look for a day such as 29 February

_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}  # the first of three months
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ORDINALS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4}
_PARTS = {"early": 1, "beginning": 1, "start": 1, "mid": 5, "middle": 5, "late": 9, "end": 9}  # first of four months
_NEAR_DAYS = {"today": 0, "tonight": 0, "yesterday": 1, "last night": 1, "the day before yesterday": 2}
_UNIT_DAYS = {
    "hour": 1 / 24, "day": 1.0, "week": 7.0, "fortnight": 14.0, "month": 365.25 / 12, "quarter": 365.25 / 4,
    "year": 365.25, "decade": 3652.5,
}  # fmt: skip
_NUMBERS = {
    "a couple of": 2, "couple of": 2, "a few": 3, "few": 3, "an": 1, "a": 1, "one": 1, "two": 2, "three": 3, "four": 4,
    "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
}  # fmt: skip


class Moment(NamedTuple):
    """A time as it stands in the text, before its preposition is looked at.

    sure: a time without any preposition. of_year: what it is in another year, for one that states none.
    """

    start: int
    end: int
    days: Days
    kind: Kind = "absolute"
    sure: bool = True
    year_alone: bool = False
    of_year: Callable[[int], Days] | None = None


def points(text: str, today: date) -> list[Moment]:
    """Return the points in a text, in order, the longest where some overlap."""
    found = []
    for pattern, build in _grammar():
        for match in pattern.finditer(text):
            try:
                point = build(match, today)
            except (ValueError, OverflowError, LookupError):  # 31 June; auguſt, which only re takes for August
                continue
            if point is not None:
                found.append(point)
    found.sort(key=lambda point: (point.start, -point.end))
    kept: list[Moment] = []
    for point in found:
        if not kept or point.start >= kept[-1].end:
            kept.append(point)
    return kept


def shifted(day: date, days: int) -> date:
    """Return the day so many days later, or the calendar's last or first."""
    ordinal = day.toordinal() + days
    return date.fromordinal(min(max(ordinal, 1), date.max.toordinal()))


def _months(year: int, month: int, count: int = 1) -> Days:
    """Return the first and last day of `count` months from this one on."""
    end = month + count - 1
    last_year, last_month = year + (end - 1) // 12, (end - 1) % 12 + 1
    return date(year, month, 1), date(last_year, last_month, monthrange(last_year, last_month)[1])


def in_year(point: Moment, year: int) -> Days | None:
    """Return what a point that states no year is in this one, None if it does not exist."""
    try:
        return point.of_year(year) if point.of_year else None
    except (ValueError, OverflowError):
        return None


def _latest(of_year: Callable[[int], Days], today: date) -> Days:
    """Return the latest of a time's yearly returns that has begun. Raises ValueError if the calendar has none."""
    for year in range(today.year, today.year - YEARS_BACK, -1):
        try:
            days = of_year(year)
        except ValueError:  # 29 February
            continue
        if days[0] <= today:
            return days
    raise ValueError


def _yearly(match: re.Match[str], today: date, of_year: Callable[[int], Days]) -> Moment:
    """Return the point of a time that returns each year, in the year that stands with it or else the latest."""
    if match["year"]:
        return Moment(*match.span(), of_year(int(match["year"])))
    which = (match["which"] or "").lower()
    days = of_year(today.year) if which == "this" else _latest(of_year, today)
    if which in ("last", "previous", "past") and days[1] >= today:
        days = of_year(days[0].year - 1)
    kind: Kind = "relative" if which else "absolute"
    return Moment(*match.span(), days, kind, sure=bool(which), of_year=None if which else of_year)


def _month(match: re.Match[str], today: date) -> Moment | None:
    name = match["month"].lower()
    alone = not match["year"]
    if alone and (len(name) < 4 if name != "may" else match["which"] and match["month"] == name):
        return None  # "in Mar del Plata", "what this may mean"
    return _yearly(match, today, lambda year: _months(year, MONTHS[name]))


def _month_day(match: re.Match[str], today: date) -> Moment:
    month, first, last = MONTHS[match["month"].lower()], int(match["day"]), int(match["until"] or match["day"])
    if last < first:
        raise ValueError(match[0])
    return _yearly(match, today, lambda year: (date(year, month, first), date(year, month, last)))


def _season(match: re.Match[str], today: date) -> Moment | None:
    if match["season"].lower() == "fall" and match.string.startswith(" in ", match.end()):  # "since the fall in prices"
        return None
    return _yearly(match, today, lambda year: _months(year, _SEASONS[match["season"].lower()], 3))


def _quarter(match: re.Match[str], today: date) -> Moment:
    number = int(match["digit"] or _ORDINALS[match["ordinal"].lower()])
    return _yearly(match, today, lambda year: _months(year, 3 * number - 2, 3))


def _half(match: re.Match[str], today: date) -> Moment:
    number = int(match["digit"] or _ORDINALS[match["ordinal"].lower()])
    return _yearly(match, today, lambda year: _months(year, 6 * number - 5, 6))


def _part(match: re.Match[str], _: date) -> Moment:
    first = _PARTS[(match["part"] or match["stretch"]).lower()]
    return Moment(*match.span(), _months(int(match["year"]), first, 4))


def _decade(match: re.Match[str], _: date) -> Moment:
    return Moment(*match.span(), _months(int(match["decade"]), 1, 120))


def _year(match: re.Match[str], _: date) -> Moment:
    return Moment(*match.span(), _months(int(match["year"]), 1, 12), sure=False, year_alone=True)


def _years(match: re.Match[str], _: date) -> Moment | None:
    first, last = int(match["year"]), int(match["last"])
    last += first // 100 * 100 if last < 100 else 0
    return Moment(*match.span(), _months(first, 1, 12 * (last - first + 1))) if first < last < first + 100 else None


def _iso(match: re.Match[str], _: date) -> Moment:
    year, month = int(match["year"]), int(match["month"])
    if match["day"] is None:
        return Moment(*match.span(), _months(year, month))
    day = date(year, month, int(match["day"]))
    return Moment(*match.span(), (day, day))


def _near_day(match: re.Match[str], today: date) -> Moment:
    day = shifted(today, -_NEAR_DAYS[" ".join(match[0].lower().split())])
    return Moment(*match.span(), (day, day), "relative")


def _weekday(match: re.Match[str], today: date) -> Moment:
    which = (match["which"] or "").lower()
    until = shifted(today, -1) if which in ("last", "previous", "past") else today
    day = shifted(until, -((until.weekday() - _WEEKDAYS.index(match["weekday"].lower())) % 7))
    return Moment(*match.span(), (day, day), "relative", sure=bool(which))


def _calendar_unit(match: re.Match[str], today: date) -> Moment:
    """Return this week, last month, the past year: the last is counted back from today."""
    which, unit = match["which"].lower(), match["unit"].lower()
    if which == "past":
        return _back(match, today, unit, 1)
    first, last = _current(unit, today)
    if which in ("last", "previous"):
        first, last = _current(unit, shifted(today, -7) if unit in ("week", "weekend") else shifted(first, -1))
    return Moment(*match.span(), (first, last), "relative")


def _current(unit: str, day: date) -> Days:
    """Return the week, weekend, month, quarter, year or decade that a day lies in."""
    if unit in ("week", "weekend"):
        monday = shifted(day, -day.weekday())
        return (monday if unit == "week" else shifted(monday, 5)), shifted(monday, 6)
    if unit in ("year", "decade"):
        return _months(day.year if unit == "year" else day.year // 10 * 10, 1, 12 if unit == "year" else 120)
    return _months(day.year, day.month) if unit == "month" else _months(day.year, (day.month - 1) // 3 * 3 + 1, 3)


def _last_units(match: re.Match[str], today: date) -> Moment:
    return _back(match, today, match["unit"].lower(), _number(match["number"]))


def _back(match: re.Match[str], today: date, unit: str, number: int) -> Moment:
    """Return the days that so many units before today begin."""
    days = math.ceil(number * (2.0 if unit == "weekend" else _UNIT_DAYS[unit]))
    return Moment(*match.span(), (shifted(today, -days), today), "relative")


def _ago(match: re.Match[str], today: date) -> Moment:
    """Return the days around a time ago: half a unit to each side, since people round."""
    number, length = _number(match["number"]), _UNIT_DAYS[match["unit"].lower()]
    centre, slack = round(number * length), int(length / 2)
    return Moment(*match.span(), (shifted(today, -centre - slack), shifted(today, min(0, slack - centre))), "relative")


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else _NUMBERS[" ".join(text.lower().split())]


# --- the grammar's words, compiled when a question first needs them -----------------------------------------


def any_of(words: Iterable[str]) -> str:
    """Return an alternation, longest word first, with any white space between the words of a phrase."""
    ordered = sorted(words, key=len, reverse=True)
    return "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in ordered)


@cache
def cue() -> re.Pattern[str]:
    """Return a pattern that each question with a time matches, and most others don't."""
    words = ("ago", "last", "past", "previous", "this", "current", *_NEAR_DAYS, *MONTHS, *_SEASONS, *_WEEKDAYS)
    return re.compile(rf"[0-9]{{4}}|\bq[1-4]\b|\b(?:{any_of(words)})\b", re.IGNORECASE)


@cache
def _grammar() -> tuple[tuple[re.Pattern[str], Callable[[re.Match[str], date], Moment | None]], ...]:
    before, digits, after = r"(?<![\w.,:/$€£#–—-])", "(?P<year>(?:1[89]|20)[0-9]{2})", r"(?![\w%]|[.,:/-][0-9])"
    year = before + digits + after
    some_year = rf"(?:,?\s+(?:of\s+)?(?:the\s+year\s+)?{year})"
    which = r"(?:(?P<which>last|previous|past|this)\s+)?"
    month = rf"(?P<month>{any_of(MONTHS)})\b\.?"
    day = r"(?<![\w.,:/-])(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?"
    until = r"(?P<until>[0-9]{1,2})(?:st|nd|rd|th)?"
    days = rf"{day}(?:(?:\s?[-–]\s?|\s+(?:to|and)\s+){until})?"
    end = r"(?![\w'’])"
    stretch = "beginning|start|middle|end"
    not_of = r"(?!\s+of\b)"  # "in the fall of the wall", "the last year of the war"
    not_own = r"(?<!his )(?<!her )(?<!its )(?<!our )(?<!their )(?<!['’]s )(?<!\w)"
    number = rf"(?P<number>[0-9]{{1,3}}|{any_of(_NUMBERS)})"
    unit = rf"(?P<unit>{any_of(_UNIT_DAYS)})"
    units = "weekend|week|month|quarter|year|decade"
    quarter = rf"(?:Q(?P<digit>[1-4])|(?P<ordinal>{any_of(_ORDINALS)})\s+quarter)"
    half = r"(?:H(?P<digit>[12])|(?P<ordinal>first|second|1st|2nd)\s+half)"
    rules: dict[str, Callable[[re.Match[str], date], Moment | None]] = {
        r"(?<![\w.-])(?P<year>[12][0-9]{3})-(?P<month>[01][0-9])(?:-(?P<day>[0-3][0-9]))?(?![0-9-]|[A-SU-Z])": _iso,
        rf"{before}{digits}\s?[-–—/]\s?(?P<last>[0-9]{{4}}|[0-9]{{2}}){end}": _years,
        rf"\b{which}(?:(?:(?:early|mid|late)[\s-]+)|(?:{stretch})\s+of\s+)?{month}(?:{some_year}|{end})": _month,
        rf"\b(?P<which>last\s+)?{month}\s+{day}(?:\s?[-–]\s?{until})?(?:{some_year}|{end})": _month_day,
        rf"{days}\s+(?:of\s+)?(?P<which>last\s+)?{month}(?:{some_year}|{end})": _month_day,
        rf"\b{which}(?P<season>{any_of(_SEASONS)})(?:\s+(?:of\s+)?{digits}(?:/[0-9]{{2,4}})?|{not_of}){end}": _season,
        rf"\b(?P<which>this\s+)?{quarter}{some_year}": _quarter,
        rf"\b(?P<which>this\s+)?{half}{some_year}": _half,
        rf"\b(?:(?P<part>early|mid|late)[\s-]+(?:in\s+)?|(?P<stretch>{stretch})\s+of\s+){digits}{after}": _part,
        r"(?<![\w$€£])(?P<decade>(?:1[89]|20)[0-9]0)['’]?s\b": _decade,
        year: _year,
        rf"(?<!\w)(?:{any_of(_NEAR_DAYS)}){end}": _near_day,
        rf"{not_own}(?P<which>last|previous|past|this|current)\s+(?P<unit>{units})\b{not_of}": _calendar_unit,
        rf"\b(?:last|previous|past)\s+{number}\s+{unit}s?\b{not_of}": _last_units,
        rf"(?<![\w.,]){number}\s+{unit}s?\s+ago\b": _ago,
        rf"\b{which}(?P<weekday>{any_of(_WEEKDAYS)}){end}": _weekday,
    }
    return tuple((re.compile(pattern, re.IGNORECASE), build) for pattern, build in rules.items())
