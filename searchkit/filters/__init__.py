"""Filters on a document's metadata: from text or a mapping, to a WHERE clause or a plain yes or no."""

from searchkit.filters.mapping import from_mapping
from searchkit.filters.matching import matches
from searchkit.filters.parser import parse_where
from searchkit.filters.sql import FILL, ITEMS, paths, to_sql
from searchkit.filters.tree import AllOf, AnyOf, Comparison, Exists, Filter, Not, Period

__all__ = [
    "FILL",
    "ITEMS",
    "AllOf",
    "AnyOf",
    "Comparison",
    "Exists",
    "Filter",
    "Not",
    "Period",
    "from_mapping",
    "matches",
    "parse_where",
    "paths",
    "to_sql",
]
