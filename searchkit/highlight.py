"""Which words of a passage a query matched."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from fnmatch import translate

from searchkit.syntax import Boolean, DateRange, Fuzzy, Phrase, Prefix, Query, Term, Wildcard
from searchkit.text import Analyzer

Matcher = Callable[[str], bool]


_CHUNK = re.compile(r"\S+")


class Highlighter:
    """Finds a query's words in passages. Each written word is looked at once, however often it stands there."""

    def __init__(self, query: Query, analyzer: Analyzer) -> None:
        self._matches = matcher(query)
        self._analyzer = analyzer
        self._known: dict[str, bool] = {}  # by the terms of a written word, whether any matches

    def __call__(self, text: str) -> tuple[tuple[int, int], ...]:
        """Return (start, end) of every word whose term matches, in order; touching ones are joined."""
        if self._analyzer.crosses_spaces(text):
            return tuple(_joined(self._matching(text)))
        return tuple(_joined(self._by_chunks(text)))

    def _by_chunks(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield the matching spans, piece by piece of what stands between white space."""
        chunks = self._analyzer.chunks(text)
        known = self._known
        for terms in set(chunks.values()) - known.keys():
            known[terms] = any(map(self._matches, terms.split()))
        matching = {chunk: tuple(self._matching(chunk)) for chunk, terms in chunks.items() if known[terms]}
        if not matching:
            return
        for chunk in _CHUNK.finditer(text):
            for start, end in matching.get(chunk[0], ()):
                yield chunk.start() + start, chunk.start() + end

    def _matching(self, text: str) -> Iterator[tuple[int, int]]:
        return ((start, end) for start, end, term in self._analyzer.spans(text) if self._matches(term))


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


def matcher(query: Query) -> Matcher:
    """Return a function that tells whether an index term is one that the query asks for."""
    terms = set(query_terms(query))
    patterns = [re.compile(pattern) for pattern in _patterns(query)]
    fuzzy = [leaf for leaf in leaves(query) if isinstance(leaf, Fuzzy)]
    if not patterns and not fuzzy:
        return terms.__contains__

    def matches(term: str) -> bool:
        return (
            term in terms
            or any(pattern.match(term) for pattern in patterns)
            or any(within(term, leaf.text, leaf.distance) for leaf in fuzzy)
        )

    return matches


def query_terms(query: Query) -> list[str]:
    """Return the index terms that the query names outright, in order, each once."""
    found: dict[str, None] = {}
    for leaf in leaves(query):
        if isinstance(leaf, Term):
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
