"""Whether a difference is more than luck: paired randomisation tests, bootstrap intervals, folds; all seeded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

ROUNDS = 10_000
LEVEL = 0.95
SEED = 0
FOLDS = 5
CELLS = 2_000_000  # of one block of random numbers
ROUNDING = 1e-12

Values = npt.NDArray[np.float64]


class Interval(NamedTuple):
    """Where a mean lies, with 95 % confidence."""

    low: float
    high: float


def randomisation_test(differences: Values, *, rounds: int = ROUNDS, seed: int = SEED, drop: bool = False) -> float:
    """Return p of a paired randomisation test of mean difference 0, two-sided; one-sided for a drop below 0.

    Under the null hypothesis each difference could as well have the other sign: p is the share of random sign
    assignments whose mean is as extreme. Few differences are enumerated exactly.
    Smucker, Allan & Carterette, CIKM 2007. differences: (n,).
    """
    moved = np.asarray(differences, np.float64)
    moved = moved[moved != 0]  # their sign changes nothing
    if not len(moved):
        return 1.0
    extreme = -moved.sum() if drop else abs(moved.sum())
    exact = len(moved) < 63 and 2 ** len(moved) <= rounds
    rounds = 2 ** len(moved) if exact else rounds
    count = 0
    for signs in _signs(len(moved), rounds, exact=exact, seed=seed):
        sums = signs @ moved
        count += int(np.count_nonzero((-sums if drop else np.abs(sums)) >= extreme - ROUNDING))
    return count / rounds if exact else (count + 1) / (rounds + 1)


def bootstrap_interval(values: Values, *, rounds: int = ROUNDS, seed: int = SEED, level: float = LEVEL) -> Interval:
    """Return the percentile bootstrap interval of the mean; Efron & Tibshirani 1993, chapter 13. values: (n,)."""
    if not len(values):
        return Interval(float("nan"), float("nan"))
    random = np.random.default_rng(seed)
    block = max(1, CELLS // len(values))
    means = np.concatenate(
        [
            values[random.integers(0, len(values), (min(block, rounds - start), len(values)))].mean(axis=1)
            for start in range(0, rounds, block)
        ]
    )
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))


def folds(count: int) -> Iterator[npt.NDArray[np.bool_]]:
    """Yield which of `count` questions are in each fold of a cross-validation: FOLDS times (count,)."""
    fold = np.random.default_rng(SEED).permutation(count) % FOLDS
    yield from (fold == number for number in range(FOLDS))


def _signs(count: int, rounds: int, *, exact: bool, seed: int) -> list[npt.NDArray[np.float64]]:
    """Return blocks of sign assignments, (rounds, count) in all; every one of them if exact."""
    if exact:
        bits = (np.arange(rounds)[:, None] >> np.arange(count)) & 1
        return [bits.astype(np.float64) * 2 - 1]
    random = np.random.default_rng(seed)
    block = max(1, CELLS // count)
    sizes = [(min(block, rounds - start), count) for start in range(0, rounds, block)]
    return [random.integers(0, 2, size).astype(np.float64) * 2 - 1 for size in sizes]
