"""What a question reads of the catalog: one connection that threads share, each call with the lock that guards it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from searchkit.storage.catalog import Catalog
from searchkit.storage.contract import Said, Speaker
from searchkit.storage.snapshot import Snapshot
from searchkit.threads import kept, once
from searchkit.types import Document, Passage


class CatalogPassages:
    """Passages and documents of a catalog."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._catalog = snapshot.catalog
        self._lock = snapshot.catalog.lock

    def get(self, rows: Iterable[int]) -> dict[int, Passage]:
        """Return the passages of rows that exist, with their texts."""
        with self._lock:
            return self._catalog.passages.get(rows)

    def around(self, passages: Collection[Passage], size: int) -> dict[str, list[Passage]]:
        """Return, by the id of each passage, it and up to `size` of its document's on each side, in order."""
        with self._lock:
            return {
                each.id: list(self._catalog.passages.of(each.doc_id, each.ordinal - size, each.ordinal + size).values())
                for each in passages
            }

    def of(self, doc_id: str) -> list[Passage]:
        """Return a document's passages in order, none for an unknown id."""
        with self._lock:
            return list(self._catalog.passages.of(doc_id).values())

    def row_of(self, passage_id: str) -> int | None:
        """Return the row of a passage, None if there is none."""
        with self._lock:
            return self._catalog.passages.row_of(passage_id)

    def ids(self, rows: Iterable[int]) -> dict[int, str]:
        """Return the id of each row's passage."""
        with self._lock:
            return self._catalog.passages.ids(rows)

    def neighbours(self, rows: Iterable[int], reach: int) -> list[tuple[int, int]]:
        """Return (row, row of a passage at most `reach` before or after it in its document), for each there is."""
        with self._lock:
            return self._catalog.passages.neighbours(rows, reach)

    def owners(self, rows: Iterable[int]) -> dict[int, int]:
        """Return the key of each row's document."""
        with self._lock:
            return self._catalog.passages.owners(rows)

    def days(self, rows: Iterable[int]) -> dict[int, int]:
        """Return the ordinal of the day of each row's document; rows without a date are left out."""
        with self._lock:
            return self._catalog.passages.days(rows)

    def signatures(self, rows: Iterable[int]) -> dict[int, bytes]:
        """Return the MinHash signature of each row."""
        with self._lock:
            return self._catalog.passages.signatures(rows)

    def document(self, doc_id: str) -> Document | None:
        """Return a document with its text, None if there is none."""
        with self._lock:
            return self._catalog.documents.get(doc_id)

    def file_of(self, doc_id: str) -> Path | None:
        """Return the file that a document was read from by a sync, None for one that was put in by hand."""
        with self._lock:
            found = self._catalog.documents.file_path(doc_id)
            return None if found is None else Path(found)

    def places(self) -> list[tuple[str, str, str, int | None]]:
        """Return the id, section, source and day of every document."""
        with self._lock:
            return list(self._catalog.documents.places())

    def fields(self) -> Mapping[str, frozenset[str]]:
        """Return the names that a filter finds values of, each with the kinds of its values; looked for once."""
        return self._fields

    @once
    def _fields(self) -> dict[str, frozenset[str]]:
        with self._lock:
            return self._snapshot.filtering.fields()

    def count_documents(self) -> int:
        """Return how many documents there are."""
        with self._lock:
            return self._catalog.documents.count()

    def documents(self, pattern: str = "*") -> list[str]:
        """Return the ids of the documents that match a glob, sorted."""
        with self._lock:
            return self._catalog.documents.ids(pattern)


class CatalogStatements:
    """Who said what, of a catalog; nobody said anything in one that was never read for it."""

    def __init__(self, catalog: Catalog) -> None:
        self._statements = catalog.statements
        self._lock = catalog.lock

    @kept
    def known(self) -> bool:
        """Whether the index was read for statements: one of format 1 was not, until it is written again."""
        with self._lock:
            return self._statements.exist()

    def matching(self, terms: Collection[str]) -> dict[int, set[str]]:
        """Return the speakers with any of the terms in name or group: key -> the terms that it has."""
        with self._lock:
            return self._statements.matching(terms) if self.known else {}

    def speakers(self, keys: Collection[int]) -> dict[int, Speaker]:
        """Return speakers by key."""
        with self._lock:
            return self._statements.speakers(keys) if self.known else {}

    def by(self, speakers: Collection[int]) -> list[Said]:
        """Return what these speakers said, in the order of passages."""
        with self._lock:
            return self._statements.by(speakers) if self.known else []

    def within(self, rows: Collection[int]) -> list[Said]:
        """Return what was said in these passages, in their order."""
        with self._lock:
            return self._statements.within(rows) if self.known else []
