"""What speaks for a passage being an answer, and how likely it makes that."""

from __future__ import annotations

import itertools
from collections.abc import Sequence, Set

import numpy as np

from searchkit.search.confidence import FAR, Evidence, Values, confidence, rivals, scaled
from searchkit.search.inquiry import VECTOR, Inquiry
from searchkit.search.ranked import Stretch
from searchkit.search.timeliness import closeness
from searchkit.types import Passage, Rows

NAMES = 2  # in a question, up to which a passage should hold them all
TIME_FITS = 0.3  # closeness of a date from which on it is the time that the question names


def confidences(stretch: Stretch, found: Sequence[tuple[int, Passage]]) -> Values:
    """Return how likely each of these passages answers: (n,), scaled if judgments taught the index to.

    A scaling was fitted to confidences that know the question's vector, and holds for no others. What asks for nothing
    has no answer: words that say what is not wanted, or nothing but function words.
    """
    question = stretch.question
    if question.asks_nothing:
        return np.zeros(len(found))
    sure = confidence(evidence(stretch, found))
    fitted = question.view.settings.calibration
    return sure if fitted is None or question.vectors is None else scaled(sure, **fitted)


def evidence(stretch: Stretch, found: Sequence[tuple[int, Passage]]) -> Evidence:
    """Return what speaks for passages by row, the best first, in whichever mode they were found."""
    question = stretch.question
    rows = np.array([row for row, _ in found], np.int64)
    cosines: Values | None = None
    pieces: Values | None = None
    near = FAR
    if VECTOR in question.arms and question.model is not None:
        from searchkit.models.embedders.background import background  # noqa: PLC0415 - keywords alone have no model
        from searchkit.search.stages.pieces import telling_scores  # noqa: PLC0415 - and no pieces

        least = background(question.model)
        cosines = (stretch.pool.said(VECTOR, rows) - least) / (1 - least)
        near = rivals((stretch.nearest.scores.astype(np.float64) - least) / (1 - least))
        known = telling_scores(question, rows)
        pieces = None if known is None else known.astype(np.float64)
    highlight = question.highlight
    parts = [(passage.title, passage.section, passage.shown_text) for _, passage in found]
    highlight.read(itertools.chain(*parts, (passage.text for _, passage in found)))
    held = [frozenset[str]().union(*map(highlight.terms, texts)) for texts in parts]
    wanted = {word: question.share(word) for word in question.telling}
    words = sum(wanted.values()) or 1.0
    shares = ([share * len(word & terms) / len(word) for word, share in wanted.items()] or [1.0] for terms in held)
    count = np.array([sum(each) for each in shares], np.float64)
    idf = {term: question.idf[term] for term in frozenset[str]().union(*wanted)}
    total = sum(idf.values())
    return Evidence(
        np.arange(1, len(rows) + 1, dtype=np.float64) + question.request.offset,
        count / words,
        count,
        np.array([sum(idf[term] for term in idf.keys() & terms) / total if total else 1.0 for terms in held]),
        unmet(question, rows, held),
        np.array([len(passage.shown_text) for _, passage in found], np.float64),
        cosines,
        pieces,
        near,
        words,
    )


def unmet(question: Inquiry, rows: Rows, held: Sequence[Set[str]]) -> Values:
    """Return how much of what the question names each row lacks: (n,), 0 to 1. A time may be met by the date.

    Of many names a passage rarely holds all: the share counts in full up to NAMES of them, then less.
    """
    met = np.array([[bool(name & terms) for name in question.names] for terms in held], np.float64)
    if question.times:
        days = question.memory.days(rows.tolist())
        fits = [closeness(days, [span]) >= TIME_FITS for span in question.times]
        met = np.column_stack([met.reshape(len(rows), -1), *fits])
    return (1 - met.mean(axis=1)) * min(1.0, NAMES / met.shape[1]) if met.size else np.zeros(len(rows))
