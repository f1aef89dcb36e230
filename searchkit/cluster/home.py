"""An index's place on a cluster: made, found, and what it says of itself."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from searchkit.cluster import mapping
from searchkit.cluster.address import Address, secrets
from searchkit.cluster.client import JSON, Client, Refused
from searchkit.errors import IndexCorrupt, IndexExists, IndexNotFound, UnsupportedFormat
from searchkit.storage.settings import Settings

FIRST = 1  # the number of the indices that a new index begins with
BESIDE = ".next"  # the end of the alias of an index that is to take the place of another
EXISTS = "resource_already_exists_exception"
WRITER_ID = "writer"
SAID = "*.mappings._meta,error,status"  # of a mapping, which else names every field
MOST_ROUTINGS = 100  # tried per shard until one leads to each


class Card(NamedTuple):
    """What an index on a cluster says of itself. routings: a value for each part that leads to its shard."""

    settings: Settings
    routings: tuple[str, ...]
    name: str  # of the index that the alias of the rows stands for

    @property
    def number(self) -> int:
        """The number of the pair of indices."""
        return int(self.name.rpartition(".")[2])

    def routing(self, doc_id: str) -> str:
        """Return the value that leads to the shard of a document."""
        return self.routings[mapping.part_of(doc_id, len(self.routings))]


def client(address: Address) -> Client:
    """Return a client of the cluster where an index is, or is to be. Raises ArgumentError, MissingExtra."""
    return Client(address, secrets(address))


def card(found: Client) -> Card:
    """Return what the index says of itself. Raises IndexNotFound, IndexCorrupt, UnsupportedFormat."""
    address = found.address
    said = found.get(f"{mapping.passages(address.index)}/_mapping", filter_path=SAID)
    name = next(iter(said), "")
    told = said[name]["mappings"].get("_meta", {}) if name else {}
    if told.get("searchkit") != "cluster" or len(said) != 1:
        raise IndexNotFound(f"{address} is no searchkit index. Choose another name.")
    if told.get("format") != mapping.FORMAT:
        raise UnsupportedFormat(
            f"{address} has format {told.get('format')}; this searchkit reads {mapping.FORMAT}. Use the version that "
            "wrote it."
        )
    if not told.get("routings"):
        raise IndexNotFound(
            f"no index at {address}; one is being made there, or its making was cut off. Make one with: "
            f"searchkit index FOLDER -i {address}"
        )
    try:
        return Card(Settings.from_dict(told["settings"]), tuple(told["routings"]), name)
    except (KeyError, TypeError) as error:
        raise IndexCorrupt(f"{address}: what it says of itself is damaged: {error}") from error


def create(found: Client, settings: Settings, *, like: Card | None = None) -> None:
    """Make an empty index. Raises IndexExists.

    It has as many shards as there are nodes for data, and a replica where there are two, unless its address says
    otherwise. One that was not finished is made anew. like: the index beside which it is to stand, of the same size.
    """
    address = found.address
    with contextlib.suppress(IndexNotFound):
        _refuse(found, unfinished=like is not None)
    shards, replicas = _sizes(found, like)
    aliases, names = _aliases(address.index), [mapping.numbered(alias, FIRST) for alias in _aliases(address.index)]
    if like is not None:
        names = [mapping.numbered(alias, like.number + 1) for alias in _aliases(address.index.removesuffix(BESIDE))]
    _make(found, names[0], aliases[0], mapping.passages_index(settings, shards, replicas, ()))
    _make(found, names[1], aliases[1], mapping.sources_index(replicas))
    first = {"kind": mapping.WRITER, "stored": {"generation": 1, "key": 1, "file": 1}}
    found.request("PUT", f"{aliases[1]}/_doc/{WRITER_ID}", first, parameters={"refresh": "true"})
    describe(found, settings, _routings(found, aliases[0], shards))


def _sizes(found: Client, like: Card | None) -> tuple[int, int]:
    """Return how many shards and replicas an index is to have."""
    if like is not None:
        return shape(found, like)
    nodes = int(found.get("_cluster/health")["number_of_data_nodes"])
    address = found.address
    return address.shards or nodes, min(1, nodes - 1) if address.replicas is None else address.replicas


def shape(found: Client, held: Card) -> tuple[int, int]:
    """Return how many shards and replicas an index has."""
    told = found.get(f"{held.name}/_settings")[held.name]["settings"]["index"]
    return int(told["number_of_shards"]), int(told["number_of_replicas"])


def beside(address: Address) -> Address:
    """Return where an index is made that is to take the place of another."""
    return replace(address, index=f"{address.index}{BESIDE}")


def switch(found: Client, before: Card) -> None:
    """Put the index that was made beside another in its place, as one, and remove that."""
    index = found.address.index
    actions: list[JSON] = []
    for alias in _aliases(index):
        now, old = mapping.numbered(alias, before.number + 1), mapping.numbered(alias, before.number)
        actions += [
            {"add": {"index": now, "alias": alias}},
            {"remove": {"index": now, "alias": _beside(alias, index)}},
            {"remove_index": {"index": old}},
        ]
    found.request("POST", "_aliases", {"actions": actions})


def _aliases(index: str) -> tuple[str, str]:
    return mapping.passages(index), mapping.sources(index)


def _beside(alias: str, index: str) -> str:
    return alias.replace(index, f"{index}{BESIDE}", 1)


def describe(found: Client, settings: Settings, routings: Sequence[str]) -> None:
    """Have an index say this of itself."""
    path = f"{mapping.passages(found.address.index)}/_mapping"
    found.request("PUT", path, {"_meta": mapping.meta(settings, routings)})


def drop(found: Client) -> None:
    """Remove an index, whole or not."""
    for alias in _aliases(found.address.index):
        with contextlib.suppress(Refused):  # there is none
            names = found.get(f"_alias/{alias}")
            found.request("DELETE", ",".join(names), parameters={"ignore_unavailable": "true"})


def _refuse(found: Client, *, unfinished: bool) -> None:
    """Raise IndexExists if something is at the address; remove an index that was never finished.

    unfinished: whatever is there was not.
    """
    address = found.address
    try:
        card(found)
        if unfinished:
            drop(found)
            return
    except IndexNotFound:
        said = found.get(f"{mapping.passages(address.index)}/_mapping")
        told = [held["mappings"].get("_meta", {}) for held in said.values()]
        if any(each.get("searchkit") != "cluster" for each in told):
            raise IndexExists(f"{address} exists and is no searchkit index. Choose another name.") from None
        drop(found)
        return
    raise IndexExists(f"{address} already holds an index. Open it, or choose another name.")


def _make(found: Client, name: str, alias: str, body: JSON) -> None:
    """Make an index with its alias, as one."""
    try:
        found.request("PUT", name, body | {"aliases": {alias: {}}})
    except Refused as error:
        if error.kind != EXISTS:
            raise
        raise IndexExists(
            f"{found.address} is being made by another process, or was left by one. Try again."
        ) from error


def _routings(found: Client, alias: str, shards: int) -> list[str]:
    """Return for each shard a routing that leads to it."""
    leads: dict[int, str] = {}
    for number in range(shards * MOST_ROUTINGS):
        if len(leads) == shards:
            break
        told: Any = found.get(f"{alias}/_search_shards", routing=number)
        leads.setdefault(int(told["shards"][0][0]["shard"]), str(number))
    return [leads[shard] for shard in sorted(leads)]
