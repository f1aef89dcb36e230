"""Vectors for passages that lack them: the model's own, or drafts that a student of the model predicts.

A model embeds tens or hundreds of passages a second, a student tens of thousands (see `student`). So of many new
passages the model embeds a sample, from which the student learns; drafts of the others stand in the same space, and
the model's own vectors replace them later (see `improve`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import compress
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from searchkit.errors import EmbedderMismatch
from searchkit.indexing.buried import Buried
from searchkit.indexing.entries import embedded_texts
from searchkit.indexing.jobs import Workers
from searchkit.models import student
from searchkit.models.embedders.checks import passage_vectors, readable, word_pieces
from searchkit.ragged import Ragged
from searchkit.rankings import among
from searchkit.storage import store
from searchkit.storage.vectors.arm import Vectors
from searchkit.storage.vectors.journal import pending
from searchkit.storage.vectors.segments import DTYPE, Part, are_units
from searchkit.threads import along
from searchkit.types import Embedder, FloatMatrix, Progress, Rows, tells_pieces

FIRST = 2_000  # of new passages, up to so many the model embeds at once: a minute's work at most
SAMPLE, SAMPLE_SHARE = 5_000, 0.1  # of more it embeds so many, or this share, before the others get drafts
CHUNK = 2_000  # passages that the model embeds between two commits
JOURNAL_CHUNK = 128  # and between two entries in the journal: a few seconds of work
DRAFT_CHUNK = 20_000
DRAFT_PARTS = 5  # chunks that are written at once: a segment that is soon swallowed by a larger one was in vain


class Given(Protocol):
    """Vectors that are known before the model is asked."""

    def find(self, digests: Sequence[bytes]) -> Mapping[bytes, npt.NDArray[np.float16]]:
        """Return those of the texts with these digests, by digest."""


def first_sample(lacking: int) -> int:
    """Return how many of the passages that lack a vector the model embeds at once."""
    return min(lacking, max(FIRST, min(SAMPLE, int(SAMPLE_SHARE * lacking))))


Sliced = TypeVar("Sliced", Rows, list[bytes])


class _Chunk(NamedTuple):
    """Passages between two commits: rows, (n,), the digests of their texts, and their word pieces."""

    rows: Rows
    digests: list[bytes]
    pieces: Ragged | None


class _Batch(NamedTuple):
    """Texts that the model reads at once. completes: the chunk whose last they are."""

    digests: list[bytes]
    texts: list[str]
    done: int
    completes: _Chunk | None


class _Draftable(NamedTuple):
    """What is predicted from: of `total` passages those that the model reads, their word pieces, and features."""

    total: int
    rows: Rows
    pieces: Ragged | None
    features: Ragged


class Embedding:
    """Fills in vectors in one write session. Counts passages that were embedded, reused, predicted, or not read."""

    def __init__(
        self,
        writer: store.Writer,
        embedder: Embedder,
        progress: Progress,
        *,
        given: Given | None = None,
        full: bool = False,
        workers: Workers | None = None,
    ) -> None:
        """full: the model embeds every passage, and there are no drafts. given: vectors that are known already.

        workers: who embeds; without them, this process. Raises EmbedderMismatch.
        """
        if embedder.digest != writer.settings.embedder_digest:
            raise EmbedderMismatch(
                f"{writer.path} was built with {writer.settings.embedder} and you gave {embedder.name}. Open it with "
                "that model, or run: searchkit rebuild --embedder NAME"
            )
        self._writer = writer
        self._embedder = embedder
        self._progress = progress
        self._full = full
        self._workers = workers
        self._journal = pending(writer.path, embedder)
        self._journaled = self._journal.load()
        self._given = given
        self.embedded = self.reused = self.predicted = self.unread = 0

    def lacking(self) -> Rows:
        """Return the rows that should get a vector, ascending; in a full run also those with a draft."""
        known = self._writer.open_vectors().all_rows(drafts=False if self._full else None)
        known = np.union1d(known, self._writer.catalog.parts.unread_rows())
        if len(known) == self._writer.catalog.counts()["passages"]:
            return np.empty(0, np.int64)
        return np.setdiff1d(self._writer.catalog.passages.rows(), known, assume_unique=True)

    def fill(self, lacking: Rows, commit: Callable[[], None], buried: Buried | None = None) -> None:
        """Give these rows vectors. Calls `commit` whenever a good deal is done, except at the end.

        buried: what this session removed: its vectors serve texts that came back elsewhere.
        """
        lacking = self._reuse(lacking, buried)
        if self._full or len(lacking) <= FIRST:
            self._teach(self.readable(lacking), commit)
            return
        chosen = student.sample(lacking, first_sample(len(lacking)))
        strange = np.setdiff1d(chosen, self.readable(chosen), assume_unique=True)
        if len(strange):  # in most collections there are none, and the others need not be read twice
            lacking = self.readable(np.setdiff1d(lacking, strange, assume_unique=True))
            chosen = student.sample(lacking, first_sample(len(lacking)))
        self._teach(chosen, commit)
        self._draft(np.setdiff1d(lacking, chosen, assume_unique=True))

    def readable(self, rows: Rows) -> Rows:
        """Return those of the rows that the model can read; note the others, which get no vector."""
        return np.concatenate([np.empty(0, np.int64), *(self._read(chunk)[0] for chunk in chunks(rows, DRAFT_CHUNK))])

    def _read(self, rows: Rows) -> tuple[Rows, list[str]]:
        """Return the same, with their texts."""
        texts = self._texts(rows)
        reads = readable(self._embedder, texts)
        if reads.all():
            return rows, texts
        self._writer.catalog.parts.add_unread(rows[~reads])
        self.unread += int((~reads).sum())
        return rows[reads], list(compress(texts, reads))

    def committed(self) -> None:
        """Forget the journal: what it holds is in a segment now."""
        self._journal.clear()

    def remember(self, buried: Buried) -> None:
        """Put the model's vectors of removed rows into the journal: the next session may bring their texts again."""
        vectors = self._writer.open_vectors(dead=True)
        for pairs in buried.pairs(DRAFT_CHUNK):
            if known := _exact(vectors, pairs):
                self._journal.append(list(known), np.stack(list(known.values())))

    def _reuse(self, rows: Rows, buried: Buried | None) -> Rows:
        """Write the vectors of rows whose texts had one before; return the others."""
        left = [np.empty(0, np.int64)]
        vectors = self._writer.open_vectors(dead=True)
        for chunk in chunks(rows, DRAFT_CHUNK):
            digests = list(self._writer.catalog.passages.digests(chunk.tolist()).values())
            others = self._writer.catalog.passages.rows_by_digest(digests)
            others += buried.find(digests) if buried else []
            known = {**_exact(vectors, others), **(self._given.find(digests) if self._given else {}), **self._journaled}
            found = np.array([digest in known for digest in digests], np.bool_)
            if found.any():
                matrix = np.stack([known[digest] for digest in digests if digest in known])
                found[found] = sound = are_units(matrix)  # what an older version took from a broken model
                again, texts = self._read(chunk[found])
                self._write(again, matrix[sound][among(chunk[found], again)], self._pieces(texts))
                self.reused += len(again)
            left.append(chunk[~found])
        return np.concatenate(left)

    def _teach(self, rows: Rows, commit: Callable[[], None]) -> None:
        """Have the model embed rows; equal texts once. A run that is cut off leaves its vectors in the journal."""
        waiting: deque[_Batch] = deque()

        def texts() -> Iterator[list[str]]:
            for batch in self._batches(rows):
                waiting.append(batch)
                yield batch.texts

        known: dict[bytes, npt.NDArray[Any]] = {}
        for matrix in embedded(self._embedder, texts(), self._workers):
            batch = waiting.popleft()
            self._journal.append(batch.digests, matrix)
            known.update(zip(batch.digests, matrix, strict=True))
            self.embedded += len(batch.digests)
            self._progress("embed", batch.done, len(rows))
            if batch.completes:
                chunk, digests, pieces = batch.completes
                self._write(chunk, np.stack([known[digest] for digest in digests]), pieces)
                known.clear()
                if chunk[-1] != rows[-1]:
                    commit()

    def _batches(self, rows: Rows) -> Iterator[_Batch]:
        """Yield what the model reads at once; of texts between two commits, like lengths share a batch."""
        for start, chunk in zip(range(0, len(rows), CHUNK), chunks(rows, CHUNK), strict=True):
            texts = self._texts(chunk)
            digests = list(self._writer.catalog.passages.digests(chunk.tolist()).values())
            whole = _Chunk(chunk, digests, self._pieces(texts))
            distinct = dict(zip(digests, texts, strict=True))
            done = start
            for own in by_length(distinct, JOURNAL_CHUNK):
                done += len(own)
                is_last = done == start + len(distinct)
                yield _Batch(own, [distinct[digest] for digest in own], done, whole if is_last else None)

    def _draft(self, rows: Rows) -> None:
        """Predict the vectors of rows from those that the model has embedded."""
        if not len(rows):
            return
        vectors = self._writer.open_vectors()
        learner = fitted(vectors, self._embedder, self._texts)
        done, parts = 0, list[Part]()
        readings = map(self._draftable, chunks(rows, DRAFT_CHUNK))
        for reading, predicted in along(lambda reading: learner.predict(reading.features), readings):
            parts.append(_part(reading.rows, predicted, reading.pieces, drafts=True))
            if len(parts) == DRAFT_PARTS:
                self._writer.write_vectors(parts)
                parts = []
            self.predicted += len(reading.rows)
            done += reading.total
            self._progress("predict", done, len(rows))
        self._writer.write_vectors(parts)

    def _draftable(self, rows: Rows) -> _Draftable:
        """Read passages for their drafts."""
        kept, texts = self._read(rows)
        both = getattr(self._embedder, "pieces_and_read", None)
        if both is None:
            return _Draftable(len(rows), kept, self._pieces(texts), student.features(self._embedder, texts))
        pieces, read = zip(*both(texts), strict=True) if texts else ((), ())
        return _Draftable(len(rows), kept, Ragged.of(pieces), student.features_of(read))

    def _write(self, rows: Rows, matrix: FloatMatrix, pieces: Ragged | None) -> None:
        self._writer.write_vectors([_part(rows, matrix, pieces)])

    def _pieces(self, texts: Sequence[str]) -> Ragged | None:
        """Return the texts' word pieces, None of a model that does not tell them."""
        return word_pieces(self._embedder, texts) if tells_pieces(self._embedder) else None

    def _texts(self, rows: Rows) -> list[str]:
        return embedded_texts(self._writer.catalog, rows)


def _part(rows: Rows, matrix: FloatMatrix, pieces: Ragged | None, *, drafts: bool = False) -> Part:
    return Part(rows, matrix.astype(DTYPE), pieces, np.full(len(rows), drafts))


def embedded(model: Embedder, texts: Iterable[list[str]], workers: Workers | None = None) -> Iterator[FloatMatrix]:
    """Yield the model's vectors of each list of texts, in order: (n, dim). workers: who embeds, if not this process."""
    if workers:
        return workers.vectors(model).results(texts)
    return (passage_vectors(model, some) for some in texts)


def _exact(vectors: Vectors, pairs: Sequence[tuple[int, bytes]]) -> dict[bytes, npt.NDArray[Any]]:
    """Return the vectors that the model made of these rows, by digest. pairs: (row, digest)."""
    rows = np.array([row for row, _ in pairs], np.int64)
    matrix = vectors.get(rows)
    known = np.isfinite(matrix).all(axis=1) & ~vectors.drafts(rows) if matrix.size else np.zeros(len(rows), np.bool_)
    return {digest: vector for (_, digest), vector, is_known in zip(pairs, matrix, known, strict=True) if is_known}


def chunks(items: Sliced, size: int) -> Iterator[Sliced]:
    """Yield items in parts of at most this size."""
    return (items[start : start + size] for start in range(0, len(items), max(size, 1)))


def by_length(texts: Mapping[bytes, str], size: int) -> Iterator[list[bytes]]:
    """Yield the digests of texts, so many at a time; like lengths come together, which the model reads fastest."""
    return chunks(sorted(texts, key=lambda digest: len(texts[digest])), size)


def fitted(
    vectors: Vectors, embedder: Embedder, texts: Callable[[Rows], list[str]], most: int = student.MOST
) -> student.Student:
    """Return a student of the model, from at most so many of the vectors that are its own."""
    rows = vectors.all_rows(drafts=False)
    rows = rows if len(rows) <= most else student.sample(rows, most)
    return student.fit(student.features(embedder, texts(rows)), vectors.get(rows), student.prior(embedder))


def ensure_pieces(writer: store.Writer, embedder: Embedder) -> bool:
    """Give word pieces to vectors that were written without them, by format 1; tell if there were such."""
    if not tells_pieces(embedder):
        return False

    def read(rows: Rows) -> Ragged:
        passages = writer.catalog.passages.get(rows.tolist())
        texts = [passages[row].embedded_text if row in passages else "" for row in rows.tolist()]
        return word_pieces(embedder, texts)

    return writer.add_pieces(read)
