"""Small worlds for tests: a model whose vectors mean something, and documents whose ranking can be worked out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from zlib import crc32

import numpy as np

from searchkit.types import Document, QuestionStates

DIM = 64
WORDS = [
    "vietnam",
    "coffee",
    "analysts",
    "said",
    "prices",
    "storm",
    "hanoi",
    "trade",
    "river",
    "election",
    "market",
    "voters",
]


class WordHashEmbedder:
    """Texts that share words get close vectors: enough meaning to assert an order."""

    name = "word-hash"
    digest = "word-hash-1"
    dim = DIM

    def __init__(self) -> None:
        self.embedded: list[str] = []

    def embed_passages(self, texts: Sequence[str]) -> np.ndarray:
        self.embedded += texts
        return np.stack([self._vector(text) for text in texts]) if texts else np.empty((0, DIM), np.float32)

    def embed_query(self, text: str) -> np.ndarray:
        return self._vector(text)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(re.findall(r"\w+|[^\w\s]", text)) for text in texts]

    @staticmethod
    def _vector(text: str) -> np.ndarray:
        vector = np.zeros(DIM, np.float32)
        for word in re.findall(r"\w+", text.lower()):
            vector[crc32(word.encode()) % DIM] += 1
        norm = np.linalg.norm(vector)
        return vector / norm if norm else np.eye(1, DIM, dtype=np.float32)[0]


class WordPieceEmbedder(WordHashEmbedder):
    """The same model, which also tells its word pieces: whole words, two of which are as close as they are the same.

    synonyms: words that have another word's state, so that only their pieces know that they mean the same.
    """

    def __init__(self, synonyms: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self._meant = {piece(word): piece(other) for word, other in (synonyms or {}).items()}

    def read_question(self, text: str) -> QuestionStates:
        found = list(re.finditer(r"\w+", text))
        places = np.array([word.span() for word in found], np.int64).reshape(-1, 2)
        states = self.piece_states(np.array([piece(word.group()) for word in found], np.uint16))
        return QuestionStates(self.embed_query(text), places, states)

    def pieces(self, texts: Sequence[str]) -> list[np.ndarray]:
        return [np.unique(np.array([piece(word) for word in re.findall(r"\w+", text)], np.uint16)) for text in texts]

    def piece_states(self, pieces: np.ndarray) -> np.ndarray:
        return np.eye(DIM, dtype=np.float32)[[self._meant.get(number, number) % DIM for number in pieces.tolist()]]


def piece(word: str) -> int:
    return crc32(word.lower().encode()) % 2**16


class OtherEmbedder(WordHashEmbedder):
    """The same vectors under another name: another model, as far as an index can tell."""

    name = "other"
    digest = "other-1"


NEWS = (
    Document(
        "hanoi",
        "Analysts said Vietnam balances the great powers.\n\nThe weather in Hanoi was hot that day.",
        "Hanoi visit",
        {"section": "WORLD", "date": "2024-06-20"},
    ),
    Document(
        "coffee",
        "Coffee prices rose as Vietnam harvested less.\n\nTraders in London bought more robusta.",
        "Coffee record",
        {"section": "BUSINESS", "date": "2024-09-01", "authors": ["A. Writer"]},
    ),
    Document(
        "manila",
        "Analysts said the Philippines will vote in May.",
        "Manila votes",
        {"section": "WORLD", "date": "2025-04-01T10:00:00+08:00"},
    ),
)
