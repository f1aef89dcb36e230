"""The files of the vector arm: immutable segments of unit rows.

A segment is two .npy files: `NAME.rows.npy` (n,) int64 ascending and `NAME.vectors.npy` (n, dim) float16. With a model
that tells its word pieces there are two more, `NAME.pieces.npy` (total,) uint8 and `NAME.ends.npy` (n,) int64: the
pieces of each passage, one passage after the other, for late interaction, as `gaps`; uint16, as they are, where they do
not ascend, and from older versions. Vectors that were predicted, not computed by
the model, are drafts: `NAME.drafts.npy` (n,) bool tells which, and is absent where there are none. A row may stand in
more than one segment: the newest has its vector. From CODED_ROWS rows on there are three more (see `codes`):
`NAME.codes.npy` (n, dim / 8) uint8, `NAME.frame.npy` (2, dim) float32 and `NAME.ranks.npy` (m, 2) int32. Float16 halves
disk and memory traffic; what it costs in nDCG is in BENCHMARKS.md. A segment of nothing but drafts, COARSE_ROWS or
more, has (n, dim) int8 instead (see `coarse`).
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from searchkit.errors import IndexCorrupt
from searchkit.ragged import Ragged
from searchkit.scanning import singles
from searchkit.storage import durable, npy, refusals
from searchkit.storage.vectors import coarse
from searchkit.storage.vectors.coarse import CoarseRows, UnitRows
from searchkit.storage.vectors.codes import Codes, encode
from searchkit.storage.vectors.gaps import Gaps
from searchkit.types import FloatMatrix, Rows

DTYPE = np.float16
MAPPED = 256_000_000  # bytes of an index's vectors up to which all may stay in memory once they were read
SMALL = 32_000_000  # bytes of a segment's vectors up to which they may even where those of all are more
CODED_ROWS = 4_000  # fewer are compared as fast without codes
COARSE_ROWS = 100_000  # fewer may all be compared, which is faster in float16
UNIT = 0.01  # by which a stored vector's length may differ from 1; what float16 takes off is a twentieth of that
BLOCK = 65_536  # rows copied at a time: a segment may be larger than memory

KINDS = ("rows", "vectors", "pieces", "ends", "drafts", "codes", "frame", "ranks")

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Segment:
    """Rows, ascending: (n,) int64, their unit vectors: (n, dim) float16, memory-mapped.

    pieces: their word pieces, if known. drafts: which vectors are predicted, (n,) bool, None if none is.
    file: of vectors that are too many to be read through the map.
    """

    name: str
    rows: Rows
    vectors: UnitRows
    pieces: Ragged | Gaps | None = None
    drafts: Flags | None = None
    codes: Codes | None = None
    file: RowFile | None = None

    def read(self, positions: npt.NDArray[np.intp]) -> npt.NDArray[Any]:
        """Return the vectors at these positions: (len(positions), dim) float16 or float32."""
        if self.file is None:
            return self.vectors[positions]
        rows = self.file.read(positions)
        return coarse.fine(rows) if rows.dtype == coarse.DTYPE else rows


class RowFile:
    """Rows of an (n, width) array in a file, read one by one.

    Through a map each would leave its neighbours in the process's memory too, 64 kB on Linux: a few hundred questions
    and all vectors would be there.
    """

    def __init__(self, path: Path, array: npt.NDArray[Any]) -> None:
        self._file = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._file)
        self._start = path.stat().st_size - array.nbytes
        self._size = array.nbytes // len(array)
        self._width, self._dtype = array.shape[1], array.dtype

    def read(self, positions: npt.NDArray[np.intp]) -> npt.NDArray[Any]:
        """Return the rows at these positions: (len(positions), width)."""
        starts = (self._start + self._size * positions.astype(np.int64)).tolist()
        rows = b"".join([os.pread(self._file, self._size, start) for start in starts])
        return np.frombuffer(rows, self._dtype).reshape(len(positions), self._width)


class Part(NamedTuple):
    """Rows to be written, in any order: (n,), their vectors (n, dim), word pieces if known, and drafts if there are."""

    rows: Rows
    vectors: FloatMatrix | CoarseRows
    pieces: Ragged | Gaps | None = None
    drafts: Flags | None = None


def are_units(vectors: FloatMatrix) -> Flags:
    """Tell which rows are finite and of unit length: (n,)."""
    with np.errstate(all="ignore"):  # what is not finite
        return np.asarray(np.abs(np.linalg.norm(singles(vectors), axis=1) - 1) <= UNIT)


def segment_files(name: str) -> tuple[str, ...]:
    """Return the file names that a segment may have: rows and vectors always, the others where there are such."""
    return tuple(f"{name}.{kind}.npy" for kind in KINDS)


def write_segment(folder: Path, name: str, parts: Sequence[Part]) -> int:
    """Write a segment of all rows of the parts, durably; return how many. Of a row in two, the first part has its say.

    Pieces are written if all parts know them.
    """
    paths = [folder / file_name for file_name in segment_files(name)]
    rows, at = np.unique(np.concatenate([part.rows for part in parts]), return_index=True)
    _save(paths[0], rows)
    drafts = np.concatenate([_flags(part) for part in parts])[at]
    matrices = [part.vectors for part in parts]
    is_coarse = len(at) >= COARSE_ROWS and bool(drafts.all())
    blocks = (coarse.coarse(block) if is_coarse else block.astype(DTYPE) for block in _blocks(matrices, at))
    _stream(paths[1], (len(at), matrices[0].shape[1]), coarse.DTYPE if is_coarse else DTYPE, blocks)
    pieces = [part.pieces for part in parts if part.pieces is not None]
    if len(pieces) == len(parts):
        joined = Ragged.joined(own.whole() if isinstance(own, Gaps) else own for own in pieces)
        written = Gaps.of(joined, at) or joined.take(at)
        _save(paths[2], written.values)
        _save(paths[3], written.ends)
    if drafts.any():
        _save(paths[4], drafts)
    if len(rows) >= CODED_ROWS:
        codes = encode(_stored_as(_load(paths[1])))
        arrays: list[npt.NDArray[Any]] = [codes.bits, codes.frame, codes.ranks]
        for path, array in zip(paths[5:], arrays, strict=True):
            _save(path, array)
    durable.flush_folder(folder)
    return len(rows)


def apart(parts: Sequence[Part]) -> list[list[Part]]:
    """Return what is to be written as a segment each: the drafts for themselves where they are many.

    Of a row in two parts the first has its say.
    """
    rows = np.concatenate([np.empty(0, np.int64), *(part.rows for part in parts)])
    if not len(rows):
        return []
    drafts = np.concatenate([_flags(part) for part in parts])
    if drafts.all() or np.count_nonzero(drafts) < COARSE_ROWS:
        return [list(parts)]
    first = np.zeros(len(rows), np.bool_)
    first[np.unique(rows, return_index=True)[1]] = True
    ends = np.cumsum([len(part.rows) for part in parts])[:-1]
    masks = (np.split(first & flags, ends) for flags in (drafts, ~drafts))
    return [
        [part_of(part, None if mask.all() else mask) for part, mask in zip(parts, own, strict=True)] for own in masks
    ]


def _flags(part: Part) -> Flags:
    """Return which vectors of a part are drafts: (n,)."""
    return np.zeros(len(part.rows), np.bool_) if part.drafts is None else part.drafts


def _stored_as(array: npt.NDArray[Any]) -> UnitRows:
    """Return the vectors that a file's array stands for."""
    return CoarseRows(array) if array.dtype == coarse.DTYPE else array


def _blocks(
    matrices: Sequence[FloatMatrix | CoarseRows], at: npt.NDArray[np.intp]
) -> Iterator[npt.NDArray[np.float32]]:
    """Yield the rows `at` of all matrices, one below the other, as blocks."""
    starts = np.cumsum([0, *(len(matrix) for matrix in matrices)])
    for begin in range(0, len(at), BLOCK):
        wanted = at[begin : begin + BLOCK]
        block = np.empty((len(wanted), matrices[0].shape[1]), np.float32)
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


def open_segments(folder: Path, names: Sequence[str], dim: int) -> list[Segment]:
    """Map the segments of an index into memory. Raises IndexCorrupt, naming the file."""
    sizes = (folder / f"{name}.vectors.npy" for name in names)
    total = sum(path.stat().st_size for path in sizes if path.exists())
    return [open_segment(folder, name, dim, MAPPED if total <= MAPPED else SMALL) for name in names]


def open_segment(folder: Path, name: str, dim: int, most: int | None = None) -> Segment:
    """Map a segment into memory. Raises IndexCorrupt, naming the file.

    most: bytes of vectors up to which they may stay there, MAPPED for None.
    """
    rows_path, vectors_path, pieces_path, ends_path, drafts_path, *others = (
        folder / file for file in segment_files(name)
    )
    rows, vectors = _load(rows_path), _load(vectors_path)
    if rows.dtype != np.int64 or rows.ndim != 1 or not (rows[1:] > rows[:-1]).all():
        raise IndexCorrupt(f"{rows_path} does not hold row numbers. Run: searchkit rebuild")
    if vectors.dtype not in (DTYPE, coarse.DTYPE) or vectors.shape != (len(rows), dim):
        raise IndexCorrupt(
            f"{vectors_path} does not hold {len(rows)} rows of {dim} in float16 or int8. Run: searchkit rebuild"
        )
    drafts = _load(drafts_path) if drafts_path.exists() else None
    if drafts is not None and (drafts.dtype != np.bool_ or drafts.shape != rows.shape):
        raise IndexCorrupt(f"{drafts_path} does not tell which of {len(rows)} rows are drafts. Run: searchkit rebuild")
    pieces, codes = _open_pieces(pieces_path, ends_path, len(rows)), _open_codes(others, len(rows), dim)
    file = (
        RowFile(vectors_path, vectors)
        if vectors.nbytes > (MAPPED if most is None else most) and hasattr(os, "pread")
        else None
    )
    return Segment(name, rows, _stored_as(vectors), pieces, drafts, codes, file)


def part_of(whole: Segment | Part, mask: Flags | None) -> Part:
    """Return what there is of the rows in the mask, of all for None."""
    if mask is None:
        return Part(whole.rows, whole.vectors, whole.pieces, whole.drafts)
    at = np.flatnonzero(mask)
    pieces = None if whole.pieces is None else whole.pieces.take(at)
    drafts = None if whole.drafts is None else whole.drafts[at]
    return Part(whole.rows[at], whole.vectors[at], pieces, drafts)


def _open_pieces(pieces_path: Path, ends_path: Path, count: int) -> Ragged | Gaps | None:
    """Map the word pieces of a segment, None if it has none. Raises IndexCorrupt."""
    if not (pieces_path.exists() or ends_path.exists()):
        return None
    values, stored = _load(pieces_path), _load(ends_path)
    pieces = Gaps(values, stored) if values.dtype == np.uint8 else Ragged(values, stored)
    fits = (
        pieces.values.dtype in (np.uint8, np.uint16) and pieces.ends.dtype == np.int64 and pieces.ends.shape == (count,)
    )
    ends = np.append(0, pieces.ends) if fits else pieces.ends
    if not fits or pieces.values.ndim != 1 or ends[-1] != len(pieces.values) or not (ends[1:] >= ends[:-1]).all():
        raise IndexCorrupt(f"{pieces_path} does not hold the word pieces of {count} rows. Run: searchkit rebuild")
    return pieces


def _open_codes(paths: Sequence[Path], count: int, dim: int) -> Codes | None:
    """Map the codes of a segment, None if it has none. Raises IndexCorrupt."""
    if not paths[0].exists():
        return None
    bits, frame, ranks = arrays = [_load(path) for path in paths]
    measured = max(1, ranks.size // 2)
    wanted = [(np.uint8, (count, -(-dim // 8))), (np.float32, (2, dim)), (np.int32, (measured, 2))]
    for path, array, (dtype, shape) in zip(paths, arrays, wanted, strict=True):
        if array.dtype != dtype or array.shape != shape:
            raise IndexCorrupt(f"{path} does not hold codes of {count} rows of {dim}. Run: searchkit rebuild")
    return Codes(bits, frame, ranks)


def _save(path: Path, array: npt.NDArray[Any]) -> None:
    with path.open("wb") as file:
        np.save(file, array, allow_pickle=False)
        durable.flush_file(file)


def _load(path: Path) -> npt.NDArray[Any]:
    try:
        return npy.load(path, mapped=True)
    except (OSError, ValueError) as error:
        raise refusals.damage(error, path, f"{path} cannot be read: {error}. Run: searchkit rebuild") from error
