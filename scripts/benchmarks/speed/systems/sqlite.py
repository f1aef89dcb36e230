"""SQLite: FTS5 for words, sqlite-vec for vectors, one file."""

from __future__ import annotations

import re
from pathlib import Path

from scripts.benchmarks.speed.corpus import DIM, SHARES, Corpus
from scripts.benchmarks.speed.systems import DEPTH, Embed, Found, Where, reciprocal_ranks

# FTS5 has no list of its own; a word that is in every other passage costs it most of its time. Lucene's list.
STOP_WORDS = """
a an and are as at be but by for if in into is it no not of on or such that the their then there
these they this to was will with what which who how when where did does do
"""
STOP = frozenset(STOP_WORDS.split())


class Sqlite:
    """FTS5 over the passages with the porter tokenizer, vec0 with metadata columns, reciprocal ranks of both."""

    def __init__(self, home: Path, embed: Embed) -> None:
        self._home, self._embed = home, embed

    def open(self) -> None:
        import pysqlite3  # many Pythons' own sqlite3 loads no extensions
        import sqlite_vec

        self._db = pysqlite3.connect(self._home / "index.db")
        self._db.enable_load_extension(True)
        sqlite_vec.load(self._db)
        self._db.enable_load_extension(False)
        self._db.executescript("PRAGMA journal_mode = wal; PRAGMA synchronous = normal; PRAGMA mmap_size = 2000000000;")

    def build(self, corpus: Corpus) -> None:
        self.open()
        columns = ", ".join(f"{name} TEXT" for name in SHARES)
        self._db.executescript(
            f"CREATE TABLE passages(id INTEGER PRIMARY KEY, body TEXT, {columns});"
            "CREATE VIRTUAL TABLE words USING fts5(body, content='passages', content_rowid='id', tokenize='porter');"
            f"CREATE VIRTUAL TABLE near USING vec0(id INTEGER PRIMARY KEY, v float[{DIM}] distance_metric=cosine, "
            f"{columns});"
        )
        marks = ", ".join("?" * len(SHARES))
        for records, vectors in corpus.batches():
            rows = [(record.row, record.full, *record.fields.values()) for record in records]
            self._db.executemany(f"INSERT INTO passages VALUES (?, ?, {marks})", rows)
            self._db.executemany("INSERT INTO words(rowid, body) VALUES (?, ?)", [row[:2] for row in rows])
            near = [(row[0], vector.tobytes(), *row[2:]) for row, vector in zip(rows, vectors, strict=True)]
            self._db.executemany(f"INSERT INTO near VALUES (?, ?, {marks})", near)
            self._db.commit()
        for name in SHARES:
            self._db.execute(f"CREATE INDEX {name}_index ON passages({name})")
        self._db.execute("INSERT INTO words(words) VALUES ('optimize')")
        self._db.commit()
        self._db.execute("ANALYZE")
        self._db.commit()

    def keyword(self, question: str, k: int, where: Where) -> list[Found]:
        return self._texts(self._words(question, k, where))

    def vector(self, question: str, k: int, where: Where) -> list[Found]:
        return self._texts(self._nearest(question, k, where))

    def hybrid(self, question: str, k: int, where: Where) -> list[Found]:
        arms = [self._words(question, DEPTH, where), self._nearest(question, DEPTH, where)]
        return self._texts(reciprocal_ranks(arms, k))

    def _words(self, question: str, k: int, where: Where) -> list[int]:
        words = [word for word in re.findall(r"\w+", question.lower()) if word not in STOP]
        if not words:
            return []
        # The plus keeps the planner from asking the words' table once for every allowed row.
        only = f" AND +words.rowid IN (SELECT id FROM passages WHERE {where[0]} = ?)" if where else ""
        asked = [" OR ".join(f'"{word}"' for word in words), *([where[1]] if where else []), k]
        found = self._db.execute(f"SELECT rowid FROM words WHERE words MATCH ?{only} ORDER BY rank LIMIT ?", asked)
        return [row for (row,) in found]

    def _nearest(self, question: str, k: int, where: Where) -> list[int]:
        only = f" AND {where[0]} = ?" if where else ""
        asked = [self._embed(question).tobytes(), k, *([where[1]] if where else [])]
        found = self._db.execute(f"SELECT id FROM near WHERE v MATCH ? AND k = ?{only} ORDER BY distance", asked)
        return [row for (row,) in found]

    def _texts(self, rows: list[int]) -> list[Found]:
        marks = ", ".join("?" * len(rows))
        texts = dict(self._db.execute(f"SELECT id, body FROM passages WHERE id IN ({marks})", rows).fetchall())
        return [Found(row, texts[row]) for row in rows]
