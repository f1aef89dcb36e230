"""Stretches of documents' texts, read from where they stand: what a passage costs doesn't depend on its document."""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Iterable

from searchkit.errors import IndexCorrupt
from searchkit.storage.catalog.texts import Texts

KEPT = 32  # texts that stay open: SQLite then knows where their pages are
LARGE = 65_536  # bytes, below which opening again costs nothing
WIDEST = 4  # bytes of a character in UTF-8


def byte_offsets(text: str, starts: Iterable[int]) -> list[int]:
    """Return where these characters of a text, ascending, begin in its UTF-8."""
    if text.isascii():
        return list(starts)
    found, at, byte = [], 0, 0
    for start in starts:
        byte += len(text[at:start].encode())
        at = start
        found.append(byte)
    return found


class Spans:
    """Reads from the column `text` of the table `documents`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._texts = Texts(db)
        self._open: OrderedDict[int, sqlite3.Blob] = OrderedDict()
        self.pinned = False  # whether the state never changes, so that texts may stay open

    def read(self, key: int, byte: int, characters: int) -> str:
        """Return so many characters of a document's text from a byte on. Raises IndexCorrupt."""
        text = self._open.pop(key, None) or self._db.blobopen("documents", "text", key, readonly=True)
        try:
            size = len(text)
            found = self._texts.read(text, max(byte, 0), WIDEST * characters)
        except BaseException:
            text.close()
            raise
        if self.pinned and size > LARGE:
            self._keep(key, text)
        else:
            text.close()
        whole = found.decode("utf-8", "ignore")[:characters]  # the last character may be cut
        if len(whole) < characters:
            raise IndexCorrupt(f"a passage lies outside its document, number {key}. Run: searchkit rebuild")
        return whole

    def close(self) -> None:
        """Close the texts that stayed open."""
        while self._open:
            self._open.popitem()[1].close()

    def _keep(self, key: int, text: sqlite3.Blob) -> None:
        self._open[key] = text
        while len(self._open) > KEPT:
            self._open.popitem(last=False)[1].close()
