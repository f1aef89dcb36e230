"""Points in time, whichever place states them: 10:00 at +02:00 is 08:00 at Z."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

_WRITTEN = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d(?:\.\d{1,6}\d*)?)?\s?(?:([Zz])|([+-]\d\d):?(\d\d)?)", re.ASCII
)
_STATED = re.compile(  # as SQLite reads it
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[T ][T\s]*(?:(\d\d):(\d\d)(?::(\d\d(?:\.\d+)?))?\s*(?:[Zz]|([+-])(\d\d):(\d\d))?\s*)?)?",
    re.ASCII,
)
_EPOCH = date(1970, 1, 1).toordinal()
_LATEST = (24, 59, 14, 59)  # that SQLite takes as hour, minute, and hours and minutes of an offset


@dataclass(frozen=True, slots=True)
class Instant:
    """A second or a minute of the world's clock: its first and last second since 1970.

    A time that a document states without an offset counts as UTC, a date as its midnight.
    """

    first: int
    last: int

    @classmethod
    def parse(cls, text: str) -> Instant | None:
        """Return the instant that an ISO 8601 time with an offset names, None if it names none."""
        found = _WRITTEN.fullmatch(text)
        if found is None:
            return None
        day, clock, seconds, zulu, hours, minutes = found.groups()
        offset = "+00:00" if zulu else f"{hours}:{minutes or '00'}"
        try:
            moment = datetime.fromisoformat(f"{day}T{clock}{(seconds or ':00')[:3]}{offset}")
            first = int(moment.timestamp())
        except (ValueError, OverflowError):
            return None
        return cls(first, first if seconds else first + 59)

    def holds(self, sign: str, text: str) -> bool:
        """Tell whether the time that a document states stands in `sign` to this one."""
        at = seconds(text)
        if at is None:
            return False
        return {
            "<": at < self.first,
            "<=": at <= self.last,
            ">": at > self.last,
            ">=": at >= self.first,
        }.get(sign, self.first <= at <= self.last)


def seconds(text: str) -> int | None:
    """Return the second since 1970 of a date or time in ISO 8601, None for what is none."""
    found = _STATED.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second, sign, hours, minutes = found.groups(default="0")
    clock = tuple(map(int, (hour, minute, hours, minutes)))
    if any(part > latest for part, latest in zip(clock, _LATEST, strict=True)) or float(second) >= 60:
        return None
    if not (int(year) and 1 <= int(month) <= 12 and 1 <= int(day) <= 31):
        return None
    days = date(int(year), int(month), 1).toordinal() + int(day) - 1 - _EPOCH
    east = (clock[2] * 60 + clock[3]) * (-1 if sign == "-" else 1)
    whole = ((days * 24 + clock[0]) * 60 + clock[1] - east) * 60
    return whole + int(float(second) * 1000 + 0.5) // 1000
