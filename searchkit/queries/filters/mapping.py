"""Filters written as a mapping: {"section": "WORLD", "date": {">=": "2024-06-01"}, "doc": ["a.txt", "b.txt"]}."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any, cast

import numpy as np

from searchkit.errors import QueryError
from searchkit.queries.filters.instants import Instant
from searchkit.queries.filters.tree import (
    ORDERING,
    AllOf,
    Exists,
    Filter,
    Not,
    Operand,
    Operator,
    Period,
    check_name,
    compare,
)

_ALIASES = {"==": "=", "in": "=", "<>": "!=", "not in": "!=", "like": "~"}
_KNOWN = "=, !=, <, <=, >, >=, in, not in, ~ (or like), contains, exists"


def from_mapping(mapping: Mapping[str, Any]) -> Filter:
    """Return the filter that holds where every entry holds. Raises QueryError.

    An entry's value is a value, a list (any of them) or a mapping of operators to values, all of which
    must hold: =, !=, <, <=, >, >=, in, not in, ~ (or like), contains, exists (true or false).
    """
    if not isinstance(mapping, Mapping):
        raise QueryError(f"a filter is a mapping of names to values, not {type(mapping).__name__}")
    parts = [part for name, given in mapping.items() for part in _entry(name, given)]
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts))


def _entry(name: object, given: object) -> list[Filter]:
    if not isinstance(name, str):
        raise QueryError(f"{name!r} is no name to filter by; names are text")
    check_name(name)
    if not isinstance(given, Mapping):
        return [_condition(name, "=", given)]
    return [_condition(name, sign, value) for sign, value in given.items()]


def _condition(name: str, sign: object, given: object) -> Filter:
    plain = _ALIASES.get(str(sign), str(sign))
    if plain == "exists":
        if not isinstance(given, bool):
            raise QueryError(f"{name} exists takes true or false, not {given!r}")
        return Exists(name) if given else Not(Exists(name))
    if plain not in ("=", "!=", "~", "contains", *ORDERING):
        raise QueryError(f"{sign!r} is no operator for {name}; there are {_KNOWN}")
    listed = isinstance(given, list | tuple | set | frozenset)
    if listed and plain in ORDERING:
        raise QueryError(f"{name} {plain} takes one value, not a list")
    operands = [_operand(name, value) for value in (cast("Iterable[object]", given) if listed else [given])]
    if plain == "!=":
        return Not(compare(name, "=", operands))
    return compare(name, cast("Operator", plain), operands)


def _operand(name: str, value: object) -> Operand:
    """Return a Python value as an operand. Raises QueryError for a type that no document holds."""
    value = value.item() if isinstance(value, np.generic) else value
    for types, convert in _CONVERSIONS:
        if isinstance(value, types):
            return convert(value)
    raise QueryError(
        f"{name} is compared with {type(value).__name__}; give text, a number, true, false, null or a date"
    )


def _moment(value: datetime) -> Operand:
    text = value.isoformat(timespec="seconds")
    return Operand(text, Period.parse(text) if value.tzinfo is None else Instant.parse(text))


_CONVERSIONS: tuple[tuple[type | tuple[type, ...], Callable[[Any], Operand]], ...] = (
    (str, lambda text: Operand(text, text)),
    (bool, lambda truth: Operand(str(truth).lower(), truth)),
    ((int, float), lambda number: Operand(str(number), number)),
    (type(None), lambda _: Operand("null", None)),
    (datetime, _moment),  # before date, of which it is one
    (date, lambda day: Operand(day.isoformat(), Period.parse(day.isoformat()))),
)
