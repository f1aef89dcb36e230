"""Which rows of some segments can be among the nearest to a question: few enough to be read and compared exactly.

Either all rows are compared roughly, in float16, and those stay that rounding cannot rule out; or codes choose, and as
many stay as hold the nearest by the recall that is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from searchkit.scanning import products, singles
from searchkit.storage.vectors.coarse import UnitRows
from searchkit.storage.vectors.codes import CodedQuestions, Codes, ask, by_planes, by_signs
from searchkit.storage.vectors.segments import Segment
from searchkit.threads import cores, meanwhile
from searchkit.types import FloatMatrix, FloatVector, Rows

ROUGH = (
    2e-3  # how far a product in float16 can be off: the query's rounding is 5e-4, the sum's depends on the processor
)
SHARED = 8_192  # rows from which on it pays to wake a second thread, which takes less than .1 ms
SPARSE = 0.25  # share of a segment's rows below which only theirs are read
REACH = 3  # candidates for each row that is wanted, at the least: recall further down than the measured one
SIGNS_REACH = 4  # the same of the comparison by signs, for each candidate by planes
LOWEST = float(np.finfo(np.float32).min)
SAMPLED, SPARE = 16_384, 32  # scores that tell about where the n-th highest of very many is

Positions = npt.NDArray[np.intp]
Scores = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Open:
    """The `count` rows of a segment that may be found: those `at` (m,), or all that `barred` (n,) does not set to -inf.

    Adding 0 or -inf to all scores takes a tenth of the time of picking those that a mask names.
    """

    segment: Segment
    count: int
    at: Positions | None = None
    barred: Scores | None = None

    @classmethod
    def of(cls, segment: Segment, alive: npt.NDArray[np.bool_] | None, allowed: Rows | None) -> Open:
        """Return the rows of a segment that are alive, (n,), and allowed: ascending rows. None: all."""
        if not len(segment.rows) or (alive is None and allowed is None):
            return cls(segment, len(segment.rows))
        mask = np.ones(len(segment.rows), np.bool_) if alive is None else alive
        if allowed is not None:
            rows = allowed[slice(*np.searchsorted(allowed, [segment.rows[0], segment.rows[-1] + 1]))]
            at = np.searchsorted(segment.rows, rows)
            at = at[(segment.rows[at] == rows) & mask[at]]
            if len(at) < SPARSE * len(mask):
                return cls(segment, len(at), at=at)
            mask = np.zeros_like(mask)
            mask[at] = True
        return cls(segment, int(np.count_nonzero(mask)), barred=np.where(mask, np.float32(0), np.float32(-np.inf)))

    def scored(self, table: Any, score: Callable[[Any], Scores]) -> Scores:
        """Return the scores (…, m) of the rows of a table (n, …) that are read, -inf where they may not be found."""
        found = score(table if self.at is None else table[self.at])
        if self.barred is not None:
            found = found + self.barred
        return found

    def positions(self, places: Positions) -> Positions:
        """Return the positions of rows that are read."""
        return places if self.at is None else self.at[places]


class Candidates(NamedTuple):
    """Positions (m,) in a segment whose rows are to be compared exactly."""

    segment: Segment
    positions: Positions


def everything(opened: Open) -> Candidates:
    """Return all rows that may be found."""
    if opened.at is not None:
        return Candidates(opened.segment, opened.at)
    barred = opened.barred
    return Candidates(opened.segment, np.arange(opened.count) if barred is None else np.flatnonzero(barred == 0))


def rough(opened: Open, queries: FloatMatrix, limit: int) -> Iterator[Candidates]:
    """Yield, for each query, the rows that can be among its `limit` nearest. queries: (m, dim) unit."""
    for scores in opened.scored(opened.segment.vectors, lambda vectors: rough_products(vectors, queries)):
        least = max(LOWEST, nth_highest(scores, limit) - 2 * ROUGH)
        yield Candidates(opened.segment, opened.positions(np.flatnonzero(scores >= least)))


def rough_products(vectors: UnitRows, queries: FloatMatrix) -> Scores:
    """Return the products of unit rows with unit queries, each at most ROUGH off: (m, n).

    For one question the processor's own arithmetic on float16 reads half the memory and converts nothing; for many a
    matrix product is faster.
    """
    if len(queries) == 1 and isinstance(vectors, np.ndarray) and vectors.dtype == np.float16:
        return _shared(vectors, lambda part: products(part, queries).T)
    blocks = [queries @ singles(vectors[at : at + 8192]).T for at in range(0, len(vectors), 8192)]
    return np.concatenate(blocks, axis=1) if blocks else np.empty((len(queries), 0), np.float32)


def _shared(table: npt.NDArray[Any], score: Callable[[npt.NDArray[Any]], Scores]) -> Scores:
    """Return the scores (…, m) of a table's rows, (m, …); of very many, two threads score a half each."""
    if len(table) < SHARED or cores() < 2:
        return score(table)
    half = len(table) // 2
    first: list[Scores] = []
    with meanwhile(lambda: first.append(score(table[:half]))):
        second = score(table[half:])
    return np.concatenate([*first, second], axis=-1)


def coded(opened: Sequence[Open], query: FloatVector, limit: int, recall: float) -> list[Candidates]:
    """Return rows of segments with codes that hold the nearest of all by this recall. query: (dim,) unit."""
    chosen = [
        Coded(own, codes, ask(codes.frame, query)) for own in opened if (codes := own.segment.codes) and own.count
    ]
    if not chosen:
        return []
    # depths grow with the square root of the rows (90,000 to a million of Wikipedia), so their squares add up
    by_sign, by_plane = map(math.ceil, np.linalg.norm([own.codes.depth(recall) for own in chosen], axis=0))
    by_plane = max(by_plane, REACH * limit)
    equal = [own.opened.scored(own.codes.bits, own.equal_bits) for own in chosen]
    if len(chosen) > 1:
        equal = [own.in_common_terms(bits) for own, bits in zip(chosen, equal, strict=True)]
    kept = _kept(equal, max(by_sign, SIGNS_REACH * by_plane))
    places = [own.opened.positions(at) for own, at in zip(chosen, kept, strict=True)]
    kept = _kept([own.by_planes(at) for own, at in zip(chosen, places, strict=True)], by_plane)
    return [Candidates(own.opened.segment, at[best]) for own, at, best in zip(chosen, places, kept, strict=True)]


class Coded(NamedTuple):
    """A segment with codes, and the question as they see it."""

    opened: Open
    codes: Codes
    asked: CodedQuestions

    def equal_bits(self, bits: npt.NDArray[np.uint8]) -> Scores:
        """Return in how many bits each code equals the question's: (n,)."""
        return _shared(bits, lambda part: by_signs(part, self.asked))

    def in_common_terms(self, equal: Scores) -> Scores:
        """Return estimates of products, which can be compared between segments, of numbers of equal bits."""
        asked = self.asked
        return equal * np.float32(2 * asked.scale) + np.float32(asked.base - asked.scale * asked.dim)

    def by_planes(self, positions: Positions) -> Scores:
        """Return a closer one of these rows."""
        return by_planes(self.codes.bits[positions], self.asked)


def _kept(scores: Sequence[Scores], count: int) -> list[Positions]:
    """Return the places of the `count` highest of all scores, and of all that tie with the last."""
    if len(scores) == 1:
        return [highest(scores[0], count)]
    places, starts = highest(np.concatenate(scores), count), np.cumsum([0, *map(len, scores)])
    return [
        own - start for own, start in zip(np.split(places, np.searchsorted(places, starts[1:-1])), starts, strict=False)
    ]


def highest(scores: Scores, n: int) -> Positions:
    """Return the places of the n highest scores and of all that tie with the last, ascending; -inf is none of them."""
    places = _hopeful(scores, n)
    if places is None:
        return np.flatnonzero(scores >= max(LOWEST, nth_highest(scores, n)))
    scores = scores[places]
    found: Positions = places[scores >= max(LOWEST, nth_highest(scores, n))]
    return found


def nth_highest(scores: Scores, n: int) -> float:
    """Return the n-th highest score, -inf where there are fewer; what is not finite comes last."""
    places = _hopeful(scores, n)
    if places is not None:
        scores = scores[places]
    return float(-np.partition(-scores, n - 1)[n - 1]) if len(scores) >= n else -math.inf


def _hopeful(scores: Scores, n: int) -> Positions | None:
    """Return places that hold the n highest of very many scores and few others, None if none are found so."""
    step = len(scores) // SAMPLED
    place = 2 * n // max(step, 1) + SPARE
    if step < 2 or place >= SAMPLED:
        return None
    # about the 2n-th highest, by a sample: nearly always a bound of the n-th that leaves few to sort
    places = np.flatnonzero(scores >= -np.partition(-scores[::step], place - 1)[place - 1])
    return places if len(places) >= n else None
