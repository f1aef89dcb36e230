"""One consistent, durable view over the catalog, the keyword index and the vectors.

A commit writes a vector segment, then a keyword generation (a folder of its own, beside the previous one),
then one SQLite transaction that names both. A crash before the last step leaves files that nothing names;
the next writer collects them.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Container, Iterator, Sequence
from pathlib import Path

import numpy as np

from searchkit.errors import IndexCorrupt, IndexLocked, IndexNotFound, UnsupportedFormat
from searchkit.marker import MARKER
from searchkit.ragged import Ragged
from searchkit.storage import durable, keywords, refusals
from searchkit.storage.catalog import Catalog, forking
from searchkit.storage.settings import Settings
from searchkit.storage.snapshot import Snapshot, keyword_folder, open_segments, read_settings
from searchkit.storage.vectors import arm, segments
from searchkit.storage.vectors.segments import Part
from searchkit.threads import keep
from searchkit.types import Rows

FORMAT = 6  # what this version writes
# The oldest that it reads: without who said what; 2 has no drafts; 3 tells where passages begin in
# characters alone; 4 has no columns to filter by; 5 shares no sources.
FLOOR = 1
UNFINISHED = "index.unfinished"  # stands in its place until then (see `creation`)
LOCK = "writer.lock"
SWALLOWED = 2  # a segment of so many times the new rows is written again with them; each costs a question time
FEW_ROWS, SWALLOWED_FEW = 16_384, 64  # a segment of few: to write it again is less work than the model has with the new
OPEN_TRIES = 5  # a writer may collect a generation between our reading its name and opening it


def mark_format(marker: Path) -> None:
    """Write the format number."""
    durable.replace_file(marker, json.dumps({"searchkit": "index", "format": FORMAT}).encode())


def check_format(path: Path) -> int:
    """Return the format of the index at `path`.

    Raises IndexNotFound, IndexCorrupt or UnsupportedFormat unless it is one that we read, StorageError if it can't be.
    """
    with refusals.translated(path):
        return _format(path)


def _format(path: Path) -> int:
    marker = path / MARKER
    if not marker.is_file():
        unfinished = "; one is being made there, or its making was cut off" if (path / UNFINISHED).is_file() else ""
        raise IndexNotFound(f"no index at {path}{unfinished}. Make one with: searchkit index FOLDER -i {path}")
    for part in (MARKER, "catalog.sqlite", "keywords", "vectors"):
        if (path / part).is_symlink():
            raise IndexCorrupt(f"{path / part} is a link; an index must not lead out of its folder.")
    try:
        found = json.loads(marker.read_bytes())["format"]
    except (ValueError, KeyError, TypeError) as error:
        raise IndexCorrupt(
            f"{marker} is damaged: {error}. Restore it from a copy, or index the sources into a new folder."
        ) from error
    if not isinstance(found, int) or not FLOOR <= found <= FORMAT:
        raise UnsupportedFormat(
            f"{path} has format {found}; this searchkit reads {FLOOR} to {FORMAT}. "
            "Use the version that wrote it, or index the sources again."
        )
    return found


def snapshot(path: Path, *, shared: bool = False) -> Snapshot:
    """Open the latest commit for reading. shared: see `Snapshot`."""
    check_format(path)
    for _ in range(OPEN_TRIES):
        with refusals.translated(path):
            before = _generation(path)
            try:
                return Snapshot(path, shared=shared)
            except IndexCorrupt:
                if _generation(path) == before:
                    raise
    raise IndexLocked(f"{path} is being written too fast to be opened. Try again.")


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Snapshot]:
    """Open the latest commit for the length of a block."""
    found = snapshot(path)
    with refusals.translated(path), contextlib.closing(found):
        yield found


def is_latest(found: Snapshot) -> bool:
    """Tell whether neither a commit came after a snapshot nor another index in the place of its own."""
    check_format(found.path)
    with refusals.translated(found.path):
        same = found.catalog.file == forking.file_at(found.path / "catalog.sqlite")
        return same and _generation(found.path) == found.generation


def settings_of(path: Path) -> Settings:
    """Return the settings of the latest commit, of which nothing else is opened. Raises IndexNotFound, IndexCorrupt."""
    check_format(path)
    with contextlib.closing(Catalog(path / "catalog.sqlite")) as catalog, catalog.lock:
        catalog.share()
        return read_settings(catalog)


def _generation(path: Path) -> int:
    with contextlib.closing(Catalog(path / "catalog.sqlite")) as catalog, catalog.lock:
        catalog.share()
        return catalog.counter("generation")


@contextlib.contextmanager
def writing(path: Path, timeout: float | None = None) -> Iterator[Writer]:
    """Hold the writer's lock and collect what a crash left. timeout: see `writer_lock`. Raises IndexLocked."""
    check_format(path)
    with refusals.translated(path), durable.writer_lock(path / LOCK, timeout):
        if check_format(path) < FORMAT:  # from now on no version may write that cannot keep all parts in step
            mark_format(path / MARKER)
        for part in ("keywords", "vectors"):  # derived: an index that lost them can be rebuilt
            (path / part).mkdir(exist_ok=True)
        catalog = Catalog(path / "catalog.sqlite")
        writer, process = Writer(path, catalog), os.getpid()
        try:
            writer.settings = read_settings(catalog)
            writer.collect_garbage()
            yield writer
        finally:
            if os.getpid() == process:
                writer.abort()
                catalog.close()
            else:  # forked meanwhile: what was begun is the parent's
                keep(writer)


class Writer:
    """The one writer: `begin`, change the catalog, `write_…` the derived parts, `commit`; any number of times."""

    settings: Settings

    def __init__(self, path: Path, catalog: Catalog) -> None:
        self.path = path
        self.catalog = catalog
        self._keywords: keywords.EngineWriter | None = None
        self._segments: dict[str, int] = {}

    @property
    def scratch(self) -> Path:
        """A folder for files that are gone when the writer is done."""
        return self.path / "vectors"

    def begin(self) -> None:
        """Start a commit."""
        self.catalog.begin_write()
        self._segments = self.catalog.parts.segments()

    def write_keywords(self, entries: Sequence[keywords.Entry], removed: Sequence[int], *, fresh: bool = False) -> None:
        """Feed the next keyword generation, which starts from the present one unless `fresh`."""
        if self._keywords is None:
            present = self.catalog.counter("keywords")
            folder = self.path / "keywords" / keyword_folder(present + 1)
            base = None if fresh or present == 0 else self.path / "keywords" / keyword_folder(present)
            self._keywords = keywords.engine(self.settings.engine).write(folder, base)
        self._keywords.remove(removed)
        self._keywords.add(entries)

    def discard_keywords(self) -> None:
        """Forget what was fed to the next keyword generation."""
        if self._keywords is not None:
            self._keywords.abort()
            self._keywords = None

    def write_vectors(self, parts: Sequence[Part]) -> None:
        """Write vectors of new rows, or better ones of rows that have one, as a segment.

        It swallows smaller ones, so that there are never many; always the newest, for of a row in several segments the
        newest has its say.
        """
        swallowed: list[str] = []
        total = sum(len(part.rows) for part in parts)
        if not total:
            return
        for name, count in reversed(self._segments.items()):
            if count > total * (SWALLOWED_FEW if count <= FEW_ROWS else SWALLOWED):
                break
            swallowed.append(name)
            total += count
        self._merge(swallowed, list(parts))

    def compact_vectors(self) -> None:
        """Rewrite all segments as one, without the dead rows and those that the model cannot read."""
        self._merge(list(reversed(self._segments)), [])
        self.catalog.columns.compact(self.catalog.parts.dead_rows())
        self.catalog.parts.clear_dead()

    def _merge(self, names: Sequence[str], parts: list[Part]) -> None:
        """Replace segments, newest first, by one that holds these parts, and their rows that are not dead or unread."""
        dead = np.union1d(self.catalog.parts.dead_rows(), self.catalog.parts.unread_rows())
        for segment in [segments.open_segment(self.path / "vectors", name, self.settings.dim) for name in names]:
            (mask,) = arm.living([segment], dead)
            parts.append(segments.part_of(segment, mask))
            del self._segments[segment.name]
        for some in segments.apart(parts):
            self._new_segment(some)

    def add_pieces(self, read: Callable[[Rows], Ragged]) -> bool:
        """Write segments that lack word pieces anew, with those that `read` finds for their rows; tell if any did."""
        opened = [segments.open_segment(self.path / "vectors", name, self.settings.dim) for name in self._segments]
        lacking = any(segment.pieces is None for segment in opened)
        for segment in opened if lacking else ():  # all of them: their order is what they are worth
            del self._segments[segment.name]
            pieces = read(segment.rows) if segment.pieces is None else segment.pieces
            self._new_segment([Part(segment.rows, segment.vectors, pieces, segment.drafts)])
        return lacking

    def drop_vectors(self, only: Container[str] | None = None) -> None:
        """Forget all segments, or only those of which a file is named in `only`."""
        damaged = {
            name
            for name in self._segments
            if only is None or any(file in only for file in segments.segment_files(name))
        }
        self._segments = {name: count for name, count in self._segments.items() if name not in damaged}
        self.catalog.parts.set_segments(self._segments)

    def open_vectors(self, *, dead: bool = False) -> arm.Vectors:
        """Return the vectors as of now, uncommitted ones too; with `dead` also those of removed rows."""
        opened = open_segments(self.path, list(self._segments), self.settings.dim)
        return arm.Vectors(opened, np.empty(0, np.int64) if dead else self.catalog.parts.dead_rows())

    def set_settings(self, settings: Settings) -> None:
        """Replace the settings, as part of the commit."""
        self.settings = settings
        self.catalog.set_settings(settings.to_dict())

    def _new_segment(self, parts: Sequence[Part]) -> None:
        number = self.catalog.counter("next_segment")
        self.catalog.set_counter("next_segment", number + 1)
        name = f"{number:06d}"
        self._segments[name] = segments.write_segment(self.path / "vectors", name, parts)

    def commit(self) -> int:
        """Make the change durable and visible, as one; return the new generation."""
        if self._keywords is not None:
            number = self.catalog.counter("keywords") + 1
            self._keywords.commit()
            self._keywords = None
            (self.path / "keywords" / f"{keyword_folder(number)}.lease").touch()
            durable.flush_folder(self.path / "keywords")
            self.catalog.set_counter("keywords", number)
        self.catalog.parts.set_segments(self._segments)
        self.catalog.parts.set_checksums(self._checksums())
        generation = self.catalog.counter("generation") + 1
        self.catalog.set_counter("generation", generation)
        self.catalog.commit()
        self.collect_garbage()
        return generation

    def abort(self) -> None:
        """Undo everything since `begin`."""
        self.discard_keywords()
        self.catalog.rollback()

    def _checksums(self) -> dict[str, tuple[int, str]]:
        """Return size and digest of every derived file, reading only files that the last commit did not have."""
        known = self.catalog.parts.checksums()
        present = self.path / "keywords" / keyword_folder(self.catalog.counter("keywords"))
        paths = sorted(child for child in present.iterdir() if child.is_file())
        files = [self.path / "vectors" / file for name in self._segments for file in segments.segment_files(name)]
        paths += [file for file in files if file.exists()]
        digests = {}
        for path in paths:
            name, size = path.relative_to(self.path).as_posix(), path.stat().st_size
            same = known.get(name) or self._linked(path, known)
            digests[name] = same if same and same[0] == size else (size, durable.checksum(path))
        return digests

    def _linked(self, path: Path, known: dict[str, tuple[int, str]]) -> tuple[int, str] | None:
        """Return what is known of the previous generation's file that `path` is another name of."""
        for name, facts in known.items():
            if name.rsplit("/", 1)[-1] == path.name:
                before = self.path / name
                return facts if before.exists() and before.samefile(path) else None
        return None

    def collect_garbage(self) -> None:
        """Remove what no commit names and no reader uses."""
        current = keyword_folder(self.catalog.counter("keywords"))
        folder = self.path / "keywords"
        for child in folder.iterdir():
            name = child.name.removesuffix(".lease")
            if name != current and not durable.in_use(folder / f"{name}.lease"):
                _delete(child)
        named = {file for name in self.catalog.parts.segments() for file in segments.segment_files(name)}
        for child in (self.path / "vectors").glob("*.npy"):
            if child.name not in named:
                _delete(child)


def _delete(path: Path) -> None:
    """Remove a file or folder; what cannot be removed now (open on Windows) is left for the next writer."""
    import shutil  # noqa: PLC0415 - writers alone delete

    with contextlib.suppress(OSError):
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
