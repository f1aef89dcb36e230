"""A filter as an OpenSearch query over the metadata of rows, with the meaning that `queries.filters` gives it.

Numbers compare as float64. Texts of more characters than `LONGEST_VALUE` are not found.
"""

from __future__ import annotations

from collections.abc import Sequence

from searchkit.cluster.mapping import DATE, ELEMENT, NUMBER, SECOND, TEXT, TRUTH, field
from searchkit.cluster.queries import ALWAYS, Clause, any_of, escaped
from searchkit.queries.filters import AllOf, AnyOf, Compared, Exists, Filter, Instant, Not, Period

_ENDS = {"<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}
_FIRST = ("<", ">=")  # compare with the first day or second of a stretch of time, <= and > with the last


def filtered(condition: Filter) -> Clause:
    """Return the query that matches the rows of documents that fit; it gives no scores."""
    match condition:
        case AllOf(parts):
            return {"bool": {"filter": [filtered(part) for part in parts]}} if parts else ALWAYS
        case AnyOf(parts):
            return any_of([filtered(part) for part in parts])
        case Not(part):
            return {"bool": {"must_not": [filtered(part)]}}
        case Exists(name):
            return any_of([{"exists": {"field": field(kind, name)}} for kind in (TEXT, ELEMENT, NUMBER, TRUTH)])
        case Compared():
            return any_of(_tests(condition))


def _tests(compared: Compared) -> list[Clause]:
    """Return queries of which one must match."""
    name, sign, values = compared.name, compared.operator, compared.values
    texts = [value for value in values if isinstance(value, str)]
    truths = [value for value in values if isinstance(value, bool)]
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    found = _texts(name, sign, texts) if texts else []
    found += [_among(field(TRUTH, name), truths)] if truths else []
    found += _numbers(field(NUMBER, name), sign, numbers) if numbers else []
    for value in values:
        if isinstance(value, Period):
            found.append(_period(name, sign, value))
        elif isinstance(value, Instant):
            found.append(_span(field(SECOND, name), sign, value.first, value.last))
    return found


def _texts(name: str, sign: str, texts: Sequence[str]) -> list[Clause]:
    """Return tests of texts by themselves and in lists, which `contains` holds to be the whole value."""
    fields = field(TEXT, name), field(ELEMENT, name)
    if sign == "~" or (sign == "=" and name == "path"):
        return [_wildcard(each, escaped(text)) for each in fields for text in texts]
    if sign == "=":
        return [_among(each, texts) for each in fields]
    if sign != "contains":
        return [_range(each, sign, text) for each in fields for text in texts]
    plain = (escaped(text).replace("*", "\\*").replace("?", "\\?") for text in texts)
    return [_among(fields[1], texts), *(_wildcard(fields[0], f"*{text}*") for text in plain)]


def _numbers(name: str, sign: str, numbers: Sequence[float]) -> list[Clause]:
    if sign in ("=", "contains"):
        return [_among(name, numbers)]
    return [_range(name, sign, number) for number in numbers]


def _period(name: str, sign: str, period: Period) -> Clause:
    """Return the test of a date: by its day, or by the beginning of the text that states it in full."""
    if name == "date" and not period.has_time:
        return _span("day", sign, *period.days)
    first, after = period.prefix, period.prefix[:-1] + chr(ord(period.prefix[-1]) + 1)
    ends = {"<": {"lt": first}, "<=": {"lt": after}, ">": {"gte": after}, ">=": {"gte": first}}
    return {"range": {field(DATE, name): ends.get(sign, {"gte": first, "lt": after})}}


def _span(name: str, sign: str, first: int, last: int) -> Clause:
    """Return the test of a number against a stretch: before it, inside it, after it."""
    if sign not in _ENDS:
        return {"range": {name: {"gte": first, "lte": last}}}
    return _range(name, sign, first if sign in _FIRST else last)


def _range(name: str, sign: str, value: object) -> Clause:
    return {"range": {name: {_ENDS[sign]: value}}}


def _wildcard(name: str, pattern: str) -> Clause:
    return {"wildcard": {name: {"value": pattern}}}


def _among(name: str, values: Sequence[object]) -> Clause:
    return {"terms": {name: list(values)}}
