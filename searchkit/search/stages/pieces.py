"""Each word piece of the question looks for its best match among the passage's (see `maxsim`)."""

from __future__ import annotations

from functools import partial

import numpy as np

from searchkit.errors import IndexCorrupt
from searchkit.search.first import First
from searchkit.search.fusion import to_unit
from searchkit.search.inquiry import Inquiry
from searchkit.search.maxsim import maxsim, weighted
from searchkit.storage.contract import Scores
from searchkit.types import FloatMatrix, Rows, tells_pieces

WEIGHT = 0.4


class Pieces:
    """Blends in late interaction of word pieces."""

    name = "pieces"

    def refine(self, first: First) -> First:
        """Return the passages by how well pieces are met too."""
        question = first.question
        found = piece_scores(question, first.rows) if has_a_say(question) else None
        if found is None or not np.isfinite(found).any():
            return first
        known = np.where(np.isfinite(found), found, np.nanmin(found)).astype(np.float64)
        return first.blended(self.name, to_unit(known), WEIGHT, pieces=question.piece_weights.shape[1])


def has_a_say(question: Inquiry) -> bool:
    """Tell whether stages that follow the vector have a say: without the vector arm they have none."""
    return question.request.weights.get("vector", 1.0) > 0


def piece_scores(question: Inquiry, rows: Rows) -> Scores | None:
    """Return how well each row meets the word pieces of the part that it meets best: (n,), None if they are unknown.

    Each counts by how rare its word is in the index.
    """
    met = question.memory.met(rows, partial(_met, question))
    return None if met is None else weighted(met, question.piece_weights).max(axis=1)


def telling_scores(question: Inquiry, rows: Rows) -> Scores | None:
    """Return the same by the pieces of the question's telling words: (n,), None where they are not known.

    All of them count the same, so that it says the same in every index.
    """
    met = question.memory.met(rows, partial(_met, question))
    return None if met is None else weighted(met, question.telling_pieces).max(axis=1)


def _met(question: Inquiry, rows: Rows) -> FloatMatrix | None:
    """Return what each of the question's pieces finds in each row: (n, m), None where they are not known."""
    model, states = question.model, question.states
    if states is None or not tells_pieces(model):
        return None
    pieces = question.memory.vectors(rows).pieces
    if pieces is None:
        return None
    try:
        return maxsim(np.concatenate([read.states for read in states]), pieces, model.piece_states)
    except IndexError as error:
        reason = f"the index holds word pieces that its model does not have: {error}. Run: searchkit rebuild"
        raise IndexCorrupt(reason) from error
