"""Rows in order and as sets: what arms and those who read rankings share."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from searchkit.types import Ranking, Rows

Value = TypeVar("Value", bound=np.generic)

EMPTY = Ranking(np.empty(0, np.int64), np.empty(0, np.float32))


def distinct(values: npt.NDArray[Value]) -> npt.NDArray[Value]:
    """Return the values that there are, ascending, each once: (m,). values: (n,), no NaN among them.

    `np.unique` hashes whole numbers first, which is slower for so few, and imports masked arrays: 8 ms of a cold start.
    """
    ordered = np.sort(values)
    new = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    return ordered[new]


def among(rows: Rows, allowed: Rows) -> npt.NDArray[np.bool_]:
    """Tell for each row whether it is one of `allowed`, which are sorted: (len(rows),)."""
    if not len(allowed):
        return np.zeros(len(rows), np.bool_)
    places = np.searchsorted(allowed, rows)
    places[places == len(allowed)] = 0
    found: npt.NDArray[np.bool_] = allowed[places] == rows
    return found


def by_row(found: Ranking) -> Ranking:
    """Return what was found in the order of rows."""
    order = np.argsort(found.rows)
    return Ranking(found.rows[order], found.scores[order])


def look_up(wanted: Rows, found: Ranking) -> npt.NDArray[np.float32]:
    """Return the score of each wanted row, 0 for those that are not found: (len(wanted),).

    found: in the order of rows, without repeats.
    """
    known = among(wanted, found.rows)
    picked = np.zeros(len(wanted), np.float32)
    picked[known] = found.scores[np.searchsorted(found.rows, wanted[known])]
    return picked


def best_first(rows: Rows, scores: npt.NDArray[np.float32], limit: int) -> Ranking:
    """Return the `limit` highest scores, best first, ties by row. rows, scores: (n,)."""
    if limit < len(rows):
        # every row that ties with the last place stays in, so that the tie is broken by row, not by chance
        threshold = np.partition(scores, len(scores) - limit)[len(scores) - limit]
        kept = np.flatnonzero(scores >= threshold)
        rows, scores = rows[kept], scores[kept]
    order = np.lexsort((rows, -scores))[:limit]
    return Ranking(rows[order], scores[order])
