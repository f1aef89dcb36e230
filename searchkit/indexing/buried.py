"""Rows that a session removed, by the digests of their texts, in little memory."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from searchkit.storage.vectors.journal import DIGEST_SIZE

KEY = f"S{DIGEST_SIZE}"  # numpy leaves zeros at the end out of account, which are alike in digests of one length


class Buried:
    """Rows by digest, the last row of one that came again.

    Each takes 24 bytes, and as many again once any is looked for; in a dictionary it took 120.
    """

    def __init__(self) -> None:
        self._digests = bytearray()
        self._rows = array("q")
        self._sorted: tuple[npt.NDArray[np.bytes_], npt.NDArray[np.intp]] | None = None

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, digest: bytes, row: int) -> None:
        """Note a row."""
        self._digests += digest
        self._rows.append(row)
        self._sorted = None

    def find(self, digests: Sequence[bytes]) -> list[tuple[int, bytes]]:
        """Return the row of each digest that is known, with it."""
        known, places = self._in_order()
        if not len(known):
            return []
        wanted = np.array(digests, KEY)
        at = np.searchsorted(known, wanted, side="right") - 1  # of equal ones, which keep their order, the last
        found = (at >= 0) & (known[at] == wanted)
        return [(self._rows[places[at[n]]], digests[n]) for n in np.flatnonzero(found).tolist()]

    def pairs(self, size: int) -> Iterator[list[tuple[int, bytes]]]:
        """Yield all rows with their digests, so many at a time."""
        for start in range(0, len(self), size):
            rows = self._rows[start : start + size]
            ends = range((start + 1) * DIGEST_SIZE, (start + len(rows) + 1) * DIGEST_SIZE, DIGEST_SIZE)
            yield [(row, bytes(self._digests[end - DIGEST_SIZE : end])) for row, end in zip(rows, ends, strict=True)]

    def _in_order(self) -> tuple[npt.NDArray[np.bytes_], npt.NDArray[np.intp]]:
        """Return the digests, ascending, and where each came."""
        if self._sorted is None:
            digests = np.frombuffer(bytes(self._digests), KEY)
            places = np.argsort(digests, kind="stable")
            self._sorted = digests[places], places
        return self._sorted
