"""The question's vector moves towards the best passages, and these are compared again (Rocchio, 1971)."""

from __future__ import annotations

import numpy as np

from searchkit.scanning import products
from searchkit.search.first import First
from searchkit.search.fusion import to_unit
from searchkit.search.stages.pieces import has_a_say

WEIGHT = 0.2
PASSAGES = 10
SHORT, LONG = 4, 10  # terms: up to which feedback helps in full, and from which it only drifts


class Feedback:
    """Blends in the cosine with the question's vector plus the mean of the best passages', by their scores."""

    name = "feedback"

    def refine(self, first: First) -> First:
        """Return the passages by what a moved vector says of them too."""
        question = first.question
        weight = WEIGHT * float(np.clip((LONG - len(question.terms)) / (LONG - SHORT), 0, 1))
        if not weight or question.vectors is None or not has_a_say(question):
            return first
        vectors = np.nan_to_num(question.memory.vectors(first.rows).vectors)
        best = np.argsort(-first.scores, kind="stable")[:PASSAGES]
        shares = np.maximum(first.scores[best], 1e-9)
        moved = question.vectors + (shares / shares.sum()) @ vectors[best]
        moved /= np.linalg.norm(moved, axis=1, keepdims=True)
        cosines = products(vectors, moved).max(axis=1)
        return first.blended(self.name, to_unit(cosines), weight, passages=len(best))
