"""Whether one document passes a filter, and one value a comparison: what every index of columns must agree with."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import translate
from functools import lru_cache
from typing import Any, NamedTuple

from searchkit.queries.filters.instants import Instant
from searchkit.queries.filters.tree import (
    DATE_LIKE,
    AllOf,
    AnyOf,
    Compared,
    Exists,
    Filter,
    Not,
    Period,
    Value,
    as_number,
    sqlite_pattern,
)
from searchkit.text.days import day_of
from searchkit.types import Document, Metadata

NAMED = ("doc", "title", "section", "path", "date")  # names that are no keys of the metadata
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_DATE = re.compile(rf"{DATE_LIKE}(?:[T ].*)?", re.DOTALL)
_MIDNIGHT = "T00:00:00"


class Held(NamedTuple):
    """A value that a document has, and whether as an element of a list."""

    value: Any
    listed: bool = False


def matches(condition: Filter, document: Document) -> bool:
    """Say whether the document passes the filter."""
    match condition:
        case AllOf(parts):
            return all(matches(part, document) for part in parts)
        case AnyOf(parts):
            return any(matches(part, document) for part in parts)
        case Not(part):
            return not matches(part, document)
        case Exists(name):
            return any(True for _ in _held(name, document))
        case Compared(name, sign, values):
            return any(holds(name, sign, held, value) for held in _held(name, document) for value in values)


def _held(name: str, document: Document) -> Iterable[Held]:
    """Return the document's values under a name."""
    metadata = document.metadata
    texts = {
        "doc": (document.id,),
        "title": (document.title,),
        "section": (str(metadata.get("section") or ""),),
        "path": (document.id, str(metadata.get("source") or "")),
        "date": (metadata["date"],) if isinstance(metadata.get("date"), str) else (),
    }
    if name in texts:
        return [Held(text) for text in texts[name] if text]
    nested = _nested(metadata, name.split(".")) if "." in name else []
    return [*_flat(metadata.get(name)), *nested]


def _nested(metadata: Any, steps: list[str]) -> Iterable[Held]:
    if not all(steps):
        return []
    for step in steps:
        metadata = metadata.get(step) if isinstance(metadata, Mapping) else None
    return _flat(metadata)


def _flat(value: Any) -> Iterable[Held]:
    """Return a scalar, a list's elements or a mapping's values, without nulls and what is nested deeper."""
    listed = isinstance(value, list | tuple | Mapping)
    values = value.values() if isinstance(value, Mapping) else value if listed else [value]
    return [Held(each, listed) for each in values if isinstance(each, str | int | float)]


def in_metadata(metadata: Metadata) -> Iterator[tuple[str, Held]]:
    """Yield each name under which a filter finds a value of metadata, with that: keys, "outer.inner" in mappings."""
    for name, value in metadata.items():
        if name not in NAMED:
            yield from ((name, held) for held in _flat(value))
        if isinstance(value, Mapping) and name and "." not in name:
            yield from _inside(name, value)


def _inside(path: str, value: Mapping[str, Any]) -> Iterator[tuple[str, Held]]:
    for step, inner in value.items():
        if step and "." not in step:
            name = f"{path}.{step}"
            yield from ((name, held) for held in _flat(inner))
            if isinstance(inner, Mapping):
                yield from _inside(name, inner)


def holds(name: str, sign: str, held: Held, wanted: Value) -> bool:
    """Say whether one value satisfies a comparison with another."""
    value = held.value
    if isinstance(wanted, Period):
        return isinstance(value, str) and _in_time(name, sign, value, wanted)
    if isinstance(wanted, Instant):
        return isinstance(value, str) and wanted.holds(sign, value)
    if isinstance(wanted, str):
        return isinstance(value, str) and _as_text(name, sign, held, wanted)
    if isinstance(value, str) or isinstance(value, bool) != isinstance(wanted, bool):
        return False
    return _ORDER["=" if sign == "contains" else sign](as_number(value), wanted)


def _as_text(name: str, sign: str, held: Held, wanted: str) -> bool:
    if sign == "~" or (sign == "=" and name == "path"):
        return _pattern(wanted).match(held.value) is not None
    if sign == "contains":
        return held.value == wanted if held.listed else wanted in held.value
    return _ORDER[sign](held.value, wanted)


@lru_cache(maxsize=64)
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(translate(sqlite_pattern(pattern)))


def _in_time(name: str, sign: str, text: str, period: Period) -> bool:
    """Compare a date with a period: before it, inside it, after it."""
    if name == "date" and not period.has_time:
        return _day_in(sign, day_of(text), period.days)
    time = as_time(text)
    if time is None:
        return False
    return _ORDER["=" if sign == "contains" else sign](time[: len(period.prefix)], period.prefix)


def as_time(text: str) -> str | None:
    """Return the time that a text begins with a day of, with its midnight if it names none; None for other texts."""
    if not _DATE.fullmatch(text):
        return None
    return text.replace(" ", "T") + _MIDNIGHT[len(text) - len("2024-06-18") :]


def _day_in(sign: str, day: int | None, days: tuple[int, int]) -> bool:
    if day is None:
        return False
    first, last = days
    return {"=": first <= day <= last, "<": day < first, "<=": day <= last, ">": day > last, ">=": day >= first}[sign]
