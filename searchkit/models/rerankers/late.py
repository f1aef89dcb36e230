"""Late interaction with the token vectors of the model that travels with searchkit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from searchkit.models.embedders import OnnxEmbedder
from searchkit.models.rerankers.checks import Scores, checked
from searchkit.threads import cores, parallel
from searchkit.types import FloatMatrix


class LateReranker:
    """MaxSim (Khattab & Zaharia, SIGIR 2020): each token of the question looks for its best match in the passage.

    No second model is needed: the token states are what the embedder averages. A token of the question counts by the
    length of its state, as it does in that average.
    """

    name = "late"

    def __init__(self, embedder: OnnxEmbedder, *, threads: int | None = None) -> None:
        self._embedder = embedder
        self._threads = threads or cores()

    def score(self, query: str, passages: Sequence[str]) -> Scores:
        """Return the weighted mean of the best cosines of the question's tokens: (len(passages),) float32."""
        question = self._embedder.embed_tokens(query)
        scores = parallel(lambda text: maxsim(question, self._embedder.embed_tokens(text)), passages, self._threads)
        return checked(scores, passages, self.name)


def maxsim(question: FloatMatrix, passage: FloatMatrix) -> float:
    """Return the mean, over the question's tokens, of the best cosine with a token of the passage.

    question, passage: (tokens, dim) states. The mean is weighted by the length of the question's states; layer
    normalisation leaves none at zero.
    """
    weights = np.linalg.norm(question, axis=1)
    cosines = question @ passage.T / np.outer(weights, np.linalg.norm(passage, axis=1))
    return float(np.average(cosines.max(axis=1), weights=weights))
