"""Which words of a passage a query matched."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fnmatch import translate

from searchkit.syntax import Boolean, DateRange, Fuzzy, Phrase, Prefix, Query, Term, Wildcard
from searchkit.text import Analyzer

Matcher = Callable[[str], bool]


def highlights(text: str, matches: Matcher, analyzer: Analyzer) -> tuple[tuple[int, int], ...]:
    """Return (start, end) of every word whose term matches, in order; touching ones are joined."""
    joined: list[tuple[int, int]] = []
    for start, end, term in analyzer.spans(text):
        if matches(term):
            if joined and start <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
            else:
                joined.append((start, end))
    return tuple(joined)


def matcher(query: Query) -> Matcher:
    """Return a function that tells whether an index term is one that the query asks for."""
    terms = set(query_terms(query))
    patterns = [re.compile(pattern) for pattern in _patterns(query)]
    fuzzy = [leaf for leaf in leaves(query) if isinstance(leaf, Fuzzy)]

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
