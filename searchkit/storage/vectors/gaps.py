"""Ascending lists of small numbers as the gaps between them, each in as few bytes as it needs.

A byte holds seven bits of a gap, the lowest first; the highest bit says that more follow (LEB128). Word pieces of
passages take two thirds of what they take as numbers of 16 bits.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from searchkit.errors import IndexCorrupt
from searchkit.ragged import Ragged

BLOCK = 16_384  # lists at a time
_BITS, _MORE = 7, 0x80


class Gaps(NamedTuple):
    """n lists, one after the other. values: (total,) uint8; ends: (n,) int64, where each ends in it."""

    values: npt.NDArray[np.uint8]
    ends: npt.NDArray[np.int64]

    @classmethod
    def of(cls, lists: Ragged, at: npt.NDArray[np.intp] | None = None) -> Gaps | None:
        """Return lists as gaps, all or those at these positions: None unless each ascends and has nothing twice."""
        every = np.arange(len(lists.ends)) if at is None else at
        blocks = [cls._of(lists.take(every[block])) for block in _blocks(len(every))]
        found = [block for block in blocks if block is not None]
        if len(found) < len(blocks):
            return None
        starts = np.cumsum([0, *(len(block.values) for block in found)])
        return cls(
            np.concatenate([np.empty(0, np.uint8), *(block.values for block in found)]),
            np.concatenate([np.empty(0, np.int64), *(own.ends + at for own, at in zip(found, starts, strict=False))]),
        )

    @classmethod
    def _of(cls, lists: Ragged) -> Gaps | None:
        starts = np.zeros(len(lists.values), np.bool_)
        lengths = lists.lengths
        starts[(lists.ends - lengths)[lengths > 0]] = True
        numbers = lists.values.astype(np.int64)
        gaps = np.where(starts, numbers, np.diff(numbers, prepend=0))
        if (gaps < ~starts).any():
            return None
        sizes = 1 + (gaps >> _BITS > 0) + (gaps >> 2 * _BITS > 0)
        ends = np.cumsum(sizes)
        place = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - sizes, sizes)
        values = np.repeat(gaps, sizes) >> _BITS * place & _MORE - 1
        values[place < np.repeat(sizes, sizes) - 1] |= _MORE
        return cls(values.astype(np.uint8), np.append(0, ends)[lists.ends])

    def take(self, at: npt.NDArray[Any]) -> Ragged:
        """Return the lists at these positions: (m,), in their order. Raises IndexCorrupt."""
        read = Ragged(self.values, self.ends).take(at)  # type: ignore[arg-type]  # of bytes
        more = read.values >= _MORE
        if more[read.ends[read.lengths > 0] - 1].any():
            raise IndexCorrupt("a list of word pieces does not end where it should. Run: searchkit rebuild")
        place = np.zeros(len(more), np.uint8)  # among the bytes of its gap, which are three at most
        place[1:] = more[:-1]
        place[2:] += more[1:-1] & more[:-2]
        bits = (read.values & _MORE - 1).astype(np.int32) << _BITS * place
        final = np.flatnonzero(~more)
        sums = bits.cumsum(dtype=np.int32)[final]  # what overflows does so twice, and is gone from the difference
        ends = np.searchsorted(final, read.ends)
        lengths = np.diff(ends, prepend=0)
        before = np.append(np.int32(0), sums)[ends - lengths]
        return Ragged((sums - np.repeat(before, lengths)).astype(np.uint16), ends)

    def whole(self) -> Ragged:
        """Return all lists."""
        return Ragged.joined(map(self.take, _blocks(len(self.ends))))


def _blocks(count: int) -> Iterator[npt.NDArray[np.intp]]:
    """Yield the positions of all lists, so many at a time as take little memory."""
    return (np.arange(start, min(start + BLOCK, count)) for start in range(0, count, BLOCK))
