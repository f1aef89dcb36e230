"""The model's own vectors for passages that a question finds, computed while it waits, and kept."""

from __future__ import annotations

import time

import numpy as np

from searchkit.models.embedders.checks import passage_vectors
from searchkit.search.inquiry import Inquiry
from searchkit.storage.contract import View
from searchkit.threads import cores
from searchkit.types import Rows


def upgraded(question: Inquiry, rows: Rows, seconds: float | None = None) -> tuple[View, int]:
    """Return the view with the model's own vectors for those of the rows that have drafts, and how many these are.

    The first rows come first, as many as the time allows; without a limit, all do. Vectors are kept: for later
    questions, where they count only if these ask for an upgrade too, so that an answer never depends on what was asked
    before; and for `improve`.
    """
    view = question.view
    drafts = rows[view.vectors.drafts(rows)]
    known = view.computed(drafts)
    missing = np.array([row for row in drafts.tolist() if row not in known], np.int64)
    end = None if seconds is None else time.monotonic() + seconds
    size = max(1, len(missing) if end is None else cores())
    for start in range(0, len(missing), size):
        if end is not None and time.monotonic() >= end:
            break
        _compute(question, missing[start : start + size])
    found = view.computed(np.sort(drafts))
    if not found:
        return view, 0
    return view.with_vectors(np.array(list(found), np.int64), np.stack(list(found.values()))), len(found)


def _compute(question: Inquiry, rows: Rows) -> None:
    model, passages = question.model, question.memory.passages(rows.tolist())
    if model is not None:
        matrix = passage_vectors(model, [passages[row].embedded_text for row in rows.tolist()])
        question.view.keep(model, rows, matrix)
