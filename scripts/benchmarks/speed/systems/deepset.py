"""Haystack: its in-memory document store, two retrievers, and the joiner by reciprocal ranks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scripts.benchmarks.speed.corpus import Corpus
from scripts.benchmarks.speed.systems import DEPTH, Embed, Found, Where


class Haystack:
    """A pipeline as in its tutorial on hybrid retrieval, without the ranker; saved as the store's JSON."""

    def __init__(self, home: Path, embed: Embed) -> None:
        self._home, self._embed = home, embed

    def build(self, corpus: Corpus) -> None:
        from haystack import Document
        from haystack.document_stores.in_memory import InMemoryDocumentStore

        store = InMemoryDocumentStore(embedding_similarity_function="cosine")
        for records, vectors in corpus.batches():
            store.write_documents(
                [
                    Document(id=str(record.row), content=record.full, meta=record.fields, embedding=vector.tolist())
                    for record, vector in zip(records, vectors, strict=True)
                ]
            )
        store.save_to_disk(str(self._home / "store.json"))
        self._ready(store)

    def open(self) -> None:
        from haystack.document_stores.in_memory import InMemoryDocumentStore

        self._ready(InMemoryDocumentStore.load_from_disk(str(self._home / "store.json")))

    def _ready(self, store: Any) -> None:
        from haystack import Pipeline
        from haystack.components.joiners import DocumentJoiner
        from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever

        self._words, self._near = InMemoryBM25Retriever(store), InMemoryEmbeddingRetriever(store)
        self._pipeline = Pipeline()
        self._pipeline.add_component("words", InMemoryBM25Retriever(store))
        self._pipeline.add_component("near", InMemoryEmbeddingRetriever(store))
        self._pipeline.add_component("joiner", DocumentJoiner(join_mode="reciprocal_rank_fusion"))
        self._pipeline.connect("words", "joiner")
        self._pipeline.connect("near", "joiner")

    def keyword(self, question: str, k: int, where: Where) -> list[Found]:
        return self._found(self._words.run(question, filters=self._filter(where), top_k=k))

    def vector(self, question: str, k: int, where: Where) -> list[Found]:
        return self._found(self._near.run(self._embed(question).tolist(), filters=self._filter(where), top_k=k))

    def hybrid(self, question: str, k: int, where: Where) -> list[Found]:
        common = {"filters": self._filter(where), "top_k": DEPTH}
        asked = {
            "words": {"query": question, **common},
            "near": {"query_embedding": self._embed(question).tolist(), **common},
            "joiner": {"top_k": k},
        }
        return self._found(self._pipeline.run(asked)["joiner"])

    @staticmethod
    def _filter(where: Where) -> dict[str, Any] | None:
        return {"field": f"meta.{where[0]}", "operator": "==", "value": where[1]} if where else None

    @staticmethod
    def _found(result: dict[str, Any]) -> list[Found]:
        return [Found(int(each.id), each.content) for each in result["documents"]]
