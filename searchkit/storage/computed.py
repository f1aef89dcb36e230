"""Vectors that the model computed for questions, kept in memory for later ones."""

from __future__ import annotations

import numpy as np

from searchkit.types import FloatMatrix, FloatVector, Rows

MOST = 50_000


class ComputedVectors:
    """The model's own vectors by row; of more than MOST the oldest go. Threads may share it."""

    def __init__(self) -> None:
        self._vectors: dict[int, FloatVector] = {}

    def of(self, rows: Rows) -> dict[int, FloatVector]:
        """Return the vectors of those of the rows that have one: (dim,) each."""
        found = ((row, self._vectors.get(row)) for row in rows.tolist())  # another thread may drop some meanwhile
        return {row: vector for row, vector in found if vector is not None}

    def add(self, rows: Rows, matrix: FloatMatrix) -> None:
        """Keep vectors of rows: (n, dim)."""
        self._vectors.update(zip(rows.tolist(), matrix.astype(np.float32), strict=True))
        for row in list(self._vectors)[: max(0, len(self._vectors) - MOST)]:
            self._vectors.pop(row, None)
