"""A batch of documents into an index on a cluster, so that nobody ever sees one of them in part (see `mapping`)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from searchkit.cluster import mapping
from searchkit.cluster.bulk import Change, Done, apply
from searchkit.cluster.client import CONFLICT, JSON, Client, every_hit
from searchkit.cluster.home import Card
from searchkit.cluster.lease import Lease, Version, taken_over
from searchkit.cluster.records import HeldPassage, document_source, passage_source, speaker_key, speaker_source
from searchkit.types import Document

PAGE = 1_000  # rows that are looked up at once


class Known(NamedTuple):
    """A version of a document that is in the index."""

    key: int
    doc_id: str
    passages: int  # how many


class New(NamedTuple):
    """A document to be put in, with its passages. embedded: of each passage, see `passage_source`."""

    key: int
    document: Document
    file: int | None
    digest: bytes
    passages: Sequence[HeldPassage]
    embedded: Sequence[bool | None]


class Batches:
    """Writes batches, as the one writer."""

    def __init__(self, client: Client, card: Card, lease: Lease, copies: int) -> None:
        """Write in the name of a lease. copies: of each shard."""
        self._client = client
        self._card = card
        self._lease = lease
        self._copies = copies
        self._rows = mapping.passages(client.address.index)
        self._parts = len(card.routings)

    def recover(self) -> bool:
        """Finish or undo what a writer before left in the middle; tell whether anything of it is in."""
        self.refresh()
        there = intents(self._client)
        done = [intent for intent in there if intent["_source"]["state"] == mapping.DONE]
        for intent in there:
            source = intent["_source"]
            if source["state"] == mapping.OPEN:
                self._change_intent(intent["_id"], source | {"state": mapping.VOID}, Version.of(intent))
        if done:
            self._remove({"terms": {"key": [key for intent in done for key in intent["_source"]["replaces"]]}})
            self._forget(intent["_source"]["born"] for intent in done)
        if len(there) > len(done):
            void = [intent["_source"]["born"] for intent in there if intent not in done]
            self._remove({"bool": {"filter": {"terms": {"born": void}}, "must_not": _IS_INTENT}})
        if there:
            self.refresh()
        return bool(done)

    def write(
        self, new: Sequence[New], dead: Sequence[Known], terms_of: Callable[[str], Iterable[str]]
    ) -> Callable[[], None]:
        """Put documents in and take versions out; return what is to be done when that was told.

        terms_of: the terms by which a speaker's name is found. When this returns, it is on every copy, and seen by
        whoever opens a view. Raises IndexLocked, BackendUnavailable: then nothing of a document is in, or all of it.
        """
        batch = uuid.uuid4().hex
        ended = {part: [known for known in dead if self._part(known.doc_id) == part] for part in range(self._parts)}
        begun = {part: [each for each in new if self._part(each.document.id) == part] for part in range(self._parts)}
        parts = [part for part in range(self._parts) if ended[part] or begun[part]]
        begins = {part: self._intent(mapping.token(batch, part), ended[part]) for part in parts}
        opened = self._open(begins)
        self._lease.renew()  # whoever takes over from now on finds the intents
        self._speakers(new, terms_of)
        self._apply(change for part in parts for change in self._puts(begun[part], mapping.token(batch, part), part))
        for part in parts:
            done = begins[part] | {"state": mapping.DONE}
            self._change_intent(mapping.intent_id(done["born"]), done, opened[part])
        self.refresh()

        def tidy() -> None:
            self._apply(change for part in parts for change in self._deletes(ended[part], part))
            self._forget(begins[part]["born"] for part in parts)

        return tidy

    def refresh(self) -> None:
        """Make all that was written visible. Raises BackendUnavailable."""
        for index in (self._rows, mapping.sources(self._client.address.index)):
            self._client.checked(self._client.request("POST", f"{index}/_refresh"))

    def _forget(self, born: Iterable[str]) -> None:
        """Remove done intents, of which nothing is left to be removed."""
        self._apply(Change("delete", self._rows, mapping.intent_id(each), routing=self._routing(each)) for each in born)

    def _routing(self, born: str) -> str:
        return self._card.routings[int(born.rpartition(".")[2])]

    def _part(self, doc_id: str) -> int:
        return mapping.part_of(doc_id, self._parts)

    def _intent(self, born: str, dead: Iterable[Known]) -> dict[str, Any]:
        replaces = [known.key for known in dead]
        return {"kind": mapping.INTENT, "born": born, "state": mapping.OPEN, "replaces": replaces}

    def _open(self, intents: dict[int, dict[str, Any]]) -> dict[int, Version]:
        """Write open intents; return the state of each, by part."""
        done = self._apply(
            Change("index", self._rows, mapping.intent_id(intent["born"]), intent, self._card.routings[part])
            for part, intent in intents.items()
        )
        return {part: Version(each.seq_no, each.primary_term) for part, each in zip(intents, done, strict=True)}

    def _change_intent(self, intent_id: str, source: dict[str, Any], version: Version) -> None:
        """Change an intent that is as it was read: the moment from which on its part is different. Raises IndexLocked.

        An answer may be lost on the way: then it is as it was to be.
        """
        routing = self._routing(source["born"])
        change = Change("index", self._rows, intent_id, source, routing, version.condition)
        if self._apply([change])[0].status == CONFLICT:
            there = self._client.get(f"{self._rows}/_doc/{intent_id}", routing=routing)
            if there["_source"] != source:
                raise taken_over(self._client)

    def _puts(self, new: Iterable[New], born: str, part: int) -> Iterator[Change]:
        routing = self._card.routings[part]
        for key, document, file, digest, passages, embedded in new:
            source = document_source(document, key, born, file=file, digest=digest, count=len(passages))
            yield Change("index", self._rows, mapping.document_id(key), source, routing)
            for held, has_vector in zip(passages, embedded, strict=True):
                source = passage_source(held, key, born, count=len(passages), embedded=has_vector)
                yield Change("index", self._rows, mapping.passage_id(key, held.passage.ordinal), source, routing)

    def _deletes(self, dead: Iterable[Known], part: int) -> Iterator[Change]:
        routing = self._card.routings[part]
        for key, _, passages in dead:
            ids = (mapping.document_id(key), *(mapping.passage_id(key, ordinal) for ordinal in range(passages)))
            yield from (Change("delete", self._rows, each, routing=routing) for each in ids)

    def _speakers(self, new: Iterable[New], terms_of: Callable[[str], Iterable[str]]) -> None:
        """Put in who spoke; they say nothing until the passages in which they speak are in."""
        index = mapping.sources(self._client.address.index)
        speakers = {spoken.speaker for each in new for held in each.passages for spoken in held.said}
        self._apply(
            Change("index", index, f"s{speaker_key(each)}", speaker_source(each, terms_of)) for each in sorted(speakers)
        )

    def _remove(self, query: JSON) -> None:
        """Delete all rows that match."""
        found = list(rows(self._client, query, source=["doc"]))
        self._apply(Change("delete", self._rows, row["_id"], routing=row["_routing"]) for row in found)

    def _apply(self, changes: Iterable[Change]) -> list[Done]:
        return apply(self._client, changes, copies=self._copies)


def rows(client: Client, query: JSON, *, source: object = True) -> Iterator[JSON]:
    """Yield the rows of documents and passages that match, in order of key and ordinal, as of each moment."""
    body = {"query": query, "sort": ["key", {"ordinal": {"missing": -1}}], "_source": source}
    return every_hit(partial(client.search, index=mapping.passages(client.address.index)), body, PAGE)


def intents(client: Client) -> list[JSON]:
    """Return the intents that there are, with their states."""
    body = {"query": _IS_INTENT, "size": mapping.MOST_INTENTS, "seq_no_primary_term": True}
    return list(client.search(body, mapping.passages(client.address.index))["hits"]["hits"])


_IS_INTENT = {"term": {"kind": mapping.INTENT}}
