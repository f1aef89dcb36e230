"""What a reader sees: the catalog, the keyword index and the vectors as of one commit."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from searchkit.errors import IndexCorrupt
from searchkit.storage import durable, keywords, refusals
from searchkit.storage.catalog import Catalog
from searchkit.storage.settings import Settings
from searchkit.storage.vectors import arm, segments

if TYPE_CHECKING:
    from searchkit.storage.filtering import Filtering


class Snapshot:
    """The index as of one commit: what a reader sees until it closes it."""

    def __init__(self, path: Path, *, shared: bool = False) -> None:
        """shared: threads are going to read it, each call with the catalog's lock."""
        self.path = path
        self._files = contextlib.ExitStack()
        self.catalog = Catalog(path / "catalog.sqlite")
        self._files.callback(self.catalog.close)
        try:
            with self.catalog.lock:
                if shared:
                    self.catalog.share()
                self._read(path)
        except BaseException:
            self._files.close()
            raise

    def _read(self, path: Path) -> None:
        self.catalog.begin_read()
        self.generation = self.catalog.counter("generation")
        self.settings = read_settings(self.catalog)
        self.keywords = self._open_keywords(path)
        self._files.callback(self.keywords.close)
        opened = open_segments(path, list(self.catalog.parts.segments()), self.settings.dim)
        self.vectors = arm.Vectors(opened, self.catalog.parts.dead_rows())
        self._filtering: Filtering | None = None

    @property
    def filtering(self) -> Filtering:
        """What answers filters, of whoever holds the catalog's lock."""
        if self._filtering is None:
            from searchkit.storage.filtering import Filtering  # noqa: PLC0415 - most questions have no filter

            self._filtering = Filtering(self.catalog.columns.readable(), self.catalog.parts.dead_rows())
        return self._filtering

    def _open_keywords(self, path: Path) -> keywords.EngineReader:
        name = keyword_folder(self.catalog.counter("keywords"))
        lease = path / "keywords" / f"{name}.lease"
        try:
            self._files.enter_context(durable.shared_lock(lease))
        except OSError as error:
            raise refusals.damage(error, lease, f"{lease} cannot be read: {error}. Run: searchkit rebuild") from error
        return keywords.engine(self.settings.engine).read(path / "keywords" / name)

    def close(self) -> None:
        """Let go of every file."""
        self._files.close()


def keyword_folder(number: int) -> str:
    """Return the name of a keyword generation's folder."""
    return f"{number:06d}"


def read_settings(catalog: Catalog) -> Settings:
    """Return the index's settings. Raises IndexCorrupt."""
    return Settings.from_dict(catalog.settings())


def open_segments(path: Path, names: Sequence[str], dim: int) -> list[segments.Segment]:
    """Map the vector segments that the catalog names. Raises IndexCorrupt."""
    if not all(name.isdigit() for name in names):
        raise IndexCorrupt(f"{path}/catalog.sqlite names a vector segment that is no number.")
    return segments.open_segments(path / "vectors", names, dim)
