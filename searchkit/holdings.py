"""What an index holds: its documents and passages, listed, counted and looked up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from searchkit.again import asks_again
from searchkit.cluster.address import Place
from searchkit.errors import IndexClosed
from searchkit.parameters import checks_methods
from searchkit.types import Document, Passage

if TYPE_CHECKING:
    from searchkit.cluster.view import ClusterView
    from searchkit.homes import Home
    from searchkit.storage.view import FolderView


@asks_again
@checks_methods
class Holdings:
    """The part of an index that only looks up. `len` counts documents, whose ids it is iterated by."""

    path: Place
    _home: Home
    _reading: Callable[[], AbstractContextManager[FolderView | ClusterView]]

    def get(self, item_id: str) -> Document | Passage | None:
        """Return the document or, for an id that ends in #number, the passage of this id; None if there is none."""
        with self._reading() as view:
            document = view.passages.document(item_id)
            row = view.passages.row_of(item_id) if document is None else None
            return document if row is None else view.passages.get([row])[row]

    def passages(self, doc_id: str) -> list[Passage]:
        """Return a document's passages in order, none for an unknown id."""
        with self._reading() as view:
            return view.passages.of(doc_id)

    def documents(self, pattern: str = "*") -> list[str]:
        """Return the ids of the documents that match a glob, sorted."""
        with self._reading() as view:
            return view.passages.documents(pattern)

    def file_of(self, doc_id: str) -> Path | None:
        """Return the file that a document was read from by a sync, None for one that was put in by hand."""
        with self._reading() as view:
            return view.passages.file_of(doc_id)

    def status(self, *, sources: bool = False) -> dict[str, Any]:
        """Return counts, settings, size on disk in bytes, and what was synced; sources: and what each did not give."""
        return self._home.status(sources=sources)

    def facets(self) -> dict[str, Any]:
        """Return the sections and sources that there are, each with its number of documents and the filter (`where`)
        that lets them through, commonest first; and the first and last day, None without dates.
        """
        return self._home.facets()

    def __len__(self) -> int:
        with self._reading() as view:
            return view.passages.count_documents()

    def __bool__(self) -> bool:
        return True  # an index is there, however little it holds

    def __iter__(self) -> Iterator[str]:
        return iter(self.documents())

    def __contains__(self, doc_id: object) -> bool:
        with self._reading() as view:
            return isinstance(doc_id, str) and view.passages.row_of(f"{doc_id}#0") is not None

    def __repr__(self) -> str:
        try:
            with self._reading() as view:
                held = f"{view.passages.count_documents():,} documents, {view.keywords.count:,} passages"
                return f"<Index {self.path}: {held}, {view.settings.embedder or 'keyword only'}>"
        except IndexClosed:
            return f"<Index {self.path}: closed>"
