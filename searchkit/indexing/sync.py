"""Make the index match files and folders: what is new, changed or gone since the last time.

Only what is seen to be gone is removed. What cannot be read, or looked for, keeps its last good version, and is told
each time. A source that would lose most of what the index holds of it keeps it until that is said to be right.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from searchkit import documents
from searchkit.errors import DocumentError
from searchkit.indexing import names, roots
from searchkit.indexing.ingest import Ingest
from searchkit.indexing.inputs import given
from searchkit.indexing.reading import FileReading
from searchkit.indexing.roots import SyncOptions, SyncSource
from searchkit.indexing.stock import Inventory
from searchkit.normalization import nfc
from searchkit.storage.catalog.schema import KnownFile
from searchkit.types import Failure, SyncReport

ALLOW = "do it with allow_removals=True, or --allow-removals"


def whole(report: SyncReport) -> SyncReport:
    """Return a report in which nothing failed. Raises DocumentError for another."""
    if report.failed:
        lines = "\n".join(f"  {failed.source}: {failed.reason}" for failed in report.failed)
        raise DocumentError(f"{len(report.failed)} sources could not be read; the rest is in.\n{lines}")
    return report


def sync(
    ingest: Ingest,
    catalog: Inventory,
    paths: Sequence[Path],
    options: SyncOptions | None,
    *,
    allow_removals: bool = False,
) -> None:
    """Bring every document under `paths` up to date, or under all roots; documents from elsewhere stay as they are.

    Without options those of the last time hold. Options that read differently have every file read again.
    """
    chosen = paths or [Path(root) for root in catalog.sources.roots()]
    for source in roots.gather(ingest, catalog, chosen, options):
        if paths and not _is_there(source.root):
            ingest.fail(str(source.root), "does not exist")
        _Run(ingest, catalog, source, allow_removals=allow_removals).run()


class _Run:
    """One source brought up to date."""

    def __init__(self, ingest: Ingest, catalog: Inventory, source: SyncSource, *, allow_removals: bool) -> None:
        self._ingest = ingest
        self._catalog = catalog
        self._source = source
        self._allowed = allow_removals
        every = source.known_files(catalog)
        self._before = catalog.sources.count_documents(file.key for file in every.values())
        self._added = ingest.added
        self._known = every if source.is_whole else source.known_files(catalog, source.path)
        self._has_other_filters = source.before is not None and _filters(source.before) != _filters(source.options)
        self._elsewhere = every.keys() - self._known.keys()

    def run(self) -> None:
        """Look at what is there, read what is new or changed, and remove what is gone."""
        source, ingest = self._source, self._ingest
        walked = self._walk()
        if walked is None or self._would_be_left_out(walked):
            return
        for reason, count in walked.skipped.items():
            ingest.skipped[reason] = ingest.skipped.get(reason, 0) + count
        ingest.failed.extend(walked.failed)
        if source.is_whole and (source.before is not None or walked.files or not walked.failed):
            source.record(self._catalog)
        present = {str(found.path) for found in walked.files}
        missing = {name: file for name, file in self._known.items() if name not in present}
        unmounted = self._unmounted(missing)
        hidden = [str(path) for path in (*walked.unread, *unmounted)]
        gone = {name: file for name, file in missing.items() if not roots.lies_in(name, hidden)}
        for name in sorted(missing.keys() - gone.keys()):
            ingest.stale.extend(self._ids(name))
        ingest.gone = {file.key for file in gone.values()}
        readings = self._read(walked.files, {*present, *self._elsewhere, *(missing.keys() - gone.keys())})
        self._remove(gone, readings)
        self._remember_mounts(walked, unmounted)

    # --- looking ------------------------------------------------------------------------------------------

    def _walk(self) -> documents.Walk | None:
        """Return what is there; None if the source itself is not, which is told."""
        source = self._source
        if not _is_there(source.root):
            if source.before is not None:
                self._keep_all()
            return None
        if _is_there(source.path):
            try:
                return source.walk(known=() if self._has_other_filters else self._known.keys())
            except DocumentError as error:  # a pipe, or gone since
                self._ingest.fail(str(source.path), str(error))
                return None
        if self._known:
            return documents.Walk((), {}, ())
        self._ingest.fail(str(source.path), "does not exist")
        return None

    def _keep_all(self) -> None:
        """Keep what the index holds of a root that is not there, and tell so."""
        root = self._source.root
        stale = [doc_id for name in sorted(self._known) for doc_id in self._ids(name)]
        self._ingest.stale.extend(stale)
        self._ingest.warnings.append(
            f"{root} does not exist; its {len(stale):,} documents are kept as they were. "
            f"Let them go with: searchkit forget {root}"
        )

    def _would_be_left_out(self, walked: documents.Walk) -> bool:
        """Tell whether other filters than before leave out what the index holds, and that was not allowed."""
        source = self._source
        if self._allowed or source.before is None or not self._has_other_filters:
            return False
        present = {str(found.path) for found in walked.files}
        found = {str(found.path) for found in source.walk(source.before).files} - present
        lost = [i for name in sorted(found & self._known.keys()) for i in self._ids(name)]
        if lost:
            self._withhold(
                lost, f"the changed filters of {source.root} leave out {_count(lost)}; nothing was done there"
            )
        return bool(lost)

    def _ids(self, name: str) -> list[str]:
        return [doc_id for _, doc_id in self._catalog.documents.of_file(self._known[name].key)]

    def _unmounted(self, missing: Iterable[str]) -> list[Path]:
        """Return folders that were disks of their own and are none now, where files are missing; tell of each."""
        source = self._source
        found = [source.root / place for place in source.mounts if not _is_mounted(source.root / place)]
        found = [folder for folder in found if any(roots.lies_in(name, [str(folder)]) for name in missing)]
        if self._allowed:
            return []
        for folder in found:
            reason = (
                "was a disk of its own and is not mounted now; what the index holds of it is kept. If that is gone, "
            )
            self._ingest.fail(str(folder), reason + ALLOW)
        return found

    def _remember_mounts(self, walked: documents.Walk, unmounted: Sequence[Path]) -> None:
        source = self._source
        looked_at = [str(source.path)]
        others = [place for place in source.mounts if not roots.lies_in(str(source.root / place), looked_at)]
        mounts = sorted({*others, *(source.place(folder) for folder in (*walked.mounts, *unmounted))})
        if mounts != sorted(source.mounts):
            source.record(self._catalog, mounts)

    # --- reading ------------------------------------------------------------------------------------------

    def _read(self, files: Sequence[documents.FoundFile], beside: Iterable[str]) -> list[FileReading]:
        """Read what is new or changed; return the files that hold less than before.

        beside: the paths of all files of the root, by which a file knows its namesakes.
        """
        ingest = self._ingest
        self._names = names.composed(self._source.place(name) for name in beside if not name.isascii())
        unchanged: list[documents.FoundFile] = []
        readings: list[FileReading] = []
        for found in files:
            if self._is_unchanged(found):
                unchanged.append(found)
            else:
                self._read_file(found, readings)
        ingest.flush()
        for found in unchanged:
            before = self._known[str(found.path)]
            if before.key in ingest.disputed:
                self._read_file(found, readings)
            else:
                ingest.keep(before.documents)
        ingest.flush()
        self._tell_namesakes(files)
        return [reading for reading in readings if reading.lost]

    def _is_unchanged(self, found: documents.FoundFile) -> bool:
        """Tell whether a file's size and time are those of the last reading, and its documents are called rightly."""
        known = self._known.get(str(found.path))
        if self._source.reads_anew or known is None or (known.size, known.mtime_ns) != (found.size, found.mtime_ns):
            return False
        if str(found.path).isascii():
            return True
        wanted = self._doc_id(self._source.place(found.path))
        return not any(names.is_misnamed(doc_id, wanted) for _, doc_id in self._catalog.documents.of_file(known.key))

    def _doc_id(self, place: str) -> str:
        return self._source.doc_id(self._names.get(place, place))

    def _read_file(self, found: documents.FoundFile, readings: list[FileReading]) -> None:
        reading = FileReading(self._ingest, self._catalog, found)
        reading.read(self._doc_id(self._source.place(found.path)), self._source.options.read)
        readings.append(reading)

    def _tell_namesakes(self, files: Sequence[documents.FoundFile]) -> None:
        places = (self._source.place(found.path) for found in files if not str(found.path).isascii())
        for group in names.namesakes(places).values():
            if len(group) > 1:
                ids = ", ".join(self._doc_id(place) for place in group)
                self._ingest.warnings.append(
                    f"{len(group)} files have names that differ only in how accents are coded; their ids are {ids}"
                )

    # --- removing -----------------------------------------------------------------------------------------

    def _remove(self, gone: dict[str, KnownFile], readings: Sequence[FileReading]) -> None:
        """Remove what is gone, unless that would be most of what there was and was not allowed."""
        lost = [doc_id for name in sorted(gone) for doc_id in self._ingest.missing(gone[name].key)]
        lost += [doc_id for reading in readings for doc_id in reading.lost if not self._ingest.took(doc_id)]
        remaining = self._before - len(lost) + self._ingest.added - self._added
        if lost and not self._allowed and 2 * remaining < self._before:
            root = self._source.root
            self._withhold(lost, f"{root} lost {_count(lost)} of {self._before:,}; they are kept for now")
            return
        for doc_id in lost:
            self._ingest.drop(doc_id)
        for file in gone.values():
            self._catalog.sources.forget_file(file.key)
        for reading in readings:
            reading.settle()

    def _withhold(self, lost: Sequence[str], why: str) -> None:
        self._ingest.withheld.extend(lost)
        self._ingest.warnings.append(f"{why}. If they are to go, {ALLOW}")


def _filters(options: SyncOptions) -> tuple[object, object]:
    return options.include, options.exclude


def _count(lost: Sequence[str]) -> str:
    return f"{len(lost):,} document{'s' if len(lost) != 1 else ''}"


def _is_there(path: Path) -> bool:
    """Tell whether there is something at a path, or whether that cannot be told."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def _is_mounted(folder: Path) -> bool:
    try:
        return documents.device(folder) != documents.device(folder.parent)
    except OSError:
        return False


def add(ingest: Ingest, items: Any) -> None:
    """Put documents that come from no file: see `inputs.given`. Raises DocumentError for no collection of documents."""
    for item in given(items):
        if isinstance(item, Failure):
            ingest.then(partial(ingest.failed.append, item))
        else:
            ingest.put(item)


def remove(ingest: Ingest, catalog: Inventory, doc_ids: Iterable[str]) -> None:
    """Remove documents by id or glob; their files will be read again by the next sync."""
    for pattern in doc_ids:
        matching = [nfc(pattern)] if catalog.documents.state(pattern) else catalog.documents.ids(pattern)
        if not matching:
            ingest.fail(pattern, "no document has this id or fits this glob")
        for doc_id in matching:
            state = catalog.documents.state(doc_id)
            ingest.drop(doc_id)
            if state is not None and state[1] is not None:
                catalog.sources.unsettle_file(state[1])


def forget(ingest: Ingest, catalog: Inventory, paths: Iterable[Path]) -> None:
    """Let roots go, with all that the index holds of them. Their texts' vectors wait for the next session."""
    ingest.keeps_vectors = True
    for path in paths:
        source = roots.find(catalog, path)
        if source is None:
            sources = ", ".join(catalog.sources.roots()) or "none"
            ingest.fail(str(path), f"is no source of this index; those are: {sources}")
            continue
        for file in source.known_files(catalog).values():
            ingest.drop_file(file.key)
        catalog.sources.drop_root(str(source.root))
