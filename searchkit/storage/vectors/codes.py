"""One bit a dimension: which of very many vectors may be near a question, in a sixteenth of the memory.

A bit says on which side of the mean a vector lies (Charikar, STOC 2002). A question is compared twice: by the signs of
its own distances from the mean, with every code; then, with the codes that come out best, by those distances in
PLANES bits, which loses hardly anything on the question's side (Gao & Long, RaBitQ, SIGMOD 2024, on the same in a
rotated space; a rotation gained nothing here). What that leaves is for exact products to settle: `ranks` says how many
it must leave, measured on the vectors themselves.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.scanning import singles
from searchkit.storage.vectors.coarse import UnitRows
from searchkit.types import FloatMatrix, FloatVector

PLANES = 4
SAMPLE = 2_000  # vectors that the mean is taken of
QUESTIONS = 64  # that ranks are measured with
PARENTS = 6  # passages that a made-up question is in the middle of
NEAREST = 10
NEAR = 2e-3  # below the cosine of the tenth: who is no farther counts as found, as rows that are nearly the same do
NEAR_A_BLOCK = 64  # of those, that are looked at in each block
NEVER = np.iinfo(np.int32).max
BLOCK = 16_384  # vectors that are worked on at a time: what they need fits the processor's caches

Bits = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Codes:
    """The codes of n vectors.

    bits: (n, dim / 8) uint8; frame: (2, dim) float32, the mean and the mean distance from it, by dimension;
    ranks: (m, 2) int32, where ten near rows of each of some questions came among all by either comparison, from 1.
    """

    bits: Bits
    frame: FloatMatrix
    ranks: npt.NDArray[np.int32]

    def depth(self, recall: float) -> tuple[int, int]:
        """Return how many to keep by the first and by the second comparison, to hold this share of the nearest."""
        wanted = max(1, math.ceil(recall * len(self.ranks)))
        first = np.sort(self.ranks[:, 0])[(wanted + len(self.ranks)) // 2 - 1]  # may miss half as many as both
        second = np.sort(np.where(self.ranks[:, 0] <= first, self.ranks[:, 1], NEVER))[wanted - 1]
        return int(first), int(second)


@dataclass(frozen=True, slots=True)
class CodedQuestions:
    """A question as codes see it: about `base` + sum over planes of `weights` * (dim - 2 * differing bits)."""

    planes: Bits  # (PLANES, dim / 8), the signs last
    weights: FloatVector  # (PLANES,)
    base: float
    scale: float  # of the signs alone: about base + scale * (2 * equal bits - dim)
    dim: int


def encode(vectors: UnitRows) -> Codes:
    """Return the codes of vectors: (n, dim), n > 0."""
    sample = singles(vectors[:: max(1, len(vectors) // SAMPLE)])
    centre = sample.mean(axis=0)
    frame = np.stack([centre, np.abs(sample - centre).mean(axis=0)])
    bits = np.concatenate([np.packbits(part > centre, axis=1) for part in _blocks(vectors)])
    return Codes(bits, frame, _ranks(vectors, bits, frame))


def ask(frame: FloatMatrix, query: FloatVector) -> CodedQuestions:
    """Return a question, (dim,), in the terms of these codes.

    x - mean is about spread * sign(x - mean), so <x, q> is about <mean, q> + <sign(x - mean), spread * (q - mean)>.
    The second factor is rounded to odd multiples of a step: -15, -13 … 15 are all sums of ±8 ±4 ±2 ±1.
    """
    centre, spread = frame
    weighed = spread * (query - centre)
    top = 2**PLANES - 1
    step = max(float(np.abs(weighed).max()), 1e-12) / top
    level = np.clip(np.floor((weighed / step + top + 1) / 2), 0, top).astype(np.uint8)
    planes = np.packbits(level >> np.arange(PLANES, dtype=np.uint8)[:, None] & 1, axis=1)
    weights = (step * 2.0 ** np.arange(PLANES)).astype(np.float32)
    return CodedQuestions(planes, weights, float(centre @ query), float(np.abs(weighed).mean()), len(query))


def differing(bits: Bits, planes: Bits) -> npt.NDArray[np.float32]:
    """Return in how many bits each code differs from each plane: (m, n) for (n, dim / 8) and (m, dim / 8)."""
    from simsimd import cdist  # noqa: PLC0415 - a keyword search does without

    if not len(bits):
        return np.empty((len(planes), 0), np.float32)
    # not into an array of ours: simsimd 6.5 loses a reference to None each time, and ends the process when none is left
    found = cdist(planes, bits, metric="hamming", dtype="bin8", out_dtype="float32")
    return np.asarray(found, np.float32)


def by_signs(bits: Bits, asked: CodedQuestions) -> npt.NDArray[np.float32]:
    """Return the first estimate of each vector's product with the question, as the number of equal bits: (n,)."""
    opposite = ~asked.planes[-1:] & np.packbits(np.ones(asked.dim, np.uint8))
    found: npt.NDArray[np.float32] = differing(bits, opposite)[0]
    return found


def by_planes(bits: Bits, asked: CodedQuestions) -> npt.NDArray[np.float32]:
    """Return the second, closer estimate: (n,)."""
    agreement = np.float32(asked.dim) - 2 * differing(bits, asked.planes)
    return np.asarray((agreement * asked.weights[:, None]).sum(axis=0) + asked.base, np.float32)


def _ranks(vectors: UnitRows, bits: Bits, frame: FloatMatrix) -> npt.NDArray[np.int32]:
    """Return where the NEAREST of the near rows of some questions that come earliest are by either estimate: (m, 2).

    Recall is by score (Aumüller, Bernhardsson & Faithfull, ANN-Benchmarks, 2020): whoever is as near as the tenth, to
    within NEAR, is as good. By identity, one of a hundred rows that are nearly the same could be the one to be found.
    """
    own, questions = _made_up(vectors)
    ranks = []
    for near, question in zip(_near(vectors, questions, own), questions, strict=True):
        asked = ask(frame, question)
        either = np.stack([_rank(estimate, bits, near, asked) for estimate in (by_signs, by_planes)], axis=1)
        earliest = np.argsort(either.prod(axis=1), kind="stable")[:NEAREST]
        ranks.append(either[earliest])
    return np.concatenate(ranks).astype(np.int32)


def _rank(
    estimate: Callable[[Bits, CodedQuestions], FloatVector],
    bits: Bits,
    near: npt.NDArray[np.intp],
    asked: CodedQuestions,
) -> npt.NDArray[np.intp]:
    """Return where these rows come among all by an estimate, from 1; ties all come first: (len(near),)."""
    own = estimate(bits[near], asked)
    least = own.min()
    every = [found[found > least] for found in (estimate(part, asked) for part in _blocks(bits))]
    before = np.sort(np.concatenate(every))
    return np.asarray(len(before) - np.searchsorted(before, own, side="right") + 1)


def _made_up(vectors: UnitRows) -> tuple[npt.NDArray[np.intp], FloatMatrix]:
    """Return rows (m, PARENTS) and a question in the middle of those of each: (m, dim) unit.

    People's questions lie farther from passages than passages do from each other. In the middle of six, ranks come out
    as for real questions (SQuAD, HotpotQA and Natural Questions against Wikipedia), or a little higher.
    """
    own = np.linspace(0, len(vectors) - 1, QUESTIONS * PARENTS).astype(np.intp).reshape(PARENTS, QUESTIONS).T
    mixed = singles(vectors[own.ravel()]).reshape(*own.shape, -1).sum(axis=1)
    return own, mixed / np.maximum(np.linalg.norm(mixed, axis=1, keepdims=True), 1e-12)


def _near(vectors: UnitRows, questions: FloatMatrix, own: npt.NDArray[np.intp]) -> list[npt.NDArray[np.intp]]:
    """Return the rows nearest to each question, and who is as near; without those that it is made of."""
    rows, cosines = [], []
    kept = NEAR_A_BLOCK + PARENTS
    for start, part in zip(range(0, len(vectors), BLOCK), _blocks(vectors), strict=True):
        found = questions @ singles(part).T
        at = np.argpartition(-found, min(kept, len(part)) - 1, axis=1)[:, :kept]
        rows.append(at + start)
        cosines.append(np.take_along_axis(found, at, axis=1))
    every, cosine = np.concatenate(rows, axis=1), np.concatenate(cosines, axis=1)
    cosine[(every[:, :, None] == own[:, None, :]).any(axis=2)] = -np.inf
    last = max(1, min(NEAREST, len(vectors) - PARENTS))
    least = -np.partition(-cosine, last - 1, axis=1)[:, last - 1, None] - NEAR
    return [candidates[is_near] for candidates, is_near in zip(every, cosine >= least, strict=True)]


def _blocks(array: npt.NDArray[Any] | UnitRows) -> Iterator[npt.NDArray[Any]]:
    return (array[start : start + BLOCK] for start in range(0, len(array), BLOCK))
