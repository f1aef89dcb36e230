"""What the retrievers share: an index that is given as a path or an object, and a hit as text with metadata."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from searchkit.index import Index
from searchkit.reader import IndexReader
from searchkit.types import Document, Hit


def opened(index: str | Path | IndexReader) -> IndexReader:
    """Return the index itself, or the one at a path, opened."""
    return index if isinstance(index, IndexReader) else Index.open(index)


def metadata(hit: Hit) -> dict[str, Any]:
    """Return what is known of a hit: scores, its place in the document, and the document's metadata.

    `start` and `end` are offsets in the document's text; a table's `header` stands before the passage in its text here.
    """
    return {name: value for name, value in hit.row().items() if name != "text" and value not in (None, "")}


def document(doc_id: str, text: str, known: Mapping[str, Any]) -> Document:
    """Return a framework's document as ours; a title in its metadata becomes the title."""
    kept = {name: value for name, value in known.items() if name != "title"}
    return Document(doc_id, text, str(known.get("title") or ""), kept)
