"""txtai: an embeddings database with content and its own hybrid scoring."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from scripts.benchmarks.speed.corpus import SHARES, Corpus, Lookup
from scripts.benchmarks.speed.systems import Embed, Found, Where


class Txtai:
    """Vectors come from a function, as its guide to external vectors shows; faiss and SQLite as by default."""

    def __init__(self, home: Path, embed: Embed) -> None:
        self._home, self._embed = home, embed
        self._lookup: Lookup | None = None

    def _transform(self) -> Any:
        def transform(texts: list[str]) -> Any:
            if self._lookup is None:
                return np.stack([self._embed(text) for text in texts])
            found, known = self._lookup.find(texts)
            for row in np.flatnonzero(~known):
                found[row] = self._embed(texts[row])
            return found

        return transform

    def build(self, corpus: Corpus) -> None:
        from txtai import Embeddings

        self._lookup = Lookup(corpus.folder)
        self._count = len(corpus)
        made = Embeddings(method="external", transform=self._transform(), hybrid=True, content=True)
        made.index(self._documents(corpus))
        made.save(str(self._home / "txtai"))
        made.close()
        self._lookup = None
        self.open()

    @staticmethod
    def _documents(corpus: Corpus) -> Iterator[tuple[int, dict[str, str], None]]:
        for record in corpus.records():
            yield record.row, {"text": record.full, **record.fields}, None

    def open(self) -> None:
        from txtai import Embeddings

        self._embeddings = Embeddings()
        self._embeddings.load(str(self._home / "txtai"), config={"transform": self._transform()})
        self._count = self._embeddings.count()

    def keyword(self, question: str, k: int, where: Where) -> list[Found]:
        return self._search(question, k, where, 0.0)

    def vector(self, question: str, k: int, where: Where) -> list[Found]:
        return self._search(question, k, where, 1.0)

    def hybrid(self, question: str, k: int, where: Where) -> list[Found]:
        return self._search(question, k, where, 0.5)

    def _search(self, question: str, k: int, where: Where, weight: float) -> list[Found]:
        """Ask in its SQL; where a filter is selective it takes more candidates, since it filters afterwards."""
        only, candidates = "", 0
        if where:
            only = f" AND {where[0]} = '{where[1]}'"
            candidates = min(self._count, 10 * k * SHARES[where[0]])
        similar = f"similar(:question, {candidates})" if candidates else "similar(:question)"
        query = f"SELECT id, text, score FROM txtai WHERE {similar}{only}"
        found = self._embeddings.search(query, k, weights=weight, parameters={"question": question})
        return [Found(int(each["id"]), each["text"]) for each in found]
