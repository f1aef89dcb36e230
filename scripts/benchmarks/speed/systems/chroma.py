"""Chroma: a persistent collection with given embeddings."""

from __future__ import annotations

from pathlib import Path

from scripts.benchmarks.speed.corpus import Corpus
from scripts.benchmarks.speed.systems import Embed, Found, Where


class Chroma:
    """HNSW by cosine; keyword and hybrid search by rank exist in Chroma's cloud alone."""

    def __init__(self, home: Path, embed: Embed) -> None:
        self._home, self._embed = home, embed

    def open(self) -> None:
        import chromadb
        from chromadb.config import Settings

        self._client = chromadb.PersistentClient(str(self._home), settings=Settings(anonymized_telemetry=False))
        self._collection = self._client.get_or_create_collection(
            "passages", configuration={"hnsw": {"space": "cosine"}}, embedding_function=None
        )

    def build(self, corpus: Corpus) -> None:
        self.open()
        for records, vectors in corpus.batches(min(5_000, self._client.get_max_batch_size())):
            self._collection.add(
                ids=[str(record.row) for record in records],
                documents=[record.full for record in records],
                metadatas=[dict(record.fields) for record in records],
                embeddings=vectors,
            )

    def keyword(self, question: str, k: int, where: Where) -> list[Found]:
        raise NotImplementedError

    def vector(self, question: str, k: int, where: Where) -> list[Found]:
        found = self._collection.query(
            query_embeddings=[self._embed(question)],
            n_results=k,
            where={where[0]: where[1]} if where else None,
            include=["documents"],
        )
        return [Found(int(row), text) for row, text in zip(found["ids"][0], found["documents"][0], strict=True)]

    def hybrid(self, question: str, k: int, where: Where) -> list[Found]:
        raise NotImplementedError
