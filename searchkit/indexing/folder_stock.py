"""A write session of an index in a folder: words first, vectors at the end."""

from __future__ import annotations

from searchkit.indexing.embedding import Embedding, Given, ensure_pieces, first_sample
from searchkit.indexing.jobs import Workers
from searchkit.indexing.pending import Pending
from searchkit.indexing.prepare import Prepared
from searchkit.indexing.statements import ensure_statements
from searchkit.indexing.stock import Tally
from searchkit.storage import store
from searchkit.types import Document, Embedder, Progress

BATCH_PASSAGES = 20_000  # a commit each: bounds memory, and what a crash takes back


class FolderStock:
    """A write session of an index in a folder."""

    def __init__(
        self,
        writer: store.Writer,
        embedder: Embedder | None,
        progress: Progress,
        *,
        given: Given | None = None,
        full: bool = False,
        dry: bool = False,
        workers: Workers | None = None,
    ) -> None:
        """given, full, workers: see `Embedding`. dry: nothing is stored."""
        self._writer = writer
        self.settings = writer.settings
        self.catalog = writer.catalog
        works = embedder is not None and not dry
        self._embedding = (
            Embedding(writer, embedder, progress, given=given, full=full, workers=workers)
            if embedder and works
            else None
        )
        self._pending = Pending(writer, dry=dry)
        writer.begin()
        ensure_statements(writer)
        writer.catalog.ensure()
        self._completed = embedder is not None and works and ensure_pieces(writer, embedder)

    def state(self, doc_id: str) -> tuple[int, int | None, bytes] | None:
        """Return what the catalog knows of a document, see `Documents.state`."""
        return self._pending.state(doc_id)

    @property
    def is_full(self) -> bool:
        """Whether a batch waits."""
        return len(self._pending) >= BATCH_PASSAGES

    def accept(self, document: Document, file: int | None, content: bytes, prepared: Prepared) -> int:
        """Have a new document and its passages wait; return its key."""
        return self._pending.accept(document, file, content, prepared)

    def bury(self, doc_id: str, key: int) -> None:  # noqa: ARG002 - a key is enough here
        """Remove a version of a document."""
        self._pending.bury(key)

    def commit(self) -> None:
        """Write what waits, make it durable and visible, and go on. Its vectors follow at the end of the session."""
        self._pending.store()
        self._writer.commit()
        self._writer.begin()

    def complete(self, *, keeps_vectors: bool = False) -> None:
        """Commit what is left, and give vectors to what lacks them."""
        changed = bool(self._pending) or self._completed
        if changed:
            self._pending.store()
        if self._embedding:
            lacking = self._embedding.lacking()
            if len(lacking) > first_sample(len(lacking)) and changed:  # searchable by words, before the model's say
                self._commit()
            changed = changed or len(lacking) > 0
            self._embedding.fill(lacking, self._commit, self._pending.buried)
        if changed:
            self._commit()
        self._writer.catalog.commit()  # times of files alone make no new generation
        if self._embedding and keeps_vectors:
            self._embedding.remember(self._pending.buried)

    def tally(self) -> Tally:
        """Return what there is now."""
        done, catalog = self._embedding, self._writer.catalog
        held = catalog.counts()["passages"], catalog.counter("generation")
        return Tally(*held, done.embedded, done.reused, done.predicted, done.unread) if done else Tally(*held)

    def _commit(self) -> None:
        """Commit what is stored, with the vectors that were made."""
        self._writer.commit()
        if self._embedding:
            self._embedding.committed()
        self._writer.begin()
