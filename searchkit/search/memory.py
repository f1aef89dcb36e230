"""What one question has read of its view so far: nothing is asked for twice."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Generic, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from searchkit.storage.contract import VectorRows, View
from searchkit.types import FloatMatrix, Passage, Rows

Read = TypeVar("Read")


class _Reading(NamedTuple, Generic[Read]):
    """What was read of some rows, and where each of them stands in it."""

    places: dict[int, int]
    read: Read

    def at(self, rows: Rows) -> npt.NDArray[np.intp] | None:
        """Return where these rows stand, None if not all of them were read."""
        places = [self.places.get(row, -1) for row in rows.tolist()]
        return None if -1 in places else np.array(places, np.intp)


class Memory:
    """Reads in batches what steps of a question need of the same passages."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._passages: dict[int, Passage] = {}
        self._days: dict[int, float] = {}
        self._vectors: _Reading[VectorRows] | None = None
        self._met: _Reading[FloatMatrix] | None = None

    def passages(self, rows: Collection[int]) -> dict[int, Passage]:
        """Return the passages of rows that exist, with their texts."""
        missing = [row for row in rows if row not in self._passages]
        if missing:
            self._passages.update(self._view.passages.get(missing))
        return {row: self._passages[row] for row in rows if row in self._passages}

    def vectors(self, rows: Rows) -> VectorRows:
        """Return vectors and word pieces of rows; those of the last reading, and of some of its rows, are known."""
        at = None if self._vectors is None else self._vectors.at(rows)
        if self._vectors is None or at is None:
            self._vectors = _reading(rows, self._view.vectors.read(rows))
            return self._vectors.read
        known = self._vectors.read
        return VectorRows(known.vectors[at], None if known.pieces is None else known.pieces.take(at))

    def met(self, rows: Rows, find: Callable[[Rows], FloatMatrix | None]) -> FloatMatrix | None:
        """Return what the question's word pieces find in each row, (n, m), which `find` tells; as `vectors`.

        None where pieces are not known.
        """
        at = None if self._met is None else self._met.at(rows)
        if self._met is not None and at is not None:
            return self._met.read[at]
        found = find(rows)
        if found is not None:
            self._met = _reading(rows, found)
        return found

    def days(self, rows: Iterable[int]) -> npt.NDArray[np.float64]:
        """Return the ordinal of the day that each row's document was published on: (n,), NaN without a date."""
        rows = list(rows)
        missing = [row for row in rows if row not in self._days]
        if missing:
            found = self._view.passages.days(missing)
            self._days.update((row, found.get(row, np.nan)) for row in missing)
        return np.array([self._days[row] for row in rows], np.float64)


def _reading(rows: Rows, read: Read) -> _Reading[Read]:
    return _Reading({row: place for place, row in enumerate(rows.tolist())}, read)
