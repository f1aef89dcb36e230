"""What an index on a cluster consists of: names, settings, fields, and which of its rows count.

One index holds the rows of documents and passages, another what was synced, who spoke, and what the one writer notes.
Both stand behind aliases, so that a new model or analysis is a new pair of indices, switched as one.

All rows of a document lie in one shard ("part"). They carry the token of the batch that wrote them ("born", one a batch
and part) and the number of that version of their document ("key"). A batch begins with an open intent in each part that
it writes to, and ends there with one change of that intent to done, which takes back the keys that it replaces. So each
state of a shard, wherever it is cut, holds of every document one version, whole (see `standing`): rows born of an open
or void intent do not count yet, or never; rows with a key that a done intent replaces count no more. Intents are
removed after the rows that they speak of.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote, unquote

from searchkit.storage.keywords.engine import K1, B
from searchkit.storage.settings import Settings

FORMAT = 1
LARGEST_ID = 32_766  # bytes of a term of Lucene's
LONGEST_VALUE = 8_000  # characters of a value that filters find
MOST_FIELDS = 10_000  # names of metadata, by kind
MOST_INTENTS = 10_000
RETRIES = (
    200  # of a copy on a node that came back, 5 s each: it holds its old one while a point in time keeps that open
)

PASSAGE, DOCUMENT, INTENT = "passage", "document", "intent"  # kinds of rows
OPEN, DONE, VOID = "open", "done", "void"  # states of intents
ROOT, FILE, SPEAKER, WRITER, LOCK = "root", "file", "speaker", "writer", "lock"  # kinds in the other index
TEXT, ELEMENT, NUMBER, TRUTH, DATE, SECOND = "s", "l", "n", "b", "d", "t"  # kinds of metadata, see `metadata.values`

_KEYWORD = {"type": "keyword"}
_TERMS = {"type": "text", "analyzer": "terms"}
_STORED = {"type": "object", "enabled": False}
_VALUE = {"type": "keyword", "ignore_above": LONGEST_VALUE}
_KINDS: Mapping[str, Mapping[str, Any]] = {
    TEXT: _VALUE,
    ELEMENT: _VALUE,
    NUMBER: {"type": "double"},
    TRUTH: {"type": "boolean"},
    DATE: _VALUE,
    SECOND: {"type": "long"},
}


def passages(index: str) -> str:
    """Return the alias of the rows of documents and passages."""
    return index


def sources(index: str) -> str:
    """Return the alias of what was synced, who spoke, and the writer's notes."""
    return f"{index}.sources"


def numbered(alias: str, number: int) -> str:
    """Return the index that an alias stands for: one of a pair of this number."""
    return f"{alias}.{number:06d}"


def part_of(doc_id: str, parts: int) -> int:
    """Return the part in which a document's rows lie."""
    return int.from_bytes(hashlib.blake2b(doc_id.encode(), digest_size=8).digest()) % parts


def token(batch: str, part: int) -> str:
    """Return what the rows of a batch in one part carry."""
    return f"{batch}.{part}"


def document_id(key: int) -> str:
    """Return the `_id` of the row of a document's version."""
    return f"d{key}"


def passage_id(key: int, ordinal: int) -> str:
    """Return the `_id` of a passage's row, from the key of its document's version."""
    return f"p{key}.{ordinal}"


def intent_id(born: str) -> str:
    """Return the `_id` of an intent."""
    return f"i{born}"


def standing(intents: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what must not hold of rows that count, as clauses of `must_not`: none where nobody writes.

    intents: their `_source`s, of the state that is asked.
    """
    unborn, dead = [], []
    for intent in intents:
        if intent["state"] == DONE:
            dead += intent["replaces"]
        else:
            unborn.append(intent["born"])
    clauses: list[dict[str, Any]] = [{"terms": {"born": sorted(unborn)}}] if unborn else []
    return [*clauses, {"terms": {"key": sorted(dead)}}] if dead else clauses


def field(kind: str, name: str) -> str:
    """Return the field of metadata that holds the values of this kind under a name."""
    return f"meta.{kind}.{encoded(name)}"


def encoded(name: str) -> str:
    """Return a name of metadata as a field can have it: a dot would make a field inside another."""
    return quote(name, safe="").replace(".", "%2E") or "%"


def decoded(name: str) -> str:
    """Return the name that `encoded` was given."""
    return "" if name == "%" else unquote(name)


def passages_index(settings: Settings, shards: int, replicas: int, routings: Sequence[str]) -> dict[str, Any]:
    """Return the body that makes the index of rows. routings: a value for each part that leads to its shard."""
    fields: dict[str, Any] = {
        "kind": _KEYWORD,
        "key": {"type": "long"},  # of the version of a document; ascending in the order in which they came
        "born": _KEYWORD,
        "doc": _KEYWORD,
        "ordinal": {"type": "integer"},
        "day": {"type": "integer"},
        "title": _TERMS,
        "section": _TERMS,
        "body": _TERMS,
        "meta": {
            "type": "object",
            "dynamic": True,
            "properties": {kind: {"type": "object", "dynamic": True} for kind in _KINDS},
        },
        "speakers": {"type": "long"},
        "statements": {"type": "integer"},  # passages: how many
        "digest": _KEYWORD,  # of the text that models read, in hexadecimal digits
        "embedded": {"type": "boolean"},  # whether it has a vector; false: the model cannot read it
        "file": {"type": "long"},  # documents: the key of the file that it came from
        "content": _KEYWORD,  # documents: their digest, in hexadecimal digits
        "count": {"type": "integer"},  # documents and their passages: how many passages
        "partial": {"type": "boolean"},  # documents: whether something of the source was not read
        "state": _KEYWORD,  # intents
        "replaces": {"type": "long"},  # intents: keys
        "stored": _STORED,  # what is read and not searched, see `records`
    }
    if settings.dim:
        fields["vector"] = {
            "type": "knn_vector",
            "dimension": settings.dim,
            "method": {"name": "hnsw", "engine": "lucene", "space_type": "innerproduct"},
        }
    return {
        "settings": {
            "index.knn": bool(settings.dim),
            "index.number_of_shards": shards,
            "index.number_of_replicas": replicas,
            "index.write.wait_for_active_shards": replicas + 1,
            "index.allocation.max_retries": RETRIES,
            "index.refresh_interval": "-1",  # what is written is seen from its commit on
            "index.mapping.total_fields.limit": MOST_FIELDS,
            "index.max_result_window": MOST_INTENTS,
            "index.similarity.default": {"type": "BM25", "k1": K1, "b": B},
            "analysis": {
                "analyzer": {"terms": {"type": "custom", "tokenizer": "terms"}},
                "tokenizer": {"terms": {"type": "whitespace", "max_token_length": LONGEST_VALUE}},
            },
        },
        "mappings": {
            "dynamic": "strict",
            "date_detection": False,
            "_meta": meta(settings, routings),
            "_source": {"excludes": ["vector", "title", "section", "body"]},  # they follow from the rest
            "dynamic_templates": [
                {f"meta_{kind}": {"path_match": f"meta.{kind}.*", "mapping": dict(mapped)}}
                for kind, mapped in _KINDS.items()
            ],
            "properties": fields,
        },
    }


def meta(settings: Settings, routings: Sequence[str]) -> dict[str, Any]:
    """Return what an index says of itself: its format, its settings, and which routing leads to each part."""
    return {"searchkit": "cluster", "format": FORMAT, "settings": settings.to_dict(), "routings": list(routings)}


def sources_index(replicas: int) -> dict[str, Any]:
    """Return the body that makes the index of what was synced, who spoke, and the writer's notes."""
    return {
        "settings": {
            "index.number_of_shards": 1,
            "index.number_of_replicas": replicas,
            "index.write.wait_for_active_shards": replicas + 1,
            "index.allocation.max_retries": RETRIES,
            "index.refresh_interval": "-1",
        },
        "mappings": {
            "dynamic": "strict",
            "properties": {
                "kind": _KEYWORD,
                "key": {"type": "long"},  # of files and speakers
                "path": _KEYWORD,  # of roots and files
                "prefix": _KEYWORD,  # of roots
                "size": {"type": "long"},  # of files
                "mtime_ns": {"type": "long"},
                "documents": {"type": "integer"},
                "name": _VALUE,  # of speakers
                "among": _VALUE,
                "terms": _KEYWORD,
                "stored": _STORED,
            },
        },
    }
