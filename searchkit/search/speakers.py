"""Who is asked about: speakers by name, and behind them those of the same kind."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from searchkit.search.topics import telling_words
from searchkit.storage.contract import Speaker, StatementReader
from searchkit.text.analysis import Analyzer
from searchkit.text.attribution.kinds import kind_match, marks
from searchkit.text.attribution.sources import head_of

LEAST_MATCH = 0.5  # of the asked name, below which a speaker is somebody else


class Match(NamedTuple):
    """How well a speaker is who was asked for: a share in (0, 1], 1 by name alone; and whether by kind in any word."""

    speaker: Speaker
    share: float
    by_kind: bool


class AskedSpeaker:
    """The words of a name that was asked for, each with the nouns that count as it."""

    def __init__(self, analyzer: Analyzer, name: str) -> None:
        self._analyzer = analyzer
        self._words = telling_words(name, analyzer)  # term -> as written
        self._head = frozenset(analyzer.terms(head_of(name.strip()))) & self._words.keys()
        self._marks = {term: self._terms_of(marks(word)) for term, word in self._words.items()}

    def named(self, statements: StatementReader) -> dict[int, Match]:
        """Return the speakers who have each word of the name, or are of its kind."""
        if not self._words or not statements.known:
            return {}
        found = statements.matching({*self._words, *(mark for marks in self._marks.values() for mark in marks)})
        hopeful = [
            key for key, terms in found.items()
            if all(term in terms or not marks.isdisjoint(terms) for term, marks in self._marks.items())
        ]  # fmt: skip
        named = {}
        for key, speaker in statements.speakers(hopeful).items() if hopeful else ():
            shares = self._shares(speaker, found[key]).values()
            if all(shares):
                named[key] = Match(speaker, _mean(shares), by_kind=min(shares) < 1)
        return named

    def like(self, speakers: Mapping[int, Speaker]) -> dict[int, float]:
        """Return how well those of the speakers match who match by LEAST_MATCH: key -> (0, 1].

        The head of the name ("official" of "officials in Hanoi") counts as much as all else, and must match.
        """
        matches = {}
        for key, speaker in speakers.items() if self._words else ():
            shares = self._shares(speaker, self._terms_of((speaker.name, speaker.among)))
            head = [share for term, share in shares.items() if term in self._head] or [*shares.values()]
            rest = [share for term, share in shares.items() if term not in self._head] or head
            share = (_mean(head) + _mean(rest)) / 2
            if all(head) and share >= LEAST_MATCH:
                matches[key] = share
        return matches

    def _shares(self, speaker: Speaker, terms: Collection[str]) -> dict[str, float]:
        """Return what each word finds in a speaker's name, whose terms are given, or in the group."""
        return {
            term: max(kind_match(word, speaker.name), kind_match(word, speaker.among))
            if self._marks[term]
            else float(term in terms)
            for term, word in self._words.items()
        }

    def _terms_of(self, texts: Iterable[str]) -> frozenset[str]:
        return frozenset(term for text in texts for term in self._analyzer.terms(text))


def _mean(values: Collection[float]) -> float:
    """Return the mean; the module `statistics` would be .01 s of a cold start."""
    return math.fsum(values) / len(values)
