"""Who is asked about, and what about: speakers by name, topics by their telling words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date

import numpy as np

from searchkit.queries.function_words import function_words
from searchkit.queries.times import named_times
from searchkit.storage.contract import Said, StatementReader
from searchkit.text.analysis import Analyzer
from searchkit.types import Passage

LAST_DAY = date(9000, 1, 1)  # whatever time is named, it is none of the future
LEAST_MATCH = 0.5  # of the asked name, below which a speaker is somebody else
NEARBY = 0.7  # a topic's word beside the claim, in passage or title, counts so much
_BEFORE_TIME = re.compile(r"\s(?:in|on|at|since|before|after|until|till|by|during|from|between|of|for)\s$")


class Topic:
    """The words of a topic, each weighed by how rare it is."""

    def __init__(self, analyzer: Analyzer, count: int, frequencies: Mapping[str, int]) -> None:
        """frequencies: of each of the topic's terms, in how many of the `count` passages it stands anywhere."""
        self._analyzer = analyzer
        self.weights = {term: float(np.log1p(count / (1 + found))) for term, found in frequencies.items()}
        # a title that heads nearly all that is indexed tells none of it apart
        self._rarity = {term: 1 - found / max(count, 1) for term, found in frequencies.items()}

    def share(self, claim: str, passage: Passage) -> float:
        """Return the weight of the topic's words in the claim, those around it counted in part: 0 to 1."""
        total = sum(self.weights.values())
        if not total:
            return 1.0
        inside = set(self._analyzer.terms(claim))
        around = set(self._analyzer.terms(passage.text))
        title = set(self._analyzer.terms(passage.title))
        shares = (
            w * (1.0 if t in inside else NEARBY if t in around else NEARBY * self._rarity[t] if t in title else 0.0)
            for t, w in self.weights.items()
        )
        return sum(shares) / total


def telling_terms(text: str, analyzer: Analyzer) -> list[str]:
    """Return the terms of a text that say something, each once."""
    function = function_words(analyzer.language)
    found = (
        span[2]
        for word in analyzer.words(text)
        for span in word.spans
        if text[word.start : word.end].lower() not in function
    )
    return list(dict.fromkeys(found))


def timeless(question: str) -> str:
    """Return the question without the times that it names: they are no part of a topic, and rank by themselves."""
    for span in reversed(named_times(question, LAST_DAY)):
        before = _BEFORE_TIME.search(question, 0, span.start)
        question = question[: before.start() if before else span.start].rstrip() + question[span.end :]
    return question


def speakers_named(statements: StatementReader, analyzer: Analyzer, name: str) -> list[int]:
    """Return the speakers whose names hold all words of `name`."""
    terms = set(telling_terms(name, analyzer))
    if not terms or not statements.known:
        return []
    return sorted(key for key, found in statements.matching(terms).items() if found == terms)


def speakers_like(statements: StatementReader, analyzer: Analyzer, source: str) -> Mapping[int, float]:
    """Return how well speakers match a source that was asked for, those who do: key -> (0, 1]."""
    from searchkit.text.attribution.kinds import KIN  # noqa: PLC0415 - few questions ask for statements

    terms = telling_terms(source, analyzer)
    kin = {term: KIN.get(term, {}) for term in terms}
    wanted = {*terms, *(other for others in kin.values() for other in others)}
    matches = {}
    for speaker, found in statements.matching(wanted).items():
        each = [1.0 if term in found else _best(kin[term], found) for term in terms]
        share = sum(each) / len(each)
        if share >= LEAST_MATCH:
            matches[speaker] = share
    return matches


def _best(kin: Mapping[str, float], found: Iterable[str]) -> float:
    return max((kin.get(term, 0.0) for term in found), default=0.0)


def claim(passage: Passage, said: Said) -> str:
    """Return what is claimed in a statement of a passage."""
    return passage.text[said.claim_start : said.claim_end]
