"""What one question has read of its view so far: nothing is asked for twice."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np
import numpy.typing as npt

from searchkit.rankings import among
from searchkit.storage.contract import VectorRows, View
from searchkit.types import Passage, Rows


class Memory:
    """Reads in batches what steps of a question need of the same passages."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._passages: dict[int, Passage] = {}
        self._days: dict[int, float] = {}
        self._vectors: tuple[Rows, VectorRows] | None = None
        self.met: dict[int, float] = {}  # by row, how well the question's word pieces are met

    def passages(self, rows: Collection[int]) -> dict[int, Passage]:
        """Return the passages of rows that exist, with their texts."""
        missing = [row for row in rows if row not in self._passages]
        if missing:
            self._passages.update(self._view.passages.get(missing))
        return {row: self._passages[row] for row in rows if row in self._passages}

    def vectors(self, rows: Rows) -> VectorRows:
        """Return vectors and word pieces of rows; those of the last reading, and of some of its rows, are known."""
        if self._vectors is not None:
            known, read = self._vectors
            if np.array_equal(known, rows):
                return read
            order = np.argsort(known)
            if among(rows, known[order]).all():
                at = order[np.searchsorted(known[order], rows)]
                return VectorRows(read.vectors[at], None if read.pieces is None else read.pieces.take(at))
        self._vectors = rows, self._view.vectors.read(rows)
        return self._vectors[1]

    def days(self, rows: Iterable[int]) -> npt.NDArray[np.float64]:
        """Return the ordinal of the day that each row's document was published on: (n,), NaN without a date."""
        rows = list(rows)
        missing = [row for row in rows if row not in self._days]
        if missing:
            found = self._view.passages.days(missing)
            self._days.update((row, found.get(row, np.nan)) for row in missing)
        return np.array([self._days[row] for row in rows], np.float64)
