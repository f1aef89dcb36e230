"""What is derived from passages: keyword entries, embedded texts with their vectors, near duplicates."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from searchkit import duplicates, store, vectors
from searchkit.catalog import Catalog
from searchkit.days import day_of
from searchkit.errors import EmbedderMismatch
from searchkit.journal import DIGEST_SIZE, Journal
from searchkit.keywords import Entry
from searchkit.ragged import Ragged
from searchkit.snapshot import open_segments
from searchkit.text import Analyzer
from searchkit.types import Embedder, FloatMatrix, Passage, PieceEmbedder, Progress, Rows

EMBED_CHUNK = 128  # passages between two entries in the journal: a few seconds of work
ENTRY_CHUNK = 2_000


def embedded_text(passage: Passage) -> str:
    """Return what the model reads for a passage: its document's title, then the passage."""
    return f"{passage.title}\n{passage.text}" if passage.title else passage.text


def text_digest(text: str) -> bytes:
    """Return the digest by which a text's vector is found again: 16 bytes."""
    return hashlib.blake2b(text.encode(), digest_size=DIGEST_SIZE).digest()


class EntryMaker:
    """Makes keyword entries; titles and sections, which passages share, are analysed once."""

    def __init__(self, analyzer: Analyzer) -> None:
        self._analyzer = analyzer
        self._joined = lru_cache(maxsize=64)(analyzer.joined)

    def body(self, passage: Passage) -> str:
        """Return the index terms of a passage's text, joined by spaces."""
        return self._analyzer.joined(passage.text)

    def entry(self, row: int, passage: Passage, body: str) -> Entry:
        """Return the entry of a passage whose terms are known.

        The title stands before a document's first passage, as on the page. Before every one it would make its words
        worthless in a small collection: a word in all passages of the only report about Vietnam tells none apart.
        """
        title = self._joined(passage.title)
        return Entry(
            row,
            title,
            self._joined(passage.section),
            f"{title} {body}" if title and passage.ordinal == 0 else body,
            day_of(str(passage.metadata.get("date") or "")),
        )

    def entries(self, passages: Mapping[int, Passage]) -> list[Entry]:
        """Return the entries of passages by row."""
        return [self.entry(row, passage, self.body(passage)) for row, passage in passages.items()]


def all_passages(catalog: Catalog) -> Iterator[dict[int, Passage]]:
    """Yield every passage of the index by row, in chunks."""
    chunk: dict[int, Passage] = {}
    for doc_id in catalog.document_ids():
        chunk.update(catalog.passages_of(doc_id))
        if len(chunk) >= ENTRY_CHUNK:
            yield chunk
            chunk = {}
    yield chunk


class VectorSource:
    """Finds vectors that are known already, and has the model make the rest."""

    def __init__(
        self,
        writer: store.Writer,
        embedder: Embedder,
        progress: Progress,
        given: Mapping[bytes, npt.NDArray[np.float16]] = MappingProxyType({}),
    ) -> None:
        settings = writer.settings
        if embedder.digest != settings.embedder_digest:
            raise EmbedderMismatch(
                f"{writer.path} was built with {settings.embedder} and you gave {embedder.name}. Open it with that "
                "model, or run: searchkit rebuild --embedder NAME"
            )
        self._writer = writer
        self._embedder = embedder
        self._progress = progress
        self._journal = Journal(writer.path / "vectors" / "pending", embedder.digest, embedder.dim)
        self._journaled = self._journal.load()
        self._given = given
        self.embedded = 0
        self.reused = 0

    def vectors(
        self, digests: Sequence[bytes], texts: Sequence[str], known: Mapping[bytes, int]
    ) -> npt.NDArray[np.float16]:
        """Return the texts' vectors: (len(texts), dim). known: digest -> a row that has this vector."""
        found: dict[bytes, npt.NDArray[Any]] = dict(self._stored(known))
        for source in (self._journaled, self._given):
            found.update((digest, source[digest]) for digest in digests if digest in source)
        self.reused += sum(digest in found for digest in digests)
        missing = {d: text for d, text in zip(digests, texts, strict=True) if d not in found}
        found.update(self._embed(missing))
        if not digests:
            return np.empty((0, self._embedder.dim), np.float16)
        return np.stack([found[digest] for digest in digests]).astype(np.float16)

    def pieces(self, texts: Sequence[str]) -> Ragged | None:
        """Return the texts' word pieces, None of a model that does not tell them."""
        return Ragged.of(self._embedder.pieces(texts)) if isinstance(self._embedder, PieceEmbedder) else None

    def committed(self) -> None:
        """Forget the journal: what it holds is in a segment now."""
        self._journal.clear()
        self._journaled = {}

    def _stored(self, known: Mapping[bytes, int]) -> Iterator[tuple[bytes, npt.NDArray[np.float32]]]:
        """Yield vectors from the segments, also of rows that just died."""
        opened = open_segments(self._writer.path, self._writer.catalog, self._embedder.dim)
        rows = np.fromiter(known.values(), np.int64, len(known))
        matrix = vectors.Vectors(opened, np.empty(0, np.int64)).get(rows)
        for digest, vector in zip(known, matrix, strict=True):
            if len(vector) and np.isfinite(vector[0]):
                yield digest, vector

    def _embed(self, missing: Mapping[bytes, str]) -> Iterator[tuple[bytes, npt.NDArray[Any]]]:
        """Embed texts in chunks, the journal after each, so that no finished work is ever done again."""
        digests = sorted(missing, key=lambda digest: len(missing[digest]))  # like lengths share a batch
        for start in range(0, len(digests), EMBED_CHUNK):
            chunk = digests[start : start + EMBED_CHUNK]
            matrix: FloatMatrix = self._embedder.embed_passages([missing[digest] for digest in chunk])
            self._journal.append(chunk, matrix)
            self.embedded += len(chunk)
            self._progress("embed", start + len(chunk), len(digests))
            yield from zip(chunk, matrix, strict=True)


def ensure_pieces(writer: store.Writer, embedder: Embedder) -> bool:
    """Give word pieces to vectors that were written without them, by format 1; tell if there were such."""
    if not isinstance(embedder, PieceEmbedder):
        return False

    def read(rows: Rows) -> Ragged:
        passages = writer.catalog.passages(rows.tolist())
        texts = [embedded_text(passages[row]) if row in passages else "" for row in rows.tolist()]
        return Ragged.of(embedder.pieces(texts))

    return writer.add_pieces(read)


class Signed(NamedTuple):
    """Rows with their MinHash signatures (n, P) and LSH bands (n, B)."""

    rows: Rows
    signatures: npt.NDArray[Any]
    bands: npt.NDArray[np.int64]


def signed(rows: Iterable[int], signatures: npt.NDArray[Any]) -> Signed:
    """Return rows with their signatures and the bands that follow from them."""
    return Signed(np.fromiter(rows, np.int64), signatures, duplicates.bands(signatures))


def first_duplicates(catalog: Catalog, new: Signed) -> dict[int, int]:
    """Return the rows that are near duplicates of an earlier one, each with the first such.

    Only the first row of each band is compared: a passage repeated a thousand times costs no more than one.
    """
    if not len(new.rows):
        return {}
    first = _first_in_bands(catalog, new)
    doubtful = np.flatnonzero((first < new.rows[:, None]).any(axis=1))
    own = dict(zip(new.rows.tolist(), new.signatures, strict=True))
    others = {row for row in first[doubtful].ravel().tolist() if row not in own}
    stored = catalog.signatures(others)
    known = own | {row: np.frombuffer(blob, duplicates.DTYPE) for row, blob in stored.items()}
    found: dict[int, int] = {}
    for at in doubtful.tolist():
        row = int(new.rows[at])
        for candidate in sorted(set(first[at].tolist())):
            if candidate >= row:
                break
            if float(duplicates.similarity(own[row], known[candidate])) >= duplicates.THRESHOLD:
                found[row] = candidate
                break
    return found


def _first_in_bands(catalog: Catalog, new: Signed) -> npt.NDArray[np.int64]:
    """Return the lowest row in each of the new rows' bands, new or stored: (n, B)."""
    keys, inverse = np.unique(new.bands, return_inverse=True)
    lowest = np.full(len(keys), np.iinfo(np.int64).max)
    np.minimum.at(lowest, inverse.ravel(), np.repeat(new.rows, new.bands.shape[1]))
    stored = catalog.first_in_bands(keys.tolist())
    if stored:
        at = np.searchsorted(keys, np.fromiter(stored, np.int64, len(stored)))
        lowest[at] = np.minimum(lowest[at], np.fromiter(stored.values(), np.int64, len(stored)))
    first: npt.NDArray[np.int64] = lowest[inverse].reshape(new.bands.shape)
    return first
