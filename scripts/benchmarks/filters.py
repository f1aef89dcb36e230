"""The first filter on each kind of field, in milliseconds of processor time: many documents of made-up metadata.

Each filter meets columns that nobody has read yet, so what is told is what a question pays that is the first of its
process to filter by a field; `again` is with the columns in memory. Of --rounds the fastest counts.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path

import numpy as np

from searchkit.queries.filters import parse_where
from searchkit.storage.catalog.columns import BATCH, SCHEMA, MetadataColumns
from searchkit.storage.compression import zstd
from searchkit.storage.filtering import Filtering
from searchkit.types import Document

FILTERS = (
    'category = "a"', "year >= 2000", "tags = red", "author = 'author 17'", 'title contains "war"', "title ~ *war*",
    'section = "news"', "date >= 2015", "date >= 2015-03-01T10:00", "seen >= 2024-06", 'url contains "0.12"',
    "url ~ https*0.1?7*", 'url > "https://w.org/0.5"', "doc ~ *1*", "path ~ */7/*", "not category = a",
    "category = a and year = 2000 and tags = red", "price < 0.01",
)  # fmt: skip
NONE_DEAD = np.empty(0, np.int64)


def document(number: int, draw: random.Random) -> Document:
    day = f"{draw.randrange(2010, 2025)}-{draw.randrange(1, 13):02}-{draw.randrange(1, 29):02}"
    words = " ".join(draw.choices(("war", "peace", "trade", "rain", "tea", "music", "ferry"), k=3))
    metadata = {
        "section": draw.choice(("news", "sport", "world")), "category": draw.choice("abcdefghij"), "date": day,
        "year": draw.randrange(1990, 2025), "tags": draw.sample(("red", "green", "blue", "cyan"), 2),
        "author": f"author {draw.randrange(3_000)}", "url": f"https://w.org/{draw.random()}", "price": draw.random(),
        "seen": f"2024-{draw.randrange(1, 13):02}-01T{draw.randrange(24):02}:{draw.randrange(60):02}:{number % 60:02}Z",
        "source": f"https://example.org/{draw.randrange(50)}/{number}.html",
    }  # fmt: skip
    return Document(f"d{number}", "", f"{words} {number // 5}", metadata)


def fill(path: Path, count: int) -> None:
    draw = random.Random(14)
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(SCHEMA)
        columns = MetadataColumns(database)
        for start in range(0, count, BATCH):
            rows = range(start, min(start + BATCH, count))
            columns.add([(document(row, draw), row, 1) for row in rows])


def milliseconds(path: Path, where: str) -> tuple[float, float, int]:
    """Return what a filter takes the first time and the second, and how many documents pass."""
    condition = parse_where(where)
    with closing(sqlite3.connect(path)) as database:
        started = time.process_time()
        filtering = Filtering(MetadataColumns(database), NONE_DEAD)
        found = len(filtering.rows(condition))
        first = time.process_time()
        filtering.rows(condition)
        return 1e3 * (first - started), 1e3 * (time.process_time() - first), found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=250_000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        path = Path(home, "columns.sqlite")
        fill(path, given.documents)
        zstd()
        size = path.stat().st_size / given.documents
        print(f"{time.strftime('%Y-%m-%d')}, {given.documents:,} documents, {size:.0f} bytes each\n")
        print("| filter | documents | first, ms | again |\n|---|---|---|---|")
        for where in FILTERS:
            turns = [milliseconds(path, where) for _ in range(given.rounds)]
            first, again = (min(values) for values in zip(*(turn[:2] for turn in turns), strict=True))
            print(f"| `{where}` | {turns[0][2]:,} | {first:.1f} | {again:.1f} |", flush=True)


if __name__ == "__main__":
    main()
