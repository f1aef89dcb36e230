"""Standard input as a source of documents and of queries."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from searchkit.errors import DocumentError
from searchkit.types import Document, Failure

if TYPE_CHECKING:
    from searchkit.documents import ReadOptions

LOOK = 65_536  # bytes of standard input that tell what it holds


def documents(name: str, options: ReadOptions) -> Iterator[Document | Failure]:
    """Yield what standard input holds: records if it begins like JSONL, else one text whose id is `name`.

    A suffix of `name` that searchkit reads (page.html) says what it is instead.
    """
    from searchkit.documents import FORMATS, read  # noqa: PLC0415 - the same
    from searchkit.indexing.cleaning import failure  # noqa: PLC0415 - imports nothing before there is input

    with tempfile.TemporaryDirectory(prefix="searchkit-") as folder:
        suffix = Path(name).suffix.lower()
        path = _spool(sys.stdin.buffer, Path(folder), suffix if suffix in FORMATS else "")
        try:
            for item in read(path, name, options):
                yield _renamed(item, str(path), name)
        except DocumentError as error:
            yield _renamed(failure(name, error), str(path), name)


def _spool(stream: BinaryIO, folder: Path, suffix: str) -> Path:
    """Copy a stream to a file with the suffix of what it holds: input of any size is read like a file."""
    beginning = stream.read(LOOK)
    path = folder / ("stdin" + (suffix or (".jsonl" if looks_like_jsonl(beginning) else ".txt")))
    with path.open("wb") as file:
        file.write(beginning)
        shutil.copyfileobj(stream, file)
    return path


def looks_like_jsonl(beginning: bytes) -> bool:
    """Tell whether the first line that holds anything is a JSON object, as far as it can be seen."""
    line = next((line for line in beginning.removeprefix(b"\xef\xbb\xbf").splitlines() if line.strip()), b"")
    if len(line) >= LOOK - 3:  # longer than was looked at
        return line.lstrip().startswith(b'{"')
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _renamed(item: Document | Failure, path: str, name: str) -> Document | Failure:
    """Let a failure speak of `name`, not of the temporary file."""
    if isinstance(item, Document):
        return item
    return replace(item, source=item.source.replace(path, name), reason=item.reason.replace(path, name))


def queries() -> Iterator[list[str]]:
    """Yield the lines of standard input that hold anything, as soon as they come: those that came together as one.

    Bytes that are no text become question marks.
    """
    rest = b""
    stream = cast(BufferedReader, sys.stdin.buffer)
    while beginning := stream.read1(LOOK):
        *lines, rest = (rest + beginning).split(b"\n")
        yield from _filled(lines)
    yield from _filled([rest])


def _filled(lines: list[bytes]) -> Iterator[list[str]]:
    texts = (line.decode(sys.stdin.encoding, "replace").strip() for line in lines)
    found = [text for text in texts if text]
    if found:
        yield found
