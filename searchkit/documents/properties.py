"""Whatever a source states about itself, as metadata: scalars and lists under keys of one meaning."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from searchkit.documents.bylines import names_of
from searchkit.documents.dates import parse_date
from searchkit.documents.decoding import clean
from searchkit.documents.lines import squeeze
from searchkit.types import Scalar

Value = Scalar | list[Scalar]

_MOST_VALUES = 1_000  # a guard against front matter that aliases itself into millions of values
_DEEPEST = 8
_LARGEST_INTEGER = 1 << 63  # what a database column holds

_TITLE_KEYS = ("title", "headline", "name", "subject")
_ALIASES = {
    "date": ("date", "published", "published_at", "publishedat", "datepublished", "date_published", "pubdate",
             "pub_date", "publish_date", "publication_date", "created_at", "created", "timestamp"),
    "authors": ("authors", "author", "byline", "creator", "creators"),
    "language": ("language", "lang", "locale"),
    "section": ("section", "category", "rubric"),
    "standfirst": ("standfirst", "summary", "description", "subtitle", "abstract"),
}  # fmt: skip


def metadata_of(stated: Mapping[str, Any]) -> tuple[str, dict[str, Value]]:
    """Return the title and the metadata of front matter or document properties, in searchkit's words."""
    values = canonical(flatten(stated), tuple(_ALIASES))
    title = next((str(values.pop(key)) for key in _TITLE_KEYS[:2] if isinstance(values.get(key), str)), "")
    return squeeze(title), values


def flatten(stated: Mapping[Any, Any]) -> dict[str, Value]:
    """Return the mapping with nested mappings as "a.b", everything else a JSON scalar or a list of them."""
    found: dict[str, Value] = {}
    for key, value in _leaves(stated, "", 0):
        if len(found) == _MOST_VALUES:
            break
        found[key] = value
    return {key: value for key, value in found.items() if value is not None and value not in ("", [])}


def canonical(values: dict[str, Value], keys: Sequence[str] = ("date", "authors", "language")) -> dict[str, Value]:
    """Return the values with those of usual names under the keys that have a meaning, in their form."""
    by_name = {name.lower(): name for name in reversed(values)}
    changed = dict(values)
    for key in keys:
        alias = next((by_name[alias] for alias in _ALIASES[key] if alias in by_name), None)
        if alias is not None:
            if key not in values:
                changed.pop(alias)
            changed[key] = _FORMS.get(key, _unchanged)(values[alias])
    return changed


def authors_of(value: Value) -> list[Scalar]:
    """Return names from one text or a list: "Jane Doe and John Roe" is two."""
    if isinstance(value, list):
        return [name for item in value for name in authors_of(item)]
    text = squeeze(str(value)).removeprefix("By ").removeprefix("by ")
    return list(names_of(text)) or ([text] if text else [])


def _iso_or_as_stated(value: Value) -> Value:
    text = str(value[0]) if isinstance(value, list) and value else str(value)
    return parse_date(text) or text


def _language(value: Value) -> Value:
    """Return "en" for "en-GB"; anything but a language tag as it is."""
    text = str(value[0]) if isinstance(value, list) and value else str(value)
    code = text.replace("_", "-").split("-")[0].lower()
    return code if len(code) in (2, 3) else text


def _unchanged(value: Value) -> Value:
    return value


_FORMS = {"date": _iso_or_as_stated, "authors": authors_of, "language": _language}


def _leaves(value: Mapping[Any, Any], prefix: str, depth: int) -> Iterator[tuple[str, Value]]:
    for key, item in value.items():
        name = clean(f"{prefix}{key}")
        if isinstance(item, Mapping) and depth < _DEEPEST:
            yield from _leaves(item, f"{name}.", depth + 1)
        elif isinstance(item, list | tuple | set | frozenset):
            yield name, [_scalar(member) for member in list(item)[:_MOST_VALUES]]
        else:
            yield name, _scalar(item)


def _scalar(value: Any) -> Scalar:
    """Return what JSON and a database can hold."""
    match value:
        case None | bool():
            scalar: Scalar = value
        case str():
            scalar = clean(value)
        case date():  # a datetime is one too
            scalar = value.isoformat()
        case int():
            scalar = value if abs(value) < _LARGEST_INTEGER else str(value)
        case float():
            scalar = value if math.isfinite(value) else None
        case {"name": str(name)}:  # an author as schema.org writes one
            scalar = clean(name)
        case _:
            scalar = _as_json(value)
    return scalar


def _as_json(value: Any) -> str:
    try:
        return clean(json.dumps(value, ensure_ascii=False, default=str))
    except (ValueError, RecursionError, TypeError):
        return ""
