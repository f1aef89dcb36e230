"""What the other index of a pair holds: roots and files that were synced, and who spoke."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from searchkit.cluster import mapping
from searchkit.cluster.client import JSON, Client, every_hit
from searchkit.storage.catalog.schema import KnownFile, Root


def noted(client: Client, kind: str, *clauses: JSON, sort: str = "path") -> Iterator[JSON]:
    """Yield the rows of a kind that match all clauses, in the order of a field."""
    body = {"query": {"bool": {"filter": [{"term": {"kind": kind}}, *clauses]}}, "sort": [sort]}
    search = partial(client.search, index=mapping.sources(client.address.index))
    return (hit["_source"] for hit in every_hit(search, body, mapping.MOST_INTENTS))


def count(client: Client, kind: str) -> int:
    """Return how many rows of a kind there are."""
    return client.count(mapping.sources(client.address.index), {"term": {"kind": kind}})


def root_of(row: JSON) -> Root:
    """Return what a row of a root says."""
    return Root(row["prefix"], row["stored"])


def file_of(row: JSON) -> KnownFile:
    """Return what a row of a file says."""
    return KnownFile(row["key"], row["size"], row["mtime_ns"], row["documents"])
