"""Make the index match files and folders: what is new, changed or gone since the last time."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from searchkit import documents
from searchkit.errors import DocumentError
from searchkit.indexing.cleaning import failure
from searchkit.indexing.ingest import Ingest
from searchkit.indexing.inputs import given
from searchkit.indexing.prepare import File
from searchkit.storage.catalog import Catalog
from searchkit.storage.catalog.schema import KnownFile, Root
from searchkit.types import Document, Failure, Metadata, SyncReport
from searchkit.validation import settle, texts, wrong

SETTLED_NS = 2_000_000_000  # the coarsest file clock (FAT): a younger file may change again within one tick
UNFINISHED = -1  # the time of a file whose documents are not all in yet


def whole(report: SyncReport) -> SyncReport:
    """Return a report in which nothing failed. Raises DocumentError for another."""
    if report.failed:
        lines = "\n".join(f"  {failed.source}: {failed.reason}" for failed in report.failed)
        raise DocumentError(f"{len(report.failed)} sources could not be read; the rest is in.\n{lines}")
    return report


@dataclass(frozen=True, slots=True)
class SyncOptions:
    """How sources are found and read. Globs are as in .gitignore. Raises ArgumentError."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    read: documents.ReadOptions = field(default_factory=documents.ReadOptions)

    def __post_init__(self) -> None:
        settle(self, {"include": texts, "exclude": texts, "read": _read_options})


def _read_options(name: str, value: object) -> documents.ReadOptions:
    if not isinstance(value, documents.ReadOptions):
        raise wrong(name, "ReadOptions", value)
    return value


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
        ingest.failed.extend(walked.failed)
        known = catalog.sources.files_under(str(path))
        present = {str(found.path) for found in walked.files}
        ingest.gone = {file.key for name, file in known.items() if name not in present}
        unchanged: list[documents.FoundFile] = []
        for found in walked.files:
            if source.reads_anew or not _is_unchanged(found, known.get(str(found.path))):
                _read_file(ingest, catalog, found, source)
            else:
                unchanged.append(found)
        ingest.flush()
        for found in unchanged:
            before = known[str(found.path)]
            if before.key in ingest.disputed:
                _read_file(ingest, catalog, found, source)
            else:
                ingest.keep(before.documents)
        ingest.flush()
        for name in known.keys() - present:
            _drop_file(ingest, catalog, known[name])


class _Source:
    """A path to sync as part of the root it belongs to, which gives document ids their prefix and has options."""

    def __init__(self, catalog: Catalog, path: Path, given: SyncOptions | None) -> None:
        roots = catalog.sources.roots()
        above = [Path(root) for root in roots if path == Path(root) or Path(root) in path.parents]
        self._root = max(above, key=lambda root: len(root.parts), default=path)
        known = roots.get(str(self._root))
        before = _options_of(known.options) if known else SyncOptions()
        self.options = before if given is None else given
        self.reads_anew = self.options.read != before.read
        self._prefix = known.prefix if known else _free(path.name or "root", {root.prefix for root in roots.values()})
        if known is None or path == self._root:
            catalog.sources.put_root(str(self._root), Root(self._prefix, asdict(self.options)))

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


def _is_unchanged(found: documents.FoundFile, known: KnownFile | None) -> bool:
    """Tell whether a file's size and time are those of the last reading."""
    return known is not None and (known.size, known.mtime_ns) == (found.size, found.mtime_ns)


def _read_file(ingest: Ingest, catalog: Catalog, found: documents.FoundFile, source: _Source) -> None:
    """Read a file again."""
    doc_id, options = source.doc_id(found.path), source.options
    reading = _Reading(ingest, catalog, found)
    extra = {"source": str(found.path)}
    ingest.then(reading.begin)
    if documents.is_streamed(found.path):
        try:
            for item in documents.read(found.path, doc_id, options.read):
                _put(ingest, item, reading.key, extra)
        except DocumentError as error:
            ingest.then(partial(ingest.failed.append, failure(str(found.path), error)))
    else:
        ingest.put_file(File(found.path, doc_id, options.read, extra, found.size), reading.key)
    ingest.then(reading.end)


class _Reading:
    """A file that is being read: not known to be as it is on disk until all that it holds is in."""

    def __init__(self, ingest: Ingest, catalog: Catalog, found: documents.FoundFile) -> None:
        self._ingest = ingest
        self._catalog = catalog
        self._found = found
        self._settled = time.time_ns() - found.mtime_ns > SETTLED_NS
        self.key = catalog.sources.put_file(str(found.path), found.size, UNFINISHED, 0)

    def begin(self) -> None:
        """Note where the session stands before the file's first document."""
        self._taken, self._failures = self._ingest.taken, len(self._ingest.failed)

    def end(self) -> None:
        """Drop documents that the file no longer has; remember its time."""
        for gone in [i for i in self._catalog.documents.of_file(self.key) if not self._ingest.seen(i)]:
            self._ingest.drop(gone)
        count = self._ingest.taken - self._taken
        if not count:
            self._catalog.sources.forget_file(self.key)
        elif self._settled and len(self._ingest.failed) == self._failures:  # every sync is to report a failure
            self._catalog.sources.put_file(str(self._found.path), self._found.size, self._found.mtime_ns, count)


def _put(ingest: Ingest, item: Document | Failure, file: int | None, extra: Metadata | None = None) -> None:
    if isinstance(item, Failure):
        ingest.then(partial(ingest.failed.append, item))
    else:
        ingest.put(item, file, extra)


def _drop_file(ingest: Ingest, catalog: Catalog, known: KnownFile) -> None:
    """Remove a file that is gone, with its documents that did not turn up elsewhere."""
    for doc_id in list(catalog.documents.of_file(known.key)):
        ingest.drop(doc_id)
    catalog.sources.forget_file(known.key)


def add(ingest: Ingest, items: Any) -> None:
    """Put documents that come from no file: see `inputs.given`. Raises DocumentError for no collection of documents."""
    for item in given(items):
        _put(ingest, item, None)


def remove(ingest: Ingest, catalog: Catalog, doc_ids: Iterable[str]) -> None:
    """Remove documents by id or glob; their files will be read again by the next sync."""
    for pattern in doc_ids:
        matching = [pattern] if catalog.documents.state(pattern) else catalog.documents.ids(pattern)
        if not matching:
            ingest.fail(pattern, "no document has this id or fits this glob")
        for doc_id in matching:
            state = catalog.documents.state(doc_id)
            ingest.drop(doc_id)
            if state is not None and state[1] is not None:
                catalog.sources.unsettle_file(state[1])
