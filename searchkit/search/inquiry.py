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
from searchkit.queries.function_words import function_words
from searchkit.queries.highlight import Highlighter, query_terms
from searchkit.queries.names import names
from searchkit.queries.syntax import Boolean
from searchkit.queries.times import TimeSpan, named_times
from searchkit.queries.words import plain
from searchkit.search.memory import Memory
from searchkit.search.request import SearchRequest
from searchkit.search.topics import telling_terms, timeless
from searchkit.storage.contract import Scope, View
from searchkit.text.analysis import Analyzer
from searchkit.threads import cores, kept, parallel
from searchkit.types import Embedder, FloatMatrix, FloatVector, QuestionStates, tells_pieces

if TYPE_CHECKING:
    from searchkit.queries.filters import Filter
    from searchkit.search.earlier import Earlier
    from searchkit.text.attribution.question import AskedStatements

KEYWORD, VECTOR = "keyword", "vector"
LONGEST_NOTHING = 60  # characters of a question that may ask for nothing
FEWEST_VECTORS = (
    0.9  # share of passages with vectors from which on hybrid asks them: a finished run leaves none without
)


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
        self.parsed = self._parsed()
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
        self.memory = Memory(view)

    def seen_by(self, view: View) -> Inquiry:
        """Return the same question to another view of the same commit; what is known of the question stays known."""
        other = copy.copy(self)
        other.view, other.memory = view, Memory(view)
        return other

    def _parsed(self) -> queries.Parsed:
        """Return what the request's words ask for."""
        return queries.parse(self.asked, self.analyzer, strict=self.request.strict)

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
        if wanted == VECTOR and not self._has_vectors():
            raise QueryError("this index holds no vectors. Add them with: searchkit rebuild --embedder minilm")
        if wanted == KEYWORD or not self._has_vectors() or (wanted != VECTOR and not self._has_enough()):
            return KEYWORD
        return wanted if self._is_read() else KEYWORD

    def _has_vectors(self) -> bool:
        """Tell whether there are vectors of the question, or a model that makes them."""
        return self.model is not None

    def _has_enough(self) -> bool:
        """Tell whether hybrid may ask the vectors that there are; warn if not."""
        held = self.view.vectors
        passages, vectors = self.view.keywords.count - held.unread, len(held)
        if vectors and vectors < FEWEST_VECTORS * passages:  # a run was cut off, or goes on: most would seem far away
            self.warnings.append(
                f"only {vectors:,} of {passages:,} passages have vectors yet, so this was answered by words; "
                "the next run of searchkit index goes on with them"
            )
            return False
        return vectors > 0

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

    def _earlier(self) -> Earlier | None:
        """Return how the question reads with the turns before it, None if it stands alone."""
        from searchkit.search.earlier import earlier  # noqa: PLC0415 - for conversations alone

        return earlier(self.parsed, self.request, self.analyzer, None if self.mode == KEYWORD else self._vector_of)

    def _arms(self) -> tuple[str, ...]:
        """Return the arms that have a say."""
        if not self.request.query.strip():
            self.warnings.append("the query holds no words")
            return ()
        if not self.view.keywords.count:
            self.warnings.append("the index holds no documents yet; fill it with: searchkit index")
        wordless = not self.parsed.text.strip()  # date:2024, -coffee: nothing that a model could read
        keyword = self.mode != VECTOR or wordless
        vector = self._has_vectors() and self.mode != KEYWORD and not wordless
        return (KEYWORD,) * keyword + (VECTOR,) * vector

    def prepare(self) -> None:
        """Find out what later steps ask of its words, so that they need not: another thread has the model read it."""
        _ = self.idf, self.asks_nothing, self.highlight, self.times

    # --- by the model -------------------------------------------------------------------------------------

    @kept
    def parts(self) -> list[str]:
        """What the question asks, one thing after the other; the model reads each by itself."""
        return parts(self.text, self.analyzer) if self.earlier is None else [self.text]

    @kept
    def read(self) -> tuple[list[QuestionStates] | None, FloatMatrix | None]:
        """What the model makes of each part's word pieces, None of a model that tells none, and the vectors."""
        model = self.model
        if model is None or VECTOR not in self.arms:
            return None, None
        from searchkit.models.embedders import checks  # noqa: PLC0415 - who searches by words alone needs no models

        if self.earlier is not None:
            return self._read_with_earlier(model, self.earlier)
        if not tells_pieces(model):
            return None, np.stack(parallel(lambda part: checks.question_vector(model, part), self.parts, cores()))
        states = parallel(lambda part: checks.question_states(model, part), self.parts, cores())
        return states, np.stack([each.vector for each in states])

    def _read_with_earlier(self, model: Embedder, before: Earlier) -> tuple[list[QuestionStates] | None, FloatMatrix]:
        """Return the same of a question that leans on earlier turns: it is one part, together with them."""
        from searchkit.models.embedders import checks  # noqa: PLC0415 - as above

        if tells_pieces(model):
            states = checks.question_states(model, self.text)
            return [states], before.vector(states.vector, self._vector_of)[None]
        return None, before.vector(checks.question_vector(model, self.text), self._vector_of)[None]

    def _vector_of(self, text: str) -> FloatVector:
        """Return the vector of a part of a conversation: (dim,)."""
        from searchkit.models.embedders import checks  # noqa: PLC0415 - as above

        if self.model is None:
            raise ValueError("this question has no model")
        return checks.question_vector(self.model, text)

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
            weights = piece_weights(read.pieces, self.analyzer.spans(part), self.idf)
            own[begin:end] = weights if self.earlier is None else self.earlier.weighed(weights, read.pieces)
            begin = end
        return found

    @kept
    def telling_pieces(self) -> FloatMatrix:
        """The same with all pieces of telling words counting alike; of a part that has none, all pieces."""
        if self.states is None:
            raise ValueError("the model of this index tells no word pieces")
        from searchkit.search.maxsim import within  # noqa: PLC0415 - as above

        telling = frozenset[str]().union(*self.telling)
        found, begin = np.zeros_like(self.piece_weights), 0
        for own, part, read in zip(found, self.parts, self.states, strict=True):
            said = [span for span in self.analyzer.spans(part) if span[2] in telling]
            inside = np.any(within(read.pieces, said), axis=0)
            weights = (inside if inside.any() else ~inside).astype(np.float32)
            weights /= max(float(weights.sum()), 1.0)
            end = begin + len(weights)
            own[begin:end] = weights if self.earlier is None else self.earlier.weighed(weights, read.pieces)
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

    def share(self, word: frozenset[str]) -> float:
        """Return how much a word counts: 1, less if only earlier turns have it."""
        return 1.0 if self.earlier is None else min(self.earlier.shares.get(term, 1.0) for term in word)

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
    def highlight(self) -> Highlighter:
        """What finds the question's words in passages, and its names."""
        return Highlighter(self.parsed.tree, self.analyzer, frozenset[str]().union(*self.names))

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
        """Whether nothing is asked for: by exclusions or function words alone, by a courtesy ("thanks!"), or by itself
        about what nobody has named ("who was she?").
        """
        tree = self.parsed.tree
        excludes = isinstance(tree, Boolean) and not (tree.must or tree.should)
        if not self.telling and (self.terms or excludes):
            return True
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
