"""Which documents a session took: of what is committed a bit each, so that memory does not grow with their number."""

from __future__ import annotations

import operator
import zlib
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import overload

from searchkit.indexing.stock import Inventory

CHUNK = 10_000  # ids that are kept together
NOT_TAKEN = -1  # what stands for the file of a document that was not taken


class TakenDocuments:
    """Documents by id. Those that wait for a commit are noted with their files; the catalog has those of the others."""

    def __init__(self, catalog: Inventory) -> None:
        self._catalog = catalog
        self._waiting: dict[str, tuple[int, int | None]] = {}  # key, and key of the file
        self._bits = bytearray()  # by key
        self.count = 0

    def wait(self, doc_id: str, key: int, file: int | None) -> None:
        """Note a document that is not in the catalog yet."""
        self._waiting[doc_id] = (key, file)
        self.count += 1

    def note(self, key: int) -> None:
        """Note a document that is in the catalog."""
        self._mark(key)
        self.count += 1

    def stored(self) -> None:
        """Those that waited are in the catalog now."""
        for key, _ in self._waiting.values():
            self._mark(key)
        self._waiting.clear()

    def file(self, doc_id: str, key: int | None) -> int | None:
        """Return the key of the file that a document was taken from, NOT_TAKEN if it was not. key: in the catalog."""
        if doc_id in self._waiting:
            return self._waiting[doc_id][1]
        if key is None or not self._has(key):
            return NOT_TAKEN
        return state[1] if (state := self._catalog.documents.state(doc_id)) else None

    def lacks(self, doc_id: str, key: int) -> bool:
        """Tell whether a document of the catalog was not taken."""
        return doc_id not in self._waiting and not self._has(key)

    def _has(self, key: int) -> bool:
        place, bit = divmod(key, 8)
        return place < len(self._bits) and bool(self._bits[place] >> bit & 1)

    def _mark(self, key: int) -> None:
        place, bit = divmod(key, 8)
        if place >= len(self._bits):
            self._bits.extend(bytes(max(place + 1, 2 * len(self._bits)) - len(self._bits)))
        self._bits[place] |= 1 << bit


class Ids(Sequence[str]):
    """Ids in the order that they came, in a tenth of the memory that a list takes: full chunks are compressed."""

    def __init__(self) -> None:
        self._packed: list[bytes] = []
        self._rest: list[str] = []

    def append(self, doc_id: str) -> None:
        """Add an id: a line of text."""
        self._rest.append(doc_id)
        if len(self._rest) == CHUNK:
            self._packed.append(zlib.compress("\n".join(self._rest).encode(), 1))
            self._rest = []

    def settled(self) -> Sequence[str]:
        """Return them as a tuple if they are few, else as they are."""
        return self if self._packed else tuple(self._rest)

    def __len__(self) -> int:
        return CHUNK * len(self._packed) + len(self._rest)

    def __iter__(self) -> Iterator[str]:
        for number in range(len(self._packed)):
            yield from self._chunk(number)
        yield from self._rest

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[str]: ...
    def __getitem__(self, at: int | slice) -> str | Sequence[str]:
        if isinstance(at, slice):
            start, stop, step = at.indices(len(self))
            return list(islice(self, start, stop, step) if step > 0 else list(self)[at])
        place = range(len(self))[at]
        return self._chunk(place // CHUNK)[place % CHUNK]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(operator.eq, self, other))

    __hash__ = None  # type: ignore[assignment]  # it grows

    def __repr__(self) -> str:
        more = f", and {len(self) - 3:,} more" if len(self) > 3 else ""
        return f"Ids({', '.join(map(repr, islice(self, 3)))}{more})"

    def _chunk(self, number: int) -> list[str]:
        if number == len(self._packed):
            return self._rest
        return zlib.decompress(self._packed[number]).decode().split("\n")
