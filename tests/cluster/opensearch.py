"""What OpenSearch's queries without scores mean, in plain Python, over one row: filters are tested without a node."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from searchkit.cluster.metadata import values
from searchkit.text.days import day_of
from searchkit.types import Document

Row = Mapping[str, Sequence[Any]]

TESTS: Mapping[str, Callable[[Any, Any], bool]] = {  # by the query: whether a value of its field fits
    "terms": lambda value, wanted: any(_same(value, each) for each in wanted),
    "range": lambda value, wanted: all(ENDS[end](value, bound) for end, bound in wanted.items()),
    "wildcard": lambda value, wanted: _pattern(wanted["value"]).fullmatch(value) is not None,
}
ENDS = {"lt": operator.lt, "lte": operator.le, "gt": operator.gt, "gte": operator.ge}


def row_of(document: Document) -> Row:
    """Return the fields that filters look at, of a document's rows."""
    fields = {
        f"meta.{kind}.{name}": held
        for kind, names in values(document.id, document.title, document.metadata).items()
        for name, held in names.items()
    }
    date = document.metadata.get("date")
    day = day_of(date) if isinstance(date, str) else None
    return fields if day is None else {**fields, "day": [day]}


def selects(query: Mapping[str, Any], row: Row) -> bool:
    """Tell whether a row matches a query."""
    ((kind, body),) = query.items()
    if kind in ("match_all", "match_none"):
        return kind == "match_all"
    if kind == "bool":
        return _boolean(body, row)
    if kind == "exists":
        return bool(row.get(body["field"]))
    ((field, wanted),) = body.items()
    return any(TESTS[kind](value, wanted) for value in row.get(field, ()))


def _boolean(body: Mapping[str, Any], row: Row) -> bool:
    assert body.keys() <= {"filter", "should", "must_not"}
    must, should = body.get("filter", []), body.get("should", [])
    if should and not must and not any(selects(each, row) for each in should):
        return False
    return all(selects(each, row) for each in must) and not any(selects(each, row) for each in body.get("must_not", []))


def _same(value: Any, wanted: Any) -> bool:
    return bool(value == wanted) and isinstance(value, bool) == isinstance(wanted, bool)


def _pattern(wildcard: str) -> re.Pattern[str]:
    parts = re.findall(r"\\.|.", wildcard, re.DOTALL)
    means = {"*": ".*", "?": "."}
    return re.compile("".join(means.get(part) or re.escape(part[-1]) for part in parts), re.DOTALL)
