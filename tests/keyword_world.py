"""What keyword engines are held against: BM25 over a handful of passages, computed by brute force."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from searchkit.queries import syntax
from searchkit.queries.syntax import Boolean, DateRange, Fuzzy, Phrase, Prefix, Term, Wildcard
from searchkit.storage.keywords import Engine, Entry, FieldWeights
from searchkit.storage.keywords.ranking import settle
from searchkit.types import Ranking

K1, B = 1.2, 0.75
MAY = date(2024, 5, 1).toordinal()

WORDS = st.sampled_from(["a", "b", "ab", "ca", "abc", "bca", "日本", "c++"])
TEXTS = st.lists(WORDS, max_size=6).map(" ".join)
DAYS = st.none() | st.integers(MAY, MAY + 3)
CORPORA = st.lists(st.tuples(TEXTS, TEXTS, TEXTS, DAYS), max_size=12)
FIELDS = st.sampled_from(["", "title", "section", "body"])
BOOSTS = st.sampled_from([1.0, 0.5, 3.0])
DATES = st.none() | st.integers(MAY, MAY + 3).map(date.fromordinal)
LEAVES = st.one_of(
    st.builds(Term, WORDS, FIELDS, BOOSTS),
    st.builds(Phrase, st.lists(WORDS, min_size=1, max_size=3).map(tuple), st.just(0), FIELDS, BOOSTS),
    st.builds(Prefix, st.sampled_from(["", "a", "b", "日", "c+"]), FIELDS, BOOSTS),
    st.builds(Wildcard, st.sampled_from(["*", "?", "a*", "*c", "?b*", "??", "c+*", ""]), FIELDS, BOOSTS),
    st.builds(Fuzzy, WORDS, st.integers(1, 2), FIELDS, BOOSTS),
    st.builds(DateRange, DATES, DATES),
)
QUERIES = st.recursive(
    LEAVES,
    lambda inner: st.builds(Boolean, *(st.lists(inner, max_size=2).map(tuple) for _ in range(3)), BOOSTS),
    max_leaves=6,
)
THOROUGH = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def entries_of(corpus: list[tuple[str, str, str, int | None]], start: int = 0) -> list[Entry]:
    return [Entry(row, *values) for row, values in enumerate(corpus, start)]


def build(engine: Engine, folder: Path, entries: Iterable[Entry], base: Path | None = None) -> Path:
    """Write one generation that holds `entries` on top of `base`."""
    writer = engine.write(folder, base)
    writer.add(entries)
    writer.commit()
    return folder


def passages(*bodies: str) -> list[Entry]:
    """Return passages with these bodies, whose rows count from 0."""
    return [Entry(row, "", "", body, None) for row, body in enumerate(bodies)]


class BruteForce:
    """Answers by looking at every passage."""

    def __init__(self, entries: Iterable[Entry], weights: FieldWeights) -> None:
        self.entries = list(entries)
        self.weights = weights

    def ranking(self, query: syntax.Query, limit: int = 1000, allowed: Iterable[int] | None = None) -> Ranking:
        """Return the whole or filtered ranking, cut at `limit`."""
        scores = self.scores(query)
        rows = sorted(scores if allowed is None else scores.keys() & set(allowed))
        ranking = settle(np.array(rows, np.int64), np.array([scores[row] for row in rows], np.float32))
        return Ranking(ranking.rows[:limit], ranking.scores[:limit])

    def scores(self, query: syntax.Query) -> dict[int, float]:
        """Return the score of every matching row."""
        match query:
            case syntax.Boolean():
                return self._boolean(query)
            case syntax.DateRange(start=start, end=end):
                first = start.toordinal() if start else -math.inf
                last = end.toordinal() if end else math.inf
                return {
                    entry.row: 0.0 for entry in self.entries if entry.day is not None and first <= entry.day <= last
                }
        found: dict[int, float] = {}
        for field in [query.field] if query.field else syntax.TEXT_FIELDS:
            weight = query.boost * getattr(self.weights, field)
            for row, score in self._leaf(query, field):
                found[row] = found.get(row, 0.0) + weight * score
        return found

    def _boolean(self, query: syntax.Boolean) -> dict[int, float]:
        must, should, must_not = (
            [self.scores(child) for child in part] for part in (query.must, query.should, query.must_not)
        )
        if must:
            rows = set.intersection(*map(set, must))
        elif should:
            rows = set().union(*should)
        else:
            rows = {entry.row for entry in self.entries} if must_not else set()
        rows -= set().union(*must_not)
        return {row: query.boost * sum(scores.get(row, 0.0) for scores in (*must, *should)) for row in rows}

    def _leaf(self, query: syntax.Query, field: str) -> Iterator[tuple[int, float]]:
        texts = {entry.row: getattr(entry, field).split() for entry in self.entries}
        match query:
            case syntax.Term(text=text):
                yield from self._bm25(texts, (text,))
            case syntax.Phrase(terms=terms, slop=slop):
                yield from self._bm25(texts, terms, slop)
            case _:
                matches = term_test(query)
                yield from ((row, 1.0) for row, terms in texts.items() if any(map(matches, terms)))

    def _bm25(self, texts: dict[int, list[str]], phrase: tuple[str, ...], slop: int = 0) -> Iterator[tuple[int, float]]:
        count = len(texts)
        average = sum(map(len, texts.values())) / max(1, count)
        idf = sum(idf_of(count, sum(term in terms for terms in texts.values())) for term in phrase)
        for row, terms in texts.items():
            frequency = occurrences(terms, phrase, slop)
            if frequency:
                norm = K1 * (1 - B + B * len(terms) / average)
                yield row, idf * (K1 + 1) * frequency / (frequency + norm)


def occurrences(terms: Sequence[str], phrase: Sequence[str], slop: int) -> int:
    """Return how often a phrase stands in a text: in how many stretches of `slop` moves all its terms are in place."""
    moves = [{at - place for at, term in enumerate(terms) if term == wanted} for place, wanted in enumerate(phrase)]
    starts = set().union(*moves)
    return sum(all(any(start <= move <= start + slop for move in own) for own in moves) for start in starts)


def idf_of(count: int, frequency: int) -> float:
    """Return Lucene's idf."""
    return math.log(1 + (count - frequency + 0.5) / (frequency + 0.5))


def term_test(query: syntax.Query) -> Callable[[str], bool]:
    """Return what tells whether an index term is one that the query means."""
    match query:
        case syntax.Prefix(text=text):
            return lambda term: term.startswith(text)
        case syntax.Wildcard(pattern=pattern):
            parts = {"?": ".", "*": ".*"}
            regex = re.compile("".join(parts.get(character, re.escape(character)) for character in pattern))
            return lambda term: regex.fullmatch(term) is not None
        case syntax.Fuzzy(text=text, distance=distance):
            return lambda term: edits(text, term) <= distance
    raise TypeError(query)


def edits(left: str, right: str) -> int:
    """Return the insertions, deletions, substitutions and swaps of neighbours between two words."""
    table = [[max(i, j) if not i * j else 0 for j in range(len(right) + 1)] for i in range(len(left) + 1)]
    for i in range(1, len(left) + 1):
        for j in range(1, len(right) + 1):
            table[i][j] = min(
                table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + (left[i - 1] != right[j - 1])
            )
            if i > 1 and j > 1 and left[i - 1] == right[j - 2] and left[i - 2] == right[j - 1]:
                table[i][j] = min(table[i][j], table[i - 2][j - 2] + 1)
    return table[-1][-1]
