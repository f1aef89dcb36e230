"""What an index holds, and whether every part of it is whole."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from searchkit.errors import IndexCorrupt
from searchkit.storage import durable, refusals, store
from searchkit.storage.catalog import Catalog
from searchkit.storage.snapshot import Snapshot
from searchkit.types import Omission


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What `verify` looked at, and every problem that it found."""

    generation: int
    documents: int
    passages: int
    files: int
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Tell whether all is well."""
        return not self.problems

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON-ready values."""
        return {name: getattr(self, name) for name in (*self.__slots__, "ok")}


def _size(folder: Path) -> int:
    """Return the bytes of all files in a folder, without those that a writer removes meanwhile."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                total += (Path(parent) / name).stat().st_size
    return total


def verify(path: Path) -> VerifyReport:
    """Check every file's checksum, SQLite's own integrity, and that the parts hold the same passages."""
    store.check_format(path)
    with refusals.translated(path), contextlib.closing(Catalog(path / "catalog.sqlite")) as catalog:
        catalog.begin_read()
        counts, checksums = catalog.counts(), catalog.parts.checksums()
        problems = catalog.problems()
        problems += [f"{file} {problem}. Run: searchkit rebuild" for file, problem in wrong_files(path, catalog)]
        if not problems:
            problems += _disagreements(path)
        return VerifyReport(
            catalog.counter("generation"), counts["documents"], counts["passages"], len(checksums), tuple(problems)
        )


@dataclass(frozen=True, slots=True)
class SourceAccount:
    """How many documents a source gave, and what was not read of them, by id.

    source: a folder or file that was synced, "" for documents that were put in by hand.
    """

    source: str
    documents: int
    omitted: Mapping[str, tuple[Omission, ...]]

    def to_dict(self) -> dict[str, Any]:
        """Return the account as JSON-ready values."""
        omitted = {doc_id: [asdict(each) for each in omissions] for doc_id, omissions in self.omitted.items()}
        return {"source": self.source, "documents": self.documents, "omitted": omitted}


def accounts(catalog: Catalog) -> list[SourceAccount]:
    """Return the account of each source: a file counts for the innermost."""
    with catalog.lock:
        roots = list(catalog.sources.roots())
        counts, omitted = list(catalog.documents.by_file()), list(catalog.documents.accounts())
    return accounted(roots, counts, omitted)


def accounted(
    roots: Sequence[str],
    counts: Iterable[tuple[str | None, int]],
    omitted: Iterable[tuple[str, str | None, tuple[Omission, ...]]],
) -> list[SourceAccount]:
    """Return the account of each root, from the path of each file with its number of documents, and what they lack."""
    documents = dict.fromkeys(roots, 0)
    left_out: dict[str, dict[str, tuple[Omission, ...]]] = {root: {} for root in roots}
    for path, count in counts:
        source = _source(path, roots)
        documents[source] = documents.get(source, 0) + count
    for doc_id, path, omissions in omitted:
        left_out.setdefault(_source(path, roots), {})[doc_id] = omissions
    return [SourceAccount(source, count, left_out.get(source, {})) for source, count in documents.items()]


def _source(path: str | None, roots: Iterable[str]) -> str:
    """Return the innermost root that a file lies in, "" for none."""
    around = (root for root in roots if path is not None and Path(path).is_relative_to(root))
    return max(around, key=len, default="")


def status(path: Path, snapshot: Snapshot, *, sources: bool = False) -> dict[str, Any]:
    """Return counts, settings, size on disk in bytes, and the folders that were synced; `sources`: with accounts."""
    settings, catalog = snapshot.settings, snapshot.catalog
    with catalog.lock:
        counts, statements = catalog.counts(), catalog.statements.count()
        unread = len(catalog.parts.unread_rows())
        dead, roots = len(catalog.parts.dead_rows()), list(catalog.sources.roots())
    return {
        "path": str(path),
        "format": store.check_format(path),
        "generation": snapshot.generation,
        **counts,
        "statements": statements,
        "vectors": len(snapshot.vectors),
        "drafts": len(snapshot.vectors.all_rows(drafts=True)),
        "unread": unread,
        "dead": dead,
        "bytes": _size(path),
        "engine": settings.engine,
        "language": settings.language,
        "embedder": settings.embedder,
        "target_tokens": settings.target_tokens,
        "max_tokens": settings.max_tokens,
        "ranking": settings.ranking and dict(settings.ranking),
        "calibration": settings.calibration and dict(settings.calibration),
        "sources": roots,
        **({"accounts": [account.to_dict() for account in accounts(catalog)]} if sources else {}),
    }


def wrong_files(path: Path, catalog: Catalog) -> Iterator[tuple[Path, str]]:
    """Yield each derived file that is missing or is not what was written, and what is wrong with it."""
    for name, (size, digest) in catalog.parts.checksums().items():
        file = path / name
        if ".." in Path(name).parts or Path(name).is_absolute() or file.is_symlink():
            yield file, "leads out of the index"
        elif not file.is_file():
            yield file, "is missing"
        elif file.stat().st_size != size or durable.checksum(file) != digest:
            yield file, "was changed after it was written"


def _disagreements(path: Path) -> Iterator[str]:
    """Yield a line for each way in which the parts do not hold the same passages."""
    try:
        with store.opened(path) as snapshot:
            rows = snapshot.catalog.passages.rows()
            if snapshot.keywords.count != len(rows):
                yield f"{path}/keywords holds {snapshot.keywords.count} passages, the catalog {len(rows)}"
            strange = np.setdiff1d(snapshot.vectors.all_rows(), rows, assume_unique=True)
            if len(strange):
                yield f"{path}/vectors holds {len(strange)} rows of passages that do not exist. Run: searchkit rebuild"
            broken = len(snapshot.vectors.broken())
            if broken:
                yield f"{path}/vectors holds {broken} that are not finite or not of unit length. Run: searchkit rebuild"
            for chunk in snapshot.catalog.all_passages():
                yield from (f"passage {p.id} has no text in its document" for p in chunk.values() if not p.text)
    except IndexCorrupt as error:
        yield str(error)
