"""How new a document is, where a request gives that a weight."""

from __future__ import annotations

from searchkit.search.first import First
from searchkit.search.timeliness import recency

HALF_LIFE = 365.0  # days


class Recency:
    """Adds how recent a document is, by the weight of the request."""

    name = "recency"

    def refine(self, first: First) -> First:
        """Return the passages with a bonus for new documents."""
        question = first.question
        days = question.memory.days(first.rows.tolist())
        return first.added(self.name, recency(days, HALF_LIFE, question.today), question.request.recency)
