"""A file that is being read into the index: not known to be as it is on disk until all that it holds is in."""

from __future__ import annotations

import time
from functools import partial

from searchkit import documents
from searchkit.errors import DocumentError
from searchkit.indexing.cleaning import failure
from searchkit.indexing.ingest import Ingest
from searchkit.indexing.prepare import File
from searchkit.indexing.stock import Inventory
from searchkit.storage.catalog.schema import UNSETTLED
from searchkit.types import Failure

SETTLED_NS = 2_000_000_000  # the coarsest file clock (FAT): a younger file may change again within one tick


class FileReading:
    """One file, and which of its documents it held before and holds no more.

    Where anything in it could not be read, its last good version stays: what is missing may be what was not read.
    """

    def __init__(self, ingest: Ingest, catalog: Inventory, found: documents.FoundFile) -> None:
        self._ingest = ingest
        self._catalog = catalog
        self._found = found
        self._settled = time.time_ns() - found.mtime_ns > SETTLED_NS
        self.key = catalog.sources.put_file(str(found.path), found.size, UNSETTLED, 0)
        self.lost: list[str] = []

    def read(self, doc_id: str, options: documents.ReadOptions) -> None:
        """Put the file's documents into the index."""
        path, extra = self._found.path, {"source": str(self._found.path)}
        self._ingest.then(self._begin)
        if documents.is_streamed(path):
            try:
                for item in documents.read(path, doc_id, options):
                    if isinstance(item, Failure):
                        self._ingest.then(partial(self._ingest.misses, item))
                    else:
                        self._ingest.put(item, self.key, extra)
            except DocumentError as error:
                self._ingest.then(partial(self._ingest.misses, failure(str(path), error)))
        else:
            self._ingest.put_file(File(path, doc_id, options, extra, self._found.size), self.key)
        self._ingest.then(self._end)

    def _begin(self) -> None:
        """Note where the session stands before the file's first document."""
        self._taken, self._failures = self._ingest.taken, len(self._ingest.failed)
        self._misread = self._ingest.misread

    def _end(self) -> None:
        """Note what the file holds no more; what it could not tell is kept."""
        missing = self._ingest.missing(self.key)
        self._taken = self._ingest.taken - self._taken
        self._sound = len(self._ingest.failed) == self._failures  # every sync is to report a failure
        if self._ingest.misread > self._misread:
            self._ingest.stale.extend(missing)
            self._finish(holds_more=bool(missing))
        elif missing:
            self.lost = missing
            self._ingest.released.update(missing)
        else:
            self._finish(holds_more=False)

    def settle(self) -> None:
        """Finish a file whose lost documents were removed."""
        self._finish(holds_more=False)

    def _finish(self, *, holds_more: bool) -> None:
        """Remember the file's time, or forget a file that holds nothing."""
        found = self._found
        if not self._taken and not holds_more:
            self._catalog.sources.forget_file(self.key)
        elif self._settled and self._sound:
            self._catalog.sources.put_file(str(found.path), found.size, found.mtime_ns, self._taken)
