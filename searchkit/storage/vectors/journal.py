"""Vectors that were computed but not yet committed: what an interrupted run does not do again.

Records of one size, appended: 16 bytes digest of the text, the vector as float16, CRC-32 of both. A record
that a crash tore fails its CRC and ends the file.
"""

from __future__ import annotations

import os
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from searchkit.types import Embedder, FloatMatrix

DIGEST_SIZE = 16


class Journal:
    """An append-only file of (digest, vector) for vectors of one model and dimension."""

    def __init__(self, path: Path, model: str, dim: int) -> None:
        self._path = path
        self._header = model.encode() + b"\n"
        self._dim = dim

    def load(self) -> dict[bytes, npt.NDArray[np.float16]]:
        """Return every whole record: digest -> (dim,) vector; cut off a torn end and another model's records."""
        content = self._path.read_bytes() if self._path.exists() else b""
        found: dict[bytes, npt.NDArray[np.float16]] = {}
        if content.startswith(self._header):
            size = DIGEST_SIZE + 2 * self._dim
            end = len(self._header)
            while end + size + 4 <= len(content):
                record = content[end : end + size]
                if zlib.crc32(record) != int.from_bytes(content[end + size : end + size + 4], "little"):
                    break
                found[record[:DIGEST_SIZE]] = np.frombuffer(record, np.float16, offset=DIGEST_SIZE)
                end += size + 4
            os.truncate(self._path, end)
        else:
            self.clear()
        return found

    def append(self, digests: list[bytes], vectors: FloatMatrix) -> None:
        """Add records; they outlive this process once this returns."""
        records = [d + v.tobytes() for d, v in zip(digests, vectors.astype(np.float16), strict=True)]
        with self._path.open("ab") as file:
            if file.tell() == 0:
                file.write(self._header)
            file.writelines(record + zlib.crc32(record).to_bytes(4, "little") for record in records)

    def taken(self) -> Journal:
        """Move the file aside, so that others can begin a new one; return a journal of what it holds."""
        aside = self._path.with_name(self._path.name + ".taken")
        if self._path.exists() and not aside.exists():  # one that a crash left there comes first
            self._path.replace(aside)
        return Journal(aside, self._header.strip().decode(), self._dim)

    def clear(self) -> None:
        """Forget everything: it is committed, or belongs to another model."""
        self._path.unlink(missing_ok=True)


def pending(index: Path, model: Embedder) -> Journal:
    """Return an index's journal of vectors that no commit holds yet."""
    return Journal(index / "vectors" / "pending", model.digest, model.dim)


def reached(index: Path, model: Embedder) -> Journal:
    """Return its journal of vectors that searches computed for passages with drafts, until `improve` takes them."""
    return Journal(index / "vectors" / "reached", model.digest, model.dim)
