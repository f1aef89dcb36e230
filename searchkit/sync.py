"""Make the index match files and folders: what is new, changed or gone since the last time."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from searchkit import documents
from searchkit.catalog import Catalog
from searchkit.errors import DocumentError
from searchkit.ingest import Ingest
from searchkit.schema import KnownFile, Root
from searchkit.types import Document, Failure, Metadata

SETTLED_NS = 2_000_000_000  # the coarsest file clock (FAT): a younger file may change again within one tick
UNFINISHED = -1  # the time of a file whose documents are not all in yet


@dataclass(frozen=True, slots=True)
class SyncOptions:
    """How sources are found and read. Globs are as in .gitignore."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    read: documents.ReadOptions = field(default_factory=documents.ReadOptions)


def sync(ingest: Ingest, catalog: Catalog, paths: Sequence[Path], options: SyncOptions | None) -> None:
    """Bring every document under `paths` up to date; documents from elsewhere stay as they are.

    Without options those of the last time hold. Options that read differently have every file read again.
    """
    for path in dict.fromkeys(path.absolute() for path in paths):
        if not path.exists():
            ingest.fail(str(path), "does not exist; what the index holds of it is kept until you remove it")
            continue
        source = _Source(catalog, path, options)
        walked = documents.walk(path, include=source.options.include, exclude=source.options.exclude)
        for reason, count in walked.skipped.items():
            ingest.skipped[reason] = ingest.skipped.get(reason, 0) + count
        for failure in walked.failed:
            ingest.fail(failure.source, failure.reason)
        known = catalog.files_under(str(path))
        present = {str(found.path) for found in walked.files}
        ingest.gone = {file.key for name, file in known.items() if name not in present}
        for found in walked.files:
            before = None if source.reads_anew else known.get(str(found.path))
            _sync_file(ingest, catalog, found, before, doc_id=source.doc_id(found.path), options=source.options)
        for name in known.keys() - present:
            _drop_file(ingest, catalog, known[name])


class _Source:
    """A path to sync as part of the root it belongs to, which gives document ids their prefix and has options."""

    def __init__(self, catalog: Catalog, path: Path, given: SyncOptions | None) -> None:
        roots = catalog.roots()
        above = [Path(root) for root in roots if path == Path(root) or Path(root) in path.parents]
        self._root = max(above, key=lambda root: len(root.parts), default=path)
        known = roots.get(str(self._root))
        before = _options_of(known.options) if known else SyncOptions()
        self.options = before if given is None else given
        self.reads_anew = self.options.read != before.read
        self._prefix = known.prefix if known else _free(path.name or "root", {root.prefix for root in roots.values()})
        if known is None or path == self._root:
            catalog.put_root(str(self._root), Root(self._prefix, asdict(self.options)))

    def doc_id(self, path: Path) -> str:
        """Return the document id of a file: the root's name, then the path below it."""
        below = path.relative_to(self._root).as_posix()
        return self._prefix if below == "." else f"{self._prefix}/{below}"


def _options_of(recorded: dict[str, Any]) -> SyncOptions:
    """Return options as they were before they went through JSON."""
    read = dict(recorded["read"])
    read["metadata_fields"] = None if read["metadata_fields"] is None else tuple(read["metadata_fields"])
    return SyncOptions(tuple(recorded["include"]), tuple(recorded["exclude"]), documents.ReadOptions(**read))


def _free(name: str, taken: set[str]) -> str:
    """Return a name that no other root has: `name`, `name~2`, and so on."""
    number, candidate = 2, name
    while candidate in taken:
        candidate, number = f"{name}~{number}", number + 1
    return candidate


def _sync_file(
    ingest: Ingest,
    catalog: Catalog,
    found: documents.FoundFile,
    known: KnownFile | None,
    *,
    doc_id: str,
    options: SyncOptions,
) -> None:
    """Read a file again unless its size and time are those of the last reading."""
    unchanged = known and (known.size, known.mtime_ns) == (found.size, found.mtime_ns)
    if known and unchanged and known.key not in ingest.disputed:
        ingest.keep(known.documents)
        return
    key = catalog.put_file(str(found.path), found.size, UNFINISHED, 0)
    failures, count = len(ingest.failed), 0
    settled = time.time_ns() - found.mtime_ns > SETTLED_NS
    try:
        for item in documents.read(found.path, doc_id, options.read):
            count += _put(ingest, item, key, {"source": str(found.path)})
    except DocumentError as error:
        ingest.fail(str(found.path), str(error))
    for gone in [i for i in catalog.documents_of(key) if not ingest.seen(i)]:
        ingest.drop(gone)
    if not count:
        catalog.forget_file(key)
    elif settled and len(ingest.failed) == failures:  # a failure is to be reported by every sync
        catalog.put_file(str(found.path), found.size, found.mtime_ns, count)


def _put(ingest: Ingest, item: Document | Failure, file: int | None, extra: Metadata) -> bool:
    if isinstance(item, Failure):
        ingest.fail(item.source, item.reason)
        return False
    return ingest.put(replace(item, metadata={**item.metadata, **extra}) if extra else item, file)


def _drop_file(ingest: Ingest, catalog: Catalog, known: KnownFile) -> None:
    """Remove a file that is gone, with its documents that did not turn up elsewhere."""
    for doc_id in catalog.documents_of(known.key):
        ingest.drop(doc_id)
    catalog.forget_file(known.key)


def add(ingest: Ingest, items: Iterable[Document | Failure]) -> None:
    """Put documents that come from no file."""
    for item in items:
        _put(ingest, item, None, {})


def remove(ingest: Ingest, catalog: Catalog, doc_ids: Iterable[str]) -> None:
    """Remove documents by id or glob; their files will be read again by the next sync."""
    for pattern in doc_ids:
        matching = [pattern] if catalog.document_state(pattern) else catalog.document_ids(pattern)
        if not matching:
            ingest.fail(pattern, "no document has this id or fits this glob")
        for doc_id in matching:
            state = catalog.document_state(doc_id)
            ingest.drop(doc_id)
            if state is not None and state[1] is not None:
                catalog.unsettle_file(state[1])
