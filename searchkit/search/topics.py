"""What is asked about: topics by their telling words, and by what passages mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

import numpy as np

from searchkit.queries.function_words import function_words
from searchkit.queries.times import named_times
from searchkit.storage.contract import Said
from searchkit.text.analysis import Analyzer
from searchkit.types import Passage

LAST_DAY = date(9000, 1, 1)  # whatever time is named, it is none of the future
NEARBY = 0.7  # a topic's word beside the claim, in passage or title, counts so much
MEANING = 0.5  # what the passage's meaning makes up at most of a topic whose words are missing
_BEFORE_TIME = re.compile(r"\s(?:in|on|at|since|before|after|until|till|by|during|from|between|of|for)\s$")


class _Found(NamedTuple):
    """A passage's words of a topic: where each stands in the text, and which stand in the title."""

    places: dict[str, list[int]]
    title: frozenset[str]


class Topic:
    """The words of a topic, each weighed by how rare it is, in some passages, each of which is analysed once."""

    def __init__(
        self, analyzer: Analyzer, count: int, frequencies: Mapping[str, int], passages: Mapping[int, Passage]
    ) -> None:
        """frequencies: of each of the topic's terms, in how many of the `count` passages it stands anywhere."""
        self._analyzer = analyzer
        self._passages = passages
        self._found: dict[int, _Found] = {}
        self._weights = {term: float(np.log1p(count / (1 + found))) for term, found in frequencies.items()}
        # a title that heads nearly all that is indexed tells none of it apart
        self._rarity = {term: 1 - found / max(count, 1) for term, found in frequencies.items()}

    def share(self, said: Said) -> float:
        """Return the weight of the topic's words in a claim, those around it counted in part: 0 to 1."""
        total = sum(self._weights.values())
        if not total:
            return 1.0
        return sum(weight * self._counts(term, said) for term, weight in self._weights.items()) / total

    def _counts(self, term: str, said: Said) -> float:
        """Return what a word counts: 1 in the claim, less the farther from it."""
        found = self._in(said.row)
        places = found.places.get(term, ())
        if any(said.claim_start <= place < said.claim_end for place in places):
            return 1.0
        if places:
            return NEARBY
        return NEARBY * self._rarity[term] if term in found.title else 0.0

    def _in(self, row: int) -> _Found:
        if row not in self._found:
            passage, places = self._passages[row], dict[str, list[int]]()
            for start, _, term in self._analyzer.spans(passage.text):
                if term in self._weights:
                    places.setdefault(term, []).append(start)
            self._found[row] = _Found(places, frozenset(self._analyzer.terms(passage.title)))
        return self._found[row]


def fit(share: float, meaning: float) -> float:
    """Return how well a statement fits a topic, 0 to 1: what its words leave open, its passage's meaning fills in part.

    share: of the topic's words; meaning: a cosine of topic and passage, NaN without vectors.
    share + (1 - share) * MEANING * meaning, where the meaning is above 0.
    """
    return share + (1 - share) * MEANING * meaning if meaning > 0 else share


def telling_words(text: str, analyzer: Analyzer) -> dict[str, str]:
    """Return the terms of a text that say something, each with the word that it first comes of."""
    function = function_words(analyzer.language)
    found: dict[str, str] = {}
    for word in analyzer.words(text):
        written = text[word.start : word.end]
        if written.lower() not in function:
            for _, _, term in word.spans:
                found.setdefault(term, written)
    return found


def telling_terms(text: str, analyzer: Analyzer) -> list[str]:
    """Return the terms of a text that say something, each once."""
    return list(telling_words(text, analyzer))


def timeless(question: str) -> str:
    """Return the question without the times that it names: they are no part of a topic, and rank by themselves."""
    for span in reversed(named_times(question, LAST_DAY)):
        before = _BEFORE_TIME.search(question, 0, span.start)
        question = question[: before.start() if before else span.start].rstrip() + question[span.end :]
    return question


def claim(passage: Passage, said: Said) -> str:
    """Return what is claimed in a statement of a passage."""
    return passage.text[said.claim_start : said.claim_end]
