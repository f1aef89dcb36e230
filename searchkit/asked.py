"""A question as the read path knows it: its terms and how rare they are, its vector, its word pieces."""

from __future__ import annotations

from datetime import date
from functools import cached_property

import numpy as np

from searchkit import queries
from searchkit.highlight import query_terms
from searchkit.maxsim import piece_weights
from searchkit.queries.names import names
from searchkit.queries.times import TimeSpan, named_times
from searchkit.snapshot import Snapshot
from searchkit.text import Analyzer
from searchkit.types import Embedder, FloatVector, PieceEmbedder, QuestionStates


class Asked:
    """One question against one snapshot; what is costly is found out when it is first needed."""

    def __init__(
        self,
        snapshot: Snapshot,
        analyzer: Analyzer,
        parsed: queries.Parsed,
        embedder: Embedder | None,
        today: date | None = None,
    ) -> None:
        self.analyzer = analyzer
        self.today = today or date.today()
        self.text = parsed.text
        self.terms = query_terms(parsed.tree)
        self._keywords = snapshot.keywords
        self._embedder = embedder
        self._read: tuple[QuestionStates | None, FloatVector | None] | None = None

    @property
    def readable(self) -> bool:
        """Tell whether there is a model to read the question."""
        return self._embedder is not None

    @property
    def states(self) -> QuestionStates | None:
        """What the model makes of the question's word pieces, None of a model that tells none."""
        return self.read()[0]

    @property
    def vector(self) -> FloatVector | None:
        """The question's vector, None without a model: (dim,)."""
        return self.read()[1]

    def read(self) -> tuple[QuestionStates | None, FloatVector | None]:
        """Return the states and the vector; the model runs at the first call. No lock: others' questions go on."""
        if self._read is None:
            self._read = self._by_model()
        return self._read

    def _by_model(self) -> tuple[QuestionStates | None, FloatVector | None]:
        if self._embedder is None:
            return None, None
        from searchkit.embedders import checks  # noqa: PLC0415 - who searches by words alone needs no models

        if not isinstance(self._embedder, PieceEmbedder):
            return None, checks.question_vector(self._embedder, self.text)
        states = checks.question_states(self._embedder, self.text)
        return states, states.vector

    @cached_property
    def frequencies(self) -> dict[str, int]:
        """In how many passages each of the terms stands.

        What stands in the text counts, as in BM25; titles and sections, which passages share, only for other terms.
        """
        found = self._keywords.document_frequency
        return {term: found(term, "body") or found(term) for term in self.terms}

    @cached_property
    def idf(self) -> dict[str, float]:
        """The inverse document frequency of each of the terms."""
        return {term: idf(self._keywords.count, found) for term, found in self.frequencies.items()}

    @cached_property
    def times(self) -> tuple[TimeSpan, ...]:
        """The times that the question names."""
        return named_times(self.text, self.today)

    @cached_property
    def names(self) -> list[frozenset[str]]:
        """The terms of each word that names something, times left out."""
        return names(self.text, self.analyzer, ((span.start, span.end) for span in self.times))

    @cached_property
    def weights(self) -> FloatVector:
        """How much each word piece of the question counts: (m,), of sum 1."""
        if self.states is None:
            raise ValueError("the model of this index tells no word pieces")
        return piece_weights(self.states.pieces, self.analyzer.spans(self.text), self.idf)


def idf(count: int, found: int) -> float:
    """Return Lucene's inverse document frequency: ln(1 + (N - n + 0.5) / (n + 0.5))."""
    return float(np.log1p((count - found + 0.5) / (found + 0.5)))
