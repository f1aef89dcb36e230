"""What one question has seen of a cluster's passages: nothing is asked for twice."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from searchkit.cluster.client import JSON
from searchkit.cluster.moment import BY_PLACE, PointInTime, among, row_at, row_of
from searchkit.cluster.queries import Clause
from searchkit.threads import Guard

SHOWN = ["doc", "day", "count"]  # comes with every hit


class Glance(NamedTuple):
    """What comes with every hit: the id of its document, that's day if it has one, and its number of passages."""

    doc_id: str
    day: int | None
    passages: int


class Seen:
    """Passages by row, as far as they were seen. Safe to share among threads."""

    def __init__(self, moment: PointInTime) -> None:
        self._moment = moment
        self._glances: dict[int, Glance] = {}
        self._sources: dict[int, JSON] = {}
        self._lock = Guard()

    def note(self, hits: Iterable[JSON]) -> None:
        """Note hits that came with `SHOWN`, sorted by place last."""
        with self._lock:
            for hit in hits:
                fields = hit["fields"]
                day = fields.get("day")
                self._glances[row_of(hit)] = Glance(fields["doc"][0], day and int(day[0]), int(fields["count"][0]))

    def glances(self, rows: Iterable[int]) -> dict[int, Glance]:
        """Return what is seen at a glance of rows that exist."""
        rows = list(rows)
        missing = [row for row in dict.fromkeys(rows) if row not in self._glances]
        if missing:
            self._look(among(missing))
        return {row: self._glances[row] for row in rows if row in self._glances}

    def sources(self, rows: Collection[int]) -> dict[int, JSON]:
        """Return what is stored of rows that exist, with `row` among it."""
        missing = [row for row in dict.fromkeys(rows) if row not in self._sources]
        if missing:
            self._look(among(missing), stored=True)
        return {row: self._sources[row] for row in rows if row in self._sources}

    def matching(self, clause: Clause) -> list[int]:
        """Return the rows of the passages that match, in their order, and see all that is stored of them."""
        return self._look(clause, stored=True)

    def _look(self, clause: Clause, *, stored: bool = False) -> list[int]:
        body = {"query": self._moment.passages([clause]), "sort": BY_PLACE, "docvalue_fields": SHOWN}
        hits = list(self._moment.every(body | {"_source": ["doc", "key", "ordinal", "stored"] if stored else False}))
        self.note(hits)
        if stored:
            with self._lock:
                for hit in hits:
                    source = hit["_source"]
                    row = row_at(source["key"], source["ordinal"])
                    self._sources[row] = source | {"row": row}
        return [row_of(hit) for hit in hits]
