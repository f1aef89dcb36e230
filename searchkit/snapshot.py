"""What a reader sees: the catalog, the keyword index and the vectors as of one commit."""

from __future__ import annotations

import contextlib
import copy
import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from searchkit import durable, keywords, segments, vectors
from searchkit.catalog import Catalog
from searchkit.errors import IndexCorrupt
from searchkit.types import Embedder, FloatMatrix, FloatVector, Rows

FITTED = {"ranking": {"fusion", "weights"}, "calibration": {"slope", "shift"}}  # optional settings, what each holds
KEPT_FILTERS = 16
BACKGROUND_ROWS = 1_000
PRIOR_PAIRS = 10


@dataclass(frozen=True, slots=True)
class Settings:
    """What is fixed when an index is created, because it decides bytes on disk; and what was fitted to judgments.

    ranking: fusion and weights of searches that choose neither, None for searchkit's own. calibration: slope and
    shift of the confidences' logits (see `confidence.scaled`), None to take them as they are.
    """

    engine: str = "tantivy"
    language: str = "en"
    analyzer: str = ""  # language and revision of the rules that made the index terms
    target_tokens: int = 200
    max_tokens: int = 256
    embedder: str | None = None  # name and digest of the model; None: keyword only
    embedder_digest: str | None = None
    dim: int = 0
    ranking: Mapping[str, Any] | None = None
    calibration: Mapping[str, float] | None = None

    def with_model(self, model: Embedder | None) -> Settings:
        """Return these settings for another model; what was fitted to judgments held for the one before."""
        name, digest, dim = (model.name, model.digest, int(model.dim)) if model else (None, None, 0)
        return replace(self, embedder=name, embedder_digest=digest, dim=dim, ranking=None, calibration=None)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values, without what was not fitted: versions that do not know it can read the rest."""
        return {name: value for name, value in asdict(self).items() if name not in FITTED or value is not None}


class Snapshot:
    """The index as of one commit: what a reader sees until it closes it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._files = contextlib.ExitStack()
        try:
            self.catalog = Catalog(path / "catalog.sqlite")
            self._files.callback(self.catalog.close)
            self.catalog.begin_read()
            self.generation = self.catalog.counter("generation")
            self.settings = read_settings(self.catalog)
            self.keywords = self._open_keywords(path)
            self._files.callback(self.keywords.close)
            opened = open_segments(path, list(self.catalog.segments()), self.settings.dim)
            self.vectors = vectors.Vectors(opened, self.catalog.dead_rows())
        except BaseException:
            self._files.close()
            raise
        self.lock = threading.RLock()  # guards the catalog's one connection, and the line below
        self._rows: dict[tuple[str, tuple[object, ...]], Rows] = {}
        self.computed: dict[int, FloatVector] = {}  # by row, what questions had the model compute (see `upgrading`)

    def _open_keywords(self, path: Path) -> keywords.Reader:
        name = keyword_folder(self.catalog.counter("keywords"))
        lease = path / "keywords" / f"{name}.lease"
        try:
            self._files.enter_context(durable.shared_lock(lease))
        except OSError as error:
            raise IndexCorrupt(f"{lease} cannot be read: {error}. Run: searchkit rebuild") from error
        return keywords.engine(self.settings.engine).read(path / "keywords" / name)

    def rows(self, clause: str, values: tuple[object, ...], paths: Collection[str] = ()) -> Rows:
        """Return the rows that fit a WHERE clause, which looks up values at these JSON paths of the metadata.

        The values and the last few answers are kept, for a snapshot never changes.
        """
        with self.lock:
            found = self._rows.get((clause, values))
            if found is None:
                while len(self._rows) >= KEPT_FILTERS:
                    del self._rows[next(iter(self._rows))]
                self.catalog.look_into(paths)
                found = self._rows[clause, values] = self.catalog.rows(clause, values)
            return found

    @cached_property
    def background(self) -> float:
        """The mean cosine of two passages of different documents, from a sample; 0 where there are no two.

        It is what a cosine means nothing below: some models give any two texts .7. The mean of a few pairs of
        documents, which may be two versions of one, says little: it counts as if PRIOR_PAIRS more had 0.
        """
        rows, matrix = self.vectors.sample(BACKGROUND_ROWS)
        with self.lock:
            owners = self.catalog.owners(rows.tolist())
        _, document, sizes = np.unique([owners[row] for row in rows.tolist()], return_inverse=True, return_counts=True)
        pairs = len(rows) ** 2 - int((sizes**2).sum())
        if not pairs:
            return 0.0
        sums = np.zeros((len(sizes), matrix.shape[1]), np.float32)
        np.add.at(sums, document, matrix)
        whole = sums.sum(axis=0)
        known = len(sizes) * (len(sizes) - 1) / 2
        return float((whole @ whole - (sums * sums).sum()) / pairs) * known / (known + PRIOR_PAIRS)

    def upgraded(self, rows: Rows, matrix: FloatMatrix) -> Snapshot:
        """Return the same with other vectors of some rows, see `Vectors.upgraded`; it lives as long as this one."""
        other = copy.copy(self)
        other.vectors = self.vectors.upgraded(rows, matrix)
        return other

    def close(self) -> None:
        """Let go of every file."""
        self._files.close()


def keyword_folder(number: int) -> str:
    """Return the name of a keyword generation's folder."""
    return f"{number:06d}"


def read_settings(catalog: Catalog) -> Settings:
    """Return the index's settings. Raises IndexCorrupt."""
    found: dict[str, Any] = catalog.settings()
    try:
        settings = Settings(**found)
        for name, keys in FITTED.items():
            value = getattr(settings, name)
            if value is not None and value.keys() != keys:
                raise TypeError(f"{name} is {value}")
        return settings
    except (TypeError, AttributeError) as error:
        raise IndexCorrupt(f"the settings in the catalog are damaged: {error}") from error


def open_segments(path: Path, names: Sequence[str], dim: int) -> list[segments.Segment]:
    """Map the vector segments that the catalog names. Raises IndexCorrupt."""
    if not all(name.isdigit() for name in names):
        raise IndexCorrupt(f"{path}/catalog.sqlite names a vector segment that is no number.")
    return [segments.open_segment(path / "vectors", name, dim) for name in names]
