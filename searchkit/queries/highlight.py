"""Which words of a passage a query matched."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from fnmatch import translate

from searchkit.queries.acronyms import is_acronym
from searchkit.queries.syntax import Boolean, DateRange, Fuzzy, Phrase, Prefix, Query, Term, Wildcard
from searchkit.text.analysis import Analyzer

Matcher = Callable[[str], bool]


class Highlighter:
    """Finds a query's words in passages. Each written word is looked at once, however often it stands there."""

    def __init__(self, query: Query, analyzer: Analyzer, others: Collection[str] = ()) -> None:
        """others: more index terms to be found, which are not marked."""
        self._asked = frozenset(query_terms(query))
        self._wanted = self._asked.union(others)
        self._other = _loosely(query)
        self._analyzer = analyzer
        self._chunks: dict[str, set[str] | None] = {}  # of texts that were read, what stands between white space
        self._terms: dict[str, str] = {}  # of chunks with a term that is wanted, all their terms
        self._spans: dict[str, list[tuple[int, int]]] = {}  # of chunks that were marked

    def read(self, texts: Iterable[str]) -> None:
        """Look at several texts at once: what comes next of each then costs little."""
        new = {text: self._split(text) for text in dict.fromkeys(texts) if text not in self._chunks}
        self._chunks.update(new)
        wanted, chunks = self._wanted, self._analyzer.chunks(set[str]().union(*filter(None, new.values())))
        self._terms |= {
            chunk: terms
            for chunk, terms in chunks.items()  # most are one term
            if terms in wanted or (" " in terms and not wanted.isdisjoint(terms.split()))
        }
        if self._other is not None:
            self._terms |= {chunk: terms for chunk, terms in chunks.items() if any(map(self._other, terms.split()))}

    def terms(self, text: str) -> set[str]:
        """Return those of a text's index terms that are wanted, and perhaps others."""
        chunks = self._known(text)
        if chunks is None:
            return set(self._analyzer.terms(text))
        return {term for chunk in chunks for term in self._terms[chunk].split()}

    def __call__(self, text: str) -> tuple[tuple[int, int], ...]:
        """Return (start, end) of every word whose term matches, in order; touching ones are joined."""
        chunks = self._known(text)
        if chunks is None:
            return tuple(_joined(self._matching(text)))
        for chunk in chunks - self._spans.keys():
            self._spans[chunk] = self._matching(chunk)
        found = sorted((at, chunk) for chunk in chunks if self._spans[chunk] for at in _places(chunk, text))
        return tuple(_joined((at + start, at + end) for at, chunk in found for start, end in self._spans[chunk]))

    def _split(self, text: str) -> set[str] | None:
        """Return what stands between white space; None where a word crosses white space."""
        return None if self._analyzer.crosses_spaces(text) else set(text.split())

    def _known(self, text: str) -> set[str] | None:
        """Return the chunks of a text that have a term that is wanted; None where a word crosses white space."""
        if text not in self._chunks:
            self.read([text])
        chunks = self._chunks[text]
        return None if chunks is None else chunks & self._terms.keys()

    def _one(self, term: str) -> bool:
        return term in self._asked or (self._other is not None and self._other(term))

    def _matching(self, text: str) -> list[tuple[int, int]]:
        return [(start, end) for start, end, term in self._analyzer.spans(text) if self._one(term)]


def _places(chunk: str, text: str) -> Iterator[int]:
    """Yield where a chunk of a text stands, with white space or nothing around it."""
    at = text.find(chunk)
    while at >= 0:
        end = at + len(chunk)
        if (at == 0 or text[at - 1].isspace()) and (end == len(text) or text[end].isspace()):
            yield at
        at = text.find(chunk, end)


def _joined(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield spans, those that touch or overlap as one."""
    pending: tuple[int, int] | None = None
    for start, end in spans:
        if pending is not None and start <= pending[1]:
            pending = (pending[0], max(end, pending[1]))
            continue
        if pending is not None:
            yield pending
        pending = (start, end)
    if pending is not None:
        yield pending


def _loosely(query: Query) -> Matcher | None:
    """Return a function that tells whether a term fits a pattern or a fuzzy word of the query; None if it has none."""
    patterns = [re.compile(pattern) for pattern in _patterns(query)]
    fuzzy = [leaf for leaf in leaves(query) if isinstance(leaf, Fuzzy)]
    if not patterns and not fuzzy:
        return None

    def matches(term: str) -> bool:
        return any(pattern.match(term) for pattern in patterns) or any(
            within(term, leaf.text, leaf.distance) for leaf in fuzzy
        )

    return matches


def query_terms(query: Query) -> list[str]:
    """Return the index terms that the query names outright, in order, each once; none twice for its capitals."""
    found: dict[str, None] = {}
    for leaf in leaves(query):
        if isinstance(leaf, Term) and not is_acronym(leaf.text):
            found[leaf.text] = None
        elif isinstance(leaf, Phrase):
            found.update(dict.fromkeys(leaf.terms))
    return list(found)


def leaves(query: Query) -> Iterator[Query]:
    """Yield what a passage may match, without what it must not."""
    if isinstance(query, Boolean):
        for child in (*query.must, *query.should):
            yield from leaves(child)
    elif not isinstance(query, DateRange):
        yield query


def _patterns(query: Query) -> Iterator[str]:
    for leaf in leaves(query):
        if isinstance(leaf, Prefix):
            yield re.escape(leaf.text)
        elif isinstance(leaf, Wildcard):
            yield translate(leaf.pattern.replace("[", "[[]"))


def within(left: str, right: str, distance: int) -> bool:
    """Tell whether two terms are at most `distance` edits apart (Damerau 1964; restricted transpositions)."""
    if abs(len(left) - len(right)) > distance:
        return False
    before: list[int] = []
    previous = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        current = [i]
        for j, b in enumerate(right, 1):
            cost = min(previous[j] + 1, current[-1] + 1, previous[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            current.append(cost)
        before, previous = previous, current
    return previous[-1] <= distance
