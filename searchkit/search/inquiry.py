"""A question as one view of an index understands it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from searchkit import queries
from searchkit.errors import QueryError
from searchkit.queries.clauses import parts
from searchkit.queries.highlight import Highlighter, query_terms
from searchkit.queries.names import names
from searchkit.queries.times import TimeSpan, named_times
from searchkit.search.memory import Memory
from searchkit.search.request import SearchRequest
from searchkit.search.topics import speakers_named, telling_terms, timeless
from searchkit.storage.contract import Scope, View
from searchkit.text.analysis import Analyzer
from searchkit.threads import cores, kept, parallel
from searchkit.types import Embedder, FloatMatrix, PieceEmbedder, QuestionStates

if TYPE_CHECKING:
    from searchkit.queries.filters import Filter
    from searchkit.text.attribution.question import AskedStatements

KEYWORD, VECTOR = "keyword", "vector"


class Inquiry:
    """One question: its words, what it may find, and which arms have a say.

    What is costly (the model's reading, frequencies) is found out when it is first needed, and once.
    """

    def __init__(self, view: View, model: Embedder | None, analyzer: Analyzer, request: SearchRequest) -> None:
        """Read a request. Raises QueryError."""
        self.view = view
        self.model = model
        self.analyzer = analyzer
        self.request = request
        self.parsed = self._parsed()
        self.warnings = list(self.parsed.warnings)
        self.filtered = self._filtered()
        self.scope = view.narrowed(self.filtered, self.parsed.tree) if self.parsed.advanced else self.filtered
        self.mode = self._mode()
        self.arms = self._arms()
        self.text = self.parsed.text
        self.terms = query_terms(self.parsed.tree)
        self.today = request.today or date.today()
        self.highlight = Highlighter(self.parsed.tree, analyzer)
        self.memory = Memory(view)

    def seen_by(self, view: View) -> Inquiry:
        """Return the same question to another view of the same commit; what is known of the question stays known."""
        other = copy.copy(self)
        other.view, other.memory = view, Memory(view)
        return other

    def _parsed(self) -> queries.Parsed:
        """Return what the request's words ask for."""
        return queries.parse(self.request.query, self.analyzer, strict=self.request.strict)

    def _condition(self) -> Filter | None:
        """Return the request's filter."""
        where = self.request.where
        if not where:
            return None
        from searchkit.queries import filters  # noqa: PLC0415 - most questions have no filter

        return filters.parse_where(where) if isinstance(where, str) else filters.from_mapping(where)

    def _filtered(self) -> Scope | None:
        """Return the passages that the filter lets through, in which the asked name says something."""
        condition, name, speakers = self._condition(), self.request.said_by, None
        if name is not None:
            if not self.view.statements.known:
                self.warnings.append("this index does not know who said what yet; run: searchkit rebuild")
            speakers = speakers_named(self.view.statements, self.analyzer, name)
        scope = self.view.scope(condition, speakers)
        if condition is not None and scope is not None and scope.count in (0, self.view.keywords.count):
            from searchkit.search.unmatched import unmatched  # noqa: PLC0415 - as above

            self.warnings += unmatched(condition, self.view, nothing=scope.count == 0)
        return scope

    def _mode(self) -> str:
        """Return the mode that this index can answer in."""
        wanted = self.request.mode
        if wanted == VECTOR and not self._has_vectors():
            raise QueryError("this index holds no vectors. Add them with: searchkit rebuild --embedder minilm")
        found = self._has_vectors() and len(self.view.vectors) > 0
        return wanted if found or wanted == VECTOR else KEYWORD

    def _has_vectors(self) -> bool:
        """Tell whether there are vectors of the question, or a model that makes them."""
        return self.model is not None

    def _arms(self) -> tuple[str, ...]:
        """Return the arms that have a say."""
        if not self.request.query.strip():
            self.warnings.append("the query holds no words")
            return ()
        wordless = not self.parsed.text.strip()  # date:2024, -coffee: nothing that a model could read
        keyword = self.mode != VECTOR or wordless
        vector = self._has_vectors() and self.mode != KEYWORD and not wordless
        return (KEYWORD,) * keyword + (VECTOR,) * vector

    # --- by the model -------------------------------------------------------------------------------------

    @kept
    def parts(self) -> list[str]:
        """What the question asks, one thing after the other; the model reads each by itself."""
        return parts(self.text, self.analyzer)

    @kept
    def read(self) -> tuple[list[QuestionStates] | None, FloatMatrix | None]:
        """What the model makes of each part's word pieces, None of a model that tells none, and the vectors."""
        model = self.model
        if model is None or VECTOR not in self.arms:
            return None, None
        from searchkit.models.embedders import checks  # noqa: PLC0415 - who searches by words alone needs no models

        if not isinstance(model, PieceEmbedder):
            return None, np.stack(parallel(lambda part: checks.question_vector(model, part), self.parts, cores()))
        states = parallel(lambda part: checks.question_states(model, part), self.parts, cores())
        return states, np.stack([each.vector for each in states])

    @property
    def states(self) -> list[QuestionStates] | None:
        """What the model makes of the word pieces of each part."""
        return self.read[0]

    @property
    def vectors(self) -> FloatMatrix | None:
        """The vector of each part, None where the vector arm has no say: (parts, dim)."""
        return self.read[1]

    @kept
    def piece_weights(self) -> FloatMatrix:
        """How much each word piece counts: (parts, m), those of a part of sum 1, and of the others 0."""
        if self.states is None:
            raise ValueError("the model of this index tells no word pieces")
        from searchkit.search.maxsim import piece_weights  # noqa: PLC0415 - keywords alone have no pieces

        found = np.zeros((len(self.parts), sum(len(read.states) for read in self.states)), np.float32)
        begin = 0
        for own, part, read in zip(found, self.parts, self.states, strict=True):
            end = begin + len(read.states)
            own[begin:end] = piece_weights(read.pieces, self.analyzer.spans(part), self.idf)
            begin = end
        return found

    # --- by its words -------------------------------------------------------------------------------------

    @kept
    def _frequencies(self) -> tuple[dict[str, int], dict[str, int]]:
        return self.view.keywords.frequencies(self.terms, self.topic_terms)

    @property
    def frequencies(self) -> Mapping[str, int]:
        """In how many passages each of the terms stands.

        What stands in the text counts, as in BM25; titles and sections, which passages share, only for other terms.
        """
        return self._frequencies[0]

    @property
    def topic_frequencies(self) -> Mapping[str, int]:
        """In how many passages, their titles and sections, each of the topic's terms stands."""
        return self._frequencies[1]

    @kept
    def idf(self) -> dict[str, float]:
        """The inverse document frequency of each of the terms."""
        return {term: idf(self.view.keywords.count, found) for term, found in self.frequencies.items()}

    @kept
    def times(self) -> tuple[TimeSpan, ...]:
        """The times that the question names."""
        return named_times(self.text, self.today)

    @kept
    def names(self) -> list[frozenset[str]]:
        """The terms of each word that names something, times left out."""
        return names(self.text, self.analyzer, ((span.start, span.end) for span in self.times))

    @kept
    def statements(self) -> AskedStatements | None:
        """Whose statements the question asks for and what about, None if for none's; in hybrid mode, in English."""
        english = self.analyzer.language == "en" and self.request.mode == "hybrid"
        if not english or "speaker" not in self.request.stages:
            return None
        from searchkit.text.attribution.question import asked  # noqa: PLC0415 - its patterns are for hybrid questions alone

        return asked(timeless(self.text))

    @kept
    def topic_terms(self) -> list[str]:
        """The terms of what the statements that are asked for are about."""
        return telling_terms(self.statements.topic, self.analyzer) if self.statements else []


def idf(count: int, found: int) -> float:
    """Return Lucene's inverse document frequency: ln(1 + (N - n + 0.5) / (n + 0.5))."""
    return float(np.log1p((count - found + 0.5) / (found + 0.5)))
