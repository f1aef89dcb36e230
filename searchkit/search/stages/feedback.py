"""The question's vector moves towards the best passages, and these are compared again (Rocchio, 1971).

What is moved is the view of the vector arm alone. Where the arms agree on little, one of them is wrong, and feedback
would push towards the vector arm, whichever it is: the less they agree, the less it counts.
"""

from __future__ import annotations

import numpy as np

from searchkit.scanning import products
from searchkit.search.first import First
from searchkit.search.fusion import to_unit
from searchkit.search.stages.pieces import has_a_say

WEIGHT = 0.2
PASSAGES = 10
SHORT, LONG = 4, 10  # terms: up to which feedback helps in full, and from which it only drifts
FIRST = 10  # passages of each arm that are compared
AGREED = 0.5  # the share of them in common from which on feedback counts in full


class Feedback:
    """Blends in the cosine with the question's vector plus the mean of the best passages', by their scores."""

    name = "feedback"

    def refine(self, first: First) -> First:
        """Return the passages by what a moved vector says of them too."""
        question = first.question
        weight = WEIGHT * float(np.clip((LONG - len(question.terms)) / (LONG - SHORT), 0, 1)) * agreement(first)
        if not weight or question.vectors is None or not has_a_say(question):
            return first
        vectors = first.vectors
        best = np.argsort(-first.scores, kind="stable")[:PASSAGES]
        shares = np.maximum(first.scores[best], 1e-9)
        moved = question.vectors + (shares / shares.sum()) @ vectors[best]
        moved /= np.linalg.norm(moved, axis=1, keepdims=True)
        cosines = products(vectors, moved).max(axis=1)
        return first.blended(self.name, to_unit(cosines), weight, passages=len(best))


def agreement(first: First) -> float:
    """Return how far the arms agree on the first passages: 1 where they share AGREED of them, and for one arm alone."""
    firsts = [set(found.rows[:FIRST].tolist()) for found in first.pool.found.values()]
    if len(firsts) < 2:
        return 1.0
    fewest = min(map(len, firsts))
    return min(1.0, len(firsts[0] & firsts[1]) / fewest / AGREED) if fewest else 0.0
