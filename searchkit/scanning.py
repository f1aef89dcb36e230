"""Products of many vectors with few, each pair by itself.

A matrix product adds in an order that depends on how many rows there are, so the last digit of a row's score would
depend on what else is scored: equal passages would not tie, and two pages of results would not fit together.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

_MAGNITUDE, _NOT_FINITE = 0x7FFF, 0x7C00  # of a float16: all but the sign, and infinity's
_KEPT = np.int32(~0x70000000)  # of a float32: the sign, once, and what a float16 has of exponent and fraction
_SCALE = np.float32(2.0**112)


def products(vectors: npt.NDArray[Any], queries: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Return the product of each vector with each query: (n, m), every one with the same bits in any company.

    vectors: (n, dim) float32 or float16; queries: (m, dim), taken in the same precision.
    """
    from simsimd import cdist  # noqa: PLC0415 - a keyword search does without

    if not len(vectors) or not len(queries):
        return np.empty((len(vectors), len(queries)), np.float32)
    queries = np.ascontiguousarray(queries, vectors.dtype)
    return np.asarray(cdist(np.ascontiguousarray(vectors), queries, metric="dot", out_dtype="float32"))


def singles(vectors: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Return vectors in float32, the same numbers exactly; of float16 sooner than NumPy does.

    The bits of a float16 are those of a float32, 13 places further down, but for the exponent, which counts from 112
    less. Subnormal numbers come out right too; what is not finite is left to NumPy.
    """
    if vectors.dtype != np.float16:
        return vectors.astype(np.float32, copy=False)
    halves = np.ascontiguousarray(vectors).view(np.int16)
    if (halves & _MAGNITUDE).max(initial=0) >= _NOT_FINITE:
        return vectors.astype(np.float32)
    bits = halves.astype(np.int32)  # the sign fills what is left of the number
    bits <<= 13
    bits &= _KEPT
    found = bits.view(np.float32)
    found *= _SCALE
    return found
