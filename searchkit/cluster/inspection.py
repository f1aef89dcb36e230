"""What an index on a cluster holds, and whether it is whole."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from searchkit.cluster import home, mapping, notes
from searchkit.cluster.client import JSON, Client
from searchkit.cluster.latest import ClusterLatest
from searchkit.cluster.mapping import DOCUMENT, PASSAGE
from searchkit.cluster.moment import BY_PLACE, PointInTime
from searchkit.cluster.records import pieces_of, signature_of, vector_of
from searchkit.cluster.view import ClusterView
from searchkit.storage.inspection import VerifyReport, accounted
from searchkit.text import minhash
from searchkit.types import Omission

PAGE = 500  # rows that are compared at once
LONGEST_ERROR = 2e-3  # by which a vector's length may differ from 1

_SETTINGS = ("language", "embedder", "target_tokens", "max_tokens")


def status(view: ClusterView, *, accounts: bool = False) -> dict[str, Any]:
    """Return counts, settings, size on disk in bytes, and the folders that were synced; `accounts`: of each."""
    moment, settings = view.moment, view.settings
    client, counts = moment.client, moment.counts
    rows, others = mapping.passages(client.address.index), mapping.sources(client.address.index)
    shards, replicas = home.shape(client, moment.card)
    said = {"query": moment.passages(), "size": 0, "aggs": {"said": {"sum": {"field": "statements"}}}}
    roots = [source["path"] for source in notes.noted(client, mapping.ROOT)]
    return {
        "path": str(client.address),
        "format": mapping.FORMAT,
        "generation": view.generation,
        "documents": counts.documents,
        "passages": counts.passages,
        "files": notes.count(client, mapping.FILE),
        "duplicates": 0,
        "statements": int(moment.ask([said])[0]["aggregations"]["said"]["value"]),
        "vectors": counts.vectors,
        "drafts": 0,
        "unread": counts.unread,
        "dead": 0,
        "bytes": int(client.get(f"{rows},{others}/_stats/store")["_all"]["total"]["store"]["size_in_bytes"]),
        "shards": shards,
        "replicas": replicas,
        "engine": "opensearch",
        **{name: getattr(settings, name) for name in _SETTINGS},
        "ranking": settings.ranking and dict(settings.ranking),
        "calibration": settings.calibration and dict(settings.calibration),
        "sources": roots,
        **({"accounts": [each.to_dict() for each in _accounts(moment, roots)]} if accounts else {}),
    }


def places(view: ClusterView) -> Iterator[tuple[str, str, str, int | None]]:
    """Yield the id, section, source and day of every document."""
    wanted = ["doc", "day", "meta.s.section", "meta.s.source"]
    body = {"query": view.moment.documents(), "sort": [{"key": "asc"}], "_source": wanted}
    for hit in view.moment.every(body):
        source = hit["_source"]
        texts = source.get("meta", {}).get("s", {})
        section, origin = (next(iter(texts.get(name, ())), "") for name in ("section", "source"))
        yield source["doc"], section, origin, source.get("day")


def verify(client: Client) -> VerifyReport:
    """Compare all rows: each document with its passages, their places, vectors and signatures."""
    with contextlib.closing(ClusterLatest(client)) as latest, latest.reading() as view:
        problems = [problem for problem in _problems(view.moment) if problem]
        files = notes.count(client, mapping.FILE)
        counts = view.moment.counts
        return VerifyReport(view.generation, counts.documents, counts.passages, files, tuple(problems))


def _problems(moment: PointInTime) -> Iterator[str]:
    """Yield what is wrong. Rows come document by document, its own row before its passages."""
    document: JSON = {}
    met = 0
    for row in _rows(moment):
        if row["kind"] == DOCUMENT:
            yield _incomplete(document, met)
            document, met = row, 0
        elif row["key"] != document.get("key"):
            yield f"passage {row['doc']}#{row['ordinal']} has no document"
        else:
            yield from _wrong(row, document, met, moment.settings.dim)
            met += 1
    yield _incomplete(document, met)


def _incomplete(document: JSON, met: int) -> str:
    if not document or document["count"] == met:
        return ""
    return f"document {document['doc']} has {met} of its {document['count']} passages"


def _wrong(row: JSON, document: JSON, ordinal: int, dim: int) -> Iterator[str]:
    """Yield what is wrong with one passage."""
    name, stored = f"passage {row['doc']}#{row['ordinal']}", row["stored"]
    if row["ordinal"] != ordinal:
        yield f"{name} comes in place of number {ordinal}"
    if document["stored"]["text"][stored["start"] : stored["end"]] != stored["text"]:
        yield f"{name} is not what its document has at its place"
    if len(signature_of(row)) != minhash.PERMUTATIONS:
        yield f"{name} has a signature of another length"
    vector = vector_of(row)
    if bool(row.get("embedded")) != (vector is not None):
        yield f"{name} {'lacks its vector' if vector is None else 'has a vector and should have none'}"
    elif vector is not None and (
        len(vector) != dim or not abs(float(np.linalg.norm(vector.astype(np.float32))) - 1) < LONGEST_ERROR
    ):
        yield f"{name} has a vector that is not finite or not of unit length"
    if vector is None and pieces_of(row) is not None:
        yield f"{name} has word pieces and no vector"


def _rows(moment: PointInTime) -> Iterator[JSON]:
    """Yield what is stored of all rows that count, in order of documents; of each document first its own row."""
    sort = [BY_PLACE[0], {"ordinal": {"order": "asc", "missing": -1}}]
    query: JSON = {"bool": {"filter": [{"terms": {"kind": [DOCUMENT, PASSAGE]}}], "must_not": moment.unborn}}
    return (hit["_source"] for hit in moment.every({"query": query, "sort": sort}, PAGE))


def _accounts(moment: PointInTime, roots: list[str]) -> Any:
    """Return the account of each source."""
    paths: Mapping[int | None, str] = {row["key"]: row["path"] for row in notes.noted(moment.client, mapping.FILE)}
    counts: dict[str | None, int] = {}
    omitted = []
    wanted = ["doc", "file", "partial", "stored.omitted"]
    for hit in moment.every({"query": moment.documents(), "sort": [{"key": "asc"}], "_source": wanted}):
        source = hit["_source"]
        path = paths.get(source.get("file"))
        counts[path] = counts.get(path, 0) + 1
        if source["partial"]:
            omitted.append((source["doc"], path, tuple(Omission(*each) for each in source["stored"]["omitted"])))
    return accounted(roots, counts.items(), sorted(omitted, key=lambda each: each[0]))
