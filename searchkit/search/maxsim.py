"""Late interaction without token vectors on disk: what each word piece of a question finds in a passage.

MaxSim (Khattab & Zaharia, SIGIR 2020) compares the model's state of every question token, in its context, with those
of all tokens of a passage. Here the passage's side is context-free: the state that the model gives a word piece that
stands alone. A table holds it for the whole vocabulary, so a passage needs no more than the list of its word pieces.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import numpy.typing as npt

from searchkit.ragged import Ragged
from searchkit.scanning import products
from searchkit.types import FloatMatrix, FloatVector

LEAST_WEIGHT = 1.0  # of a piece of no index term of the question: a function word, a comma


def maxsim(
    question: FloatMatrix, weights: FloatMatrix, pieces: Ragged, states: Callable[[npt.NDArray[np.uint16]], FloatMatrix]
) -> FloatMatrix:
    """Return weighted means of the best cosines that the question's pieces find in each passage: (q, n) float32.

    question: (m, d) unit rows; weights: (q, m), of sum 1, for each part of the question; pieces: of n passages; states:
    word pieces (p,) to their unit rows (p, d). NaN for a passage without pieces.
    """
    scores = np.full((len(weights), len(pieces.ends)), np.nan, np.float32)
    filled = np.flatnonzero(pieces.lengths)
    if not len(filled) or not len(question):
        return scores
    known, places = np.unique(pieces.values, return_inverse=True)
    cosines = products(states(known), question)[places]  # (total, m): rows that are taken whole
    best = np.maximum.reduceat(cosines, (pieces.ends - pieces.lengths)[filled], axis=0)
    scores[:, filled] = products(best, weights).T
    return scores


def piece_weights(
    pieces: npt.NDArray[np.int64], terms: Iterable[tuple[int, int, str]], idf: Mapping[str, float]
) -> FloatVector:
    """Return how much each piece of the question counts: (m,) float32, of sum 1.

    A piece counts by the idf of the rarest term that it is part of. pieces: (m, 2) start and end in the question;
    terms: (start, end, index term) of its words.
    """
    weights = np.full(len(pieces), LEAST_WEIGHT)
    for start, end, term in terms:
        inside = (pieces[:, 0] < end) & (pieces[:, 1] > start)
        weights[inside] = np.maximum(weights[inside], idf.get(term, LEAST_WEIGHT))
    return (weights / weights.sum()).astype(np.float32) if len(weights) else weights.astype(np.float32)
