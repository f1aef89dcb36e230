"""Products of many vectors with few, each pair by itself.

A matrix product adds in an order that depends on how many rows there are, so the last digit of a row's score would
depend on what else is scored: equal passages would not tie, and two pages of results would not fit together.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def products(vectors: npt.NDArray[Any], queries: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Return the product of each vector with each query: (n, m), every one with the same bits in any company.

    vectors: (n, dim) float32 or float16; queries: (m, dim), taken in the same precision.
    """
    from simsimd import cdist  # noqa: PLC0415 - a keyword search does without

    if not len(vectors) or not len(queries):
        return np.empty((len(vectors), len(queries)), np.float32)
    queries = np.ascontiguousarray(queries, vectors.dtype)
    return np.asarray(cdist(np.ascontiguousarray(vectors), queries, metric="dot", out_dtype="float32"))
