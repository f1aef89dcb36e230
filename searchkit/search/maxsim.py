"""Late interaction without token vectors on disk: what each word piece of a question finds in a passage.

MaxSim (Khattab & Zaharia, SIGIR 2020) compares the model's state of every question token, in its context, with those
of all tokens of a passage. Here the passage's side is context-free: the state that the model gives a word piece that
stands alone. A table holds it for the whole vocabulary, so a passage needs no more than the list of its word pieces.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from searchkit.ragged import Ragged
from searchkit.scanning import products
from searchkit.types import FloatMatrix, FloatVector

NUMBERS = 2**16  # that a piece may have
LEAST_WEIGHT = 1.0  # of a piece of no index term of the question: a function word, a comma


def maxsim(
    question: FloatMatrix, pieces: Ragged, states: Callable[[npt.NDArray[np.uint16]], FloatMatrix]
) -> FloatMatrix:
    """Return the best cosine that each piece of the question finds in each passage: (n, m) float32.

    question: (m, d) unit rows; pieces: of n passages; states: word pieces (p,) to their unit rows (p, d). NaN for a
    passage without pieces.
    """
    best = np.full((len(question), len(pieces.ends)), np.nan, np.float32)
    lengths = pieces.lengths
    filled = np.flatnonzero(lengths)
    if len(filled) and len(question):
        known, places = distinct(pieces.values)
        cosines = products(question, states(known)).take(places, axis=1)
        best[:, filled] = np.maximum.reduceat(cosines, (pieces.ends - lengths)[filled], axis=1)
    return best.T


def weighted(best: FloatMatrix, weights: FloatMatrix) -> FloatMatrix:
    """Return the weighted means of what a question's pieces find in each passage: (n, q), NaN where that is unknown.

    best: (n, m), of `maxsim`; weights: (q, m), of sum 1, for each part of the question.
    """
    return products(best, weights) if weights.shape[1] else np.full((len(best), len(weights)), np.nan, np.float32)


def distinct(pieces: npt.NDArray[np.uint16]) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint16]]:
    """Return the pieces that there are, ascending, and for each piece its place among them: (total,).

    So few numbers are told apart without sorting: a fifth of the time of `np.unique`.
    """
    seen = np.zeros(NUMBERS, np.bool_)
    seen[pieces] = True
    known = np.flatnonzero(seen).astype(np.uint16)
    places = np.empty(NUMBERS, np.uint16)
    places[known] = np.arange(len(known), dtype=np.uint16)
    return known, places[pieces]


def within(pieces: npt.NDArray[np.int64], spans: Sequence[tuple[int, int, str]]) -> npt.NDArray[np.bool_]:
    """Tell which pieces have a part in which spans: (s, m). pieces: (m, 2) start and end; spans begin with theirs."""
    bounds = np.array([(start, end) for start, end, _ in spans], np.int64).reshape(-1, 2)
    found: npt.NDArray[np.bool_] = (pieces[:, 0] < bounds[:, 1:]) & (pieces[:, 1] > bounds[:, :1])
    return found


def piece_weights(
    pieces: npt.NDArray[np.int64], terms: Iterable[tuple[int, int, str]], idf: Mapping[str, float]
) -> FloatVector:
    """Return how much each piece of the question counts: (m,) float32, of sum 1.

    A piece counts by the idf of the rarest term that it is part of. pieces: (m, 2) start and end in the question;
    terms: (start, end, index term) of its words.
    """
    spans = list(terms)
    counts = np.array([idf.get(term, LEAST_WEIGHT) for _, _, term in spans])[:, None]
    weights: npt.NDArray[np.float64] = np.where(within(pieces, spans), counts, LEAST_WEIGHT).max(
        axis=0, initial=LEAST_WEIGHT
    )
    return (weights / weights.sum()).astype(np.float32) if len(weights) else weights.astype(np.float32)
