"""For questions that name a time: how well the document's date fits it, as a soft prior."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from searchkit.search.first import First
from searchkit.search.inquiry import Inquiry
from searchkit.search.timeliness import closeness, neutral
from searchkit.types import Rows

WEIGHT = 0.15  # of the bonus beside a fused score in [0, 1]; on the sample news .3 was the first to lower a question


class Time:
    """Adds how well a document's date fits."""

    name = "time"

    def refine(self, first: First) -> First:
        """Return the passages with a bonus for a fitting date."""
        return first.added(self.name, bonus(first.question, first.rows), WEIGHT)


def bonus(question: Inquiry, rows: Rows) -> npt.NDArray[np.float32] | None:
    """Return how well each row's date fits the time that the question names: (n,) in [0, 1].

    None where the question names no time, and where all rows fit alike: then time decides nothing. An archive that
    ends long before "last week" is nowhere near, and unmoved.
    """
    if not question.times or not len(rows):
        return None
    fit = neutral(closeness(question.memory.days(rows.tolist()), question.times))
    return None if np.ptp(fit) < 1e-6 else fit
