"""Keyword libraries as they come, with the vector arm and fusion that their users write by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from scripts.benchmarks.speed.corpus import DIM, SHARES, Corpus, fields, values_of
from scripts.benchmarks.speed.systems import DEPTH, Embed, Found, Where, reciprocal_ranks

HEAP = 256_000_000


class ByHand:
    """A float32 matrix in memory that is scanned with numpy, masks for filters, reciprocal ranks."""

    def __init__(self, home: Path, embed: Embed) -> None:
        self._home, self._embed = home, embed
        self._count = 0

    def build(self, corpus: Corpus) -> None:
        self._count = len(corpus)
        vectors = np.lib.format.open_memmap(self._home / "vectors.npy", "w+", np.float32, (len(corpus), DIM))
        texts = []
        for records, rows in corpus.batches():
            vectors[records[0].row : records[-1].row + 1] = rows
            texts += [record.full for record in records]
        vectors.flush()
        del vectors
        (self._home / "count.json").write_text(json.dumps(len(corpus)))
        self._index(texts)
        del texts
        self.open()

    def open(self) -> None:
        self._count = json.loads((self._home / "count.json").read_text())
        self._vectors = np.load(self._home / "vectors.npy")
        table = fields(self._count)
        self._columns = {name: table[:, at] for at, name in enumerate(SHARES)}
        self._open()

    def keyword(self, question: str, k: int, where: Where) -> list[Found]:
        return self._texts(self._keyword(question, k, where))

    def vector(self, question: str, k: int, where: Where) -> list[Found]:
        return self._texts(self._nearest(self._embed(question), k, where))

    def hybrid(self, question: str, k: int, where: Where) -> list[Found]:
        near = self._nearest(self._embed(question), DEPTH, where)
        return self._texts(reciprocal_ranks([self._keyword(question, DEPTH, where), near], k))

    def _mask(self, where: tuple[str, str]) -> npt.NDArray[np.bool_]:
        return self._columns[where[0]] == int(where[1][1:])

    def _nearest(self, vector: Any, k: int, where: Where) -> list[int]:
        rows = np.flatnonzero(self._mask(where)) if where else None
        scores = (self._vectors if rows is None else self._vectors[rows]) @ vector
        best = np.argpartition(-scores, k)[:k] if len(scores) > k else np.arange(len(scores))
        best = best[np.argsort(-scores[best])]
        return (best if rows is None else rows[best]).tolist()

    def _index(self, texts: list[str]) -> None:
        raise NotImplementedError

    def _open(self) -> None:
        raise NotImplementedError

    def _keyword(self, question: str, k: int, where: Where) -> list[int]:
        raise NotImplementedError

    def _texts(self, rows: list[int]) -> list[Found]:
        raise NotImplementedError


class Tantivy(ByHand):
    """tantivy-py: one stored, stemmed field without stop words, fields for filters as exact terms."""

    def _schema(self) -> tuple[Any, Any]:
        import tantivy

        builder = tantivy.SchemaBuilder()
        builder.add_text_field("body", stored=True, tokenizer_name="english")
        builder.add_integer_field("row", stored=True, indexed=True, fast=True)
        for name in SHARES:
            builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
        steps = [
            tantivy.Filter.remove_long(40),
            tantivy.Filter.lowercase(),
            tantivy.Filter.stopword("english"),
            tantivy.Filter.stemmer("english"),
        ]
        analyzer = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        for step in steps:
            analyzer = analyzer.filter(step)
        return builder.build(), analyzer.build()

    def _index(self, texts: list[str]) -> None:
        import tantivy

        schema, analyzer = self._schema()
        (self._home / "tantivy").mkdir()
        index = tantivy.Index(schema, path=str(self._home / "tantivy"))
        index.register_tokenizer("english", analyzer)
        writer = index.writer(HEAP)
        for row, (text, values) in enumerate(zip(texts, fields(len(texts)), strict=True)):
            writer.add_document(tantivy.Document(body=text, row=row, **values_of(values)))
        writer.commit()
        writer.wait_merging_threads()

    def _open(self) -> None:
        import tantivy

        self._tantivy = tantivy
        self._ready = tantivy.Index.open(str(self._home / "tantivy"))
        self._ready.register_tokenizer("english", self._schema()[1])
        self._searcher = self._ready.searcher()

    def _search(self, query: Any, k: int) -> list[Any]:
        return [address for _, address in self._searcher.search(query, k, count=False).hits]

    def _keyword(self, question: str, k: int, where: Where) -> list[int]:
        query, _ = self._ready.parse_query_lenient(question, ["body"])
        if where:
            occur, kind = self._tantivy.Occur, self._tantivy.Query
            only = kind.const_score_query(kind.term_query(self._ready.schema, *where), 0.0)
            query = kind.boolean_query([(occur.Must, query), (occur.Must, only)])
        return [self._searcher.doc(address)["row"][0] for address in self._search(query, k)]

    def _texts(self, rows: list[int]) -> list[Found]:
        kind, found = self._tantivy.Query, []
        for row in rows:
            address = self._search(kind.term_query(self._ready.schema, "row", row), 1)[0]
            found.append(Found(row, self._searcher.doc(address)["body"][0]))
        return found


class Bm25s(ByHand):
    """bm25s: Lucene's BM25, PyStemmer, English stop words, the numba backend."""

    def _index(self, texts: list[str]) -> None:
        import bm25s
        import Stemmer

        tokens = bm25s.tokenize(texts, stopwords="en", stemmer=Stemmer.Stemmer("english"), show_progress=False)
        retriever = bm25s.BM25(backend="numba", method="lucene")
        retriever.index(tokens, show_progress=False)
        retriever.save(str(self._home / "bm25s"), corpus=texts, show_progress=False)

    def _open(self) -> None:
        import bm25s
        import Stemmer

        self._bm25s, self._stemmer = bm25s, Stemmer.Stemmer("english")
        self._retriever = bm25s.BM25.load(str(self._home / "bm25s"), load_corpus=True, mmap=True)
        self._retriever.backend = "numba"
        self._retriever.activate_numba_scorer()

    def _keyword(self, question: str, k: int, where: Where) -> list[int]:
        tokens = self._bm25s.tokenize([question], stopwords="en", stemmer=self._stemmer, show_progress=False)
        mask = self._mask(where).astype(np.float32) if where else None
        rows, scores = self._retriever.retrieve(
            tokens, corpus=self._rows(), k=min(k, self._count), show_progress=False, weight_mask=mask
        )
        return [int(row) for row, score in zip(rows[0], scores[0], strict=True) if score > 0]

    def _rows(self) -> npt.NDArray[np.int64]:
        if not hasattr(self, "_numbers"):
            self._numbers = np.arange(self._count)
        return self._numbers

    def _texts(self, rows: list[int]) -> list[Found]:
        return [Found(row, self._retriever.corpus[row]["text"]) for row in rows]


class Whoosh(ByHand):
    """Whoosh: StemmingAnalyzer with its stop words, any of the words."""

    def _index(self, texts: list[str]) -> None:
        from whoosh import analysis, index
        from whoosh import fields as kinds

        named = {name: kinds.ID() for name in SHARES}
        analyzer = analysis.StemmingAnalyzer(cachesize=-1)  # as its guide to fast indexing says
        schema = kinds.Schema(
            row=kinds.NUMERIC(stored=True, unique=True), body=kinds.TEXT(analyzer, stored=True), **named
        )
        (self._home / "whoosh").mkdir()
        writer = index.create_in(str(self._home / "whoosh"), schema).writer(limitmb=256)
        for row, (text, values) in enumerate(zip(texts, fields(len(texts)), strict=True)):
            writer.add_document(row=row, body=text, **values_of(values))
        writer.commit()

    def _open(self) -> None:
        from whoosh import index, qparser, query

        opened = index.open_dir(str(self._home / "whoosh"))
        self._query = query
        self._searcher = opened.searcher()
        self._parser = qparser.QueryParser("body", opened.schema, plugins=[], group=qparser.OrGroup)
        self._parser.add_plugin(qparser.WhitespacePlugin())

    def _keyword(self, question: str, k: int, where: Where) -> list[int]:
        only = self._query.Term(*where) if where else None
        hits = self._searcher.search(self._parser.parse(question), limit=k, filter=only, scored=True)
        return [hit["row"] for hit in hits]

    def _texts(self, rows: list[int]) -> list[Found]:
        return [Found(row, self._searcher.document(row=row)["body"]) for row in rows]
