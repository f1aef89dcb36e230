"""A whole index as one portable file: a zip of JSON lines and .npy arrays, which any tool can read.

manifest.json    format, settings, generation
documents.jsonl  one document a line: id, text, title, metadata, marks, page_starts
passages.jsonl   one passage a line: id, start, end, lines, page, section (for other tools; not read back)
digests.npy      (n, 16) uint8   digest of each text that the model has embedded
vectors.npy      (n, dim) float16; what was only predicted is left out, and predicted anew
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from searchkit.errors import IndexCorrupt, UnsupportedFormat
from searchkit.settings import FITTED, Settings
from searchkit.snapshot import Snapshot
from searchkit.types import Document, Mark

ARCHIVE_FORMAT = 1
SETTINGS = ("engine", "language", "analyzer", "target_tokens", "max_tokens", "embedder", "embedder_digest", "dim")


def export(snapshot: Snapshot, path: Path) -> int:
    """Write the snapshot to `path`; return the number of documents."""
    temporary = path.with_name(path.name + ".tmp")
    with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        settings = snapshot.settings.to_dict()
        manifest = {"searchkit": "archive", "format": ARCHIVE_FORMAT, "generation": snapshot.generation} | settings
        archive.writestr("manifest.json", json.dumps(manifest, indent=2))
        count = 0
        with archive.open("documents.jsonl", "w", force_zip64=True) as lines:
            for document in snapshot.catalog.documents():
                _write_line(lines, _document_fields(document))
                count += 1
        with archive.open("passages.jsonl", "w", force_zip64=True) as lines:
            for doc_id in snapshot.catalog.document_ids():
                for passage in snapshot.catalog.passages_of(doc_id).values():
                    shape = passage.to_dict()
                    _write_line(lines, {name: shape[name] for name in shape if name not in ("text", "metadata")})
        _write_vectors(archive, snapshot)
    temporary.replace(path)
    return count


def _write_vectors(archive: zipfile.ZipFile, snapshot: Snapshot) -> None:
    if not snapshot.settings.dim:
        return
    rows = snapshot.vectors.all_rows(drafts=False)
    digests = snapshot.catalog.digests(rows.tolist())
    with archive.open("digests.npy", "w", force_zip64=True) as file:
        np.save(file, np.frombuffer(b"".join(digests.values()), np.uint8).reshape(-1, 16), allow_pickle=False)
    with archive.open("vectors.npy", "w", force_zip64=True) as file:
        np.save(file, snapshot.vectors.get(rows).astype(np.float16), allow_pickle=False)


def _write_line(lines: IO[bytes], fields: dict[str, Any]) -> None:
    lines.write(json.dumps(fields, ensure_ascii=False).encode() + b"\n")


def _document_fields(document: Document) -> dict[str, Any]:
    fields = ("id", "text", "title", "metadata", "marks", "page_starts")
    return {name: getattr(document, name) for name in fields}


class Archive:
    """An archive opened for reading. Raises IndexCorrupt or UnsupportedFormat."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._zip = zipfile.ZipFile(path)
            manifest = json.loads(self._zip.read("manifest.json"))
            fitted = {name: manifest.get(name) for name in FITTED}
            self.settings = Settings(**{name: manifest[name] for name in SETTINGS}, **fitted)
        except (OSError, KeyError, ValueError, TypeError, zipfile.BadZipFile) as error:
            raise IndexCorrupt(f"{path} is no searchkit archive: {error}") from error
        if manifest.get("format") != ARCHIVE_FORMAT:
            raise UnsupportedFormat(f"{path} has archive format {manifest.get('format')}; this reads {ARCHIVE_FORMAT}.")

    def documents(self) -> Iterator[Document]:
        """Yield the documents, as they were."""
        with self._zip.open("documents.jsonl") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    fields = json.loads(line)
                    fields["marks"] = tuple(Mark(*mark) for mark in fields["marks"])
                    yield Document(**fields | {"page_starts": tuple(fields["page_starts"])})
                except (ValueError, KeyError, TypeError) as error:
                    raise IndexCorrupt(f"{self._path}: line {number} of documents.jsonl is damaged: {error}") from error

    def vectors(self) -> dict[bytes, npt.NDArray[np.float16]]:
        """Return the vector of every embedded text by its digest, empty without a model."""
        if not self.settings.dim:
            return {}
        try:
            with self._zip.open("digests.npy") as file:
                digests = np.load(file, allow_pickle=False)
            with self._zip.open("vectors.npy") as file:
                matrix = np.load(file, allow_pickle=False)
        except (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise IndexCorrupt(f"{self._path}: its vectors cannot be read: {error}") from error
        if matrix.shape != (len(digests), self.settings.dim):
            raise IndexCorrupt(f"{self._path}: it holds {len(digests)} digests and vectors of shape {matrix.shape}")
        return {digest.tobytes(): vector for digest, vector in zip(digests, matrix.astype(np.float16), strict=True)}

    def close(self) -> None:
        """Close the file."""
        self._zip.close()
