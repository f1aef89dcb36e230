"""Segments on disk for the Whoosh engine: plain NumPy arrays, each file written once.

Whoosh's own files hold pickles, and unpickling a stranger's file runs the stranger's code. So a generation
holds none: only .npy files, read with `allow_pickle=False`, and one JSON file that lists them.

A segment of n passages, t terms and p postings: rows (n,), days (n,) 0 without a date, lengths (3, n) in
index terms by field; text: the bytes of all terms, ends (t,) where each ends in it, fields (4,) where each
field's terms begin and the last ends; starts (t + 1,) and docs, counts (p,) the postings; spots (t + 1,) and
positions, one for each occurrence. Terms are sorted by field and bytes, postings by passage.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from searchkit.errors import IndexCorrupt
from searchkit.queries.syntax import TEXT_FIELDS
from searchkit.storage import durable, npy, refusals
from searchkit.types import Rows

MANIFEST = "segments.json"
PARTS = ("rows", "days", "lengths", "text", "ends", "fields", "starts", "docs", "counts", "spots", "positions")
MAP_FROM = 1 << 16  # bytes; smaller files are read at once

Array = npt.NDArray[Any]


class Postings(NamedTuple):
    """Where a term occurs: docs (n,), how often (n,), and at which positions (sum of counts,)."""

    docs: Array
    counts: Array
    positions: Array


@dataclass(frozen=True)
class WhooshSegment:
    """The arrays of one segment and which of its passages are removed (sorted)."""

    name: str
    arrays: Mapping[str, Array]
    dead: Array = field(default_factory=lambda: np.empty(0, np.int64))

    @property
    def size(self) -> int:
        """How many passages it was written with."""
        return len(self.arrays["rows"])

    @property
    def alive(self) -> int:
        """How many passages are left."""
        return self.size - len(self.dead)

    def terms(self, name: str) -> list[bytes]:
        """Return the terms of a field, sorted."""
        first, last = self._range(name)
        if first == last:
            return []
        ends = self.arrays["ends"][first:last].tolist()
        begins = [self._end(first - 1), *ends[:-1]]
        text = self.arrays["text"][begins[0] : ends[-1]].tobytes()
        return [text[begin - begins[0] : end - begins[0]] for begin, end in zip(begins, ends, strict=True)]

    def postings(self, name: str, term: bytes) -> Postings | None:
        """Return where a term occurs in a field, None if nowhere."""
        number = self._find(name, term)
        return None if number is None else self._postings(number, number + 1)

    def field_postings(self, name: str) -> tuple[Array, Postings]:
        """Return how often each term of a field occurs, and where: term by term."""
        first, last = self._range(name)
        return np.diff(self.arrays["spots"][first : last + 1]), self._postings(first, last)

    def _postings(self, first: int, last: int) -> Postings:
        """Return where the terms of this range of numbers occur."""
        starts, spots = self.arrays["starts"], self.arrays["spots"]
        postings, places = slice(starts[first], starts[last]), slice(spots[first], spots[last])
        docs, counts, positions = (
            self.arrays[part][where]
            for part, where in (("docs", postings), ("counts", postings), ("positions", places))
        )
        if counts.sum(dtype=np.int64) != len(positions):
            raise ValueError(f"segment {self.name} has {len(positions)} positions for another number of occurrences")
        return Postings(docs, counts, positions)

    def without(self, rows: Rows) -> WhooshSegment:
        """Return the segment after these rows are removed."""
        gone = np.flatnonzero(np.isin(self.arrays["rows"], rows))
        return WhooshSegment(self.name, self.arrays, np.union1d(self.dead, gone))

    def _find(self, name: str, term: bytes) -> int | None:
        first, last = self._range(name)
        end = last
        while first < last:
            middle = (first + last) // 2
            if self._term(middle) < term:
                first = middle + 1
            else:
                last = middle
        return first if first < end and self._term(first) == term else None

    def _range(self, name: str) -> tuple[int, int]:
        place = TEXT_FIELDS.index(name)
        first, last = self.arrays["fields"][place : place + 2].tolist()
        return first, last

    def _term(self, number: int) -> bytes:
        return self.arrays["text"][self._end(number - 1) : self._end(number)].tobytes()

    def _end(self, number: int) -> int:
        return int(self.arrays["ends"][number]) if number >= 0 else 0


def write_segment(folder: Path, name: str, arrays: Mapping[str, Array]) -> WhooshSegment:
    """Write the files of a new segment."""
    for part in PARTS:
        _write(folder / f"{name}.{part}.npy", arrays[part])
    return WhooshSegment(name, arrays)


def write_manifest(folder: Path, segments: list[WhooshSegment]) -> None:
    """Name the generation's segments, remove every other file and make all of it durable."""
    listed = [{"name": segment.name, "dead": _write_dead(folder, segment)} for segment in segments]
    names = [name for entry in listed for name in _files(entry)]
    sizes = {name: (folder / name).stat().st_size for name in names}
    for child in folder.iterdir():
        if child.name not in sizes:
            shutil.rmtree(child) if child.is_dir() else child.unlink()
    durable.replace_file(folder / MANIFEST, json.dumps({"segments": listed, "sizes": sizes}).encode())
    durable.flush_folder(folder.parent)


def read_segments(folder: Path) -> list[WhooshSegment]:
    """Open the segments of a generation. Raises IndexCorrupt, naming the file."""
    listed, sizes = _manifest(folder)
    return [_read_segment(folder, entry, sizes) for entry in listed]


def share(base: Path, folder: Path) -> None:
    """Give the files of a finished generation a second name in `folder`."""
    for name in _manifest(base)[1]:
        try:
            os.link(base / name, folder / name)
        except FileNotFoundError as error:
            raise IndexCorrupt(f"{base / name} is missing. Run: searchkit rebuild") from error
        except OSError:  # a file system without links
            shutil.copyfile(base / name, folder / name)


def _manifest(folder: Path) -> tuple[list[dict[str, Any]], dict[str, int]]:
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_bytes())
        listed, sizes = list(content["segments"]), dict(content["sizes"])
        if set(sizes) != {name for entry in listed for name in _files(entry)}:
            raise ValueError("it does not list the files of its segments")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        message = f"{path} is missing or damaged: {error}. Run: searchkit rebuild"
        raise refusals.damage(error, path, message) from error
    return listed, sizes


def _files(entry: dict[str, Any]) -> list[str]:
    """Return the files of one segment; what it calls itself must not lead out of the folder."""
    name, dead = entry["name"], int(entry["dead"])
    if not re.fullmatch("[a-z0-9_]+", name):
        raise ValueError(f"no segment can be called {name!r}")
    return [f"{name}.{part}.npy" for part in PARTS] + ([_dead_name(name, dead)] if dead else [])


def _read_segment(folder: Path, entry: dict[str, Any], sizes: dict[str, int]) -> WhooshSegment:
    name, dead = entry["name"], int(entry["dead"])
    arrays = {part: _read(folder / f"{name}.{part}.npy", sizes) for part in PARTS}
    return (
        WhooshSegment(name, arrays, _read(folder / _dead_name(name, dead), sizes))
        if dead
        else WhooshSegment(name, arrays)
    )


def _dead_name(name: str, count: int) -> str:
    """Return the file of a segment's removed passages. Their number only grows, so no name comes twice."""
    return f"{name}.dead{count}.npy"


def _write_dead(folder: Path, segment: WhooshSegment) -> int:
    count = len(segment.dead)
    path = folder / _dead_name(segment.name, count)
    if count and not path.exists():
        _write(path, segment.dead)
    return count


def _write(path: Path, array: Array) -> None:
    with path.open("xb") as file:
        np.save(file, array, allow_pickle=False)
        durable.flush_file(file)


def _read(path: Path, sizes: dict[str, int]) -> Array:
    try:
        size = path.stat().st_size
        if size != sizes[path.name]:
            raise ValueError(f"it has {size} bytes, not {sizes[path.name]}")
        array = npy.load(path, mapped=size >= MAP_FROM)
        if array.dtype.kind not in "iu":
            raise ValueError(f"it holds {array.dtype}, not whole numbers")
    except (OSError, ValueError) as error:
        message = f"{path} is missing or damaged: {error}. Run: searchkit rebuild"
        raise refusals.damage(error, path, message) from error
    return array
