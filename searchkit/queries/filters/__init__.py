"""Filters on a document's metadata: from text or a mapping, to a tree, and to a plain yes or no."""

from collections.abc import Mapping
from typing import Any

from searchkit.queries.filters.instants import Instant
from searchkit.queries.filters.mapping import from_mapping
from searchkit.queries.filters.matching import matches
from searchkit.queries.filters.parser import parse_where
from searchkit.queries.filters.tree import AllOf, AnyOf, Compared, Exists, Filter, Not, Period

__all__ = [
    "AllOf",
    "AnyOf",
    "Compared",
    "Exists",
    "Filter",
    "Instant",
    "Not",
    "Period",
    "from_mapping",
    "matches",
    "parse_where",
    "read",
]


def read(where: str | Mapping[str, Any] | Filter) -> Filter:
    """Return the filter that a text, a mapping or a filter itself says. Raises QueryError."""
    if isinstance(where, str):
        return parse_where(where)
    return from_mapping(where) if isinstance(where, Mapping) else where
