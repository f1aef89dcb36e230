"""Mailboxes (mbox): one document a message."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from searchkit.documents.files import opened
from searchkit.documents.mail import read_mail
from searchkit.errors import DocumentError
from searchkit.types import Document, Failure

_BEGINNING = re.compile(rb"From (?:\S+ +|- )?.*\d{4}\s*$")  # From jane@example.org Tue Jun 18 23:48:00 2024
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)


def read_mailbox(path: Path, doc_id: str, max_bytes: int, *, packed: bool) -> Iterator[Document | Failure]:
    """Return the messages of a mailbox, `doc_id:number` by their order. Errors: DocumentError for what is none."""
    with opened(path, packed=packed) as file:
        head = file.readline(1_000)
        while head and not head.strip():
            head = file.readline(1_000)
    if not head:
        raise DocumentError(f"{path} is empty.")
    if not _BEGINNING.match(head):
        raise DocumentError(f"{path} is no mailbox: it does not begin with a line like 'From name date'.")
    return _documents(path, doc_id, max_bytes, packed=packed)


def _documents(path: Path, doc_id: str, max_bytes: int, *, packed: bool) -> Iterator[Document | Failure]:
    for number, data in enumerate(_messages(path, max_bytes, packed=packed), 1):
        place = f"{doc_id}:{number}"
        if len(data) > max_bytes:
            yield Failure(place, f"the message is larger than {max_bytes:,} bytes (max_bytes)")
            continue
        try:
            document = read_mail(_QUOTED.sub(rb"\1", data), place)
        except DocumentError as error:
            yield Failure(place, str(error))
            continue
        yield document if document.text.strip() else Failure(place, "the message holds no text")


def _messages(path: Path, max_bytes: int, *, packed: bool) -> Iterator[bytes]:
    """Yield each message without its "From " line, a little more than `max_bytes` of one that exceeds it."""
    lines: list[bytes] = []
    size, blank, begun = 0, True, False
    with opened(path, packed=packed) as file:
        while line := file.readline(max_bytes + 1):
            if blank and _BEGINNING.match(line):
                if begun:
                    yield b"".join(lines)
                lines, size, begun, blank = [], 0, True, False
                continue
            blank = not line.strip()
            if size <= max_bytes:
                lines.append(line)
            size += len(line)
    if begun:
        yield b"".join(lines)
