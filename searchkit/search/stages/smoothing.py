"""Passages that say much the same get scores that are more alike (Diaz, "Regularizing ad hoc retrieval scores", 2005).

Relevant passages lie near each other (the cluster hypothesis): one that stands among good ones gains, one that the arms
took by chance loses.
"""

from __future__ import annotations

import numpy as np

from searchkit.scanning import products
from searchkit.search.first import First, Scores
from searchkit.search.fusion import to_unit
from searchkit.search.stages.pieces import has_a_say
from searchkit.types import FloatMatrix

WEIGHT = 0.1


class Smoothing:
    """Blends in the mean score of all first passages, each counting by how near it is."""

    name = "smoothing"

    def refine(self, first: First) -> First:
        """Return the passages by the scores of those around them too; without vectors as they are."""
        question = first.question
        if question.vectors is None or not has_a_say(question):
            return first
        vectors = first.vectors
        evidence = to_unit(smoothed(first.scores, vectors))
        return first.blended(self.name, evidence, WEIGHT, passages=int(vectors.any(axis=1).sum()))


def smoothed(scores: Scores, vectors: FloatMatrix) -> Scores:
    """Return for each passage the mean of all scores by how near theirs are, the fourth power of a cosine: (n,).

    scores: (n,); vectors: (n, dim), unit rows. A passage whose vector is not known (0) keeps its own;
    copies keep the same bits.
    """
    near = np.square(np.square(np.maximum(products(vectors, vectors), 0, dtype=np.float64)))  # ** takes longer
    own = near.diagonal()
    np.fill_diagonal(near, np.where(own > 0, own, 1))
    return np.asarray((near * scores).sum(axis=1) / near.sum(axis=1))
