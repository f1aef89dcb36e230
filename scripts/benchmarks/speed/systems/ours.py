"""searchkit, with vectors that are looked up instead of computed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from scripts.benchmarks.speed.corpus import Corpus, Lookup
from scripts.benchmarks.speed.systems import Embed, Found, Where

UNSPLIT = 100_000  # tokens: every system gets the same passages, so none is divided


class Known:
    """The model that travels with searchkit, but passages of the corpus have their vectors already."""

    def __init__(self, lookup: Lookup) -> None:
        from searchkit.models.embedders import OnnxEmbedder

        self._lookup, self._model = lookup, OnnxEmbedder()
        self.name, self.digest, self.dim = self._model.name, self._model.digest, self._model.dim

    def embed_passages(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        found, known = self._lookup.find(texts)
        missing = np.flatnonzero(~known).tolist()
        if missing:
            found[missing] = self._model.embed_passages([texts[row] for row in missing])
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    # Written out, since a protocol that is checked at run time looks for them on the class.
    def embed_query(self, text: str) -> Any:
        return self._model.embed_query(text)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._model.count_tokens(texts)

    def read_question(self, text: str) -> Any:
        return self._model.read_question(text)

    def pieces(self, texts: Sequence[str]) -> Any:
        return self._model.pieces(texts)

    def piece_states(self, pieces: Any) -> Any:
        return self._model.piece_states(pieces)


class Searchkit:
    """An index with its defaults; its own model reads the questions."""

    def __init__(self, home: Path, embed: Embed) -> None:
        self._home = home / "index"
        del embed  # searchkit has the same model, which tells it the question's pieces too

    def build(self, corpus: Corpus) -> None:
        from searchkit import Index

        self._index = Index.create(
            self._home, embedder=Known(Lookup(corpus.folder)), target_tokens=UNSPLIT, max_tokens=UNSPLIT
        )
        self._index.add(documents(corpus), embed="full", strict=True)

    def open(self) -> None:
        from searchkit import Index

        self._index = Index.open(self._home)

    def keyword(self, question: str, k: int, where: Where) -> list[Found]:
        return self._search(question, k, where, "keyword")

    def vector(self, question: str, k: int, where: Where) -> list[Found]:
        return self._search(question, k, where, "vector")

    def hybrid(self, question: str, k: int, where: Where) -> list[Found]:
        return self._search(question, k, where, "hybrid")

    def _search(self, question: str, k: int, where: Where, mode: str) -> list[Found]:
        only = {where[0]: where[1]} if where else None
        return [
            Found(int(hit.passage.doc_id), hit.passage.text)
            for hit in self._index.search(question, k, mode=mode, where=only)
        ]


class Progressive(Searchkit):
    """What a user gets: no vector is given, the model reads a sample, and a student predicts the rest."""

    def build(self, corpus: Corpus) -> None:
        from searchkit import Index

        self._index = Index.create(self._home, target_tokens=UNSPLIT, max_tokens=UNSPLIT)
        self._index.add(documents(corpus), strict=True)


def documents(corpus: Corpus) -> Iterator[Any]:
    from searchkit import Document

    for record in corpus.records():
        yield Document(str(record.row), record.text, record.title, metadata=record.fields)
