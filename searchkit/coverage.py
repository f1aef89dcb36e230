"""How much of what a question asks for passages hold: its terms, its names, its times."""

from __future__ import annotations

from collections.abc import Sequence, Set

import numpy as np

from searchkit.asked import Asked
from searchkit.confidence import Values
from searchkit.snapshot import Snapshot
from searchkit.types import Rows

NAMES = 2  # in a question, up to which a passage should hold them all
TIME_FITS = 0.3  # closeness of a date from which on it is the time that the question names


def coverage(asked: Asked, held: Sequence[Set[str]]) -> Values:
    """Return the share of the question's terms that passages of these terms hold, by idf: (n,).

    It is 1 for a question that asks for no term outright.
    """
    total = sum(asked.idf.values())
    shares = [sum(idf for term, idf in asked.idf.items() if term in terms) / total if total else 1.0 for terms in held]
    return np.array(shares, np.float64)


def unmet(asked: Asked, snapshot: Snapshot, rows: Rows, held: Sequence[Set[str]]) -> Values:
    """Return how much of what the question names each row lacks: (n,), 0 to 1. A time may be met by the date.

    Of many names a passage rarely holds all: the share counts in full up to NAMES of them, then less.
    """
    met = np.array([[bool(name & terms) for name in asked.names] for terms in held], np.float64)
    if asked.times:
        from searchkit.timeliness import closeness, published  # noqa: PLC0415 - most questions name no time

        fits = [closeness(published(snapshot, rows), [span]) >= TIME_FITS for span in asked.times]
        met = np.column_stack([met.reshape(len(rows), -1), *fits])
    return (1 - met.mean(axis=1)) * min(1.0, NAMES / met.shape[1]) if met.size else np.zeros(len(rows))
