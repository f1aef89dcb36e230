"""Haystack: a component that takes a query and returns documents, for pipelines that are kept as YAML too."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from searchkit import types
from searchkit.errors import MissingExtra
from searchkit.integrations.filters import from_haystack
from searchkit.integrations.shapes import document, metadata, opened
from searchkit.reader import IndexReader

try:
    from haystack import Document, component, default_from_dict, default_to_dict
except ImportError as error:
    raise MissingExtra("Haystack is not installed. Run: pip install 'searchkit[haystack]'") from error


@component
class SearchkitRetriever:
    """Passages of an index as Haystack's documents, best first, with scores, confidence and place as metadata."""

    def __init__(
        self,
        index: str | Path | IndexReader,
        top_k: int = 10,
        filters: dict[str, Any] | None = None,
        options: dict[str, Any] | None = None,
    ) -> None:
        """index: a path, or an open index; filters: Haystack's; options: any others of `Index.search`."""
        self.top_k = top_k
        self.filters = filters
        self.options = dict(options or {})
        self._index = index

    def warm_up(self) -> None:
        """Open the index."""
        self._opened()

    def _opened(self) -> IndexReader:
        """Return the index, opened when it is first needed: a component that is only loaded and kept needs none."""
        self._index = opened(self._index)
        return self._index

    @component.output_types(documents=list[Document], answerable=bool)
    def run(self, query: str, filters: dict[str, Any] | None = None, top_k: int | None = None) -> dict[str, Any]:
        """Return the documents, and whether the index seems to hold an answer at all.

        filters and top_k: in place of those that the component was made with.
        """
        chosen = self.filters if filters is None else filters
        where = {"where": from_haystack(chosen)} if chosen else {}
        results = self._opened().search(query, self.top_k if top_k is None else top_k, **{**self.options, **where})
        documents = [
            Document(id=hit.passage.id, content=hit.passage.shown_text, meta=metadata(hit), score=hit.score)
            for hit in results.hits
        ]
        return {"documents": documents, "answerable": results.answerable}

    @component.output_types(documents=list[Document], answerable=bool)
    async def run_async(
        self, query: str, filters: dict[str, Any] | None = None, top_k: int | None = None
    ) -> dict[str, Any]:
        """Return what `run` does, without blocking the loop."""
        found: dict[str, Any] = await asyncio.to_thread(partial(self.run, query, filters, top_k))
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return the component as Haystack keeps it; an open index by its path."""
        path = self._index.path if isinstance(self._index, IndexReader) else self._index
        made: dict[str, Any] = default_to_dict(
            self, index=str(path), top_k=self.top_k, filters=self.filters, options=self.options
        )
        return made

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> SearchkitRetriever:
        """Return the component that `to_dict` told of."""
        made: SearchkitRetriever = default_from_dict(cls, data)
        return made


def from_documents(documents: Iterable[Document]) -> Iterator[types.Document]:
    """Yield Haystack's documents as searchkit's, for `Index.add`, under their own ids; those without text are empty."""
    for each in documents:
        yield document(each.id, each.content or "", each.meta)
