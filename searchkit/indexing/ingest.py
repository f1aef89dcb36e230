"""Documents into the index: compared with what is known, split, analysed, embedded, committed in batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from searchkit.errors import DocumentError
from searchkit.indexing.cleaning import cleaned
from searchkit.indexing.embedding import Embedding, Given, ensure_pieces, first_sample
from searchkit.indexing.entries import (
    EntryMaker,
    Signed,
    first_duplicates,
    signed,
    text_digest,
)
from searchkit.indexing.jobs import Pipeline
from searchkit.indexing.prepare import Bug, Contents, File, Prepared, Recipe, Text
from searchkit.indexing.statements import Listener, ensure_statements
from searchkit.models.embedders import portable_counter
from searchkit.storage import store
from searchkit.storage.catalog.bands import entries_of
from searchkit.storage.catalog.schema import DocumentRecord, PassageRecord
from searchkit.storage.catalog.spans import byte_offsets
from searchkit.text import minhash
from searchkit.text.analysis import Analyzer
from searchkit.text.splitting import Limits, passages
from searchkit.types import Document, Embedder, Failure, Metadata, Passage, Progress, SyncReport

BATCH_PASSAGES = 20_000  # a commit each: bounds memory, and what a crash takes back
FEED_PASSAGES = 1_000  # handed to the keyword engine at once
FRESH_SHARE = 0.2  # removed rows that BM25's statistics still count, as a share of the living, before a rebuild
FRESH_SIZE = 2_000  # below this many passages any removal rebuilds: it takes a fraction of a second


class _Waiting(NamedTuple):
    """A passage that waits for the batch's commit."""

    row: int
    document: int  # key
    passage: Passage
    body: str  # index terms, joined
    digest: bytes  # of the embedded text
    signature: npt.NDArray[np.uint8]
    byte: int  # where its text begins in the document's, in UTF-8


class Ingest:
    """One write session: `put`, `put_file`, `then` and `drop` any number of times, `finish`, and `close` in any case.

    What follows from each document alone is worked out while others are put. Whatever depends on order happens in the
    order of the calls to `put` and `put_file`; what shall come after these needs `then` or `flush`.
    """

    def __init__(
        self,
        writer: store.Writer,
        embedder: Embedder | None,
        count_tokens: Callable[[Sequence[str]], list[int]],
        progress: Progress,
        *,
        given: Given | None = None,
        full: bool = False,
        dry: bool = False,
    ) -> None:
        """given, full: see `Embedding`. dry: nothing is stored, and the report says what would have been."""
        self._dry = dry
        self._writer = writer
        self._catalog = writer.catalog
        self._progress = progress
        settings = writer.settings
        limits = Limits(target=settings.target_tokens, maximum=settings.max_tokens)
        portable = portable_counter(embedder)
        self._pipeline = Pipeline(
            Recipe(settings.language, limits, portable or count_tokens), portable=portable is not None
        )
        analyzer = Analyzer(writer.settings.language)
        self._entries = EntryMaker(analyzer)
        self._listener = Listener(analyzer)
        works = embedder is not None and not dry
        self._embedding = Embedding(writer, embedder, progress, given=given, full=full) if embedder and works else None
        self._documents: list[DocumentRecord] = []
        self._waiting: list[_Waiting] = []
        self._fed = 0  # how many of them the keyword engine has: it indexes in threads of its own while we go on
        self._dead: dict[int, tuple[bytes, bytes]] = {}  # row -> digest, signature
        self._buried: dict[bytes, int] = {}  # digest -> row, of all that this session removed
        self._seen: set[str] = set()
        self._next_row = self._catalog.counter("next_row")
        self._next_key = self._catalog.documents.next_key()
        self._was_empty = self._next_key == 1
        self._added: list[str] = []
        self._changed: list[str] = []
        self._removed: list[str] = []
        self._kept = 0
        self.taken = 0  # documents that are in: added, changed or kept
        self.failed: list[Failure] = []
        self.skipped: dict[str, int] = {}
        self.gone: set[int] = set()  # keys of files that are no longer there: they claim nothing
        self.disputed: set[int] = set()  # keys of files that lost a document to another: to be read again
        self.released: set[str] = set()  # ids of documents that their files no longer hold: others may claim them
        self.misread = 0  # documents and files that could not be read
        self.stale: list[str] = []
        self.withheld: list[str] = []
        self.warnings: list[str] = []
        self.keeps_vectors = False  # of what it removes, for the next session
        writer.begin()
        ensure_statements(writer)
        self._catalog.bands.ensure()
        self._catalog.passages.ensure_bytes()
        self._completed = embedder is not None and works and ensure_pieces(writer, embedder)

    def fail(self, source: str, reason: str) -> None:
        """Record a source that could not be read."""
        self.failed.append(Failure(source, reason))

    def misses(self, failure: Failure) -> None:
        """Record something in a file that could not be read."""
        self.failed.append(failure)
        self.misread += 1

    @property
    def added(self) -> int:
        """How many documents were added so far."""
        return len(self._added)

    def keep(self, documents: int) -> None:
        """Count documents of a file that has not changed."""
        self._kept += documents

    def put(self, document: Document, file: int | None = None, extra: Metadata | None = None) -> None:
        """Add a document with more metadata, or replace the one of the same id if its content differs."""
        item = cleaned(document, extra)
        if isinstance(item, Failure):
            self.then(partial(self.misses, item))
            return
        document, digest = item
        known = None if self._was_empty else self._catalog.documents.state(document.id)
        job = Text(document.text, document.marks) if known is None or known[2] != digest else None
        self._pipeline.put(job, partial(self._take, document, digest, file))

    def put_file(self, job: File, file: int) -> None:
        """Read a file that holds few documents, and put them."""
        self._pipeline.put(job, partial(self._take_file, file))

    def then(self, action: Callable[[], object]) -> None:
        """Do something when all that was put so far is in."""
        self._pipeline.put(None, lambda _: action())

    def flush(self) -> None:
        """Wait until all that was put is in."""
        self._pipeline.flush()

    def close(self) -> None:
        """End what helped. What was not committed is lost."""
        self._pipeline.close()

    def _take_file(self, file: int, contents: Contents) -> None:
        for item in contents.items:
            if isinstance(item, Failure):
                self.misses(item)
            else:
                self._take(item.document, item.digest, file, item.prepared)

    def _take(self, document: Document, digest: bytes, file: int | None, prepared: Prepared | Bug | None) -> None:
        """Put a document in, whose passages are known unless the index seemed to have it as it is."""
        try:
            state = self._state(document, file)
        except DocumentError as error:
            self.fail(document.id, str(error))
            return
        if state is not None and state[2] == digest:
            self._catalog.documents.adopt(state[0], file)
            self._kept += 1
            self.taken += 1
            return
        if prepared is None:
            prepared = self._pipeline.do(Text(document.text, document.marks))
        if isinstance(prepared, Bug) or not prepared.places:
            self._seen.discard(document.id)
            reason, bug = (prepared.reason, True) if isinstance(prepared, Bug) else ("holds no text", False)
            self.misses(Failure(document.id, reason, bug))
            return
        if state is not None:
            self._bury(state[0])
        (self._added if state is None else self._changed).append(document.id)
        self.taken += 1
        self._accept(DocumentRecord(self._next_key, document, file, digest), prepared)

    def _accept(self, record: DocumentRecord, prepared: Prepared) -> None:
        """Have a new document and its passages wait for the next commit, which comes when enough wait."""
        if self._dry:
            return
        self._next_key += 1
        self._documents.append(record)
        self._listener.note(self._next_row, prepared.heard)
        found = list(passages(record.document, prepared.places))
        starts = byte_offsets(record.document.text, (passage.start for passage in found))
        each = zip(found, prepared.bodies, prepared.signatures, starts, strict=True)
        for passage, body, signature, byte in each:
            digest = text_digest(passage.embedded_text)
            self._waiting.append(_Waiting(self._next_row, record.key, passage, body, digest, signature, byte))
            self._next_row += 1
        if len(self._waiting) >= BATCH_PASSAGES:
            self.commit()
        elif len(self._waiting) - self._fed >= FEED_PASSAGES:
            self._feed_keywords()

    def _state(self, document: Document, file: int | None) -> tuple[int, int | None, bytes] | None:
        """Return what is known under the document's id. Raises DocumentError if the id is another's."""
        if document.id in self._seen:
            raise DocumentError("this id came before in the same run; the first one was taken")
        state = None if self._was_empty else self._catalog.documents.state(document.id)
        if state is not None and state[1] is not None and state[1] != file:
            self._settle_claim(document.id, state[1], file)
        self._seen.add(document.id)
        self._progress("read", len(self._seen), None)
        return state

    def _settle_claim(self, doc_id: str, owner: int, claimant: int | None) -> None:
        """Let the file that comes first by path have an id that two claim, whichever was read first.

        The loser is read again by every sync, so that it gets the id as soon as the winner gives it up.
        """
        if owner in self.gone or doc_id in self.released:
            return
        path = self._catalog.sources.file_path(owner)
        if claimant is None or path < self._catalog.sources.file_path(claimant):
            raise DocumentError(f"this id belongs to a document of {path}, which was kept; give it another id")
        self._catalog.sources.unsettle_file(owner)
        self.disputed.add(owner)

    def drop(self, doc_id: str) -> bool:
        """Remove a document; tell whether there was one."""
        state = self._catalog.documents.state(doc_id)
        if state is None:
            return False
        self._bury(state[0])
        self._removed.append(doc_id)
        return True

    def seen(self, doc_id: str) -> bool:
        """Tell whether `put` took a document of this id in this session."""
        return doc_id in self._seen

    def _bury(self, key: int) -> None:
        if self._dry:
            return
        for row, digest, signature in self._catalog.documents.drop(key):
            self._dead[row] = (digest, signature)
            self._buried[digest] = row

    def finish(self) -> SyncReport:
        """Commit what is left, if anything; return what was done."""
        self.flush()
        self.close()  # the model may want the memory
        if not self._dry:
            self._complete()
        return self._report()

    def _complete(self) -> None:
        """Commit what is left, and give vectors to what lacks them."""
        changed = bool(self._waiting or self._dead or self._completed)
        if changed:
            self._store()
        if self._embedding:
            lacking = self._embedding.lacking()
            if len(lacking) > first_sample(len(lacking)) and changed:  # searchable by words, before the model's say
                self._commit()
            changed = changed or len(lacking) > 0
            self._embedding.fill(lacking, self._commit, self._buried)
        if changed:
            self._commit()
        self._catalog.commit()  # times of files alone make no new generation
        if self._embedding and self.keeps_vectors:
            self._embedding.remember(self._buried)

    def _report(self) -> SyncReport:
        done = self._embedding
        return SyncReport(
            tuple(self._added), tuple(self._changed), tuple(self._removed), self._kept, tuple(self.failed),
            self.skipped, self._catalog.counts()["passages"],
            done.embedded if done else 0, done.reused if done else 0, done.predicted if done else 0,
            self._catalog.counter("generation"), tuple(self.stale), tuple(self.withheld), tuple(self.warnings),
            self._dry,
        )  # fmt: skip

    def commit(self) -> None:
        """Write what waits, make it durable and visible, and go on. Its vectors follow at the end of the session."""
        self._store()
        self._writer.commit()
        self._writer.begin()

    def _store(self) -> None:
        self._store_passages()
        self._store_keywords()
        self._catalog.set_counter("next_row", self._next_row)
        self._documents, self._waiting, self._dead, self._fed = [], [], {}, 0

    def _commit(self) -> None:
        """Commit what is stored, with the vectors that were made."""
        self._writer.commit()
        if self._embedding:
            self._embedding.committed()
        self._writer.begin()

    def _store_passages(self) -> None:
        self._catalog.documents.put(self._documents)
        signatures = np.array([w.signature for w in self._waiting], minhash.DTYPE)
        new = signed([w.row for w in self._waiting], signatures.reshape(-1, minhash.PERMUTATIONS))
        self._forget_duplicates()
        originals = first_duplicates(self._catalog, new)
        self._catalog.passages.put(
            (
                w.document,
                PassageRecord(w.row, w.passage, w.digest, signature.tobytes(), originals.get(w.row), w.byte),
            )
            for w, signature in zip(self._waiting, new.signatures, strict=True)
        )
        self._listener.store(self._catalog)
        if self._waiting:
            self._catalog.bands.add(entries_of(new.rows, new.bands))

    def _forget_duplicates(self) -> None:
        """Take the dead out of the bands; find new originals for passages whose original died."""
        if not self._dead:
            return
        dead = _signed_blobs({row: signature for row, (_, signature) in self._dead.items()})
        self._catalog.bands.drop(entries_of(dead.rows, dead.bands))
        orphans = self._catalog.passages.duplicates_of(self._dead)
        if orphans:
            found = first_duplicates(self._catalog, _signed_blobs(orphans))
            self._catalog.passages.set_duplicate_of((found.get(row), row) for row in orphans)

    def _store_keywords(self) -> None:
        removed = self._catalog.counter("removed") + len(self._dead)
        living = self._catalog.counts()["passages"]
        fresh = removed > 0 and (living <= FRESH_SIZE or removed > FRESH_SHARE * living)
        self._catalog.set_counter("removed", 0 if fresh else removed)
        if fresh:
            self._writer.discard_keywords()
            self._writer.write_keywords([], [], fresh=True)
            for passages in self._catalog.all_passages():
                self._writer.write_keywords(self._entries.entries(passages), [])
        else:
            self._writer.write_keywords([], list(self._dead))
            self._feed_keywords()

    def _feed_keywords(self) -> None:
        entries = [self._entries.entry(w.row, w.passage, w.body) for w in self._waiting[self._fed :]]
        self._writer.write_keywords(entries, [])
        self._fed = len(self._waiting)


def _signed_blobs(signatures: Mapping[int, bytes]) -> Signed:
    """Return stored signatures as arrays."""
    matrix = np.stack([np.frombuffer(blob, minhash.DTYPE) for blob in signatures.values()])
    return signed(signatures, matrix)
