"""Which terms of a sorted list a pattern means."""

from __future__ import annotations

import fnmatch
import re
from bisect import bisect_left
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

WILD = re.compile("[?*]")


def with_prefix(terms: Sequence[str], prefix: str) -> Sequence[str]:
    """Return the terms that begin with `prefix`. terms: sorted by code point."""
    first = bisect_left(terms, prefix)
    return terms[first : bisect_left(terms, True, first, key=lambda term: not term.startswith(prefix))]


def matching(terms: Sequence[str], pattern: str) -> list[str]:
    """Return the terms that match `pattern`, where ? is one character and * any number. terms: sorted."""
    regex = re.compile(fnmatch.translate(pattern.replace("[", "[[]")))  # which never backtracks into a star
    return [term for term in with_prefix(terms, WILD.split(pattern, maxsplit=1)[0]) if regex.match(term)]


def near(terms: Sequence[str], text: str, distance: int) -> list[str]:
    """Return the terms within `distance` edits; a swap of neighbours is one edit."""
    close = [term for term in terms if abs(len(term) - len(text)) <= distance]
    return [term for term, edits in zip(close, edit_distances(close, text).tolist(), strict=True) if edits <= distance]


def edit_distances(terms: Sequence[str], text: str) -> npt.NDArray[np.int32]:
    """Return the edits between each term and `text`: (n,) (optimal string alignment; Damerau 1964).

    The table of Wagner & Fischer (1974), one row a character of `text`, for all terms at once.
    """
    if not terms:
        return np.empty(0, np.int32)
    lengths = np.array([len(term) for term in terms])
    width = max(1, int(lengths.max()))
    letters = np.array(terms, f"U{width}").view(np.uint32).reshape(len(terms), width)
    rows = [np.tile(np.arange(width + 1, dtype=np.int32), (len(terms), 1))]
    for i, letter in enumerate(map(ord, text), start=1):
        row, above = np.empty_like(rows[0]), rows[-1]
        row[:, 0] = i
        for j in range(1, width + 1):
            row[:, j] = np.minimum(
                np.minimum(above[:, j], row[:, j - 1]) + 1, above[:, j - 1] + (letters[:, j - 1] != letter)
            )
            if i > 1 and j > 1:
                swapped = (letters[:, j - 2] == letter) & (letters[:, j - 1] == ord(text[i - 2]))
                row[:, j] = np.where(swapped, np.minimum(row[:, j], rows[-2][:, j - 2] + 1), row[:, j])
        rows = [above, row]
    distances: npt.NDArray[np.int32] = rows[-1][np.arange(len(terms)), lengths]
    return distances
