"""The files of the vector arm: immutable segments of unit rows.

A segment is two .npy files: `NAME.rows.npy` (n,) int64 ascending and `NAME.vectors.npy` (n, dim) float16. With a model
that tells its word pieces there are two more, `NAME.pieces.npy` (total,) uint16 and `NAME.ends.npy` (n,) int64: the
pieces of each passage, one passage after the other, for late interaction. Vectors that were predicted, not computed by
the model, are drafts: `NAME.drafts.npy` (n,) bool tells which, and is absent where there are none. A row may stand in
more than one segment: the newest has its vector. Float16 halves disk and memory traffic; what it costs in nDCG is in
BENCHMARKS.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from searchkit import durable
from searchkit.errors import IndexCorrupt
from searchkit.ragged import Ragged
from searchkit.types import FloatMatrix, Rows

DTYPE = np.float16


BLOCK = 65_536  # rows copied at a time: a segment may be larger than memory

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Segment:
    """Rows, ascending: (n,) int64, their unit vectors: (n, dim) float16, memory-mapped.

    pieces: their word pieces, if known. drafts: which vectors are predicted, (n,) bool, None if none is.
    """

    name: str
    rows: Rows
    vectors: npt.NDArray[np.float16]
    pieces: Ragged | None = None
    drafts: Flags | None = None


class Part(NamedTuple):
    """Rows to be written, in any order: (n,), their vectors (n, dim), word pieces if known, and drafts if there are."""

    rows: Rows
    vectors: FloatMatrix
    pieces: Ragged | None = None
    drafts: Flags | None = None


def segment_files(name: str) -> tuple[str, ...]:
    """Return the file names that a segment may have: rows and vectors always, then pieces, ends, drafts."""
    return tuple(f"{name}.{kind}.npy" for kind in ("rows", "vectors", "pieces", "ends", "drafts"))


def write_segment(folder: Path, name: str, parts: Sequence[Part]) -> int:
    """Write a segment of all rows of the parts, durably; return how many. Of a row in two, the first part has its say.

    Pieces are written if all parts know them.
    """
    paths = [folder / file_name for file_name in segment_files(name)]
    rows, at = np.unique(np.concatenate([part.rows for part in parts]), return_index=True)
    _save(paths[0], rows)
    matrices = [part.vectors for part in parts]
    _stream(paths[1], (len(at), matrices[0].shape[1]), DTYPE, _blocks(matrices, at))
    pieces = [part.pieces for part in parts if part.pieces is not None]
    if len(pieces) == len(parts):
        joined = Ragged.joined(pieces)
        ends = np.cumsum(joined.lengths[at])
        blocks = (joined.take(at[begin : begin + BLOCK]).values for begin in range(0, len(at), BLOCK))
        _stream(paths[2], (int(ends[-1]) if len(at) else 0,), np.uint16, blocks)
        _save(paths[3], ends)
    drafts = np.concatenate([_flags(part) for part in parts])[at]
    if drafts.any():
        _save(paths[4], drafts)
    durable.flush_folder(folder)
    return len(rows)


def _flags(part: Part) -> Flags:
    return np.zeros(len(part.rows), np.bool_) if part.drafts is None else part.drafts


def _blocks(matrices: Sequence[FloatMatrix], at: npt.NDArray[np.intp]) -> Iterator[npt.NDArray[np.float16]]:
    """Yield the rows `at` of all matrices, one below the other, as blocks."""
    starts = np.cumsum([0, *(len(matrix) for matrix in matrices)])
    for begin in range(0, len(at), BLOCK):
        wanted = at[begin : begin + BLOCK]
        block = np.empty((len(wanted), matrices[0].shape[1]), DTYPE)
        for start, matrix in zip(starts, matrices, strict=False):
            own = (wanted >= start) & (wanted < start + len(matrix))
            block[own] = matrix[wanted[own] - start]
        yield block


def _stream(path: Path, shape: tuple[int, ...], dtype: npt.DTypeLike, blocks: Iterable[npt.NDArray[Any]]) -> None:
    """Write an array of which there is never more than a block in memory."""
    header = {"descr": np.lib.format.dtype_to_descr(np.dtype(dtype)), "fortran_order": False, "shape": shape}
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for block in blocks:
            file.write(block.tobytes())
        durable.flush_file(file)


def open_segment(folder: Path, name: str, dim: int) -> Segment:
    """Map a segment into memory. Raises IndexCorrupt, naming the file."""
    rows_path, vectors_path, pieces_path, ends_path, drafts_path = (folder / file for file in segment_files(name))
    rows, vectors = _load(rows_path), _load(vectors_path)
    if rows.dtype != np.int64 or rows.ndim != 1:
        raise IndexCorrupt(f"{rows_path} does not hold row numbers. Run: searchkit rebuild")
    if vectors.dtype != DTYPE or vectors.shape != (len(rows), dim):
        raise IndexCorrupt(f"{vectors_path} does not hold {len(rows)} float16 rows of {dim}. Run: searchkit rebuild")
    drafts = _load(drafts_path) if drafts_path.exists() else None
    if drafts is not None and (drafts.dtype != np.bool_ or drafts.shape != rows.shape):
        raise IndexCorrupt(f"{drafts_path} does not tell which of {len(rows)} rows are drafts. Run: searchkit rebuild")
    return Segment(name, rows, vectors, _open_pieces(pieces_path, ends_path, len(rows)), drafts)


def part_of(whole: Segment | Part, mask: Flags | None) -> Part:
    """Return what there is of the rows in the mask, of all for None."""
    if mask is None:
        return Part(whole.rows, whole.vectors, whole.pieces, whole.drafts)
    at = np.flatnonzero(mask)
    pieces = None if whole.pieces is None else whole.pieces.take(at)
    drafts = None if whole.drafts is None else whole.drafts[at]
    return Part(whole.rows[at], whole.vectors[at], pieces, drafts)


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
