"""The files of a tantivy generation: how one starts from another, ends, and is found whole.

tantivy writes each segment file once, under a name that it never uses again, and replaces only meta.json and
.managed.json, by renaming. So generations can share segment files as hard links.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from searchkit.errors import IndexCorrupt
from searchkit.storage import durable, refusals

SUFFIXES = ("idx", "pos", "term", "store", "fast", "fieldnorm")
META = "meta.json"
MANAGED = ".managed.json"  # what tantivy may delete
READ_LOCK = ".tantivy-meta.lock"  # made by every reader that finds none; so ours leave the folder as it is
FOOTER = (1337).to_bytes(4, "little")  # the last bytes of a complete segment file


def start(folder: Path, base: Path | None) -> None:
    """Make `folder` anew, holding what `base` holds. Raises IndexCorrupt if that is not whole."""
    if base is not None and base.resolve() == folder.resolve():
        raise ValueError(f"{folder} cannot be its own base.")
    shutil.rmtree(folder, ignore_errors=True)  # left by a crash
    folder.mkdir(parents=True)
    if base is None:
        return
    names = segment_files(base)
    for name in names:
        _share(base / name, folder / name)
    shutil.copyfile(base / META, folder / META)
    (folder / MANAGED).write_text(json.dumps([*names, META]))


def finish(folder: Path) -> None:
    """Remove what the generation does not need and make the rest durable."""
    names = segment_files(folder)
    (folder / MANAGED).write_text(json.dumps([*names, META]))
    (folder / READ_LOCK).touch()
    keep = {*names, META, MANAGED, READ_LOCK}
    for name in (META, MANAGED):  # tantivy makes them readable for their owner alone, unlike the rest
        shutil.copymode(folder / READ_LOCK, folder / name)
    for child in folder.iterdir():
        if child.name not in keep:
            with contextlib.suppress(PermissionError):  # on Windows while it is mapped
                child.unlink()
    for name in keep:
        with (folder / name).open("r+b") as file:  # Windows flushes only what is open for writing
            durable.flush_file(file)
    durable.flush_folder(folder)
    durable.flush_folder(folder.parent)


def check(folder: Path) -> None:
    """Raise IndexCorrupt, naming the file, unless every file is there and was written to its end."""
    for path in (folder / name for name in segment_files(folder)):
        try:
            whole = _last_bytes(path, len(FOOTER)) == FOOTER
        except OSError as error:
            raise refusals.damage(error, path, f"{path} cannot be read: {error}. Run: searchkit rebuild") from error
        if not whole:
            raise IndexCorrupt(f"{path} is cut off or overwritten. Run: searchkit rebuild")


@contextlib.contextmanager
def lockable(folder: Path) -> Iterator[Path]:
    """Yield a place with the folder's files where tantivy may open its lock, which it does even to read."""
    if os.access(folder / READ_LOCK, os.W_OK):
        yield folder
        return
    import tempfile  # noqa: PLC0415 - most may open it in the folder itself

    with tempfile.TemporaryDirectory() as place:
        for child in folder.iterdir():
            if child.name != READ_LOCK:
                (Path(place) / child.name).symlink_to(child.resolve())
        yield Path(place)


def segment_files(folder: Path) -> list[str]:
    """Return the names of the segment files that meta.json refers to. Raises IndexCorrupt."""
    path = folder / META
    try:
        return [name for segment in json.loads(path.read_bytes())["segments"] for name in _names(segment)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        message = f"{path} is missing or damaged: {error}. Run: searchkit rebuild"
        raise refusals.damage(error, path, message) from error


def _names(segment: dict[str, Any]) -> Iterator[str]:
    """Yield the files of one segment; what it calls itself must not lead out of the folder."""
    name = segment["segment_id"].replace("-", "")
    if not re.fullmatch("[0-9a-f]{32}", name):
        raise ValueError(f"no segment can be called {name!r}")
    yield from (f"{name}.{suffix}" for suffix in SUFFIXES)
    if segment["deletes"] is not None:
        yield f"{name}.{int(segment['deletes']['opstamp'])}.del"


def _share(source: Path, target: Path) -> None:
    """Give a file a second name, or copy it where the file system has no links."""
    try:
        os.link(source, target)
    except FileNotFoundError as error:
        raise IndexCorrupt(f"{source} is missing. Run: searchkit rebuild") from error
    except OSError:
        shutil.copyfile(source, target)


def _last_bytes(path: Path, count: int) -> bytes:
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - count))
        return file.read()
