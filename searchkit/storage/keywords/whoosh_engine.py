"""The keyword engine in pure Python, for platforms without tantivy: Whoosh writes, NumPy answers."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from searchkit.errors import IndexCorrupt, SearchkitError
from searchkit.queries import syntax
from searchkit.rankings import EMPTY, among, by_row, look_up
from searchkit.storage.keywords.engine import Entry, FieldWeights, check
from searchkit.storage.keywords.ranking import best
from searchkit.storage.keywords.whoosh_codec import MAX_SEGMENT, ArrayWriter
from searchkit.storage.keywords.whoosh_search import Corpus, Matches
from searchkit.storage.keywords.whoosh_segments import read_segments, share
from searchkit.types import Ranking, Rows


class WhooshEngine:
    """Keeps an index with Whoosh."""

    name = "whoosh"

    def __init__(self, weights: FieldWeights) -> None:
        self._weights = weights

    def write(self, folder: Path, base: Path | None = None) -> WhooshWriter:
        """Start a generation in `folder` from `base`."""
        if base is not None and base.resolve() == folder.resolve():
            raise ValueError(f"{folder} cannot be its own base.")
        shutil.rmtree(folder, ignore_errors=True)  # left by a crash
        folder.mkdir(parents=True)
        if base is not None:
            share(base, folder)
        return WhooshWriter(folder, base)

    def read(self, folder: Path) -> WhooshReader:
        """Open a finished generation. Raises IndexCorrupt."""
        with _translated(folder):
            return WhooshReader(folder, Corpus(read_segments(folder), self._weights))


class WhooshWriter:
    """Makes one generation."""

    def __init__(self, folder: Path, base: Path | None) -> None:
        self._folder = folder
        self._writer = ArrayWriter(folder, read_segments(base) if base else [])

    def add(self, entries: Iterable[Entry]) -> None:
        """Add passages."""
        for row, title, section, body, day in entries:
            if self._writer.doc_count() == MAX_SEGMENT:
                self._begin_segment()
            self._writer.add_document(row=row, title=title, section=section, body=body, day=day or 0)

    def remove(self, rows: Sequence[int]) -> None:
        """Remove passages."""
        if len(rows):
            self._writer.remove_rows(np.array(rows, np.int64))

    def commit(self) -> None:
        """Finish the generation."""
        with _translated(self._folder):  # segments of the base are read to be merged
            self._writer.commit()

    def abort(self) -> None:
        """Remove the unfinished generation."""
        self._writer.cancel()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _begin_segment(self) -> None:
        """Write what is in memory and go on: the folder counts only once it is finished."""
        self.commit()
        self._writer = ArrayWriter(self._folder, read_segments(self._folder))


class WhooshReader:
    """Answers from one finished generation."""

    def __init__(self, folder: Path, corpus: Corpus) -> None:
        self._folder = folder
        self._corpus = corpus
        self.count = corpus.count

    def search(self, query: syntax.Query, limit: int, allowed: Rows | None = None) -> Ranking:
        """Return the best `limit` passages, of those `allowed`."""
        rows, scores = self._matches(query)
        if limit < 1:
            return EMPTY
        if allowed is not None:
            kept = among(rows, allowed)
            rows, scores = rows[kept], scores[kept]
        return best(rows, scores, limit)

    def score(self, query: syntax.Query, rows: Rows) -> npt.NDArray[np.float32]:
        """Return the score of each row: (len(rows),), 0 where it does not match."""
        return look_up(rows, by_row(self._matches(query)))

    def document_frequency(self, term: str, field: str | None = None) -> int:
        """Return how many passages hold the index term in this field, or in any."""
        with _translated(self._folder):
            return self._corpus.document_frequency(term, field)

    def close(self) -> None:
        """Let go of every file."""
        del self._corpus

    def _matches(self, query: syntax.Query) -> Ranking:
        """Return every match, in no particular order."""
        check(query)
        with _translated(self._folder):
            found: Matches = self._corpus.evaluate(query)
            return Ranking(self._corpus.rows[found.docs], found.scores.astype(np.float32))


@contextlib.contextmanager
def _translated(folder: Path) -> Iterator[None]:
    """Turn what contradictory files lead to into IndexCorrupt."""
    try:
        yield
    except SearchkitError:
        raise
    except (ValueError, IndexError, OverflowError, TypeError, MemoryError) as error:
        raise IndexCorrupt(f"{folder} is damaged: {error}. Run: searchkit rebuild") from error
