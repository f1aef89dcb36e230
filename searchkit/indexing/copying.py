"""A whole index to another place, folder or cluster: documents, files and roots, and the model's own vectors.

Passages, statements and word pieces follow from documents, by the same rules there as here; vectors are found by the
digests of the texts that they are of, so that nothing is embedded anew, to the last bit. Only predicted vectors stay
behind: a folder predicts them again, and a cluster has the model compute them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Protocol

import numpy as np
import numpy.typing as npt

from searchkit.cluster import mapping
from searchkit.cluster.notes import file_of, noted, root_of
from searchkit.cluster.records import document_of, vector_of
from searchkit.cluster.view import ClusterView
from searchkit.indexing.ingest import Ingest
from searchkit.indexing.stock import Inventory
from searchkit.storage.catalog.schema import UNSETTLED, KnownFile, Root
from searchkit.storage.snapshot import Snapshot
from searchkit.types import Document


class Original(Protocol):
    """What is copied."""

    def roots(self) -> Mapping[str, Root]:
        """Return the folders and files that were synced, by absolute path."""

    def files(self) -> Mapping[str, KnownFile]:
        """Return the files that were read, by absolute path."""

    def documents(self) -> Iterator[tuple[Document, str | None]]:
        """Yield all documents in the order in which they came, each with the path of its file if it has one."""

    def find(self, digests: Sequence[bytes]) -> Mapping[bytes, npt.NDArray[np.float16]]:
        """Return the model's own vectors of texts, by digest."""


def fill(ingest: Ingest, catalog: Inventory, original: Original) -> None:
    """Put all of an index into one that is empty."""
    for path, root in original.roots().items():
        catalog.sources.put_root(path, root)
    files = original.files()
    keys = {path: catalog.sources.put_file(path, file.size, UNSETTLED, 0) for path, file in files.items()}
    for document, origin in original.documents():
        ingest.put(document, None if origin is None else keys[origin])
    for path, file in files.items():
        ingest.then(partial(catalog.sources.put_file, path, file.size, file.mtime_ns, file.documents))


class FolderOriginal:
    """An index in a folder, as of one commit."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._catalog = snapshot.catalog
        self._vectors = snapshot.vectors

    def roots(self) -> Mapping[str, Root]:
        """Return the folders and files that were synced."""
        return self._catalog.sources.roots()

    def files(self) -> Mapping[str, KnownFile]:
        """Return the files that were read."""
        return self._catalog.sources.files()

    def documents(self) -> Iterator[tuple[Document, str | None]]:
        """Yield all documents, each with the path of its file."""
        return (
            (document, self._catalog.documents.file_path(document.id)) for document in self._catalog.documents.all()
        )

    def find(self, digests: Sequence[bytes]) -> Mapping[bytes, npt.NDArray[np.float16]]:
        """Return the model's own vectors of texts."""
        pairs = self._catalog.passages.rows_by_digest(digests)
        rows = np.array([row for row, _ in pairs], np.int64)
        if not len(rows) or not len(self._vectors):
            return {}
        matrix = self._vectors.get(rows)
        own = np.isfinite(matrix).all(axis=1) & ~self._vectors.drafts(rows)
        found = zip(pairs, matrix.astype(np.float16), own.tolist(), strict=True)
        return {digest: vector for (_, digest), vector, is_own in found if is_own}


class ClusterOriginal:
    """An index on a cluster, as of one moment."""

    def __init__(self, view: ClusterView) -> None:
        self._moment = view.moment

    def roots(self) -> Mapping[str, Root]:
        """Return the folders and files that were synced."""
        return {row["path"]: root_of(row) for row in noted(self._moment.client, mapping.ROOT)}

    def files(self) -> Mapping[str, KnownFile]:
        """Return the files that were read."""
        return {row["path"]: file_of(row) for row in noted(self._moment.client, mapping.FILE)}

    def documents(self) -> Iterator[tuple[Document, str | None]]:
        """Yield all documents, each with the path of its file."""
        paths: Mapping[int | None, str] = {file.key: path for path, file in self.files().items()}
        body = {"query": self._moment.documents(), "sort": [{"key": "asc"}], "_source": ["doc", "file", "stored"]}
        for hit in self._moment.every(body):
            yield document_of(hit["_source"]), paths.get(hit["_source"].get("file"))

    def find(self, digests: Sequence[bytes]) -> Mapping[bytes, npt.NDArray[np.float16]]:
        """Return the model's own vectors of texts."""
        wanted = {"terms": {"digest": [digest.hex() for digest in digests]}}
        body = {"query": self._moment.passages([wanted]), "sort": [{"key": "asc"}, {"ordinal": "asc"}]}
        found = {}
        for hit in self._moment.every(body | {"_source": ["digest", "stored.vector"]}):
            vector = vector_of(hit["_source"])
            if vector is not None:
                found[bytes.fromhex(hit["_source"]["digest"])] = vector
        return found
