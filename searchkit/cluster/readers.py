"""Texts and statements of a cluster's passages, as a question reads them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from searchkit.cluster import mapping
from searchkit.cluster.client import JSON
from searchkit.cluster.mapping import DATE, ELEMENT, NUMBER, TEXT, TRUTH, decoded, field
from searchkit.cluster.moment import BY_PLACE, PLACES, PointInTime, key_of, place_of, row_at, row_of
from searchkit.cluster.notes import noted
from searchkit.cluster.queries import Clause, any_of, fitting
from searchkit.cluster.records import document_of, passage_of, said_of, signature_of
from searchkit.cluster.seen import Seen
from searchkit.normalization import spellings
from searchkit.storage.contract import Said, Speaker
from searchkit.types import Document, Passage

_KINDS = {"text": (TEXT, ELEMENT), "number": (NUMBER,), "truth": (TRUTH,), "date": (DATE,)}


class ClusterPassages:
    """Passages and documents of a cluster."""

    def __init__(self, moment: PointInTime, seen: Seen) -> None:
        self._moment = moment
        self._seen = seen

    def get(self, rows: Iterable[int]) -> dict[int, Passage]:
        """Return the passages of rows that exist, with their texts."""
        return {row: passage_of(source) for row, source in self._seen.sources(list(rows)).items()}

    def around(self, passages: Collection[Passage], size: int) -> dict[str, list[Passage]]:
        """Return, by the id of each passage, it and up to `size` of its document's on each side, in order."""
        if not passages:
            return {}
        found = self.get(self._seen.matching(any_of([_near(each, size) for each in passages]))).values()
        near: dict[str, list[Passage]] = {}
        for each in passages:
            ordinals = range(each.ordinal - size, each.ordinal + size + 1)
            near[each.id] = [other for other in found if other.doc_id == each.doc_id and other.ordinal in ordinals]
        return near

    def of(self, doc_id: str) -> list[Passage]:
        """Return a document's passages in order, none for an unknown id."""
        return list(self.get(self._seen.matching({"terms": {"doc": spellings(doc_id)}})).values())

    def row_of(self, passage_id: str) -> int | None:
        """Return the row of a passage, None if there is none."""
        doc_id, _, ordinal = passage_id.rpartition("#")
        if not ordinal.isdecimal() or len(ordinal) > len(str(1 << PLACES)):
            return None
        clauses: list[Clause] = [{"terms": {"doc": spellings(doc_id)}}, {"term": {"ordinal": int(ordinal)}}]
        body = {"query": self._moment.passages(clauses), "sort": BY_PLACE, "size": 1, "_source": False}
        hits = self._moment.ask([body])[0]["hits"]["hits"]
        return row_of(hits[0]) if hits else None

    def ids(self, rows: Iterable[int]) -> dict[int, str]:
        """Return the id of each row's passage."""
        return {row: f"{found.doc_id}#{place_of(row)}" for row, found in self._seen.glances(rows).items()}

    def neighbours(self, rows: Iterable[int], reach: int) -> list[tuple[int, int]]:
        """Return (row, row of a passage at most `reach` before or after it in its document), for each there is."""
        pairs = []
        for row, found in self._seen.glances(rows).items():
            place = place_of(row)
            others = range(max(0, place - reach), min(found.passages, place + reach + 1))
            pairs += [(row, row_at(key_of(row), other)) for other in others if other != place]
        return pairs

    def owners(self, rows: Iterable[int]) -> dict[int, int]:
        """Return the key of each row's document."""
        return {row: key_of(row) for row in self._seen.glances(rows)}

    def days(self, rows: Iterable[int]) -> dict[int, int]:
        """Return the ordinal of the day of each row's document; rows without a date are left out."""
        return {row: found.day for row, found in self._seen.glances(rows).items() if found.day is not None}

    def signatures(self, rows: Iterable[int]) -> dict[int, bytes]:
        """Return the MinHash signature of each row."""
        return {row: signature_of(source) for row, source in self._seen.sources(list(rows)).items()}

    def document(self, doc_id: str) -> Document | None:
        """Return a document with its text, None if there is none."""
        found = self._document(doc_id, ["doc", "stored"])
        return None if found is None else document_of(found)

    def file_of(self, doc_id: str) -> Path | None:
        """Return the file that a document was read from by a sync, None for one that was put in by hand."""
        found = self._document(doc_id, ["file"])
        if found is None or found.get("file") is None:
            return None
        there = noted(self._moment.client, mapping.FILE, {"term": {"key": found["file"]}})
        return next((Path(row["path"]) for row in there), None)

    def _document(self, doc_id: str, wanted: list[str]) -> JSON | None:
        body = {"query": self._moment.documents({"term": {"doc": doc_id}}), "size": 1, "_source": wanted}
        hits = self._moment.ask([body])[0]["hits"]["hits"]
        return hits[0]["_source"] if hits else None

    def count_documents(self) -> int:
        """Return how many documents there are."""
        return self._moment.counts.documents

    def documents(self, pattern: str = "*") -> list[str]:
        """Return the ids of the documents that match a glob, sorted."""
        body = {"sort": [{"key": "asc"}], "_source": ["doc"]}
        return fitting(
            pattern,
            lambda begin: (
                hit["_source"]["doc"] for hit in self._moment.every(body | {"query": self._moment.documents(begin)})
            ),
        )

    def fields(self) -> Mapping[str, frozenset[str]]:
        """Return the names that a filter finds values of, each with the kinds of its values."""
        told = self._moment.client.get(f"{self._moment.card.name}/_mapping")
        meta = told[self._moment.card.name]["mappings"]["properties"]["meta"]["properties"]
        by_kind = {kind: set(meta.get(kind, {}).get("properties", {})) for kind in (TEXT, ELEMENT, NUMBER, TRUTH, DATE)}
        names = sorted({decoded(name) for found in by_kind.values() for name in found})
        wanted = [(name, kind) for name in names for kind in _KINDS]
        counts = self._moment.count_each([self._holding(name, kind) for name, kind in wanted])
        found: dict[str, set[str]] = {}
        for (name, kind), count in zip(wanted, counts, strict=True):
            if count:
                found.setdefault(name, set()).add(kind)
        return {name: frozenset(kinds) for name, kinds in found.items()}

    def _holding(self, name: str, kind: str) -> Clause:
        """Return the query for documents that have a value of a kind; text that begins with a day is none."""
        there = any_of([{"exists": {"field": field(each, name)}} for each in _KINDS[kind]])
        dated: Clause = {"exists": {"field": field(DATE, name)}}
        only: Clause = {"bool": {"filter": [there]} | ({"must_not": [dated]} if kind == "text" else {})}
        return self._moment.documents(only)


def _near(passage: Passage, size: int) -> Clause:
    ends = {"gte": passage.ordinal - size, "lte": passage.ordinal + size}
    return {"bool": {"filter": [{"term": {"doc": passage.doc_id}}, {"range": {"ordinal": ends}}]}}


class ClusterStatements:
    """Who said what, of a cluster.

    Speakers are names that stay: one whose statements are all gone is still known, and says nothing.
    """

    known = True

    def __init__(self, moment: PointInTime, seen: Seen) -> None:
        self._moment = moment
        self._seen = seen

    def matching(self, terms: Collection[str]) -> dict[int, set[str]]:
        """Return the speakers with any of the terms in name or group: key -> the terms that it has."""
        wanted = set(terms)
        found = self._look({"terms": {"terms": sorted(wanted)}}) if wanted else ()
        return {speaker["key"]: wanted & set(speaker["terms"]) for speaker in found}

    def speakers(self, keys: Collection[int]) -> dict[int, Speaker]:
        """Return speakers by key."""
        found = self._look({"terms": {"key": sorted(keys)}}) if keys else ()
        return {each["key"]: Speaker(each["name"], each["among"]) for each in found}

    def _look(self, clause: Clause) -> Iterator[JSON]:
        """Yield the speakers that match, by key."""
        return noted(self._moment.client, mapping.SPEAKER, clause, sort="key")

    def by(self, speakers: Collection[int]) -> list[Said]:
        """Return what these speakers said, in the order of passages."""
        rows = self._seen.matching({"terms": {"speakers": sorted(speakers)}}) if speakers else []
        return [said for said in self.within(rows) if said.speaker in speakers]

    def within(self, rows: Collection[int]) -> list[Said]:
        """Return what was said in these passages, in their order."""
        sources = self._seen.sources(list(rows))
        return [said for row in sorted(sources) for said in said_of(sources[row])]
