"""What every embedder checks: packages and texts; and what is checked of every embedder: all that it returns."""

from __future__ import annotations

import hashlib
import importlib
import operator
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.errors import MissingExtra, ModelError
from searchkit.ragged import Ragged
from searchkit.types import Embedder, FloatMatrix, FloatVector, PieceEmbedder, QuestionStates

TOLERANCE = 1e-3  # by which a vector's length may differ from 1: what float16 leaves of it
LONG = 200  # characters from which on an average is good enough
TOKEN = re.compile(r"[A-Za-z]{1,6}|\d{1,3}|\w|[^\w\s]")


def unit_rows(rows: Any, texts: Sequence[str], name: str, dim: int | None = None) -> FloatMatrix:
    """Return a model's rows at unit length: (len(texts), dim) float32.

    Raise ModelError for a wrong shape, and for a row that has no direction.
    """
    matrix = _matrix(rows, len(texts), name, dim)
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    wrong = np.flatnonzero(~(np.isfinite(lengths) & (lengths > 0)))
    if len(wrong):
        kind = "a vector of zeros" if lengths[wrong[0], 0] == 0 else "a vector with NaN or infinity"
        raise ModelError(f"the embedder {name} returned {kind} for the text {texts[wrong[0]][:60]!r}")
    unit: FloatMatrix = matrix / lengths
    return unit


def _matrix(rows: Any, count: int, name: str, dim: int | None) -> FloatMatrix:
    """Return rows as an array of this shape. Raises ModelError."""
    expected = f"an array of shape ({count}, {dim or 'dimensions'})"
    matrix = _numbers(rows, expected, name)
    if matrix.ndim != 2 or len(matrix) != count or matrix.shape[1] != (dim or matrix.shape[1]):
        raise ModelError(f"the embedder {name} must return {expected}; it returned {matrix.shape}")
    return matrix


def _numbers(values: Any, expected: str, name: str) -> npt.NDArray[np.float32]:
    try:
        with np.errstate(over="ignore"):  # becomes infinity, of which is told
            return np.asarray(values, np.float32)
    except (TypeError, ValueError) as error:
        raise ModelError(f"the embedder {name} must return {expected}; what it returned is none: {error}") from error


# --- models of any make: these stand between them and all that uses them


def passage_vectors(model: Embedder, texts: Sequence[str]) -> FloatMatrix:
    """Return a model's vectors of texts: (len(texts), dim). Rows of unit length stay as they are, to the last bit.

    Others are brought to it, one by one, so that no text's vector depends on its company. Raises ModelError.
    """
    return _units(model.embed_passages(texts), texts, model)


def question_vector(model: Embedder, text: str) -> FloatVector:
    """Return a model's vector of a question: (dim,), of unit length. Raises ModelError."""
    return _one_unit(model.embed_query(text), text, model)


def question_states(model: PieceEmbedder, text: str) -> QuestionStates:
    """Return what a model makes of a question, whose vector is of unit length. Raises ModelError."""
    read: Any = model.read_question(text)
    try:
        vector, pieces, states = read
        sound = np.shape(pieces) == (len(states), 2) and np.ndim(states) == 2 and bool(np.isfinite(states).all())
    except (TypeError, ValueError):
        sound = False
    if not sound:
        raise ModelError(
            f"the embedder {model.name} must return QuestionStates: a vector, and for each word piece its place and a "
            f"finite state; it did not for {text[:60]!r}"
        )
    return QuestionStates(_one_unit(vector, text, model), pieces, states)


def word_pieces(model: PieceEmbedder, texts: Sequence[str]) -> Ragged:
    """Return a model's word pieces of texts. Raises ModelError."""
    lists = model.pieces(texts)
    try:
        found = Ragged.of(lists)
    except (TypeError, ValueError, OverflowError) as error:
        raise ModelError(f"the embedder {model.name} must return lists of pieces below 65,536: {error}") from error
    if len(lists) != len(texts):
        raise ModelError(f"the embedder {model.name} returned the word pieces of {len(lists)} texts of {len(texts)}")
    return found


def readable(model: Embedder, texts: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Tell which texts a model can read: (len(texts),); all, of one that has no `reads`. Raises ModelError."""
    reads = getattr(model, "reads", None)
    if reads is None or not texts:
        return np.ones(len(texts), np.bool_)
    found = np.asarray(reads(texts))
    if found.dtype != np.bool_ or found.shape != (len(texts),):
        raise ModelError(
            f"the embedder {model.name} must tell of each of {len(texts)} texts whether it reads it, as booleans; it "
            f"returned {found.dtype} of shape {found.shape}"
        )
    return found


def token_counter(model: Embedder | None) -> Callable[[Sequence[str]], list[int]]:
    """Return what counts a model's tokens, which raises ModelError; without a model, what estimates them."""
    if model is None:
        return estimate_all

    def count(texts: Sequence[str]) -> list[int]:
        counts: Any = model.count_tokens(texts)
        try:
            found = [operator.index(each) for each in counts]
        except TypeError:
            found = []
        if len(found) != len(texts) or min(found, default=0) < 0:
            raise ModelError(
                f"the embedder {model.name} must count the tokens of each of {len(texts)} texts; "
                f"it returned {str(counts)[:60]}"
            )
        return found

    return count


def _one_unit(vector: Any, text: str, model: Embedder) -> FloatVector:
    found = _numbers(vector, f"a question's vector of shape ({model.dim},)", model.name)
    if found.shape != (model.dim,):
        raise ModelError(
            f"the embedder {model.name} must return a question's vector of shape ({model.dim},); "
            f"it returned {found.shape}"
        )
    row: FloatVector = _units(found[None], [text], model)[0]
    return row


def _units(rows: Any, texts: Sequence[str], model: Embedder) -> FloatMatrix:
    matrix = _matrix(rows, len(texts), model.name, model.dim)
    off = np.flatnonzero(~(np.abs(np.linalg.norm(matrix, axis=1) - 1) <= TOLERANCE))  # NaN too
    if len(off):
        matrix = matrix.copy()
        matrix[off] = unit_rows(matrix[off], [texts[row] for row in off.tolist()], model.name)
    return matrix


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
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def digest_of(parts: Iterable[str]) -> str:
    """Return a hash of what decides a model's vectors."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def file_digest(path: Path) -> str:
    """Return the sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def require(module: str, extra: str = "") -> Any:
    """Import an optional package, or say how to install it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        wanted = f"'searchkit[{extra}]'" if extra else module
        raise MissingExtra(f"{module} cannot be imported ({error}). Run: pip install {wanted}") from error
