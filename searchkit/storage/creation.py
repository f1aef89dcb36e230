"""An index where there was none: whole, or not there.

From its first file to its last, one named `index.unfinished` says that what is there is no index yet; renaming it to
`index.json` makes it one. So whoever creates an index at a path may replace what a kill left there, and nothing else.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from searchkit.errors import IndexExists, IndexLocked
from searchkit.marker import MARKER
from searchkit.storage import durable, refusals, store
from searchkit.storage.catalog import Catalog
from searchkit.storage.catalog.schema import read_only
from searchkit.storage.settings import Settings

CATALOG = ("catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm", "catalog.sqlite-journal")
FOLDERS = re.compile(r"keywords|vectors|keywords/\d{6}")
FILES = re.compile(
    r"writer\.lock|server\.sock|index\.(unfinished|json)(\.tmp)?|catalog\.sqlite(-wal|-shm|-journal)?|keywords/\d{6}\.lease"
    r"|vectors/(\d{6}\.\w+\.npy|(pending|reached)(\.taken)?|given\w*)"
)


def create(path: Path, settings: Settings) -> None:
    """Make an empty index at `path`. Raises IndexExists or IndexLocked."""
    with creating(path, settings):
        pass


@contextlib.contextmanager
def creating(path: Path, settings: Settings) -> Iterator[store.Writer]:
    """Make an index at `path` and fill it in the block. It is there when the block has ended; an error leaves nothing.

    Raises IndexExists where there is an index, or anything that no unfinished index can hold; IndexLocked.
    """
    with refusals.translated(path):
        made = not path.exists()
        with _locked(path):
            _refuse(path)
            try:
                writer = _begin(path, settings)
                try:
                    yield writer
                finally:
                    with contextlib.closing(writer.catalog):
                        writer.abort()
            except BaseException:
                with contextlib.suppress(OSError):
                    _clear(path)
                    (path / store.UNFINISHED).unlink(missing_ok=True)
                    (path / store.LOCK).unlink()  # nobody takes a lock that has lost its name
                    if made:
                        path.rmdir()
                raise
            (path / store.UNFINISHED).replace(path / MARKER)
            durable.flush_folder(path)
            durable.flush_folder(path.absolute().parent)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the writer's lock of a folder, which is made if there is none. Nothing is made in somebody else's."""
    with contextlib.ExitStack() as held:
        try:
            _refuse(path)
            path.mkdir(parents=True, exist_ok=True)
            held.enter_context(durable.writer_lock(path / store.LOCK))
        except FileNotFoundError as error:  # another process has just given up, and removed the folder
            raise IndexLocked(f"{path} was being written by another process. Try again.") from error
        yield


def _begin(path: Path, settings: Settings) -> store.Writer:
    """Return the writer of an empty index that is not finished, made anew."""
    store.mark_format(path / store.UNFINISHED)
    _clear(path)
    (path / "keywords").mkdir()
    (path / "vectors").mkdir()
    writer = store.Writer(path, Catalog(path / CATALOG[0], create=True))
    try:
        writer.begin()
        writer.set_settings(settings)
        writer.write_keywords([], [])
        writer.commit()
    except BaseException:
        writer.catalog.close()
        raise
    return writer


def _clear(path: Path) -> None:
    """Remove what an unfinished index consists of, all but the file that says so."""
    for name in ("keywords", "vectors"):
        if (path / name).exists():
            shutil.rmtree(path / name)
    for name in (*CATALOG, f"{MARKER}.tmp", f"{store.UNFINISHED}.tmp"):
        (path / name).unlink(missing_ok=True)


def _refuse(path: Path) -> None:
    """Raise IndexExists unless an index may be made at `path`: nothing is there, or only what is left of a creation."""
    if (path / MARKER).exists():
        raise IndexExists(f"{path} already holds an index. Open it, or choose another folder.")
    if (path.exists() or path.is_symlink()) and not path.is_dir():
        raise IndexExists(f"{path} is no folder. Choose an empty or new one.")
    for parent in path.absolute().parents:
        if parent.exists() and not parent.is_dir():
            raise IndexExists(f"{parent} is no folder, so {path} cannot be made. Choose another place.")
    strange = _strange(path) if path.exists() else None
    if strange is not None:
        raise IndexExists(
            f"{path} exists and is no searchkit index: it holds {strange.name}. Choose an empty or new folder."
        )


def _strange(path: Path) -> Path | None:
    """Return something in a folder that nobody who creates an index left there, None if there is nothing."""
    for child in [*path.iterdir(), *(path / "keywords").glob("*"), *(path / "vectors").glob("*")]:
        names = FOLDERS if child.is_dir() else FILES
        if child.is_symlink() or not names.fullmatch(child.relative_to(path).as_posix()):
            return child
    if (path / store.UNFINISHED).exists():
        return None
    return _filled(path)


def _filled(path: Path) -> Path | None:
    """Return what in a folder without the sign of ours is more than an index has that never got a document.

    Versions before the sign made such folders, and left them when they were killed.
    """
    catalog = path / CATALOG[0]
    if catalog.exists() and catalog.stat().st_size:
        try:
            with contextlib.closing(sqlite3.connect(read_only(catalog), uri=True)) as db:
                if db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                    db.execute("SELECT value FROM counters")
                    return catalog if db.execute("SELECT 1 FROM documents").fetchone() else None
        except sqlite3.Error:
            return catalog
    return next((child for part in ("keywords", "vectors") for child in (path / part).glob("*")), None)
