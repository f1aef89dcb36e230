"""Near duplicates by MinHash over word shingles: signatures, bands to look them up by, estimated similarity.

Broder, "On the resemblance and containment of documents", SEQUENCES 1997. All hashes are the same in
every process and on every platform, so they may be stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

DTYPE = np.uint8  # of signatures: the lowest byte of each minimum (Li & König, "b-bit minwise hashing", WWW 2010)
Signatures: TypeAlias = npt.NDArray[np.uint8]  # one row a text
Words64: TypeAlias = npt.NDArray[np.uint64]

SHINGLE = 3  # words
PERMUTATIONS = 64  # the estimate's standard error is sqrt(J (1 - J) / 64): .06 at J = .7
BANDS = 10
BAND_ROWS = 3  # a pair of similarity J shares a band with probability 1 - (1 - J**3)**10: .98 at .7, .01 at .1
THRESHOLD = 0.6  # one changed word undoes three shingles: two in forty leave J = .73, three .62

_BATCH = 300_000  # characters at once, some 50,000 shingles: they stay in the processor's cache


def _mix(words: Words64) -> Words64:
    """Scatter 64-bit words evenly (Stafford's variant 13, the finaliser of SplitMix64)."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: Words64 = words ^ (words >> np.uint64(31))
    return mixed


_SEEDS = _mix(np.arange(1, 2 * PERMUTATIONS + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15))
_MASKS = _SEEDS[:PERMUTATIONS].astype(np.uint32)
_FACTORS = _SEEDS[PERMUTATIONS:].astype(np.uint32) | np.uint32(1)  # odd: multiplying is a permutation
_BASE = 0x9E3779B97F4A7C15  # odd: it can be divided by
_INVERSE = pow(_BASE, -1, 2**64)
_SPACE = ord(" ")
_PLACES = _SEEDS[:SHINGLE] | np.uint64(1)  # tell the words of a shingle apart by their place


def signatures(texts: Sequence[str]) -> Signatures:
    """Return the MinHash signature of each text, given as its terms in order with spaces between: (n, P) uint8.

    A text of fewer than three terms is one shingle; texts without terms are all alike.
    """
    rows = np.empty((PERMUTATIONS, len(texts)), dtype=np.uint32)
    first = 0
    for batch in _batches(texts):
        shingles, starts = _shingles(batch)
        _minima(shingles, starts, out=rows[:, first : first + len(batch)])
        first += len(batch)
    return np.ascontiguousarray(rows.T.astype(DTYPE))


def bands(signature_rows: Signatures) -> npt.NDArray[np.int64]:
    """Return the keys under which near duplicates are likely to meet: (n, BANDS), of 31 bits.

    Each band has keys of its own, but for chance: of ten million keys one in 200 is also another's.
    """
    values = signature_rows[:, : BANDS * BAND_ROWS].astype(np.uint64).reshape(-1, BANDS, BAND_ROWS)
    keys = np.broadcast_to(_SEEDS[:BANDS], values.shape[:2])
    for row in range(BAND_ROWS):
        keys = _mix(keys ^ values[:, :, row])
    return short(keys.view(np.int64))


def short(keys: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return keys of 64 bits as ones of 31, which is what an index stores."""
    shortened: npt.NDArray[np.int64] = keys >> 33 & 0x7FFFFFFF
    return shortened


def similarity(left: Signatures, right: Signatures) -> npt.NDArray[np.float64]:
    """Estimate the Jaccard similarity of shingle sets from signatures: the share of equal values.

    Shapes broadcast but for the last axis, which is summed over: (n, P) and (P,) give (n,).
    """
    estimates: npt.NDArray[np.float64] = np.mean(left == right, axis=-1)
    return estimates


def _batches(texts: Sequence[str]) -> list[Sequence[str]]:
    """Cut the texts into batches of about _BATCH characters."""
    sizes = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    numbers = np.cumsum(sizes + 1) // _BATCH
    cuts = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(texts)]
    return [texts[start:end] for start, end in pairwise(cuts) if start < end]


def _shingles(texts: Sequence[str]) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.intp]]:
    """Return the hashes of all shingles and where each text's begin; every text has one at least."""
    found, sizes = _hashes(texts)
    padded = np.maximum(sizes, SHINGLE)
    ends = np.cumsum(padded)
    terms = np.zeros(ends[-1], dtype=np.uint64)  # 0 fills short texts up
    terms[np.arange(len(found)) + np.repeat(ends - padded - np.cumsum(sizes) + sizes, sizes)] = found
    hashes = np.zeros(len(terms) - SHINGLE + 1, dtype=np.uint64)
    for place, factor in enumerate(_PLACES):
        hashes += terms[place : place + len(hashes)] * factor
    inside = np.ones(len(terms), dtype=bool)
    for back in range(1, SHINGLE):  # a shingle that begins here would reach into the next text
        inside[ends - back] = False
    kept = _mix(hashes[inside[: len(hashes)]])
    return (kept >> np.uint64(32)).astype(np.uint32), ends - padded - (SHINGLE - 1) * np.arange(len(ends))


def _hashes(texts: Sequence[str]) -> tuple[Words64, npt.NDArray[np.intp]]:
    """Return a number for each term of all texts, sum of character * BASE**place modulo 2**64, and each text's terms.

    All terms are summed in one go, each as a difference of running sums, its place shifted back by division.
    """
    letters = np.frombuffer(f" {' '.join(texts)} ".encode("utf-32-le", "surrogatepass"), dtype="<u4")
    edges = np.flatnonzero(np.diff(letters != _SPACE)) + 1  # where terms begin and end, in turn
    starts, ends = edges[::2], edges[1::2]
    texts_end = np.cumsum(np.fromiter(map(len, texts), dtype=np.intp, count=len(texts)) + 1)
    characters = letters.astype(np.uint64)
    characters += np.uint64(1)  # so that a character of code 0 counts too
    characters *= _powers(_BASE, len(characters))
    sums = np.concatenate([np.zeros(1, dtype=np.uint64), np.cumsum(characters, out=characters)])
    hashes: Words64 = (sums[ends] - sums[starts]) * _powers(_INVERSE, len(sums))[starts]
    return hashes, np.diff(np.searchsorted(starts, texts_end), prepend=0)


def _powers(base: int, count: int) -> Words64:
    """Return base**1 to base**count, modulo 2**64."""
    return _powers_of_two_many(base, max(0, count - 1).bit_length())[:count]


@lru_cache(maxsize=4)
def _powers_of_two_many(base: int, doublings: int) -> Words64:
    powers: Words64 = np.multiply.accumulate(np.full(2**doublings, base, dtype=np.uint64))
    return powers


def _minima(shingles: npt.NDArray[np.uint32], starts: npt.NDArray[np.intp], *, out: npt.NDArray[np.uint32]) -> None:
    """Write each text's least shingle under each permutation: (PERMUTATIONS, n)."""
    permuted = np.empty_like(shingles)
    for row, (mask, factor) in enumerate(zip(_MASKS, _FACTORS, strict=True)):
        np.bitwise_xor(shingles, mask, out=permuted)
        np.multiply(permuted, factor, out=permuted)
        np.minimum.reduceat(permuted, starts, out=out[row])
