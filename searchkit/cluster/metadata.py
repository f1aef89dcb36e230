"""A document's metadata as fields that filters can be asked of: by name, and by the kind of value."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from searchkit.cluster.mapping import DATE, ELEMENT, NUMBER, SECOND, TEXT, TRUTH, encoded
from searchkit.queries.filters.instants import seconds
from searchkit.queries.filters.matching import as_time, in_metadata
from searchkit.queries.filters.tree import as_number
from searchkit.types import Metadata


def values(doc_id: str, title: str, metadata: Metadata) -> dict[str, dict[str, list[Any]]]:
    """Return the values that filters compare: kind -> encoded name -> values.

    Kinds: text; text that is an element of a list or mapping; number; truth; of text that begins with a day, the time
    that it states, in full, and its second since 1970.
    """
    found: dict[str, dict[str, list[Any]]] = {}
    for name, value, listed in _named(doc_id, title, metadata):
        for kind, compared in _kinds(value, listed=listed):
            held = found.setdefault(kind, {}).setdefault(encoded(name), [])
            if compared not in held:
                held.append(compared)
    return found


def _named(doc_id: str, title: str, metadata: Metadata) -> Iterator[tuple[str, Any, bool]]:
    """Yield name, value, and whether it stands in a list or mapping."""
    date = metadata.get("date")
    columns = {
        "doc": (doc_id,),
        "title": (title,),
        "section": (str(metadata.get("section") or ""),),
        "path": (doc_id, str(metadata.get("source") or "")),
        "date": (date,) if isinstance(date, str) else (),
    }
    for name, texts in columns.items():
        yield from ((name, text, False) for text in texts if text)
    yield from ((name, *held) for name, held in in_metadata(metadata))


def _kinds(value: Any, *, listed: bool) -> Iterator[tuple[str, Any]]:
    if isinstance(value, bool):
        yield TRUTH, value
    elif isinstance(value, str):
        yield ELEMENT if listed else TEXT, value
        time = as_time(value)
        if time is not None:
            yield DATE, time
            second = seconds(value)
            if second is not None:
                yield SECOND, second
    elif math.isfinite(number := as_number(value)):
        yield NUMBER, float(number)
