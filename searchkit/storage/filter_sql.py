"""A filter as a WHERE clause over the table `documents`, every value bound, none written into the clause.

The table has the columns key, id, title, section, source (text, '' for none), date (ISO 8601 text or null), day
(the date's ordinal or null) and metadata (JSON text with its characters unescaped). Single values of the metadata are
looked up in the table `items`, which `ITEMS` makes and `FILL` fills for a JSON path: reading the JSON of all documents
for every filter would take half a second for 250,000.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from searchkit.errors import QueryError
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
    json_paths,
    sqlite_pattern,
)


class Clause(NamedTuple):
    """A piece of SQL and the values for its question marks, in order."""

    sql: str
    values: tuple[object, ...] = ()


ITEMS = (
    "CREATE TEMP TABLE items (path TEXT, value, type TEXT, listed INTEGER, document INTEGER, "
    "PRIMARY KEY (path, value, type, listed, document)) WITHOUT ROWID"
)
FILL = (  # binds a path three times
    "INSERT OR IGNORE INTO items SELECT ?, item.atom, item.type, "
    "json_type(metadata, ?) IN ('array', 'object'), documents.key "
    "FROM documents, json_each(metadata, ?) AS item WHERE item.atom IS NOT NULL ORDER BY 2"
)
_KIND = (
    "CASE item.type WHEN 'true' THEN 'truth' WHEN 'false' THEN 'truth' WHEN 'text' THEN "
    f"iif(substr(item.atom, 1, 10) GLOB '{DATE_LIKE}', 'date', 'text') ELSE 'number' END"
)
_INSIDE = (
    "FROM documents, json_each(metadata) AS outside, json_each(outside.value) AS item WHERE item.atom IS NOT NULL AND "
    "outside.type"
)
KINDS = " UNION ".join(  # every name that a filter finds values of, with each kind of them
    (
        "SELECT 'doc', 'text' FROM documents UNION SELECT 'path', 'text' FROM documents",
        "SELECT 'title', 'text' FROM documents WHERE title <> ''",
        "SELECT 'section', 'text' FROM documents WHERE section <> ''",
        "SELECT 'date', iif(day IS NULL, 'text', 'date') FROM documents WHERE date <> ''",
        f"SELECT item.key, {_KIND} FROM documents, json_each(metadata) AS item "  # noqa: S608 - of constants
        "WHERE item.atom IS NOT NULL AND item.key NOT IN ('doc', 'path', 'title', 'section', 'date')",
        f"SELECT outside.key, {_KIND} {_INSIDE} IN ('array', 'object')",
        f"SELECT outside.key || '.' || item.key, {_KIND} {_INSIDE} = 'object'",
    )
)
MOST_BOUND = 30_000  # SQLite's own limit is 32,766, or more where it was built so
LONGEST_CLAUSE = 900_000  # characters; SQLite's own limit is a million bytes or more
MOST_SCANS = 500  # of every document's value: so many patterns take 5 s for 100,000 documents
NEVER, ALWAYS = Clause("0"), Clause("1")

_COLUMNS = {"doc": ("id",), "title": ("title",), "section": ("section",), "path": ("id", "source"), "date": ("date",)}
_HAS_DATE = f"(substr({{0}}, 1, 10) GLOB '{DATE_LIKE}' AND substr({{0}}, 11, 1) IN ('', 'T', ' '))"
_PADDED = "substr(replace({0}, ' ', 'T') || substr('T00:00:00', length({0}) - 9), 1, ?)"
_DAY_TESTS = {
    "=": ("day BETWEEN ? AND ?", (0, 1)),
    "<": ("day < ?", (0,)),
    "<=": ("day <= ?", (1,)),
    ">": ("day > ?", (1,)),
    ">=": ("day >= ?", (0,)),
}
_INSTANT_TESTS = {
    "=": ("BETWEEN ? AND ?", (0, 1)),
    "<": ("< ?", (0,)),
    "<=": ("<= ?", (1,)),
    ">": ("> ?", (1,)),
    ">=": (">= ?", (0,)),
}


def paths(condition: Filter) -> set[str]:
    """Return the JSON paths whose values a WHERE clause looks up in `items`."""
    match condition:
        case AllOf(parts) | AnyOf(parts):
            return set().union(*map(paths, parts))
        case Not(part):
            return paths(part)
        case Exists(name) | Compared(name=name):
            return set() if name in _COLUMNS else set(json_paths(name))


def to_sql(condition: Filter) -> tuple[str, list[object]]:
    """Return a WHERE clause that is 1 or 0 for every document, never null, and the values it binds.

    Raises QueryError for more than SQLite takes in one statement, or compares in a reasonable time.
    """
    if (scans := _scans(condition)) > MOST_SCANS:
        raise QueryError(
            f"the filter looks through the values of all documents {scans} times; {MOST_SCANS} patterns, bounds and "
            "words to contain are the most. Name what is meant in full: doc in (…), section in (…)"
        )
    clause = _clause(condition)
    if len(clause.values) > MOST_BOUND or len(clause.sql) > LONGEST_CLAUSE:
        raise QueryError(f"the filter compares with {len(clause.values)} values, too many at once: shorten its lists")
    return clause.sql, list(clause.values)


def _scans(condition: Filter) -> int:
    """Return how often a filter goes through the values of all documents."""
    match condition:
        case AllOf(parts) | AnyOf(parts):
            return sum(map(_scans, parts))
        case Not(part):
            return _scans(part)
        case Exists(name):
            return int(name in _COLUMNS)
        case Compared(name, sign, values):
            whole = sum(
                _is_whole(name, sign, value) for value in values
            )  # found together; those of metadata by an index
            return len(values) - whole + int(whole > 0 and name in _COLUMNS)


def _is_whole(name: str, sign: str, value: Value) -> bool:
    """Tell whether only a value that is the same will do."""
    if isinstance(value, Period | Instant):
        return False
    if sign == "~" or (sign == "=" and name == "path"):
        return not isinstance(value, str) or not ("*" in value or "?" in value)
    return sign == "="


def _clause(condition: Filter) -> Clause:
    match condition:
        case AllOf(parts):
            return _joined("AND", [_clause(part) for part in parts]) if parts else ALWAYS
        case AnyOf(parts):
            return _any([_clause(part) for part in parts])
        case Not(part):
            inner = _clause(part)
            return Clause(f"NOT {inner.sql}", inner.values)
        case Exists(name):
            return _each_value(name, lambda _: ALWAYS, lambda _: ALWAYS)
        case Compared():
            return _comparison(condition)


def _any(clauses: Sequence[Clause]) -> Clause:
    return _joined("OR", clauses) if clauses else NEVER


def _joined(word: str, clauses: Sequence[Clause]) -> Clause:
    """Join clauses as a balanced tree: SQLite refuses expressions over 1,000 levels deep."""
    if len(clauses) == 1:
        return clauses[0]
    middle = len(clauses) // 2
    left, right = _joined(word, clauses[:middle]), _joined(word, clauses[middle:])
    return Clause(f"({left.sql} {word} {right.sql})", left.values + right.values)


def _each_value(name: str, of_column: Callable[[str], Clause], of_item: Callable[[str], Clause]) -> Clause:
    """Return whether any of the name's values passes: a column's test or, given its JSON path, an item's."""
    if name in _COLUMNS:
        tests = ((column, of_column(column)) for column in _COLUMNS[name])
        return _any([Clause(f"ifnull({column} <> '' AND {sql}, 0)", values) for column, (sql, values) in tests])
    return _any([_any_item(path, of_item(path)) for path in json_paths(name)])


def _any_item(path: str, test: Clause) -> Clause:
    """Return whether a value at a JSON path passes: a scalar, or an element of a list."""
    sql = f"key IN (SELECT document FROM items AS item WHERE path = ? AND {test.sql})"  # noqa: S608 - values are bound
    return Clause(sql, (path, *test.values))


def _comparison(comparison: Compared) -> Clause:
    name, sign, values = comparison.name, comparison.operator, comparison.values
    texts = [value for value in values if isinstance(value, str)]
    periods = [value for value in values if isinstance(value, Period)]
    instants = [value for value in values if isinstance(value, Instant)]
    others = [value for value in values if not isinstance(value, str | Period | Instant)]

    def times(column: str) -> list[Clause]:
        found = [_period_test(column, name, sign, period) for period in periods]
        return [*found, *(_instant_test(column, sign, instant) for instant in instants)]

    def of_column(column: str) -> Clause:
        tests = _text_tests(column, name, sign, texts) if texts else []
        return _any([*tests, *times(column)])

    def of_item(_: str) -> Clause:
        text = _text_tests("item.value", name, sign, texts, listed=True) if texts else []
        tests = _any([*text, *times("item.value")])
        return _any([Clause(f"(item.type = 'text' AND {tests.sql})", tests.values), *_scalar_tests(sign, others)])

    return _each_value(name, of_column, of_item)


def _text_tests(column: str, name: str, sign: str, texts: Sequence[str], *, listed: bool = False) -> list[Clause]:
    """Return tests of a text, one of which must hold; `listed` where the text may be an element of a list."""
    whole = texts if sign == "contains" else [text for text in texts if _is_whole(name, sign, text)]
    among = Clause(f"{column} IN ({_marks(whole)})", tuple(whole))
    if sign in ("~", "="):
        patterns = [text for text in texts if not _is_whole(name, sign, text)]
        return [*[among] * bool(whole), *(Clause(f"{column} GLOB ?", (sqlite_pattern(text),)) for text in patterns)]
    if sign != "contains":
        return [Clause(f"{column} {sign} ?", (text,)) for text in texts]
    inside = _any([Clause(f"instr({column}, ?) > 0", (text,)) for text in texts])
    if not listed:
        return [inside]
    return [Clause(f"CASE WHEN item.listed THEN {among.sql} ELSE {inside.sql} END", among.values + inside.values)]


def _period_test(column: str, name: str, sign: str, period: Period) -> Clause:
    """Return the test of a date against a period; for the column `date`, days are compared as numbers."""
    if name == "date" and not period.has_time:
        sql, bounds = _DAY_TESTS[sign]
        return Clause(sql, tuple(period.days[bound] for bound in bounds))
    compared = f"{_PADDED.format(column)} {'=' if sign == 'contains' else sign} ?"
    return Clause(f"({_HAS_DATE.format(column)} AND {compared})", (len(period.prefix), period.prefix))


def _instant_test(column: str, sign: str, instant: Instant) -> Clause:
    """Return the test of a date or time against an instant, in seconds since 1970."""
    test, bounds = _INSTANT_TESTS.get(sign, _INSTANT_TESTS["="])
    ends = (instant.first, instant.last)
    sql = f"({_HAS_DATE.format(column)} AND CAST(strftime('%s', {column}) AS INTEGER) {test})"
    return Clause(sql, tuple(ends[bound] for bound in bounds))


def _scalar_tests(sign: str, values: Sequence[Value]) -> list[Clause]:
    """Return tests of an item against numbers and truth values, one of which must hold."""
    truths = [Clause("item.type = ?", ("true" if value else "false",)) for value in values if isinstance(value, bool)]
    numbers = [value for value in values if not isinstance(value, bool)]
    if not numbers:
        return truths
    if sign in ("=", "contains"):
        test = Clause(f"item.value IN ({_marks(numbers)})", tuple(numbers))
    else:
        test = _any([Clause(f"item.value {sign} ?", (number,)) for number in numbers])
    return [*truths, Clause(f"(item.type IN ('integer', 'real') AND {test.sql})", test.values)]


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
