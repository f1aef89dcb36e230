"""Who said what: statements found by speaker, ranked by subject."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from searchkit.queries.syntax import NOTHING
from searchkit.search.speakers import AskedSpeaker, Match
from searchkit.search.topics import Topic, claim, fit, telling_terms
from searchkit.storage.contract import Said, View
from searchkit.text.analysis import Analyzer
from searchkit.types import Embedder, Passage, Statement

Values = npt.NDArray[np.float64]
NO_ROWS = np.empty(0, np.int64)


def who_said(
    view: View,
    model: Embedder | None,
    analyzer: Analyzer,
    name: str,
    about: str | None,
    k: int,
    *,
    only_about: bool = False,
) -> list[Statement]:
    """Return k statements of those whom `name` names, and behind them of those of its kind; with `about`, best first.

    A statement's score is how well the speaker matches times how well claim, passage and title fit what it is to be
    about: by words, and by the passage's vector where there are a model and vectors. only_about: leave out those
    without any of its words.
    """
    speakers = AskedSpeaker(analyzer, name).named(view.statements)
    if not speakers:
        return []
    said = view.statements.by(speakers.keys())
    passages = view.passages.get({each.row for each in said})
    shares, fits = _fits(view, model, analyzer, about or "", said, passages)
    scores = np.array([speakers[each.speaker].share for each in said]) * fits
    order = [at for at in np.argsort(-scores, kind="stable").tolist() if shares[at] > 0 or not only_about]
    return [_statement(passages[said[at].row], said[at], speakers[said[at].speaker], scores[at]) for at in order[:k]]


def _fits(
    view: View,
    model: Embedder | None,
    analyzer: Analyzer,
    about: str,
    said: Sequence[Said],
    passages: Mapping[int, Passage],
) -> tuple[Values, Values]:
    """Return what share of the subject's words each statement has, and how well it fits by words and meaning."""
    terms = telling_terms(about, analyzer)
    topic = Topic(analyzer, view.keywords.count, view.keywords.frequencies((), terms)[1] if terms else {}, passages)
    shares = np.array([topic.share(each) for each in said])
    if not terms or model is None or not len(view.vectors):
        return shares, shares
    from searchkit.models.embedders import checks  # noqa: PLC0415 - who asks for no subject needs no model

    rows = np.unique([each.row for each in said])
    vector = checks.question_vector(model, about)
    cosines = dict(zip(rows.tolist(), view.scores(NOTHING, NO_ROWS, vector, rows)[1].tolist(), strict=True))
    return shares, np.array([fit(share, cosines[each.row]) for share, each in zip(shares, said, strict=True)])


def _statement(passage: Passage, said: Said, match: Match, score: float) -> Statement:
    return Statement(
        passage.text[said.source_start : said.source_end], match.speaker.name, said.verb, claim(passage, said), passage,
        (said.source_start, said.source_end), (said.claim_start, said.claim_end),
        "kind" if match.by_kind else "name", round(float(score), 4),
    )  # fmt: skip
