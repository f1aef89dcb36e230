"""Who said what: statements found by speaker, ranked by subject."""

from __future__ import annotations

from searchkit.search.topics import Topic, claim, speakers_named, telling_terms
from searchkit.storage.contract import Said, View
from searchkit.text.analysis import Analyzer
from searchkit.types import Passage, Statement


def who_said(view: View, analyzer: Analyzer, name: str, about: str | None, k: int) -> list[Statement]:
    """Return what speakers said whose names hold all words of `name`; with `about`, those on that, best first.

    A statement is on a subject if any of its words stand in the claim, or at least around it.
    """
    speakers = speakers_named(view.statements, analyzer, name)
    if not speakers:
        return []
    said = view.statements.by(speakers)
    passages = view.passages.get({each.row for each in said})
    known = view.statements.speakers(speakers)
    terms = telling_terms(about or "", analyzer)
    topic = Topic(analyzer, view.keywords.count, view.keywords.frequencies((), terms)[1] if terms else {})
    scored = [(topic.share(claim(passages[each.row], each), passages[each.row]), each) for each in said]
    if topic.weights:
        scored = [(share, each) for share, each in scored if share > 0]
        scored.sort(key=lambda pair: (-pair[0], pair[1]))
    return [_statement(passages[each.row], each, known[each.speaker].name) for _, each in scored[:k]]


def _statement(passage: Passage, said: Said, speaker: str) -> Statement:
    return Statement(
        passage.text[said.source_start : said.source_end], speaker, said.verb, claim(passage, said), passage,
        (said.source_start, said.source_end), (said.claim_start, said.claim_end),
    )  # fmt: skip
