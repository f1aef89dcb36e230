"""For questions of the form "what did X say about Y": statements by X in the passage."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from searchkit.search.first import First
from searchkit.search.inquiry import Inquiry
from searchkit.search.topics import Topic, claim, speakers_like
from searchkit.types import Rows

WEIGHT = 0.5
ONE_FACT = 0.4  # what the bonus is worth where a single fact is asked for: many passages have the right speaker


class SpeakerStage:
    """Adds how well a passage's statements fit."""

    name = "speaker"

    def refine(self, first: First) -> First:
        """Return the passages with a bonus for fitting statements."""
        return first.added(self.name, bonus(first.question, first.rows), WEIGHT)


def bonus(question: Inquiry, rows: Rows) -> npt.NDArray[np.float32] | None:
    """Return how well what is said in each row fits a question for somebody's statements: (n,) in [0, 1].

    None if the question has no such form, or no row has a statement by the one it asks for. Of a statement whose
    speaker matches by m and whose claim holds the share t of the topic: m * t, times ONE_FACT if that is asked for.
    """
    wanted, statements = question.statements, question.view.statements
    if wanted is None or not statements.known:
        return None
    said = statements.within(rows.tolist())
    match = speakers_like(statements, question.analyzer, wanted.source) if wanted.source else None
    said = [each for each in said if match is None or each.speaker in match]
    if not said:
        return None
    passages = question.memory.passages(rows.tolist())
    topic = Topic(question.analyzer, question.view.keywords.count, question.topic_frequencies)
    strength = 1.0 if wanted.open else ONE_FACT
    best: dict[int, float] = {}
    for each in said:
        share = topic.share(claim(passages[each.row], each), passages[each.row])
        own = strength * share * (1.0 if match is None else match[each.speaker])
        best[each.row] = max(best.get(each.row, 0.0), own)
    return np.array([best.get(row, 0.0) for row in rows.tolist()], np.float32)
