"""Where an ingest puts documents, wherever the index is: what that knows of them, and how they get in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

from searchkit.indexing.prepare import Prepared
from searchkit.storage.catalog.schema import KnownFile, Root
from searchkit.storage.settings import Settings
from searchkit.types import Document, Omission


class DocumentTable(Protocol):
    """Documents that an index knows; see `storage.catalog.documents.Documents`."""

    def state(self, doc_id: str) -> tuple[int, int | None, bytes] | None:
        """Return the key, file key and content digest of a document, None if there is none."""

    def of_file(self, file: int) -> Iterator[tuple[int, str]]:
        """Yield the key and id of each document that a file holds, in the order of their keys."""

    def adopt(self, key: int, file: int | None, omitted: Sequence[Omission] = ()) -> None:
        """Record which file a document comes from, and what was not read of it this time."""

    def ids(self, pattern: str = "*") -> list[str]:
        """Return the ids that match a glob, sorted."""


class SourceTable(Protocol):
    """Folders and files that an index knows; see `storage.catalog.sources.Sources`."""

    def roots(self) -> dict[str, Root]:
        """Return the folders and files that were synced, by absolute path."""

    def put_root(self, path: str, root: Root) -> None:
        """Record a root, or what changed of it."""

    def drop_root(self, path: str) -> None:
        """Forget a root; its files stay known."""

    def files_under(self, root: str) -> dict[str, KnownFile]:
        """Return the known files that are `root` or lie below it, by absolute path."""

    def put_file(self, path: str, size: int, mtime_ns: int, documents: int) -> int:
        """Record a file as read; return its key."""

    def rename_file(self, key: int, path: str) -> bool:
        """Record a file under another path; tell whether none was known there."""

    def count_documents(self, keys: Iterable[int]) -> int:
        """Return how many documents come from files."""

    def forget_file(self, key: int) -> None:
        """Forget a file, so that the next sync reads it again. Its documents stay."""

    def file_path(self, key: int) -> str:
        """Return a known file's path."""

    def unsettle_file(self, key: int) -> None:
        """Make the next sync read a file again."""


class Inventory(Protocol):
    """What a sync asks of an index, and has it note; nothing of it lasts before a commit."""

    @property
    def documents(self) -> DocumentTable:
        """The documents."""

    @property
    def sources(self) -> SourceTable:
        """The folders and files."""


class Tally(NamedTuple):
    """What there is after a session, and how its vectors came about."""

    passages: int
    generation: int
    embedded: int = 0
    reused: int = 0
    predicted: int = 0
    unread: int = 0


class Stock(Protocol):
    """One write session of an index: documents wait until they are committed."""

    @property
    def settings(self) -> Settings:
        """What was fixed when the index was created."""

    @property
    def catalog(self) -> Inventory:
        """What the index knows."""

    def state(self, doc_id: str) -> tuple[int, int | None, bytes] | None:
        """Return what the index knows of a document: see `DocumentTable.state`."""

    @property
    def is_full(self) -> bool:
        """Whether so many passages wait that they should be committed."""

    def accept(self, document: Document, file: int | None, content: bytes, prepared: Prepared) -> int:
        """Have a new document and its passages wait; return its key. content: the document's digest."""

    def bury(self, doc_id: str, key: int) -> None:
        """Remove a version of a document."""

    def commit(self) -> None:
        """Make what waits durable and visible, perhaps before it has vectors."""

    def complete(self, *, keeps_vectors: bool = False) -> None:
        """Commit what is left, with vectors for all. keeps_vectors: of what was removed, for the next session."""

    def tally(self) -> Tally:
        """Return what there is now."""
