"""What waits for the next commit: new documents with their passages, and the rows that died."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from searchkit.indexing.buried import Buried
from searchkit.indexing.embedding import chunks
from searchkit.indexing.entries import EntryMaker, Signed, first_duplicates, signed, text_digest
from searchkit.indexing.prepare import Prepared
from searchkit.indexing.statements import Listener
from searchkit.storage import store
from searchkit.storage.catalog.bands import entries_of
from searchkit.storage.catalog.schema import DocumentRecord, PassageRecord
from searchkit.storage.catalog.spans import byte_offsets
from searchkit.text import minhash
from searchkit.text.analysis import Analyzer
from searchkit.text.splitting import passages
from searchkit.types import Document, Passage

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
    signature: bytes  # MinHash
    byte: int  # where its text begins in the document's, in UTF-8


class Pending:
    """Gathers what a commit will hold, and stores it as part of the writer's transaction."""

    def __init__(self, writer: store.Writer, *, dry: bool = False) -> None:
        """dry: nothing is gathered."""
        self._dry = dry
        self._writer = writer
        self._catalog = writer.catalog
        analyzer = Analyzer(writer.settings.language)
        self._entries = EntryMaker(analyzer)
        self._listener = Listener(analyzer)
        self._documents: list[DocumentRecord] = []
        self._waiting: list[_Waiting] = []
        self._fed = 0  # how many of them the keyword engine has: it indexes in threads of its own while we go on
        self._dead: dict[int, tuple[bytes, bytes]] = {}  # row -> digest, signature
        self.buried = Buried()  # all that this session removed
        self._next_row = self._catalog.counter("next_row")
        self._next_key = self._catalog.documents.next_key()
        self._is_empty = self._next_key == 1  # the catalog

    def __len__(self) -> int:
        """How many passages wait."""
        return len(self._waiting)

    def __bool__(self) -> bool:
        """Whether there is anything to store."""
        return bool(self._waiting or self._dead)

    def state(self, doc_id: str) -> tuple[int, int | None, bytes] | None:
        """Return what the catalog knows of a document: see `Documents.state`."""
        return None if self._is_empty else self._catalog.documents.state(doc_id)

    def accept(self, document: Document, file: int | None, content: bytes, prepared: Prepared) -> int:
        """Have a new document and its passages wait; return its key. content: the document's digest."""
        if self._dry:
            return self._next_key
        record = DocumentRecord(self._next_key, document, file, content)
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
        if len(self._waiting) - self._fed >= FEED_PASSAGES:
            self._feed_keywords()
        return record.key

    def bury(self, key: int) -> None:
        """Remove a document, dead from now on."""
        if self._dry:
            return
        for row, digest, signature in self._catalog.documents.drop(key):
            self._dead[row] = (digest, signature)
            self.buried.add(digest, row)

    def store(self) -> None:
        """Write what waits."""
        self._store_passages()
        self._store_keywords()
        self._catalog.set_counter("next_row", self._next_row)
        self._is_empty = self._is_empty and not self._documents
        self._documents, self._waiting, self._dead, self._fed = [], [], {}, 0

    def _store_passages(self) -> None:
        self._catalog.documents.put(self._documents)
        self._catalog.columns.add(self._placed())
        new = _signed_blobs({w.row: w.signature for w in self._waiting})
        self._forget_duplicates()
        originals = first_duplicates(self._catalog, new)
        self._catalog.passages.put(
            (
                w.document,
                PassageRecord(w.row, w.passage, w.digest, w.signature, originals.get(w.row), w.byte),
            )
            for w in self._waiting
        )
        self._listener.store(self._catalog)
        if self._waiting:
            self._catalog.bands.add(entries_of(new.rows, new.bands))

    def _placed(self) -> list[tuple[Document, int, int]]:
        """Return the documents that wait, each with its first row and how many passages it has."""
        counts = Counter(waiting.document for waiting in self._waiting)
        first = self._waiting[0].row if self._waiting else 0
        firsts = accumulate((counts[record.key] for record in self._documents), initial=first)
        return [
            (record.document, row, counts[record.key]) for record, row in zip(self._documents, firsts, strict=False)
        ]

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
        if fresh:
            self._writer.discard_keywords()
            rewrite_keywords(self._writer, self._entries)
        else:
            self._catalog.set_counter("removed", removed)
            self._writer.write_keywords([], list(self._dead))
            self._feed_keywords()

    def _feed_keywords(self) -> None:
        entries = self._entries.analysed((w.row, w.passage, w.body) for w in self._waiting[self._fed :])
        self._writer.write_keywords(entries, [])
        self._fed = len(self._waiting)


def rewrite_keywords(writer: store.Writer, entries: EntryMaker) -> None:
    """Write the keywords of all passages anew, without those of removed rows."""
    writer.write_keywords([], [], fresh=True)
    for some in writer.catalog.all_passages():
        writer.write_keywords(entries.entries(some), [])
    writer.catalog.set_counter("removed", 0)


def rewrite_bands(writer: store.Writer) -> None:
    """Write anew by what near duplicates of all passages are found."""
    catalog = writer.catalog
    catalog.bands.clear()
    for rows in chunks(catalog.passages.rows(), FEED_PASSAGES):
        found = _signed_blobs(catalog.passages.signatures(rows.tolist()))
        catalog.bands.add(entries_of(found.rows, found.bands))


def _signed_blobs(signatures: Mapping[int, bytes]) -> Signed:
    """Return stored signatures as arrays."""
    joined = np.frombuffer(b"".join(signatures.values()), minhash.DTYPE)
    return signed(signatures, joined.reshape(len(signatures), minhash.PERMUTATIONS))
