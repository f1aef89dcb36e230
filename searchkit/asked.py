"""A question as the read path knows it: its terms and how rare they are, its vector, its word pieces."""

from __future__ import annotations

from datetime import date
from functools import cached_property

from searchkit import queries
from searchkit.arms import idf
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
        self.states: QuestionStates | None = None
        self.vector: FloatVector | None = None
        if isinstance(embedder, PieceEmbedder):
            self.states = embedder.read_question(parsed.text)
            self.vector = self.states.vector
        elif embedder is not None:
            self.vector = embedder.embed_query(parsed.text)

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
