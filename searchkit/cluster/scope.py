"""The passages that a question may find, as a filter that its searches carry; never a list of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from searchkit.cluster.moment import BY_PLACE, PointInTime, among, key_of, rows_of
from searchkit.cluster.queries import Clause
from searchkit.rankings import among as is_among
from searchkit.storage.contract import Scope
from searchkit.threads import once
from searchkit.types import Rows


class FilterScope:
    """Passages that match all of some filters.

    by_document: the filters hold for all passages of a document, or for none: what was found tells of the others.
    """

    def __init__(self, moment: PointInTime, clauses: Sequence[Clause], *, by_document: bool) -> None:
        self.clauses = list(clauses)
        self._moment = moment
        self._by_document = by_document
        self._inside: set[int] = set()  # keys of documents that fit

    @once
    def _count(self) -> int:
        return self._moment.count_each([self._moment.passages(self.clauses)])[0]

    @property
    def count(self) -> int:
        """How many there are."""
        return self._count

    def note(self, rows: Rows) -> None:
        """Note that rows are inside: a search found them."""
        if self._by_document:
            self._inside.update(key_of(row) for row in rows.tolist())

    def holds(self, rows: Rows) -> npt.NDArray[np.bool_]:
        """Tell for each row whether it may be found: (len(rows),)."""
        unknown = [row for row in np.unique(rows).tolist() if key_of(row) not in self._inside]
        body = {"query": self._moment.passages([*self.clauses, among(unknown)]), "_source": False, "sort": BY_PLACE}
        found = rows_of(list(self._moment.every(body))) if unknown else np.empty(0, np.int64)
        self.note(found)
        if self._by_document:
            return np.array([key_of(row) in self._inside for row in rows.tolist()], np.bool_)
        return is_among(rows, found)


def clauses_of(scope: Scope | None) -> list[Clause]:
    """Return the filters of a scope that a cluster's view made, none for all."""
    if scope is None or isinstance(scope, FilterScope):
        return [] if scope is None else scope.clauses
    raise TypeError(f"a scope belongs to the view that made it, and {type(scope).__name__} is none of ours")


def note(scope: Scope | None, rows: Rows) -> None:
    """Have a scope note what a search inside it found."""
    if isinstance(scope, FilterScope):
        scope.note(rows)
