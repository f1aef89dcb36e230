"""An index in memory, complete and plain: what every other implementation of `contract.View` is compared with."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from copy import copy

from searchkit.indexing.cleaning import Cleaned, cleaned
from searchkit.models.embedders import estimate_all
from searchkit.models.embedders.checks import readable
from searchkit.queries.filters import Filter, matches
from searchkit.queries.syntax import Query
from searchkit.storage.contract import Scope, Scores, VectorSearch, WordSearch
from searchkit.storage.settings import Settings
from searchkit.text.analysis import Analyzer
from searchkit.text.splitting import Limits, split
from searchkit.types import Document, Embedder, FloatMatrix, FloatVector, Passage, Ranking, Rows, tells_pieces
from tests.memory_readers import (
    MemoryKeywords,
    MemoryPassages,
    MemoryScope,
    MemoryStatements,
    MemoryVectors,
    rows_of,
)


class MemoryView:
    """One state of an index, of given documents and their passages by row."""

    def __init__(
        self,
        documents: Sequence[Document],
        passages: Mapping[int, Passage],
        *,
        vectors: MemoryVectors | None = None,
        settings: Settings | None = None,
        generation: int = 1,
    ) -> None:
        self.settings = settings or Settings("memory")
        self.generation = generation
        self._rows = dict(sorted(passages.items()))
        analyzer = Analyzer(self.settings.language)
        self.keywords = MemoryKeywords(self._rows, analyzer)
        self.vectors = vectors or MemoryVectors([], [])
        self.passages = MemoryPassages(documents, self._rows, analyzer)
        self.statements = MemoryStatements(self._rows, analyzer)
        self._kept: dict[int, FloatVector] = {}

    @classmethod
    def of(
        cls, documents: Sequence[Document], model: Embedder | None = None, settings: Settings | None = None
    ) -> MemoryView:
        """Return documents as an index of these settings, and of this model, would hold them."""
        settings = (settings or Settings("memory")).with_model(model)
        limits = Limits(target=settings.target_tokens, maximum=settings.max_tokens)
        documents = [found.document for found in map(cleaned, documents) if isinstance(found, Cleaned)]
        count = model.count_tokens if model else estimate_all
        passages = dict(enumerate(each for document in documents for each in split(document, limits, count)))
        return cls(documents, passages, vectors=embedded(passages, model), settings=settings)

    def scope(self, condition: Filter | None = None, speakers: Collection[int] | None = None) -> MemoryScope | None:
        if condition is None and speakers is None:
            return None
        rows = set(self._rows)
        if condition is not None:
            rows = {row for row in rows if self._fits(condition, self._rows[row].doc_id)}
        if speakers is not None:
            rows &= {said.row for said in self.statements.by(speakers)}
        return MemoryScope(rows)

    def _fits(self, condition: Filter, doc_id: str) -> bool:
        document = self.passages.document(doc_id)
        return document is not None and matches(condition, document)

    def narrowed(self, scope: Scope | None, query: Query) -> MemoryScope:
        allowed = rows_of(scope)
        found = self.keywords.search(query, max(1, self.keywords.count)).rows.tolist()
        return MemoryScope(row for row in found if allowed is None or row in allowed)

    def find(self, words: WordSearch, vectors: VectorSearch) -> tuple[Ranking, list[Ranking]]:
        by_words = self.keywords.search(words.query, words.limit, words.scope)
        words.found()
        return by_words, self.vectors.search_many(vectors.make(), vectors.limit, vectors.scope, vectors.recall)

    def scores(
        self, query: Query, query_rows: Rows, vectors: FloatMatrix | None, vector_rows: Rows
    ) -> tuple[Scores, Scores]:
        return self.keywords.score(query, query_rows), self.vectors.score(vectors, vector_rows)

    def computed(self, rows: Rows) -> dict[int, FloatVector]:
        return {row: self._kept[row] for row in rows.tolist() if row in self._kept}

    def keep(self, model: Embedder, rows: Rows, matrix: FloatMatrix) -> None:  # noqa: ARG002 - in memory alone
        self._kept.update(zip(rows.tolist(), matrix, strict=True))

    def with_vectors(self, rows: Rows, matrix: FloatMatrix) -> MemoryView:
        other = copy(self)
        other.vectors = self.vectors.with_newer(rows, matrix)
        return other


def embedded(passages: Mapping[int, Passage], model: Embedder | None) -> MemoryVectors | None:
    """Return what a model makes of passages."""
    if model is None:
        return None
    texts = {row: passage.embedded_text for row, passage in passages.items()}
    reads = readable(model, list(texts.values()))
    texts = {row: text for (row, text), is_read in zip(texts.items(), reads, strict=True) if is_read}
    pieces = model.pieces(list(texts.values())) if tells_pieces(model) else None
    return MemoryVectors(list(texts), model.embed_passages(list(texts.values())), pieces)
