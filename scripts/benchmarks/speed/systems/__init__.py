"""One adapter a system, each by its own documented practice."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from scripts.benchmarks.speed.corpus import Corpus, Vectors

DEPTH = 50  # candidates of each arm where a system lets its user choose; txtai takes 100 by itself
Where = tuple[str, str] | None
Embed = Callable[[str], Vectors]


class Found(NamedTuple):
    """A hit with its text, which every system must bring."""

    row: int
    text: str


class System(Protocol):
    """What is compared. A mode that a system does not have raises NotImplementedError."""

    def __init__(self, home: Path, embed: Embed) -> None:
        """home: the system's folder; embed: a question's vector, by the same model for all."""

    def build(self, corpus: Corpus) -> None:
        """Index a corpus into `home`, and be ready to answer."""

    def open(self) -> None:
        """Open what was built by another process."""

    def keyword(self, question: str, k: int, where: Where) -> list[Found]: ...
    def vector(self, question: str, k: int, where: Where) -> list[Found]: ...
    def hybrid(self, question: str, k: int, where: Where) -> list[Found]: ...


class Entry(NamedTuple):
    """Where a system's adapter is, and what a reader of the tables must know of it."""

    adapter: str
    packages: tuple[str, ...]
    note: str
    embeds: bool = False  # its building includes the model's work, as its users have it


SYSTEMS = {
    "searchkit": Entry("ours:Searchkit", ("searchkit",), "all stages on; all vectors given"),
    "searchkit-progressive": Entry("ours:Progressive", ("searchkit",), "its defaults: predicted vectors first", True),
    "tantivy+numpy": Entry(
        "byhand:Tantivy", ("tantivy", "numpy"), "stop words, stems; float32 scan beside it, reciprocal ranks by hand"
    ),
    "bm25s+numpy": Entry("byhand:Bm25s", ("bm25s", "numba"), "numba, all in memory; float32 scan, ranks fused by hand"),
    "whoosh": Entry("byhand:Whoosh", ("Whoosh",), "keyword alone as it comes; float32 scan, ranks fused by hand"),
    "sqlite": Entry("sqlite:Sqlite", ("sqlite-vec",), "FTS5 with porter, stop words removed; vec0; reciprocal ranks"),
    "lancedb": Entry("lance:Lance", ("lancedb",), "its FTS, bitmap indexes, prefilter, RRFReranker; IVF_PQ above 100k"),
    "txtai": Entry("neuml:Txtai", ("txtai", "faiss-cpu"), "hybrid with content, its defaults; candidates by filter"),
    "chroma": Entry("chroma:Chroma", ("chromadb",), "HNSW, cosine; local Chroma ranks no keywords, so no hybrid"),
    "haystack": Entry("deepset:Haystack", ("haystack-ai",), "InMemoryDocumentStore, DocumentJoiner; JSON on disk"),
}


def load(name: str, home: Path, embed: Embed) -> System:
    module, _, kind = SYSTEMS[name].adapter.partition(":")
    made: Any = getattr(importlib.import_module(f"scripts.benchmarks.speed.systems.{module}"), kind)
    return made(home, embed)


def reciprocal_ranks(rankings: list[list[int]], k: int) -> list[int]:
    """Return the k best rows by the sum of 1 / (60 + rank) over rankings (Cormack, Clarke & Buettcher 2009)."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, row in enumerate(ranking, 1):
            scores[row] = scores.get(row, 0.0) + 1 / (60 + rank)
    return sorted(scores, key=lambda row: -scores[row])[:k]
