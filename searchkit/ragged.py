"""Lists of different lengths in two flat arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt


class Ragged(NamedTuple):
    """n lists of small numbers, one after the other in `values`: (total,) uint16; `ends`: (n,) int64."""

    values: npt.NDArray[np.uint16]
    ends: npt.NDArray[np.int64]

    @classmethod
    def of(cls, lists: Sequence[npt.ArrayLike]) -> Ragged:
        """Return these lists as one."""
        arrays = [np.asarray(numbers, np.uint16) for numbers in lists]
        values = np.concatenate(arrays) if arrays else np.empty(0, np.uint16)
        return cls(values, np.cumsum([len(array) for array in arrays], dtype=np.int64))

    @classmethod
    def joined(cls, parts: Iterable[Ragged]) -> Ragged:
        """Return the lists of all parts, in order."""
        parts = list(parts)
        starts = np.cumsum([0, *(len(part.values) for part in parts)])
        return cls(
            np.concatenate([np.empty(0, np.uint16), *(part.values for part in parts)]),
            np.concatenate(
                [np.empty(0, np.int64), *(part.ends + start for part, start in zip(parts, starts, strict=False))]
            ),
        )

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """The length of each list: (n,)."""
        return np.diff(self.ends, prepend=0)

    def take(self, at: npt.NDArray[Any]) -> Ragged:
        """Return the lists at these positions: (m,), in their order."""
        ends = self.ends[at]
        starts = np.where(at > 0, self.ends[at - 1], 0)
        lengths = ends - starts
        new_ends = np.cumsum(lengths)
        places = np.arange(new_ends[-1] if len(at) else 0) + np.repeat(starts - (new_ends - lengths), lengths)
        return Ragged(self.values[places], new_ends)
