"""For questions of the form "what did X say about Y": statements by X in the passage."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from searchkit.search.first import First
from searchkit.search.inquiry import VECTOR, Inquiry
from searchkit.search.timeliness import closeness
from searchkit.search.topics import Topic, fit
from searchkit.storage.contract import Said
from searchkit.types import Rows

WEIGHT = 0.9
ONE_FACT = 0.3  # what the bonus is worth where a single fact is asked for: many passages have the right speaker


class SpeakerStage:
    """Adds how well a passage's statements fit."""

    name = "speaker"

    def refine(self, first: First) -> First:
        """Return the passages with a bonus for fitting statements."""
        if first.question.statements is None:
            return first
        meant = first.pool.said(VECTOR, first.rows) if VECTOR in first.pool.scores else None
        return first.added(self.name, bonus(first.question, first.rows, meant), WEIGHT)


def bonus(
    question: Inquiry, rows: Rows, cosines: npt.NDArray[np.float64] | None = None
) -> npt.NDArray[np.float32] | None:
    """Return how well what is said in each row fits a question for somebody's statements: (n,) in [0, 1].

    None if the question has no such form, or no row has a statement by the one it asks for. Of a statement whose
    speaker matches by m and which fits the topic by t: m * t, times ONE_FACT if that is asked for. cosines: of question
    and rows, (n,), NaN where there is none.
    """
    wanted, statements = question.statements, question.view.statements
    if wanted is None or not statements.known:
        return None
    said = statements.within(rows.tolist())
    match = _matches(question, wanted.source, said) if wanted.source else None
    said = [each for each in said if match is None or each.speaker in match]
    if not said:
        return None
    passages = question.memory.passages(rows.tolist())
    topic = Topic(question.analyzer, question.view.keywords.count, question.topic_frequencies, passages)
    meant = dict(zip(rows.tolist(), (np.zeros(len(rows)) if cosines is None else cosines).tolist(), strict=True))
    strength = 1.0 if wanted.open else ONE_FACT
    best: dict[int, float] = {}
    for each in said:
        share = topic.share(each)
        own = strength * fit(share, meant[each.row]) if share else 0.0  # in one topic's index all mean much the same
        best[each.row] = max(best.get(each.row, 0.0), own * (1.0 if match is None else match[each.speaker]))
    return np.array([best.get(row, 0.0) for row in rows.tolist()], np.float32) * _timely(question, rows)


def _timely(question: Inquiry, rows: Rows) -> npt.NDArray[np.float32]:
    """Return how near each row's date is to the time that the question names, of the nearest: (n,), 1 without dates.

    What was said at another time is not what was asked for.
    """
    near = closeness(question.memory.days(rows.tolist()), question.times) if question.times else np.ones(len(rows))
    best = float(np.nanmax(near, initial=0.0))
    return np.nan_to_num(near / best, nan=1.0).astype(np.float32) if best > 0 else np.ones(len(rows), np.float32)


def _matches(question: Inquiry, source: str, said: Iterable[Said]) -> dict[int, float]:
    from searchkit.search.speakers import AskedSpeaker  # noqa: PLC0415 - few questions ask for statements

    speakers = question.view.statements.speakers({each.speaker for each in said})
    return AskedSpeaker(question.analyzer, source).like(speakers)
