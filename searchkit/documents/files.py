"""Files as bytes and as lines, those that gzip packed too."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, cast

from searchkit.documents.decoding import find_encoding
from searchkit.errors import DocumentError

_SAMPLE = 65_536  # bytes that tell a record file's encoding


@contextmanager
def opened(path: Path, *, packed: bool) -> Iterator[BinaryIO]:
    """Open a file, unpacked. Errors: OSError; DocumentError for one that is packed badly."""
    with path.open("rb") as file:
        if not packed:
            yield file
            return
        try:
            with gzip.open(file) as unpacked:
                yield cast("BinaryIO", unpacked)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise DocumentError(f"{path} is damaged or no gzip file: {error}.") from error


def load(path: Path, max_bytes: int, *, packed: bool) -> bytes:
    """Return a file's bytes, never more than `max_bytes` of them: a file may grow between stat and read."""
    with opened(path, packed=packed) as file:
        data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise DocumentError(f"{path} is larger than {max_bytes:,} bytes. Raise max_bytes or exclude it.")
    if not data.strip():
        raise DocumentError(f"{path} is empty.")
    return data


def find_coding(path: Path, *, packed: bool) -> tuple[str, int]:
    """Return a file's encoding and the length of its byte order mark, after a look at its beginning."""
    with opened(path, packed=packed) as file:
        sample = file.read(_SAMPLE)
    if not sample.strip():
        raise DocumentError(f"{path} is empty.")
    return find_encoding(sample, str(path), whole=len(sample) < _SAMPLE)


def lines_of_file(
    path: Path, coding: tuple[str, int], longest: int, *, packed: bool, newline: str | None
) -> Iterator[str]:
    """Yield a file's lines, one character more than `longest` of those that exceed it.

    Bytes that are no UTF-8 become half surrogate pairs, so that whoever reads a record can count its own.
    """
    encoding, mark = coding
    errors = "surrogateescape" if encoding == "utf-8" else "replace"
    with (
        opened(path, packed=packed) as file,
        io.TextIOWrapper(file, encoding=encoding, errors=errors, newline=newline) as text,
    ):
        if mark:
            text.read(1)
        yield from _lines(text, longest)


def _lines(file: IO[str], longest: int) -> Iterator[str]:
    while line := file.readline(longest + 1):
        yield line
        while len(line) > longest and not line.endswith("\n"):
            line = file.readline(longest + 1)
            if len(line) <= longest:
                break
