"""The files of the vector arm: immutable segments of unit rows.

A segment is two .npy files: `NAME.rows.npy` (n,) int64 ascending and `NAME.vectors.npy` (n, dim) float16. With a model
that tells its word pieces there are two more, `NAME.pieces.npy` (total,) uint16 and `NAME.ends.npy` (n,) int64: the
pieces of each passage, one passage after the other, for late interaction. Float16 halves disk and memory traffic; what
it costs in nDCG is in BENCHMARKS.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit import durable
from searchkit.errors import IndexCorrupt
from searchkit.ragged import Ragged
from searchkit.types import FloatMatrix, Rows

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
