"""LangChain: `SearchkitRetriever(index="indexes/news", k=5).invoke("Who buys coffee?")`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from pydantic import ConfigDict, Field, model_validator

from searchkit import types
from searchkit.errors import MissingExtra
from searchkit.integrations.shapes import document, metadata, opened
from searchkit.types import Results

try:
    from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
    from langchain_core.documents import Document
    from langchain_core.retrievers import BaseRetriever
except ImportError as error:
    raise MissingExtra("LangChain is not installed. Run: pip install 'searchkit[langchain]'") from error


class SearchkitRetriever(BaseRetriever):
    """Passages of an index as LangChain's documents, best first, with scores, confidence and place as metadata.

    index: a path, or an open index. k: how many. options: any others of `Index.search`, as in {"where": "year > 2020"};
    `invoke` takes k and options too.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    index: Any
    k: int = Field(default=10, ge=1)
    options: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _open(self) -> SearchkitRetriever:
        self.index = opened(self.index)
        return self

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002 - LangChain's own, of every retriever
        **options: Any,
    ) -> list[Document]:
        return _documents(self.index.search(query, **{"k": self.k, **self.options, **options}))

    async def _aget_relevant_documents(
        self,
        query: str,
        *,
        run_manager: AsyncCallbackManagerForRetrieverRun,  # noqa: ARG002 - as above
        **options: Any,
    ) -> list[Document]:
        search = partial(self.index.search, query, **{"k": self.k, **self.options, **options})
        return _documents(await asyncio.to_thread(search))


def _documents(results: Results) -> list[Document]:
    return [
        Document(id=hit.passage.id, page_content=hit.passage.shown_text, metadata=metadata(hit)) for hit in results.hits
    ]


def from_documents(documents: Iterable[Document]) -> Iterator[types.Document]:
    """Yield LangChain's documents as searchkit's, for `Index.add`; one without an id is named by source and number."""
    for number, each in enumerate(documents, 1):
        doc_id = each.id or f"{each.metadata.get('source', 'document')}:{number}"
        yield document(doc_id, each.page_content, each.metadata)
