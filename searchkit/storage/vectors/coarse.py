"""Unit vectors in a byte a dimension.

A vector's largest part becomes 127; as all are of unit length, that needs no scale beside it. Its cosine with the
vector itself is .9999, where a predicted vector's with the model's own is .8: so drafts are kept like this where they
are many.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from searchkit.scanning import singles
from searchkit.types import FloatMatrix

DTYPE = np.int8
TOP = 127


def coarse(units: FloatMatrix) -> npt.NDArray[np.int8]:
    """Return unit rows in bytes: (n, dim). Of rows that were in bytes before they are the same again."""
    vectors = singles(units)
    largest = np.abs(vectors).max(axis=1, keepdims=True, initial=0)
    return np.asarray(np.rint(vectors * (TOP / np.maximum(largest, 1e-12))), DTYPE)


def fine(rows: npt.NDArray[np.int8]) -> FloatMatrix:
    """Return the unit vectors that rows in bytes stand for: (n, dim) float32; of zeros, no number."""
    vectors = rows.astype(np.float32)
    with np.errstate(invalid="ignore"):
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


class CoarseRows:
    """Rows in bytes that are read as unit vectors: what of an array the vector arm needs."""

    def __init__(self, rows: npt.NDArray[np.int8]) -> None:
        self.rows = rows
        self.shape = rows.shape

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, at: Any) -> FloatMatrix:
        """Return the vectors of a slice, a mask or some positions."""
        return fine(self.rows[at])


UnitRows: TypeAlias = npt.NDArray[np.float16] | CoarseRows  # (n, dim)
