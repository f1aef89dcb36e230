"""LlamaIndex: `SearchkitRetriever("indexes/news", k=5).retrieve("Who buys coffee?")`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from searchkit import types
from searchkit.errors import ArgumentError, MissingExtra
from searchkit.integrations.filters import from_llamaindex
from searchkit.integrations.shapes import document, metadata, opened
from searchkit.reader import IndexReader
from searchkit.types import Hit, Results

try:
    from llama_index.core.base.base_retriever import BaseRetriever
    from llama_index.core.schema import (
        Document,
        NodeRelationship,
        NodeWithScore,
        ObjectType,
        QueryBundle,
        RelatedNodeInfo,
        TextNode,
    )
    from llama_index.core.vector_stores.types import MetadataFilter, MetadataFilters
except ImportError as error:
    raise MissingExtra("LlamaIndex is not installed. Run: pip install 'searchkit[llamaindex]'") from error


class SearchkitRetriever(BaseRetriever):
    """Passages of an index as nodes with scores, best first; a node's id is the passage's.

    Each node knows its document as its source, and the passages before and after it that are there.
    """

    def __init__(
        self,
        index: str | Path | IndexReader,
        k: int = 10,
        *,
        filters: MetadataFilters | MetadataFilter | None = None,
        **options: Any,
    ) -> None:
        """index: a path, or an open index; filters: LlamaIndex's; options: any others of `Index.search`."""
        super().__init__()
        if filters is not None and options.get("where") is not None:
            raise ArgumentError("give either filters or where, not both")
        self.index = opened(index)
        where = {} if filters is None else {"where": from_llamaindex(filters)}
        self._options = {"k": k, **options, **where}

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return self._nodes(self.index.search(query_bundle.query_str, **self._options))

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(partial(self._retrieve, query_bundle))

    def _nodes(self, results: Results) -> list[NodeWithScore]:
        sizes = {hit.passage.doc_id: 0 for hit in results.hits}
        for doc_id in sizes:
            sizes[doc_id] = len(self.index.passages(doc_id))
        return [NodeWithScore(node=_node(hit, sizes[hit.passage.doc_id]), score=hit.score) for hit in results.hits]


def _node(hit: Hit, size: int) -> TextNode:
    """Return a hit as a node. size: how many passages its document has."""
    passage = hit.passage
    beside = {NodeRelationship.PREVIOUS: passage.ordinal - 1, NodeRelationship.NEXT: passage.ordinal + 1}
    relationships: dict[Any, Any] = {
        which: RelatedNodeInfo(node_id=f"{passage.doc_id}#{ordinal}", node_type=ObjectType.TEXT)
        for which, ordinal in beside.items()
        if 0 <= ordinal < size
    }
    relationships[NodeRelationship.SOURCE] = RelatedNodeInfo(node_id=passage.doc_id, node_type=ObjectType.DOCUMENT)
    known = metadata(hit)
    return TextNode(
        id_=passage.id,
        text=passage.shown_text,
        metadata=known,
        start_char_idx=passage.start,
        end_char_idx=passage.end,
        relationships=relationships,
        excluded_llm_metadata_keys=[name for name in known if name not in _TOLD],
        excluded_embed_metadata_keys=list(known),
    )


_TOLD = ("title", "section", "date", "page", "source")  # what a language model is told beside the text


def from_documents(documents: Iterable[Document | TextNode]) -> Iterator[types.Document]:
    """Yield LlamaIndex's documents or nodes as searchkit's, for `Index.add`, under their own ids."""
    for each in documents:
        yield document(each.node_id, each.text, each.metadata)
