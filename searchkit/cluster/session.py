"""A session of the one writer of an index on a cluster: what it knows, what it counts, and its commits."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from searchkit.cluster import home, lease, mapping
from searchkit.cluster.batch import Batches, Known, New, intents
from searchkit.cluster.client import CONFLICT, Client, Refused
from searchkit.cluster.known import KnownDocuments, KnownSources
from searchkit.storage.settings import Settings


class Counters:
    """Numbers that are given once: keys of documents' versions and of files; and the generation."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._path = f"{mapping.sources(client.address.index)}/_doc/{home.WRITER_ID}"
        found = client.get(self._path)
        self._version = lease.Version.of(found)
        self.values: dict[str, int] = dict(found["_source"]["stored"])

    def save(self, **changed: int) -> None:
        """Save counters. Raises IndexLocked if another writer did."""
        self.values |= changed
        body = {"kind": mapping.WRITER, "stored": self.values}
        try:
            answer = self._client.request("PUT", self._path, body, parameters=self._version.condition)
        except Refused as error:
            if error.status != CONFLICT:
                raise
            answer = self._client.get(self._path)
            if answer["_source"] != body:  # else an answer was lost on the way
                raise lease.taken_over(self._client) from error
        self._version = lease.Version.of(answer)


class KnownIndex:
    """What a sync asks of an index: its documents, its sources, and how many there are."""

    def __init__(self, client: Client, documents: KnownDocuments, sources: KnownSources, counters: Counters) -> None:
        self._client = client
        self._counters = counters
        self.documents = documents
        self.sources = sources

    def counter(self, name: str) -> int:
        """Return a counter, see `Counters`."""
        return self._counters.values[name]


class Session:
    """The one writer."""

    def __init__(self, client: Client, held: lease.Lease) -> None:
        """Finish or undo what a writer before left in the middle."""
        self.client = client
        self.card = home.card(client)
        self._rows = mapping.passages(client.address.index)
        copies = 1 + home.shape(client, self.card)[1]
        self._batches = Batches(client, self.card, held, copies)
        finished = self._batches.recover()
        self.standing = mapping.standing(each["_source"] for each in intents(client))
        self.counters = Counters(client)
        if finished:
            self.counters.save(generation=self.counters.values["generation"] + 1)
        documents = KnownDocuments(client, self.card, copies, self.standing)
        sources = KnownSources(client, documents, copies, self.counters.values["file"])
        self.catalog = KnownIndex(client, documents, sources, self.counters)

    @property
    def settings(self) -> Settings:
        """What was fixed when the index was created."""
        return self.card.settings

    def set_settings(self, settings: Settings) -> None:
        """Replace the settings."""
        home.describe(self.client, settings, self.card.routings)
        self.counters.save(generation=self.counters.values["generation"] + 1)

    def count(self, kind: str) -> int:
        """Return how many rows of a kind count."""
        query = {"bool": {"filter": {"term": {"kind": kind}}, "must_not": self.standing}}
        return self.client.count(self._rows, query)

    def reserve(self, key: int) -> None:
        """Take the keys below this one: they are never given again, whatever becomes of this writer."""
        self.counters.save(key=key, file=self.catalog.sources.next_key)

    def commit(self, new: Sequence[New], dead: Sequence[Known], terms_of: Callable[[str], Iterable[str]]) -> None:
        """Put documents in and take versions out, then save what was noted of files and roots; see `Batches.write`."""
        self.catalog.sources.announce()
        tidy = self._batches.write(new, dead, terms_of)
        self._save()
        self.counters.save(generation=self.counters.values["generation"] + 1)
        tidy()
        self._settle()

    def save(self) -> None:
        """Save what was noted of files and roots; times of files alone make no new generation."""
        self._save()
        self._settle()

    def _save(self) -> None:
        self.catalog.documents.save()
        self.catalog.sources.save()

    def _settle(self) -> None:
        """Have the index tell what was noted."""
        self._batches.refresh()
        self.catalog.documents.committed()

    def vectors(self, digests: Sequence[bytes]) -> Iterator[dict[str, Any]]:
        """Yield rows with a vector whose texts have these digests, several of a text maybe."""
        body = {
            "query": {"bool": {"filter": [{"terms": {"digest": [each.hex() for each in digests]}}, _EMBEDDED]}},
            "collapse": {"field": "digest"},
            "size": len(digests),
            "_source": ["digest", "stored.vector"],
        }
        yield from (hit["_source"] for hit in self.client.search(body, self._rows)["hits"]["hits"])


@contextlib.contextmanager
def writing(client: Client, timeout: float | None = None) -> Iterator[Session]:
    """Be the one writer for the length of a block. timeout: see `leased`. Raises IndexLocked, IndexNotFound."""
    with lease.leased(client, timeout) as held:
        yield Session(client, held)


_EMBEDDED = {"term": {"embedded": True}}
