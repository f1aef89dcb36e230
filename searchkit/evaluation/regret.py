"""What fusion costs: how far a setting stays behind the arm that was better for the question."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

TIE = 1e-9

Values = npt.NDArray[np.float64]


class Regret(NamedTuple):
    """mean: of max(keyword, vector) - setting; worse, better: share of questions below, above the better arm."""

    mean: float
    worse: float
    better: float


def regret(values: Values, keyword: Values, vector: Values) -> Regret:
    """Return the regret of a setting against the better arm of each question; all (n,), of one measure."""
    behind = np.maximum(keyword, vector) - values
    return Regret(float(behind.mean()), float((behind > TIE).mean()), float((behind < -TIE).mean()))
