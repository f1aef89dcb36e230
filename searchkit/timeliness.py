"""How well the dates of passages fit: the time that a question names as a soft prior, and recency.

Neither filters. Dates are noisy and reports look back, so a passage from another time that answers far better still
wins; who wants a hard limit filters by date.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import numpy as np
import numpy.typing as npt

from searchkit.queries.times import TimeSpan, named_times
from searchkit.snapshot import Snapshot
from searchkit.types import Rows

WEIGHT = 0.15  # of the bonus beside a fused score in [0, 1]; on the sample news .3 was the first to lower a question
SHORTEST, LONGEST = 7.0, 365.0  # days: the unit in which distance from a span counts is its length, within these
EARLIER = 2.0  # what happened then is reported then or later; a report from before is half as near


def bonus(
    snapshot: Snapshot, question: str, rows: Rows, *, today: date | None = None
) -> npt.NDArray[np.float32] | None:
    """Return how well each row's date fits the time that the question names: (n,) in [0, 1].

    None where the question names no time, and where all rows fit alike: then time decides nothing. today: what "last
    week" counts from; the clock's day unless given. An archive that ends long before is nowhere near, and unmoved.
    """
    spans = named_times(question, today or date.today())
    if not spans or not len(rows):
        return None
    fit = neutral(closeness(published(snapshot, rows), spans))
    return None if np.ptp(fit) < 1e-6 else fit


def recency(
    snapshot: Snapshot, rows: Rows, half_life_days: float, today: date | None = None
) -> npt.NDArray[np.float32]:
    """Return how recent each row's document is: (n,), 1 today, a half after each half-life; 1 also in the future."""
    age = (today or date.today()).toordinal() - published(snapshot, rows)
    return neutral(0.5 ** (np.maximum(age, 0) / half_life_days))


def published(snapshot: Snapshot, rows: Rows) -> npt.NDArray[np.float64]:
    """Return the ordinal of the day that each row's document was published on: (n,), NaN without a date."""
    with snapshot.lock:
        known = snapshot.catalog.days(rows.tolist())
    return np.array([known.get(row, np.nan) for row in rows.tolist()], np.float64)


def closeness(days: npt.NDArray[np.float64], spans: Iterable[TimeSpan]) -> npt.NDArray[np.float64]:
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


def neutral(fit: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Return the values with the mean of the known in place of NaN, 0 if none is known.

    So a passage without a date is neither punished like one of a wrong date nor preferred to one of the right date.
    """
    known = fit[~np.isnan(fit)]
    return np.nan_to_num(fit, nan=float(known.mean()) if len(known) else 0.0).astype(np.float32)
