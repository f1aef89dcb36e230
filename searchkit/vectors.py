"""The vector arm: immutable segments of unit rows on disk, searched exactly.

A segment is two .npy files: `NAME.rows.npy` (n,) int64 ascending and `NAME.vectors.npy` (n, dim) float16. With a model
that tells its word pieces there are two more, `NAME.pieces.npy` (total,) uint16 and `NAME.ends.npy` (n,) int64: the
pieces of each passage, one passage after the other, for late interaction. Float16 halves disk and memory traffic; what
it costs in nDCG is in BENCHMARKS.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from searchkit import durable
from searchkit.errors import IndexCorrupt
from searchkit.ragged import Ragged
from searchkit.types import FloatMatrix, FloatVector, Ranking, Rows

ROUGH = (
    2e-3  # how far a product in float16 can be off: the query's rounding is 5e-4, the sum's depends on the processor
)
DTYPE = np.float16


@dataclass(frozen=True, slots=True)
class Segment:
    """Rows, ascending: (n,) int64, their unit vectors: (n, dim) float16, and their word pieces; memory-mapped."""

    name: str
    rows: Rows
    vectors: npt.NDArray[np.float16]
    pieces: Ragged | None = None


def segment_files(name: str) -> tuple[str, str, str, str]:
    """Return the file names of a segment; the last two are absent where the model tells no word pieces."""
    return f"{name}.rows.npy", f"{name}.vectors.npy", f"{name}.pieces.npy", f"{name}.ends.npy"


def write_segment(folder: Path, name: str, rows: Rows, vectors: FloatMatrix, pieces: Ragged | None = None) -> None:
    """Write a segment durably; `rows` (n,) may be in any order, `vectors` is (n, dim), `pieces` n lists."""
    order = np.argsort(rows)
    rows_name, vectors_name, pieces_name, ends_name = segment_files(name)
    _save(folder / rows_name, rows[order])
    _save(folder / vectors_name, vectors[order].astype(DTYPE))
    if pieces is not None:
        ordered = pieces.take(order)
        _save(folder / pieces_name, ordered.values)
        _save(folder / ends_name, ordered.ends)
    durable.flush_folder(folder)


def open_segment(folder: Path, name: str, dim: int) -> Segment:
    """Map a segment into memory. Raises IndexCorrupt, naming the file."""
    rows_path, vectors_path, pieces_path, ends_path = (folder / file_name for file_name in segment_files(name))
    rows, vectors = _load(rows_path), _load(vectors_path)
    if rows.dtype != np.int64 or rows.ndim != 1:
        raise IndexCorrupt(f"{rows_path} does not hold row numbers. Run: searchkit rebuild")
    if vectors.dtype != DTYPE or vectors.shape != (len(rows), dim):
        raise IndexCorrupt(f"{vectors_path} does not hold {len(rows)} float16 rows of {dim}. Run: searchkit rebuild")
    return Segment(name, rows, vectors, _open_pieces(pieces_path, ends_path, len(rows)))


def _open_pieces(pieces_path: Path, ends_path: Path, count: int) -> Ragged | None:
    """Map the word pieces of a segment, None if it has none. Raises IndexCorrupt."""
    if not ends_path.exists():
        return None
    pieces = Ragged(_load(pieces_path), _load(ends_path))
    fits = pieces.values.dtype == np.uint16 and pieces.ends.dtype == np.int64 and pieces.ends.shape == (count,)
    if not fits or pieces.values.ndim != 1 or (count and pieces.ends[-1] != len(pieces.values)):
        raise IndexCorrupt(f"{pieces_path} does not hold the word pieces of {count} rows. Run: searchkit rebuild")
    return pieces


def _save(path: Path, array: npt.NDArray[Any]) -> None:
    with path.open("wb") as file:
        np.save(file, array, allow_pickle=False)
        durable.flush_file(file)


def _load(path: Path) -> npt.NDArray[Any]:
    try:
        loaded: npt.NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise IndexCorrupt(f"{path} cannot be read: {error}. Run: searchkit rebuild") from error
    return loaded


class Vectors:
    """All segments of one generation, without the rows that are dead."""

    def __init__(self, segments: Sequence[Segment], dead: Rows) -> None:
        self._segments = segments
        self._alive = [~np.isin(segment.rows, dead) if len(dead) else None for segment in segments]

    def __len__(self) -> int:
        return sum(
            len(segment.rows) if alive is None else int(alive.sum())
            for segment, alive in zip(self._segments, self._alive, strict=True)
        )

    def search(self, query: FloatVector, limit: int, allowed: Rows | None = None) -> Ranking:
        """Return the `limit` rows of highest cosine, exactly. query: (dim,) unit; allowed: ascending rows."""
        found = [
            self._best(segment, alive, query, limit, allowed)
            for segment, alive in zip(self._segments, self._alive, strict=True)
        ]
        rows = np.concatenate([ranking.rows for ranking in found]) if found else np.empty(0, np.int64)
        scores = np.concatenate([ranking.scores for ranking in found]) if found else np.empty(0, np.float32)
        return best_first(rows, scores, limit)

    def score(self, query: FloatVector, rows: Rows) -> npt.NDArray[np.float32]:
        """Return the cosine of each row: (len(rows),), NaN for a row without a vector."""
        scores = np.full(len(rows), np.nan, np.float32)
        for segment, at, position in self._places(rows):
            scores[at] = segment.vectors[position].astype(np.float32) @ query
        return scores

    def get(self, rows: Rows) -> npt.NDArray[np.float32]:
        """Return the vectors of rows: (len(rows), dim), NaN where a row has none."""
        dim = self._segments[0].vectors.shape[1] if self._segments else 0
        vectors = np.full((len(rows), dim), np.nan, np.float32)
        for segment, at, position in self._places(rows):
            vectors[at] = segment.vectors[position]
        return vectors

    def sample(self, size: int) -> tuple[Rows, FloatMatrix]:
        """Return about `size` living rows, spread evenly, and their vectors."""
        step = max(1, math.ceil(len(self) / size))
        parts = [
            (rows[::step], segment.vectors[at[::step]])
            for segment, alive in zip(self._segments, self._alive, strict=True)
            for at in [np.arange(len(segment.rows)) if alive is None else np.flatnonzero(alive)]
            for rows in [segment.rows[at]]
        ]
        if not parts:
            return np.empty(0, np.int64), np.empty((0, 0), np.float32)
        return np.concatenate([rows for rows, _ in parts]), np.concatenate(
            [found for _, found in parts], dtype=np.float32
        )

    def pieces(self, rows: Rows) -> Ragged | None:
        """Return the word pieces of each row, none for a row without a vector; None if they are not known for all."""
        if any(segment.pieces is None for segment in self._segments):
            return None
        lists: list[npt.NDArray[np.uint16]] = [np.empty(0, np.uint16)] * len(rows)
        for segment, at, position in self._places(rows):
            values, ends = cast(Ragged, segment.pieces)
            for place, where in zip(at.tolist(), position.tolist(), strict=True):
                lists[place] = values[ends[where - 1] if where else 0 : ends[where]]
        return Ragged.of(lists)

    def _places(self, rows: Rows) -> list[tuple[Segment, npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
        """For each segment: which of `rows` it holds (indices into `rows`), and where."""
        places = []
        for segment in self._segments:
            position = np.searchsorted(segment.rows, rows)
            position[position == len(segment.rows)] = 0
            at = np.flatnonzero(segment.rows[position] == rows) if len(segment.rows) else np.empty(0, np.intp)
            if len(at):
                places.append((segment, at, position[at]))
        return places

    def _best(
        self,
        segment: Segment,
        alive: npt.NDArray[np.bool_] | None,
        query: FloatVector,
        limit: int,
        allowed: Rows | None,
    ) -> Ranking:
        """Return one segment's best rows: those that can be among them by rough products, then exactly."""
        rough = _rough(segment.vectors, query)
        if alive is not None:
            rough[~alive] = -np.inf
        if allowed is not None:
            rough[~np.isin(segment.rows, allowed, assume_unique=True)] = -np.inf
        least = (
            np.partition(rough, len(rough) - limit)[len(rough) - limit] - 2 * ROUGH if limit < len(rough) else -np.inf
        )
        kept = np.flatnonzero((rough >= least) & np.isfinite(rough))
        exact = segment.vectors[kept].astype(np.float32) @ query.astype(np.float32)
        return best_first(segment.rows[kept], exact, limit)


def _rough(vectors: npt.NDArray[np.float16], query: FloatVector) -> npt.NDArray[np.float32]:
    """Return the products of unit rows with a unit query, each at most ROUGH off: (n,).

    The processor's own arithmetic on float16 reads half the memory and converts nothing.
    """
    from simsimd import cdist  # noqa: PLC0415 - a keyword search does without

    if not len(vectors):
        return np.empty(0, np.float32)
    products = np.asarray(cdist(query.astype(DTYPE)[None], np.asarray(vectors), metric="dot"))[0]
    return np.asarray(products, np.float32)


def best_first(rows: Rows, scores: npt.NDArray[np.float32], limit: int) -> Ranking:
    """Return the `limit` highest scores, best first, ties by row. rows, scores: (n,)."""
    if limit < len(rows):
        # every row that ties with the last place stays in, so that the tie is broken by row, not by chance
        threshold = np.partition(scores, len(scores) - limit)[len(scores) - limit]
        kept = np.flatnonzero(scores >= threshold)
        rows, scores = rows[kept], scores[kept]
    order = np.lexsort((rows, -scores))[:limit]
    return Ranking(rows[order], scores[order])
