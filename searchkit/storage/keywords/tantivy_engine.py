"""The keyword engine on tantivy, a search library in Rust."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tantivy import Document, Index, Order, Query, Schema

from searchkit.queries import syntax
from searchkit.rankings import EMPTY, among, by_row, distinct, look_up
from searchkit.storage import refusals
from searchkit.storage.keywords import tantivy_files
from searchkit.storage.keywords.engine import Entry, FieldWeights, is_scoreless
from searchkit.storage.keywords.ranking import best, is_decided, runs, settle
from searchkit.storage.keywords.tantivy_queries import MAX_RUNS, TantivyTranslator, build_schema
from searchkit.threads import Guard
from searchkit.types import Ranking, Rows

HEAP = 128_000_000  # bytes; about 120,000 passages become one segment
THREADS = 1  # feeding from Python is the bottleneck, and one thread keeps passages in order of row
SPARE = 16  # hits beyond the limit, so that ties at its edge are seen in full
GROWTH = 4
HEADROOM = 1.5  # passages fetched per passage expected to be needed
KEPT_FREQUENCIES = 50_000  # of terms, about 10 MB
WHOLE_ROWS = 16_384  # passages up to which all that match come at once, so that scores of other rows are known too
KEPT_MATCHES = 256  # queries whose matches are kept until the other rows are asked for
HITS_PER_ROW = 10  # how many hits can be fetched and sifted in the time that filtering takes for one row


class TantivyEngine:
    """Keeps an index with tantivy."""

    name = "tantivy"

    def __init__(self, weights: FieldWeights) -> None:
        self._weights = weights

    def write(self, folder: Path, base: Path | None = None) -> TantivyWriter:
        """Start a generation in `folder` from `base`."""
        tantivy_files.start(folder, base)
        with _translated(folder):
            return TantivyWriter(folder, build_schema())

    def read(self, folder: Path) -> TantivyReader:
        """Open a finished generation. Raises IndexCorrupt."""
        tantivy_files.check(folder)
        with _translated(folder), tantivy_files.lockable(folder) as place:
            return TantivyReader(folder, Index(build_schema(), str(place)), self._weights)


class TantivyWriter:
    """Makes one generation."""

    def __init__(self, folder: Path, schema: Schema) -> None:
        self._folder = folder
        self._schema = schema
        self._writer = Index(schema, str(folder)).writer(HEAP, THREADS)

    def add(self, entries: Iterable[Entry]) -> None:
        """Add passages."""
        add_document = self._writer.add_document
        for entry in entries:
            add_document(_document(entry))

    def remove(self, rows: Sequence[int]) -> None:
        """Remove passages."""
        for row in rows:
            self._writer.delete_documents_by_term("row", int(row))

    def commit(self) -> None:
        """Finish the generation; merges have ended too when this returns."""
        self._writer.commit()
        self._writer.wait_merging_threads()
        tantivy_files.finish(self._folder)

    def abort(self) -> None:
        """Remove the unfinished generation."""
        self._writer.rollback()
        self._writer.wait_merging_threads()
        shutil.rmtree(self._folder, ignore_errors=True)


class TantivyReader:
    """Answers from one finished generation."""

    def __init__(self, folder: Path, index: Index, weights: FieldWeights) -> None:
        index.config_reader("manual")  # a generation never changes: nothing to watch
        index.reload()
        self._folder = folder
        self._searcher = index.searcher()
        self._translator = TantivyTranslator(index.schema, weights)
        self.count = self._searcher.num_docs
        self._frequencies: dict[tuple[str, str | None], int] = {}  # kept, for a generation never changes
        self._matches: dict[int, tuple[syntax.Query, Ranking]] = {}  # by the query object's own number
        self._lock = Guard()

    def search(self, query: syntax.Query, limit: int, allowed: Rows | None = None) -> Ranking:
        """Return the best `limit` passages, of those `allowed`."""
        translated = self._translator.translate(query)
        if limit < 1 or not self.count or (allowed is not None and not len(allowed)):
            return EMPTY
        with _translated(self._folder):
            if is_scoreless(query):
                return self._first(self._narrowed(translated, allowed), limit)
            if allowed is None and self.count <= WHOLE_ROWS:
                matches = by_row(self._hits(translated, self.count))
                self._keep(query, matches)
                return best(*matches, limit)
            if allowed is None:
                return self._best(translated, limit)
            return self._best_of(translated, limit, allowed)

    def _keep(self, query: syntax.Query, matches: Ranking) -> None:
        """Keep what matches a query, for `score`."""
        with self._lock:
            while len(self._matches) >= KEPT_MATCHES:
                del self._matches[next(iter(self._matches))]
            self._matches[id(query)] = query, matches

    def score(self, query: syntax.Query, rows: Rows) -> npt.NDArray[np.float32]:
        """Return the score of each row: (len(rows),), 0 where it does not match."""
        kept, matches = self._matches.get(id(query), (None, EMPTY))
        if kept is query:
            return look_up(rows, matches)
        wanted = distinct(rows)
        translated = self._translator.translate(query)
        if not len(wanted) or not self.count:
            return np.zeros(len(rows), np.float32)
        with _translated(self._folder):
            if len(wanted) * HITS_PER_ROW < self.count:
                translated = self._translator.restrict(translated, wanted)
            return look_up(rows, by_row(self._hits(translated, self.count)))

    def document_frequency(self, term: str, field: str | None = None) -> int:
        """Return how many passages hold the index term in this field, or in any."""
        found = self._frequencies.get((term, field))
        if found is None:
            with _translated(self._folder):
                result: Any = self._searcher.search(self._translator.term(term, field), 1, count=True)
            if len(self._frequencies) >= KEPT_FREQUENCIES:
                self._frequencies.clear()
            found = self._frequencies[term, field] = int(result.count)
        return found

    def close(self) -> None:
        """Let go of every file."""
        del self._searcher

    def _best(self, query: Query, limit: int) -> Ranking:
        """Return the best `limit` passages, fetching more until no tie at the edge is cut."""
        wanted = limit + SPARE
        while True:
            rows, scores = self._hits(query, wanted)
            if len(rows) < wanted or is_decided(scores, limit):
                ranking = settle(rows, scores)
                return Ranking(ranking.rows[:limit], ranking.scores[:limit])
            wanted *= GROWTH

    def _best_of(self, query: Query, limit: int, allowed: Rows) -> Ranking:
        """Return the best `limit` passages among `allowed`, in the cheaper of two exact ways.

        Few rows become part of the query. Many are sifted from a longer list of hits, as long as that list is
        short enough.
        """
        wanted = limit * self.count * HEADROOM / len(allowed)
        while wanted < len(allowed) * HITS_PER_ROW and not runs(allowed, at_most=MAX_RUNS):
            hits = self._hits(query, int(wanted) + SPARE)
            kept = among(hits.rows, allowed)
            whole = len(hits.rows) < int(wanted) + SPARE
            if whole or is_decided(np.append(hits.scores[kept], hits.scores[-1:]), limit):
                return best(hits.rows[kept], hits.scores[kept], limit)
            wanted *= GROWTH
        return self._best(self._translator.restrict(query, allowed), limit)

    def _narrowed(self, query: Query, allowed: Rows | None) -> Query:
        return query if allowed is None else self._translator.restrict(query, allowed)

    def _first(self, query: Query, limit: int) -> Ranking:
        """Return the first `limit` rows that match, with score 0."""
        hits: Any = self._searcher.search(
            query, min(limit, self.count), count=False, order_by_field="row", order=Order.Asc
        ).hits
        rows = np.array([row for row, _ in hits], np.int64)
        return Ranking(rows, np.zeros(len(rows), np.float32))

    def _hits(self, query: Query, limit: int) -> Ranking:
        """Return tantivy's own ranking: ties are in no particular order."""
        hits = self._searcher.search(query, min(limit, self.count), count=False).hits
        if not hits:
            return EMPTY
        rows = self._searcher.fast_field_values("row", [address for _, address in hits])
        return Ranking(np.array(rows, np.int64), np.array([score for score, _ in hits], np.float32))


def _document(entry: Entry) -> Document:
    """Return what tantivy indexes. Setters by type are three times as fast as Document(**values)."""
    document = Document()
    document.add_integer("row", entry.row)
    if entry.day is not None:
        document.add_integer("day", entry.day)
    if entry.title:
        document.add_text("title", entry.title)
    if entry.section:
        document.add_text("section", entry.section)
    document.add_text("body", entry.body)
    return document


@contextlib.contextmanager
def _translated(folder: Path) -> Iterator[None]:
    """Turn tantivy's complaints about its files, panics among them, into IndexCorrupt."""
    try:
        yield
    except BaseException as error:
        if isinstance(error, ValueError | OSError | TypeError) or type(error).__name__ == "PanicException":
            raise refusals.damage(error, folder, f"{folder} is damaged: {error}. Run: searchkit rebuild") from error
        raise
