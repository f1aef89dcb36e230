"""Who is asked about: speakers by name, and behind them those of the same kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from searchkit.search.topics import telling_words
from searchkit.storage.contract import Speaker, StatementReader
from searchkit.text.analysis import Analyzer
from searchkit.text.attribution.kinds import kind_match, marks

LEAST_MATCH = 0.5  # of the asked name, below which a speaker is somebody else


class Match(NamedTuple):
    """How well a speaker is who was asked for: a share in (0, 1], 1 by name alone; and whether by kind in any word."""

    share: float
    by_kind: bool


class AskedSpeaker:
    """The words of a name that was asked for, each with the nouns that count as it."""

    def __init__(self, analyzer: Analyzer, name: str) -> None:
        self._analyzer = analyzer
        self._words = telling_words(name, analyzer)  # term -> as written
        self._marks = {term: self._terms_of(marks(word)) for term, word in self._words.items()}

    def named(self, statements: StatementReader) -> dict[int, Match]:
        """Return the speakers who have each word of the name, or are of its kind."""
        if not self._words or not statements.known:
            return {}
        found = statements.matching({*self._words, *(mark for marks in self._marks.values() for mark in marks)})
        hopeful = {
            key: terms for key, terms in found.items()
            if all(term in terms or not marks.isdisjoint(terms) for term, marks in self._marks.items())
        }  # fmt: skip
        by_name = {key for key, terms in hopeful.items() if terms >= self._words.keys()}
        named = {key: Match(1.0, by_kind=False) for key in by_name}
        others = hopeful.keys() - by_name
        for key, speaker in statements.speakers(others).items() if others else ():
            shares = self._shares(speaker, hopeful[key])
            if all(shares):
                named[key] = Match(sum(shares) / len(shares), by_kind=True)
        return named

    def like(self, speakers: Mapping[int, Speaker]) -> dict[int, float]:
        """Return how well those of the speakers match who match by LEAST_MATCH: key -> (0, 1]."""
        matches = {}
        for key, speaker in speakers.items() if self._words else ():
            shares = self._shares(speaker, self._terms_of((speaker.name, speaker.among)))
            share = sum(shares) / len(shares)
            if share >= LEAST_MATCH:
                matches[key] = share
        return matches

    def _shares(self, speaker: Speaker, terms: set[str] | frozenset[str]) -> list[float]:
        """Return what each word finds in a speaker's name, whose terms are given, or in the group."""
        return [
            1.0 if term in terms else max(kind_match(word, speaker.name), kind_match(word, speaker.among))
            for term, word in self._words.items()
        ]

    def _terms_of(self, texts: tuple[str, ...] | list[str]) -> frozenset[str]:
        return frozenset(term for text in texts for term in self._analyzer.terms(text))
