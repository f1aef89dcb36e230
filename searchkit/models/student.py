"""A student of an embedding model: predicts a passage's vector from its words or word pieces, in no order.

A prior, which travels with a model, is a linear map from weighted bags of word pieces to vectors, learnt once from a
large text. What it gets wrong about the corpus at hand is learnt from the passages that the model itself has embedded:
kernel ridge regression in closed form (Saunders, Gammerman & Vovk, ICML 1998) on the residuals, with the ridge of the
least leave-one-out error. The kernel is the mean of two: the product of two bags, which knows the words of this corpus,
and a Gaussian of the prior's predictions, which knows its topics. The second goes through landmarks (Williams & Seeger,
NIPS 2000), so that what a prediction costs does not grow with the examples.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from zlib import crc32

import numpy as np
import numpy.typing as npt

from searchkit.ragged import Ragged
from searchkit.threads import cores, parallel
from searchkit.types import Embedder, FloatMatrix, FloatVector, Rows

MOST = 5_000  # examples: solving for them takes a few seconds
BUCKETS = 2**15  # that words are hashed into
HEAD = 16  # features that count twice
SHARED = 0.05  # share of passages from which on a feature tells little: a / (a + share), Arora, Liang & Ma, ICLR 2017
SHARPNESS = 2.0  # of the Gaussian: exp(-2 (1 - cosine))
LANDMARKS, TOPIC_DIM = 512, 96  # predictions that others are compared with, and on how many axes
LEAST = 1e-5  # below which an eigenvalue, as a share of the largest, is rounding
RIDGES = np.geomspace(0.01, 10, 10)  # a bag's product with itself is about 1
JUDGED = 1_000  # examples by which the ridge is chosen
COMMON = 64  # examples that share a feature, from which on a product of matrices is faster than pair by pair
CHUNK = 4_096  # passages that a thread predicts at a time


class Prior(NamedTuple):
    """What is known of a model's features in any text: how much each counts in a bag, (v,), its vector, (v, dim)."""

    weights: FloatVector
    table: FloatMatrix
    centre: FloatVector  # (dim,), added to the bag


class Bags(NamedTuple):
    """Weighted bags of features into sums of what a table holds for each, over the root of the weights' squares.

    A feature counts as often as it comes. weights: (v + 1,); table: (v + 1, d), times the weights already; the last row
    is of features beyond v.
    """

    weights: FloatVector
    table: FloatMatrix

    def sums(self, features: Ragged) -> FloatMatrix:
        """Return (n, d); zeros for an empty bag.

        List by list: what is gathered for one stays in the cache, which is five times as fast as `reduceat` over many.
        """
        count = len(features.ends)
        sums = np.zeros((count, self.table.shape[1]), np.float32)
        values = np.minimum(features.values.astype(np.int64), len(self.weights) - 1)
        ends = features.ends.tolist()
        for row, (start, end) in enumerate(zip([0, *ends], ends, strict=False)):
            self.table[values[start:end]].sum(axis=0, out=sums[row])
        squares = np.bincount(np.repeat(np.arange(count), features.lengths), self.weights[values] ** 2, count)
        sums /= np.sqrt(np.maximum(squares, 1e-12))[:, None]
        return sums


class Topics(NamedTuple):
    """What the nearness of the prior's prediction, in fewer dimensions, to a few points says.

    centre: (r,), added to the bag; points: (m, r) unit rows; mixing: (m, d).
    """

    bags: Bags
    centre: FloatVector
    points: FloatMatrix
    mixing: FloatMatrix

    def of(self, features: Ragged) -> FloatMatrix:
        """Return (n, d) rows: the Gaussian of each prediction and the points, mixed."""
        return _gaussian(unit(self.bags.sums(features) + self.centre), self.points) @ self.mixing


@dataclass(frozen=True, slots=True)
class Student:
    """A fitted student: a guess is the sum of what a bag's features, an offset (dim,) and the topics say."""

    bags: Bags
    offset: FloatVector
    topics: Topics | None = None

    def predict(self, features: Ragged) -> FloatMatrix:
        """Return the predicted vectors: (n, dim) float32 unit rows."""
        return unit(self.guess(features))

    def uncertainty(self, features: Ragged) -> FloatVector:
        """Return how little each prediction can be trusted: (n,), 1 less its length before it is made a unit.

        The best guess at a unit vector is the shorter the more the vectors differ that it could be.
        """
        return np.asarray(1 - np.linalg.norm(self.guess(features), axis=1), np.float32)

    def guess(self, features: Ragged) -> FloatMatrix:
        """Return the vectors of least expected squared error: (n, dim), shorter than units."""
        count = len(features.ends)
        chunks = [features.take(np.arange(at, min(at + CHUNK, count))) for at in range(0, max(count, 1), CHUNK)]
        return np.concatenate(parallel(self._guess_chunk, chunks, cores()))

    def _guess_chunk(self, features: Ragged) -> FloatMatrix:
        guess: FloatMatrix = self.bags.sums(features) + self.offset
        return guess if self.topics is None else guess + self.topics.of(features)


def fit(features: Ragged, vectors: FloatMatrix, prior: Prior | None = None) -> Student:
    """Return a student of these examples: n lists of features and their unit vectors, (n, dim).

    Raises ValueError without an example.
    """
    if not len(vectors):
        raise ValueError("a student learns from examples; none was given")
    start = _untaught(features, vectors, prior)
    topics = _topics(features, start) if prior else None
    bags, shares = counted(features, start.bags.weights)
    kernel = products(bags, shares)
    seen = topics.of(features) if topics else None
    if seen is not None:
        kernel = (kernel + seen @ seen.T) / 2
    residuals = vectors.astype(np.float32) - start.guess(features)
    kernel[np.diag_indices(len(kernel))] += best_ridge(kernel, residuals)
    duals = np.linalg.solve(kernel, residuals)
    if topics and seen is not None:
        duals /= 2
        topics = topics._replace(mixing=topics.mixing @ (seen.T @ duals))
    table, ends = start.bags.table, bags.ends[:-1]
    for dual, share, values in zip(duals, np.split(shares, ends), np.split(bags.values, ends), strict=True):
        table[values] += np.outer(share * start.bags.weights[values], dual)
    return Student(start.bags, start.offset, topics)


def best_ridge(kernel: FloatMatrix, residuals: FloatMatrix) -> float:
    """Return the ridge of the least leave-one-out error, of JUDGED examples at most. kernel: (n, n); residuals: (n, d).

    With K = U diag(w) U' the error of example i is [G r]_i / G_ii, where G = U diag(1 / (w + ridge)) U'.
    """
    some = _evenly(len(kernel), JUDGED)
    spectrum, axes = np.linalg.eigh(kernel[np.ix_(some, some)])
    turned = axes.T @ residuals[some]
    errors = []
    for ridge in RIDGES:
        damped = axes / (np.maximum(spectrum, 0) + ridge)
        errors.append((((damped @ turned) / (damped * axes).sum(axis=1, keepdims=True)) ** 2).sum())
    return float(RIDGES[np.argmin(errors)])


def counted(features: Ragged, weights: FloatVector) -> tuple[Ragged, FloatVector]:
    """Return the bags of the lists, each feature once, and what it counts in its bag: (total,)."""
    count = len(features.ends)
    owners = np.repeat(np.arange(count), features.lengths)
    keys, times = np.unique(owners * 2**16 + features.values, return_counts=True)
    owners, values = keys >> 16, (keys & 0xFFFF).astype(np.uint16)
    found = weights[values]
    squares = np.bincount(owners, times * found**2, count)
    bags = Ragged(values, np.cumsum(np.bincount(owners, minlength=count)))
    return bags, np.asarray(times * found / np.sqrt(squares)[owners], np.float32)


def products(bags: Ragged, shares: FloatVector) -> FloatMatrix:
    """Return the products of all pairs of bags: (n, n). shares: of each feature in its bag, (total,)."""
    count = len(bags.ends)
    kernel = np.zeros((count, count), np.float32)
    owners = np.repeat(np.arange(count), bags.lengths)
    order = np.argsort(bags.values, kind="stable")
    _, starts, found = np.unique(bags.values[order], return_index=True, return_counts=True)
    dense = np.zeros((count, int((found >= COMMON).sum())), np.float32)
    column = 0
    for begin, size in zip(starts.tolist(), found.tolist(), strict=True):
        at = order[begin : begin + size]
        if size >= COMMON:
            dense[owners[at], column] = shares[at]
            column += 1
        else:
            kernel[np.ix_(owners[at], owners[at])] += np.outer(shares[at], shares[at])
    return kernel + dense @ dense.T


def prior(embedder: Embedder) -> Prior | None:
    """Return what is known of a model's word pieces, None of most models."""
    found: Prior | None = getattr(embedder, "prior", None)
    return found


def sample(rows: Rows, size: int) -> Rows:
    """Return `size` of the rows, ascending, by a seeded draw.

    Draws that cover the words of a corpus taught a student less, and such by clusters no more.
    """
    chosen: Rows = np.sort(np.random.default_rng(0).choice(rows, size, replace=False))
    return chosen


def features(embedder: Embedder, texts: Sequence[str]) -> Ragged:
    """Return what a student reads of texts, in order: the model's word pieces if it tells them, else hashes of words.

    The first HEAD come twice: a title and what follows it say most of what a passage is about.
    """
    read: Callable[[Sequence[str]], Sequence[npt.NDArray[np.uint16]]] = getattr(embedder, "read_pieces", words)
    return features_of(read(texts))


def features_of(read: Sequence[npt.NDArray[np.uint16]]) -> Ragged:
    """Return the same of what was read of each text."""
    return Ragged.of([np.concatenate([found, found[:HEAD]]) for found in read])


def words(texts: Sequence[str]) -> list[npt.NDArray[np.uint16]]:
    """Return the hashes of the words of each text, in order."""
    found = (re.findall(r"\w+", text.lower()) for text in texts)
    return [np.array([crc32(word.encode()) % BUCKETS for word in each], np.uint16) for each in found]


def unit(rows: FloatMatrix) -> FloatMatrix:
    """Return rows at unit length: (n, d); one of zeros stays."""
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9))


def _untaught(features: Ragged, vectors: FloatMatrix, prior: Prior | None) -> Student:
    """Return what predicts before the examples are learnt from: the prior, or else their mean."""
    known = len(prior.weights) if prior else 0
    size = max(known, int(features.values.max(initial=0)) + 1)
    table = np.zeros((size + 1, vectors.shape[1]), np.float32)
    if prior is None:
        shares = np.bincount(counted(features, np.ones(size, np.float32))[0].values, minlength=size + 1) / len(vectors)
        bags = Bags((SHARED / (SHARED + shares)).astype(np.float32), table)
        return Student(bags, vectors.mean(axis=0, dtype=np.float32))
    weights = np.ones(size + 1, np.float32)
    weights[:known] = prior.weights
    np.multiply(prior.table, prior.weights[:, None], out=table[:known])
    return Student(Bags(weights, table), prior.centre)


def _topics(features: Ragged, untaught: Student) -> Topics:
    """Return topics by LANDMARKS of the examples, spread evenly; products of their rows are about the Gaussian.

    Predictions are compared on the TOPIC_DIM axes on which those of the examples are longest.
    """
    guesses = untaught.guess(features)
    axes = np.linalg.eigh(guesses.T @ guesses)[1][:, -TOPIC_DIM:]
    some = _evenly(len(guesses), LANDMARKS)
    points = unit(guesses[some] @ axes)
    spectrum, turned = np.linalg.eigh(_gaussian(points, points).astype(np.float64))
    kept = spectrum > LEAST * spectrum[-1]
    mixing = (turned[:, kept] / np.sqrt(spectrum[kept])).astype(np.float32)
    return Topics(Bags(untaught.bags.weights, untaught.bags.table @ axes), untaught.offset @ axes, points, mixing)


def _evenly(count: int, most: int) -> Rows:
    """Return the positions of at most so many of `count` things, spread evenly."""
    return np.unique(np.linspace(0, count - 1, min(most, count)).astype(np.int64))


def _gaussian(rows: FloatMatrix, points: FloatMatrix) -> FloatMatrix:
    """Return exp(-SHARPNESS (1 - cosine)) of unit rows and unit points: (n, m)."""
    return np.asarray(np.exp(SHARPNESS * (rows @ points.T - 1)))
