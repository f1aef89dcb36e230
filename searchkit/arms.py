"""The two ways of ranking passages for a question: by its words and by its meaning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, cast

import numpy as np

from searchkit import fusion, queries
from searchkit.asked import Asked
from searchkit.keywords.ranking import among
from searchkit.snapshot import Snapshot
from searchkit.types import FloatVector, Ranking, Rows


class Arm(Protocol):
    """One way of ranking passages for the question at hand."""

    def search(self, limit: int) -> Ranking:
        """Return the best `limit` allowed rows."""

    def score(self, rows: Rows) -> Any:
        """Return the score of each row: (len(rows),), NaN where the arm cannot say."""


@dataclass(frozen=True, slots=True)
class KeywordArm:
    """BM25 over the index terms of the question."""

    snapshot: Snapshot
    parsed: queries.Parsed
    allowed: Rows | None

    def search(self, limit: int) -> Ranking:
        """Return the best rows by BM25; rows without any term of the question are not among them."""
        return self.snapshot.keywords.search(self.parsed.tree, limit, self.allowed)

    def score(self, rows: Rows) -> Any:
        """Return the BM25 score of each row, 0 without a match."""
        return self.snapshot.keywords.score(self.parsed.tree, rows)


@dataclass(frozen=True, slots=True)
class VectorArm:
    """Cosine of the question's vector and the passage's."""

    snapshot: Snapshot
    asked: Asked
    allowed: Rows | None
    recall: float

    @property
    def query(self) -> FloatVector:
        """The question's vector: where there is this arm, there is a model."""
        return cast(FloatVector, self.asked.vector)

    def search(self, limit: int) -> Ranking:
        """Return the best rows by cosine."""
        return self.snapshot.vectors.search(self.query, limit, self.allowed, self.recall)

    def score(self, rows: Rows) -> Any:
        """Return the cosine of each row, NaN without a vector."""
        return self.snapshot.vectors.score(self.query, rows)


def completed(arm: Arm, known: Ranking, rows: Rows) -> fusion.Scores:
    """Return the arm's score of every row, ascending; what is not known is computed, not assumed 0."""
    scores = np.full(len(rows), np.nan)
    wanted = among(known.rows, rows)
    scores[np.searchsorted(rows, known.rows[wanted])] = known.scores[wanted]
    missing = np.flatnonzero(np.isnan(scores))
    if len(missing):
        scores[missing] = arm.score(rows[missing])
    return scores
