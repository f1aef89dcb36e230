"""Filters of the frameworks, as searchkit's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from searchkit.errors import QueryError
from searchkit.queries.filters import AllOf, AnyOf, Exists, Filter, Not, from_mapping

Join = Callable[[Sequence[Filter]], Filter]

JOINS: Mapping[str, Join] = {
    "and": lambda parts: AllOf(tuple(parts)),
    "or": lambda parts: AnyOf(tuple(parts)),
    "not": lambda parts: Not(AllOf(tuple(parts))),
}


def condition(name: object, sign: str, value: object) -> Filter:
    """Return the filter `name sign value`; signs are those of `from_mapping`. Raises QueryError."""
    return from_mapping({name: {sign: value}})  # type: ignore[dict-item]  # a name that is no text is named there


def from_haystack(given: Mapping[str, Any]) -> Filter:
    """Return a filter of Haystack, {"operator", "conditions"} or {"field", "operator", "value"}, as one of ours.

    A field is a name of ours, with or without the "meta." before it. Raises QueryError for what cannot be said.
    """
    if not isinstance(given, Mapping) or "operator" not in given:
        raise QueryError(f"a filter of Haystack is a mapping with an operator, not {given!r}")
    sign = str(given["operator"]).lower()
    if "conditions" in given:
        if sign not in JOINS:
            raise QueryError(f"{given['operator']!r} joins no conditions; AND, OR and NOT do")
        return JOINS[sign]([from_haystack(each) for each in given["conditions"]])
    if not {"field", "value"} <= given.keys():
        raise QueryError(f"a condition of Haystack has field, operator and value, not {sorted(given)}")
    name, value = str(given["field"]).removeprefix("meta."), given["value"]
    if sign == "not in":
        return condition(name, "!=", value)
    return condition(name, "=" if sign in ("==", "in") else sign, value)


def from_llamaindex(given: Any) -> Filter:
    """Return LlamaIndex's MetadataFilters or MetadataFilter as one of ours. Raises QueryError for what cannot be said.

    `text_match` finds text that contains the value, in its upper and lower case; `any` and `contains` hold where a list
    has one of the values, `all` where it has each of them.
    """
    if hasattr(given, "filters"):
        join = given.condition.value if given.condition is not None else "and"
        return JOINS[join]([from_llamaindex(each) for each in given.filters])
    name, sign, value = given.key, given.operator.value, given.value
    if sign == "is_empty":
        return Not(Exists(name))
    if sign == "all":
        return AllOf(tuple(condition(name, "=", each) for each in _listed(sign, value)))
    if sign == "nin":
        return condition(name, "!=", _listed(sign, value))
    if sign in ("in", "any"):
        return condition(name, "=", _listed(sign, value))
    if sign == "text_match_insensitive":
        raise QueryError("text_match_insensitive has no counterpart: filters tell upper and lower case apart")
    return condition(name, {"contains": "=", "text_match": "contains", "==": "="}.get(sign, sign), value)


def _listed(sign: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise QueryError(f"{sign} takes a list, not {value!r}")
    return value
