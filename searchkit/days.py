"""The calendar day of a date that is written as ISO 8601 says."""

from __future__ import annotations

from datetime import date


def day_of(text: str) -> int | None:
    """Return the proleptic ordinal of the day that an ISO 8601 date or time falls on, as written; None without one."""
    try:
        return date.fromisoformat(text[: len("2024-06-18")]).toordinal()
    except ValueError:
        return None
