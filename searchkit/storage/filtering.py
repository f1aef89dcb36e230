"""Which passages a filter lets through, by the catalog's columns.

A comparison is settled once for each different value; what documents hold are numbers of values, so the rest is a few
operations on arrays. Texts are searched all at once (see `haystack`).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import reduce

import numpy as np

from searchkit.errors import QueryError
from searchkit.queries.filters import AllOf, AnyOf, Compared, Exists, Filter, Not, Period
from searchkit.queries.filters.matching import NAMED
from searchkit.queries.filters.tree import Value
from searchkit.rankings import among
from searchkit.storage.catalog.columns import DAYS, Field, MetadataColumns
from searchkit.storage.comparing import Values, is_whole
from searchkit.storage.haystack import Mask
from searchkit.types import Rows

KEPT = 64_000_000  # bytes of columns that stay in memory
MOST_SCANS = 500  # of every value under a name: so many patterns take seconds where a name has 250,000 values


class Filtering:
    """Answers filters from the columns of one commit."""

    def __init__(self, columns: MetadataColumns, dead: Rows) -> None:
        """dead: rows that are gone, ascending."""
        self._columns = columns
        self._kept: dict[Field, dict[int, Values]] = {}
        places = columns.places()
        self._runs = list(places)
        self._starts = np.cumsum([0, *(len(each.first) for each in places.values())])
        self._first = np.concatenate([np.empty(0, np.int64), *(each.first for each in places.values())])
        self._counts = np.concatenate([np.empty(0, np.int64), *(each.counts for each in places.values())])
        self._living = ~among(self._first, dead)

    def rows(self, condition: Filter) -> Rows:
        """Return the rows of the passages whose documents pass, ascending.

        Raises QueryError for what would take too long.
        """
        if (scans := _scans(condition)) > MOST_SCANS:
            raise QueryError(
                f"the filter looks through the values of all documents {scans} times; {MOST_SCANS} patterns, bounds "
                "and words to contain are the most. Name what is meant in full: doc in (…), section in (…)"
            )
        passing = self._passing(condition) & self._living
        first, counts = self._first[passing], self._counts[passing]
        ends = np.cumsum(counts)
        rows = np.arange(ends[-1] if len(ends) else 0) + np.repeat(first - (ends - counts), counts)
        return rows if (first[1:] > first[:-1]).all() else np.sort(rows)

    def fields(self) -> dict[str, frozenset[str]]:
        """Return the names that a filter finds values of, each with the kinds of its values."""
        names = [name for name in self._columns.names() if name not in ("doc", "path")]
        found = {name: kinds for name in names if (kinds := self._kinds(name))}
        if self._living.any():
            found["doc"] = found["path"] = frozenset({"text"})
        return dict(sorted(found.items()))

    def _kinds(self, name: str) -> frozenset[str]:
        kinds: set[str] = set()
        for run, column in self._read(name).items():
            kinds |= column.kinds(column.of(self._living[self._run(run)]))
        return frozenset(kinds)

    def _passing(self, condition: Filter) -> Mask:
        match condition:
            case AllOf(parts):
                return reduce(operator.and_, map(self._passing, parts), np.ones(len(self._first), np.bool_))
            case AnyOf(parts):
                return reduce(operator.or_, map(self._passing, parts), np.zeros(len(self._first), np.bool_))
            case Not(part):
                return ~self._passing(part)
            case Exists(name):
                return self._holding(_columns_of(name), lambda column: np.ones(len(column), np.bool_))
            case Compared(name="date", operator=sign, values=values) if _are_days(values):
                return self._holding((DAYS,), lambda column: column.in_days(sign, values))
            case Compared(name, sign, values):
                return self._holding(_columns_of(name), lambda column: column.passing(name, sign, values))

    def _holding(self, names: Sequence[Field], test: Callable[[Values], Mask]) -> Mask:
        """Return the documents that hold a value under one of the names that passes a test."""
        found = np.zeros(len(self._first), np.bool_)
        for name in names:
            for run, column in self._read(name).items():
                passing = test(column)
                if name == "source" and names is _PATH:
                    passing &= column.plain_texts()
                found[self._run(run)][column.documents(passing)] = True
        return found

    def _run(self, run: int) -> slice:
        at = self._runs.index(run)
        return slice(int(self._starts[at]), int(self._starts[at + 1]))

    def _read(self, name: Field) -> dict[int, Values]:
        """Return what is held under a name, by run; what was read last is kept."""
        found = self._kept.pop(name, None)
        if found is None:
            found = {run: Values(column) for run, column in self._columns.read(name).items()}
        self._kept[name] = found
        while len(self._kept) > 1 and sum(map(_size, self._kept.values())) > KEPT:
            del self._kept[next(iter(self._kept))]
        return found


_PATH: tuple[Field, ...] = ("doc", "source", "path")


def _columns_of(name: str) -> tuple[Field, ...]:
    return _PATH if name == "path" else (name,)


def _scans(condition: Filter) -> int:
    """Return how often a filter goes through all values under a name."""
    match condition:
        case AllOf(parts) | AnyOf(parts):
            return sum(map(_scans, parts))
        case Not(part):
            return _scans(part)
        case Exists(name):
            return int(name in NAMED)
        case Compared(name, sign, values):
            whole = sum(is_whole(name, sign, value) for value in values)  # which are looked for together
            return len(values) - whole + (whole > 0 and name in NAMED)


def _size(columns: dict[int, Values]) -> int:
    return sum(column.size for column in columns.values())


def _are_days(values: Sequence[Value]) -> bool:
    return all(isinstance(value, Period) and not value.has_time for value in values)
