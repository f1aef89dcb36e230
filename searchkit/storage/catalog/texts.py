"""Texts of documents in fewer bytes: each by itself, with a dictionary that was learnt from the first of them.

What is stored is either the text, or bytes that no UTF-8 begins with: SHORT or LONG, the number of the dictionary (0
for none), then Zstandard frames without their magic number. A short text is one frame. A long one is cut every CHUNK
bytes, so that a passage is read without the rest: the number of chunks and where each ends stand before their frames.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from searchkit.errors import IndexCorrupt
from searchkit.storage.catalog.schema import REMEDY
from searchkit.storage.compression import LEVEL, zstd

SCHEMA = """
CREATE TABLE IF NOT EXISTS dictionaries (number INTEGER PRIMARY KEY, data BLOB NOT NULL);
"""
SHORT, LONG = 0xFE, 0xFF
CHUNK = 16_384  # bytes of a long text that are read at once
LEAST = 100  # bytes of text that are worth packing
DICTIONARY = 112_640  # bytes at most; twice as many save 3 % more, half as many 1 % less
TAUGHT = 20  # bytes of text that a byte of the dictionary is learnt from, at the least
SAMPLE, SAMPLES = 2_000, 2_500  # characters of a text, and texts: .15 s; twice as many save .6 %
MAGIC = b"\x28\xb5\x2f\xfd"
_HEAD = 2  # bytes before the frame, or the number of chunks


class Readable(Protocol):
    """Bytes that are read from anywhere: sqlite3.Blob."""

    def __len__(self) -> int:
        """Return how many they are."""

    def read(self, length: int = -1, /) -> bytes:
        """Return so many bytes, all that are left for -1."""

    def seek(self, offset: int, /) -> Any:
        """Go on at this byte."""


class Texts:
    """Packs and unpacks the texts of one catalog."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._dictionaries: dict[int, Any] = {}

    def packer(self, texts: Sequence[str]) -> Callable[[str], str | bytes]:
        """Return what packs these texts; if they are many, they teach the catalog's first dictionary."""
        number = self._learn(texts)
        module = zstd()
        parameter = module.CompressionParameter
        options = {parameter.compression_level: LEVEL, parameter.dict_id_flag: 0, parameter.checksum_flag: 0}
        compressor = module.ZstdCompressor(options=options, zstd_dict=self._dictionary(number))

        def frame(data: bytes) -> bytes:
            return bytes(compressor.compress(data, compressor.FLUSH_FRAME)[len(MAGIC) :])

        def packed(text: str) -> str | bytes:
            data = text.encode()
            if len(data) <= LEAST:
                return text
            if len(data) <= CHUNK:
                found = bytes([SHORT, number]) + frame(data)
            else:
                frames = [frame(data[start : start + CHUNK]) for start in range(0, len(data), CHUNK)]
                ends = np.cumsum([len(each) for each in frames]).astype("<u4")
                found = (
                    bytes([LONG, number]) + np.array(len(frames), "<u4").tobytes() + ends.tobytes() + b"".join(frames)
                )
            return found if len(found) < len(data) else text

        return packed

    def unpacked(self, stored: str | bytes) -> str:
        """Return a whole text."""
        if isinstance(stored, str):
            return stored
        number, frames = stored[1], [stored[_HEAD:]]
        if stored[0] == LONG:
            count, *ends = np.frombuffer(stored, "<u4", 1 + int.from_bytes(stored[2:6], "little"), _HEAD).tolist()
            start = _HEAD + 4 * (1 + count)
            frames = [stored[start + a : start + b] for a, b in zip([0, *ends], ends, strict=False)]
        return b"".join(self._frame(number, each) for each in frames).decode()

    def read(self, stored: Readable, byte: int, size: int) -> bytes:
        """Return bytes of a text, at most so many, from a byte on."""
        stored.seek(0)
        head = stored.read(_HEAD)
        if not head or head[0] < SHORT:
            stored.seek(min(byte, len(stored)))
            return stored.read(size)
        if head[0] == SHORT:
            return self._frame(head[1], stored.read())[byte : byte + size]
        count = int.from_bytes(stored.read(4), "little")
        ends = [0, *np.frombuffer(stored.read(4 * count), "<u4").tolist()]
        first, last = byte // CHUNK, min((byte + size - 1) // CHUNK, count - 1)
        found = []
        for chunk in range(first, last + 1):
            stored.seek(_HEAD + 4 * (1 + count) + ends[chunk])
            found.append(self._frame(head[1], stored.read(ends[chunk + 1] - ends[chunk])))
        start = byte - first * CHUNK
        return b"".join(found)[start : start + size]

    def is_newest(self, stored: str | bytes) -> bool:
        """Tell whether a stored text would be packed in the same way again."""
        newest = self._newest()
        return (len(stored) <= LEAST or not newest) if isinstance(stored, str) else stored[1] == newest

    def _frame(self, number: int, frame: bytes) -> bytes:
        module = zstd()
        decompressor = module.ZstdDecompressor(zstd_dict=self._dictionary(number))
        try:
            found = bytes(decompressor.decompress(MAGIC + frame))
        except module.ZstdError as error:
            raise IndexCorrupt(f"a text in the catalog is damaged: {error}. {REMEDY}") from error
        if not decompressor.eof:
            raise IndexCorrupt(f"a text in the catalog is damaged: its end is missing. {REMEDY}")
        return found

    def _newest(self) -> int:
        return int(self._db.execute("SELECT coalesce(max(number), 0) FROM dictionaries").fetchone()[0])

    def _dictionary(self, number: int) -> Any:
        """Return a dictionary, None for 0."""
        if number and number not in self._dictionaries:
            found = self._db.execute("SELECT data FROM dictionaries WHERE number = ?", (number,)).fetchone()
            if found is None:
                raise IndexCorrupt(f"the catalog lacks the dictionary {number} of its texts. {REMEDY}")
            self._dictionaries[number] = zstd().ZstdDict(found[0])
        return self._dictionaries.get(number)

    def _learn(self, texts: Sequence[str]) -> int:
        """Return the number of the dictionary to pack with, which is learnt now if there is none and texts suffice."""
        newest = self._newest()
        if newest:
            return newest
        samples = [text[:SAMPLE].encode() for text in texts[:: max(1, len(texts) // SAMPLES)]]
        size = min(DICTIONARY, sum(map(len, samples)) // TAUGHT)
        if size < SAMPLE:
            return 0
        learnt = zstd().train_dict(samples, size)
        self._db.execute("INSERT INTO dictionaries VALUES (1, ?)", (learnt.dict_content,))
        return 1
