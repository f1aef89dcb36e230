"""Filters on a document's metadata: from text or a mapping, to a WHERE clause or a plain yes or no."""

from searchkit.queries.filters.mapping import from_mapping
from searchkit.queries.filters.matching import matches
from searchkit.queries.filters.parser import parse_where
from searchkit.queries.filters.tree import AllOf, AnyOf, Comparison, Exists, Filter, Not, Period
from searchkit.storage.filter_sql import FILL, ITEMS, paths, to_sql

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
