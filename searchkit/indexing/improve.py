"""The model's own vectors in place of predicted ones, as many as a budget allows, what pays most first."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np

from searchkit.errors import EmbedderMismatch, QueryError
from searchkit.indexing.embedding import chunks, fitted
from searchkit.indexing.entries import embedded_texts
from searchkit.models import student
from searchkit.models.embedders.checks import passage_vectors
from searchkit.storage import store
from searchkit.storage.snapshot import Snapshot
from searchkit.storage.turns import PATIENCE
from searchkit.storage.vectors.journal import reached
from searchkit.storage.vectors.segments import DTYPE, Part, part_of
from searchkit.types import Embedder, Progress, Results, Rows

CHUNK = 64  # passages between two looks at the clock: a second of work
HELD = 1_024  # passages that are embedded before they are committed
POOL = 5_000  # passages that are ranked by how well they are predicted, when their turn comes
EXAMPLES = 1_000  # from which that is learnt: enough to tell, in a second


@dataclass(frozen=True, slots=True)
class Budget:
    """What an improvement may take: seconds, passages; None for no limit. timeout: what commits wait, or PATIENCE."""

    seconds: float | None = None
    passages: int | None = None
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class ImproveReport:
    """What an improvement did: passages that the model embedded, vectors that searches had left, drafts that remain."""

    embedded: int
    reached: int
    drafts: int
    generation: int

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON-ready values."""
        return {name: getattr(self, name) for name in self.__slots__}


def improve(
    path: Path, embedder: Embedder | None, first: Sequence[Results], budget: Budget, progress: Progress
) -> ImproveReport:
    """Embed passages that have drafts until none is left or the budget is used up; what pays most comes first.

    That is what searches with `upgrade` have left, then the passages of these results, the best of each before the
    second best, then what is predicted worst. The writer's lock is held for commits alone; an interruption loses
    nothing. Raises IndexLocked if another writer holds the lock for longer than the budget's timeout.
    """
    if embedder is None:
        raise QueryError(f"{path} holds no vectors. Add them with: searchkit rebuild --embedder minilm")
    deadline = math.inf if budget.seconds is None else time.monotonic() + budget.seconds
    timeout = PATIENCE if budget.timeout is None else budget.timeout
    found = _keep_reached(path, embedder, timeout)
    wanted, rest = _drafts(path, first)
    most = min(len(wanted) + len(rest), math.inf if budget.passages is None else budget.passages)
    held = _Held(path, embedder, timeout)
    try:
        for chunk in _order(path, embedder, wanted, rest):
            if time.monotonic() >= deadline or held.embedded >= most:
                break
            held.embed(chunk[: int(most) - held.embedded])
            progress("embed", held.embedded, int(most))
    finally:  # also of an interruption: what is done is done
        held.commit()
    with store.opened(path) as snapshot:
        drafts = len(snapshot.vectors.all_rows(drafts=True))
        return ImproveReport(held.embedded, found, drafts, snapshot.generation)


class _Held:
    """Vectors that were computed and wait for a commit."""

    def __init__(self, path: Path, embedder: Embedder, timeout: float) -> None:
        self._path = path
        self._embedder = embedder
        self._timeout = timeout
        self._parts: list[Part] = []
        self.embedded = 0

    def embed(self, rows: Rows) -> None:
        """Embed the passages of those rows that still exist."""
        with store.opened(self._path) as snapshot:
            passages = snapshot.catalog.passages.get(rows.tolist())
            rows = np.array([row for row in rows.tolist() if row in passages], np.int64)
            pieces = snapshot.vectors.pieces(rows)
        texts = [passages[row].embedded_text for row in rows.tolist()]
        if texts:
            matrix = passage_vectors(self._embedder, texts)
            self._parts.append(Part(rows, matrix.astype(DTYPE), pieces))
            self.embedded += len(rows)
        if sum(len(part.rows) for part in self._parts) >= HELD:
            self.commit()

    def commit(self) -> None:
        """Write what is held, if anything."""
        parts, self._parts = self._parts, []
        if parts:
            with store.writing(self._path, self._timeout) as writer:
                writer.begin()
                _write(writer, self._embedder, parts)


def _write(writer: store.Writer, embedder: Embedder, parts: Sequence[Part]) -> None:
    """Commit vectors of rows that still exist, if the index still has the model that made them."""
    if writer.settings.embedder_digest != embedder.digest:
        raise EmbedderMismatch(f"{writer.path} got another model meanwhile; open it anew")
    living = writer.catalog.passages.digests(row for part in parts for row in part.rows.tolist())
    masks = [np.array([row in living for row in part.rows.tolist()], np.bool_) for part in parts]
    writer.write_vectors([part_of(part, mask) for part, mask in zip(parts, masks, strict=True)])
    writer.commit()


def _keep_reached(path: Path, embedder: Embedder, timeout: float) -> int:
    """Give drafts the vectors that searches computed for them and left in a journal; return how many."""
    with store.writing(path, timeout) as writer:
        writer.begin()
        journal = reached(path, embedder).taken()
        known = journal.load()
        pairs = writer.catalog.passages.rows_by_digest(known)
        rows = np.array([row for row, _ in pairs], np.int64)
        vectors = writer.open_vectors()
        drafts = vectors.drafts(rows)
        if drafts.any():
            kept = [(row, known[digest]) for (row, digest), draft in zip(pairs, drafts, strict=True) if draft]
            rows, matrix = np.array([row for row, _ in kept], np.int64), np.stack([vector for _, vector in kept])
            _write(writer, embedder, [Part(rows, matrix, vectors.pieces(rows))])
        journal.clear()
    return int(drafts.sum())


def _drafts(path: Path, first: Sequence[Results]) -> tuple[Rows, Rows]:
    """Return the rows of drafts: those in these results by rank, and the others, ascending."""
    found = (hit.passage.id for rank in zip_longest(*first) for hit in rank if hit is not None)
    with store.opened(path) as snapshot:
        drafts = snapshot.vectors.all_rows(drafts=True)
        named = [snapshot.catalog.passages.row_of(passage_id) for passage_id in dict.fromkeys(found)]
        wanted = np.array([row for row in named if row is not None], np.int64)
        wanted = wanted[np.isin(wanted, drafts)]
        return wanted, np.setdiff1d(drafts, wanted, assume_unique=True)


def _order(path: Path, embedder: Embedder, wanted: Rows, rest: Rows) -> Iterator[Rows]:
    """Yield rows, CHUNK at a time: those that are wanted, then the others, the worst predicted of each pool first.

    A pool is ranked when its turn comes, so that a small budget is spent on passages, not on their order.
    """
    yield from chunks(wanted, CHUNK)
    learner: student.Student | None = None
    for pool in chunks(np.random.default_rng(0).permutation(rest), POOL):
        with store.opened(path) as snapshot:
            texts = partial(embedded_texts, snapshot.catalog)
            learner = learner or fitted(snapshot.vectors, embedder, texts, EXAMPLES)
            ranked = _worst_first(snapshot, embedder, learner, pool)
        yield from chunks(ranked, CHUNK)


def _worst_first(snapshot: Snapshot, embedder: Embedder, learner: student.Student, rows: Rows) -> Rows:
    """Return those of the rows that still exist in the order of how little the student knows of them."""
    living = snapshot.catalog.passages.digests(rows.tolist())
    rows = np.array([row for row in rows.tolist() if row in living], np.int64)
    # the pieces on disk, each once, order passages as those of their texts would
    pieces = snapshot.vectors.pieces(rows) if hasattr(embedder, "read_pieces") else None
    read = student.features(embedder, embedded_texts(snapshot.catalog, rows)) if pieces is None else pieces
    return rows[np.argsort(-learner.uncertainty(read), kind="stable")]
