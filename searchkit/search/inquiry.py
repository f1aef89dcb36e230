"""A question as one view of an index understands it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from searchkit import queries
from searchkit.errors import QueryError
from searchkit.queries.function_words import function_words
from searchkit.queries.highlight import Highlighter, query_terms
from searchkit.queries.names import names
from searchkit.queries.syntax import Boolean
from searchkit.queries.times import TimeSpan, named_times
from searchkit.search.memory import Memory
from searchkit.search.request import SearchRequest
from searchkit.search.topics import speakers_named, telling_terms, timeless
from searchkit.storage.contract import Scope, View
from searchkit.text.analysis import Analyzer
from searchkit.threads import kept
from searchkit.types import Embedder, FloatVector, PieceEmbedder, QuestionStates

if TYPE_CHECKING:
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
        self.parsed = queries.parse(request.query, analyzer, strict=request.strict)
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

    def _filtered(self) -> Scope | None:
        """Return the passages that the filter lets through, in which the asked name says something."""
        where, name = self.request.where, self.request.said_by
        condition, speakers = None, None
        if where:
            from searchkit.queries import filters  # noqa: PLC0415 - most questions have no filter

            condition = filters.parse_where(where) if isinstance(where, str) else filters.from_mapping(where)
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
        if wanted == VECTOR and self.model is None:
            raise QueryError("this index holds no vectors. Add them with: searchkit rebuild --embedder minilm")
        has_vectors = self.model is not None and len(self.view.vectors) > 0
        if wanted == KEYWORD or not (has_vectors or wanted == VECTOR):
            return KEYWORD
        return wanted if self._is_read() else KEYWORD

    def _is_read(self) -> bool:
        """Tell whether the model can read the question; warn if not."""
        from searchkit.models.embedders.checks import readable  # noqa: PLC0415 - words alone need no models

        text = self.parsed.text
        if self.model is None or readable(self.model, [text])[0]:
            return True
        self.warnings.append(
            f"the model {self.model.name} cannot read the question's script; passages were compared by words alone"
        )
        return False

    def _arms(self) -> tuple[str, ...]:
        """Return the arms that have a say."""
        if not self.request.query.strip():
            self.warnings.append("the query holds no words")
            return ()
        wordless = not self.parsed.text.strip()  # date:2024, -coffee: nothing that a model could read
        keyword = self.mode != VECTOR or wordless
        vector = self.model is not None and self.mode != KEYWORD and not wordless
        return (KEYWORD,) * keyword + (VECTOR,) * vector

    # --- by the model -------------------------------------------------------------------------------------

    @kept
    def read(self) -> tuple[QuestionStates | None, FloatVector | None]:
        """What the model makes of word pieces, None of a model that tells none, and the vector."""
        if self.model is None or VECTOR not in self.arms:
            return None, None
        from searchkit.models.embedders import checks  # noqa: PLC0415 - who searches by words alone needs no models

        if not isinstance(self.model, PieceEmbedder):
            return None, checks.question_vector(self.model, self.text)
        states = checks.question_states(self.model, self.text)
        return states, states.vector

    @property
    def states(self) -> QuestionStates | None:
        """What the model makes of the question's word pieces."""
        return self.read[0]

    @property
    def vector(self) -> FloatVector | None:
        """The question's vector, None where the vector arm has no say: (dim,)."""
        return self.read[1]

    @kept
    def piece_weights(self) -> FloatVector:
        """How much each word piece of the question counts: (m,), of sum 1."""
        if self.states is None:
            raise ValueError("the model of this index tells no word pieces")
        from searchkit.search.maxsim import piece_weights  # noqa: PLC0415 - keywords alone have no pieces

        return piece_weights(self.states.pieces, self.analyzer.spans(self.text), self.idf)

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
    def telling(self) -> list[frozenset[str]]:
        """The terms of each word that says something by itself, each once; a word may be many, as in Thai."""
        function, terms = function_words(self.analyzer.language), set(self.terms)
        words = (
            frozenset(term for _, _, term in word.spans) & terms
            for word in self.analyzer.words(self.text)
            if self.text[word.start : word.end].casefold() not in function
        )
        return [word for word in dict.fromkeys(words) if word]

    @property
    def asks(self) -> bool:
        """Whether anything is asked for: not by exclusions alone, nor by function words."""
        tree = self.parsed.tree
        excludes = isinstance(tree, Boolean) and not (tree.must or tree.should)
        return bool(self.telling) or not (self.terms or excludes)

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
