"""Who said what, at question time: statements found by speaker, passages filtered and ranked by them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date

import numpy as np
import numpy.typing as npt

from searchkit.attribution.kinds import KIN
from searchkit.attribution.question import asked
from searchkit.queries.function_words import function_words
from searchkit.queries.times import named_times
from searchkit.snapshot import Snapshot
from searchkit.statements import Said
from searchkit.text import Analyzer
from searchkit.types import Passage, Rows, Statement

LAST_DAY = date(9000, 1, 1)  # whatever time is named, it is none of the future
_BEFORE_TIME = re.compile(r"\s(?:in|on|at|since|before|after|until|till|by|during|from|between|of|for)\s$")
LEAST_MATCH = 0.5  # of the asked name, below which a speaker is somebody else
NEARBY = 0.7  # a topic's word beside the claim, in passage or title, counts so much
ONE_FACT = 0.4  # what the bonus is worth where a single fact is asked for: many passages have the right speaker


def who_said(snapshot: Snapshot, analyzer: Analyzer, name: str, about: str | None, k: int) -> list[Statement]:
    """Return what speakers said whose names hold all words of `name`; with `about`, those on that, best first.

    A statement is on a subject if any of its words stand in the claim, or at least around it.
    """
    with snapshot.lock:
        speakers = _named(snapshot, analyzer, name)
        said = snapshot.catalog.statements.by(speakers) if speakers else []
        passages = snapshot.catalog.passages({each.row for each in said})
        known = snapshot.catalog.statements.speakers(speakers) if speakers else {}
    topic = _Topic(snapshot, analyzer, about or "")
    scored = [(topic.share(_claim(passages[each.row], each), passages[each.row]), each) for each in said]
    if topic.weights:
        scored = [(share, each) for share, each in scored if share > 0]
        scored.sort(key=lambda pair: (-pair[0], pair[1]))
    return [_statement(passages[each.row], each, known[each.speaker].name) for _, each in scored[:k]]


def rows_said_by(snapshot: Snapshot, analyzer: Analyzer, name: str) -> Rows:
    """Return the rows of passages in which somebody whose name holds all words of `name` says something, ascending."""
    with snapshot.lock:
        speakers = _named(snapshot, analyzer, name)
        said = snapshot.catalog.statements.by(speakers) if speakers else []
    return np.unique(np.array([each.row for each in said], np.int64))


def bonus(snapshot: Snapshot, question: str, analyzer: Analyzer, rows: Rows) -> npt.NDArray[np.float32] | None:
    """Return how well what is said in each row fits a question for somebody's statements: (n,) in [0, 1].

    None if the question has no such form, or no row has a statement by the one it asks for. Of a statement whose
    speaker matches by m and whose claim holds the share t of the topic: m * t, times ONE_FACT if that is asked for.
    """
    wanted = asked(_timeless(question)) if analyzer.language == "en" else None
    if wanted is None:
        return None
    with snapshot.lock:
        statements = snapshot.catalog.statements
        if not statements.exist():
            return None
        said = statements.within(rows.tolist())
        match = _matches(snapshot, analyzer, wanted.source) if wanted.source else None
        said = [each for each in said if match is None or each.speaker in match]
        passages = snapshot.catalog.passages({each.row for each in said})
    if not said:
        return None
    topic, strength = _Topic(snapshot, analyzer, wanted.topic), 1.0 if wanted.open else ONE_FACT
    best: dict[int, float] = {}
    for each in said:
        share = topic.share(_claim(passages[each.row], each), passages[each.row])
        own = strength * share * (1.0 if match is None else match[each.speaker])
        best[each.row] = max(best.get(each.row, 0.0), own)
    return np.array([best.get(row, 0.0) for row in rows.tolist()], np.float32)


def _timeless(question: str) -> str:
    """Return the question without the times that it names: they are no part of a topic, and rank by themselves."""
    for span in reversed(named_times(question, LAST_DAY)):
        before = _BEFORE_TIME.search(question, 0, span.start)
        question = question[: before.start() if before else span.start].rstrip() + question[span.end :]
    return question


class _Topic:
    """The words of a topic, each weighed by how rare it is."""

    def __init__(self, snapshot: Snapshot, analyzer: Analyzer, topic: str) -> None:
        self._analyzer = analyzer
        count = snapshot.keywords.count
        found = {term: snapshot.keywords.document_frequency(term) for term in telling_terms(topic, analyzer)}
        self.weights = {term: float(np.log1p(count / (1 + passages))) for term, passages in found.items()}
        # a title that heads nearly all that is indexed tells none of it apart
        self._rarity = {term: 1 - passages / max(count, 1) for term, passages in found.items()}

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


def _named(snapshot: Snapshot, analyzer: Analyzer, name: str) -> list[int]:
    """Return the speakers whose names hold all words of `name`."""
    terms = set(telling_terms(name, analyzer))
    statements = snapshot.catalog.statements
    if not terms or not statements.exist():
        return []
    return sorted(key for key, found in statements.matching(terms).items() if found == terms)


def _matches(snapshot: Snapshot, analyzer: Analyzer, source: str) -> Mapping[int, float]:
    """Return how well speakers match a source that was asked for, those who do: key -> (0, 1]."""
    terms = telling_terms(source, analyzer)
    kin = {term: KIN.get(term, {}) for term in terms}
    wanted = {*terms, *(other for others in kin.values() for other in others)}
    matches = {}
    for speaker, found in snapshot.catalog.statements.matching(wanted).items():
        each = [1.0 if term in found else _best(kin[term], found) for term in terms]
        share = sum(each) / len(each)
        if share >= LEAST_MATCH:
            matches[speaker] = share
    return matches


def _best(kin: Mapping[str, float], found: Iterable[str]) -> float:
    return max((kin.get(term, 0.0) for term in found), default=0.0)


def _claim(passage: Passage, said: Said) -> str:
    return passage.text[said.claim_start : said.claim_end]


def _statement(passage: Passage, said: Said, speaker: str) -> Statement:
    return Statement(
        passage.text[said.source_start : said.source_end], speaker, said.verb, _claim(passage, said), passage,
        (said.source_start, said.source_end), (said.claim_start, said.claim_end),
    )  # fmt: skip
