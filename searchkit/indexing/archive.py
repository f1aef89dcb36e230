"""A whole index as one portable file: a zip of JSON lines and .npy arrays, which any tool can read.

manifest.json    format, settings, generation
documents.jsonl  one document a line: id, text, title, metadata, marks, page_starts; omitted, if any
passages.jsonl   one passage a line: id, start, end, lines, page, section (for other tools; not read back)
digests.npy      (n, 16) uint8   digest of each text that the model has embedded
vectors.npy      (n, dim) float16; what was only predicted is left out, and predicted anew

Neither way holds more than a chunk of it in memory; importing also 16 bytes a vector, by which it is found.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import astuple, replace
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from searchkit.errors import DocumentError, UnsupportedFormat
from searchkit.indexing.embedding import chunks
from searchkit.indexing.folder_stock import FolderStock
from searchkit.indexing.ingest import Ingest
from searchkit.models.embedders import embedder as embedder_called
from searchkit.models.embedders import estimate_all, recorded
from searchkit.storage import creation, durable, refusals, store
from searchkit.storage.settings import FITTED, Settings
from searchkit.storage.snapshot import Snapshot
from searchkit.storage.vectors.journal import DIGEST_SIZE
from searchkit.storage.vectors.segments import DTYPE
from searchkit.text.analysis import Analyzer
from searchkit.types import Document, Embedder, Mark, Omission, Progress, SyncReport

ARCHIVE_FORMAT = 1
SETTINGS = ("engine", "language", "analyzer", "target_tokens", "max_tokens", "embedder", "embedder_digest", "dim")
CHUNK = 4_096  # passages or vectors at a time

KEY = np.dtype("<u8")
DAMAGE = (
    OSError, EOFError, KeyError, ValueError, TypeError, AttributeError, NotImplementedError, RuntimeError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip

Array = npt.NDArray[Any]


def export(snapshot: Snapshot, path: Path) -> int:
    """Write the snapshot to `path`; return the number of documents. Raises StorageError."""
    with (
        refusals.translated(path, missing=True),
        durable.replacing(path) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
    ):
        settings = snapshot.settings.to_dict()
        manifest = {"searchkit": "archive", "format": ARCHIVE_FORMAT, "generation": snapshot.generation} | settings
        archive.writestr("manifest.json", json.dumps(manifest, indent=2))
        count = 0
        with archive.open("documents.jsonl", "w", force_zip64=True) as lines:
            for document in snapshot.catalog.documents.all():
                _write_line(lines, _document_fields(document))
                count += 1
        with archive.open("passages.jsonl", "w", force_zip64=True) as lines:
            _write_passages(lines, snapshot)
        if snapshot.settings.dim:
            _write_vectors(archive, snapshot)
    return count


def _write_passages(lines: IO[bytes], snapshot: Snapshot) -> None:
    for rows in chunks(snapshot.catalog.passages.rows(), CHUNK):
        for passage in snapshot.catalog.passages.get(rows.tolist()).values():
            shape = passage.to_dict()
            _write_line(lines, {name: shape[name] for name in shape if name not in ("text", "metadata")})


def _write_vectors(archive: zipfile.ZipFile, snapshot: Snapshot) -> None:
    rows = snapshot.vectors.all_rows(drafts=False)
    with archive.open("digests.npy", "w", force_zip64=True) as file:
        _write_header(file, (len(rows), DIGEST_SIZE), np.uint8)
        for chunk in chunks(rows, CHUNK):
            file.write(b"".join(snapshot.catalog.passages.digests(chunk.tolist()).values()))
    with archive.open("vectors.npy", "w", force_zip64=True) as file:
        _write_header(file, (len(rows), snapshot.settings.dim), DTYPE)
        for chunk in chunks(rows, CHUNK):
            file.write(snapshot.vectors.get(chunk).astype(DTYPE).tobytes())


def _write_header(file: IO[bytes], shape: tuple[int, ...], dtype: npt.DTypeLike) -> None:
    descr = np.lib.format.dtype_to_descr(np.dtype(dtype))
    np.lib.format.write_array_header_1_0(file, {"descr": descr, "fortran_order": False, "shape": shape})


def _write_line(lines: IO[bytes], fields: dict[str, Any]) -> None:
    lines.write(json.dumps(fields, ensure_ascii=False).encode() + b"\n")


def _document_fields(document: Document) -> dict[str, Any]:
    fields = ("id", "text", "title", "metadata", "marks", "page_starts")
    omitted = {"omitted": [astuple(each) for each in document.omitted]} if document.omitted else {}
    return {name: getattr(document, name) for name in fields} | omitted


class Archive:
    """An archive opened for reading. Raises IndexCorrupt, UnsupportedFormat or StorageError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._reading("it is no searchkit archive"), refusals.translated(path, missing=True):
            self._zip = zipfile.ZipFile(path)
        try:
            with self._reading("it is no searchkit archive"):
                manifest = json.loads(self._zip.read("manifest.json"))
                fitted = {name: manifest.get(name) for name in FITTED}
                self.settings = Settings(**{name: manifest[name] for name in SETTINGS}, **fitted)
            if manifest.get("format") != ARCHIVE_FORMAT:
                raise UnsupportedFormat(f"{path} has archive format {manifest.get('format')}; this reads 1.")
        except BaseException:
            self._zip.close()
            raise

    def documents(self) -> Iterator[Document]:
        """Yield the documents, as they were."""
        with self._reading("its documents cannot be read"), self._zip.open("documents.jsonl") as lines:
            for number, line in enumerate(lines, 1):
                with self._reading(f"line {number} of documents.jsonl is damaged"):
                    document = _document(json.loads(line))
                yield document

    @contextlib.contextmanager
    def vectors(self, folder: Path) -> Iterator[VectorFile | None]:
        """Unpack the vectors into a file in `folder`, which is gone after the block; None without a model."""
        if not self.settings.dim:
            yield None
            return
        with tempfile.TemporaryFile(dir=folder, prefix="given", buffering=0) as file:
            with (
                self._reading("its vectors cannot be read"),
                self._zip.open("digests.npy") as digests,
                self._zip.open("vectors.npy") as vectors,
            ):
                unpacked = VectorFile(file, _rows(digests, DIGEST_SIZE, "u"), _rows(vectors, self.settings.dim, "f"))
            yield unpacked

    def close(self) -> None:
        """Close the file."""
        self._zip.close()

    @contextlib.contextmanager
    def _reading(self, what: str) -> Iterator[None]:
        """Turn what a damaged archive leads to into IndexCorrupt."""
        try:
            yield
        except DAMAGE as error:
            raise refusals.damage(error, self._path, f"{self._path}: {what}: {error}. Export it again.") from error


def _document(fields: dict[str, Any]) -> Document:
    marks = tuple(Mark(*mark) for mark in fields["marks"])
    omitted = tuple(Omission(*each) for each in fields.get("omitted", ()))
    return Document(**fields | {"marks": marks, "page_starts": tuple(fields["page_starts"]), "omitted": omitted})


def _rows(file: IO[bytes], width: int, kind: str) -> Iterator[Array]:
    """Yield the rows of a .npy file, so many numbers of this kind each, in chunks. Raises ValueError."""
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran_order, dtype = read(file)
    if fortran_order or len(shape) != 2 or shape[1] != width or dtype.kind != kind:
        raise ValueError(f"{file.name} holds {dtype} of shape {shape}, not rows of {width} numbers")
    for start in range(0, shape[0], CHUNK):
        size = min(CHUNK, shape[0] - start) * width * dtype.itemsize
        content = file.read(size)
        if len(content) != size:
            raise ValueError(f"{file.name} ends before its {shape[0]} rows do")
        yield np.frombuffer(content, dtype).reshape(-1, width)
    if file.read(1):  # which also compares the checksum
        raise ValueError(f"{file.name} holds more than its {shape[0]} rows")


class VectorFile:
    """Vectors in a file, found by the digests of their texts; in memory are 16 bytes for each."""

    def __init__(self, file: IO[bytes], digests: Iterator[Array], vectors: Iterator[Array]) -> None:
        """file: where to put them. digests: chunks of (n, 16) uint8; vectors: of (n, dim), of the same lengths."""
        self._file = file
        keys = [np.empty(0, KEY)]
        for some, matrix in itertools.zip_longest(digests, vectors, fillvalue=np.empty((0, 0))):
            if len(some) != len(matrix):
                raise ValueError("it holds more digests than vectors, or fewer")
            records = np.concatenate([some, np.ascontiguousarray(matrix, DTYPE).view(np.uint8)], axis=1)
            self._size = records.shape[1]
            file.write(records.tobytes())
            keys.append(_keys(some))
        joined = np.concatenate(keys)
        self._order = np.argsort(joined, kind="stable")
        self._keys = joined[self._order]

    def find(self, digests: Sequence[bytes]) -> dict[bytes, npt.NDArray[np.float16]]:
        """Return the vectors of the texts with these digests, by digest, as far as there are."""
        found = {}
        wanted = _keys(np.frombuffer(b"".join(digests), np.uint8).reshape(-1, DIGEST_SIZE))
        first = np.searchsorted(self._keys, wanted)
        last = np.searchsorted(self._keys, wanted, side="right")
        for digest, start, end in zip(digests, first.tolist(), last.tolist(), strict=True):
            for place in self._order[start:end].tolist():  # others may begin with the same bytes
                self._file.seek(place * self._size)
                record = self._file.read(self._size)
                if record[:DIGEST_SIZE] == digest:
                    found[digest] = np.frombuffer(record, DTYPE, offset=DIGEST_SIZE)
                    break
        return found


def _keys(digests: Array) -> Array:
    """Return the first 8 bytes of digests as numbers: (n, 16) uint8 -> (n,)."""
    return np.ascontiguousarray(digests[:, : KEY.itemsize]).view(KEY).ravel()


def imported(source: Path, path: Path, wanted: Any, progress: Progress) -> Embedder | None:
    """Make an index of an exported file, with the wanted model, or else the one that it names; return the model."""
    with contextlib.closing(Archive(source)) as opened:
        model = recorded(opened.settings.embedder, source) if wanted is None else embedder_called(wanted)
        restore(opened, path, model, progress)
    return model


def restore(archive: Archive, path: Path, embedder: Embedder | None, progress: Progress) -> None:
    """Make an index of all that an archive holds; what it has a vector for is not embedded again by the same model.

    Raises IndexExists, IndexLocked, IndexCorrupt, and DocumentError for documents that cannot be taken.
    """
    settings = replace(archive.settings, analyzer=Analyzer(archive.settings.language).name)
    same = (embedder.digest if embedder else None) == settings.embedder_digest
    with creation.creating(path, settings if same else settings.changed_to(embedder)) as writer:
        failed = _fill(writer, archive, embedder, progress, same=same).failed
        if failed:
            lines = "\n".join(f"  {failure.source}: {failure.reason}" for failure in failed)
            raise DocumentError(f"{len(failed)} documents cannot be taken; nothing was imported.\n{lines}")


def _fill(
    writer: store.Writer, archive: Archive, embedder: Embedder | None, progress: Progress, *, same: bool
) -> SyncReport:
    """Put an archive's documents into an index, with their vectors if the model is the same."""
    counter = embedder.count_tokens if embedder else estimate_all
    with contextlib.ExitStack() as opened:
        given = opened.enter_context(archive.vectors(writer.scratch)) if same else None
        stock = FolderStock(writer, embedder, progress, given=given)
        ingest = opened.enter_context(contextlib.closing(Ingest(stock, embedder, counter, progress)))
        for document in archive.documents():
            ingest.put(document)
        return ingest.finish()
