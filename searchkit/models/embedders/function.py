"""A function of the user's as an embedder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from searchkit.errors import ArgumentError
from searchkit.models.embedders.checks import digest_of, estimate_all, unit_rows
from searchkit.types import FloatMatrix, FloatVector

Function = Callable[[Sequence[str]], Any]


class CallableEmbedder:
    """A function from a list of texts to one row a text; rows are brought to unit length.

    name: what the index records; take a new one when the function's vectors change. dim: found by a trial call
    unless given. query: a function for questions where they are embedded differently.
    """

    def __init__(self, function: Function, *, name: str, dim: int | None = None, query: Function | None = None) -> None:
        if not isinstance(name, str) or not name:
            raise ArgumentError("an embedding function needs a name, by which the index recognises it")
        self.name = name
        self._passages = function
        self._queries = query or function
        self.dim = dim or unit_rows(function(["dimension"]), ["dimension"], name).shape[1]
        self.digest = digest_of([name, str(self.dim)])

    def embed_passages(self, texts: Sequence[str]) -> FloatMatrix:
        """Return one row a text: (len(texts), dim) float32."""
        if not texts:
            return np.empty((0, self.dim), np.float32)
        return unit_rows(self._passages(list(texts)), texts, self.name, self.dim)

    def embed_query(self, text: str) -> FloatVector:
        """Return the question's vector: (dim,) float32."""
        row: FloatVector = unit_rows(self._queries([text]), [text], self.name, self.dim)[0]
        return row

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return an estimate of each text's tokens."""
        return estimate_all(texts)


def function_name(function: Function) -> str:
    """Return the name that an index records for a function given without one."""
    name = getattr(function, "__qualname__", type(function).__qualname__)
    if "<" in name:
        raise ArgumentError(
            f"embedder: {name} has no name of its own; wrap it: CallableEmbedder(function, name='my-model')"
        )
    return f"{getattr(function, '__module__', '')}.{name}"
