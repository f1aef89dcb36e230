"""What every embedder checks: packages, texts, and the rows that a model returns."""

from __future__ import annotations

import hashlib
import importlib
import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from searchkit.errors import MissingExtra, SearchkitError
from searchkit.types import FloatMatrix

LONG = 200  # characters from which on an average is good enough
TOKEN = re.compile(r"[A-Za-z]{1,6}|\d{1,3}|\w|[^\w\s]")


def unit_rows(rows: Any, texts: Sequence[str], name: str, dim: int | None = None) -> FloatMatrix:
    """Return a model's rows at unit length: (len(texts), dim) float32.

    Raise ValueError for a wrong shape, SearchkitError for a row that has no direction.
    """
    matrix = np.asarray(rows, np.float32)
    if matrix.ndim != 2 or len(matrix) != len(texts) or matrix.shape[1] != (dim or matrix.shape[1]):
        expected = f"({len(texts)}, {dim or 'dimensions'})"
        raise ValueError(f"the embedder {name} must return an array of shape {expected}; it returned {matrix.shape}")
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    wrong = np.flatnonzero(~(np.isfinite(lengths) & (lengths > 0)))
    if len(wrong):
        kind = "a vector of zeros" if lengths[wrong[0], 0] == 0 else "a vector with NaN or infinity"
        raise SearchkitError(f"the embedder {name} returned {kind} for the text {texts[wrong[0]][:60]!r}")
    unit: FloatMatrix = matrix / lengths
    return unit


def estimate_tokens(text: str) -> int:
    """Estimate a text's word pieces without a model: never far below, some 10 % above on English prose."""
    foreign = len(text.encode("utf-8", "surrogatepass")) - len(text)  # bytes beyond ASCII's one a character
    if len(text) > LONG and 10 * foreign < len(text):  # most paragraphs, at a tenth of the cost
        return max(round(1.3 * len(text.split())), len(text) // 4) + foreign // 2
    return sum(1 for _ in TOKEN.finditer(text))


def estimate_all(texts: Sequence[str]) -> list[int]:
    """Estimate each text's word pieces."""
    return [estimate_tokens(text) for text in texts]


def valid_text(text: str) -> str:
    """Replace lone surrogates, which no tokenizer takes."""
    return text.encode("utf-8", "replace").decode("utf-8")


def digest_of(parts: Iterable[str]) -> str:
    """Return a hash of what decides a model's vectors."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def require(module: str, extra: str = "") -> Any:
    """Import an optional package, or say how to install it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        wanted = f"'searchkit[{extra}]'" if extra else module
        raise MissingExtra(f"{module} cannot be imported ({error}). Run: pip install {wanted}") from error
