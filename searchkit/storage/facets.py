"""What the documents of an index can be narrowed down by: their sections, where they come from, their days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import PurePath, PureWindowsPath
from typing import Any

MOST_VALUES = 200  # of a facet: more than anybody reads through in a list
DEEPEST = 4  # folders inside each other


def facets(found: Sequence[tuple[str, str, str, int | None]]) -> dict[str, Any]:
    """Return sections and sources with their numbers of documents, commonest first, and the first and last day.

    Each value comes with the filter, as a mapping, that lets its documents through. found: the id, section, source and
    day of every document.
    """
    sections = Counter(section for _, section, _, _ in found if section)
    sources: Counter[tuple[str, str]] = Counter()
    for doc_id, _, source, _ in found:
        sources.update(set(_sources(doc_id, source)))
    days = [day for _, _, _, day in found if day is not None]
    return {
        "sections": [_value(name, "section", name, count) for name, count in sections.most_common(MOST_VALUES)],
        "sources": [
            _value(label, name, f"{label}/*" if name == "path" else label, count)
            for (name, label), count in sources.most_common(MOST_VALUES)
        ],
        "first": str(date.fromordinal(min(days))) if days else None,
        "last": str(date.fromordinal(max(days))) if days else None,
    }


def _value(label: str, name: str, operand: str, count: int) -> dict[str, Any]:
    return {"value": label, "documents": count, "where": {name: operand}}


def _sources(doc_id: str, source: str) -> Iterator[tuple[str, str]]:
    """Yield what a document comes from: its site, the folders of its id, or else what its metadata calls its source."""
    address = next((each for each in (doc_id, source) if "://" in each), "")
    if address:
        yield "path", "/".join(address.split("/", 3)[:3])
    elif "/" in doc_id:
        folders = doc_id.split("/")[:-1]
        yield from (("path", "/".join(folders[:depth])) for depth in range(1, min(len(folders), DEEPEST) + 1))
    elif source and not PurePath(source).is_absolute() and not PureWindowsPath(source).is_absolute():
        yield "source", source
