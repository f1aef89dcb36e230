"""A student of an embedding model: predicts a passage's vector from the set of its words or word pieces.

Ridge regression in closed form (Hoerl & Kennard 1970), in its dual form: as many unknowns as there are examples, not
as there are words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple
from zlib import crc32

import numpy as np
import numpy.typing as npt

from searchkit.ragged import Ragged
from searchkit.types import Embedder, FloatMatrix, Rows

MOST = 5_000  # examples: solving for them takes a few seconds
BUCKETS = 2**15  # that words are hashed into
RIDGE = 0.3
BLOCK = 2_000  # passages that are looked at together


class Student(NamedTuple):
    """weights: (2**16, dim), of each feature; mean: (dim,) of the examples; seen: (2**16,), in any example."""

    weights: FloatMatrix
    mean: npt.NDArray[np.float32]
    seen: npt.NDArray[np.bool_]

    def predict(self, features: Ragged) -> npt.NDArray[np.float32]:
        """Return the predicted vectors: (n, dim) unit rows."""
        found = np.concatenate([_bags(block) @ self.weights for block in _blocks(features)]) + self.mean
        unit: npt.NDArray[np.float32] = found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)
        return unit

    def uncertainty(self, features: Ragged) -> npt.NDArray[np.float32]:
        """Return the share of each passage's features that no example has: (n,)."""
        return np.concatenate([1 - _bags(block) ** 2 @ self.seen.astype(np.float32) for block in _blocks(features)])


def fit(features: Ragged, vectors: FloatMatrix, prior: FloatMatrix | None = None) -> Student:
    """Return a student of these examples: n feature lists and their vectors, (n, dim)."""
    bags, mean = _bags(features), vectors.mean(axis=0)
    start = np.zeros((bags.shape[1], vectors.shape[1]), np.float32) if prior is None else prior
    kernel = bags @ bags.T
    duals = np.linalg.solve(kernel + RIDGE * np.eye(len(kernel), dtype=np.float32), vectors - mean - bags @ start)
    return Student(start + bags.T @ duals, mean, np.asarray(bags.any(axis=0)))


def prior(embedder: Embedder) -> FloatMatrix | None:  # noqa: ARG001 - no model has one yet
    """Return the weights that a model's student starts from, None for zero."""
    return None


def sample(rows: Rows, size: int) -> Rows:
    """Return `size` of the rows, ascending, by a seeded draw."""
    chosen: Rows = np.sort(np.random.default_rng(0).choice(rows, size, replace=False))
    return chosen


def words(texts: Sequence[str]) -> Ragged:
    """Return the hashes of the words of each text, ascending, each once."""
    return Ragged.of([np.unique([crc32(w.encode()) % BUCKETS for w in re.findall(r"\w+", t.lower())]) for t in texts])


def _blocks(features: Ragged) -> list[Ragged]:
    count = len(features.ends)
    return [features.take(np.arange(at, min(at + BLOCK, count))) for at in range(0, max(count, 1), BLOCK)]


def _bags(features: Ragged) -> npt.NDArray[np.float32]:
    """Return binary bags of features at unit length: (n, 2**16)."""
    bags = np.zeros((len(features.ends), 2**16), np.float32)
    bags[np.repeat(np.arange(len(bags)), features.lengths), features.values] = 1
    bags /= np.sqrt(np.maximum(features.lengths, 1))[:, None]
    return bags
