"""Each word piece of the question looks for its best match among the passage's (see `maxsim`)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from searchkit.errors import IndexCorrupt
from searchkit.search.first import First
from searchkit.search.fusion import to_unit
from searchkit.search.inquiry import Inquiry
from searchkit.search.maxsim import maxsim
from searchkit.types import PieceEmbedder, Rows

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


def piece_scores(question: Inquiry, rows: Rows) -> npt.NDArray[np.float32] | None:
    """Return how well each row meets the word pieces of the part that it meets best: (n,), None if they are unknown."""
    model, states, met = question.model, question.states, question.memory.met
    if states is None or not isinstance(model, PieceEmbedder):
        return None
    new = np.array([row for row in rows.tolist() if row not in met], np.int64)
    pieces = question.memory.vectors(new).pieces if len(new) else None
    if len(new):
        if pieces is None:
            return None
        try:
            by_part = maxsim(
                np.concatenate([read.states for read in states]), question.piece_weights, pieces, model.piece_states
            )
        except IndexError as error:
            reason = f"the index holds word pieces that its model does not have: {error}. Run: searchkit rebuild"
            raise IndexCorrupt(reason) from error
        met.update(zip(new.tolist(), by_part.max(axis=0).tolist(), strict=True))
    return np.array([met[row] for row in rows.tolist()], np.float32)
