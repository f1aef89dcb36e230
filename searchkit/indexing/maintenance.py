"""Keeping an index in order: compact, rebuild."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from searchkit.indexing.embedding import Embedding, ensure_pieces
from searchkit.indexing.entries import EntryMaker
from searchkit.indexing.pending import rewrite_bands, rewrite_keywords
from searchkit.indexing.statements import ensure_statements, rewrite_statements
from searchkit.models.embedders import embedder as embedder_called
from searchkit.storage import store
from searchkit.storage.inspection import wrong_files
from searchkit.text.analysis import Analyzer
from searchkit.types import Embedder, Progress


def compact(writer: store.Writer) -> int:
    """Write the derived parts anew without what was removed; return the new generation."""
    writer.begin()
    ensure_statements(writer)
    writer.catalog.ensure()
    writer.catalog.statements.drop_silent()
    writer.catalog.documents.repack()
    rewrite_keywords(writer, EntryMaker(Analyzer(writer.settings.language)))
    writer.compact_vectors()
    generation = writer.commit()
    writer.catalog.shrink()
    return generation


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
        settings = settings.changed_to(embedder)
    else:  # a folder that was moved, say
        settings = replace(settings, embedder=embedder.name)
    writer.set_settings(settings)
    damaged = {file.name for file, _ in wrong_files(writer.path, writer.catalog)}
    writer.drop_vectors(only=damaged if settings.embedder_digest == old.embedder_digest else None)
    rewrite_keywords(writer, EntryMaker(Analyzer(writer.settings.language)))
    rewrite_statements(writer)
    writer.catalog.ensure()
    rewrite_bands(writer)
    writer.catalog.columns.rebuild()
    writer.catalog.parts.clear_unread()
    if embedder is None:
        return writer.commit()
    ensure_pieces(writer, embedder)
    embedding = Embedding(writer, embedder, progress, full=full)
    embedding.readable(writer.catalog.passages.rows())
    embedding.fill(np.union1d(embedding.lacking(), writer.open_vectors().broken()), lambda: None)
    writer.compact_vectors()
    generation = writer.commit()
    embedding.committed()
    return generation
