"""Calendar days: of an ISO 8601 date, and the English names of months."""

from __future__ import annotations

from datetime import date

_MONTH_NAMES = (
    "january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
    "september sep sept", "october oct", "november nov", "december dec",
)  # fmt: skip
MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names.split()}


def day_of(text: str) -> int | None:
    """Return the proleptic ordinal of the day that an ISO 8601 date or time falls on, as written; None without one."""
    try:
        return date.fromisoformat(text[: len("2024-06-18")]).toordinal()
    except ValueError:
        return None
