"""A question as one view of an index understands it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from searchkit import queries
from searchkit.errors import QueryError
from searchkit.queries.highlight import Highlighter, query_terms
from searchkit.queries.names import names
from searchkit.queries.times import TimeSpan, named_times
from searchkit.queries.words import plain
from searchkit.search.memory import Memory
from searchkit.search.request import SearchRequest
from searchkit.search.topics import telling_terms, timeless
from searchkit.storage.contract import Scope, View
from searchkit.text.analysis import Analyzer
from searchkit.threads import kept
from searchkit.types import Embedder, FloatVector, PieceEmbedder, QuestionStates

if TYPE_CHECKING:
    from searchkit.queries.filters import Filter
    from searchkit.search.earlier import Earlier
    from searchkit.text.attribution.question import AskedStatements

KEYWORD, VECTOR = "keyword", "vector"
LONGEST_NOTHING = 60  # characters of a question that may ask for nothing


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
        self.asked = _asked(request)
        self.parsed = queries.parse(self.asked, analyzer, strict=request.strict)
        self.warnings = list(self.parsed.warnings)
        self.filtered = self._filtered()
        self.scope = view.narrowed(self.filtered, self.parsed.tree) if self.parsed.advanced else self.filtered
        self.mode = self._mode()
        self.earlier = self._earlier() if request.history and request.rewrite is None else None
        if self.earlier is not None:
            self.parsed = self.earlier.parsed
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
        condition, speakers, name = self._condition(), None, self.request.said_by
        if name is not None:
            if not self.view.statements.known:
                self.warnings.append("this index does not know who said what yet; run: searchkit rebuild")
            from searchkit.search.speakers import AskedSpeaker  # noqa: PLC0415 - few questions name a speaker

            speakers = AskedSpeaker(self.analyzer, name).named(self.view.statements).keys()
        scope = self.view.scope(condition, speakers)
        if condition is not None and scope is not None and scope.count in (0, self.view.keywords.count):
            from searchkit.search.unmatched import unmatched  # noqa: PLC0415 - as above

            self.warnings += unmatched(condition, self.view, nothing=scope.count == 0)
        return scope

    def _condition(self) -> Filter | None:
        """Return what documents have to fit."""
        request = self.request
        days = {sign: day for sign, day in ((">=", request.since), ("<=", request.until)) if day}
        if not (request.where or days):
            return None
        from searchkit.queries import filters  # noqa: PLC0415 - most questions have no filter

        wanted = [filters.read(each) for each in (request.where, {"date": days} if days else None) if each]
        return wanted[0] if len(wanted) == 1 else filters.AllOf(tuple(wanted))

    def _mode(self) -> str:
        """Return the mode that this index can answer in."""
        wanted = self.request.mode
        if wanted == VECTOR and self.model is None:
            raise QueryError("this index holds no vectors. Add them with: searchkit rebuild --embedder minilm")
        has_vectors = self.model is not None and len(self.view.vectors) > 0
        return wanted if has_vectors or wanted == VECTOR else KEYWORD

    def _earlier(self) -> Earlier | None:
        """Return how the question reads with the turns before it, None if it stands alone."""
        from searchkit.search.earlier import earlier  # noqa: PLC0415 - for conversations alone

        return earlier(self.parsed, self.request, self.analyzer, None if self.mode == KEYWORD else self._vector_of)

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

        if isinstance(self.model, PieceEmbedder):
            states = checks.question_states(self.model, self.text)
            vector = states.vector
        else:
            states, vector = None, checks.question_vector(self.model, self.text)
        return states, vector if self.earlier is None else self.earlier.vector(vector, self._vector_of)

    def _vector_of(self, text: str) -> FloatVector:
        """Return the vector of a part of a conversation: (dim,)."""
        from searchkit.models.embedders import checks  # noqa: PLC0415 - as above

        if self.model is None:
            raise ValueError("this question has no model")
        return checks.question_vector(self.model, text)

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

        weights = piece_weights(self.states.pieces, self.analyzer.spans(self.text), self.idf)
        return weights if self.earlier is None else self.earlier.weighed(weights, self.states.pieces)

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

    @property
    def importance(self) -> Mapping[str, float]:
        """The idf of each of the terms; of those that only earlier turns have, a share."""
        if self.earlier is None:
            return self.idf
        return {term: found * self.earlier.shares.get(term, 1.0) for term, found in self.idf.items()}

    @kept
    def _spans(self) -> tuple[TimeSpan, ...]:
        return named_times(self.text, self.today)

    @property
    def times(self) -> tuple[TimeSpan, ...]:
        """The times that the question names; without any, those of the turn before."""
        own = () if self.earlier is None else tuple(span for span in self._spans if span.start > self.earlier.begins)
        return own or self._spans

    @kept
    def names(self) -> list[frozenset[str]]:
        """The terms of each word that names something, times left out."""
        return names(self.text, self.analyzer, ((span.start, span.end) for span in self._spans))

    @kept
    def statements(self) -> AskedStatements | None:
        """Whose statements the question asks for and what about, None if for none's; in hybrid mode, in English."""
        english = self.analyzer.language == "en" and self.request.mode == "hybrid"
        if not english or "speaker" not in self.request.stages:
            return None
        from searchkit.text.attribution.question import asked  # noqa: PLC0415 - its patterns are for hybrid questions alone

        return asked(timeless(self.text if self.earlier is None else self.earlier.own))

    # --- as part of a conversation ------------------------------------------------------------------------

    @property
    def understood(self) -> str | None:
        """How the question was read if not as it stands: with earlier turns, or rewritten."""
        return self.asked if self.asked != self.request.query else self.text if self.earlier is not None else None

    @kept
    def asks_nothing(self) -> bool:
        """Whether this is a courtesy ("thanks!"), or asks by itself about what nobody has named ("who was she?")."""
        if self.analyzer.language != "en" or len(self.asked) > LONGEST_NOTHING:
            return False
        from searchkit.queries.smalltalk import is_smalltalk  # noqa: PLC0415 - few questions are as short

        if is_smalltalk(self.asked):
            return True
        if self.earlier is not None or plain(self.asked, self.analyzer, keep_some=False):
            return False
        from searchkit.queries.standing import dangles  # noqa: PLC0415 - few questions have no other words

        return dangles(self.asked)

    @kept
    def topic_terms(self) -> list[str]:
        """The terms of what the statements that are asked for are about."""
        return telling_terms(self.statements.topic, self.analyzer) if self.statements else []


def _asked(request: SearchRequest) -> str:
    """Return the question, by the function that may rewrite it."""
    if request.rewrite is None or not request.history:
        return request.query
    from searchkit.search.earlier import rewritten  # noqa: PLC0415 - for conversations alone

    return rewritten(request)


def idf(count: int, found: int) -> float:
    """Return Lucene's inverse document frequency: ln(1 + (N - n + 0.5) / (n + 0.5))."""
    return float(np.log1p((count - found + 0.5) / (found + 0.5)))
