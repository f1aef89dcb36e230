"""Keeping an index in order: verify, compact, rebuild."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from searchkit.errors import IndexCorrupt
from searchkit.indexing.embedding import Embedding, ensure_pieces
from searchkit.indexing.entries import EntryMaker, all_passages
from searchkit.indexing.statements import ensure_statements, rewrite_statements
from searchkit.models.embedders import embedder as embedder_called
from searchkit.storage import durable, refusals, store
from searchkit.storage.catalog import Catalog
from searchkit.storage.snapshot import Snapshot
from searchkit.text.analysis import Analyzer
from searchkit.types import Embedder, Progress


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


def verify(path: Path) -> VerifyReport:
    """Check every file's checksum, SQLite's own integrity, and that the parts hold the same passages."""
    store.check_format(path)
    with refusals.translated(path), contextlib.closing(Catalog(path / "catalog.sqlite")) as catalog:
        catalog.begin_read()
        counts, checksums = catalog.counts(), catalog.parts.checksums()
        problems = catalog.problems()
        problems += [f"{file} {problem}. Run: searchkit rebuild" for file, problem in _wrong_files(path, catalog)]
        if not problems:
            problems += _disagreements(path)
        return VerifyReport(
            catalog.counter("generation"), counts["documents"], counts["passages"], len(checksums), tuple(problems)
        )


def status(path: Path, snapshot: Snapshot) -> dict[str, Any]:
    """Return counts, settings, size on disk in bytes, and the folders that were synced."""
    settings = snapshot.settings
    return {
        "path": str(path),
        "format": store.check_format(path),
        "generation": snapshot.generation,
        **snapshot.catalog.counts(),
        "statements": snapshot.catalog.statements.count(),
        "vectors": len(snapshot.vectors),
        "drafts": len(snapshot.vectors.all_rows(drafts=True)),
        "dead": len(snapshot.catalog.parts.dead_rows()),
        "bytes": sum(file.stat().st_size for file in path.rglob("*") if file.is_file()),
        "engine": settings.engine,
        "language": settings.language,
        "embedder": settings.embedder,
        "target_tokens": settings.target_tokens,
        "max_tokens": settings.max_tokens,
        "ranking": settings.ranking and dict(settings.ranking),
        "calibration": settings.calibration and dict(settings.calibration),
        "sources": list(snapshot.catalog.sources.roots()),
    }


def _wrong_files(path: Path, catalog: Catalog) -> Iterator[tuple[Path, str]]:
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
            for chunk in all_passages(snapshot.catalog):
                yield from (f"passage {p.id} has no text in its document" for p in chunk.values() if not p.text)
    except IndexCorrupt as error:
        yield str(error)


def compact(writer: store.Writer) -> int:
    """Write the derived parts anew without what was removed; return the new generation."""
    writer.begin()
    ensure_statements(writer)
    writer.catalog.passages.ensure_bytes()
    writer.catalog.statements.drop_silent()
    _rewrite_keywords(writer)
    writer.compact_vectors()
    return writer.commit()


def rebuilt(
    writer: store.Writer, wanted: Any, progress: Progress, *, full: bool = False
) -> tuple[int, Embedder | None]:
    """Rebuild with the wanted model, or else the one that the index names; return the generation and the model."""
    model = embedder_called(writer.settings.embedder or "none" if wanted is None else wanted)
    return rebuild(writer, model, progress, full=full), model


def rebuild(writer: store.Writer, embedder: Embedder | None, progress: Progress, *, full: bool = False) -> int:
    """Write the derived parts anew from the catalog alone, with this model (None: without vectors).

    Vectors that are intact are kept when the model is the one that made them. All is one commit: readers go on with the
    old model and its vectors until the new ones are complete. full: see `Embedding`.
    """
    writer.begin()
    old = writer.settings
    settings = replace(old, analyzer=Analyzer(old.language).name)
    if embedder is None or embedder.digest != old.embedder_digest:
        settings = settings.with_model(embedder)
    writer.set_settings(settings)
    damaged = {file.name for file, _ in _wrong_files(writer.path, writer.catalog)}
    writer.drop_vectors(only=damaged if settings.embedder_digest == old.embedder_digest else None)
    _rewrite_keywords(writer)
    rewrite_statements(writer)
    writer.catalog.passages.ensure_bytes()
    if embedder is None:
        return writer.commit()
    ensure_pieces(writer, embedder)
    embedding = Embedding(writer, embedder, progress, full=full)
    embedding.fill(np.union1d(embedding.lacking(), writer.open_vectors().broken()), lambda: None)
    writer.compact_vectors()
    generation = writer.commit()
    embedding.committed()
    return generation


def _rewrite_keywords(writer: store.Writer) -> None:
    entries = EntryMaker(Analyzer(writer.settings.language))
    writer.write_keywords([], [], fresh=True)
    for passages in all_passages(writer.catalog):
        writer.write_keywords(entries.entries(passages), [])
    writer.catalog.set_counter("removed", 0)
