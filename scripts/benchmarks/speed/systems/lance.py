"""LanceDB: one table with a full-text index, scalar indexes for filters, and its own hybrid search."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scripts.benchmarks.speed.corpus import DIM, SHARES, Corpus
from scripts.benchmarks.speed.systems import DEPTH, Embed, Found, Where

EXACT = 100_000  # rows up to which its documentation advises against a vector index
COLUMNS = ["id", "body"]


class Lance:
    """Filters before the search; above 100,000 rows IVF_PQ, which the documentation names for filtered searches."""

    def __init__(self, home: Path, embed: Embed) -> None:
        self._home, self._embed = home, embed

    def build(self, corpus: Corpus) -> None:
        import lancedb
        import pyarrow
        from lancedb.index import FTS, Bitmap, IvfPq

        schema = pyarrow.schema(
            [("id", pyarrow.int64()), ("body", pyarrow.string()), ("v", pyarrow.list_(pyarrow.float32(), DIM))]
            + [(name, pyarrow.string()) for name in SHARES]
        )

        def batches() -> Iterator[Any]:
            for records, vectors in corpus.batches(10_000):
                flat = pyarrow.FixedSizeListArray.from_arrays(pyarrow.array(vectors.ravel()), DIM)
                named = [[record.fields[name] for record in records] for name in SHARES]
                columns = [[record.row for record in records], [record.full for record in records], flat, *named]
                yield pyarrow.record_batch([*map(pyarrow.array, columns[:2]), flat, *map(pyarrow.array, named)], schema)

        self._table = lancedb.connect(self._home).create_table("passages", batches(), schema=schema)
        self._table.create_index("body", config=FTS())
        for name in SHARES:
            self._table.create_index(name, config=Bitmap())
        if len(corpus) > EXACT:
            self._table.create_index("v", config=IvfPq(distance_type="cosine"))
        self._table.optimize()
        self.open()

    def open(self) -> None:
        import lancedb
        from lancedb.rerankers import RRFReranker

        self._table = lancedb.connect(self._home).open_table("passages")
        self._approximate = self._table.count_rows() > EXACT
        self._reranker = RRFReranker()

    def keyword(self, question: str, k: int, where: Where) -> list[Found]:
        return self._found(self._table.search(question, query_type="fts", fts_columns="body"), k, k, where)

    def vector(self, question: str, k: int, where: Where) -> list[Found]:
        query = self._table.search(self._embed(question), "v", query_type="vector")
        return self._found(self._tuned(query), k, k, where)

    def hybrid(self, question: str, k: int, where: Where) -> list[Found]:
        query = self._table.search(query_type="hybrid", vector_column_name="v", fts_columns="body")
        query = query.vector(self._embed(question)).text(question).rerank(self._reranker)
        return self._found(self._tuned(query), k, DEPTH, where)

    def _tuned(self, query: Any) -> Any:
        query = query.distance_type("cosine")
        return query.nprobes(20).refine_factor(10) if self._approximate else query

    def _found(self, query: Any, k: int, depth: int, where: Where) -> list[Found]:
        if where:
            query = query.where(f"{where[0]} = '{where[1]}'", prefilter=True)
        found = query.limit(depth).select(COLUMNS).to_arrow().slice(0, k)
        return [Found(*each) for each in zip(*(found[name].to_pylist() for name in COLUMNS), strict=True)]
