"""A write session of an index on a cluster: each batch goes in whole, with the model's own vectors.

There are neither predicted vectors nor near duplicates here: a student and the bands of signatures need all passages at
one place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from searchkit.cluster.batch import Known, New
from searchkit.cluster.mapping import DOCUMENT, PASSAGE
from searchkit.cluster.records import HeldPassage, Spoken, vector_of
from searchkit.cluster.session import Session
from searchkit.errors import EmbedderMismatch
from searchkit.indexing.embedding import Given, by_length, chunks, embedded
from searchkit.indexing.entries import EntryMaker, text_digest
from searchkit.indexing.jobs import Workers
from searchkit.indexing.prepare import Prepared
from searchkit.indexing.stock import Tally
from searchkit.models.embedders.checks import readable, word_pieces
from searchkit.storage.contract import Speaker
from searchkit.text.analysis import Analyzer
from searchkit.text.splitting import passages
from searchkit.types import Document, Embedder, Progress, tells_pieces

BATCH_PASSAGES = 2_000  # a commit each: a minute of embedding, which a crash takes back
CHUNK = 128  # texts that the model reads at once


class ClusterStock:
    """A write session of an index on a cluster."""

    def __init__(
        self,
        session: Session,
        embedder: Embedder | None,
        progress: Progress,
        *,
        given: Given | None = None,
        dry: bool = False,
        workers: Workers | None = None,
    ) -> None:
        """given: vectors that are known already. dry: nothing is stored. workers: who embeds, if not this process.

        Raises EmbedderMismatch.
        """
        self.settings = session.settings
        self.catalog = session.catalog
        if (embedder.digest if embedder else None) != self.settings.embedder_digest:
            raise EmbedderMismatch(
                f"{session.client.address} was built with {self.settings.embedder or 'no model'}, and you gave "
                f"{embedder.name if embedder else 'none'}. Open it with that model."
            )
        self._session = session
        self._embedder = embedder
        self._progress = progress
        self._given = given
        self._dry = dry
        self._workers = workers
        analyzer = Analyzer(self.settings.language)
        self._terms = analyzer.terms
        self._entries = EntryMaker(analyzer)
        self._new: list[New] = []
        self._waiting = 0  # passages
        self._dead: list[Known] = []
        self._key = session.counters.values["key"]
        self._embedded = self._reused = self._unread = 0
        self._was_empty = session.count(DOCUMENT) == 0
        self._taken: dict[str, tuple[int, int | None, bytes]] = {}  # of an index that was empty, all that is in it

    def state(self, doc_id: str) -> tuple[int, int | None, bytes] | None:
        """Return what the index knows of a document, see `KnownDocuments.state`; one that was empty is not asked."""
        return self._taken.get(doc_id) if self._was_empty else self.catalog.documents.state(doc_id)

    @property
    def is_full(self) -> bool:
        """Whether a batch waits."""
        return self._waiting >= BATCH_PASSAGES

    def accept(self, document: Document, file: int | None, content: bytes, prepared: Prepared) -> int:
        """Have a new document and its passages wait; return its key."""
        if self._dry:
            return self._key
        if self._was_empty:
            self._taken[document.id] = (self._key, file, content)
        found = list(passages(document, prepared.places))
        entries = self._entries.analysed(zip(range(len(found)), found, prepared.bodies, strict=True))
        each = zip(found, entries, prepared.signatures, prepared.heard, strict=True)
        held = [
            HeldPassage(passage, entry, text_digest(passage.embedded_text), signature, [
                Spoken(Speaker(one.resolved, one.among), one.verb, one.source_start, one.source_end, one.claim_start,
                       one.claim_end)
                for one in heard
            ])
            for passage, entry, signature, heard in each
        ]  # fmt: skip
        self._new.append(New(self._key, document, file, content, held, [None] * len(held)))
        self._key += 1
        self._waiting += len(held)
        return self._key - 1

    def bury(self, doc_id: str, key: int) -> None:
        """Remove a version of a document."""
        if not self._dry:
            self._dead.append(self.catalog.documents.by_key(key).version)
        self._taken.pop(doc_id, None)
        self.catalog.documents.note(doc_id, None)

    def commit(self) -> None:
        """Give vectors to what waits, and put it in."""
        new = self._with_vectors()
        self._session.reserve(self._key)
        self._session.commit(new, self._dead, self._terms)
        self._new, self._dead, self._waiting = [], [], 0

    def complete(self, *, keeps_vectors: bool = False) -> None:  # noqa: ARG002 - those of the index are found by digest
        """Commit what is left."""
        if self._new or self._dead:
            self.commit()
        else:
            self._session.save()

    def tally(self) -> Tally:
        """Return what there is now."""
        held = self._session.count(PASSAGE), self.catalog.counter("generation")
        return Tally(*held, self._embedded, self._reused, 0, self._unread)

    def _with_vectors(self) -> list[New]:
        """Return what waits with vectors and word pieces."""
        if self._embedder is None:
            return self._new
        texts = {held.digest: held.passage.embedded_text for new in self._new for held in new.passages}
        reads = dict(zip(texts, readable(self._embedder, list(texts.values())).tolist(), strict=True))
        texts = {digest: text for digest, text in texts.items() if reads[digest]}
        vectors = self._known(list(texts))
        self._reused += sum(held.digest in vectors for new in self._new for held in new.passages)
        vectors |= self._computed(
            self._embedder, {digest: text for digest, text in texts.items() if digest not in vectors}
        )
        pieces = self._pieces(self._embedder, texts)
        self._unread += sum(not reads[held.digest] for new in self._new for held in new.passages)
        return [
            new._replace(
                passages=[
                    held._replace(vector=vectors.get(held.digest), pieces=pieces.get(held.digest))
                    for held in new.passages
                ],
                embedded=[reads[held.digest] for held in new.passages],
            )
            for new in self._new
        ]

    def _known(self, digests: Sequence[bytes]) -> dict[bytes, npt.NDArray[np.float16]]:
        """Return the vectors of texts that had one before."""
        found = dict(self._given.find(digests)) if self._given else {}
        left = [digest for digest in digests if digest not in found]
        if not self._was_empty:
            for some in chunks(left, 1_000):
                for source in self._session.vectors(some):
                    vector = vector_of(source)
                    if vector is not None:
                        found[bytes.fromhex(source["digest"])] = vector
        return found

    def _computed(self, model: Embedder, texts: Mapping[bytes, str]) -> Iterator[tuple[bytes, npt.NDArray[np.float16]]]:
        """Yield the model's vectors of texts, by digest."""
        parts = list(by_length(texts, CHUNK))
        made = embedded(model, ([texts[digest] for digest in part] for part in parts), self._workers)
        for part, matrix in zip(parts, made, strict=True):
            self._embedded += len(part)
            self._progress("embed", self._embedded, None)
            yield from zip(part, matrix.astype(np.float16), strict=True)

    def _pieces(self, model: Embedder, texts: Mapping[bytes, str]) -> dict[bytes, npt.NDArray[np.uint16]]:
        """Return the word pieces of texts by digest, none of a model that does not tell them."""
        if not tells_pieces(model):
            return {}
        found = word_pieces(model, list(texts.values()))
        starts = found.ends - found.lengths
        return {
            digest: found.values[start:end]
            for digest, start, end in zip(texts, starts.tolist(), found.ends.tolist(), strict=True)
        }
