"""Many texts in one, searched at once for what they contain: a call for each text would cost more than the search."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

SAMPLE = 65_536  # bytes that tell which of a needle's is rare

Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[Any]


class Haystack:
    """Texts in UTF-8, none of which overlaps another: text[starts[i]:ends[i]] is the i-th, in ascending order."""

    def __init__(self, text: bytes, starts: Numbers, ends: Numbers) -> None:
        self._data = np.frombuffer(text, np.uint8)
        self.starts, self.ends = starts.astype(np.int64), ends.astype(np.int64)
        step = max(1, len(text) // SAMPLE)
        self._common = np.bincount(self._data[::step], minlength=256)

    def __len__(self) -> int:
        return len(self.starts)

    def equal(self, text: str) -> Mask:
        """Tell which texts are this one: (n,)."""
        wanted = text.encode()
        return np.asarray((self.ends - self.starts == len(wanted)) & self._has_at(self.starts, wanted))

    def containing(self, text: str) -> Mask:
        """Tell in which texts this one stands: (n,)."""
        return np.asarray(self._after(self.starts, text.encode()) >= 0)

    def fitting(self, pattern: str) -> Mask:
        """Tell which texts fit a pattern whose only sign is *, for any stretch: (n,)."""
        first, *rest = pattern.encode().split(b"*")
        if not rest:
            return self.equal(pattern)
        *inner, last = rest
        fits = (self.ends - self.starts >= len(first)) & self._has_at(self.starts, first)
        at = np.where(fits, self.starts + len(first), -1)
        for part in filter(None, inner):
            at = self._after(at, part)
        tails = self.ends - len(last)
        return (at >= 0) & (tails >= at) & self._has_at(tails, last)

    def first(self, count: int) -> npt.NDArray[np.uint8]:
        """Return the first bytes of each text, 0 after its end: (n, count)."""
        padded = np.append(self._data, np.zeros(count, np.uint8))
        read = np.lib.stride_tricks.sliding_window_view(padded, count)[self.starts]
        read *= np.arange(count) < (self.ends - self.starts)[:, None]
        return read

    def _has_at(self, places: Numbers, needle: bytes) -> Mask:
        """Tell at which places the needle begins; places outside the data are none."""
        at = np.flatnonzero((places >= 0) & (places + len(needle) <= len(self._data)))
        for offset, byte in enumerate(needle):
            at = at[self._data[places[at] + offset] == byte]
        found = np.zeros(len(places), np.bool_)
        found[at] = True
        return found

    def _after(self, at: Numbers, needle: bytes) -> Numbers:
        """Return where, from `at` on, the needle first ends in each text, -1 where it doesn't or `at` is -1: (n,)."""
        if not needle:
            return at
        hits = self._hits(needle)
        next_hit = np.searchsorted(hits, at)
        ends = np.append(hits, len(self._data))[next_hit] + len(needle)
        return np.where((at >= 0) & (ends <= self.ends), ends, -1)

    def _hits(self, needle: bytes) -> Numbers:
        """Return every place where the needle stands, ascending: its rarest byte first."""
        rarest = min(range(len(needle)), key=lambda offset: int(self._common[needle[offset]]))
        hits = np.flatnonzero(self._data == needle[rarest]) - rarest
        hits = hits[(hits >= 0) & (hits + len(needle) <= len(self._data))]
        for offset, byte in enumerate(needle):
            if offset != rarest:
                hits = hits[self._data[hits + offset] == byte]
        return hits
