"""One state of an index on a cluster: a point in time, and which of its rows count.

A passage's number ("row") is made of the key of its document's version and its place in that, so that numbers ascend as
documents came, and a passage's neighbours, `_id` and document follow from its number.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from searchkit.cluster import home, mapping
from searchkit.cluster.client import JSON, Client, Refused, ViewLost, every_hit
from searchkit.cluster.queries import FAULTS, Clause
from searchkit.errors import BackendUnavailable, IndexNotFound, QueryError
from searchkit.storage.computed import ComputedVectors
from searchkit.storage.settings import Settings
from searchkit.types import Rows

KEEP_ALIVE = 300  # seconds that the cluster keeps a point in time after each question
PLACES = 20  # bits of a row that say which of its document's passages it is
WHOLE = {
    "keep_alive": f"{KEEP_ALIVE}s",
    "allow_partial_pit_creation": "false",
}  # else shards that are away are left out
WINDOW = mapping.MOST_INTENTS  # rows that one search returns at most
BY_PLACE = [{"key": "asc"}, {"ordinal": "asc"}]
BEST_FIRST = [{"_score": "desc"}, *BY_PLACE]


class Counts(NamedTuple):
    """How many count: passages, documents, passages with a vector, passages that the model cannot read."""

    passages: int
    documents: int
    vectors: int
    unread: int


class PointInTime:
    """A point in time of an index. Safe to share among threads."""

    def __init__(self, client: Client, scale: float) -> None:
        """Open it. scale: of the cluster's BM25, see `queries.scale_of`.

        Raises IndexNotFound, IndexCorrupt, UnsupportedFormat, BackendUnavailable.
        """
        self.client = client
        self.scale = scale
        self.kept = ComputedVectors()
        self.card = home.card(client)
        self.generation = generation(client)  # at least: what is committed meanwhile may be in
        told = client.request("POST", f"{self.card.name}/_search/point_in_time", parameters=WHOLE)
        self._pit = str(client.checked(told)["pit_id"])
        try:
            self.unborn, self.counts = self._looked_at()
        except BaseException:
            self.close()
            raise

    @property
    def settings(self) -> Settings:
        """What was fixed when the index was created."""
        return self.card.settings

    def close(self) -> None:
        """Let the cluster forget it; it would in a while anyway."""
        with contextlib.suppress(Refused, BackendUnavailable):
            self.client.request("DELETE", "_search/point_in_time", {"pit_id": [self._pit]})

    def _looked_at(self) -> tuple[list[Clause], Counts]:
        """Return what must not hold of rows that count, and how many of them there are."""
        intents = {"query": {"term": {"kind": mapping.INTENT}}, "size": WINDOW}
        (found,) = self.ask([intents])
        unborn = mapping.standing(hit["_source"] for hit in found["hits"]["hits"])
        kinds = {"term": {"kind": mapping.PASSAGE}}, {"term": {"kind": mapping.DOCUMENT}}
        told = {"term": {"embedded": True}}, {"term": {"embedded": False}}
        filters = [kinds[0], kinds[1], *(_both(kinds[0], each) for each in told)]
        return unborn, Counts(*self.count_each(filters, unborn))

    def count_each(self, queries: Sequence[Clause], unborn: Sequence[Clause] | None = None) -> list[int]:
        """Return how many rows match each query, of those that count."""
        (found,) = self.ask([self.counting(queries, self.unborn if unborn is None else unborn)])
        return counted(found)

    def counting(self, queries: Sequence[Clause], unborn: Sequence[Clause] | None = None) -> JSON:
        """Return the search whose answer `counted` reads."""
        excluded = self.unborn if unborn is None else unborn
        query: Clause = {"bool": {"must_not": list(excluded)}} if excluded else {"match_all": {}}
        buckets = {"filters": {"filters": {str(at): each for at, each in enumerate(queries)}}}
        return {"query": query, "size": 0, "track_total_hits": False, "aggs": {"counts": buckets}}

    def passages(self, clauses: Sequence[Clause] = ()) -> Clause:
        """Return the filter of the passages that count and match all of these."""
        return self._that_count(mapping.PASSAGE, clauses)

    def documents(self, *clauses: Clause) -> Clause:
        """Return the filter of the documents that count and match all of these."""
        return self._that_count(mapping.DOCUMENT, clauses)

    def _that_count(self, kind: str, clauses: Sequence[Clause]) -> Clause:
        found: dict[str, Any] = {"filter": [{"term": {"kind": kind}}, *clauses]}
        return {"bool": found | ({"must_not": self.unborn} if self.unborn else {})}

    def ask(self, bodies: Sequence[JSON]) -> list[JSON]:
        """Return the whole answers of several searches of this state, sent as one. Raises QueryError, ViewLost …."""
        pit = {"pit": {"id": self._pit, "keep_alive": f"{KEEP_ALIVE}s"}}
        try:
            return self.client.msearch([body | pit for body in bodies])
        except IndexNotFound as error:  # another was put in its place
            raise ViewLost(f"{self.client.address} has another state by now. Ask again.") from error
        except Refused as error:
            if error.kind in FAULTS:
                raise QueryError(f"the query is too large for this cluster ({error.kind}). Use fewer words.") from error
            raise

    def every(self, body: JSON, size: int = WINDOW) -> Iterator[JSON]:
        """Yield the hits of a search with a sort to the last, so many at a time."""
        return every_hit(lambda page: self.ask([page])[0], body, size)


def counted(answer: JSON) -> list[int]:
    """Return what a search of `PointInTime.counting` found, in order."""
    buckets: Mapping[str, JSON] = answer["aggregations"]["counts"]["buckets"]
    return [int(buckets[str(at)]["doc_count"]) for at in range(len(buckets))]


def generation(client: Client) -> int:
    """Return the number of the last commit."""
    found = client.get(f"{mapping.sources(client.address.index)}/_doc/{home.WRITER_ID}")
    return int(found["_source"]["stored"]["generation"])


def row_at(key: int, ordinal: int) -> int:
    """Return the row of a document's passage."""
    return key << PLACES | ordinal


def key_of(row: int) -> int:
    """Return the key of the document's version that a row belongs to."""
    return row >> PLACES


def place_of(row: int) -> int:
    """Return which of its document's passages a row is."""
    return row & ((1 << PLACES) - 1)


def among(rows: Iterable[int]) -> Clause:
    """Return the query that matches given rows."""
    return {"ids": {"values": [mapping.passage_id(key_of(row), place_of(row)) for row in rows]}}


def row_of(hit: JSON) -> int:
    """Return the row of a hit that is sorted by place, last."""
    key, ordinal = hit["sort"][-2:]
    return row_at(int(key), int(ordinal))


def rows_of(hits: Sequence[JSON]) -> Rows:
    """Return the rows of hits that are sorted by place, last: (n,)."""
    return np.array([row_of(hit) for hit in hits], np.int64)


def _both(one: Clause, other: Clause) -> Clause:
    return {"bool": {"filter": [one, other]}}
