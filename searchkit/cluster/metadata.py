"""A document's metadata as fields that filters can be asked of: by name, and by the kind of value."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from searchkit.cluster.mapping import DATE, ELEMENT, NUMBER, SECOND, TEXT, TRUTH, encoded
from searchkit.queries.filters.instants import seconds
from searchkit.queries.filters.matching import as_time
from searchkit.queries.filters.tree import as_number
from searchkit.types import Metadata

COLUMNS = ("doc", "title", "section", "path", "date")  # names that stand for more, or other, than a key of the metadata


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
    for name, value in metadata.items():
        if name not in columns:
            yield from _flat(name, value)
        if isinstance(value, Mapping):
            yield from _nested(name, value)


def _nested(outer: str, inside: Mapping[str, Any]) -> Iterator[tuple[str, Any, bool]]:
    """Yield what stands inside a mapping, by "outer.inner"; a dot in a key leads nowhere."""
    if not outer or ("." in outer and not all(outer.split("."))):
        return
    for name, value in inside.items():
        if name and "." not in name:
            yield from _flat(f"{outer}.{name}", value)
            if isinstance(value, Mapping):
                yield from _nested(f"{outer}.{name}", value)


def _flat(name: str, value: Any) -> Iterator[tuple[str, Any, bool]]:
    """Yield a scalar, a list's elements or a mapping's values, without nulls and what is nested deeper."""
    listed = isinstance(value, list | tuple | Mapping)
    each = value.values() if isinstance(value, Mapping) else value if listed else [value]
    yield from ((name, one, listed) for one in each if isinstance(one, str | int | float))


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
