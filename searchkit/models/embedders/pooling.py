"""The states of a text's tokens into one vector: the ways of it that sentence-transformers names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from searchkit.types import FloatMatrix, FloatVector

Pooling = Callable[[FloatMatrix, int], FloatVector]


def weighted_mean(states: FloatMatrix, start: int) -> FloatVector:
    """Return the mean of the states, each weighted by its place in the text, from 1 (Muennighoff, 2022: SGPT)."""
    return np.asarray(np.average(states, axis=0, weights=np.arange(start + 1, start + len(states) + 1)))


POOLINGS: Mapping[str, Pooling] = {
    "cls": lambda states, _: np.asarray(states[0]),
    "max": lambda states, _: np.asarray(states.max(axis=0)),
    "mean": lambda states, _: np.asarray(states.mean(axis=0)),
    "mean_sqrt_len_tokens": lambda states, _: np.asarray(states.sum(axis=0) / np.sqrt(len(states))),
    "weightedmean": weighted_mean,
    "lasttoken": lambda states, _: np.asarray(states[-1]),
}


def pooled(states: FloatMatrix, ways: Sequence[str], start: int = 0) -> FloatVector:
    """Return what is made of the states from place `start` on, one way after the other: (len(ways) * d,) float32.

    states: (tokens, d), one unpadded text's, special tokens among them.
    """
    told = states[start:] if start < len(states) else states
    return np.concatenate([POOLINGS[way](told, start) for way in ways]).astype(np.float32)
