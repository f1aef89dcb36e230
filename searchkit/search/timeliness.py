"""How well the dates of passages fit: the time that a question names, and recency.

Neither filters. Dates are noisy and reports look back, so a passage from another time that answers far better still
wins; who wants a hard limit filters by date.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import numpy as np
import numpy.typing as npt

from searchkit.queries.times import TimeSpan

SHORTEST, LONGEST = 7.0, 365.0  # days: the unit in which distance from a span counts is its length, within these
EARLIER = 2.0  # what happened then is reported then or later; a report from before is half as near

Days = npt.NDArray[np.float64]  # ordinals, NaN without a date


def recency(days: Days, half_life_days: float, today: date) -> npt.NDArray[np.float32]:
    """Return how recent documents of these days are: (n,), 1 today and later, a half after each half-life."""
    return neutral(0.5 ** (np.maximum(today.toordinal() - days, 0) / half_life_days))


def closeness(days: Days, spans: Iterable[TimeSpan]) -> Days:
    """Return how near each day is to the nearest of the spans: (n,), 1 inside, NaN for NaN.

    Outside it is exp(-distance / unit), where the unit is the span's length, and half of that before the span. What
    counts is strength * closeness, the greatest of all spans.
    """
    best = np.where(np.isnan(days), np.nan, 0.0)
    for span in spans:
        first, last = span.first.toordinal(), span.last.toordinal()
        unit = min(max(float(last - first + 1), SHORTEST), LONGEST)
        distance = np.maximum(EARLIER * np.maximum(first - days, 0), np.maximum(days - last, 0))
        best = np.maximum(best, span.strength * np.exp(-distance / unit))
    return best


def neutral(fit: Days) -> npt.NDArray[np.float32]:
    """Return the values with the mean of the known in place of NaN, 0 if none is known.

    So a passage without a date is neither punished like one of a wrong date nor preferred to one of the right date.
    """
    known = fit[~np.isnan(fit)]
    return np.nan_to_num(fit, nan=float(known.mean()) if len(known) else 0.0).astype(np.float32)
