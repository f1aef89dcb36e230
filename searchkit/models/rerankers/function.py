"""A function of the user's as a reranker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from searchkit.models.rerankers.checks import Scores, checked

Function = Callable[[str, Sequence[str]], Any]


class CallableReranker:
    """A function from a question and a list of passages to one score a passage, higher is better."""

    def __init__(self, function: Function, *, name: str = "") -> None:
        self.name = name or getattr(function, "__qualname__", type(function).__qualname__)
        self._function = function

    def score(self, query: str, passages: Sequence[str]) -> Scores:
        """Return one score a passage: (len(passages),) float32."""
        if not passages:
            return np.empty(0, np.float32)
        return checked(self._function(query, list(passages)), passages, self.name)
