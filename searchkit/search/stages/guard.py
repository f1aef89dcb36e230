"""The vector counts less for a question of many words: a mean of their states blurs what each asks for."""

from __future__ import annotations

from searchkit.search.first import First
from searchkit.search.weights import guarded


class LengthGuard:
    """Reduces the vector's weight in long questions."""

    name = "guard"

    def refine(self, first: First) -> First:
        """Return the passages by guarded weights."""
        return first.weighed(guarded(first.weights, len(first.question.terms)))
