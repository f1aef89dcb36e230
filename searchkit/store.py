"""One consistent, durable view over the catalog, the keyword index and the vectors.

A commit writes a vector segment, then a keyword generation (a folder of its own, beside the previous one),
then one SQLite transaction that names both. A crash before the last step leaves files that nothing names;
the next writer collects them.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit import durable, keywords, vectors
from searchkit.catalog import Catalog
from searchkit.errors import IndexCorrupt, IndexExists, IndexLocked, IndexNotFound, UnsupportedFormat
from searchkit.ragged import Ragged
from searchkit.types import FloatMatrix, Rows

FORMAT = 2  # what this version writes
FLOOR = 1  # the oldest format it reads: without the tables of who said what
KEPT_FILTERS = 16
BACKGROUND_ROWS = 1_000
OPEN_TRIES = 5  # a writer may collect a generation between our reading its name and opening it


@dataclass(frozen=True, slots=True)
class Settings:
    """What is fixed when an index is created, because it decides bytes on disk; and how it prefers to rank.

    ranking: fusion and weights of searches that choose neither, None for searchkit's own.
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


class Snapshot:
    """The index as of one commit: what a reader sees until it closes it."""

    def __init__(self, path: Path) -> None:
        self._files = contextlib.ExitStack()
        try:
            self.catalog = Catalog(path / "catalog.sqlite")
            self._files.callback(self.catalog.close)
            self.catalog.begin_read()
            self.generation = self.catalog.counter("generation")
            self.settings = read_settings(self.catalog)
            self.keywords = self._open_keywords(path)
            self._files.callback(self.keywords.close)
            opened = open_segments(path, self.catalog, self.settings.dim)
            self.vectors = vectors.Vectors(opened, self.catalog.dead_rows())
        except BaseException:
            self._files.close()
            raise
        self.lock = threading.RLock()  # guards the catalog's one connection, and the line below
        self._rows: dict[tuple[str, tuple[object, ...]], Rows] = {}

    def _open_keywords(self, path: Path) -> keywords.Reader:
        name = keyword_folder(self.catalog.counter("keywords"))
        lease = path / "keywords" / f"{name}.lease"
        try:
            self._files.enter_context(durable.shared_lock(lease))
        except OSError as error:
            raise IndexCorrupt(f"{lease} cannot be read: {error}. Run: searchkit rebuild") from error
        return keywords.engine(self.settings.engine).read(path / "keywords" / name)

    def rows(self, clause: str, values: tuple[object, ...]) -> Rows:
        """Return the rows that fit a WHERE clause; the last few answers are kept, for a snapshot never changes."""
        with self.lock:
            found = self._rows.get((clause, values))
            if found is None:
                while len(self._rows) >= KEPT_FILTERS:
                    del self._rows[next(iter(self._rows))]
                found = self._rows[clause, values] = self.catalog.rows(clause, values)
            return found

    @cached_property
    def background(self) -> float:
        """The mean cosine of two passages of different documents, from a sample; 0 where there are no two.

        It is what a cosine means nothing below: some models give any two texts .7.
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
        return float((whole @ whole - (sums * sums).sum()) / pairs)

    def close(self) -> None:
        """Let go of every file."""
        self._files.close()


def create(path: Path, settings: Settings) -> None:
    """Make an empty index at `path`. Raises IndexExists."""
    if (path / "index.json").exists():
        raise IndexExists(f"{path} already holds an index. Open it, or choose another folder.")
    if path.exists() and (not path.is_dir() or any(child.name != "writer.lock" for child in path.iterdir())):
        raise IndexExists(f"{path} exists and is no searchkit index. Choose an empty or new folder.")
    (path / "keywords").mkdir(parents=True, exist_ok=True)
    (path / "vectors").mkdir(exist_ok=True)
    with durable.writer_lock(path / "writer.lock"):
        catalog = Catalog(path / "catalog.sqlite", create=True)
        writer = Writer(path, catalog)
        writer.begin()
        writer.set_settings(settings)
        writer.write_keywords([], [])
        writer.commit()
        catalog.close()
        # the marker comes last: a folder without it is no index yet
        _mark_format(path)


def _mark_format(path: Path) -> None:
    durable.replace_file(path / "index.json", json.dumps({"searchkit": "index", "format": FORMAT}).encode())


def check_format(path: Path) -> int:
    """Return the format of the index at `path`.

    Raises IndexNotFound, IndexCorrupt or UnsupportedFormat unless it is one that we read.
    """
    marker = path / "index.json"
    if not marker.is_file():
        raise IndexNotFound(f"no index at {path}. Make one with: searchkit index FOLDER -i {path}")
    for part in ("index.json", "catalog.sqlite", "keywords", "vectors"):
        if (path / part).is_symlink():
            raise IndexCorrupt(f"{path / part} is a link; an index must not lead out of its folder.")
    try:
        found = json.loads(marker.read_bytes())["format"]
    except (ValueError, KeyError, TypeError) as error:
        raise IndexCorrupt(f"{marker} is damaged: {error}") from error
    if not isinstance(found, int) or not FLOOR <= found <= FORMAT:
        raise UnsupportedFormat(
            f"{path} has format {found}; this searchkit reads {FLOOR} to {FORMAT}. "
            "Use the version that wrote it, or index the sources again."
        )
    return found


def snapshot(path: Path) -> Snapshot:
    """Open the latest commit for reading."""
    check_format(path)
    for _ in range(OPEN_TRIES):
        before = _generation(path)
        try:
            return Snapshot(path)
        except IndexCorrupt:
            if _generation(path) == before:
                raise
    raise IndexLocked(f"{path} is being written too fast to be opened. Try again.")


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Snapshot]:
    """Open the latest commit for the length of a block."""
    found = snapshot(path)
    try:
        yield found
    finally:
        found.close()


def _generation(path: Path) -> int:
    with contextlib.closing(Catalog(path / "catalog.sqlite")) as catalog:
        return catalog.counter("generation")


@contextlib.contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """Hold the writer's lock and collect what a crash left. Raises IndexLocked."""
    check_format(path)
    with durable.writer_lock(path / "writer.lock"):
        for part in ("keywords", "vectors"):  # derived: an index that lost them can be rebuilt
            (path / part).mkdir(exist_ok=True)
        catalog = Catalog(path / "catalog.sqlite")
        writer = Writer(path, catalog)
        try:
            writer.settings = read_settings(catalog)
            writer.collect_garbage()
            yield writer
        finally:
            writer.abort()
            catalog.close()


class Writer:
    """The one writer: `begin`, change the catalog, `write_…` the derived parts, `commit`; any number of times."""

    settings: Settings

    def __init__(self, path: Path, catalog: Catalog) -> None:
        self.path = path
        self.catalog = catalog
        self._keywords: keywords.Writer | None = None
        self._segments: dict[str, int] = {}

    def begin(self) -> None:
        """Start a commit."""
        self.catalog.begin_write()
        self._segments = self.catalog.segments()

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

    def write_vectors(self, rows: Rows, matrix: FloatMatrix, pieces: Ragged | None = None) -> None:
        """Write new rows as a segment, which swallows smaller ones so that there are never many.

        pieces: the word pieces of each row, of a model that tells them.
        """
        if not len(rows):
            return
        swallowed: list[str] = []
        total = len(rows)
        for name, count in reversed(self._segments.items()):
            if count > 2 * total:
                break
            swallowed.append(name)
            total += count
        self._merge(swallowed, rows, matrix, pieces)

    def compact_vectors(self) -> None:
        """Rewrite all segments as one, without the dead rows."""
        dim = self.settings.dim
        self._merge(list(self._segments), np.empty(0, np.int64), np.empty((0, dim), vectors.DTYPE), Ragged.of([]))
        self.catalog.clear_dead()

    def _merge(self, names: Sequence[str], rows: Rows, matrix: FloatMatrix, pieces: Ragged | None) -> None:
        """Replace segments by one that holds these rows, and theirs that are not dead."""
        dead = self.catalog.dead_rows()
        opened = [vectors.open_segment(self.path / "vectors", name, self.settings.dim) for name in names]
        living = [(segment, ~np.isin(segment.rows, dead)) for segment in opened]
        for name in names:
            del self._segments[name]
        self._new_segment(
            np.concatenate([rows, *(segment.rows[alive] for segment, alive in living)]),
            np.concatenate([matrix, *(segment.vectors[alive] for segment, alive in living)]),
            _joined([pieces, *(_living(segment.pieces, alive) for segment, alive in living)]),
        )

    def add_pieces(self, read: Callable[[Rows], Ragged]) -> bool:
        """Write segments that lack word pieces anew, with those that `read` finds for their rows; tell if any did."""
        opened = [vectors.open_segment(self.path / "vectors", name, self.settings.dim) for name in self._segments]
        lacking = [segment for segment in opened if segment.pieces is None]
        for segment in lacking:
            del self._segments[segment.name]
            self._new_segment(segment.rows, segment.vectors, read(segment.rows))
        return bool(lacking)

    def mark_format(self) -> None:
        """Record that the index has this version's format from now on."""
        _mark_format(self.path)

    def drop_vectors(self, only: Container[str] | None = None) -> None:
        """Forget all segments, or only those of which a file is named in `only`."""
        damaged = {
            name for name in self._segments if only is None or any(file in only for file in vectors.segment_files(name))
        }
        self._segments = {name: count for name, count in self._segments.items() if name not in damaged}
        self.catalog.set_segments(self._segments)

    def vector_rows(self) -> set[int]:
        """Return the rows that have a vector."""
        opened = open_segments(self.path, self.catalog, self.settings.dim)
        return {row for segment in opened for row in segment.rows.tolist()}

    def set_settings(self, settings: Settings) -> None:
        """Replace the settings, as part of the commit."""
        self.settings = settings
        known = {name: value for name, value in asdict(settings).items() if name != "ranking" or value is not None}
        self.catalog.set_settings(known)  # without what is not chosen, so that versions that do not know it can read

    def _new_segment(self, rows: Rows, matrix: FloatMatrix, pieces: Ragged | None) -> None:
        if not len(rows):
            return
        number = self.catalog.counter("next_segment")
        self.catalog.set_counter("next_segment", number + 1)
        name = f"{number:06d}"
        vectors.write_segment(self.path / "vectors", name, rows, matrix, pieces)
        self._segments[name] = len(rows)

    def commit(self) -> int:
        """Make the change durable and visible, as one; return the new generation."""
        if self._keywords is not None:
            number = self.catalog.counter("keywords") + 1
            self._keywords.commit()
            self._keywords = None
            (self.path / "keywords" / f"{keyword_folder(number)}.lease").touch()
            durable.flush_folder(self.path / "keywords")
            self.catalog.set_counter("keywords", number)
        self.catalog.set_segments(self._segments)
        self.catalog.set_checksums(self._checksums())
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
        known = self.catalog.checksums()
        present = self.path / "keywords" / keyword_folder(self.catalog.counter("keywords"))
        paths = sorted(child for child in present.iterdir() if child.is_file())
        files = [self.path / "vectors" / file for name in self._segments for file in vectors.segment_files(name)]
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
        named = {file for name in self.catalog.segments() for file in vectors.segment_files(name)}
        for child in (self.path / "vectors").glob("*.npy"):
            if child.name not in named:
                _delete(child)


def _joined(parts: Sequence[Ragged | None]) -> Ragged | None:
    """Return the lists of all parts, None if any is not known."""
    known = [part for part in parts if part is not None]
    return Ragged.joined(known) if len(known) == len(parts) else None


def _living(pieces: Ragged | None, alive: npt.NDArray[np.bool_]) -> Ragged | None:
    return None if pieces is None else pieces.take(np.flatnonzero(alive))


def _delete(path: Path) -> None:
    """Remove a file or folder; what cannot be removed now (open on Windows) is left for the next writer."""
    import shutil  # noqa: PLC0415 - writers alone delete

    with contextlib.suppress(OSError):
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def keyword_folder(number: int) -> str:
    """Return the name of a keyword generation's folder."""
    return f"{number:06d}"


def read_settings(catalog: Catalog) -> Settings:
    """Return the index's settings. Raises IndexCorrupt."""
    found: dict[str, Any] = catalog.settings()
    try:
        settings = Settings(**found)
        if settings.ranking is not None and settings.ranking.keys() != {"fusion", "weights"}:
            raise TypeError(f"ranking is {settings.ranking}")
        return settings
    except (TypeError, AttributeError) as error:
        raise IndexCorrupt(f"the settings in the catalog are damaged: {error}") from error


def open_segments(path: Path, catalog: Catalog, dim: int) -> list[vectors.Segment]:
    """Map all vector segments of the catalog's state. Raises IndexCorrupt."""
    names = list(catalog.segments())
    if not all(name.isdigit() for name in names):
        raise IndexCorrupt(f"{path}/catalog.sqlite names a vector segment that is no number.")
    return [vectors.open_segment(path / "vectors", name, dim) for name in names]
